//! Deciding on a run that waits for approval (facts/actions.md 1.11). Runs do not wait yet: an action that requires
//! approval is stored and its execution refused, so every decision is refused too, with the reason.

use crate::http::auth::Can;
use crate::http::auth::permission::ExecuteActions;
use crate::http::body::Json;
use crate::http::openapi::{AnyRunReply, ApprovalBody};
use crate::http::reply::Reply;
use crate::ops::{Failure, runs as ops};
use crate::state::App;
use axum::extract::{Path, State};
use larboard_core::fields::Fields;

/// Approves or declines a run that waits for it.
#[utoipa::path(patch, path = "/v1/actions/runs/{run}/approval", tag = "Runs", params(("run", description = "r_…")),
    request_body = ApprovalBody, responses((status = 201, body = AnyRunReply)))]
pub async fn decide(
    State(app): State<App>,
    _: Can<ExecuteActions>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let fields = Fields::of(&body, "")?;
    fields.only(&["status", "description"])?;
    fields.one_of("status", &["APPROVE", "DECLINE"])?;
    fields.find_string("description")?;
    let (run, _) = app.store.read(move |tx| ops::get(tx, &id)).await?;
    Err(run.refuse_approval().into())
}
