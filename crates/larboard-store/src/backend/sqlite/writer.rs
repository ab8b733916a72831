//! The writer thread: runs what waits in one transaction and commits once. Nobody is answered before that is on the disk,
//! which `durable` sees to.

use super::durable::{Commits, Committed};
use super::link::SqliteLink;
use crate::backend::error::{Result, StoreError};
use crate::backend::job::{Job, Mode, Ran};
use crate::backend::notice::Notice;
use crate::backend::store::{Counters, Hub};
use crate::backend::tx::{Link, Tx};
use crossbeam_channel::{Receiver, select};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

type Jobs = Receiver<(Mode, Box<dyn Job>)>;

/// Serves until the queue is closed and empty.
pub(super) fn serve(conn: &Connection, jobs: &Jobs, limit: usize, hub: &Hub, commits: Commits) {
    let mut writer = Writer {
        link: SqliteLink::new(conn),
        jobs,
        hub,
        limit,
        careful: 0,
        commits,
    };
    while let Ok((_, first)) = jobs.recv() {
        match writer.commits.check() {
            Ok(()) => writer.batch(first),
            Err(error) => first.fail(error),
        }
    }
    // Leaves a small log behind, if no reader holds it. Nothing depends on it.
    if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the log of the database could not be folded into it");
    }
}

/// After a job had to be undone, so many more run in a savepoint each.
const CAREFUL: usize = 256;

/// A transaction that changed so many rows, and so many for each operation in it, takes in no more as soon as the disk is
/// idle: the sync is a small part of its time, and whoever is answered now prepares the next request while the others are
/// written; else all clients of long writes wait for one another, and the writer for all of them.
const ROWS: u64 = 250;
const ROWS_EACH: u64 = 16;

/// A savepoint makes SQLite copy every page that is changed in it, which costs more than most jobs do. Most jobs that fail do
/// so before they change anything, and nothing has to be undone then; so jobs share the transaction without savepoints until
/// one fails after a change. All of the transaction then runs again, and jobs have savepoints for a while.
struct Writer<'c> {
    link: SqliteLink<'c>,
    jobs: &'c Jobs,
    hub: &'c Hub,
    limit: usize,
    careful: usize,
    commits: Commits,
}

/// What has run in the open transaction.
#[derive(Default)]
struct Batch {
    /// Answered after the commit: even a refusal may rest on what a neighbour did before.
    ran: Vec<Box<dyn Job>>,
    notices: Vec<Notice>,
    /// How many of them changed something that is to be kept.
    kept: u64,
    /// Whether others should not wait for the sync of it.
    is_long: bool,
}

/// The transaction is gone, and with it what the job at hand did.
enum Lost {
    /// The job's own answer says so.
    AsItSays,
    /// The job does not know; this is why.
    Because(StoreError),
}

impl Lost {
    fn tell(self, job: Box<dyn Job>) {
        match self {
            Self::AsItSays => job.answer(),
            Self::Because(error) => job.fail(error),
        }
    }
}

/// What became of the open transaction when a job had run.
enum Transaction {
    /// It holds what is to be kept.
    Sound,
    /// It also holds changes of the job, which failed.
    Tainted,
}

impl Writer<'_> {
    /// Runs `first` and whatever waits; while the disk is busy with what was committed before, also what comes meanwhile.
    fn batch(&mut self, first: Box<dyn Job>) {
        if let Err(error) = self.link.control("BEGIN IMMEDIATE") {
            first.fail(error);
            return;
        }
        let rows = self.link.changes();
        let mut batch = Batch::default();
        let mut waiting = VecDeque::from([first]);
        loop {
            if waiting.is_empty() && batch.ran.len() < self.limit {
                let changed = self.link.changes().wrapping_sub(rows);
                batch.is_long = changed >= ROWS && changed >= ROWS_EACH * batch.ran.len() as u64;
                waiting.extend(self.next(batch.is_long));
            }
            let Some(mut job) = waiting.pop_front() else {
                break;
            };
            match self.run(&mut job, &mut batch) {
                Ok(Transaction::Sound) => batch.ran.push(job),
                Ok(Transaction::Tainted) => {
                    waiting.push_front(job);
                    let ran = std::mem::take(&mut batch).ran;
                    ran.into_iter()
                        .rev()
                        .for_each(|job| waiting.push_front(job));
                    if self.start_over(waiting.len()).is_err() {
                        self.abandon();
                        self.again(waiting);
                        return;
                    }
                }
                Err(lost) => {
                    self.abandon();
                    lost.tell(job);
                    batch.ran.extend(waiting);
                    self.again(batch.ran);
                    return;
                }
            }
        }
        self.commit(batch);
    }

    /// What the open transaction is to run next, if it is not to be committed now.
    fn next(&mut self, is_long: bool) -> Option<Box<dyn Job>> {
        loop {
            let settled = self.commits.are_settled();
            if settled && is_long {
                return None;
            }
            if let Ok((_, job)) = self.jobs.try_recv() {
                return Some(job);
            }
            if settled {
                return None;
            }
            // To commit now would only wait for the disk: what comes meanwhile joins.
            select! {
                recv(self.jobs) -> job => return job.ok().map(|(_, job)| job),
                recv(self.commits.ended()) -> end => match end {
                    Ok(()) => self.commits.one_ended(),
                    Err(_) => return None,
                },
            }
        }
    }

    /// Runs one job in the open transaction. Fails if the transaction did not survive it.
    fn run(&mut self, job: &mut Box<dyn Job>, batch: &mut Batch) -> Result<Transaction, Lost> {
        Counters::count(&self.hub.counters.writes, 1);
        // Nothing to protect yet: the whole transaction serves as the first one's savepoint.
        let alone = batch.kept == 0;
        let guarded = self.careful > 0 && !alone;
        self.careful = self.careful.saturating_sub(1);
        if guarded {
            self.link.control("SAVEPOINT job").map_err(Lost::Because)?;
        }
        let before = self.link.changes();
        let mut tx = Tx::new(&mut self.link);
        let ran = job.run(&mut tx);
        let notices = tx.into_notices();
        if self.link.is_over() {
            return Err(if ran == Ran::Done {
                Lost::Because(StoreError::Poisoned)
            } else {
                Lost::AsItSays
            });
        }
        if ran == Ran::Failed {
            let changed = self.link.changes() != before;
            if changed && !guarded && !alone {
                return Ok(Transaction::Tainted);
            }
            if changed {
                self.undo(alone).map_err(|_| Lost::AsItSays)?;
                return Ok(Transaction::Sound);
            }
        }
        if guarded {
            self.link
                .control("RELEASE SAVEPOINT job")
                .map_err(Lost::Because)?;
        }
        if ran == Ran::Failed {
            return Ok(Transaction::Sound);
        }
        batch.kept += 1;
        for notice in notices {
            Notice::put_after(&mut batch.notices, notice);
        }
        Ok(Transaction::Sound)
    }

    fn undo(&mut self, alone: bool) -> Result<()> {
        if alone {
            self.link.control("ROLLBACK")?;
            self.link.control("BEGIN IMMEDIATE")
        } else {
            self.link.control("ROLLBACK TO SAVEPOINT job")?;
            self.link.control("RELEASE SAVEPOINT job")
        }
    }

    /// Opens a new transaction in which `jobs` jobs will run again, each in a savepoint.
    fn start_over(&mut self, jobs: usize) -> Result<()> {
        Counters::count(&self.hub.counters.retries, jobs as u64);
        self.careful = jobs + CAREFUL;
        self.link.control("ROLLBACK")?;
        self.link.control("BEGIN IMMEDIATE")
    }

    fn commit(&mut self, batch: Batch) {
        let number = self.commits.begin();
        let Err(error) = self.link.control("COMMIT") else {
            let counters = &self.hub.counters;
            Counters::count(&counters.commits, 1);
            counters
                .largest_batch
                .fetch_max(batch.ran.len() as u64, Ordering::Relaxed);
            let Batch {
                ran,
                notices,
                is_long,
                ..
            } = batch;
            let busy = is_long && !self.jobs.is_empty();
            self.commits
                .settle(number, Committed { ran, notices }, busy);
            return;
        };
        tracing::error!(%error, operations = batch.ran.len(), "a commit failed");
        self.abandon();
        if batch.ran.len() > 1 && matches!(error, StoreError::Full | StoreError::Busy) {
            self.again(batch.ran);
            return;
        }
        for job in batch.ran {
            job.fail(commit_error(&error));
        }
    }

    /// Ends the open transaction, if the engine has not done so.
    fn abandon(&mut self) {
        if !self.link.is_over() && self.link.control("ROLLBACK").is_err() {
            tracing::error!("a transaction could not be rolled back");
        }
    }

    /// Runs jobs again, each in a transaction of its own, so that what one meets spares the others.
    fn again(&mut self, jobs: impl IntoIterator<Item = Box<dyn Job>>) {
        for mut job in jobs {
            Counters::count(&self.hub.counters.retries, 1);
            if let Err(error) = self.link.control("BEGIN IMMEDIATE") {
                job.fail(error);
                continue;
            }
            let mut batch = Batch::default();
            // Alone in its transaction, a job that fails is undone at once.
            if let Err(lost) = self.run(&mut job, &mut batch) {
                self.abandon();
                lost.tell(job);
            } else {
                batch.ran.push(job);
                self.commit(batch);
            }
        }
    }
}

/// A failed COMMIT as its operation sees it. Full and busy are certain; after an I/O error the next
/// start may still find the commit in the log.
fn commit_error(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Busy => StoreError::Busy,
        StoreError::ForeignKey => StoreError::ForeignKey,
        _ => StoreError::OutcomeUnknown,
    }
}
