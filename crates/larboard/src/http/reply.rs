//! Replies with the API's envelope: `ok` first, then the named payload.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

/// A JSON reply, encoded once.
pub struct Reply {
    status: StatusCode,
    body: Bytes,
}

impl Reply {
    /// 200 with `{"ok":true}`.
    pub fn done() -> Self {
        Self::raw(StatusCode::OK, br#"{"ok":true}"#.to_vec())
    }

    /// 200 with `{"ok":true, "<key>": value}`.
    pub fn ok(key: &str, value: &impl Serialize) -> Self {
        Self::with(StatusCode::OK, key, value)
    }

    /// The given status with `{"ok":true, "<key>": value}`.
    pub fn with(status: StatusCode, key: &str, value: &impl Serialize) -> Self {
        let mut body = Vec::with_capacity(512);
        body.extend_from_slice(br#"{"ok":true,""#);
        body.extend_from_slice(key.as_bytes());
        body.extend_from_slice(br#"":"#);
        if let Err(error) = serde_json::to_writer(&mut body, value) {
            return Self::broken(&error);
        }
        body.push(b'}');
        Self::raw(status, body)
    }

    /// The given status with `value`, an object, whose keys follow `ok`.
    pub fn spread(status: StatusCode, value: &impl Serialize) -> Self {
        let mut inner = Vec::with_capacity(512);
        if let Err(error) = serde_json::to_writer(&mut inner, value) {
            return Self::broken(&error);
        }
        let mut body = br#"{"ok":true"#.to_vec();
        match inner.as_slice() {
            b"{}" => body.push(b'}'),
            _ => {
                body.push(b',');
                body.extend_from_slice(inner.get(1..).unwrap_or(b"}"));
            }
        }
        Self::raw(status, body)
    }

    /// 200 with `{"ok":true, "<key>": [items…], "next"?: token}`, from items that are JSON text already.
    pub fn list(key: &str, items: &[String], next: Option<&str>) -> Self {
        let mut body = Vec::with_capacity(64 + items.iter().map(|i| i.len() + 1).sum::<usize>());
        body.extend_from_slice(br#"{"ok":true,""#);
        body.extend_from_slice(key.as_bytes());
        body.extend_from_slice(br#"":["#);
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                body.push(b',');
            }
            body.extend_from_slice(item.as_bytes());
        }
        body.push(b']');
        if let Some(next) = next {
            body.extend_from_slice(br#","next":"#);
            body.extend_from_slice(serde_json::Value::from(next).to_string().as_bytes());
        }
        body.push(b'}');
        Self::raw(StatusCode::OK, body)
    }

    /// A body that is JSON text already.
    pub fn raw(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { status, body }
    }

    fn broken(error: &serde_json::Error) -> Self {
        tracing::error!(%error, "a reply could not be encoded");
        Self::raw(
            StatusCode::INTERNAL_SERVER_ERROR,
            br#"{"ok":false,"error":"internal_error","message":"The reply could not be encoded."}"#
                .to_vec(),
        )
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        response
    }
}

/// JSON text from the database, to be put into a reply as it is; `null` if it is none.
pub fn raw_json(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_envelope_starts_with_ok() {
        assert_eq!(
            Reply::ok("run", &json!({"id": 1})).body,
            br#"{"ok":true,"run":{"id":1}}"#[..]
        );
        assert_eq!(
            Reply::spread(StatusCode::OK, &json!({"a": 1})).body,
            br#"{"ok":true,"a":1}"#[..]
        );
        assert_eq!(
            Reply::spread(StatusCode::OK, &json!({})).body,
            br#"{"ok":true}"#[..]
        );
    }

    #[test]
    fn a_list_names_the_next_page_only_if_there_is_one() {
        let items = vec!["{}".to_owned(), "1".to_owned()];
        assert_eq!(
            Reply::list("runs", &items, None).body,
            br#"{"ok":true,"runs":[{},1]}"#[..]
        );
        assert_eq!(
            Reply::list("runs", &[], Some("a\"b")).body,
            br#"{"ok":true,"runs":[],"next":"a\"b"}"#[..]
        );
    }
}
