//! What came of an attempt: the delivery is settled, the attempt recorded, and the run ended where that ends it, all in one
//! transaction.

use super::Outcome;
use super::audit::Author;
use super::runs::save;
use crate::invoke::{AttemptResult, Decision, Outcome as Attempt};
use crate::state::App;
use crate::worker::deliver::Job;
use larboard_core::run::{FinalStatus, JsonText, Outcome as RunOutcome};
use larboard_store::deliveries::{self, AttemptRow};
use larboard_store::{Notice, Tx, runs};
use serde_json::Value;

/// Characters of an answer that are kept with an attempt.
const EXCERPT: usize = 2000;

/// Records an attempt of a delivery and what follows from it.
///
/// # Errors
/// If the database fails; the lease then runs out and the delivery is sent again.
pub async fn settle(app: &App, job: &Job, attempt: Attempt, decision: Decision) -> Outcome<()> {
    let (app_, id, run_id) = (app.clone(), job.id.clone(), job.request.run_id.clone());
    let owner = app.outbox.owner.clone();
    let synchronized = job.request.synchronized;
    let row = attempt_row(&attempt);
    let outcome = run_outcome(&attempt.result, &decision, synchronized);
    let retried = matches!(decision, Decision::RetryAt(_));
    let now = app.now();
    app.store
        .write(move |tx| {
            let (state, due_at) = match &decision {
                Decision::Done => ("SUCCEEDED", None),
                Decision::RetryAt(at) => ("PENDING", Some(*at)),
                Decision::FailNow { .. } | Decision::GiveUp { .. } => ("FAILED", None),
            };
            deliveries::insert_attempt(tx, &id, &row)?;
            tx.notify(Notice::Attempt(run_id.clone()));
            if !deliveries::settle(tx, &id, &owner, state, due_at, now)? {
                // Cancelled meanwhile, because the run ended, or leased to another after this process stalled: the
                // attempt is kept, the run left alone.
                return Ok(());
            }
            if let Some(outcome) = &outcome {
                end(tx, &app_, &run_id, outcome, now)?;
            }
            if retried {
                tx.notify(Notice::Deliveries);
            }
            Ok(())
        })
        .await
}

/// Records attempts that went well and end no run.
///
/// # Errors
/// If the database fails; nothing is recorded then.
pub async fn settle_all(app: &App, done: impl Iterator<Item = (&Job, &Attempt)>) -> Outcome<()> {
    let rows =
        done.map(|(job, attempt)| (job.id.clone(), attempt_row(attempt), &job.request.run_id));
    let (rows, runs): (Vec<_>, Vec<_>) =
        rows.map(|(id, row, run)| ((id, row), run.clone())).unzip();
    let (owner, now) = (app.outbox.owner.clone(), app.now());
    app.store
        .write(move |tx| {
            deliveries::succeed_all(tx, &rows, &owner, now)?;
            for run in &runs {
                tx.notify(Notice::Attempt(run.clone()));
            }
            Ok(())
        })
        .await
}

/// Fails the run of a delivery whose stored request cannot be read any more.
///
/// # Errors
/// If the database fails.
pub async fn abandon(app: &App, id: &str, run_id: &str) -> Outcome<()> {
    let (app_, id, run_id, owner) = (
        app.clone(),
        id.to_owned(),
        run_id.to_owned(),
        app.outbox.owner.clone(),
    );
    let now = app.now();
    app.store
        .write(move |tx| {
            deliveries::settle(tx, &id, &owner, "FAILED", None, now)?;
            let outcome = RunOutcome {
                status: Some(FinalStatus::Failure),
                summary: Some("The stored invocation could not be read with the present master key, so nothing was sent.".into()),
                response: None,
            };
            end(tx, &app_, &run_id, &outcome, now)
        })
        .await
}

fn end(
    tx: &mut Tx<'_>,
    app: &App,
    run_id: &str,
    outcome: &RunOutcome,
    now: larboard_core::time::Timestamp,
) -> Outcome<()> {
    let Some((before, context)) = runs::find_with_context(tx, run_id)? else {
        return Ok(());
    };
    let mut after = before.clone();
    let actor = before.updated_by.clone();
    if after.settle(outcome, &actor, now).is_err() {
        // The run ended by itself while the attempt was under way; its own word stands.
        return Ok(());
    }
    let organization = app.directory.load().organization.clone();
    save(
        tx,
        app,
        &Author::server(&organization),
        &before,
        &after,
        &context,
        now,
    )
}

/// What an attempt means for the run; `None` if it goes on.
fn run_outcome(
    result: &AttemptResult,
    decision: &Decision,
    synchronized: bool,
) -> Option<RunOutcome> {
    let response = match result {
        AttemptResult::Answered { body, .. } if synchronized => Some(response(body)),
        _ => None,
    };
    match decision {
        Decision::Done if synchronized => Some(RunOutcome {
            status: Some(FinalStatus::Success),
            summary: None,
            response,
        }),
        Decision::Done | Decision::RetryAt(_) => None,
        Decision::FailNow { reason } | Decision::GiveUp { reason } => Some(RunOutcome {
            status: Some(FinalStatus::Failure),
            summary: Some(reason.clone()),
            response,
        }),
    }
}

/// The body of an answer as it is stored: JSON if it is, else text (facts/actions.md 4.5).
fn response(body: &[u8]) -> JsonText {
    let value = serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).replace('\0', "\u{fffd}")));
    JsonText::of(&value)
}

/// An attempt, to be numbered as it is recorded.
fn attempt_row(attempt: &Attempt) -> AttemptRow {
    let (status_code, error, response_excerpt) = match &attempt.result {
        AttemptResult::Answered { status, body, .. } => {
            (Some(i64::from(*status)), None, Some(excerpt(body)))
        }
        AttemptResult::Failed { message, .. } => (None, Some(message.clone()), None),
    };
    AttemptRow {
        number: 0,
        started_at: attempt.started_at,
        duration_ms: attempt.duration_ms,
        status_code,
        error,
        response_excerpt,
    }
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .chars()
        .filter(|c| *c != '\0')
        .take(EXCERPT)
        .collect()
}
