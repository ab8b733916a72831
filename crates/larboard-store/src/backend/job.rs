//! A closure on its way to a database thread, and its answer on the way back.

use super::error::StoreError;
use super::tx::Tx;
use crossbeam_channel as channel;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// Which transaction a job wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A change: serializable, retried where the database asks for it.
    Write,
    /// A snapshot.
    Read,
    /// One statement without a transaction.
    ReadOne,
    /// A change that waits for others under a lock, and must see what they did.
    Locked,
}

/// What became of a job's closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// Its changes are to be kept.
    Done,
    /// They are to be rolled back; the answer says why.
    Failed,
}

/// A closure of unknown type. It can be run again as long as it has not been answered.
pub(super) trait Job: Send {
    /// Runs the closure and keeps what it returned. A panic is caught.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Sends what the last run returned.
    fn answer(self: Box<Self>);
    /// Sends an error instead.
    fn fail(self: Box<Self>, error: StoreError);
}

/// Where an answer goes. A caller that has gone away is no error.
pub(super) enum Reply<T> {
    Task(oneshot::Sender<T>),
    Thread(channel::Sender<T>),
}

impl<T> Reply<T> {
    fn send(self, value: T) {
        match self {
            Self::Task(sender) => drop(sender.send(value)),
            Self::Thread(sender) => drop(sender.send(value)),
        }
    }
}

pub(super) struct Closure<F, T, E> {
    body: F,
    result: Option<Result<T, E>>,
    reply: Reply<Result<T, E>>,
}

impl<F, T, E> Closure<F, T, E> {
    pub(super) fn new(body: F, reply: Reply<Result<T, E>>) -> Self {
        Self {
            body,
            result: None,
            reply,
        }
    }
}

impl<F, T, E> Job for Closure<F, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        let body = &mut self.body;
        let result = match catch_unwind(AssertUnwindSafe(|| body(tx))) {
            Ok(Ok(value)) if tx.is_sound() => tx.write_waiting().map(|()| value).map_err(E::from),
            Ok(Ok(_)) => Err(StoreError::Poisoned.into()),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::Panicked.into()),
        };
        let ran = if result.is_ok() {
            Ran::Done
        } else {
            Ran::Failed
        };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>) {
        let result = self
            .result
            .unwrap_or_else(|| Err(StoreError::Closed.into()));
        self.reply.send(result);
    }

    fn fail(self: Box<Self>, error: StoreError) {
        self.reply.send(Err(error.into()));
    }
}
