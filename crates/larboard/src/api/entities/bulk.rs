//! Many entities in one request (facts/catalog.md 2.5).

use super::{options, post_intent};
use crate::caller::Caller;
use crate::http::auth::Can;
use crate::http::auth::permission::WriteEntities;
use crate::http::body::Json;
use crate::http::openapi::{BulkDeleteBody, BulkDeleteReply, BulkReply, EntitiesBody};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::entities::{self as ops, Intent, Item, delete, lookup};
use crate::ops::{Failure, Outcome, permissions};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larboard_core::entity::{EntityWrite, Verb, parse_bulk_delete, parse_bulk_write};
use larboard_core::refusal::Refusal;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Writes up to 20 entities; each is accepted or refused alone.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/entities/bulk", tag = "Entities",
    params(("blueprint", description = "Identifier"),
        ("upsert" = Option<bool>, Query, description = "Change entities that are there"),
        ("merge" = Option<bool>, Query, description = "With upsert: change only what each item names"),
        ("validation_only" = Option<bool>, Query, description = "Check and answer, but write nothing"),
        ("create_missing_related_entities" = Option<bool>, Query, description = "Make related entities that are not there"),
        ("run_id" = Option<String>, Query, description = "The run this write belongs to")),
    request_body = EntitiesBody, responses((status = 200, body = BulkReply), (status = 207, body = BulkReply)))]
pub async fn write(
    State(app): State<App>,
    can: Can<WriteEntities>,
    Path(blueprint): Path<String>,
    query: Query,
    Json(body): Json,
) -> Result<Reply, Failure> {
    permissions::check_any(&app, &can.caller, &blueprint).await?;
    let bodies = parse_bulk_write(body)?;
    let compiled = ops::blueprint(&app, &blueprint).await?;
    let intent = post_intent(&query);
    let mut items = Vec::with_capacity(bodies.len());
    for body in bodies {
        items.push(prepare(&app, &can.caller, &compiled, body, intent.clone()).await?);
    }
    let done = ops::write_all(&app, &can.caller, &blueprint, items, options(&query)).await?;
    reply(done)
}

/// An item ready to be written, or its identifier and why it is refused.
pub(super) async fn prepare(
    app: &App,
    caller: &Caller,
    compiled: &Arc<CompiledBlueprint>,
    mut body: Value,
    intent: Intent,
) -> Outcome<ops::Read> {
    let blueprint = compiled.blueprint.identifier();
    let looked_up = lookup::resolve(app, caller, blueprint, &mut body).await;
    let identifier = body
        .get("identifier")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let parsed = looked_up.and_then(|()| Ok(EntityWrite::parse(body, Verb::Post)?));
    let prepared = match parsed {
        Ok(write) => ops::prepare_current(app, compiled, write, intent).await,
        Err(failure) => Err(failure),
    };
    match prepared {
        Ok(prepared) => Ok(Ok(prepared)),
        Err(Failure::Refused(refusal)) => Ok(Err((identifier, refusal))),
        Err(failure) => Err(failure),
    }
}

/// What is told of a bulk write.
#[derive(Serialize)]
struct Told {
    ok: bool,
    entities: Vec<Accepted>,
    errors: Vec<Value>,
}

/// What is told of an item that was written.
#[derive(Serialize)]
struct Accepted {
    created: bool,
    identifier: String,
    index: usize,
}

fn reply(done: Vec<Item>) -> Outcome<Reply> {
    let (mut entities, mut errors) = (Vec::with_capacity(done.len()), Vec::new());
    for (index, item) in done.into_iter().enumerate() {
        match item {
            Ok(written) => entities.push(Accepted {
                created: written.created,
                identifier: written.entity.identifier,
                index,
            }),
            Err((identifier, failure)) => errors.push(error(index, identifier, failure)),
        }
    }
    let (status, ok) = if errors.is_empty() {
        (StatusCode::OK, true)
    } else {
        (StatusCode::MULTI_STATUS, false)
    };
    let told = Told {
        ok,
        entities,
        errors,
    };
    Ok(Reply::raw(status, serde_json::to_vec(&told)?))
}

fn error(index: usize, identifier: Option<String>, failure: Failure) -> Value {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        other => {
            tracing::error!(?other, "an item of a bulk write failed");
            Refusal::internal()
        }
    };
    json!({
        "identifier": identifier.as_deref().unwrap_or("unknown"),
        "index": index,
        "statusCode": refusal.status(),
        "error": refusal.code.as_str(),
        "message": refusal.message,
    })
}

/// Deletes up to 100 entities, all or none.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/bulk/entities/delete", tag = "Entities",
    params(("blueprint", description = "Identifier"),
        ("delete_dependents" = Option<bool>, Query, description = "Delete the entities that relate to them too"),
        ("run_id" = Option<String>, Query, description = "The run this write belongs to")),
    request_body = BulkDeleteBody, responses((status = 200, body = BulkDeleteReply)))]
pub async fn delete_many(
    State(app): State<App>,
    can: Can<WriteEntities>,
    Path(blueprint): Path<String>,
    query: Query,
    Json(body): Json,
) -> Result<Reply, Failure> {
    permissions::check_any(&app, &can.caller, &blueprint).await?;
    let identifiers = parse_bulk_delete(body)?;
    let with_dependents = query.flag("delete_dependents");
    let deleted = delete::many(
        &app,
        &can.caller,
        &blueprint,
        identifiers,
        with_dependents,
        options(&query),
    )
    .await?;
    Ok(Reply::ok("deletedEntities", &deleted))
}
