//! How a run's invocation was delivered. Ours.

use crate::http::auth::Can;
use crate::http::auth::permission::ReadRuns;
use crate::http::openapi::DeliveriesReply;
use crate::http::reply::Reply;
use crate::ops::{Failure, runs as ops};
use crate::state::App;
use axum::extract::{Path, State};
use larboard_store::deliveries::{self, AttemptRow, DeliveryRow};
use larboard_store::runs;
use serde_json::{Value, json};

/// Lists the deliveries of a run, oldest first, each with its attempts.
#[utoipa::path(get, path = "/v1/actions/runs/{run}/deliveries", tag = "Runs", params(("run", description = "r_…")),
    responses((status = 200, body = DeliveriesReply)), extensions(("x-larboard-extension" = json!(true))))]
pub async fn list(
    State(app): State<App>,
    _: Can<ReadRuns>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read(move |tx| {
            if runs::find(tx, &id)?.is_none() {
                return Err(ops::not_found(&id).into());
            }
            Ok::<_, Failure>(deliveries::list_of_run(tx, &id)?)
        })
        .await?;
    Ok(Reply::ok("deliveries", &shown(&rows)))
}

/// Deliveries with their attempts, as they are shown.
pub fn shown(rows: &[(DeliveryRow, Vec<AttemptRow>)]) -> Vec<Value> {
    rows.iter()
        .map(|(row, attempts)| delivery(row, attempts))
        .collect()
}

fn delivery(row: &DeliveryRow, attempts: &[AttemptRow]) -> Value {
    let pending = row.state == "PENDING";
    json!({
        "id": row.id,
        "state": row.state,
        "method": row.method,
        "url": row.url,
        "attempts": attempts.iter().map(attempt).collect::<Vec<_>>(),
        "nextAttemptAt": (pending && row.attempts > 0).then_some(row.due_at),
        "triesUntil": row.window_end,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    })
}

fn attempt(row: &AttemptRow) -> Value {
    json!({
        "number": row.number,
        "startedAt": row.started_at,
        "durationMs": row.duration_ms,
        "statusCode": row.status_code,
        "error": row.error,
        "responseExcerpt": row.response_excerpt,
    })
}
