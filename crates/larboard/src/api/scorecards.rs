//! Scorecards (facts/catalog.md 4.1).

use crate::http::auth::Can;
use crate::http::auth::permission::{ReadScorecards, WriteScorecards};
use crate::http::body::Json;
use crate::http::openapi::{
    Done, ScorecardBody, ScorecardOfBlueprintBody, ScorecardPatchBody, ScorecardReply,
    ScorecardsBody, ScorecardsReply,
};
use crate::http::reply::Reply;
use crate::ops::scorecards as ops;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larboard_core::fields::Fields;
use larboard_core::refusal::Refusal;
use larboard_core::scorecard::Scorecard;
use larboard_core::violation::shown;
use larboard_store::scorecards::{self, ScorecardRow};
use serde_json::Value;
use std::collections::HashSet;

fn all(rows: &[ScorecardRow]) -> Result<Reply, Failure> {
    let shown = rows.iter().map(ops::shape).collect::<Outcome<Vec<_>>>()?;
    Ok(Reply::ok("scorecards", &shown))
}

/// Lists the scorecards of all blueprints, oldest first.
#[utoipa::path(get, path = "/v1/scorecards", tag = "Scorecards", responses((status = 200, body = ScorecardsReply)))]
pub async fn list(State(app): State<App>, _: Can<ReadScorecards>) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read_one(|tx| Ok::<_, Failure>(scorecards::list(tx)?))
        .await?;
    all(&rows)
}

/// Makes a scorecard of the blueprint that its body names.
#[utoipa::path(post, path = "/v1/scorecards", tag = "Scorecards", request_body = ScorecardOfBlueprintBody,
    responses((status = 201, body = ScorecardReply)))]
pub async fn create_anywhere(
    State(app): State<App>,
    can: Can<WriteScorecards>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let blueprint = Fields::of(&body, "")?.string("blueprint")?.to_owned();
    made(&app, &can, &blueprint, body).await
}

/// Lists the scorecards of a blueprint, oldest first.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}/scorecards", tag = "Scorecards",
    params(("blueprint", description = "Identifier")), responses((status = 200, body = ScorecardsReply)))]
pub async fn list_of_blueprint(
    State(app): State<App>,
    _: Can<ReadScorecards>,
    Path(blueprint): Path<String>,
) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read(move |tx| {
            crate::ops::blueprints::check_exists(tx, &blueprint)?;
            Ok::<_, Failure>(scorecards::list_of_blueprint(tx, &blueprint)?)
        })
        .await?;
    all(&rows)
}

/// Makes a scorecard of a blueprint.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/scorecards", tag = "Scorecards",
    params(("blueprint", description = "Identifier")), request_body = ScorecardBody,
    responses((status = 201, body = ScorecardReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<WriteScorecards>,
    Path(blueprint): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    made(&app, &can, &blueprint, body).await
}

async fn made(
    app: &App,
    can: &Can<WriteScorecards>,
    blueprint: &str,
    body: Value,
) -> Result<Reply, Failure> {
    let row = ops::create(app, &can.caller, blueprint, Scorecard::parse(body)?).await?;
    Ok(Reply::with(
        StatusCode::CREATED,
        "scorecard",
        &ops::shape(&row)?,
    ))
}

/// Replaces the scorecards of a blueprint by a list.
#[utoipa::path(put, path = "/v1/blueprints/{blueprint}/scorecards", tag = "Scorecards",
    params(("blueprint", description = "Identifier")), request_body = ScorecardsBody,
    responses((status = 200, body = ScorecardsReply)))]
pub async fn replace_all(
    State(app): State<App>,
    can: Can<WriteScorecards>,
    Path(blueprint): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let list = parse_list(body)?;
    all(&ops::replace_all(&app, &can.caller, &blueprint, list).await?)
}

fn parse_list(body: Value) -> Result<Vec<Scorecard>, Refusal> {
    let Value::Array(bodies) = body else {
        return Err(Refusal::invalid_request(format!(
            "The body must be a list of scorecards, but is {}.",
            shown(&body)
        )));
    };
    let mut known = HashSet::new();
    let mut list = Vec::with_capacity(bodies.len());
    for (index, body) in bodies.into_iter().enumerate() {
        let scorecard = Scorecard::parse(body).map_err(|mut refusal| {
            refusal.message = format!("[{index}] {}", refusal.message);
            refusal
        })?;
        if !known.insert(scorecard.identifier().to_owned()) {
            return Err(Refusal::invalid_request(format!(
                "[{index}] identifier: the list has {:?} twice; leave one out",
                scorecard.identifier()
            )));
        }
        list.push(scorecard);
    }
    Ok(list)
}

/// Reads a scorecard.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}/scorecards/{scorecard}", tag = "Scorecards",
    params(("blueprint", description = "Identifier"), ("scorecard", description = "Identifier")),
    responses((status = 200, body = ScorecardReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ReadScorecards>,
    Path((blueprint, identifier)): Path<(String, String)>,
) -> Result<Reply, Failure> {
    let row = app
        .store
        .read(move |tx| ops::get(tx, &blueprint, &identifier))
        .await?;
    Ok(Reply::ok("scorecard", &ops::shape(&row)?))
}

/// Replaces a scorecard; another identifier in the body renames it.
#[utoipa::path(put, path = "/v1/blueprints/{blueprint}/scorecards/{scorecard}", tag = "Scorecards",
    params(("blueprint", description = "Identifier"), ("scorecard", description = "Identifier")),
    request_body = ScorecardBody, responses((status = 200, body = ScorecardReply)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<WriteScorecards>,
    Path((blueprint, identifier)): Path<(String, String)>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let new = Scorecard::parse(body)?;
    let change = move |_: &Scorecard| Ok(new.clone());
    let row = ops::update(&app, &can.caller, &blueprint, &identifier, change).await?;
    Ok(Reply::ok("scorecard", &ops::shape(&row)?))
}

/// Changes the keys of a scorecard that the body names.
#[utoipa::path(patch, path = "/v1/blueprints/{blueprint}/scorecards/{scorecard}", tag = "Scorecards",
    params(("blueprint", description = "Identifier"), ("scorecard", description = "Identifier")),
    request_body = ScorecardPatchBody, responses((status = 200, body = ScorecardReply)))]
pub async fn update(
    State(app): State<App>,
    can: Can<WriteScorecards>,
    Path((blueprint, identifier)): Path<(String, String)>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let change = move |old: &Scorecard| old.patch(body.clone());
    let row = ops::update(&app, &can.caller, &blueprint, &identifier, change).await?;
    Ok(Reply::ok("scorecard", &ops::shape(&row)?))
}

/// Deletes a scorecard.
#[utoipa::path(delete, path = "/v1/blueprints/{blueprint}/scorecards/{scorecard}", tag = "Scorecards",
    params(("blueprint", description = "Identifier"), ("scorecard", description = "Identifier")),
    responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<WriteScorecards>,
    Path((blueprint, identifier)): Path<(String, String)>,
) -> Result<Reply, Failure> {
    ops::delete(&app, &can.caller, &blueprint, &identifier).await?;
    Ok(Reply::done())
}
