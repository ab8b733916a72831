//! What every handler and worker shares: the store, the clock, the keys, the caches, the live streams.

use crate::config::Config;
use crate::directory::Directory;
use crate::http::auth::token::Tokens;
use crate::invoke::WebhookClient;
use crate::keys::Keys;
use crate::lanes::Lanes;
use crate::live::Live;
use crate::ops::catalog_cache::CatalogCache;
use crate::ops::log_pages::LogPages;
use crate::ops::search::Searches;
use crate::ops::sessions::Sessions;
use crate::worker::Wakers;
use crate::worker::deliver::Outbox;
use arc_swap::ArcSwap;
use larboard_core::id::IdSource;
use larboard_core::time::{Clock, Timestamp};
use larboard_store::Store;
use metrics_exporter_prometheus::PrometheusHandle;
use std::ops::Deref;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A handle on the application, cheap to clone.
#[derive(Clone)]
pub struct App(Arc<State>);

impl App {
    /// Wraps the parts into a handle.
    pub fn new(state: State) -> Self {
        Self(Arc::new(state))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

/// The parts of the application.
pub struct State {
    /// The settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub ids: Arc<dyn IdSource>,
    /// Keys derived from the master key.
    pub keys: Keys,
    /// Access tokens.
    pub tokens: Tokens,
    /// Sessions of the portal.
    pub sessions: Sessions,
    /// Who may sign in, as of the last change.
    pub directory: ArcSwap<Directory>,
    /// Held while the directory is read again.
    pub directory_reading: tokio::sync::Mutex<()>,
    /// Compiled blueprints and actions by revision.
    pub catalog: CatalogCache,
    /// Where user-written expressions are evaluated.
    pub lanes: Lanes,
    /// The catalog's columns for searches.
    pub search: Searches,
    /// Pages of logs that were read lately.
    pub log_pages: LogPages,
    /// Live streams.
    pub live: Live,
    /// Wakes the workers.
    pub wakers: Wakers,
    /// Deliveries on their way.
    pub outbox: Outbox,
    /// Sends webhooks.
    pub webhooks: WebhookClient,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// Set once the server is to stop.
    pub stopping: CancellationToken,
}
