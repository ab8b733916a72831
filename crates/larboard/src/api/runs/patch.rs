//! Reporting on a run (facts/actions.md 1.7).

use super::shape::{Version, reply};
use crate::http::auth::Can;
use crate::http::auth::permission::UpdateRuns;
use crate::http::body::Json;
use crate::http::openapi::{AnyRunReply, RunPatchBody};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::{Failure, runs as ops};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larboard_core::run::RunPatch;

/// Changes what the body names of a run that has not ended.
#[utoipa::path(patch, path = "/v1/actions/runs/{run}", tag = "Runs",
    params(("run", description = "r_…"), ("version" = Option<String>, Query, description = "v2 for today's shape")),
    request_body = RunPatchBody, responses((status = 200, body = AnyRunReply)))]
pub async fn patch(
    State(app): State<App>,
    can: Can<UpdateRuns>,
    Path(id): Path<String>,
    query: Query,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let (run, context) = ops::patch(&app, &can.caller, &id, RunPatch::parse(&body)?).await?;
    Ok(Reply::raw(
        StatusCode::OK,
        reply(&run, &context, Version::of(&query)),
    ))
}
