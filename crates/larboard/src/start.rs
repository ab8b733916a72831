//! Puts the application together and runs it: database, keys, caches, workers, server; and takes it apart in order.

use crate::config::{Config, Database};
use crate::http::auth::token::Tokens;
use crate::http::{observe, serve};
use crate::invoke::{SystemResolver, WebhookClient, WebhookOptions};
use crate::keys::Keys;
use crate::lanes::Lanes;
use crate::live;
use crate::ops::bootstrap::{self, Made};
use crate::ops::catalog_cache::CatalogCache;
use crate::ops::log_pages::LogPages;
use crate::ops::search::Searches;
use crate::ops::sessions::Sessions;
use crate::ops::{Failure, Outcome};
use crate::state::{App, State};
use crate::worker::sweeps::Purpose;
use crate::worker::{Wakers, deliver, migrate, prune, sweeps};
use arc_swap::ArcSwap;
use larboard_core::id::IdSource;
use larboard_core::time::Clock;
use larboard_store::{
    PostgresOptions, SqliteOptions, Store, deliveries, migrations, sweeps as sweep_rows,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::fs::{File, TryLockError};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Why the server does not start, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

impl From<Failure> for StartError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self(refusal.message),
            Failure::Store(error) => Self(format!("the database: {error}")),
            Failure::Internal(text) => Self(text),
        }
    }
}

/// Opens the database of `config`, with its schema up to date.
///
/// # Errors
/// If it cannot be opened, or a newer version of Larboard wrote it.
pub fn open_store(config: &Config) -> Result<Store, StartError> {
    let store = connect(config)?;
    migrate(&store)?;
    Ok(store)
}

/// Brings the schema of a database up to date.
///
/// # Errors
/// If a newer version of Larboard wrote it.
pub fn migrate(store: &Store) -> Result<(), StartError> {
    let migrated = store.migrate().map(drop);
    migrated.map_err(|e| StartError(format!("cannot bring the database up to date: {e}")))
}

/// Opens the database of `config` as it is.
///
/// # Errors
/// If it cannot be opened.
pub fn connect(config: &Config) -> Result<Store, StartError> {
    match &config.database {
        Database::Sqlite => {
            std::fs::create_dir_all(&config.data).map_err(|e| {
                StartError(format!(
                    "cannot make the data directory {}: {e}",
                    config.data.display()
                ))
            })?;
            let options = SqliteOptions {
                queue: config.write_queue,
                ..SqliteOptions::default()
            };
            Store::open_sqlite(&config.data.join("larboard.db"), options)
        }
        Database::Postgres(url) => {
            let options = PostgresOptions {
                threads: config.database_threads,
                queue: config.write_queue,
                ..PostgresOptions::default()
            };
            Store::open_postgres(url, options)
        }
    }
    .map_err(|e| StartError(format!("cannot open the database: {e}")))
}

/// Keeps a second server off the same data directory.
///
/// # Errors
/// If another process holds it.
pub fn lock_data(config: &Config) -> Result<Option<File>, StartError> {
    let Database::Sqlite = config.database else {
        return Ok(None);
    };
    let path = config.data.join("larboard.lock");
    let unusable =
        |e: &dyn std::fmt::Display| StartError(format!("cannot use {}: {e}", path.display()));
    std::fs::create_dir_all(&config.data).map_err(|e| unusable(&e))?;
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|e| unusable(&e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(StartError(format!(
            "another Larboard serves the data directory {}; stop it, or use PostgreSQL for several servers",
            config.data.display()
        ))),
        Err(TryLockError::Error(e)) => Err(unusable(&e)),
    }
}

/// The metrics of this process, installed once.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let buckets = [
                0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
                10.0, 30.0,
            ];
            let recorder = match PrometheusBuilder::new().set_buckets(&buckets) {
                Ok(builder) => builder.build_recorder(),
                Err(_) => PrometheusBuilder::new().build_recorder(),
            };
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("metrics are recorded elsewhere already");
            }
            handle
        })
        .clone()
}

/// What sends webhooks.
///
/// # Errors
/// If the certificates or the proxy for outgoing calls cannot be used.
pub fn webhooks(config: &Config) -> Result<WebhookClient, StartError> {
    WebhookClient::new(WebhookOptions {
        allow: config.webhook_allow.clone(),
        timeout: config.webhook_timeout,
        ca_bundle: config.ca_bundle.clone(),
        proxy: config.egress_proxy.clone(),
        resolver: Arc::new(SystemResolver),
        ..WebhookOptions::default()
    })
    .map_err(|e| StartError(e.to_string()))
}

/// Puts the application together on an open store, and makes what the first start makes.
///
/// # Errors
/// If the keys do not fit the database, or it fails.
pub async fn assemble(
    config: Config,
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
) -> Result<(App, Made), StartError> {
    let keys = Keys::load(&config, ids.clone()).map_err(|e| StartError(e.to_string()))?;
    let name = config.bootstrap.organization_name.clone();
    let directory = bootstrap::organization(&store, &keys, &ids, &name, clock.now()).await?;
    let webhooks = webhooks(&config)?;
    let outbox = deliver::Outbox::new(
        format!("{}-{}", std::process::id(), ids.token(12)),
        config.webhook_concurrency,
        config.webhook_destination_concurrency,
        config.webhook_timeout,
    );
    let stopping = CancellationToken::new();
    let app = App::new(State {
        lanes: Lanes::new(&config, stopping.clone()),
        tokens: Tokens::new(&keys),
        sessions: Sessions::default(),
        directory: ArcSwap::from_pointee(directory),
        directory_reading: tokio::sync::Mutex::default(),
        catalog: CatalogCache::default(),
        search: Searches::new(config.search_memory),
        log_pages: LogPages::default(),
        live: live::Live::default(),
        wakers: Wakers::default(),
        metrics: metrics(),
        stopping,
        outbox,
        webhooks,
        config,
        store,
        clock,
        ids,
        keys,
    });
    let made = bootstrap::accounts(&app).await?;
    Ok((app, made))
}

/// Runs workers and server until the application is told to stop, then finishes what was accepted.
///
/// # Errors
/// If the server cannot listen or the database fails at the start.
pub async fn run(app: App, listener: TcpListener) -> Result<(), StartError> {
    if let Database::Sqlite = app.config.database {
        // This process alone serves the database, so every lease in it is of a process that is gone.
        let released: Outcome<u64> = app
            .store
            .write(|tx| {
                migrations::release(tx, None)?;
                sweep_rows::release(tx, None)?;
                Ok(deliveries::release_all(tx)?)
            })
            .await;
        released?;
    }
    let workers = TaskTracker::new();
    // Subscribed before anything due is looked for, so that no notice falls in between.
    workers.spawn(live::follow(app.clone(), app.store.subscribe()));
    workers.spawn(observe::fold(app.clone()));
    if let Database::Sqlite = app.config.database {
        workers.spawn(live::watch_directory(app.clone()));
    }
    workers.spawn(deliver::run(app.clone()));
    workers.spawn(migrate::run(app.clone()));
    workers.spawn(sweeps::run(app.clone(), Purpose::Results));
    workers.spawn(sweeps::run(app.clone(), Purpose::Values));
    workers.spawn(prune::run(app.clone()));
    workers.spawn(prune::run_feed(app.clone()));
    let grace = app.config.shutdown_grace;
    let served = serve::serve(app.clone(), listener);
    let deadline = async {
        app.stopping.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = served => served.map_err(|e| StartError(format!("the server ended: {e}")))?,
        () = deadline => tracing::warn!("requests still open after the grace were cut off"),
    }
    app.stopping.cancel();
    deliver::drain(&app, grace).await;
    workers.close();
    workers.wait().await;
    let store = app.store.clone();
    let _ = tokio::task::spawn_blocking(move || store.shutdown()).await;
    Ok(())
}
