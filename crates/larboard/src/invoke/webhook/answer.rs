//! Reads a receiver's answer up to a limit. Judges nothing: what a status means is the retry rule's part.

use super::super::AttemptResult;
use larboard_core::time::Clock;
use reqwest::Response;
use reqwest::header::{HeaderMap, RETRY_AFTER, SET_COOKIE};

/// How many headers of an answer are kept.
const EXCERPT_HEADERS: usize = 32;

/// How many characters of a header of an answer are kept.
pub const HEADER_CHARACTERS: usize = 256;

/// The longest pause a receiver can ask for: a day, in milliseconds. No delivery window is longer.
const LONGEST_PAUSE_MS: i64 = 86_400_000;

/// Reads at most `limit` bytes of the body. A body that breaks off or outlasts the timeout is kept as far as it came: the status
/// has arrived, so the receiver has decided.
pub(super) async fn read(mut response: Response, limit: usize, clock: &dyn Clock) -> AttemptResult {
    let status = response.status().as_u16();
    let headers_excerpt = excerpt(response.headers());
    let retry_after_ms = retry_after_ms(response.headers(), clock);
    let mut body = Vec::new();
    let truncated = loop {
        match response.chunk().await {
            Ok(None) => break false,
            Err(_) => break true,
            Ok(Some(chunk)) => {
                let room = limit - body.len();
                if chunk.len() > room {
                    body.extend_from_slice(&chunk[..room]);
                    break true;
                }
                body.extend_from_slice(&chunk);
            }
        }
    };
    AttemptResult::Answered {
        status,
        headers_excerpt,
        body,
        truncated,
        retry_after_ms,
    }
}

fn excerpt(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers
        .iter()
        .filter(|(name, _)| **name != SET_COOKIE)
        .take(EXCERPT_HEADERS);
    shown
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            (
                name.as_str().to_owned(),
                text.chars().take(HEADER_CHARACTERS).collect(),
            )
        })
        .collect()
}

/// `Retry-After`, as seconds or as a date.
fn retry_after_ms(headers: &HeaderMap, clock: &dyn Clock) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse::<i64>()
            .map_or(LONGEST_PAUSE_MS, |seconds| seconds.saturating_mul(1_000))
    } else {
        let date = jiff::fmt::rfc2822::parse(text).ok()?;
        date.timestamp().as_millisecond() - clock.now().as_millis()
    };
    (!text.is_empty()).then(|| asked.clamp(0, LONGEST_PAUSE_MS))
}
