//! Request bodies: read up to the limit, then parsed as JSON whatever the content type says (clients are sloppy there).

use crate::ops::Failure;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_LENGTH;
use bytes::Bytes;
use larboard_core::refusal::{Code, Refusal};
use serde_json::Value;

/// The limit of every write route (facts/catalog.md 10).
pub const LIMIT: usize = 1024 * 1024;

/// A request body of at most [`LIMIT`] bytes.
pub struct Body(pub Bytes);

impl Body {
    /// The body as JSON; what is not JSON is refused with `code`.
    ///
    /// # Errors
    /// A refusal that says where the text stops being JSON.
    pub fn json(&self, code: Code) -> Result<Value, Refusal> {
        if self.0.is_empty() {
            return Err(Refusal::new(
                code,
                "The body is empty; send a JSON object with content-type application/json.",
            ));
        }
        let value: Value = serde_json::from_slice(&self.0)
            .map_err(|e| Refusal::new(code, format!("The body is not valid JSON: {e}.")))?;
        match find_nul(&value) {
            None => Ok(value),
            Some(place) => {
                let place = match place.as_str() {
                    "" => "The body".to_owned(),
                    place => format!("{place:?}"),
                };
                let advice = "holds the character U+0000, which cannot be stored; remove it";
                Err(Refusal::new(code, format!("{place} {advice}.")))
            }
        }
    }
}

/// Where a text holds U+0000, which PostgreSQL does not store, so neither database is given one. A key that holds one is a
/// place by itself.
fn find_nul(value: &Value) -> Option<String> {
    // Every body passes here, so a place is put into words only once there is one.
    let below = |place: &str, rest: String| match rest.as_str() {
        "" => place.to_owned(),
        rest if rest.starts_with('[') => format!("{place}{rest}"),
        rest => format!("{place}.{rest}"),
    };
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            let rest = find_nul(item)?;
            Some(below(&format!("[{index}]"), rest))
        }),
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            if key.contains('\0') {
                return Some(key.clone());
            }
            let rest = find_nul(value)?;
            Some(below(key, rest))
        }),
        _ => None,
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let declared = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.parse::<usize>().ok())
            .unwrap_or(0);
        if declared > LIMIT {
            return Err(too_large().into());
        }
        to_bytes(request.into_body(), LIMIT)
            .await
            .map(Self)
            .map_err(|e| {
                let mut cause: Option<&dyn std::error::Error> = Some(&e);
                while let Some(error) = cause {
                    if error.to_string().contains("length limit") {
                        return too_large().into();
                    }
                    cause = error.source();
                }
                Refusal::bad_request("The body ended before it was complete.").into()
            })
    }
}

fn too_large() -> Refusal {
    Refusal::new(
        Code::PayloadTooLarge,
        "Request body is too large (limit is 1MiB); split it into several requests.",
    )
}

/// A JSON body for routes whose malformed body is `invalid_request`.
pub struct Json(pub Value);

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        Ok(Self(
            Body::from_request(request, state)
                .await?
                .json(Code::InvalidRequest)?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_place_of_a_character_that_cannot_be_stored_is_named() {
        for (body, place) in [
            (json!("a"), None),
            (
                json!({"a": ["b", 1, null, true, {"c": "\u{1}"}], "": ""}),
                None,
            ),
            (json!("a\0"), Some("")),
            (json!({"title": "a\0b"}), Some("title")),
            (
                json!({"entities": [{}, {"properties": {"x": [["\0"]]}}]}),
                Some("entities[1].properties.x[0][0]"),
            ),
            (json!([{"a\0": "\0"}]), Some("[0].a\0")),
        ] {
            assert_eq!(find_nul(&body).as_deref(), place, "{body}");
        }
    }
}
