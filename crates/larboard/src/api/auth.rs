//! Signing in: access tokens for machines, sessions for the portal.

use crate::caller::Identity;
use crate::http::auth::permission::{ExecuteActions, SignedIn};
use crate::http::auth::{Can, cookie, unauthorized};
use crate::http::body::Json;
use crate::http::forwarded::Source;
use crate::http::openapi::{
    AccessToken, Credentials, Done, OwnPermissionsReply, SessionReply, SignIn,
};
use crate::http::reply::Reply;
use crate::ops::{Failure, sessions};
use crate::state::App;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use larboard_core::fields::Fields;
use serde_json::json;

/// Exchanges a client id and secret for an access token (facts/actions.md 8.1).
#[utoipa::path(post, path = "/v1/auth/access_token", tag = "Auth", security(()), request_body = Credentials,
    responses((status = 200, body = AccessToken)))]
pub async fn access_token(State(app): State<App>, Json(body): Json) -> Result<Reply, Failure> {
    let fields = Fields::of(&body, "")?;
    fields.only(&["clientId", "clientSecret"])?;
    let (id, secret) = (fields.string("clientId")?, fields.string("clientSecret")?);
    let directory = app.directory.load();
    let known = directory
        .find_app(id)
        .filter(|found| found.enabled && found.knows(secret, app.now()));
    if known.is_none() {
        tracing::warn!(client = id, "a request for an access token was refused");
        return Err(unauthorized("The client id or the client secret is wrong.").into());
    }
    let seconds = app.config.token_lifetime.as_secs();
    let token = app
        .tokens
        .issue(id, &directory.organization, app.now(), seconds)
        .map_err(Failure::Internal)?;
    let reply = json!({ "accessToken": token, "expiresIn": seconds, "tokenType": "Bearer" });
    Ok(Reply::spread(StatusCode::OK, &reply))
}

/// What the caller may execute: `execute:actions:<action>` for each self-service action (facts/actions.md 7.2).
#[utoipa::path(get, path = "/v1/auth/permissions", tag = "Auth",
    params(("action_version" = Option<String>, Query, description = "Every version answers the same")),
    responses((status = 200, body = OwnPermissionsReply)))]
pub async fn permissions(State(app): State<App>, _: Can<ExecuteActions>) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read_one(|tx| Ok::<_, Failure>(larboard_store::actions::list(tx)?))
        .await?;
    // Whoever may execute actions may execute all of them, but nobody executes an automation.
    let names: Vec<String> = rows
        .iter()
        .filter(|row| row.trigger_type == "self-service")
        .map(|row| format!("execute:actions:{}", row.identifier))
        .collect();
    Ok(Reply::ok("permissions", &names))
}

/// Signs a person in to the portal; the session is a cookie. Ours.
#[utoipa::path(post, path = "/v1/auth/session", tag = "Auth", security(()), request_body = SignIn,
    responses((status = 200, body = SessionReply)), extensions(("x-larboard-extension" = json!(true))))]
pub async fn sign_in(
    State(app): State<App>,
    source: Source,
    Json(body): Json,
) -> Result<Response, Failure> {
    let fields = Fields::of(&body, "")?;
    fields.only(&["email", "password"])?;
    let (email, password) = (fields.string("email")?, fields.string("password")?);
    let begun = sessions::begin(&app, email, password, &source.address).await?;
    let user = json!({
        "id": begun.user.id, "email": begun.user.email, "firstName": begun.user.first_name,
        "lastName": begun.user.last_name, "role": begun.user.role,
    });
    let reply = Reply::spread(
        StatusCode::OK,
        &json!({ "user": user, "csrfToken": begun.csrf_token }),
    );
    let seconds = app.config.session_lifetime.as_secs();
    Ok(with_cookie(&app, &source, reply, &begun.token, seconds))
}

/// Who is signed in to the portal. Ours.
#[utoipa::path(get, path = "/v1/auth/session", tag = "Auth", responses((status = 200, body = SessionReply)),
    extensions(("x-larboard-extension" = json!(true))))]
pub async fn session(
    State(app): State<App>,
    can: Can<SignedIn>,
    headers: HeaderMap,
) -> Result<Reply, Failure> {
    let Identity::User {
        id,
        email,
        first_name,
        last_name,
    } = &can.caller.identity
    else {
        return Err(unauthorized("Machine credentials have no session.").into());
    };
    let token = session_token(&headers)
        .ok_or_else(|| unauthorized("There is no session; sign in first."))?;
    let session = app
        .sessions
        .find(&app, token)
        .await?
        .ok_or_else(|| unauthorized("The session has ended; sign in again."))?;
    let role = can.caller.role.as_str();
    let user = json!({ "id": id, "email": email, "firstName": first_name, "lastName": last_name, "role": role });
    Ok(Reply::spread(
        StatusCode::OK,
        &json!({ "user": user, "csrfToken": session.csrf_token }),
    ))
}

/// Signs out of the portal. Ours.
#[utoipa::path(delete, path = "/v1/auth/session", tag = "Auth", responses((status = 200, body = Done)),
    extensions(("x-larboard-extension" = json!(true))))]
pub async fn sign_out(
    State(app): State<App>,
    can: Can<SignedIn>,
    source: Source,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if let Some(token) = session_token(&headers) {
        sessions::end(&app, &can.caller, token).await?;
    }
    Ok(with_cookie(&app, &source, Reply::done(), "", 0))
}

fn session_token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::COOKIE)?
        .to_str()
        .ok()
        .and_then(cookie::find)
}

fn with_cookie(app: &App, source: &Source, reply: Reply, token: &str, seconds: u64) -> Response {
    let mut response = reply.into_response();
    let value = cookie::set(token, seconds, &app.config.base_path, source.https);
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
