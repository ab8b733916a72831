//! People: who is there, and inviting, changing and deleting them. Names, status and passwords are not set here: those are
//! changed on the entities of `_user` that stand for people, or from the command line.

use super::selected::only;
use crate::http::auth::Can;
use crate::http::auth::permission::{ManageUsers, ReadPeople};
use crate::http::body::Json;
use crate::http::openapi::{
    Done, InviteBody, UserChangeBody, UserChangedReply, UserReply, UsersReply,
};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::users::invite;
use crate::ops::{Failure, people};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larboard_core::user::{Grants, Invitation};
use larboard_store::users;

/// Lists users, oldest first.
#[utoipa::path(get, path = "/v1/users", tag = "Teams and users",
    params(("fields" = Option<Vec<String>>, Query, description = "Only these keys, such as `email` or `teams.name`")),
    responses((status = 200, body = UsersReply)))]
pub async fn list(
    State(app): State<App>,
    can: Can<ReadPeople>,
    query: Query,
) -> Result<Reply, Failure> {
    let fields = query.list("fields");
    let shown = app
        .store
        .read(move |tx| {
            let teams = people::teams_by_user(tx)?;
            let rows = users::list(tx)?;
            let shape = |row| people::shape_listed(row, &teams, &can.caller.organization);
            Ok::<_, Failure>(
                rows.iter()
                    .map(|row| only(shape(row), &fields))
                    .collect::<Vec<_>>(),
            )
        })
        .await?;
    Ok(Reply::ok("users", &shown))
}

/// Reads a user by e-mail address.
#[utoipa::path(get, path = "/v1/users/{email}", tag = "Teams and users",
    params(("email", description = "E-mail address"),
        ("fields" = Option<Vec<String>>, Query, description = "Only these keys")),
    responses((status = 200, body = UserReply)))]
pub async fn get(
    State(app): State<App>,
    can: Can<ReadPeople>,
    Path(email): Path<String>,
    query: Query,
) -> Result<Reply, Failure> {
    let fields = query.list("fields");
    let shown = app
        .store
        .read(move |tx| {
            let row = invite::get(tx, &email)?;
            let teams = people::teams_by_user(tx)?;
            let shown = people::shape(&row, &teams, &can.caller.organization);
            Ok::<_, Failure>(only(shown, &fields))
        })
        .await?;
    Ok(Reply::ok("user", &shown))
}

/// Invites a user, who is then listed as `Invited`. No message is sent.
#[utoipa::path(post, path = "/v1/users/invite", tag = "Teams and users", request_body = InviteBody, responses((status = 200, body = Done)))]
pub async fn invite(
    State(app): State<App>,
    can: Can<ManageUsers>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    invite::invite(&app, &can.caller, Invitation::parse(&body)?).await?;
    Ok(Reply::done())
}

/// Changes the role and the teams of a user; what the body leaves out stays.
#[utoipa::path(patch, path = "/v1/users/{email}", tag = "Teams and users", params(("email", description = "E-mail address")),
    request_body = UserChangeBody, responses((status = 200, body = UserChangedReply)))]
pub async fn update(
    State(app): State<App>,
    can: Can<ManageUsers>,
    Path(email): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let shown = invite::update(&app, &can.caller, &email, Grants::parse(&body)?).await?;
    Ok(Reply::spread(StatusCode::OK, &shown))
}

/// Deletes a user; their sessions end at once.
#[utoipa::path(delete, path = "/v1/users/{email}", tag = "Teams and users", params(("email", description = "E-mail address")),
    responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<ManageUsers>,
    Path(email): Path<String>,
) -> Result<Reply, Failure> {
    invite::delete(&app, &can.caller, &email).await?;
    Ok(Reply::done())
}
