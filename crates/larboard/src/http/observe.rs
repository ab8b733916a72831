//! Around every request: ids in the reply, one log line, metrics, security headers, and a reply even if a handler panics.

use crate::http::error::refuse;
use crate::state::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tracing::Instrument;

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The trace a request belongs to, as 32 hexadecimal digits: the client's if it names one, else a new one.
#[derive(Clone, Debug)]
pub struct TraceId(pub String);

/// Handles one request and tells of it.
pub async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = app.ids.id(Kind::Request);
    let trace = trace_id(&request).map_or_else(|| new_trace_id(&app), str::to_owned);
    request.extensions_mut().insert(TraceId(trace.clone()));
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", |path| path.as_str())
        .to_owned();
    let span = tracing::info_span!("request", id, trace, %method, route);
    let work = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .instrument(span.clone());
    let mut response = work.await.unwrap_or_else(|_| {
        span.in_scope(|| tracing::error!("a handler panicked"));
        refuse(&Refusal::internal())
    });
    let status = response.status();
    let took = started.elapsed();
    metrics::counter!("larboard_requests_total", "method" => method.to_string(), "route" => route.clone(), "status" => status.as_u16().to_string())
        .increment(1);
    metrics::histogram!("larboard_request_seconds", "route" => route).record(took.as_secs_f64());
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::warn!(
                status = status.as_u16(),
                ms = took.as_millis() as u64,
                "request failed"
            );
        } else {
            tracing::debug!(
                status = status.as_u16(),
                us = took.as_micros() as u64,
                "request"
            );
        }
    });
    let headers = response.headers_mut();
    for (name, value) in [(REQUEST_ID, id), (TRACE_ID, trace)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    response
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
    format!("{:032x}", u128::from_be_bytes(bytes))
}
