//! Secrets for templates; their values are never in a reply.

use crate::http::auth::Can;
use crate::http::auth::permission::ManageSecrets;
use crate::http::body::Json;
use crate::http::openapi::{Done, NewSecretBody, SecretPatchBody, SecretReply, SecretsReply};
use crate::http::reply::Reply;
use crate::ops::Failure;
use crate::ops::secrets::{self as ops, NewSecret, SecretPatch};
use crate::state::App;
use axum::extract::{Path, State};

/// Lists secrets by name.
#[utoipa::path(get, path = "/v1/organization/secrets", tag = "Secrets", responses((status = 200, body = SecretsReply)))]
pub async fn list(State(app): State<App>, _: Can<ManageSecrets>) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read_one(|tx| Ok::<_, Failure>(larboard_store::secrets::list(tx)?))
        .await?;
    Ok(Reply::ok(
        "secrets",
        &rows.iter().map(ops::shape).collect::<Vec<_>>(),
    ))
}

/// Makes a secret.
#[utoipa::path(post, path = "/v1/organization/secrets", tag = "Secrets", request_body = NewSecretBody, responses((status = 200, body = SecretReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<ManageSecrets>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::create(&app, &can.caller, NewSecret::parse(&body)?).await?;
    Ok(Reply::ok("secret", &ops::shape(&row)))
}

/// Reads what may be known of a secret.
#[utoipa::path(get, path = "/v1/organization/secrets/{name}", tag = "Secrets", params(("name", description = "Name")),
    responses((status = 200, body = SecretReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ManageSecrets>,
    Path(name): Path<String>,
) -> Result<Reply, Failure> {
    let row = app
        .store
        .read_one(move |tx| {
            larboard_store::secrets::find(tx, &name)?
                .ok_or_else(|| Failure::from(ops::not_found(&name)))
        })
        .await?;
    Ok(Reply::ok("secret", &ops::shape(&row)))
}

/// Changes a secret's value or description.
#[utoipa::path(patch, path = "/v1/organization/secrets/{name}", tag = "Secrets", params(("name", description = "Name")),
    request_body = SecretPatchBody, responses((status = 200, body = SecretReply)))]
pub async fn update(
    State(app): State<App>,
    can: Can<ManageSecrets>,
    Path(name): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::update(&app, &can.caller, &name, SecretPatch::parse(&body)?).await?;
    Ok(Reply::ok("secret", &ops::shape(&row)))
}

/// Deletes a secret.
#[utoipa::path(delete, path = "/v1/organization/secrets/{name}", tag = "Secrets", params(("name", description = "Name")),
    responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<ManageSecrets>,
    Path(name): Path<String>,
) -> Result<Reply, Failure> {
    ops::delete(&app, &can.caller, &name).await?;
    Ok(Reply::done())
}
