//! The portal, embedded in the binary: hashed assets cached for good, the page itself never, everything that is no file
//! and no API the page (its own router takes over), and a real 404 for an unknown API path.

use crate::http::error::refuse;
use crate::state::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use larboard_core::refusal::Refusal;
use rust_embed::Embed;
use std::borrow::Cow;
use std::io::Read;

/// What `npm run build` left in `web/dist`, or a page that says how to build it.
#[derive(Embed)]
#[folder = "$OUT_DIR/portal"]
struct Portal;

/// What the page may load and do: only what comes from here.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; \
                      font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; \
                      object-src 'none'";

/// Answers whatever no route does.
pub async fn fallback(
    State(app): State<App>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    let api = path.starts_with("v1/") || path == "v1";
    if api || !matches!(method, Method::GET | Method::HEAD) {
        return refuse(&Refusal::not_found(format!(
            "There is no route {method} {}; /openapi.json lists those there are.",
            uri.path()
        )));
    }
    match path {
        "docs" | "docs/" => page(&app, "docs.html"),
        "" | "index.html" => page(&app, "index.html"),
        _ => match asset(path, &headers) {
            Some(response) => response,
            // A missing script answered with a page would be a riddle; a missing page is the portal's own to show.
            None if path
                .rsplit('/')
                .next()
                .is_some_and(|name| name.contains('.'))
                && path.starts_with("assets/") =>
            {
                refuse(&Refusal::not_found(format!(
                    "There is no file {}.",
                    uri.path()
                )))
            }
            None => page(&app, "index.html"),
        },
    }
}

/// A JSON text that changes only with the binary.
pub async fn json(text: String) -> Response {
    (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        text,
    )
        .into_response()
}

/// A page with the base path filled in.
fn page(app: &App, name: &str) -> Response {
    let Some(file) = Portal::get(name) else {
        return refuse(&Refusal::not_found(
            "The portal is not part of this binary.",
        ));
    };
    let base = &app.config.base_path;
    let head =
        format!(r#"<head><base href="{base}/"><meta name="larboard-base" content="{base}">"#);
    let html = String::from_utf8_lossy(&file.data).replacen("<head>", &head, 1);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (StatusCode::OK, headers, html).into_response()
}

fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let encoded = |name: &'static str, suffix: &str| {
        let file = accepted
            .contains(name)
            .then(|| Portal::get(&format!("{path}{suffix}")))??;
        Some((file.data, Some(name)))
    };
    let (content, encoding) = encoded("br", ".br")
        .or_else(|| encoded("gzip", ".gz"))
        .or_else(|| Some((Portal::get(path)?.data, None)))
        .or_else(|| Some((unpacked(path)?.into(), None)))?;
    let forever = path.starts_with("assets/");
    Some(send(content, mime(path), encoding, forever))
}

/// A file that is embedded in its packed form alone (`build.rs`), for who accepts no packed one.
fn unpacked(path: &str) -> Option<Vec<u8>> {
    let packed = Portal::get(&format!("{path}.gz"))?;
    let mut content = Vec::new();
    GzDecoder::new(&*packed.data)
        .read_to_end(&mut content)
        .ok()?;
    Some(content)
}

fn send(
    content: Cow<'static, [u8]>,
    kind: &'static str,
    encoding: Option<&'static str>,
    forever: bool,
) -> Response {
    let mut response = Response::new(Body::from(content.into_owned()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // Built assets have their content's hash in their name.
    let cache = if forever {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn content(path: &str, accepted: &'static str) -> (Option<HeaderValue>, Vec<u8>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        let response = asset(path, &headers).unwrap();
        let encoding = response.headers().get(header::CONTENT_ENCODING).cloned();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (encoding, body.to_vec())
    }

    #[tokio::test]
    async fn an_asset_is_the_same_however_it_is_sent() {
        let packed: Vec<String> = Portal::iter()
            .filter_map(|name| name.strip_suffix(".gz").map(str::to_owned))
            .filter(|name| name.starts_with("assets/"))
            .collect();
        for name in packed {
            assert!(Portal::get(&name).is_none(), "{name} is embedded twice");
            let (plain_as, plain) = content(&name, "identity").await;
            let (gzip_as, gzip) = content(&name, "gzip, deflate").await;
            let (br_as, br) = content(&name, "gzip, deflate, br").await;
            assert_eq!(
                (plain_as, gzip_as.unwrap(), br_as.unwrap()),
                (
                    None,
                    HeaderValue::from_static("gzip"),
                    HeaderValue::from_static("br")
                )
            );
            let mut read = Vec::new();
            GzDecoder::new(&*gzip).read_to_end(&mut read).unwrap();
            assert!(read == plain && !plain.is_empty(), "{name}");
            assert!(br.len() < plain.len(), "{name}");
        }
    }
}
