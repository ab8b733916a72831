//! Teams, addressed by name.

use super::selected::only;
use crate::http::auth::Can;
use crate::http::auth::permission::{ManageTeams, ReadPeople};
use crate::http::body::Json;
use crate::http::openapi::{Done, TeamBody, TeamReply, TeamsReply};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::{Failure, teams as ops};
use crate::state::App;
use axum::extract::{Path, State};
use larboard_core::team::TeamWrite;

/// Lists teams, by identifier.
#[utoipa::path(get, path = "/v1/teams", tag = "Teams and users",
    params(("fields" = Option<Vec<String>>, Query, description = "Only these keys, such as `name` or `users.email`")),
    responses((status = 200, body = TeamsReply)))]
pub async fn list(
    State(app): State<App>,
    _: Can<ReadPeople>,
    query: Query,
) -> Result<Reply, Failure> {
    let fields = query.list("fields");
    let teams = app.store.read(ops::list).await?;
    let shown: Vec<_> = teams
        .iter()
        .map(|team| only(team.shape(), &fields))
        .collect();
    Ok(Reply::ok("teams", &shown))
}

/// Makes a team.
#[utoipa::path(post, path = "/v1/teams", tag = "Teams and users", request_body = TeamBody, responses((status = 200, body = TeamReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<ManageTeams>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let team = ops::create(&app, &can.caller, TeamWrite::create(&body)?).await?;
    Ok(Reply::ok("team", &team.shape_written()))
}

/// Reads a team; its members only if `fields` asks for them.
#[utoipa::path(get, path = "/v1/teams/{name}", tag = "Teams and users",
    params(("name", description = "Name or identifier"),
        ("fields" = Option<Vec<String>>, Query, description = "Only these keys, such as `name` or `users.email`")),
    responses((status = 200, body = TeamReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ReadPeople>,
    Path(name): Path<String>,
    query: Query,
) -> Result<Reply, Failure> {
    let team = app.store.read(move |tx| ops::get(tx, &name)).await?;
    let mut shown = only(team.shape(), &query.list("fields"));
    if query.list("fields").is_empty()
        && let Some(shown) = shown.as_object_mut()
    {
        shown.remove("users");
    }
    Ok(Reply::ok("team", &shown))
}

/// Replaces a team: what the body leaves out is cleared, its members too; another name renames it.
#[utoipa::path(put, path = "/v1/teams/{name}", tag = "Teams and users", params(("name", description = "Name or identifier")),
    request_body = TeamBody, responses((status = 200, body = TeamReply)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<ManageTeams>,
    Path(name): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let team = ops::update(&app, &can.caller, &name, TeamWrite::replace(&body)?).await?;
    Ok(Reply::ok("team", &team.shape_written()))
}

/// Changes what the body names of a team; `users` is the list of all its members.
#[utoipa::path(patch, path = "/v1/teams/{name}", tag = "Teams and users", params(("name", description = "Name or identifier")),
    request_body = TeamBody, responses((status = 200, body = TeamReply)))]
pub async fn update(
    State(app): State<App>,
    can: Can<ManageTeams>,
    Path(name): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let team = ops::update(&app, &can.caller, &name, TeamWrite::patch(&body)?).await?;
    Ok(Reply::ok("team", &team.shape_written()))
}

/// Deletes a team; what it owned belongs to it no more.
#[utoipa::path(delete, path = "/v1/teams/{name}", tag = "Teams and users", params(("name", description = "Name or identifier")),
    responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<ManageTeams>,
    Path(name): Path<String>,
) -> Result<Reply, Failure> {
    ops::delete(&app, &can.caller, &name).await?;
    Ok(Reply::done())
}
