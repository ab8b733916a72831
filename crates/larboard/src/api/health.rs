//! Whether the server lives, whether it can serve, and what it counts.

use crate::http::reply::Reply;
use crate::ops::Failure;
use crate::state::App;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use larboard_core::refusal::{Code, Refusal};

/// The process runs.
#[utoipa::path(get, path = "/health/live", tag = "Health", security(()), responses((status = 200, body = crate::http::openapi::Done)))]
pub async fn live() -> Reply {
    Reply::done()
}

/// The database answers and the server is not stopping.
#[utoipa::path(get, path = "/health/ready", tag = "Health", security(()), responses((status = 200, body = crate::http::openapi::Done)))]
pub async fn ready(State(app): State<App>) -> Result<Reply, Failure> {
    if app.stopping.is_cancelled() {
        return Err(Refusal::new(Code::Overloaded, "The server is stopping.").into());
    }
    app.store.ping().await.map_err(|error| {
        tracing::warn!(%error, "the database does not answer");
        Refusal::new(Code::Overloaded, "The database does not answer.")
    })?;
    Ok(Reply::done())
}

/// Counters and gauges in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "Health", security(()), responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics(State(app): State<App>) -> Response {
    let store = app.store.metrics();
    metrics::gauge!("larboard_store_write_queue").set(store.write_queue as f64);
    metrics::gauge!("larboard_store_read_queue").set(store.read_queue as f64);
    metrics::counter!("larboard_store_commits_total").absolute(store.commits);
    metrics::counter!("larboard_store_writes_total").absolute(store.writes);
    metrics::counter!("larboard_store_retries_total").absolute(store.retries);
    metrics::gauge!("larboard_deliveries_in_flight").set(app.outbox.in_flight() as f64);
    metrics::gauge!("larboard_live_watchers").set(app.live.watchers() as f64);
    (
        StatusCode::OK,
        [(CONTENT_TYPE, "text/plain; version=0.0.4")],
        app.metrics.render(),
    )
        .into_response()
}
