//! Blueprints.

use crate::http::auth::Can;
use crate::http::auth::permission::{ManagePermissions, ReadBlueprints, WriteBlueprints};
use crate::http::body::Json;
use crate::http::openapi::{
    BlueprintReply, BlueprintsReply, Done, MirrorNameBody, PermissionsReply, PropertyNameBody,
    RelationNameBody,
};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::Failure;
use crate::ops::blueprints::{self as ops, Mode};
use crate::ops::permissions as permission_ops;
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larboard_core::blueprint::rename::Renamed;
use serde_json::Value;

/// Lists blueprints, oldest first.
#[utoipa::path(get, path = "/v1/blueprints", tag = "Blueprints", responses((status = 200, body = BlueprintsReply)))]
pub async fn list(State(app): State<App>, _: Can<ReadBlueprints>) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read_one(|tx| Ok::<_, Failure>(larboard_store::blueprints::list(tx)?))
        .await?;
    Ok(Reply::ok(
        "blueprints",
        &rows.iter().map(ops::shape).collect::<Result<Vec<_>, _>>()?,
    ))
}

/// Makes a blueprint.
#[utoipa::path(post, path = "/v1/blueprints", tag = "Blueprints",
    params(("create_catalog_page" = Option<bool>, Query, description = "Make a page that lists its entities, unless `false`")),
    request_body = Value, responses((status = 201, body = BlueprintReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<WriteBlueprints>,
    query: Query,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let with_catalog_page = query.find_flag("create_catalog_page").unwrap_or(true);
    let row = ops::create(&app, &can.caller, body, with_catalog_page).await?;
    Ok(Reply::with(
        StatusCode::CREATED,
        "blueprint",
        &ops::shape(&row)?,
    ))
}

/// Reads a blueprint.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}", tag = "Blueprints", params(("blueprint", description = "Identifier")),
    responses((status = 200, body = BlueprintReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ReadBlueprints>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    let row = app
        .store
        .read_one(move |tx| {
            larboard_store::blueprints::find(tx, &id)?
                .ok_or_else(|| Failure::from(ops::not_found(&id)))
        })
        .await?;
    Ok(Reply::ok("blueprint", &ops::shape(&row)?))
}

/// Reads what a system blueprint comes with, whatever was added to it.
#[utoipa::path(get, path = "/v1/blueprints/system/{blueprint}/structure", tag = "Blueprints",
    params(("blueprint", description = "Such as `_user`")), responses((status = 200, body = BlueprintReply)))]
pub async fn structure(
    State(app): State<App>,
    _: Can<ReadBlueprints>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    let row = app
        .store
        .read_one(move |tx| ops::structure(tx, &id))
        .await?;
    Ok(Reply::ok("blueprint", &row))
}

/// Replaces a blueprint; another identifier in the body renames it.
#[utoipa::path(put, path = "/v1/blueprints/{blueprint}", tag = "Blueprints", params(("blueprint", description = "Identifier")),
    request_body = Value, responses((status = 200, body = BlueprintReply)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<WriteBlueprints>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::update(&app, &can.caller, &id, body, Mode::Replace).await?;
    Ok(Reply::ok("blueprint", &ops::shape(&row)?))
}

/// Changes a blueprint.
#[utoipa::path(patch, path = "/v1/blueprints/{blueprint}", tag = "Blueprints", params(("blueprint", description = "Identifier")),
    request_body = Value, responses((status = 200, body = BlueprintReply)))]
pub async fn update(
    State(app): State<App>,
    can: Can<WriteBlueprints>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::update(&app, &can.caller, &id, body, Mode::Merge).await?;
    Ok(Reply::ok("blueprint", &ops::shape(&row)?))
}

/// Reads who may do what with the entities of a blueprint.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}/permissions", tag = "Blueprints",
    params(("blueprint", description = "Identifier")), responses((status = 200, body = PermissionsReply)))]
pub async fn permissions(
    State(app): State<App>,
    _: Can<ManagePermissions>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    let blueprint = id.clone();
    let permissions = app
        .store
        .read(move |tx| permission_ops::get(tx, &blueprint))
        .await?;
    Ok(Reply::ok("permissions", &permissions.render(&id)))
}

/// Changes who may do what with the entities of a blueprint: a block in the body replaces that block.
#[utoipa::path(patch, path = "/v1/blueprints/{blueprint}/permissions", tag = "Blueprints",
    params(("blueprint", description = "Identifier")), request_body = Value,
    responses((status = 200, body = PermissionsReply)))]
pub async fn set_permissions(
    State(app): State<App>,
    can: Can<ManagePermissions>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let permissions = permission_ops::update(&app, &can.caller, &id, body).await?;
    Ok(Reply::ok("permissions", &permissions))
}

/// Renames a property; values and what names it follow.
#[utoipa::path(patch, path = "/v1/blueprints/{blueprint}/properties/{property}/rename", tag = "Blueprints",
    params(("blueprint", description = "Identifier"), ("property", description = "Its name")),
    request_body = PropertyNameBody, responses((status = 200, body = BlueprintReply)))]
pub async fn rename_property(
    State(app): State<App>,
    can: Can<WriteBlueprints>,
    Path(names): Path<(String, String)>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    rename(&app, &can, names, Renamed::Property, &body).await
}

/// Renames a mirror property; what names it follows.
#[utoipa::path(patch, path = "/v1/blueprints/{blueprint}/mirror/{mirror}/rename", tag = "Blueprints",
    params(("blueprint", description = "Identifier"), ("mirror", description = "Its name")),
    request_body = MirrorNameBody, responses((status = 200, body = BlueprintReply)))]
pub async fn rename_mirror(
    State(app): State<App>,
    can: Can<WriteBlueprints>,
    Path(names): Path<(String, String)>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    rename(&app, &can, names, Renamed::Mirror, &body).await
}

/// Renames a relation; links and what names it follow.
#[utoipa::path(patch, path = "/v1/blueprints/{blueprint}/relations/{relation}/rename", tag = "Blueprints",
    params(("blueprint", description = "Identifier"), ("relation", description = "Its name")),
    request_body = RelationNameBody, responses((status = 200, body = BlueprintReply)))]
pub async fn rename_relation(
    State(app): State<App>,
    can: Can<WriteBlueprints>,
    Path(names): Path<(String, String)>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    rename(&app, &can, names, Renamed::Relation, &body).await
}

async fn rename(
    app: &App,
    can: &Can<WriteBlueprints>,
    (blueprint, from): (String, String),
    kind: Renamed,
    body: &Value,
) -> Result<Reply, Failure> {
    let to = kind.parse(body)?;
    let row = ops::rename::name(app, &can.caller, &blueprint, kind, &from, to).await?;
    Ok(Reply::ok("blueprint", &ops::shape(&row)?))
}

/// Deletes a blueprint without entities.
#[utoipa::path(delete, path = "/v1/blueprints/{blueprint}", tag = "Blueprints",
    params(("blueprint", description = "Identifier"), ("delete_actions" = Option<bool>, Query, description = "Delete its actions too")),
    responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<WriteBlueprints>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Reply, Failure> {
    ops::delete(&app, &can.caller, &id, query.flag("delete_actions")).await?;
    Ok(Reply::done())
}
