//! A backend that receives webhooks, remembers them, and can hold its answers back.

use crate::PATIENCE;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Webhooks received so far, by run.
type Hooks = HashMap<String, Vec<String>>;

/// A listening backend; it outlives the servers of a test.
#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    hooks: Mutex<Hooks>,
    received: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

impl Sink {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            hooks: Mutex::default(),
            received: watch::Sender::new(0),
            open: watch::Sender::new(true),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// Receives and remembers, but answers nobody until [`Sink::answer`].
    pub(crate) fn hold(&self) {
        self.shared.open.send_replace(false);
    }

    /// Answers everyone who waits, and from now on at once.
    pub(crate) fn answer(&self) {
        self.shared.open.send_replace(true);
    }

    /// How many webhooks have come, repeats counted.
    pub(crate) fn count(&self) -> usize {
        *self.shared.received.borrow()
    }

    /// How many webhooks have come for `run`.
    pub(crate) fn count_of(&self, run: &str) -> usize {
        self.shared.hooks.lock().get(run).map_or(0, Vec::len)
    }

    /// Waits until `more` webhooks have come from now on.
    pub(crate) async fn grows(&self, more: usize) {
        let mut received = self.shared.received.subscribe();
        let enough = *received.borrow() + more;
        let grown = received.wait_for(|count| *count >= enough);
        let in_time = tokio::time::timeout(PATIENCE, grown).await.is_ok();
        assert!(in_time, "{} webhooks came, not {enough}", self.count());
    }

    /// Waits until `count` webhooks have come for `run`.
    pub(crate) async fn has(&self, run: &str, count: usize) {
        let mut received = self.shared.received.subscribe();
        let all = received.wait_for(|_| self.count_of(run) >= count);
        let in_time = tokio::time::timeout(PATIENCE, all).await.is_ok();
        assert!(
            in_time,
            "{} of {count} webhooks of {run}",
            self.count_of(run)
        );
    }

    /// Waits until a webhook has come for each of `runs`.
    pub(crate) async fn has_all(&self, runs: &[String]) {
        let mut received = self.shared.received.subscribe();
        let missing = || {
            let hooks = self.shared.hooks.lock();
            runs.iter().filter(|run| !hooks.contains_key(*run)).count()
        };
        let all = async {
            while missing() > 0 {
                received.changed().await.expect("the sink lives");
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, all).await.is_ok();
        assert!(
            in_time,
            "{} of {} webhooks never came",
            missing(),
            runs.len()
        );
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let delivery = headers
        .get("x-larboard-delivery")
        .and_then(|id| id.to_str().ok());
    let (Some(run), Some(delivery)) = (body["runId"].as_str(), delivery) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut open = shared.open.subscribe();
    shared
        .hooks
        .lock()
        .entry(run.to_owned())
        .or_default()
        .push(delivery.to_owned());
    shared.received.send_modify(|count| *count += 1);
    match open.wait_for(|open| *open).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
