//! The handle everything else holds: sends closures to the database threads and awaits answers.

use super::error::{Result, StoreError};
use super::job::{Closure, Job, Mode, Reply};
use super::notice::Notice;
use super::postgres::{self, PostgresOptions};
use super::sqlite::{self, SqliteOptions};
use super::tx::Tx;
use crate::args;
use crossbeam_channel as channel;
use parking_lot::{Mutex, RwLock};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, oneshot};
use tracing::Instrument;

/// How many notices a slow subscriber may be behind before it is told to read everything again.
const NOTICES: usize = 8192;

/// A database and its threads. Clones share them; the last one dropped lets the threads end.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

/// What the handle and the threads of one store have in common.
pub(super) struct Hub {
    pub(super) notices: broadcast::Sender<Notice>,
    pub(super) counters: Counters,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) reads: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) reconnects: AtomicU64,
    pub(super) largest_batch: AtomicU64,
}

/// Queues to the threads. `None` once the store is closed, so that the threads see the end.
pub(super) struct Lines {
    pub(super) write: channel::Sender<(Mode, Box<dyn Job>)>,
    pub(super) read: channel::Sender<(Mode, Box<dyn Job>)>,
    /// Held only so that threads which wait for nothing else see the end.
    pub(super) _open: channel::Sender<()>,
}

struct Shared {
    hub: Arc<Hub>,
    lines: RwLock<Option<Lines>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    sqlite: Option<PathBuf>,
}

/// Counts since the store was opened, and how many operations wait now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreMetrics {
    /// Operations waiting to change something.
    pub write_queue: u64,
    /// Operations waiting to read. On PostgreSQL both wait in one queue, counted as writes.
    pub read_queue: u64,
    /// Transactions committed; fewer than `writes` where commits are grouped.
    pub commits: u64,
    /// Write operations run.
    pub writes: u64,
    /// Read operations run.
    pub reads: u64,
    /// Operations run again after a conflict or a lost connection.
    pub retries: u64,
    /// Connections made after the first ones.
    pub reconnects: u64,
    /// The most operations committed together.
    pub largest_batch: u64,
}

impl Store {
    /// Opens (or creates) a SQLite database. Blocks.
    pub fn open_sqlite(path: &Path, options: SqliteOptions) -> Result<Self> {
        let hub = Hub::new();
        let (lines, threads) = sqlite::open(path, &options, &hub)?;
        Ok(Self::new(hub, lines, threads, Some(path.to_owned())))
    }

    /// Connects to a PostgreSQL database. Blocks until notices are being listened to.
    pub fn open_postgres(url: &str, options: PostgresOptions) -> Result<Self> {
        let hub = Hub::new();
        let (lines, threads) = postgres::open(url, &options, &hub)?;
        Ok(Self::new(hub, lines, threads, None))
    }

    fn new(
        hub: Arc<Hub>,
        lines: Lines,
        threads: Vec<JoinHandle<()>>,
        sqlite: Option<PathBuf>,
    ) -> Self {
        let shared = Shared {
            hub,
            lines: RwLock::new(Some(lines)),
            threads: Mutex::new(threads),
            sqlite,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Runs `f` in a transaction of its own and answers after the commit. If `f` fails, what it did
    /// is undone, and nothing else. `f` may run several times and must have no other effect.
    pub async fn write<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run(Mode::Write, f).await
    }

    /// Runs `f` on a snapshot: all its statements see the same state.
    pub async fn read<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run(Mode::Read, f).await
    }

    /// Runs `f`, a single reading statement, without a transaction, which is cheaper.
    pub async fn read_one<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run(Mode::ReadOne, f).await
    }

    /// [`Store::write`] for threads that may block.
    pub fn write_blocking<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run_blocking(Mode::Write, f)
    }

    /// [`Store::read`] for threads that may block.
    pub fn read_blocking<T, E>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.run_blocking(Mode::Read, f)
    }

    /// Receives every notice committed from now on, by any replica. A receiver that lags behind must
    /// read everything again.
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.shared.hub.notices.subscribe()
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        if self.shared.sqlite.is_some() {
            "sqlite"
        } else {
            "postgres"
        }
    }

    /// The database file, if this is SQLite.
    pub fn sqlite_path(&self) -> Option<&Path> {
        self.shared.sqlite.as_deref()
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<()> {
        self.read_one(|tx| tx.query_one("SELECT 1", &args![]).map(drop))
            .await
    }

    /// Refuses new operations, finishes those that wait, and ends the threads. Blocks.
    pub fn shutdown(&self) {
        drop(self.shared.lines.write().take());
        let threads = std::mem::take(&mut *self.shared.threads.lock());
        for thread in threads {
            drop(thread.join());
        }
    }

    /// What the store is doing.
    pub fn metrics(&self) -> StoreMetrics {
        let (write_queue, read_queue) = match &*self.shared.lines.read() {
            Some(lines) => (lines.write.len() as u64, lines.read.len() as u64),
            None => (0, 0),
        };
        let counters = &self.shared.hub.counters;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StoreMetrics {
            write_queue,
            read_queue: if self.shared.sqlite.is_some() {
                read_queue
            } else {
                0
            },
            commits: count(&counters.commits),
            writes: count(&counters.writes),
            reads: count(&counters.reads),
            retries: count(&counters.retries),
            reconnects: count(&counters.reconnects),
            largest_batch: count(&counters.largest_batch),
        }
    }

    async fn run<T, E, F>(&self, mode: Mode, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        // Off unless traces are exported or debugged; then the closure's type names the operation.
        let span = tracing::debug_span!(
            target: "larboard_store::operation",
            "store",
            mode = ?mode,
            code.function = std::any::type_name::<F>(),
        );
        self.send(mode, Box::new(Closure::new(f, Reply::Task(sender))))?;
        receiver
            .instrument(span)
            .await
            .unwrap_or_else(|_| Err(StoreError::OutcomeUnknown.into()))
    }

    pub(crate) fn run_blocking<T, E, F>(&self, mode: Mode, f: F) -> Result<T, E>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = channel::bounded(1);
        self.send(mode, Box::new(Closure::new(f, Reply::Thread(sender))))?;
        receiver
            .recv()
            .unwrap_or_else(|_| Err(StoreError::OutcomeUnknown.into()))
    }

    fn send(&self, mode: Mode, job: Box<dyn Job>) -> Result<()> {
        let guard = self.shared.lines.read();
        let lines = guard.as_ref().ok_or(StoreError::Closed)?;
        let line = match mode {
            Mode::Write | Mode::Locked => &lines.write,
            Mode::Read | Mode::ReadOne => &lines.read,
        };
        line.try_send((mode, job)).map_err(|error| match error {
            channel::TrySendError::Full(_) => StoreError::Busy,
            channel::TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

impl Hub {
    fn new() -> Arc<Self> {
        let (notices, _) = broadcast::channel(NOTICES);
        Arc::new(Self {
            notices,
            counters: Counters::default(),
        })
    }

    /// Tells the subscribers of this process. That there is none is no error.
    pub(super) fn tell(&self, notices: Vec<Notice>) {
        for notice in notices {
            drop(self.notices.send(notice));
        }
    }
}

impl Counters {
    pub(super) fn count(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }
}
