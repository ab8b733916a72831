//! From credentials to a [`Caller`]: bearer tokens, bare tokens, and the portal's session cookie.
//!
//! A handler names the permission it needs in its signature, as `Can<ReadRuns>`: there is no way to a caller that
//! skips it (invariant 6). What a role may do beyond that is checked by the operations.

pub mod cookie;
pub mod permission;
pub mod token;

use crate::caller::Caller;
use crate::http::forwarded::Source;
use crate::http::observe::TraceId;
use crate::ops::Failure;
use crate::state::App;
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use larboard_core::refusal::{Code, Refusal};
use permission::Permission;
use std::marker::PhantomData;

/// A caller who holds the permission `P`.
pub struct Can<P> {
    /// Who.
    pub caller: Caller,
    permission: PhantomData<P>,
}

impl<P: Permission> FromRequestParts<App> for Can<P> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let caller = authenticate(parts, app).await?;
        caller.need(P::ROLE, P::TO)?;
        Ok(Self {
            caller,
            permission: PhantomData,
        })
    }
}

/// The caller behind a request.
async fn authenticate(parts: &Parts, app: &App) -> Result<Caller, Failure> {
    let (subject, from_portal) = match header(&parts.headers, AUTHORIZATION.as_str()) {
        Some(value) => (app.tokens.verify(bare(value), app.clock.now())?, false),
        None => (session_subject(parts, app).await?, true),
    };
    let directory = app.directory.load();
    let (identity, role) = directory.identify(&subject).ok_or_else(|| {
        unauthorized("The account behind these credentials is disabled or gone; sign in again.")
    })?;
    let user_agent = header(&parts.headers, USER_AGENT.as_str())
        .unwrap_or_default()
        .to_owned();
    Ok(Caller {
        identity,
        role,
        organization: directory.organization.clone(),
        origin: if from_portal {
            "UI".to_owned()
        } else {
            origin(&user_agent)
        },
        user_agent,
        address: Source::of(parts, &app.config).address,
        teams: directory.teams_of(&subject),
        trace: parts
            .extensions
            .get::<TraceId>()
            .map(|trace| trace.0.clone())
            .unwrap_or_default(),
    })
}

async fn session_subject(parts: &Parts, app: &App) -> Result<String, Failure> {
    let cookie = header(&parts.headers, COOKIE.as_str()).and_then(cookie::find).ok_or_else(|| {
        unauthorized("Send an access token in the Authorization header; POST /v1/auth/access_token makes one.")
    })?;
    let session = app
        .sessions
        .find(app, cookie)
        .await?
        .ok_or_else(|| unauthorized("The session has ended; sign in again."))?;
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe
        && !header(&parts.headers, cookie::CSRF_HEADER)
            .is_some_and(|sent| cookie::same(sent, &session.csrf_token))
    {
        return Err(Refusal::missing_permissions(format!(
            "A change made with the session cookie needs the header {} with the token that sign-in gave.",
            cookie::CSRF_HEADER
        ))
        .into());
    }
    Ok(session.user_id)
}

/// A refusal with 401.
pub fn unauthorized(message: &str) -> Refusal {
    Refusal::new(Code::Unauthorized, message)
}

/// The token of an Authorization header, with `Bearer` in any capitals or without (facts/actions.md 0).
fn bare(value: &str) -> &str {
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => value.trim(),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Who a change is said to come from when it came through the API: the integration a User-Agent names, else `API`.
fn origin(user_agent: &str) -> String {
    match user_agent.split('/').next() {
        Some(name @ ("port-ocean" | "port-agent" | "port-github-action")) => name.to_owned(),
        _ => "API".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_with_bearer_in_any_capitals_or_bare() {
        for value in ["Bearer abc", "bearer abc", "BEARER  abc", "abc", " abc "] {
            assert_eq!(bare(value), "abc");
        }
    }

    #[test]
    fn an_integration_is_the_origin_of_its_changes() {
        assert_eq!(origin("port-ocean/github/1.2/x"), "port-ocean");
        assert_eq!(origin("curl/8"), "API");
    }
}
