//! `larboard backup` and `larboard restore`: every table as lines of JSON, the same form for both databases, so that a
//! restore may also move from SQLite to PostgreSQL. The master key is not in it and must be kept apart.

use super::say;
use crate::config::{Config, Database};
use crate::directory::purpose;
use crate::keys::Keys;
use crate::start::{StartError, connect, migrate};
use crate::system::SystemIds;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use larboard_store::{Arg, Store, StoreError, Tx, migrate as migrations, organization, sweeps};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Args)]
pub(super) struct BackupArguments {
    /// File to write; it must not exist yet.
    file: PathBuf,
}

#[derive(Args)]
pub(super) struct RestoreArguments {
    /// File that `backup` wrote.
    file: PathBuf,
}

const FORMAT: &str = "larboard-backup-1";

pub(super) fn backup(config: &Config, arguments: &BackupArguments) -> Result<ExitCode, StartError> {
    let path = &arguments.file;
    if matches!(config.database, Database::Sqlite) && !config.data.join("larboard.db").exists() {
        return Err(StartError(format!(
            "there is no database in {} to back up; name its directory with --data",
            config.data.display()
        )));
    }
    if path.exists() {
        return Err(StartError(format!(
            "{} exists already; choose another file",
            path.display()
        )));
    }
    // It is saved as it is: a server of another version may be using it.
    let store = connect(config)?;
    let standing = store.standing().map_err(|e| StartError(e.to_string()))?;
    if standing.applied == 0 {
        return Err(StartError(
            "the database is empty, so there is nothing to back up".into(),
        ));
    }
    let mut partial = path.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = write(&store, &partial).and_then(|rows| {
        std::fs::rename(&partial, path)
            .map_err(|e| StartError(format!("cannot name {}: {e}", path.display())))?;
        Ok(rows)
    });
    store.shutdown();
    let rows = written.inspect_err(|_| {
        // Half a backup is none; what is left of it would only be in the way of the next.
        let _ = std::fs::remove_file(&partial);
    })?;
    say(&format!(
        "{rows} rows in {}. The master key is not in it: keep a copy of it apart.",
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Writes every row into a file that only its owner can read; how many there were.
fn write(store: &Store, path: &Path) -> Result<u64, StartError> {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| StartError(format!("cannot write {}: {e}", path.display())))?;
    let mut out = Some(BufWriter::new(file));
    store
        .read_blocking(move |tx| {
            // A snapshot is read once: a second run of this closure would find the file half written.
            let Some(mut out) = out.take() else {
                return Err(StoreError::Conflict);
            };
            let rows = dump(tx, &mut out)?;
            let file = out
                .into_inner()
                .map_err(|e| StoreError::Data(e.to_string()))?;
            file.sync_all()
                .map_err(|e| StoreError::Data(e.to_string()))?;
            Ok::<_, StoreError>(rows)
        })
        .map_err(|e| StartError(format!("the backup failed: {e}")))
}

fn dump(tx: &mut Tx<'_>, out: &mut impl Write) -> Result<u64, StoreError> {
    let broken = |e: std::io::Error| StoreError::Data(format!("the file: {e}"));
    let head = json!({ "format": FORMAT, "migrations": migrations::record(tx)? });
    writeln!(out, "{head}").map_err(broken)?;
    let mut count = 0;
    for table in tx.tables()? {
        let columns = tx.columns(&table)?;
        writeln!(out, "{}", json!({ "table": table, "columns": columns })).map_err(broken)?;
        let mut failed = None;
        tx.dump_table(&table, &mut |values| {
            let row: Vec<Value> = values.iter().map(encode).collect();
            if let Err(error) = writeln!(out, "{}", Value::Array(row)) {
                failed.get_or_insert(error);
            }
            count += 1;
        })?;
        if let Some(error) = failed {
            return Err(broken(error));
        }
    }
    writeln!(out, "{}", json!({ "rows": count })).map_err(broken)?;
    Ok(count)
}

fn encode(value: &Arg) -> Value {
    match value {
        Arg::Null => Value::Null,
        Arg::Int(value) => json!(value),
        Arg::Real(value) => json!({ "real": value }),
        Arg::Bool(value) => json!(value),
        Arg::Text(text) | Arg::Json(text) => json!(text),
        Arg::Bytes(bytes) => json!({ "bytes": STANDARD.encode(bytes) }),
    }
}

fn decode(value: Value) -> Result<Arg<'static>, StoreError> {
    let unknown = || StoreError::Data("the backup holds a value of an unknown kind".into());
    Ok(match value {
        Value::Null => Arg::Null,
        Value::Bool(value) => Arg::Bool(value),
        Value::String(text) => Arg::from(text),
        Value::Number(number) => Arg::Int(number.as_i64().ok_or_else(unknown)?),
        Value::Object(map) => match (map.get("bytes"), map.get("real")) {
            (Some(Value::String(text)), _) => {
                Arg::from(STANDARD.decode(text).map_err(|_| unknown())?)
            }
            (_, Some(value)) => Arg::Real(value.as_f64().ok_or_else(unknown)?),
            _ => return Err(unknown()),
        },
        Value::Array(_) => return Err(unknown()),
    })
}

pub(super) fn restore(
    config: &Config,
    arguments: &RestoreArguments,
) -> Result<ExitCode, StartError> {
    let keys = Keys::load(config, Arc::new(SystemIds)).map_err(|e| StartError(e.to_string()))?;
    let path = arguments.file.clone();
    let refused = |e: &StoreError| StartError(format!("nothing was restored: {e}"));
    let record = open(&path)
        .and_then(|mut lines| head(&mut lines))
        .map_err(|e| refused(&e))?;
    let store = connect(config)?;
    // The rows fit the schema they were saved from; from there they are brought up to date like any database.
    store.migrate_to(record).map_err(|e| refused(&e))?;
    let rows = store
        .write_blocking(move |tx| {
            if organization::find(tx)?.is_some() {
                return Err(StoreError::Data("the database is not empty; restore into a new one".into()));
            }
            let mut lines = open(&path)?;
            head(&mut lines)?;
            let rows = load(tx, lines)?;
            tx.continue_sequences()?;
            let organization = organization::get(tx)?;
            if keys.open(purpose::KEY_CHECK, &organization.key_check).is_err() {
                return Err(StoreError::Data(
                    "the backup was made with another master key, without which its secrets cannot be read; set that one".into(),
                ));
            }
            Ok(rows)
        })
        .map_err(|e| refused(&e))?;
    migrate(&store)?;
    // Marks of the catalog's feed hold for the database that gave them out.
    store
        .write_blocking(sweeps::delete_all)
        .map_err(|e| StartError(format!("the database was restored, but not prepared: {e}")))?;
    store.shutdown();
    say(&format!("{rows} rows restored."));
    Ok(ExitCode::SUCCESS)
}

fn open(path: &Path) -> Result<BufReader<File>, StoreError> {
    let unreadable = |e| StoreError::Data(format!("cannot read {}: {e}", path.display()));
    File::open(path).map(BufReader::new).map_err(unreadable)
}

/// The first line: the migrations of the database the backup was made of.
fn head(lines: &mut impl BufRead) -> Result<Vec<(String, String)>, StoreError> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        migrations: Vec<(String, String)>,
    }
    let mut line = String::new();
    let read = lines.read_line(&mut line);
    read.map_err(|e| StoreError::Data(format!("line 1: {e}")))?;
    match serde_json::from_str::<Head>(&line) {
        Ok(head) if head.format == FORMAT => Ok(head.migrations),
        _ => Err(StoreError::Data(format!(
            "this is no backup of the form {FORMAT}"
        ))),
    }
}

/// Inserts the rows of the lines after the first.
fn load(tx: &mut Tx<'_>, lines: impl BufRead) -> Result<u64, StoreError> {
    let (mut table, mut columns, mut count, mut expected) =
        (String::new(), Vec::new(), 0_u64, None);
    for (number, line) in (2..).zip(lines.lines()) {
        let line = line.map_err(|e| StoreError::Data(format!("line {number}: {e}")))?;
        let value: Value = serde_json::from_str(&line)
            .map_err(|e| StoreError::Data(format!("line {number} is no JSON: {e}")))?;
        match value {
            Value::Object(head) => match (head.get("table"), head.get("columns"), head.get("rows"))
            {
                (Some(Value::String(name)), Some(Value::Array(names)), _) => {
                    table.clone_from(name);
                    columns = names
                        .iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect();
                }
                (_, _, Some(rows)) => expected = rows.as_u64(),
                _ => {
                    return Err(StoreError::Data(format!(
                        "line {number} is of an unknown kind"
                    )));
                }
            },
            Value::Array(values) => {
                let values = values
                    .into_iter()
                    .map(decode)
                    .collect::<Result<Vec<_>, _>>()?;
                tx.insert_row(&table, &columns, &values)?;
                count += 1;
            }
            _ => {
                return Err(StoreError::Data(format!(
                    "line {number} is of an unknown kind"
                )));
            }
        }
    }
    if expected != Some(count) {
        return Err(StoreError::Data(
            "the backup is cut off: its last line with the number of rows is missing or differs"
                .into(),
        ));
    }
    Ok(count)
}
