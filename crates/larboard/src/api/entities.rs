//! Entities: one at a time here, many in `bulk.rs`, reading in `read.rs`, finding in `search.rs`.

pub mod aggregate;
pub mod bulk;
pub mod data_sources;
pub mod ndjson;
pub mod read;
pub mod search;

use crate::http::auth::Can;
use crate::http::auth::permission::WriteEntities;
use crate::http::body::{Body, Json};
use crate::http::openapi::{Done, EntityBody, EntityPatchBody, EntityReply};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::entities::{self as ops, Intent, Options, Written, delete, lookup};
use crate::ops::{Failure, permissions};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larboard_core::entity::{EntityWrite, Verb, View};
use larboard_core::refusal::Code;

/// What the query of a write says.
fn options(query: &Query) -> Options {
    Options {
        validation_only: query.flag("validation_only"),
        create_missing: query.flag("create_missing_related_entities"),
        run_id: query.text("run_id").map(str::to_owned),
    }
}

/// What a POST does about an entity that is there: `merge` needs `upsert` (facts/catalog.md 2.3).
fn post_intent(query: &Query) -> Intent {
    match (query.flag("upsert"), query.flag("merge")) {
        (true, true) => Intent::Merge,
        (true, false) => Intent::Override,
        (false, _) => Intent::Create,
    }
}

/// A reply with an entity as it was written.
fn shown(status: StatusCode, written: &Written) -> Reply {
    let view = View {
        exclude_calculated: true,
        ..View::default()
    };
    let entity = view.of(&written.entity, &written.compiled.schema);
    Reply::with(status, "entity", &entity)
}

/// Makes an entity, or changes it with `upsert=true`.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/entities", tag = "Entities",
    params(("blueprint", description = "Identifier"),
        ("upsert" = Option<bool>, Query, description = "Change the entity if it is there"),
        ("merge" = Option<bool>, Query, description = "With upsert: change only what the body names"),
        ("validation_only" = Option<bool>, Query, description = "Check and answer, but write nothing"),
        ("create_missing_related_entities" = Option<bool>, Query, description = "Make related entities that are not there"),
        ("run_id" = Option<String>, Query, description = "The run this write belongs to")),
    request_body = EntityBody, responses((status = 201, body = EntityReply), (status = 200, body = EntityReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<WriteEntities>,
    Path(blueprint): Path<String>,
    query: Query,
    body: Body,
) -> Result<Reply, Failure> {
    permissions::check_any(&app, &can.caller, &blueprint).await?;
    let mut body = body.json(Code::BadRequest)?;
    lookup::resolve(&app, &can.caller, &blueprint, &mut body).await?;
    let write = EntityWrite::parse(body, Verb::Post)?;
    let compiled = ops::blueprint(&app, &blueprint).await?;
    let (intent, options) = (post_intent(&query), options(&query));
    let written = ops::apply(&app, &can.caller, &compiled, write, intent, options).await?;
    let status = if written.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(shown(status, &written))
}

/// Replaces an entity; another identifier in the body renames it.
#[utoipa::path(put, path = "/v1/blueprints/{blueprint}/entities/{entity}", tag = "Entities",
    params(("blueprint", description = "Identifier"), ("entity", description = "Identifier"),
        ("create_missing_related_entities" = Option<bool>, Query, description = "Make related entities that are not there"),
        ("run_id" = Option<String>, Query, description = "The run this write belongs to")),
    request_body = EntityBody, responses((status = 200, body = EntityReply)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<WriteEntities>,
    Path((blueprint, entity)): Path<(String, String)>,
    query: Query,
    Json(mut body): Json,
) -> Result<Reply, Failure> {
    permissions::check_any(&app, &can.caller, &blueprint).await?;
    lookup::resolve(&app, &can.caller, &blueprint, &mut body).await?;
    let write = EntityWrite::parse(body, Verb::Put)?;
    change(
        &app,
        &can,
        &blueprint,
        write,
        Intent::Replace(entity),
        &query,
    )
    .await
}

/// Changes what the body names of an entity.
#[utoipa::path(patch, path = "/v1/blueprints/{blueprint}/entities/{entity}", tag = "Entities",
    params(("blueprint", description = "Identifier"), ("entity", description = "Identifier"),
        ("create_missing_related_entities" = Option<bool>, Query, description = "Make related entities that are not there"),
        ("run_id" = Option<String>, Query, description = "The run this write belongs to")),
    request_body = EntityPatchBody, responses((status = 200, body = EntityReply)))]
pub async fn update(
    State(app): State<App>,
    can: Can<WriteEntities>,
    Path((blueprint, entity)): Path<(String, String)>,
    query: Query,
    Json(mut body): Json,
) -> Result<Reply, Failure> {
    permissions::check_any(&app, &can.caller, &blueprint).await?;
    lookup::resolve(&app, &can.caller, &blueprint, &mut body).await?;
    let write = EntityWrite::parse(body, Verb::Patch)?;
    change(&app, &can, &blueprint, write, Intent::Patch(entity), &query).await
}

async fn change(
    app: &App,
    can: &Can<WriteEntities>,
    blueprint: &str,
    write: EntityWrite,
    intent: Intent,
    query: &Query,
) -> Result<Reply, Failure> {
    let compiled = ops::blueprint(app, blueprint).await?;
    let options = options(query);
    let written = ops::apply(app, &can.caller, &compiled, write, intent, options).await?;
    Ok(shown(StatusCode::OK, &written))
}

/// Deletes an entity.
#[utoipa::path(delete, path = "/v1/blueprints/{blueprint}/entities/{entity}", tag = "Entities",
    params(("blueprint", description = "Identifier"), ("entity", description = "Identifier"),
        ("delete_dependents" = Option<bool>, Query, description = "Delete the entities that relate to it too"),
        ("run_id" = Option<String>, Query, description = "The run this write belongs to")),
    responses((status = 200, body = Done)))]
pub async fn delete_one(
    State(app): State<App>,
    can: Can<WriteEntities>,
    Path((blueprint, entity)): Path<(String, String)>,
    query: Query,
) -> Result<Reply, Failure> {
    permissions::check_any(&app, &can.caller, &blueprint).await?;
    let with_dependents = query.flag("delete_dependents");
    delete::one(
        &app,
        &can.caller,
        &blueprint,
        &entity,
        with_dependents,
        options(&query),
    )
    .await?;
    Ok(Reply::done())
}
