//! Checks the signature of a webhook as a receiver would, from the facts and not with the product's code
//! (facts/actions.md 4.4).

use crate::fixtures;
use crate::sink::Received;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What `x-port-signature` must be.
fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = [timestamp.as_bytes(), b".", body].concat();
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, &signed)))
}

/// Fails unless the request is signed with `secret`.
#[track_caller]
pub fn verify(request: &Received, secret: &str) {
    let timestamp = request.header("x-port-timestamp");
    assert_eq!(
        request.header("x-port-signature"),
        signature(secret, timestamp, &request.body)
    );
}

#[test]
fn the_receiver_of_these_tests_computes_the_published_signatures() {
    let vectors = fixtures::read("signature_vectors");
    let vectors = vectors.as_array().expect("a list");
    assert!(!vectors.is_empty());
    for vector in vectors {
        let text = |key: &str| vector[key].as_str().expect("a text");
        assert_eq!(
            signature(text("secret"), text("timestamp"), text("body").as_bytes()),
            text("signature")
        );
    }
}
