//! Making commits durable, and answering only then. SQLite writes a commit to its log and leaves the sync to this module:
//! the writer syncs itself while nobody waits for it, and else hands what it committed to a thread that does, so that the
//! next transaction runs meanwhile. Whoever read what is not on the disk yet is answered after the sync, too.

use crate::backend::error::StoreError;
use crate::backend::job::Job;
use crate::backend::notice::Notice;
use crate::backend::store::Hub;
use crossbeam_channel::{self as channel, Receiver, Sender};
use parking_lot::{Condvar, Mutex};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a commit is to be followed by, once it is on the disk.
#[derive(Default)]
pub(super) struct Committed {
    /// To be answered: even a refusal may rest on what a neighbour did before.
    pub(super) ran: Vec<Box<dyn Job>>,
    pub(super) notices: Vec<Notice>,
}

/// How far commits have come, for all threads of a database.
struct Progress {
    /// The newest commit that may be seen, counted before it can be.
    begun: AtomicU64,
    /// The newest commit that is on the disk; the writer's alone are counted.
    synced: AtomicU64,
    /// The disk refused a sync. What is visible may be lost, so nothing is said any more: a later sync may succeed
    /// without having written what the failed one dropped.
    broken: AtomicBool,
}

/// The log of a database, to be synced.
#[derive(Clone)]
pub(super) struct Log {
    file: Arc<File>,
    hub: Arc<Hub>,
    progress: Arc<Progress>,
}

/// What waits for the next sync.
enum Waiting {
    /// The commit of this number.
    Commit(u64, Committed),
    /// An answer that rests on the commits to this one.
    Reader(u64, Box<dyn Job>),
}

/// What waits for the thread. No channel, because who receives from one spins for a while before it sleeps, and there are
/// two processors at worst.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    /// How many may still add to it.
    doors: usize,
}

/// One who may add to a queue.
struct Door(Arc<Queue>);

impl Door {
    fn of(queue: &Arc<Queue>) -> Self {
        queue.state.lock().doors += 1;
        Self(Arc::clone(queue))
    }

    fn put(&self, waiting: Waiting) {
        self.0.state.lock().waiting.push(waiting);
        self.0.changed.notify_one();
    }
}

impl Clone for Door {
    fn clone(&self) -> Self {
        Self::of(&self.0)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.0.state.lock().doors -= 1;
        self.0.changed.notify_one();
    }
}

impl Queue {
    /// All that waits, once something does; `None` once nothing can any more.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut state = self.state.lock();
        while state.waiting.is_empty() {
            if state.doors == 0 {
                return None;
            }
            self.changed.wait(&mut state);
        }
        Some(std::mem::take(&mut state.waiting))
    }
}

impl Log {
    /// The log beside the database at `path`, which is open and in WAL mode.
    pub(super) fn open(path: &Path, hub: &Arc<Hub>) -> io::Result<Self> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Ok(Self {
            file: Arc::new(File::options().write(true).open(log)?),
            hub: Arc::clone(hub),
            progress: Arc::new(Progress {
                begun: AtomicU64::new(0),
                synced: AtomicU64::new(0),
                broken: AtomicBool::new(false),
            }),
        })
    }

    /// Fails once the disk has refused a sync.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.progress.broken.load(Ordering::Acquire) {
            return Err(StoreError::Broken);
        }
        Ok(())
    }

    fn sync(&self) -> bool {
        if self.check().is_err() {
            return false;
        }
        let Err(error) = self.file.sync_data() else {
            return true;
        };
        tracing::error!(%error, "the log of the database could not be synced; nothing more is written or read");
        self.progress.broken.store(true, Ordering::Release);
        false
    }

    /// Ends a commit whose sync went well or not.
    fn end(&self, number: u64, commit: Committed, synced: bool) {
        if !synced {
            for job in commit.ran {
                job.fail(StoreError::OutcomeUnknown);
            }
            return;
        }
        self.progress.synced.fetch_max(number, Ordering::AcqRel);
        self.hub.tell(commit.notices);
        commit.ran.into_iter().for_each(Job::answer);
    }
}

/// The writer's end.
pub(super) struct Commits {
    log: Log,
    queue: Door,
    /// One for each commit that was handed over and has ended.
    ended: Receiver<()>,
    handed: u64,
}

impl Commits {
    /// The number of a commit that begins now.
    pub(super) fn begin(&self) -> u64 {
        self.log.progress.begun.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Fails once the disk has refused a sync.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.log.check()
    }

    /// Whether all commits that were handed over have ended.
    pub(super) fn are_settled(&mut self) -> bool {
        self.handed -= self.ended.try_iter().count() as u64;
        self.handed == 0
    }

    /// Where the end of a commit that was handed over is told.
    pub(super) fn ended(&self) -> &Receiver<()> {
        &self.ended
    }

    /// One end was received.
    pub(super) fn one_ended(&mut self) {
        self.handed -= 1;
    }

    /// Makes a commit durable and answers: at once, or by the other thread if `busy`, or if that one is not done with what
    /// was committed before.
    pub(super) fn settle(&mut self, number: u64, commit: Committed, busy: bool) {
        if busy || !self.are_settled() {
            self.handed += 1;
            self.queue.put(Waiting::Commit(number, commit));
            return;
        }
        let synced = self.log.sync();
        self.log.end(number, commit, synced);
    }
}

/// A reader's end.
#[derive(Clone)]
pub(super) struct Reads {
    log: Log,
    queue: Door,
}

impl Reads {
    /// Fails once the disk has refused a sync.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.log.check()
    }

    /// Answers a job that has read, after the sync of whatever it may have seen.
    pub(super) fn answer(&self, job: Box<dyn Job>) {
        let seen = self.log.progress.begun.load(Ordering::Acquire);
        if self.log.progress.synced.load(Ordering::Acquire) >= seen {
            job.answer();
        } else {
            self.queue.put(Waiting::Reader(seen, job));
        }
    }
}

/// The thread's end.
pub(super) struct Syncs {
    log: Log,
    queue: Arc<Queue>,
    ended: Sender<()>,
}

/// The three ends of a log.
pub(super) fn ends(log: Log) -> (Commits, Reads, Syncs) {
    let queue = Arc::new(Queue::default());
    let (end, ended) = channel::unbounded();
    let commits = Commits {
        log: log.clone(),
        queue: Door::of(&queue),
        ended,
        handed: 0,
    };
    let reads = Reads {
        log: log.clone(),
        queue: Door::of(&queue),
    };
    let syncs = Syncs {
        log,
        queue,
        ended: end,
    };
    (commits, reads, syncs)
}

/// Syncs once for all that waits, again and again, until the writer and the readers are gone.
pub(super) fn serve(syncs: &Syncs) {
    let Syncs { log, queue, ended } = syncs;
    while let Some(waiting) = queue.take() {
        let on_disk = log.progress.synced.load(Ordering::Acquire);
        let needed = waiting.iter().any(|waiting| match waiting {
            Waiting::Commit(..) => true,
            Waiting::Reader(seen, _) => *seen > on_disk,
        });
        let synced = !needed || log.sync();
        for waiting in waiting {
            match waiting {
                Waiting::Commit(number, commit) => {
                    log.end(number, commit, synced);
                    let _ = ended.send(());
                }
                Waiting::Reader(_, job) if synced => job.answer(),
                Waiting::Reader(_, job) => job.fail(StoreError::Broken),
            }
        }
    }
}
