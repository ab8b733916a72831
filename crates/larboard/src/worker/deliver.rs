//! Delivers invocations: takes leased rows of the outbox, sends each outside any transaction, settles it.
//!
//! A run's transaction leases its own delivery to the process that executes it, so that the usual delivery starts the
//! moment the commit returns, without a query. Whatever nobody sends (the process died, its queue was full, a retry is
//! due) is claimed by a poll that notices wake and a timer backs up. A lease is shorter than forever and longer than an
//! attempt, so a delivery is sent at least once, and twice only if its sender dies between the answer and the commit.
//!
//! Promised: no accepted run stays without an attempt; one slow destination takes at most its own share of the senders.
//! Not promised: the order of deliveries.

mod outbox;
mod settling;

use outbox::Turn;
pub use outbox::{Outbox, Place, reserve};

use crate::directory::purpose;
use crate::invoke::{
    AttemptResult, Decision, FailureKind, Outcome as Attempt, RenderedRequest, next_attempt,
};
use crate::ops::{self, Failure, Outcome};
use crate::state::App;
use crate::telemetry;
use larboard_core::scrub::Scrubber;
use larboard_core::time::Timestamp;
use larboard_store::deliveries::{self, DeliveryRow, Lease};
use std::sync::Arc;
use std::time::Duration;
use tracing::{Instrument, Span};

/// The slow poll that finds what no notice told of.
const SAFETY_NET: Duration = Duration::from_secs(5);

/// A leased delivery and its request.
pub struct Job {
    /// `dlv_…`
    pub id: String,
    /// Scheme, host and port.
    pub destination: String,
    /// What to send.
    pub request: RenderedRequest,
    /// Attempts made before this one.
    pub attempts: i64,
    /// When trying ends.
    pub window_end: Timestamp,
    /// Until when the delivery is this process's alone.
    pub lease_until: Timestamp,
}

/// Sends a leased delivery in the background, from the place reserved for it.
pub fn send(place: Place, job: Job) {
    tokio::spawn(async move { warn_if_unsettled(attempt(place, job).await) });
}

fn warn_if_unsettled(settled: Outcome<()>) {
    if let Err(error) = settled {
        tracing::warn!(
            ?error,
            "a delivery could not be settled; its lease runs out and it is sent again"
        );
    }
}

async fn attempt(place: Place, job: Job) -> Outcome<()> {
    let Some(turn) = place.turn().await else {
        // Leases are freed when the server stops.
        return Ok(());
    };
    if !place
        .app
        .outbox
        .is_in_time(place.app.now(), job.lease_until)
    {
        // It waited so long that another process may soon take it; so may this one, once the lease has run out.
        return Ok(());
    }
    let attempt = u32::try_from(job.attempts + 1).unwrap_or(u32::MAX);
    let parent = job.request.traceparent.as_deref();
    let span = telemetry::delivery(&job.request.run_id, &job.id, attempt, parent);
    send_and_settle(place, job, attempt, span.clone(), turn)
        .instrument(span)
        .await
}

async fn send_and_settle(
    place: Place,
    job: Job,
    attempt: u32,
    span: Span,
    turn: Turn,
) -> Outcome<()> {
    let app = &place.app;
    let directory = app.directory.load_full();
    // The backend continues the trace below this attempt, if attempts are traced.
    let own = telemetry::traceparent(&span);
    let outcome = app
        .webhooks
        .send(
            &job.request,
            attempt,
            &directory.signing_secret,
            app.clock.as_ref(),
            own.as_deref().or(job.request.traceparent.as_deref()),
        )
        .await;
    // The destination has answered and can be sent something else while this attempt is recorded.
    drop(turn);
    let outcome = scrubbed(outcome, directory.scrubber_with(&job.request.secrets)).await;
    drop(directory);
    telemetry::delivered(&span, outcome.result.status());
    let mut chance = [0_u8; 2];
    app.ids.fill(&mut chance);
    let jitter = f64::from(u16::from_le_bytes(chance)) / f64::from(u16::MAX);
    let decision = next_attempt(attempt, &outcome.result, job.window_end, app.now(), jitter);
    count(&outcome, &decision);
    if matches!(decision, Decision::Done) && !job.request.synchronized {
        settling::record(place, job, outcome);
        return Ok(());
    }
    ops::deliveries::settle(app, &job, outcome, decision).await
}

/// Answers longer than this are searched for secrets beside the threads that serve requests.
const LONG_ANSWER: usize = 64 * 1024;

async fn scrubbed(outcome: Attempt, scrubber: Arc<Scrubber>) -> Attempt {
    match &outcome.result {
        AttemptResult::Answered { body, .. } if body.len() > LONG_ANSWER => {
            let missing = AttemptResult::Failed {
                kind: FailureKind::Protocol,
                message: "The answer could not be read.".into(),
            };
            let (started_at, duration_ms) = (outcome.started_at, outcome.duration_ms);
            tokio::task::spawn_blocking(move || outcome.scrubbed(&scrubber))
                .await
                .unwrap_or(Attempt {
                    started_at,
                    duration_ms,
                    result: missing,
                })
        }
        _ => outcome.scrubbed(&scrubber),
    }
}

fn count(outcome: &Attempt, decision: &Decision) {
    let result = match decision {
        Decision::Done => "succeeded",
        Decision::RetryAt(_) => "retried",
        Decision::FailNow { .. } | Decision::GiveUp { .. } => "failed",
    };
    metrics::counter!("larboard_delivery_attempts_total", "result" => result).increment(1);
    metrics::histogram!("larboard_delivery_attempt_seconds")
        .record(outcome.duration_ms as f64 / 1000.0);
}

/// Claims what is due until the server stops.
pub async fn run(app: App) {
    let mut pause = Duration::ZERO;
    loop {
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            () = app.outbox.woken() => {}
        }
        pause = match claim(&app).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(
                    ?error,
                    "due deliveries could not be claimed and are looked for again shortly"
                );
                Duration::from_secs(1)
            }
        };
    }
}

/// Claims and starts what is due; how long to wait before looking again.
async fn claim(app: &App) -> Outcome<Duration> {
    loop {
        let (room, busy) = app.outbox.room();
        // A server that stops sends nothing new: it would claim and give back the same rows for ever.
        if room == 0 || app.stopping.is_cancelled() {
            return Ok(SAFETY_NET);
        }
        let (now, owner) = (app.now(), app.outbox.owner.clone());
        let until = app.outbox.lease_until(now);
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        // Looked for with a read first, so that an idle server writes nothing.
        let next = app
            .store
            .read_one(|tx| Ok::<_, Failure>(deliveries::next_due(tx)?))
            .await?;
        match next {
            None => {
                app.outbox.caught_up(&[]);
                return Ok(SAFETY_NET);
            }
            Some(due) if due > now => {
                app.outbox.caught_up(&[]);
                let wait = u64::try_from(due.as_millis() - now.as_millis()).unwrap_or(0);
                return Ok(SAFETY_NET.min(Duration::from_millis(wait)));
            }
            Some(_) => {}
        }
        let busy = Arc::new(busy);
        let busy_ = busy.clone();
        let claimed = app
            .store
            .write(move |tx| {
                Ok::<_, Failure>(deliveries::claim_due(
                    tx,
                    &Lease {
                        owner: &owner,
                        now,
                        until,
                    },
                    &busy_,
                    limit,
                )?)
            })
            .await?;
        if claimed.len() < room {
            app.outbox.caught_up(&busy);
        }
        if claimed.is_empty() {
            return Ok(SAFETY_NET);
        }
        for row in claimed {
            start(app, row).await?;
        }
    }
}

/// Starts a claimed delivery, or gives it back if its destination is busy.
async fn start(app: &App, row: DeliveryRow) -> Outcome<()> {
    let Some(place) = outbox::claimed(app, &row.destination) else {
        let (id, owner) = (row.id, app.outbox.owner.clone());
        return app
            .store
            .write(move |tx| Ok(deliveries::give_back(tx, &id, &owner)?))
            .await;
    };
    let opened = row
        .request_enc
        .as_deref()
        .ok_or_else(|| Failure::Internal("a pending delivery has no request".into()))
        .and_then(|sealed| Ok(app.keys.open(purpose::REQUEST, sealed)?))
        .and_then(|plain| Ok(serde_json::from_slice::<RenderedRequest>(&plain)?));
    match opened {
        Ok(request) => {
            let job = Job {
                id: row.id,
                destination: row.destination,
                request,
                attempts: row.attempts,
                window_end: row.window_end,
                lease_until: row.lease_until.unwrap_or(row.due_at),
            };
            send(place, job);
            Ok(())
        }
        Err(error) => {
            tracing::error!(
                ?error,
                delivery = row.id,
                "a stored request cannot be read; its run fails"
            );
            ops::deliveries::abandon(app, &row.id, &row.run_id).await
        }
    }
}

/// Waits until nothing is being sent, at most `grace`; then frees what this process still leases.
pub async fn drain(app: &App, grace: Duration) {
    let idle = async {
        loop {
            let idle = app.outbox.idle();
            if app.outbox.in_flight() == 0 {
                return;
            }
            idle.await;
        }
    };
    if tokio::time::timeout(grace, idle).await.is_err() {
        tracing::warn!(
            in_flight = app.outbox.in_flight(),
            "stopping before every attempt has ended; they are sent again at the next start"
        );
    }
    let owner = app.outbox.owner.clone();
    if let Err(error) = app
        .store
        .write(move |tx| Ok::<_, Failure>(deliveries::release(tx, &owner)?))
        .await
    {
        tracing::warn!(
            ?error,
            "leases could not be freed; they run out by themselves"
        );
    }
}
