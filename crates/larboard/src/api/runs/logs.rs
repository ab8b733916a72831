//! A run's log (facts/actions.md 1.8).

use super::shape::log;
use crate::http::auth::Can;
use crate::http::auth::permission::{ReadRuns, UpdateRuns};
use crate::http::body::Json;
use crate::http::openapi::{RunLogBody, RunLogReply, RunLogsReply};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::log_pages::Place;
use crate::ops::{Failure, run_logs as ops, runs as run_ops};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;
use larboard_core::run::LogEntry;
use larboard_store::{run_logs, runs};

/// Appends a line, which may end the run.
#[utoipa::path(post, path = "/v1/actions/runs/{run}/logs", tag = "Runs", params(("run", description = "r_…")),
    request_body = RunLogBody, responses((status = 201, body = RunLogReply)))]
pub async fn append(
    State(app): State<App>,
    can: Can<UpdateRuns>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::append(&app, &can.caller, &id, LogEntry::parse(&body)?).await?;
    Ok(Reply::with(StatusCode::CREATED, "runLog", &log(&id, &row)))
}

/// Reads lines, oldest first.
#[utoipa::path(get, path = "/v1/actions/runs/{run}/logs", tag = "Runs",
    params(("run", description = "r_…"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 50, description = "1 to 50, 50 by default"),
        ("offset" = Option<i64>, Query, minimum = 0, description = "Lines to skip")),
    responses((status = 200, body = RunLogsReply)))]
pub async fn list(
    State(app): State<App>,
    _: Can<ReadRuns>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Reply, Failure> {
    read(app, id, query).await
}

/// Reads lines, by the name the walkthrough uses.
#[utoipa::path(get, path = "/v1/actions/runs/{run}/logging", tag = "Runs",
    params(("run", description = "r_…"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 50, description = "1 to 50, 50 by default"),
        ("offset" = Option<i64>, Query, minimum = 0, description = "Lines to skip")),
    responses((status = 200, body = RunLogsReply)))]
pub async fn logging(
    State(app): State<App>,
    _: Can<ReadRuns>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Reply, Failure> {
    read(app, id, query).await
}

async fn read(app: App, id: String, query: Query) -> Result<Reply, Failure> {
    let limit = query.number("limit", 1..=50, 50)?;
    // Lines are numbered from 1 without gaps, so skipping some is starting after that number.
    let offset = query.number("offset", 0..=i64::MAX / 2, 0)?;
    let place = Place {
        run_id: id,
        offset,
        limit,
    };
    if let Some(page) = app.log_pages.get(&place) {
        return Ok(Reply::raw(StatusCode::OK, page));
    }
    let id = place.run_id.clone();
    let (page, is_full) = app
        .store
        .read(move |tx| {
            let rows = run_logs::list_after(tx, &id, offset, limit)?;
            if rows.is_empty() && runs::find(tx, &id)?.is_none() {
                return Err(run_ops::not_found(&id).into());
            }
            let mut body = Vec::with_capacity(32 + rows.len() * 320);
            body.extend_from_slice(br#"{"ok":true,"runLogs":["#);
            for (position, row) in rows.iter().enumerate() {
                if position > 0 {
                    body.push(b',');
                }
                serde_json::to_writer(&mut body, &log(&id, row))?;
            }
            body.extend_from_slice(b"]}");
            Ok::<_, Failure>((
                Bytes::from(body.into_boxed_slice()),
                rows.len() as i64 == limit,
            ))
        })
        .await?;
    if is_full {
        app.log_pages.keep(place, page.clone());
    }
    Ok(Reply::raw(StatusCode::OK, page))
}
