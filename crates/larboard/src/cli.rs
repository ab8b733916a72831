//! The command line: what each command is called and what it takes. What they do is in `cli/<command>.rs`.

mod accounts;
mod backup;
mod demo;
mod doctor;
mod jq;
mod serve;

use crate::config::Settings;
use crate::start::StartError;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A self-hosted developer portal: software catalog, self-service actions, and a live record of every run.
#[derive(Parser)]
#[command(name = "larboard", version, about)]
struct Line {
    #[command(subcommand)]
    command: Command,
    /// TOML file with settings; flags and LARBOARD_* variables win over it.
    #[arg(long, env = "LARBOARD_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server.
    Serve,
    /// Start the server with the walkthrough seeded and a sample backend that answers it.
    Demo(demo::Arguments),
    /// Make, list, rotate and delete apps, the credentials of machines.
    #[command(subcommand)]
    App(accounts::AppCommand),
    /// Make users and set their passwords.
    #[command(subcommand)]
    User(accounts::UserCommand),
    /// Bring the database up to date and end.
    Migrate,
    /// Evaluate a jq expression or a template, as the server would.
    Jq(jq::Arguments),
    /// Print the OpenAPI document.
    Openapi,
    /// Check configuration, keys, database, disk and clock, and say what is wrong.
    Doctor,
    /// Write a consistent backup while the server goes on.
    Backup(backup::BackupArguments),
    /// Fill an empty database from a backup.
    Restore(backup::RestoreArguments),
    /// Print the commented default configuration file.
    Config,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let line = Line::parse();
    match run(line) {
        Ok(code) => code,
        Err(StartError(text)) => {
            say_error(&text);
            ExitCode::FAILURE
        }
    }
}

fn run(line: Line) -> Result<ExitCode, StartError> {
    match line.command {
        Command::Openapi => {
            say(crate::http::openapi::text().trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Config => {
            say(crate::config::DEFAULT_FILE.trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let settings = match &line.config {
        Some(path) => line
            .settings
            .or(Settings::from_file(path).map_err(|e| StartError(e.to_string()))?),
        None => line.settings,
    };
    if let Command::Doctor = line.command {
        return doctor::run(settings);
    }
    if let Command::Jq(arguments) = &line.command {
        return jq::run(settings, arguments);
    }
    if let Command::Demo(arguments) = &line.command {
        return demo::run(settings, arguments);
    }
    let config = settings.resolve().map_err(|e| StartError(e.to_string()))?;
    crate::log::start(&config)?;
    match line.command {
        Command::Serve => serve::run(config),
        Command::App(command) => accounts::app(config, command),
        Command::User(command) => accounts::user(config, command),
        Command::Migrate => {
            let store = crate::start::open_store(&config)?;
            say("The database is up to date.");
            store.shutdown();
            Ok(ExitCode::SUCCESS)
        }
        Command::Backup(arguments) => backup::backup(&config, &arguments),
        Command::Restore(arguments) => backup::restore(&config, &arguments),
        Command::Demo(_)
        | Command::Jq(_)
        | Command::Openapi
        | Command::Config
        | Command::Doctor => Ok(ExitCode::SUCCESS),
    }
}

/// Prints a line for the person at the terminal.
#[expect(
    clippy::print_stdout,
    reason = "a command's answer goes to standard output; logs go to standard error"
)]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "logging may not have started yet")]
fn say_error(text: &str) {
    eprintln!("larboard: {text}");
}

/// A runtime for a command.
fn runtime() -> Result<tokio::runtime::Runtime, StartError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| StartError(format!("cannot start threads: {e}")))
}
