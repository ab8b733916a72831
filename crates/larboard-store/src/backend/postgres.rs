//! PostgreSQL: a pool of threads with a connection each, and one more thread that listens.
//!
//! Writes are SERIALIZABLE and run again when the server asks for it, because read-then-write loses
//! updates under anything weaker.

mod link;
mod listen;
mod session;
mod tls;
mod types;

use super::error::{Result, StoreError};
use super::store::{Hub, Lines};
use crossbeam_channel as channel;
use postgres::config::Config;
use session::Session;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tls::Tls;

/// How a PostgreSQL database is used.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Threads, each with a connection; one more connection listens.
    pub threads: usize,
    /// How many operations may wait for a thread.
    pub queue: usize,
    /// A PEM file with the authorities to trust where the URL asks for TLS; `None` for the system's.
    pub tls_roots: Option<PathBuf>,
    /// How long one attempt to connect may take.
    pub connect_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            threads: 8,
            queue: 8192,
            tls_roots: None,
            connect_timeout: Duration::from_secs(5),
        }
    }
}

/// What it takes to make a connection.
struct Target {
    config: Config,
    tls: Option<Tls>,
}

pub(super) fn open(
    url: &str,
    options: &PostgresOptions,
    hub: &Arc<Hub>,
) -> Result<(Lines, Vec<JoinHandle<()>>)> {
    let target = Arc::new(Target::new(url, options)?);
    let (open, closing) = channel::bounded::<()>(1);
    let (jobs_in, jobs) = channel::bounded(options.queue.max(1));
    let mut threads = Vec::new();

    let (ready_in, ready) = channel::bounded(1);
    let (shared, goal, closed) = (Arc::clone(hub), Arc::clone(&target), closing.clone());
    threads.push(spawn("postgres-listen", move || {
        listen::serve(&goal, &shared, &closed, &ready_in);
    })?);
    ready.recv().unwrap_or(Err(StoreError::Closed))?;

    for number in 0..options.threads.max(1) {
        let mut session = Session::new(number, Arc::clone(&target), Arc::clone(hub));
        let jobs = jobs.clone();
        threads.push(spawn(&format!("postgres-{number}"), move || {
            session.serve(&jobs)
        })?);
    }
    Ok((
        Lines {
            write: jobs_in.clone(),
            read: jobs_in,
            _open: open,
        },
        threads,
    ))
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| StoreError::Database(error.into()))
}

impl Target {
    fn new(url: &str, options: &PostgresOptions) -> Result<Self> {
        let (url, wanted) = tls::split(url);
        let mut config: Config = url.parse().map_err(|error: postgres::Error| {
            StoreError::data(format!("the database URL cannot be read: {error}"))
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(options.connect_timeout);
        }
        config.keepalives_idle(Duration::from_secs(30));
        config.application_name("larboard");
        let tls = tls::configure(&mut config, wanted, options.tls_roots.as_deref())?;
        Ok(Self { config, tls })
    }

    /// Blocks. Must not be called on a thread of an async runtime.
    fn connect(&self) -> Result<postgres::Client> {
        let client = match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(postgres::NoTls),
        };
        client.map_err(|error| StoreError::Unavailable(link::sentence(&error)))
    }
}
