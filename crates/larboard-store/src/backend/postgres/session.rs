//! One thread of the pool: runs one job at a time on its connection, again where that is safe.

use super::Target;
use super::link::{PostgresLink, Trouble};
use crate::backend::error::{Result, StoreError};
use crate::backend::job::{Job, Mode, Ran};
use crate::backend::notice::Notice;
use crate::backend::store::{Counters, Hub};
use crate::backend::tx::{Link, Tx};
use crossbeam_channel::{Receiver, after};
use std::sync::Arc;
use std::time::Duration;

/// The channel of all notices; a payload is one or more lines.
pub(super) const CHANNEL: &str = "larboard";
/// PostgreSQL refuses payloads of 8000 bytes and more.
const PAYLOAD: usize = 7000;
/// After so many conflicts in a row the caller is told.
const CONFLICTS: u32 = 60;
/// After so many failures to reach the server the caller is told.
const LOSSES: u32 = 5;

pub(super) struct Session {
    target: Arc<Target>,
    hub: Arc<Hub>,
    link: Option<PostgresLink>,
    connected_before: bool,
    /// Spreads the retries of threads that met each other; needs no real randomness.
    jitter: u64,
}

/// How an attempt ended.
enum Attempt {
    /// The job holds its answer.
    Answered,
    /// The job gets this answer.
    Failed(StoreError),
    /// Nothing was kept, and trying again may help. The answer if there is no further attempt.
    Again(StoreError),
}

impl Session {
    pub(super) fn new(number: usize, target: Arc<Target>, hub: Arc<Hub>) -> Self {
        let jitter = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self {
            target,
            hub,
            link: None,
            connected_before: false,
            jitter,
        }
    }

    /// Serves until the queue is closed and empty.
    pub(super) fn serve(&mut self, jobs: &Receiver<(Mode, Box<dyn Job>)>) {
        for (mode, job) in jobs {
            let counters = &self.hub.counters;
            match mode {
                Mode::Write | Mode::Locked => Counters::count(&counters.writes, 1),
                Mode::Read | Mode::ReadOne => Counters::count(&counters.reads, 1),
            }
            self.work(mode, job);
        }
    }

    fn work(&mut self, mode: Mode, mut job: Box<dyn Job>) {
        let (mut conflicts, mut losses) = (0, 0);
        loop {
            match self.attempt(mode, job.as_mut()) {
                Attempt::Answered => return job.answer(),
                Attempt::Failed(error) => return job.fail(error),
                Attempt::Again(error) => {
                    let conflict = matches!(error, StoreError::Conflict);
                    let (count, limit) = if conflict {
                        (&mut conflicts, CONFLICTS)
                    } else {
                        (&mut losses, LOSSES)
                    };
                    *count += 1;
                    if *count >= limit {
                        return job.fail(error);
                    }
                    let round = *count;
                    Counters::count(&self.hub.counters.retries, 1);
                    self.pause(if conflict { 1 } else { 50 }, round);
                }
            }
        }
    }

    fn attempt(&mut self, mode: Mode, job: &mut dyn Job) -> Attempt {
        let mut link = match self.link.take().map_or_else(|| self.connect(), Ok) {
            Ok(link) => link,
            Err(error) => return Attempt::Again(error),
        };
        link.forget_trouble();
        let attempt = run(&mut link, mode, job, &self.hub);
        if link.trouble() != Trouble::Lost {
            self.link = Some(link);
        }
        attempt
    }

    fn connect(&mut self) -> Result<PostgresLink> {
        let link = PostgresLink::new(self.target.connect()?);
        if std::mem::replace(&mut self.connected_before, true) {
            Counters::count(&self.hub.counters.reconnects, 1);
        }
        Ok(link)
    }

    /// Waits up to `base` milliseconds doubled with every round, at most 64 times `base`.
    fn pause(&mut self, base: u64, round: u32) {
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        let most = base * 1000 * (1 << round.min(6));
        let pause = Duration::from_micros(most / 4 + self.jitter % most);
        // A channel that fires after the pause: the thread has nothing else to wait for.
        let _instant = after(pause).recv();
    }
}

fn run(link: &mut PostgresLink, mode: Mode, job: &mut dyn Job, hub: &Hub) -> Attempt {
    let begin = match mode {
        Mode::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Mode::Locked => "BEGIN ISOLATION LEVEL READ COMMITTED",
        Mode::ReadOne => "",
    };
    if !begin.is_empty()
        && let Err(error) = link.script(begin)
    {
        return unless_lost(link, error);
    }
    let mut tx = Tx::new(link);
    let ran = job.run(&mut tx);
    let notices = tx.into_notices();
    match (link.trouble(), ran, mode) {
        (Trouble::Lost, _, _) => Attempt::Again(StoreError::Unavailable(
            "the connection was lost".to_owned(),
        )),
        (Trouble::Conflict, _, Mode::ReadOne) => Attempt::Again(StoreError::Conflict),
        (Trouble::Conflict, _, _) => match link.script("ROLLBACK") {
            Ok(()) => Attempt::Again(StoreError::Conflict),
            Err(error) => unless_lost(link, error),
        },
        (Trouble::None, _, Mode::ReadOne) => Attempt::Answered,
        (Trouble::None, Ran::Failed, _) | (Trouble::None, _, Mode::Read) => {
            // A connection that fails here is replaced before the next job; the answer stands.
            if link.script("ROLLBACK").is_err() {
                tracing::warn!("a transaction could not be rolled back, its connection is dropped");
            }
            Attempt::Answered
        }
        (Trouble::None, Ran::Done, _) => match link.commit(&commit(&notices)) {
            Ok(()) => {
                Counters::count(&hub.counters.commits, 1);
                Attempt::Answered
            }
            Err(StoreError::Conflict) => match link.script("ROLLBACK") {
                Ok(()) => Attempt::Again(StoreError::Conflict),
                Err(error) => unless_lost(link, error),
            },
            Err(error) => {
                drop(link.script("ROLLBACK"));
                Attempt::Failed(error)
            }
        },
    }
}

fn unless_lost(link: &PostgresLink, error: StoreError) -> Attempt {
    match link.trouble() {
        Trouble::Lost => Attempt::Again(error),
        _ => Attempt::Failed(error),
    }
}

/// One message to the server: the notices, sent only if the commit after them succeeds.
fn commit(notices: &[Notice]) -> String {
    let mut payloads: Vec<String> = Vec::new();
    for notice in notices {
        let line = notice.encode();
        match payloads.last_mut() {
            Some(payload) if payload.len() + line.len() < PAYLOAD => {
                payload.push('\n');
                payload.push_str(&line);
            }
            _ => payloads.push(line),
        }
    }
    let mut sql = String::new();
    for payload in payloads {
        // With the prefix E the meaning does not depend on the server's settings.
        let literal = payload.replace('\\', "\\\\").replace('\'', "\\'");
        sql.push_str(&format!("SELECT pg_notify('{CHANNEL}', E'{literal}'); "));
    }
    sql.push_str("COMMIT");
    sql
}
