//! Replies that are server-sent events.

use crate::live::Frame;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use std::convert::Infallible;

/// A reply that stays open and sends frames as they come.
pub struct EventStream(Response);

impl EventStream {
    /// Sends `frames`.
    pub fn of(frames: impl Stream<Item = Frame> + Send + 'static) -> Self {
        let mut response = Response::new(Body::from_stream(frames.map(Ok::<_, Infallible>).fuse()));
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Some reverse proxies collect a reply before they pass it on unless told not to.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        Self(response)
    }
}

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        self.0
    }
}
