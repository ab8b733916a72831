//! Executing an action, by today's route and by the legacy ones (facts/actions.md 1.6).

use super::shape::{Version, reply};
use crate::http::auth::Can;
use crate::http::auth::permission::ExecuteActions;
use crate::http::body::Json;
use crate::http::openapi::{AnyRunReply, RunReply, RunRequestBody};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::Failure;
use crate::ops::execute::{Execution, execute};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use larboard_core::refusal::Refusal;
use larboard_core::run::RunRequest;

/// Executes an action.
#[utoipa::path(post, path = "/v1/actions/{action}/runs", tag = "Runs",
    params(("action", description = "Identifier"),
        ("run_as" = Option<String>, Query, description = "E-mail address of the user a machine acts for"),
        ("Idempotency-Key" = Option<String>, Header, description = "Ours: repeating a request with the same key answers with the first run")),
    request_body = RunRequestBody, responses((status = 202, body = RunReply)))]
pub async fn run(
    State(app): State<App>,
    can: Can<ExecuteActions>,
    Path(action): Path<String>,
    query: Query,
    headers: HeaderMap,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let request = RunRequest::parse(&body)?;
    let execution = execution(action, None, request, &query, &headers)?;
    answer(&app, &can, execution, Version::V2).await
}

/// Executes an action of a blueprint.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/actions/{action}/runs", tag = "Runs",
    params(("blueprint", description = "Identifier"), ("action", description = "Identifier"),
        ("run_as" = Option<String>, Query, description = "E-mail address of the user a machine acts for"),
        ("version" = Option<String>, Query, description = "v2 for today's shape")),
    request_body = RunRequestBody, responses((status = 202, body = AnyRunReply)))]
pub async fn run_of_blueprint(
    State(app): State<App>,
    can: Can<ExecuteActions>,
    Path((blueprint, action)): Path<(String, String)>,
    query: Query,
    headers: HeaderMap,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let request = RunRequest::parse(&body)?;
    let execution = execution(action, Some(blueprint), request, &query, &headers)?;
    answer(&app, &can, execution, Version::of(&query)).await
}

/// Executes an action of a blueprint on an entity.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/entities/{entity}/actions/{action}/runs", tag = "Runs",
    params(("blueprint", description = "Identifier"), ("entity", description = "Identifier"), ("action", description = "Identifier"),
        ("run_as" = Option<String>, Query, description = "E-mail address of the user a machine acts for"),
        ("version" = Option<String>, Query, description = "v2 for today's shape")),
    request_body = RunRequestBody, responses((status = 202, body = AnyRunReply)))]
pub async fn run_of_entity(
    State(app): State<App>,
    can: Can<ExecuteActions>,
    Path((blueprint, entity, action)): Path<(String, String, String)>,
    query: Query,
    headers: HeaderMap,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let mut request = RunRequest::parse(&body)?;
    if request
        .entity
        .as_ref()
        .is_some_and(|named| *named != entity)
    {
        return Err(Refusal::invalid_request(
            "\"entity\" names another entity than the path; leave it out.",
        )
        .into());
    }
    request.entity = Some(entity);
    let execution = execution(action, Some(blueprint), request, &query, &headers)?;
    answer(&app, &can, execution, Version::of(&query)).await
}

fn execution(
    action: String,
    blueprint: Option<String>,
    request: RunRequest,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Execution, Refusal> {
    let key = headers
        .get("idempotency-key")
        .map(|value| value.to_str().unwrap_or_default());
    if key.is_some_and(|key| key.is_empty() || key.len() > 255) {
        return Err(Refusal::invalid_request(
            "The header Idempotency-Key must have 1 to 255 visible characters.",
        ));
    }
    Ok(Execution {
        action,
        blueprint,
        request,
        run_as: query.text("run_as").map(str::to_owned),
        idempotency_key: key.map(str::to_owned),
    })
}

async fn answer(
    app: &App,
    can: &Can<ExecuteActions>,
    execution: Execution,
    version: Version,
) -> Result<Reply, Failure> {
    let (run, context) = execute(app, &can.caller, execution).await?;
    Ok(Reply::raw(
        StatusCode::ACCEPTED,
        reply(&run, &context, version),
    ))
}
