//! Which integrations have written entities, and giving entities to another one. Finding the entities of one is in `search.rs`.

use crate::http::auth::Can;
use crate::http::auth::permission::{ManageDataSources, ReadEntities};
use crate::http::body::Json;
use crate::http::openapi::{DataSourceWriteBody, DataSourcesReply, Done};
use crate::http::reply::Reply;
use crate::ops::Failure;
use crate::ops::entities::data_sources as ops;
use crate::state::App;
use axum::extract::{Path, State};
use larboard_core::entity::DataSourceWrite;
use serde_json::{Value, json};

/// Lists the integrations that have written entities, with the blueprints of those.
#[utoipa::path(get, path = "/v1/data-sources", tag = "Entities", responses((status = 200, body = DataSourcesReply)))]
pub async fn list(State(app): State<App>, _: Can<ReadEntities>) -> Result<Reply, Failure> {
    let found = app.store.read_one(ops::installations).await?;
    let shown: Vec<Value> = found
        .into_iter()
        .map(|(installation, blueprints)| {
            let named = blueprints
                .into_iter()
                .map(|name| json!({ "identifier": name }));
            json!({
                "context": { "installationId": installation },
                "blueprints": named.collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(Reply::ok("dataSources", &shown))
}

/// Gives up to 100 entities another data source, so that another integration looks after them.
#[utoipa::path(patch, path = "/v1/blueprints/{blueprint}/datasource/bulk", tag = "Entities",
    params(("blueprint", description = "Identifier")),
    request_body = DataSourceWriteBody, responses((status = 200, body = Done)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<ManageDataSources>,
    Path(blueprint): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let write = DataSourceWrite::parse(&body)?;
    ops::replace(&app, &can.caller, &blueprint, write).await?;
    Ok(Reply::done())
}
