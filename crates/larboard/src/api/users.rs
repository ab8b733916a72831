//! People. They are made and changed through the entities of `_user` that stand for them, or from the command line.

use super::selected::only;
use crate::http::auth::Can;
use crate::http::auth::permission::ReadPeople;
use crate::http::openapi::{UserReply, UsersReply};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::{Failure, people};
use crate::state::App;
use axum::extract::{Path, State};
use larboard_core::refusal::Refusal;
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
            let row = users::find_by_email(tx, &email)?.ok_or_else(|| {
                Refusal::not_found(format!(
                    "There is no user {email:?}. GET /v1/users lists those there are."
                ))
            })?;
            let teams = people::teams_by_user(tx)?;
            let shown = people::shape(&row, &teams, &can.caller.organization);
            Ok::<_, Failure>(only(shown, &fields))
        })
        .await?;
    Ok(Reply::ok("user", &shown))
}
