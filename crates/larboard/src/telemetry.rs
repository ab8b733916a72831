//! Traces for an OpenTelemetry collector: which spans there are, how they hang together, and how they get out.
//!
//! Everything here is off until an endpoint is set: spans are then not made at all, so that a server nobody traces pays
//! a look at one flag. A trace begins with the request (or goes on from its `traceparent`), holds the operations on the
//! store, and reaches through the run's deliveries to the backend, which gets the delivery's context.

#[cfg(feature = "otlp")]
mod export;

#[cfg(feature = "otlp")]
pub use export::{Telemetry, layer};

use axum::http::{HeaderMap, Method};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::Span;

/// The target of the spans of this file; the exporter takes these and the store's.
pub const TARGET: &str = "larboard::telemetry";

static ON: AtomicBool = AtomicBool::new(false);

/// Whether traces are exported.
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The span of a request, below the one its `traceparent` names; none while nothing is exported.
pub fn request(method: &Method, route: &str, id: &str, headers: &HeaderMap) -> Span {
    if !is_on() {
        return Span::none();
    }
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        http.request.method = %method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        larboard.request.id = id,
    );
    let parent = headers
        .get("traceparent")
        .and_then(|value| value.to_str().ok());
    continue_from(&span, parent);
    span
}

/// Notes how a request ended.
pub fn answered(span: &Span, status: u16) {
    if span.is_none() {
        return;
    }
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of an attempt to deliver, below the span of the execution; none while nothing is exported.
pub fn delivery(run: &str, delivery: &str, attempt: u32, parent: Option<&str>) -> Span {
    if !is_on() {
        return Span::none();
    }
    let span = tracing::info_span!(
        target: TARGET,
        "delivery",
        otel.name = "deliver webhook",
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        http.response.status_code = tracing::field::Empty,
        larboard.run.id = run,
        larboard.delivery.id = delivery,
        larboard.delivery.attempt = attempt,
    );
    continue_from(&span, parent);
    span
}

/// Notes what came of an attempt: the status answered, or that there was no answer.
pub fn delivered(span: &Span, status: Option<u16>) {
    if span.is_none() {
        return;
    }
    if let Some(status) = status {
        span.record("http.response.status_code", status);
    }
    if status.is_none_or(|status| status >= 400) {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span's context as a `traceparent`, for whoever continues the trace; `None` while nothing is exported.
pub fn traceparent(span: &Span) -> Option<String> {
    if !is_on() || span.is_none() {
        return None;
    }
    context_of(span)
}

#[cfg(feature = "otlp")]
use export::{context_of, continue_from};

#[cfg(not(feature = "otlp"))]
fn continue_from(_: &Span, _: Option<&str>) {}

#[cfg(not(feature = "otlp"))]
fn context_of(_: &Span) -> Option<String> {
    None
}
