//! Actions in the shape of the first API version, below their blueprint (facts/actions.md 2.8).

use crate::http::auth::Can;
use crate::http::auth::permission::{ReadActions, WriteActions};
use crate::http::body::Json;
use crate::http::openapi::{
    AnyActionReply, Done, LegacyActionBody, LegacyActionReply, LegacyActionsBody,
    LegacyActionsReply,
};
use crate::http::reply::Reply;
use crate::ops::actions as ops;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use axum::extract::{Path, State};
use larboard_core::action::Action;
use larboard_store::actions::ActionRow;
use serde_json::Value;

/// An action in its legacy shape, or today's if it has none.
fn shown(row: &ActionRow) -> Outcome<Value> {
    ops::legacy(row)?.map_or_else(|| ops::today(row), Ok)
}

/// Lists the self-service actions of a blueprint.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}/actions", tag = "Actions (legacy)", params(("blueprint", description = "Identifier")),
    responses((status = 200, body = LegacyActionsReply)))]
pub async fn list(
    State(app): State<App>,
    _: Can<ReadActions>,
    Path(blueprint): Path<String>,
) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read(move |tx| {
            crate::ops::blueprints::check_exists(tx, &blueprint)?;
            Ok::<_, Failure>(larboard_store::actions::list_of_blueprint(tx, &blueprint)?)
        })
        .await?;
    let shown = rows
        .iter()
        .filter(|row| row.operation.is_some())
        .map(shown)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::ok("actions", &shown))
}

/// Makes an action of a blueprint.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/actions", tag = "Actions (legacy)", params(("blueprint", description = "Identifier")),
    request_body = LegacyActionBody, responses((status = 200, body = LegacyActionReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<WriteActions>,
    Path(blueprint): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::create(&app, &can.caller, Action::parse_legacy(&blueprint, &body)?).await?;
    Ok(Reply::ok("action", &shown(&row)?))
}

/// Replaces the legacy actions of a blueprint by a list.
#[utoipa::path(put, path = "/v1/blueprints/{blueprint}/actions", tag = "Actions (legacy)", params(("blueprint", description = "Identifier")),
    request_body = LegacyActionsBody, responses((status = 200, body = LegacyActionsReply)))]
pub async fn replace_all(
    State(app): State<App>,
    can: Can<WriteActions>,
    Path(blueprint): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let list = Action::parse_legacy_list(&blueprint, &body)?;
    let rows = ops::replace_legacy(&app, &can.caller, &blueprint, list).await?;
    rows.iter()
        .for_each(|row| app.catalog.forget_action(&row.identifier));
    Ok(Reply::ok(
        "actions",
        &rows.iter().map(shown).collect::<Result<Vec<_>, _>>()?,
    ))
}

/// Reads an action of a blueprint.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}/actions/{action}", tag = "Actions (legacy)",
    params(("blueprint", description = "Identifier"), ("action", description = "Identifier")),
    responses((status = 200, body = AnyActionReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ReadActions>,
    Path((blueprint, id)): Path<(String, String)>,
) -> Result<Reply, Failure> {
    let row = app
        .store
        .read(move |tx| ops::get_of_blueprint(tx, &blueprint, &id))
        .await?;
    Ok(Reply::ok("action", &shown(&row)?))
}

/// Replaces an action of a blueprint.
#[utoipa::path(put, path = "/v1/blueprints/{blueprint}/actions/{action}", tag = "Actions (legacy)",
    params(("blueprint", description = "Identifier"), ("action", description = "Identifier")),
    request_body = LegacyActionBody, responses((status = 200, body = LegacyActionReply)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<WriteActions>,
    Path((blueprint, id)): Path<(String, String)>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let action = Action::parse_legacy(&blueprint, &body)?;
    let (blueprint_, id_) = (blueprint.clone(), id.clone());
    app.store
        .read(move |tx| ops::get_of_blueprint(tx, &blueprint_, &id_))
        .await?;
    let row = ops::replace(&app, &can.caller, &id, action).await?;
    app.catalog.forget_action(&id);
    Ok(Reply::ok("action", &shown(&row)?))
}

/// Deletes an action of a blueprint; its runs stay.
#[utoipa::path(delete, path = "/v1/blueprints/{blueprint}/actions/{action}", tag = "Actions (legacy)",
    params(("blueprint", description = "Identifier"), ("action", description = "Identifier")),
    responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<WriteActions>,
    Path((blueprint, id)): Path<(String, String)>,
) -> Result<Reply, Failure> {
    ops::delete(&app, &can.caller, Some(&blueprint), &id).await?;
    app.catalog.forget_action(&id);
    Ok(Reply::done())
}
