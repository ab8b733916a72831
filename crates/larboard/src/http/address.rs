//! Refuses requests whose address is no text that could be stored, before any handler decodes it: escapes that are no
//! UTF-8, and U+0000, which PostgreSQL has no room for.

use axum::http::Uri;
use larboard_core::refusal::Refusal;

/// Why an address is refused; `None` if it is text.
pub fn fault(uri: &Uri) -> Option<Refusal> {
    // Without escapes it can only be visible ASCII.
    if !uri.path().contains('%') && uri.query().is_none_or(|query| !query.contains('%')) {
        return None;
    }
    let path = decoded(uri.path());
    match std::str::from_utf8(&path) {
        Err(_) => {
            return Some(Refusal::not_found(
                "The path holds escapes that are no UTF-8 text, so it names nothing; escape UTF-8 bytes.",
            ));
        }
        Ok(text) if text.contains('\0') => {
            return Some(Refusal::not_found(
                "The path holds the character U+0000, which no identifier has; remove %00.",
            ));
        }
        Ok(_) => {}
    }
    uri.query().filter(|query| query.contains("%00")).map(|_| {
        Refusal::invalid_request(
            "A query parameter holds the character U+0000, which no stored text has; remove %00.",
        )
    })
}

/// The bytes of a path with its escapes undone; what is no escape stays as it is.
fn decoded(path: &str) -> Vec<u8> {
    let bytes = path.as_bytes();
    let hex = |byte: u8| char::from(byte).to_digit(16);
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = (bytes.get(at + 1), bytes.get(at + 2));
        if let (b'%', (Some(&high), Some(&low))) = (byte, digits)
            && let (Some(high), Some(low)) = (hex(high), hex(low))
            && let Ok(value) = u8::try_from(high * 16 + low)
        {
            out.push(value);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(uri: &str) -> Option<u16> {
        fault(&uri.parse().expect("a URI")).map(|refusal| refusal.status())
    }

    #[test]
    fn escapes_of_text_pass_and_others_are_refused() {
        assert_eq!(refused("/v1/blueprints/caf%C3%A9/%2500?x=%2500"), None);
        assert_eq!(refused("/v1/blueprints/100%"), None);
        assert_eq!(refused("/v1/blueprints/%ff"), Some(404));
        assert_eq!(refused("/v1/blueprints/a%00b"), Some(404));
        assert_eq!(refused("/v1/audit-log?entity=%00"), Some(422));
    }
}
