//! Live updates: turns the store's notices into server-sent events, encoded once and fanned out in memory.
//!
//! A notice carries only what changed, never the change: a run with watchers is read once per notice, whoever watches.
//! A watcher reads what it missed itself when it connects or lags, so a stream has no gap and no repeat; frames of the log
//! are numbered by the log's own dense seq. There is no query per watcher in between.

pub mod frame;
pub mod organization;
pub mod run;

use crate::directory;
use crate::state::App;
use bytes::Bytes;
use larboard_store::Notice;
use organization::Events;
use parking_lot::Mutex;
use run::{Changed, Channel};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// What a watcher is sent: text of the event stream, ready to write.
pub type Frame = Bytes;

/// The live streams of this process.
#[derive(Default)]
pub struct Live {
    runs: Mutex<HashMap<String, Arc<Channel>>>,
    events: Events,
}

impl Live {
    /// The channel of a run; made if nobody watches it yet.
    fn channel(&self, run_id: &str) -> Arc<Channel> {
        let mut runs = self.runs.lock();
        runs.retain(|id, channel| id == run_id || channel.is_watched());
        runs.entry(run_id.to_owned())
            .or_insert_with(|| Arc::new(Channel::new(run_id)))
            .clone()
    }

    fn find_watched(&self, run_id: &str) -> Option<Arc<Channel>> {
        self.runs
            .lock()
            .get(run_id)
            .filter(|channel| channel.is_watched())
            .cloned()
    }

    fn watched(&self) -> Vec<Arc<Channel>> {
        self.runs
            .lock()
            .values()
            .filter(|channel| channel.is_watched())
            .cloned()
            .collect()
    }

    /// How many streams are open: of runs, and of the organization.
    pub fn watchers(&self) -> usize {
        self.events.watchers()
            + self
                .runs
                .lock()
                .values()
                .map(|channel| channel.watchers())
                .sum::<usize>()
    }
}

/// How often a server on the embedded database looks for changes that commands made beside it.
const LOOK: Duration = Duration::from_secs(2);

/// Reads the directory again when a command such as `larboard app rotate` has changed it: on the embedded database no notice
/// reaches another process.
pub async fn watch_directory(app: App) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = app.stopping.cancelled() => return,
        }
        match app.store.read_one(directory::revision).await {
            Ok(revision) if revision == app.directory.load().revision => {}
            Ok(_) => crate::ops::bootstrap::reload(&app).await,
            Err(error) => tracing::warn!(?error, "the directory could not be looked at"),
        }
    }
}

/// Follows the store's notices until the server stops.
pub async fn follow(app: App, mut notices: Receiver<Notice>) {
    loop {
        // Notices come in crowds, and waiting costs more than most of them do.
        let notice = match notices.try_recv() {
            Ok(notice) => Ok(notice),
            Err(TryRecvError::Lagged(by)) => Err(RecvError::Lagged(by)),
            Err(TryRecvError::Closed) => return,
            Err(TryRecvError::Empty) => tokio::select! {
                notice = notices.recv() => notice,
                () = app.stopping.cancelled() => return,
            },
        };
        match notice {
            Ok(Notice::Run(id)) => {
                if let Some(channel) = app.live.find_watched(&id) {
                    run::wake(&app, &channel, Changed::Run);
                }
            }
            Ok(Notice::Attempt(id)) => {
                if let Some(channel) = app.live.find_watched(&id) {
                    run::wake(&app, &channel, Changed::Deliveries);
                }
            }
            Ok(Notice::Events(seqs)) => {
                app.wakers.results.notify_one();
                app.wakers.values.notify_one();
                app.live.events.push(&app, seqs).await;
            }
            Ok(Notice::Reload(what)) if what == crate::directory::NOTICE => {
                crate::ops::bootstrap::reload(&app).await
            }
            Ok(Notice::Deliveries) => app.outbox.look(),
            Ok(Notice::Reload(what)) if what == crate::ops::migrations::NOTICE => {
                app.wakers.migrate.notify_one();
            }
            Ok(Notice::Reload(_)) => {}
            // Notices were lost, so anything may have changed.
            Ok(Notice::Everything) | Err(RecvError::Lagged(_)) => {
                app.outbox.look();
                app.wakers.results.notify_one();
                app.wakers.values.notify_one();
                app.wakers.migrate.notify_one();
                crate::ops::bootstrap::reload(&app).await;
                for channel in app.live.watched() {
                    run::wake(&app, &channel, Changed::Deliveries);
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}
