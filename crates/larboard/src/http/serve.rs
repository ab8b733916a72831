//! From an application to a listening server: the router with its layers, plain or TLS, until it is told to stop.

use super::tcp::Peer;
use super::words::Words;
use super::{observe, openapi, routes, ui};
use crate::http::error::refuse;
use crate::state::App;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, Uri};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use larboard_core::refusal::{Code, Refusal};
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tower::Layer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Everything the server answers.
pub fn router(app: &App) -> Router {
    let (api, document) = routes::table().split_for_parts();
    let document = openapi::finished(&document).to_string();
    let router = Router::new()
        .route("/openapi.json", get(move || ui::json(document.clone())))
        .merge(api)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(ui::fallback)
        // The one layer that must know the route. Every layer in here costs each request a copy of all layers below it.
        .layer(middleware::from_fn_with_state(
            app.clone(),
            observe::observe,
        ))
        .with_state(app.clone());
    match app.config.base_path.as_str() {
        "" => router,
        base => Router::new().nest(base, router),
    }
}

async fn method_not_allowed(method: Method, uri: Uri) -> Response {
    let message = format!(
        "{} does not answer {method}; see /openapi.json for the methods it has.",
        uri.path()
    );
    refuse(&Refusal::new(Code::MethodNotAllowed, message))
}

/// The request with the trailing slash of its path removed: documentation shows `/entities/`, which means the same
/// (facts/catalog.md 2.2).
fn without_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    if path.len() > 1 && path.ends_with('/') && path.contains("/v1/") {
        let trimmed = path.trim_end_matches('/');
        let text = match request.uri().query() {
            Some(query) => format!("{trimmed}?{query}"),
            None => trimmed.to_owned(),
        };
        if let Ok(uri) = text.parse() {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// The request for `/portal/` as one for `/portal`: a nested router answers its root without the slash alone, and people are
/// led to the one with it.
fn at_root(base: &str, mut request: Request) -> Request {
    let uri = request.uri();
    if !base.is_empty() && uri.path().strip_suffix('/') == Some(base) {
        let text = match uri.query() {
            Some(query) => format!("{base}?{query}"),
            None => base.to_owned(),
        };
        if let Ok(uri) = text.parse() {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// Serves until the application is told to stop; requests under way are finished.
///
/// # Errors
/// If the certificate cannot be used or the listener breaks.
pub async fn serve(app: App, listener: TcpListener) -> io::Result<()> {
    let base = app.config.base_path.clone();
    let words = Arc::new(Words::of(&routes::table().into_openapi()));
    let plain = move |request| {
        let request = without_trailing_slash(at_root(&base, request));
        words.escaped(&base, request)
    };
    // Streams are flushed frame by frame, and small replies cost more to compress than to send.
    let compressible = SizeAbove::new(1024).and(NotForContentType::new("text/event-stream"));
    let compression = CompressionLayer::new()
        .gzip(true)
        .compress_when(compressible);
    let service = tower::util::MapRequestLayer::new(plain).layer(compression.layer(router(&app)));
    let service =
        tower::util::MapResponseLayer::new(|response: Response<_>| response.map(Body::new))
            .layer(service);
    let service = axum::ServiceExt::<Request>::into_make_service_with_connect_info::<Peer>(service);
    let stopping = app.stopping.clone();
    let stopped = async move { stopping.cancelled().await };
    match &app.config.tls {
        None => {
            axum::serve(super::tcp::Plain(listener), service)
                .with_graceful_shutdown(stopped)
                .await
        }
        Some((certificate, key)) => {
            let listener = super::tcp::Tls::new(listener, certificate, key)?;
            axum::serve(listener, service)
                .with_graceful_shutdown(stopped)
                .await
        }
    }
}
