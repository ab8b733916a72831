//! The headers of an outgoing webhook: the author's, and ours, which win (facts/actions.md 4.3). Sends nothing.

use super::super::RenderedRequest;
use super::signature;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larboard_core::time::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

const DELIVERY: HeaderName = HeaderName::from_static("x-larboard-delivery");
const ATTEMPT: HeaderName = HeaderName::from_static("x-larboard-attempt");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-port-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-port-signature");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Headers that belong to the connection, not to the message: an author's are left out, because they would contradict what the
/// client does.
const OF_THE_CONNECTION: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What distinguishes one attempt from the next.
pub(super) struct Attempt<'a> {
    /// Counted from 1.
    pub(super) number: u32,
    /// Signed, in seconds.
    pub(super) started_at: Timestamp,
    /// The secret of the organization's default app.
    pub(super) signing_key: &'a str,
    /// W3C trace context.
    pub(super) traceparent: Option<&'a str>,
}

/// All headers of a request. Credentials in the URL move into `authorization`, unless the author set that header: this way they
/// work, as in other clients, and stay out of logs and errors.
pub(super) fn assemble(
    request: &RenderedRequest,
    url: &mut Url,
    body: &[u8],
    attempt: &Attempt<'_>,
) -> Result<HeaderMap, String> {
    let mut headers = of_author(&request.headers)?;
    if let Some(basic) = take_credentials(url) {
        headers.entry(AUTHORIZATION).or_insert(basic);
    }
    if !body.is_empty() {
        headers.entry(CONTENT_TYPE).or_insert(JSON);
    }
    let seconds = attempt.started_at.as_millis().div_euclid(1_000);
    let signed = signature::sign(attempt.signing_key, seconds, body);
    headers.insert(TIMESTAMP, HeaderValue::from(seconds));
    headers.insert(SIGNATURE, ours(&signed)?);
    headers.insert(DELIVERY, ours(&request.delivery_id)?);
    headers.insert(ATTEMPT, HeaderValue::from(attempt.number));
    if let Some(context) = attempt.traceparent {
        headers.insert(TRACEPARENT, ours(context)?);
    }
    Ok(headers)
}

/// The author's headers that are sent, repeated names included.
pub(super) fn of_author(headers: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::with_capacity(headers.len() + 8);
    for (name, value) in headers {
        let parsed = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| {
            format!(
                "The webhook header name `{name}` is not legal: use letters, digits and dashes."
            )
        })?;
        if OF_THE_CONNECTION.contains(&parsed.as_str()) {
            continue;
        }
        // The value is left out of the sentence, because header values are where secrets are.
        let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| {
            format!(
                "The value of the webhook header `{name}` holds a control character: remove it."
            )
        })?;
        map.try_append(parsed, value)
            .map_err(|_| "The webhook has too many headers: leave some out.".to_owned())?;
    }
    Ok(map)
}

fn ours(value: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(value).map_err(|_| "A header of the delivery is not legal.".to_owned())
}

fn take_credentials(url: &mut Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair = percent_decoded(url.username());
    pair.push(b':');
    pair.extend(percent_decoded(url.password().unwrap_or_default()));
    // Neither can fail for a URL with a host, which this one has.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = if *first == b'%' {
            tail.split_at_checked(2).and_then(hex_pair)
        } else {
            None
        };
        match escaped {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

fn hex_pair<'t>((digits, after): (&[u8], &'t [u8])) -> Option<(u8, &'t [u8])> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    Some((u8::from_str_radix(text, 16).ok()?, after))
}
