//! The organization.

use crate::http::auth::Can;
use crate::http::auth::permission::{ReadOrganization, UpdateOrganization};
use crate::http::body::Json;
use crate::http::openapi::{OrganizationBody, OrganizationPatchBody, OrganizationReply};
use crate::http::reply::Reply;
use crate::ops::{Failure, organization as ops};
use crate::state::App;
use axum::extract::State;

/// Reads the organization.
#[utoipa::path(get, path = "/v1/organization", tag = "Organization", responses((status = 200, body = OrganizationReply)))]
pub async fn get(State(app): State<App>, _: Can<ReadOrganization>) -> Result<Reply, Failure> {
    let row = app
        .store
        .read_one(|tx| Ok::<_, Failure>(larboard_store::organization::get(tx)?))
        .await?;
    Ok(Reply::ok("organization", &ops::shape(&row)))
}

/// Replaces what is set of the organization.
#[utoipa::path(put, path = "/v1/organization", tag = "Organization", request_body = OrganizationBody, responses((status = 200, body = OrganizationReply)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<UpdateOrganization>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::update(&app, &can.caller, body, ops::Mode::Replace).await?;
    Ok(Reply::ok("organization", &ops::shape(&row)))
}

/// Changes the organization; agents send `{settings}` alone (facts/actions.md 4.7).
#[utoipa::path(patch, path = "/v1/organization", tag = "Organization", request_body = OrganizationPatchBody, responses((status = 200, body = OrganizationReply)))]
pub async fn update(
    State(app): State<App>,
    can: Can<UpdateOrganization>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::update(&app, &can.caller, body, ops::Mode::Merge).await?;
    Ok(Reply::ok("organization", &ops::shape(&row)))
}
