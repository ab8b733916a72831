//! The stream of one run: the run and its deliveries on every connect and change, each log line once, and an end frame with the
//! final seq.

use super::Frame;
use super::frame::{event, keep_alive};
use crate::api::runs::{deliveries, shape};
use crate::ops::Outcome;
use crate::state::App;
use futures_util::Stream;
use larboard_core::run::Run;
use larboard_store::deliveries::{AttemptRow, DeliveryRow, list_of_run};
use larboard_store::run_logs::RunLogRow;
use larboard_store::runs::RunContext;
use larboard_store::{run_logs, runs};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender};

/// Log lines read at once.
const PAGE: i64 = 500;

/// Changes a slow watcher may be behind before it reads from the database again.
const BACKLOG: usize = 256;

/// A change of a run, encoded once for all watchers.
#[derive(Clone)]
struct Update {
    /// Log lines with their numbers, oldest first.
    logs: Arc<Vec<(i64, Frame)>>,
    /// The number of log lines up to and with this update.
    upto: i64,
    /// The run as it now is.
    run: Frame,
    /// Its deliveries, if they may have changed.
    deliveries: Option<Frame>,
    /// The end frame, if the run has ended.
    end: Option<Frame>,
}

/// Where the changes of one run are fanned out.
pub struct Channel {
    run_id: String,
    updates: Sender<Update>,
    /// A read is under way or about to start.
    reading: AtomicBool,
    /// Something changed since that read began.
    dirty: AtomicBool,
    /// Deliveries changed since they were last read. Most changes are lines of the log, which do not concern them.
    attempted: AtomicBool,
    /// The last log line that was sent to everyone.
    sent: tokio::sync::Mutex<i64>,
}

impl Channel {
    pub(super) fn new(run_id: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            updates: Sender::new(BACKLOG),
            reading: AtomicBool::new(false),
            dirty: AtomicBool::new(false),
            attempted: AtomicBool::new(false),
            // Unknown until the first read: a watcher reads what was before itself.
            sent: tokio::sync::Mutex::new(-1),
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        self.updates.receiver_count() > 0
    }

    pub(super) fn watchers(&self) -> usize {
        self.updates.receiver_count()
    }
}

/// What a notice told of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    /// The run or its log.
    Run,
    /// Its deliveries, and perhaps the run as well.
    Deliveries,
}

/// Reads what changed of a run and sends it to its watchers; many notices in short order become one read.
pub(super) fn wake(app: &App, channel: &Arc<Channel>, changed: Changed) {
    if changed == Changed::Deliveries {
        channel.attempted.store(true, Ordering::SeqCst);
    }
    channel.dirty.store(true, Ordering::SeqCst);
    if channel.reading.swap(true, Ordering::SeqCst) {
        return;
    }
    let (app, channel) = (app.clone(), channel.clone());
    tokio::spawn(async move {
        loop {
            while channel.dirty.swap(false, Ordering::SeqCst) {
                if let Err(error) = publish(&app, &channel).await {
                    tracing::warn!(
                        ?error,
                        run = channel.run_id,
                        "a live run could not be read; its watchers wait for the next change"
                    );
                }
            }
            channel.reading.store(false, Ordering::SeqCst);
            // A notice between the last look and the store above would be lost without this one.
            if !channel.dirty.load(Ordering::SeqCst) || channel.reading.swap(true, Ordering::SeqCst)
            {
                return;
            }
        }
    });
}

async fn publish(app: &App, channel: &Channel) -> Outcome<()> {
    let mut sent = channel.sent.lock().await;
    let mut attempted = false;
    loop {
        attempted |= channel.attempted.swap(false, Ordering::SeqCst);
        let state = match read(app, &channel.run_id, *sent, attempted).await {
            Ok(Some(state)) => state,
            Ok(None) => return Ok(()),
            Err(error) => {
                channel.attempted.fetch_or(attempted, Ordering::SeqCst);
                return Err(error);
            }
        };
        let more = state.more;
        if *sent < 0 {
            // The first read only learns where the log stands: whoever watches has read up to here or reads it now.
            *sent = state.run.log_count.min(state.first_unread);
        }
        if let Some(last) = state.logs.last() {
            *sent = last.seq;
        }
        let _ = channel.updates.send(encode(&state));
        if !more {
            return Ok(());
        }
    }
}

/// A run and the log lines after a number, as they stand.
struct State {
    run: Run,
    context: RunContext,
    logs: Vec<RunLogRow>,
    /// `None` if they were not to be read, or not yet.
    deliveries: Option<Vec<(DeliveryRow, Vec<AttemptRow>)>>,
    first_unread: i64,
    more: bool,
}

async fn read(app: &App, run_id: &str, after: i64, attempted: bool) -> Outcome<Option<State>> {
    let id = run_id.to_owned();
    app.store
        .read(move |tx| {
            let Some((run, context)) = runs::find_with_context(tx, &id)? else {
                return Ok(None);
            };
            // A channel that has sent nothing yet starts a page before the end, which covers whoever connected meanwhile.
            let after = if after < 0 {
                (run.log_count - PAGE).max(0)
            } else {
                after
            };
            let logs = run_logs::list_after(tx, &id, after, PAGE)?;
            let more = logs.last().is_some_and(|last| last.seq < run.log_count);
            // They are told once, after the last page. With its end a run's stream closes, so that is the last chance to
            // tell of an attempt, or of one that is not made any more.
            let deliveries = if !more && (attempted || run.ended_at.is_some()) {
                Some(list_of_run(tx, &id)?)
            } else {
                None
            };
            Ok(Some(State {
                run,
                context,
                logs,
                deliveries,
                first_unread: after,
                more,
            }))
        })
        .await
}

fn encode(state: &State) -> Update {
    let logs = state.logs.iter().map(|log| {
        (
            log.seq,
            event(
                "log",
                Some(log.seq),
                &shape::log_with_seq(&state.run.id, log),
            ),
        )
    });
    Update {
        logs: Arc::new(logs.collect()),
        upto: state
            .logs
            .last()
            .map_or(state.run.log_count, |last| last.seq),
        run: event("run", None, &shape::v2(&state.run, &state.context)),
        deliveries: state.deliveries.as_ref().map(|rows| {
            let shown = json!({ "deliveries": deliveries::shown(rows) });
            event("deliveries", None, &shown.to_string())
        }),
        end: (state.run.ended_at.is_some() && !state.more).then(|| {
            event(
                "end",
                None,
                &format!(r#"{{"seq":{}}}"#, state.run.log_count),
            )
        }),
    }
}

/// One watcher.
struct Watcher {
    app: App,
    channel: Arc<Channel>,
    updates: Receiver<Update>,
    /// The last log line this watcher has been sent.
    seen: i64,
    queue: VecDeque<Frame>,
    /// It must read from the database: at the start, and after it fell behind.
    behind: bool,
    last_run: Frame,
    last_deliveries: Frame,
    ended: bool,
}

/// The stream of a run from the log line after `seen`; `None` if there is no such run.
///
/// # Errors
/// If the database fails.
pub async fn watch(
    app: &App,
    run_id: &str,
    seen: i64,
) -> Outcome<Option<impl Stream<Item = Frame> + Send + use<>>> {
    // Subscribed first and read afterwards, so that nothing falls between.
    let channel = app.live.channel(run_id);
    let updates = channel.updates.subscribe();
    let mut watcher = Watcher {
        app: app.clone(),
        channel,
        updates,
        seen: seen.max(0),
        queue: VecDeque::new(),
        behind: true,
        last_run: Frame::new(),
        last_deliveries: Frame::new(),
        ended: false,
    };
    if !watcher.catch_up().await? {
        return Ok(None);
    }
    Ok(Some(futures_util::stream::unfold(
        watcher,
        |mut watcher| async move {
            let frame = watcher.next().await?;
            Some((frame, watcher))
        },
    )))
}

impl Watcher {
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.take() {
                return Some(frame);
            }
            if self.ended {
                return None;
            }
            if self.behind {
                match self.catch_up().await {
                    Ok(true) => continue,
                    // The client reconnects and resumes from the line it has seen.
                    Ok(false) | Err(_) => return None,
                }
            }
            tokio::select! {
                update = self.updates.recv() => match update {
                    Ok(update) => self.accept(update),
                    Err(RecvError::Lagged(_)) => self.behind = true,
                    Err(RecvError::Closed) => return None,
                },
                () = self.app.stopping.cancelled() => return None,
                () = tokio::time::sleep(Duration::from_secs(15)) => return Some(keep_alive()),
            }
        }
    }

    /// Everything that waits, in one write.
    fn take(&mut self) -> Option<Frame> {
        if self.queue.len() <= 1 {
            return self.queue.pop_front();
        }
        let mut all = Vec::with_capacity(self.queue.iter().map(Frame::len).sum());
        self.queue
            .drain(..)
            .for_each(|frame| all.extend_from_slice(&frame));
        Some(all.into())
    }

    fn accept(&mut self, update: Update) {
        for (seq, frame) in update.logs.iter() {
            if *seq == self.seen + 1 {
                self.seen = *seq;
                self.queue.push_back(frame.clone());
            }
        }
        if self.seen < update.upto {
            // Lines between what this watcher has and this update went out before it subscribed.
            self.behind = true;
            return;
        }
        if update.run != self.last_run {
            self.last_run = update.run.clone();
            self.queue.push_back(update.run);
        }
        if let Some(deliveries) = update.deliveries
            && deliveries != self.last_deliveries
        {
            self.last_deliveries = deliveries.clone();
            self.queue.push_back(deliveries);
        }
        if let Some(end) = update.end {
            self.queue.push_back(end);
            self.ended = true;
        }
    }

    async fn catch_up(&mut self) -> Outcome<bool> {
        let Some(state) = read(&self.app, &self.channel.run_id, self.seen, true).await? else {
            return Ok(false);
        };
        self.behind = false;
        self.accept(encode(&state));
        self.behind |= state.more;
        Ok(true)
    }
}
