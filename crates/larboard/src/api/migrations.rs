//! Migrations: jobs over all entities of a blueprint, to be begun, polled and cancelled.

use crate::http::auth::Can;
use crate::http::auth::permission::{ManageMigrations, ReadMigrations};
use crate::http::body::{Body, Json};
use crate::http::openapi::{
    CancelBody, MigrationBegunReply, MigrationBody, MigrationReply, MigrationsReply,
};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::{Failure, migrations as ops};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larboard_core::fields::Fields;
use larboard_core::refusal::Code;
use serde_json::json;

/// Begins to delete every entity of a blueprint, and then the blueprint if asked for. The reply names the migration to poll.
#[utoipa::path(delete, path = "/v1/blueprints/{blueprint}/all-entities", tag = "Migrations",
    params(("blueprint", description = "Identifier"),
        ("delete_blueprint" = Option<bool>, Query, description = "Delete the blueprint too"),
        ("run_id" = Option<String>, Query, description = "The run this belongs to")),
    responses((status = 200, body = MigrationBegunReply)))]
pub async fn delete_all_entities(
    State(app): State<App>,
    can: Can<ManageMigrations>,
    Path(blueprint): Path<String>,
    query: Query,
) -> Result<Reply, Failure> {
    let run_id = query.text("run_id").map(str::to_owned);
    let with_blueprint = query.flag("delete_blueprint");
    let row = ops::delete_all(&app, &can.caller, &blueprint, with_blueprint, run_id).await?;
    let shown = json!({ "migrationId": row.id, "migration": ops::shape(&row)? });
    Ok(Reply::spread(StatusCode::OK, &shown))
}

/// Begins to map every entity of a blueprint: what the mapping makes of it is written as by an upsert that merges.
#[utoipa::path(post, path = "/v1/migrations", tag = "Migrations", request_body = MigrationBody,
    responses((status = 200, body = MigrationBegunReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<ManageMigrations>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::create(&app, &can.caller, body).await?;
    let shown = json!({ "migrationId": row.id, "migration": ops::shape(&row)? });
    Ok(Reply::spread(StatusCode::OK, &shown))
}

/// Lists migrations, newest first.
#[utoipa::path(get, path = "/v1/migrations", tag = "Migrations",
    params(("status" = Option<Vec<String>>, Query, description = "Only those in one of these"),
        ("actor" = Option<String>, Query, description = "Only those begun by this user or app"),
        ("blueprint" = Option<String>, Query, description = "Only those over its entities")),
    responses((status = 200, body = MigrationsReply)))]
pub async fn list(
    State(app): State<App>,
    _: Can<ReadMigrations>,
    query: Query,
) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read_one(|tx| Ok::<_, Failure>(larboard_store::migrations::list(tx)?))
        .await?;
    let (statuses, actor, blueprint) = (
        query.list("status"),
        query.text("actor"),
        query.text("blueprint"),
    );
    let shown: Result<Vec<_>, _> = rows
        .iter()
        .filter(|row| statuses.is_empty() || statuses.contains(&row.status))
        .filter(|row| actor.is_none_or(|actor| actor == row.created_by))
        .filter(|row| blueprint.is_none_or(|blueprint| blueprint == row.source_blueprint))
        .map(ops::shape)
        .collect();
    Ok(Reply::ok("migrations", &shown?))
}

/// Reads a migration: its status and counts.
#[utoipa::path(get, path = "/v1/migrations/{migration}", tag = "Migrations", params(("migration", description = "migration_…")),
    responses((status = 200, body = MigrationReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ReadMigrations>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    let row = app.store.read_one(move |tx| ops::get(tx, &id)).await?;
    Ok(Reply::ok("migration", &ops::shape(&row)?))
}

/// Cancels a migration; what it has done stays done.
#[utoipa::path(post, path = "/v1/migrations/{migration}/cancel", tag = "Migrations", params(("migration", description = "migration_…")),
    request_body = CancelBody, responses((status = 200, body = MigrationReply)))]
pub async fn cancel(
    State(app): State<App>,
    can: Can<ManageMigrations>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Reply, Failure> {
    let reason = if body.0.is_empty() {
        None
    } else {
        let body = body.json(Code::InvalidRequest)?;
        let fields = Fields::of(&body, "")?;
        fields.only(&["reason"])?;
        fields.find_string("reason")?.map(str::to_owned)
    };
    let row = ops::cancel(&app, &can.caller, &id, reason).await?;
    Ok(Reply::ok("migration", &ops::shape(&row)?))
}
