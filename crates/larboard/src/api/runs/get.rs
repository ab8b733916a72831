//! Reading one run.

use super::shape::{Version, reply};
use crate::http::auth::Can;
use crate::http::auth::permission::ReadRuns;
use crate::http::openapi::AnyRunReply;
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::{Failure, runs as ops};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;

/// Reads a run.
#[utoipa::path(get, path = "/v1/actions/runs/{run}", tag = "Runs",
    params(("run", description = "r_…"), ("version" = Option<String>, Query, description = "v2 for today's shape")),
    responses((status = 200, body = AnyRunReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ReadRuns>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Reply, Failure> {
    let version = Version::of(&query);
    let body = app
        .store
        .read_one(move |tx| {
            let (run, context) = ops::get(tx, &id)?;
            Ok::<_, Failure>(reply(&run, &context, version))
        })
        .await?;
    Ok(Reply::raw(StatusCode::OK, body))
}
