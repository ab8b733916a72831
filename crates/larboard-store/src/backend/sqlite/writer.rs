//! The writer thread: runs what waits in one transaction, commits once, then answers everyone.

use super::link::SqliteLink;
use crate::backend::error::{Result, StoreError};
use crate::backend::job::{Job, Mode, Ran};
use crate::backend::notice::Notice;
use crate::backend::store::{Counters, Hub};
use crate::backend::tx::{Link, Tx};
use crossbeam_channel::Receiver;
use rusqlite::Connection;
use std::sync::atomic::Ordering;

type Jobs = Receiver<(Mode, Box<dyn Job>)>;

/// Serves until the queue is closed and empty.
pub(super) fn serve(conn: &Connection, jobs: &Jobs, limit: usize, hub: &Hub) {
    let mut writer = Writer {
        link: SqliteLink::new(conn),
        hub,
        limit,
    };
    while let Ok((_, first)) = jobs.recv() {
        writer.batch(first, jobs);
    }
    // Leaves a small log behind, if no reader holds it. Nothing depends on it.
    if let Err(error) = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the log of the database could not be folded into it");
    }
}

struct Writer<'c> {
    link: SqliteLink<'c>,
    hub: &'c Hub,
    limit: usize,
}

/// What has run in the open transaction.
#[derive(Default)]
struct Batch {
    /// Answered after the commit: even a refusal may rest on what a neighbour did before.
    ran: Vec<Box<dyn Job>>,
    notices: Vec<Notice>,
    /// How many of them changed something that is to be kept.
    kept: u64,
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

impl Writer<'_> {
    /// Runs `first` and whatever waits, without waiting for more.
    fn batch(&mut self, first: Box<dyn Job>, jobs: &Jobs) {
        if let Err(error) = self.link.control("BEGIN IMMEDIATE") {
            first.fail(error);
            return;
        }
        let mut batch = Batch::default();
        let mut next = Some(first);
        while let Some(mut job) = next.take() {
            if let Err(lost) = self.run(&mut job, &mut batch) {
                self.abandon();
                lost.tell(job);
                self.again(batch.ran);
                return;
            }
            batch.ran.push(job);
            if batch.ran.len() < self.limit {
                next = jobs.try_recv().ok().map(|(_, job)| job);
            }
        }
        self.commit(batch);
    }

    /// Runs one job in the open transaction. Fails if the transaction did not survive it.
    fn run(&mut self, job: &mut Box<dyn Job>, batch: &mut Batch) -> Result<(), Lost> {
        Counters::count(&self.hub.counters.writes, 1);
        // Nothing to protect yet: the whole transaction serves as the first one's savepoint.
        let alone = batch.kept == 0;
        if !alone {
            self.link.control("SAVEPOINT job").map_err(Lost::Because)?;
        }
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
            return self.undo(alone).map_err(|_| Lost::AsItSays);
        }
        if !alone {
            self.link
                .control("RELEASE SAVEPOINT job")
                .map_err(Lost::Because)?;
        }
        batch.kept += 1;
        batch.notices.extend(notices);
        Ok(())
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

    fn commit(&mut self, batch: Batch) {
        let Err(error) = self.link.control("COMMIT") else {
            let counters = &self.hub.counters;
            Counters::count(&counters.commits, 1);
            counters
                .largest_batch
                .fetch_max(batch.ran.len() as u64, Ordering::Relaxed);
            self.hub.tell(batch.notices);
            batch.ran.into_iter().for_each(Job::answer);
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
    fn again(&mut self, jobs: Vec<Box<dyn Job>>) {
        for mut job in jobs {
            Counters::count(&self.hub.counters.retries, 1);
            if let Err(error) = self.link.control("BEGIN IMMEDIATE") {
                job.fail(error);
                continue;
            }
            let mut batch = Batch::default();
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
