//! The signature of a webhook (facts/actions.md 4.4). Knows nothing of requests or of where the key is kept.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of `x-port-signature`: `v1,` and the Base64 of HMAC-SHA256 over `<timestamp>.<body>`, keyed with the client secret
/// of the organization's default app. `timestamp` is in Unix seconds, `body` the exact bytes sent (empty when there are none).
pub fn sign(key: &str, timestamp: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(timestamp.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    let mut value = String::with_capacity(48);
    value.push_str("v1,");
    STANDARD.encode_string(context.sign(), &mut value);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_an_ascii_body_is_the_published_one() {
        let value = sign("test-secret", 1_700_000_000, br#"{"a":1}"#);
        assert_eq!(value, "v1,jLLDNV/KOI6awsrsAE9NXXBF10k3q1+q1h3BFoIkep8=");
    }

    #[test]
    fn the_signature_covers_the_bytes_of_letters_outside_ascii() {
        let body = r#"{"runId":"r_AAAAAAAAAAAAAAAA","n":"é"}"#;
        let value = sign("test-secret", 1_700_000_000, body.as_bytes());
        assert_eq!(value, "v1,LgchHglom8duy9trzbNN5QFdCfVX5W64p2h71i5o87I=");
    }
}
