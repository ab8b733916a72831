//! `larboard doctor`: looks at everything an operator can get wrong and says so in sentences.

use super::say;
use crate::config::{Config, Database, Settings};
use crate::directory::purpose;
use crate::keys::Keys;
use crate::start::StartError;
use crate::system::{SystemClock, SystemIds};
use larboard_core::time::Clock;
use larboard_store::{PostgresOptions, SqliteOptions, Store, organization};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// 2025-01-01: a clock before this has never been set.
const BUILT_AFTER_MS: i64 = 1_735_689_600_000;

pub(super) fn run(settings: Settings) -> Result<ExitCode, StartError> {
    let mut sound = true;
    let mut report = |what: &str, result: Result<String, String>| match result {
        Ok(text) => say(&format!("ok      {what}: {text}")),
        Err(text) => {
            sound = false;
            say(&format!("WRONG   {what}: {text}"));
        }
    };
    let config = match settings.resolve() {
        Ok(config) => {
            report(
                "configuration",
                Ok(format!("serves {} on {}", config.public_url, config.listen)),
            );
            config
        }
        Err(error) => {
            report("configuration", Err(error.to_string()));
            return Ok(ExitCode::FAILURE);
        }
    };
    report("clock", clock());
    report("data directory", directory(&config));
    let keys = Keys::load(&config, Arc::new(SystemIds));
    report(
        "master key",
        keys.as_ref()
            .map(|_| "can be used".to_owned())
            .map_err(ToString::to_string),
    );
    match (open(&config), keys) {
        (Ok(store), Ok(keys)) => {
            report("database", Ok(format!("{} answers", store.kind())));
            report("master key and database", fits(&store, keys));
            store.shutdown();
        }
        (Ok(store), Err(_)) => {
            report("database", Ok(format!("{} answers", store.kind())));
            store.shutdown();
        }
        (Err(error), _) => report("database", Err(error)),
    }
    report("listening", listening(&config));
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn clock() -> Result<String, String> {
    let now = SystemClock.now();
    if now.as_millis() < BUILT_AFTER_MS {
        return Err(format!(
            "it says {now}; tokens and schedules need the right time, so set it (for example with NTP)"
        ));
    }
    Ok(format!("it says {now}"))
}

fn directory(config: &Config) -> Result<String, String> {
    let Database::Sqlite = config.database else {
        return Ok("not used with PostgreSQL".into());
    };
    let path = &config.data;
    std::fs::create_dir_all(path).map_err(|e| format!("cannot make {}: {e}", path.display()))?;
    let probe = path.join(".doctor");
    // A write of a megabyte tells of a full disk as well as of missing permissions.
    let written = std::fs::write(&probe, vec![0_u8; 1024 * 1024]);
    let removed = std::fs::remove_file(&probe);
    written
        .and(removed)
        .map_err(|e| format!("cannot write into {}: {e}", path.display()))?;
    Ok(format!(
        "{} can be written to{}",
        path.display(),
        space(path)
    ))
}

fn space(path: &Path) -> String {
    let output = std::process::Command::new("df")
        .arg("-Pk")
        .arg(path)
        .output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let free = text
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().nth(3))
        .and_then(|n| n.parse::<u64>().ok());
    free.map_or_else(String::new, |kib| format!(", {} MiB free", kib / 1024))
}

fn open(config: &Config) -> Result<Store, String> {
    match &config.database {
        Database::Sqlite => {
            Store::open_sqlite(&config.data.join("larboard.db"), SqliteOptions::default())
        }
        Database::Postgres(url) => Store::open_postgres(
            url,
            PostgresOptions {
                threads: 1,
                ..PostgresOptions::default()
            },
        ),
    }
    .map_err(|e| e.to_string())
}

fn fits(store: &Store, keys: Keys) -> Result<String, String> {
    let row = match store.read_blocking(organization::find) {
        Ok(Some(row)) => row,
        Ok(None) => return Ok("the database is empty; the first start fills it".into()),
        // Before the first start there are no tables at all.
        Err(_) => return Ok("the database has no schema yet; the first start makes it".into()),
    };
    keys.open(purpose::KEY_CHECK, &row.key_check)
        .map(|_| "they belong together".to_owned())
        .map_err(|_| {
            "the database was written with another master key; start with that one".to_owned()
        })
}

fn listening(config: &Config) -> Result<String, String> {
    match std::net::TcpListener::bind(config.listen) {
        Ok(_) => Ok(format!("{} is free", config.listen)),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => Ok(format!(
            "{} is in use, by a running server perhaps",
            config.listen
        )),
        Err(e) => Err(format!("cannot listen on {}: {e}", config.listen)),
    }
}
