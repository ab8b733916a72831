//! Delivers invocations: takes leased rows of the outbox, sends each outside any transaction, settles it.
//!
//! A run's transaction leases its own delivery to the process that executes it, so that the usual delivery starts the
//! moment the commit returns, without a query. Whatever nobody sends (the process died, its queue was full, a retry is
//! due) is claimed by a poll that notices wake and a timer backs up. A lease is shorter than forever and longer than an
//! attempt, so a delivery is sent at least once, and twice only if its sender dies between the answer and the commit.
//!
//! Promised: no accepted run stays without an attempt; one slow destination takes at most its own share of the senders.
//! Not promised: the order of deliveries.

use crate::directory::purpose;
use crate::invoke::{
    AttemptResult, Decision, FailureKind, Outcome as Attempt, RenderedRequest, next_attempt,
};
use crate::ops::{self, Failure, Outcome};
use crate::state::App;
use larboard_core::scrub::Scrubber;
use larboard_core::time::Timestamp;
use larboard_store::deliveries::{self, DeliveryRow, Lease};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// The slow poll that finds what no notice told of.
const SAFETY_NET: Duration = Duration::from_secs(5);

/// Deliveries claimed at once.
const CLAIM: usize = 128;

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
}

/// What this process is sending.
pub struct Outbox {
    /// The name this process leases under.
    pub owner: String,
    limit: usize,
    destination_limit: usize,
    lease: Duration,
    in_flight: AtomicUsize,
    /// Something due may wait in the table for a place to be given back.
    short: AtomicBool,
    destinations: Mutex<HashMap<String, usize>>,
    wake: Notify,
    idle: Notify,
}

/// A place among the senders, given back when dropped.
pub struct Place {
    app: App,
    destination: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let outbox = &self.app.outbox;
        let mut destinations = outbox.destinations.lock();
        if let Some(count) = destinations.get_mut(&self.destination) {
            *count -= 1;
            if *count == 0 {
                destinations.remove(&self.destination);
            }
        }
        drop(destinations);
        let left = outbox.in_flight.fetch_sub(1, Ordering::SeqCst) - 1;
        if left == 0 {
            outbox.idle.notify_waiters();
        }
        // Looking at the table after each attempt would cost a query for nothing, as long as
        // nothing in it waits for a place.
        if outbox.short.swap(false, Ordering::SeqCst) {
            outbox.look();
        }
    }
}

impl Outbox {
    /// An outbox of a process that leases as `owner`. An attempt takes at most `timeout`.
    pub fn new(owner: String, limit: usize, destination_limit: usize, timeout: Duration) -> Self {
        Self {
            owner,
            limit,
            destination_limit,
            // The attempt, and as much again for claiming and settling it on a slow database.
            lease: timeout * 2 + Duration::from_secs(5),
            in_flight: AtomicUsize::new(0),
            short: AtomicBool::new(false),
            destinations: Mutex::default(),
            wake: Notify::new(),
            idle: Notify::new(),
        }
    }

    /// When a lease taken now runs out.
    pub fn lease_until(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX))
    }

    /// Something in the table may be due: it is looked at soon.
    pub fn look(&self) {
        self.wake.notify_one();
    }

    /// How many attempts are under way.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    /// How many deliveries may be claimed now. If none, the next place given back wakes the claimer.
    fn room(&self) -> usize {
        let room = || self.limit.saturating_sub(self.in_flight()).min(CLAIM);
        if room() > 0 {
            return room();
        }
        self.short.store(true, Ordering::SeqCst);
        // A place given back just before the line above woke nobody, so it is looked for again.
        room()
    }

    /// The destinations that take no more now. If there are any, the next place given back wakes
    /// the claimer.
    fn busy(&self) -> Vec<String> {
        let full = || -> Vec<String> {
            let destinations = self.destinations.lock();
            let full = destinations
                .iter()
                .filter(|(_, count)| **count >= self.destination_limit);
            full.map(|(name, _)| name.clone()).collect()
        };
        if full().is_empty() {
            return Vec::new();
        }
        self.short.store(true, Ordering::SeqCst);
        full()
    }
}

/// A place to send to `destination`, or `None` if all are taken: the delivery then waits in the table.
pub fn reserve(app: &App, destination: &str) -> Option<Place> {
    let outbox = &app.outbox;
    if app.stopping.is_cancelled() {
        return None;
    }
    let mut destinations = outbox.destinations.lock();
    if outbox.in_flight.load(Ordering::SeqCst) >= outbox.limit {
        return None;
    }
    let count = destinations.entry(destination.to_owned()).or_insert(0);
    if *count >= outbox.destination_limit {
        return None;
    }
    *count += 1;
    outbox.in_flight.fetch_add(1, Ordering::SeqCst);
    Some(Place {
        app: app.clone(),
        destination: destination.to_owned(),
    })
}

/// Sends a leased delivery in the background, from the place reserved for it.
pub fn send(place: Place, job: Job) {
    tokio::spawn(async move {
        let app = place.app.clone();
        if let Err(error) = attempt(&app, job).await {
            tracing::warn!(
                ?error,
                "a delivery could not be settled; its lease runs out and it is sent again"
            );
        }
        drop(place);
    });
}

async fn attempt(app: &App, job: Job) -> Outcome<()> {
    let directory = app.directory.load_full();
    let attempt = u32::try_from(job.attempts + 1).unwrap_or(u32::MAX);
    let outcome = app
        .webhooks
        .send(
            &job.request,
            attempt,
            &directory.signing_secret,
            app.clock.as_ref(),
            job.request.traceparent.as_deref(),
        )
        .await;
    let outcome = scrubbed(outcome, directory.scrubber_with(&job.request.secrets)).await;
    drop(directory);
    let mut chance = [0_u8; 2];
    app.ids.fill(&mut chance);
    let jitter = f64::from(u16::from_le_bytes(chance)) / f64::from(u16::MAX);
    let decision = next_attempt(attempt, &outcome.result, job.window_end, app.now(), jitter);
    count(&outcome, &decision);
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
            () = app.outbox.wake.notified() => {}
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
        let room = app.outbox.room();
        // A server that stops sends nothing new: it would claim and give back the same rows for ever.
        if room == 0 || app.stopping.is_cancelled() {
            return Ok(SAFETY_NET);
        }
        let busy = app.outbox.busy();
        let (now, owner) = (app.now(), app.outbox.owner.clone());
        let until = app.outbox.lease_until(now);
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        // Looked for with a read first, so that an idle server writes nothing.
        let next = app
            .store
            .read_one(|tx| Ok::<_, Failure>(deliveries::next_due(tx)?))
            .await?;
        match next {
            None => return Ok(SAFETY_NET),
            Some(due) if due > now => {
                let wait = u64::try_from(due.as_millis() - now.as_millis()).unwrap_or(0);
                return Ok(SAFETY_NET.min(Duration::from_millis(wait)));
            }
            Some(_) => {}
        }
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
                    &busy,
                    limit,
                )?)
            })
            .await?;
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
    let Some(place) = reserve(app, &row.destination) else {
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
            let idle = app.outbox.idle.notified();
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
