//! Records the attempts that went well and end no run, which most are: those that come while some are being recorded wait and
//! are recorded together, in one transaction.
//!
//! Nothing is promised later than it would be alone: whoever comes first is recorded at once, and each keeps its place until
//! it is recorded, so that a server that stops waits for it.

use super::{Job, Place};
use crate::invoke::{Decision, Outcome as Attempt};
use crate::ops;
use crate::state::App;
use parking_lot::Mutex;
use tracing::{Instrument, Span};

/// Attempts recorded in one transaction.
const AT_ONCE: usize = 64;

/// The attempts that wait to be recorded.
#[derive(Default)]
pub(super) struct Settling(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Settled>,
    /// Somebody records, and looks again before ending.
    recording: bool,
}

struct Settled {
    job: Job,
    attempt: Attempt,
    /// The delivery's, which ends once the attempt is recorded.
    span: Span,
    /// Given back once the attempt is recorded.
    _place: Place,
}

/// Records an attempt that went well, in the background.
pub(super) fn record(place: Place, job: Job, attempt: Attempt) {
    let app = place.app.clone();
    let mut queue = app.outbox.settling.0.lock();
    queue.waiting.push(Settled {
        job,
        attempt,
        span: Span::current(),
        _place: place,
    });
    let begun = std::mem::replace(&mut queue.recording, true);
    drop(queue);
    if !begun {
        tokio::spawn(record_all(app));
    }
}

async fn record_all(app: App) {
    while let Some(settled) = next(&app) {
        record_some(&app, settled).await;
    }
}

/// The attempts to be recorded next; `None` if there are none.
fn next(app: &App) -> Option<Vec<Settled>> {
    let mut queue = app.outbox.settling.0.lock();
    let count = queue.waiting.len().min(AT_ONCE);
    queue.recording = count > 0;
    (count > 0).then(|| queue.waiting.drain(..count).collect())
}

async fn record_some(app: &App, settled: Vec<Settled>) {
    if let [first, _, ..] = settled.as_slice() {
        let done = settled.iter().map(|one| (&one.job, &one.attempt));
        // A span has one parent, so what all of them share is told of the first.
        let recording = ops::deliveries::settle_all(app, done).instrument(first.span.clone());
        match recording.await {
            Ok(()) => return,
            Err(error) => tracing::debug!(?error, "deliveries are settled one by one"),
        }
    }
    for one in settled {
        let recording = ops::deliveries::settle(app, &one.job, one.attempt, Decision::Done);
        super::warn_if_unsettled(recording.instrument(one.span).await);
    }
}
