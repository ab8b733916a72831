//! The sidebar and its folders.

use crate::http::auth::Can;
use crate::http::auth::permission::{ManagePages, ReadPages};
use crate::http::body::Json;
use crate::http::openapi::{Done, FolderReply, SidebarReply};
use crate::http::reply::Reply;
use crate::ops::{Failure, sidebar as ops};
use crate::state::App;
use axum::extract::{Path, State};

/// Reads the sidebar: its folders, and the pages that the caller may read, in order.
#[utoipa::path(get, path = "/v1/sidebars/{sidebar}", tag = "Pages", params(("sidebar", description = "`catalog`")),
    responses((status = 200, body = SidebarReply)))]
pub async fn get(
    State(app): State<App>,
    can: Can<ReadPages>,
    Path(sidebar): Path<String>,
) -> Result<Reply, Failure> {
    ops::check_exists(&sidebar)?;
    let shown = app
        .store
        .read(move |tx| ops::shape(tx, &can.caller))
        .await?;
    Ok(Reply::ok("sidebar", &shown))
}

/// Makes a folder.
#[utoipa::path(post, path = "/v1/sidebars/{sidebar}/folders", tag = "Pages", params(("sidebar", description = "`catalog`")),
    request_body = Value, responses((status = 200, body = FolderReply)))]
pub async fn create_folder(
    State(app): State<App>,
    can: Can<ManagePages>,
    Path(sidebar): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    ops::check_exists(&sidebar)?;
    let folder = ops::create_folder(&app, &can.caller, body).await?;
    Ok(Reply::ok("folder", &folder.render()))
}

/// Changes what the body names of a folder; `null` takes it out of its parent or place.
#[utoipa::path(patch, path = "/v1/sidebars/{sidebar}/folders/{folder}", tag = "Pages",
    params(("sidebar", description = "`catalog`"), ("folder", description = "Identifier")), request_body = Value,
    responses((status = 200, body = FolderReply)))]
pub async fn update_folder(
    State(app): State<App>,
    can: Can<ManagePages>,
    Path((sidebar, id)): Path<(String, String)>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    ops::check_exists(&sidebar)?;
    let folder = ops::update_folder(&app, &can.caller, &id, body).await?;
    Ok(Reply::ok("folder", &folder.render()))
}

/// Deletes a folder; what is in it moves to where the folder was.
#[utoipa::path(delete, path = "/v1/sidebars/{sidebar}/folders/{folder}", tag = "Pages",
    params(("sidebar", description = "`catalog`"), ("folder", description = "Identifier")),
    responses((status = 200, body = Done)))]
pub async fn delete_folder(
    State(app): State<App>,
    can: Can<ManagePages>,
    Path((sidebar, id)): Path<(String, String)>,
) -> Result<Reply, Failure> {
    ops::check_exists(&sidebar)?;
    ops::delete_folder(&app, &can.caller, &id).await?;
    Ok(Reply::done())
}
