//! `larboard backup` and `larboard restore`: every table as lines of JSON, the same form for both databases, so that a
//! restore may also move from SQLite to PostgreSQL. The master key is not in it and must be kept apart.

use super::say;
use crate::config::Config;
use crate::directory::purpose;
use crate::keys::Keys;
use crate::start::{StartError, open_store};
use crate::system::SystemIds;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use larboard_store::{Arg, StoreError, Tx, organization};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
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
    let store = open_store(config)?;
    let path = arguments.file.clone();
    let partial = path.with_extension("partial");
    let file = File::options()
        .write(true)
        .create_new(true)
        .open(&partial)
        .map_err(|e| StartError(format!("cannot write {}: {e}", partial.display())))?;
    if path.exists() {
        let _ = std::fs::remove_file(&partial);
        return Err(StartError(format!(
            "{} exists already; choose another file",
            path.display()
        )));
    }
    let mut out = Some(BufWriter::new(file));
    let rows = store
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
        .map_err(|e| StartError(format!("the backup failed: {e}")))?;
    std::fs::rename(&partial, &path)
        .map_err(|e| StartError(format!("cannot name {}: {e}", path.display())))?;
    store.shutdown();
    say(&format!(
        "{rows} rows in {}. The master key is not in it: keep a copy of it apart.",
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn dump(tx: &mut Tx<'_>, out: &mut impl Write) -> Result<u64, StoreError> {
    let broken = |e: std::io::Error| StoreError::Data(format!("the file: {e}"));
    writeln!(out, "{}", json!({ "format": FORMAT })).map_err(broken)?;
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

fn decode(value: Value) -> Result<Arg, StoreError> {
    let unknown = || StoreError::Data("the backup holds a value of an unknown kind".into());
    Ok(match value {
        Value::Null => Arg::Null,
        Value::Bool(value) => Arg::Bool(value),
        Value::String(text) => Arg::Text(text),
        Value::Number(number) => Arg::Int(number.as_i64().ok_or_else(unknown)?),
        Value::Object(map) => match (map.get("bytes"), map.get("real")) {
            (Some(Value::String(text)), _) => {
                Arg::Bytes(STANDARD.decode(text).map_err(|_| unknown())?)
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
    let store = open_store(config)?;
    let path = arguments.file.clone();
    let rows = store
        .write_blocking(move |tx| {
            if organization::find(tx)?.is_some() {
                return Err(StoreError::Data("the database is not empty; restore into a new one".into()));
            }
            let file = File::open(&path).map_err(|e| StoreError::Data(format!("cannot read {}: {e}", path.display())))?;
            let rows = load(tx, BufReader::new(file))?;
            tx.continue_sequences()?;
            let organization = organization::get(tx)?;
            if keys.open(purpose::KEY_CHECK, &organization.key_check).is_err() {
                return Err(StoreError::Data(
                    "the backup was made with another master key, without which its secrets cannot be read; set that one".into(),
                ));
            }
            Ok(rows)
        })
        .map_err(|e| StartError(format!("nothing was restored: {e}")))?;
    store.shutdown();
    say(&format!("{rows} rows restored."));
    Ok(ExitCode::SUCCESS)
}

fn load(tx: &mut Tx<'_>, lines: impl BufRead) -> Result<u64, StoreError> {
    let (mut table, mut columns, mut count, mut expected) =
        (String::new(), Vec::new(), 0_u64, None);
    for (number, line) in lines.lines().enumerate() {
        let line = line.map_err(|e| StoreError::Data(format!("line {}: {e}", number + 1)))?;
        let value: Value = serde_json::from_str(&line)
            .map_err(|e| StoreError::Data(format!("line {} is no JSON: {e}", number + 1)))?;
        match value {
            Value::Object(head) if number == 0 => {
                if head.get("format").and_then(Value::as_str) != Some(FORMAT) {
                    return Err(StoreError::Data(format!(
                        "this is no backup of the form {FORMAT}"
                    )));
                }
            }
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
                        "line {} is of an unknown kind",
                        number + 1
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
                    "line {} is of an unknown kind",
                    number + 1
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
