//! SQLite: one writer thread that commits in groups, reader threads with connections of their own, a thread that syncs the
//! log, and one that copies it into the file.
//!
//! A commit costs a disk flush however much it holds, so whatever waits is committed together. What
//! one closure did can still be undone alone.

mod checkpoint;
mod durable;
mod link;
mod writer;

use super::error::{Result, StoreError};
use super::job::{Job, Mode};
use super::store::{Counters, Hub, Lines};
use super::tx::{Link, Tx};
use crossbeam_channel as channel;
use link::SqliteLink;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How a SQLite database is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Reader threads, each with a connection.
    pub readers: usize,
    /// How many operations may wait for the writer, and as many for the readers.
    pub queue: usize,
    /// The most operations committed together.
    pub batch: usize,
    /// The most pages (of 4096 bytes) the database may have; `None` for no limit but the disk.
    pub max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            queue: 8192,
            batch: 1024,
            max_pages: None,
        }
    }
}

pub(super) fn open(
    path: &Path,
    options: &SqliteOptions,
    hub: &Arc<Hub>,
) -> Result<(Lines, Vec<JoinHandle<()>>)> {
    let (write, write_jobs) = channel::bounded(options.queue.max(1));
    let (read, read_jobs) = channel::bounded(options.queue.max(1));
    let (open, _) = channel::bounded(1);
    // The writer makes the file a WAL database before a reader opens it.
    let mut conn = open_writer(path, options)?;
    let asked = checkpoint::ask_from(&mut conn)?;
    let copier = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let log = durable::Log::open(path, hub).map_err(|error| StoreError::Database(error.into()))?;
    let (commits, reads, syncs) = durable::ends(log);
    let mut threads = Vec::new();
    threads.push(spawn("sqlite-sync", move || durable::serve(&syncs))?);
    threads.push(spawn("sqlite-checkpoint", move || {
        checkpoint::serve(&copier, &asked);
    })?);
    let (shared, batch) = (Arc::clone(hub), options.batch.max(1));
    threads.push(spawn("sqlite-writer", move || {
        writer::serve(&conn, &write_jobs, batch, &shared, commits);
    })?);
    for number in 0..options.readers.max(1) {
        let conn = open_reader(path)?;
        let (jobs, shared, reads) = (read_jobs.clone(), Arc::clone(hub), reads.clone());
        threads.push(spawn(&format!("sqlite-reader-{number}"), move || {
            serve_reads(&conn, &jobs, &shared, &reads);
        })?);
    }
    Ok((
        Lines {
            write,
            read,
            _open: open,
        },
        threads,
    ))
}

fn open_writer(path: &Path, options: &SqliteOptions) -> Result<Connection> {
    let conn = connect(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    conn.pragma_update(None, "journal_mode", "WAL")
        .map_err(link::error)?;
    // A commit is written to the log and not synced by SQLite: `durable` does so before anybody is told. What SQLite still
    // syncs is what copying the log and starting it anew rest on.
    conn.pragma_update(None, "synchronous", "NORMAL")
        .map_err(link::error)?;
    conn.pragma_update(None, "foreign_keys", "ON")
        .map_err(link::error)?;
    if let Some(pages) = options.max_pages {
        conn.pragma_update(None, "max_page_count", pages)
            .map_err(link::error)?;
    }
    Ok(conn)
}

fn open_reader(path: &Path) -> Result<Connection> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "query_only", "ON")
        .map_err(link::error)?;
    Ok(conn)
}

/// Memory for pages of each connection, in KiB, negative as SQLite wants it. What the writer changes should have room in it.
/// But SQLite looks through all of it when it commits after pages were put in order, so that more would cost more than it
/// saves.
const CACHE: i64 = -24_576;

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(link::error)?;
    // First of all, so that every other statement waits for a lock instead of failing.
    conn.busy_timeout(Duration::from_secs(5))
        .map_err(link::error)?;
    conn.pragma_update(None, "cache_size", CACHE)
        .map_err(link::error)?;
    conn.pragma_update(None, "temp_store", "MEMORY")
        .map_err(link::error)?;
    Ok(conn)
}

fn serve_reads(
    conn: &Connection,
    jobs: &channel::Receiver<(Mode, Box<dyn Job>)>,
    hub: &Hub,
    reads: &durable::Reads,
) {
    let mut link = SqliteLink::new(conn);
    for (mode, mut job) in jobs {
        Counters::count(&hub.counters.reads, 1);
        let snapshot = mode == Mode::Read;
        let begun = reads.check().and_then(|()| match snapshot {
            true => link.control("BEGIN"),
            false => Ok(()),
        });
        if let Err(error) = begun {
            job.fail(error);
            continue;
        }
        job.run(&mut Tx::new(&mut link));
        if snapshot && !link.is_over() && link.control("ROLLBACK").is_err() {
            tracing::error!("a snapshot could not be ended");
        }
        reads.answer(job);
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| StoreError::Database(error.into()))
}

impl super::Store {
    /// Copies a SQLite database to a new file at `path`, as it is at one instant, while it serves.
    /// Blocks.
    ///
    /// # Errors
    /// [`StoreError::Data`] if the file exists or this is PostgreSQL, which has tools of its own.
    pub fn backup_to(&self, path: &Path) -> Result<()> {
        let Some(source) = self.sqlite_path() else {
            return Err(StoreError::data(
                "a PostgreSQL database is backed up with pg_dump",
            ));
        };
        if path.exists() {
            return Err(StoreError::data(format!(
                "{} exists already",
                path.display()
            )));
        }
        let copied = copy(source, path);
        if copied.is_err() {
            discard(path);
        }
        copied
    }
}

fn copy(source: &Path, path: &Path) -> Result<()> {
    let from = open_reader(source)?;
    // A copy through SQL leaves out free pages and is one snapshot, whatever is written meanwhile.
    let target = path
        .to_str()
        .ok_or_else(|| StoreError::data("the path is not UTF-8"))?;
    from.pragma_update(None, "query_only", "OFF")
        .map_err(link::error)?;
    from.execute("VACUUM INTO ?1", [target])
        .map_err(link::error)?;
    let written = std::fs::File::open(path).and_then(|file| file.sync_all());
    written.map_err(|error| StoreError::Database(error.into()))
}

fn discard(path: &Path) {
    let path: PathBuf = path.to_owned();
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::debug!(%error, "there is no unfinished backup to remove");
    }
}
