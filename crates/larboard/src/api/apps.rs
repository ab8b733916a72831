//! Apps: the credentials of machines.

use crate::http::auth::Can;
use crate::http::auth::permission::ManageApps;
use crate::http::body::Json;
use crate::http::openapi::{AppName, AppReply, AppsReply, Done};
use crate::http::reply::Reply;
use crate::ops::{Failure, apps as ops};
use crate::state::App;
use axum::extract::{Path, State};
use larboard_core::fields::Fields;
use larboard_core::refusal::Refusal;
use serde_json::Value;

/// Lists apps, without their secrets.
#[utoipa::path(get, path = "/v1/apps", tag = "Apps", responses((status = 200, body = AppsReply)))]
pub async fn list(State(app): State<App>, _: Can<ManageApps>) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read_one(|tx| Ok::<_, Failure>(larboard_store::apps::list(tx)?))
        .await?;
    Ok(Reply::ok(
        "apps",
        &rows.iter().map(ops::shape).collect::<Vec<_>>(),
    ))
}

/// Makes an app; the reply is the only place its secret is ever shown.
#[utoipa::path(post, path = "/v1/apps", tag = "Apps", request_body = AppName, responses((status = 200, body = AppReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<ManageApps>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let issued = ops::create(&app, &can.caller, &name(&body)?).await?;
    Ok(Reply::ok("app", &ops::shape_issued(&issued)))
}

/// Renames an app.
#[utoipa::path(put, path = "/v1/apps/{id}", tag = "Apps", params(("id", description = "Client id")), request_body = AppName,
    responses((status = 200, body = AppReply)))]
pub async fn rename(
    State(app): State<App>,
    can: Can<ManageApps>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::rename(&app, &can.caller, &id, &name(&body)?).await?;
    Ok(Reply::ok("app", &ops::shape(&row)))
}

/// Deletes an app; its tokens stop working at once.
#[utoipa::path(delete, path = "/v1/apps/{id}", tag = "Apps", params(("id", description = "Client id")), responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<ManageApps>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    ops::delete(&app, &can.caller, &id).await?;
    Ok(Reply::done())
}

/// Gives an app a new secret, shown in this reply alone.
#[utoipa::path(post, path = "/v1/apps/{id}/rotate-secret", tag = "Apps", params(("id", description = "Client id")),
    responses((status = 200, body = AppReply)))]
pub async fn rotate(
    State(app): State<App>,
    can: Can<ManageApps>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    let issued = ops::rotate(&app, &can.caller, &id).await?;
    Ok(Reply::ok("app", &ops::shape_issued(&issued)))
}

fn name(body: &Value) -> Result<String, Refusal> {
    let fields = Fields::of(body, "")?;
    fields.only(&["name"])?;
    let name = fields.string("name")?.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Refusal::invalid_request(
            "\"name\" must have 1 to 100 characters.",
        ));
    }
    Ok(name.to_owned())
}
