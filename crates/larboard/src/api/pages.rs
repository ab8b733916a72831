//! Pages of the portal and their widgets.

use crate::http::auth::Can;
use crate::http::auth::permission::{ManagePages, ReadPages, UpdatePages};
use crate::http::body::Json;
use crate::http::openapi::{Done, PageReply, PagesReply, PermissionsReply, WidgetReply};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::blueprints::Mode;
use crate::ops::{Failure, pages as ops};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::json;

/// Lists the pages the caller may read, oldest first; with `compact`, without widgets.
#[utoipa::path(get, path = "/v1/pages", tag = "Pages",
    params(("compact" = Option<bool>, Query, description = "Leave widgets and filters out")),
    responses((status = 200, body = PagesReply)))]
pub async fn list(
    State(app): State<App>,
    can: Can<ReadPages>,
    query: Query,
) -> Result<Reply, Failure> {
    let compact = query.flag("compact");
    let rows = app.store.read(move |tx| ops::list(tx, &can.caller)).await?;
    let shown: Result<Vec<_>, _> = rows.iter().map(|row| ops::shape(row, compact)).collect();
    Ok(Reply::ok("pages", &shown?))
}

/// Makes a page.
#[utoipa::path(post, path = "/v1/pages", tag = "Pages", request_body = Value, responses((status = 200, body = PageReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<ManagePages>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::create(&app, &can.caller, body).await?;
    let shown = json!({ "identifier": row.identifier, "page": ops::shape(&row, false)? });
    Ok(Reply::spread(StatusCode::OK, &shown))
}

/// Reads a page.
#[utoipa::path(get, path = "/v1/pages/{page}", tag = "Pages", params(("page", description = "Identifier")),
    responses((status = 200, body = PageReply)))]
pub async fn get(
    State(app): State<App>,
    can: Can<ReadPages>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    let row = app
        .store
        .read_one(move |tx| ops::get(tx, &can.caller, &id, "read"))
        .await?;
    Ok(Reply::ok("page", &ops::shape(&row, false)?))
}

/// Replaces a page; another identifier in the body renames it.
#[utoipa::path(put, path = "/v1/pages/{page}", tag = "Pages", params(("page", description = "Identifier")), request_body = Value,
    responses((status = 200, body = PageReply)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<UpdatePages>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::update(&app, &can.caller, &id, body, Mode::Replace).await?;
    Ok(Reply::ok("page", &ops::shape(&row, false)?))
}

/// Changes what the body names of a page.
#[utoipa::path(patch, path = "/v1/pages/{page}", tag = "Pages", params(("page", description = "Identifier")), request_body = Value,
    responses((status = 200, body = PageReply)))]
pub async fn update(
    State(app): State<App>,
    can: Can<UpdatePages>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::update(&app, &can.caller, &id, body, Mode::Merge).await?;
    Ok(Reply::ok("page", &ops::shape(&row, false)?))
}

/// Deletes a page.
#[utoipa::path(delete, path = "/v1/pages/{page}", tag = "Pages", params(("page", description = "Identifier")),
    responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<ManagePages>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    ops::delete(&app, &can.caller, &id).await?;
    Ok(Reply::done())
}

/// Reads who may read and change a page.
#[utoipa::path(get, path = "/v1/pages/{page}/permissions", tag = "Pages", params(("page", description = "Identifier")),
    responses((status = 200, body = PermissionsReply)))]
pub async fn permissions(
    State(app): State<App>,
    can: Can<ManagePages>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    let row = app
        .store
        .read_one(move |tx| ops::get(tx, &can.caller, &id, "read"))
        .await?;
    Ok(Reply::ok("permissions", &ops::permissions(&row)?))
}

/// Changes who may read and change a page: a list in the body replaces that list, the others stay.
#[utoipa::path(patch, path = "/v1/pages/{page}/permissions", tag = "Pages", params(("page", description = "Identifier")),
    request_body = Value, responses((status = 200, body = PermissionsReply)))]
pub async fn set_permissions(
    State(app): State<App>,
    can: Can<ManagePages>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let permissions = ops::set_permissions(&app, &can.caller, &id, body).await?;
    Ok(Reply::ok("permissions", &permissions))
}

/// Adds a widget to a page: the body is the widget, or `{"parentWidgetId", "widget"}`.
#[utoipa::path(post, path = "/v1/pages/{page}/widgets", tag = "Pages", params(("page", description = "Identifier")),
    request_body = Value, responses((status = 200, body = WidgetReply)))]
pub async fn add_widget(
    State(app): State<App>,
    can: Can<UpdatePages>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let fresh = app.ids.token(16);
    let change = ops::change(&app, &can.caller, &id, move |page| {
        let mut page = page.clone();
        let added = page.add_widget(body.clone(), &fresh)?;
        Ok((page, added))
    });
    Ok(Reply::ok("identifier", &change.await?.1))
}

/// Changes what the body names of a widget.
#[utoipa::path(patch, path = "/v1/pages/{page}/widgets/{widget}", tag = "Pages",
    params(("page", description = "Identifier"), ("widget", description = "Its id")), request_body = Value,
    responses((status = 200, body = WidgetReply)))]
pub async fn update_widget(
    State(app): State<App>,
    can: Can<UpdatePages>,
    Path((id, widget)): Path<(String, String)>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let name = widget.clone();
    ops::change(&app, &can.caller, &id, move |page| {
        let mut page = page.clone();
        page.patch_widget(&name, body.clone())?;
        Ok((page, ()))
    })
    .await?;
    Ok(Reply::ok("identifier", &widget))
}

/// Takes a widget off a page.
#[utoipa::path(delete, path = "/v1/pages/{page}/widgets/{widget}", tag = "Pages",
    params(("page", description = "Identifier"), ("widget", description = "Its id")),
    responses((status = 200, body = Done)))]
pub async fn delete_widget(
    State(app): State<App>,
    can: Can<UpdatePages>,
    Path((id, widget)): Path<(String, String)>,
) -> Result<Reply, Failure> {
    ops::change(&app, &can.caller, &id, move |page| {
        let mut page = page.clone();
        page.remove_widget(&widget)?;
        Ok((page, ()))
    })
    .await?;
    Ok(Reply::done())
}
