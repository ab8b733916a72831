//! `larboard app …` and `larboard user …`: credentials without the portal. They work on the database itself; a server that
//! runs on PostgreSQL sees the change at once, one on the embedded database within seconds.

use super::{runtime, say};
use crate::caller::{Caller, Identity, Role};
use crate::config::Config;
use crate::ops::users::NewUser;
use crate::ops::{Failure, apps, users};
use crate::start::{StartError, assemble, open_store};
use crate::state::App;
use crate::system::{SystemClock, SystemIds};
use clap::Subcommand;
use larboard_core::refusal::Refusal;
use std::io::BufRead;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Subcommand)]
pub(super) enum AppCommand {
    /// Make an app and print its credentials.
    Create {
        /// What people call it.
        name: String,
    },
    /// List apps.
    List,
    /// Give an app a new secret and print it.
    Rotate {
        /// The client id.
        id: String,
    },
    /// Delete an app.
    Delete {
        /// The client id.
        id: String,
    },
}

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Make a user; the password is read from standard input.
    Create {
        /// E-mail address.
        email: String,
        /// First name.
        #[arg(long, default_value = "")]
        first_name: String,
        /// Last name.
        #[arg(long, default_value = "")]
        last_name: String,
        /// Admin or Member.
        #[arg(long, default_value = "Member")]
        role: String,
    },
    /// Set a user's password, read from standard input; their sessions end.
    SetPassword {
        /// E-mail address.
        email: String,
    },
}

pub(super) fn app(config: Config, command: AppCommand) -> Result<ExitCode, StartError> {
    with_app(config, async |app| {
        let caller = operator(&app);
        match command {
            AppCommand::Create { name } => show(&apps::create(&app, &caller, &name).await?),
            AppCommand::Rotate { id } => show(&apps::rotate(&app, &caller, &id).await?),
            AppCommand::Delete { id } => apps::delete(&app, &caller, &id).await?,
            AppCommand::List => {
                let rows = app
                    .store
                    .read_one(|tx| Ok::<_, Failure>(larboard_store::apps::list(tx)?))
                    .await?;
                for row in rows {
                    let mark = if row.is_default { " (default)" } else { "" };
                    say(&format!("{}  {}{mark}", row.id, row.name));
                }
            }
        }
        Ok(())
    })
}

fn show(issued: &apps::Issued) {
    say(&format!("client id      {}", issued.row.id));
    say(&format!("client secret  {}", issued.secret));
}

pub(super) fn user(config: Config, command: UserCommand) -> Result<ExitCode, StartError> {
    let password = read_password()?;
    with_app(config, async |app| {
        match command {
            UserCommand::Create {
                email,
                first_name,
                last_name,
                role,
            } => {
                let role = Role::parse(&role).ok_or_else(|| {
                    Refusal::invalid_request(format!("{role:?} is no role; use Admin or Member"))
                })?;
                let new = NewUser {
                    email: &email,
                    first_name: &first_name,
                    last_name: &last_name,
                    role: role.as_str(),
                    password: Some(&password),
                };
                let row = users::insert(&app, Some(&operator(&app)), new).await?;
                say(&format!("{}  {}", row.id, row.email));
            }
            UserCommand::SetPassword { email } => {
                let id = app
                    .directory
                    .load()
                    .find_user_by_email(&email)
                    .map(|(id, _)| id.to_owned());
                let id =
                    id.ok_or_else(|| Refusal::not_found(format!("there is no user {email:?}")))?;
                users::set_password(&app, &id, &password).await?;
            }
        }
        Ok(())
    })
}

fn read_password() -> Result<String, StartError> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|e| StartError(format!("cannot read the password from standard input: {e}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn with_app(
    config: Config,
    act: impl AsyncFnOnce(App) -> Result<(), Failure>,
) -> Result<ExitCode, StartError> {
    let store = open_store(&config)?;
    runtime()?.block_on(async {
        let (app, _) = assemble(config, store, Arc::new(SystemClock), Arc::new(SystemIds)).await?;
        act(app).await.map_err(StartError::from)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Whoever may run commands on the machine may do everything.
fn operator(app: &App) -> Caller {
    Caller {
        identity: Identity::Machine {
            id: "command-line".into(),
            name: "Command line".into(),
        },
        role: Role::Admin,
        organization: app.directory.load().organization.clone(),
        origin: "API".into(),
        user_agent: "larboard-cli".into(),
        address: String::new(),
        teams: Arc::default(),
        trace: String::new(),
    }
}
