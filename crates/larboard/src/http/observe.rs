//! Around every request: ids in the reply, one log line, metrics, security headers, and a reply even if a handler panics.

mod meters;

use crate::http::address;
use crate::http::error::refuse;
use crate::state::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument;

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The trace a request belongs to, as 32 hexadecimal digits: the client's if it names one, else a new one.
#[derive(Clone, Debug)]
pub struct TraceId(pub String);

/// Why a request failed, for the log alone: a reply carries it as far as [`observe`], which knows what the request was.
#[derive(Clone, Debug)]
pub struct Cause(pub String);

/// Handles one request and tells of it.
pub async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = app.ids.id(Kind::Request);
    let trace = trace_id(&request).map_or_else(|| new_trace_id(&app), str::to_owned);
    request.extensions_mut().insert(TraceId(trace.clone()));
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    // A span costs as much as routing the request does, so there is one only if its events are wanted at all.
    let span = tracing::debug_span!("request", id, trace, %method, route);
    let refused = address::fault(request.uri());
    let work = AssertUnwindSafe(async {
        match refused {
            None => next.run(request).await,
            Some(refusal) => refuse(&refusal),
        }
    });
    let work = work.catch_unwind();
    let work = async {
        if span.is_disabled() {
            work.await
        } else {
            work.instrument(span.clone()).await
        }
    };
    let mut response = work.await.unwrap_or_else(|_| {
        tracing::error!(id, trace, %method, route, "a handler panicked");
        refuse(&Refusal::internal())
    });
    let status = response.status();
    let took = started.elapsed();
    meters::count(&method, route, status, took);
    let cause = response.extensions_mut().remove::<Cause>();
    if let Some(Cause(cause)) = cause {
        tracing::error!(
            id, trace, %method, route, cause,
            status = status.as_u16(),
            ms = took.as_millis() as u64,
            "request failed"
        );
    } else if status.is_server_error() {
        tracing::warn!(
            id, trace, %method, route,
            status = status.as_u16(),
            ms = took.as_millis() as u64,
            "request failed"
        );
    } else {
        tracing::debug!(
            parent: &span,
            status = status.as_u16(),
            us = took.as_micros() as u64,
            "request"
        );
    }
    let headers = response.headers_mut();
    for (name, value) in [(REQUEST_ID, id), (TRACE_ID, trace)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Folds what was measured into its buckets now and then, until the server stops: it would pile up where nobody scrapes
/// `/metrics`.
pub async fn fold(app: App) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(10)) => app.metrics.run_upkeep(),
            () = app.stopping.cancelled() => return,
        }
    }
}

/// The trace a client's `traceparent` names.
fn trace_id(request: &Request) -> Option<&str> {
    let value = request.headers().get("traceparent")?.to_str().ok()?;
    let id = value.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
}

fn new_trace_id(app: &App) -> String {
    let mut bytes = [0_u8; 16];
    app.ids.fill(&mut bytes);
    let mut text = String::with_capacity(32);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}
