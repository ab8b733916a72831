//! Following a run live. Ours.

use crate::http::auth::Can;
use crate::http::auth::permission::ReadRuns;
use crate::http::query::Query;
use crate::http::stream::EventStream;
use crate::live;
use crate::ops::{Failure, runs as ops};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::HeaderMap;

/// Streams a run: `run` frames with its second shape, `deliveries` frames with all its deliveries and their attempts, `log`
/// frames whose id is the line's number, and an `end` frame that names the last number. `Last-Event-ID` resumes after that
/// line.
#[utoipa::path(get, path = "/v1/actions/runs/{run}/events", tag = "Runs",
    params(("run", description = "r_…"),
        ("after" = Option<i64>, Query, minimum = 0, description = "The last line already seen, for clients that cannot send Last-Event-ID")),
    responses((status = 200, body = String, content_type = "text/event-stream")), extensions(("x-larboard-extension" = json!(true))))]
pub async fn events(
    State(app): State<App>,
    _: Can<ReadRuns>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
) -> Result<EventStream, Failure> {
    let seen = match headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
    {
        Some(seen) => seen,
        None => query.number("after", 0..=i64::MAX / 2, 0)?,
    };
    match live::run::watch(&app, &id, seen).await? {
        Some(frames) => Ok(EventStream::of(frames)),
        None => Err(ops::not_found(&id).into()),
    }
}
