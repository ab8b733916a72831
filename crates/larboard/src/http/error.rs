//! Turns a failure into the reply a client gets. The codes themselves are the table in `larboard_core::refusal`.
//!
//! Causes go no further than `observe.rs`, which logs them with the request's id; no driver text ever reaches a client.

use crate::http::observe::Cause;
use crate::http::reply::Reply;
use crate::ops::Failure;
use axum::http::{HeaderValue, StatusCode, header::CONNECTION, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use larboard_core::refusal::{Code, Refusal};
use larboard_store::StoreError;
use serde_json::json;

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (refusal, cause) = told(self);
        let mut response = refuse(&refusal);
        if let Some(cause) = cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

/// What a client is told of a failure, and the cause that only the log is told.
pub fn told(failure: Failure) -> (Refusal, Option<String>) {
    match failure {
        Failure::Refused(refusal) => (refusal, None),
        Failure::Store(StoreError::Busy | StoreError::Conflict | StoreError::Closed) => {
            (overloaded(), None)
        }
        Failure::Store(StoreError::Unavailable(cause)) => {
            let refusal = Refusal::new(
                Code::Overloaded,
                "The database cannot be reached. Nothing was written; try again shortly.",
            );
            (
                refusal,
                Some(format!("the database cannot be reached: {cause}")),
            )
        }
        Failure::Store(StoreError::Full) => {
            let refusal = Refusal::new(
                Code::Overloaded,
                "The database has no room left, so nothing was written. An operator must free space.",
            );
            (
                refusal,
                Some("the disk or the database's quota is full".into()),
            )
        }
        Failure::Store(StoreError::Broken) => {
            let refusal = Refusal::new(
                Code::Overloaded,
                "The disk of the database refused to keep what was written, so nothing is read or written any more. An operator must see to the disk and start the server again.",
            );
            (
                refusal,
                Some("the disk refused a sync; the server must be started again".into()),
            )
        }
        Failure::Store(StoreError::OutcomeUnknown) => {
            // No 503: clients repeat those by themselves, and this write may have been made.
            let refusal = Refusal::new(
                Code::InternalError,
                "The database was lost while it committed, so this was either written or not. Look before you repeat it.",
            );
            (
                refusal,
                Some("the database was lost during a commit, so its outcome is unknown".into()),
            )
        }
        Failure::Store(error) => (
            Refusal::internal(),
            Some(format!("the database: {error:?}")),
        ),
        Failure::Internal(cause) => (Refusal::internal(), Some(cause)),
    }
}

fn overloaded() -> Refusal {
    Refusal::new(
        Code::Overloaded,
        "The server has more work than it can queue. Nothing was written; try again shortly.",
    )
}

/// The reply to a refused request: `{ok:false, error, message, details?}` (facts/catalog.md 0.1).
pub fn refuse(refusal: &Refusal) -> Response {
    let mut body =
        json!({ "ok": false, "error": refusal.code.as_str(), "message": refusal.message });
    if let (Some(details), Some(map)) = (&refusal.details, body.as_object_mut()) {
        map.insert("details".into(), details.clone());
    }
    let status =
        StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Reply::raw(status, body.to_string().into_bytes()).into_response();
    match refusal.code {
        Code::Overloaded => {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Code::RateLimited => {
            let seconds = refusal
                .details
                .as_ref()
                .and_then(|d| d["retryAfterSeconds"].as_u64())
                .unwrap_or(1);
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        // The rest of the body is not read, so the connection ends here; a client that is not told would send its next
        // request over it.
        Code::PayloadTooLarge => {
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}
