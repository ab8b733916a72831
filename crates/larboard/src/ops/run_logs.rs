//! Appending to a run's log. A plain line costs one conditional update and one insert; a line that also ends the run or
//! changes its label goes through the run's state machine.

use super::audit::Author;
use super::runs::{check_reporter, get, save};
use super::{Failure, Outcome, runs as run_ops};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use larboard_core::run::LogEntry;
use larboard_store::run_logs::{self, RunLogRow};
use larboard_store::{Tx, runs};

/// Appends a line.
///
/// # Errors
/// `not_found`, `run_exhausted` once the run has ended, and what the state of the run forbids of a terminating line.
pub async fn append(
    app: &App,
    caller: &Caller,
    run_id: &str,
    mut entry: LogEntry,
) -> Outcome<RunLogRow> {
    entry.scrub(&app.directory.load().scrubber);
    let row = new_row(app, caller, &entry);
    let (app_, caller, run_id) = (app.clone(), caller.clone(), run_id.to_owned());
    app.store
        .write(move |tx| insert(tx, &app_, &caller, &run_id, &entry, &row))
        .await
}

/// What became of a line of many.
pub type Appended = Result<RunLogRow, Refusal>;

/// Appends lines in one transaction, each accepted or refused alone.
///
/// # Errors
/// `not_found` for the run, or if the database fails; then nothing is appended.
pub async fn append_many(
    app: &App,
    caller: &Caller,
    run_id: &str,
    entries: Vec<Result<LogEntry, Refusal>>,
) -> Outcome<Vec<Appended>> {
    let lines: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            entry.map(|mut entry| {
                entry.scrub(&app.directory.load().scrubber);
                (new_row(app, caller, &entry), entry)
            })
        })
        .collect();
    let (app_, caller, run_id) = (app.clone(), caller.clone(), run_id.to_owned());
    app.store
        .write(move |tx| {
            get(tx, &run_id)?;
            let mut done = Vec::with_capacity(lines.len());
            for line in &lines {
                let (row, entry) = match line {
                    Ok(line) => line,
                    Err(refusal) => {
                        done.push(Err(refusal.clone()));
                        continue;
                    }
                };
                let written = tx.savepoint(|tx| insert(tx, &app_, &caller, &run_id, entry, row));
                done.push(match written {
                    Ok(row) => Ok(row),
                    Err(Failure::Refused(refusal)) => Err(refusal),
                    Err(failure) => return Err(failure),
                });
            }
            Ok(done)
        })
        .await
}

fn new_row(app: &App, caller: &Caller, entry: &LogEntry) -> RunLogRow {
    RunLogRow {
        seq: 0,
        id: app.ids.id(Kind::RunLog),
        message: entry.message.clone(),
        created_at: app.now(),
        created_by: caller.id().to_owned(),
    }
}

fn insert(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    run_id: &str,
    entry: &LogEntry,
    row: &RunLogRow,
) -> Outcome<RunLogRow> {
    let plain =
        entry.termination_status.is_none() && entry.status_label.is_none() && caller.is_admin();
    let seq = if plain {
        plain_seq(tx, run_id)?
    } else {
        changing_seq(tx, app, caller, run_id, entry, row)?
    };
    let row = RunLogRow { seq, ..row.clone() };
    run_logs::insert(tx, run_id, &row)?;
    Ok(row)
}

/// The number of a line that changes nothing else.
fn plain_seq(tx: &mut Tx<'_>, run_id: &str) -> Outcome<i64> {
    if let Some(seq) = runs::claim_log_seq(tx, run_id)? {
        return Ok(seq);
    }
    // Either there is no such run or it has ended: the state machine says which.
    let (mut run, _) = get(tx, run_id)?;
    let entry = LogEntry {
        message: String::new(),
        termination_status: None,
        status_label: None,
    };
    let (updated_by, updated_at) = (run.updated_by.clone(), run.updated_at);
    run.append_log(&entry, &updated_by, updated_at)?;
    Err(run_ops::not_found(run_id).into())
}

/// The number of a line that may change the run, and that change.
fn changing_seq(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    run_id: &str,
    entry: &LogEntry,
    row: &RunLogRow,
) -> Outcome<i64> {
    let (before, context) = get(tx, run_id)?;
    check_reporter(caller, &before)?;
    let mut after = before.clone();
    let seq = after.append_log(entry, caller.id(), row.created_at)?;
    // The number is claimed first: once the run has ended, no line can follow.
    runs::claim_log_seq(tx, run_id)?;
    let counted = larboard_core::run::Run {
        log_count: seq,
        ..before
    };
    if counted != after {
        save(
            tx,
            app,
            &Author::caller(caller),
            &counted,
            &after,
            &context,
            row.created_at,
        )?;
    }
    Ok(seq)
}
