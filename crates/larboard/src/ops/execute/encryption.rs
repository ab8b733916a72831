//! Encrypted inputs (facts/actions.md 8.3): what a person typed is encrypted for the backend before anything of it is
//! kept, and a run shows that there was something.
//!
//! `aes256-gcm` is done here, with the secret that the backend knows anyway. `client-side` was done by whoever sent the
//! input; the server has no key and passes the text on.

use crate::ops::{Failure, Outcome};
use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larboard_core::action::Action;
use larboard_core::id::IdSource;
use larboard_core::scrub::STRUCK_OUT;
use larboard_core::template::js_json;
use serde_json::{Map, Value};

/// Receivers read sixteen bytes before the text, four more than the cipher usually takes.
type Cipher = AesGcm<Aes256, U16>;

const NONCE: usize = 16;
const KEY: usize = 32;

/// Replaces the values of encrypted inputs by what the backend decrypts; returns the plain ones, which nobody else may see.
///
/// # Errors
/// If the client secret is too short to be a key.
pub(super) fn encrypt(
    action: &Action,
    inputs: &mut Map<String, Value>,
    client_secret: &str,
    ids: &dyn IdSource,
) -> Outcome<Vec<String>> {
    let mut plain_texts = Vec::new();
    for name in action.server_encrypted_inputs() {
        let Some(value) = inputs.get_mut(&name).filter(|value| !value.is_null()) else {
            continue;
        };
        let plain = match &*value {
            Value::String(text) => text.clone(),
            other => js_json(other),
        };
        *value = Value::String(seal(&plain, client_secret, ids)?);
        texts_of(&plain, &mut plain_texts);
    }
    Ok(plain_texts)
}

/// The inputs as a run keeps and shows them.
pub(super) fn censored(action: &Action, inputs: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = inputs.clone();
    for name in action.encrypted_inputs() {
        if let Some(value) = shown.get_mut(&name) {
            *value = STRUCK_OUT.into();
        }
    }
    shown
}

/// base64( nonce, ciphertext, tag ), under the first 32 bytes of the client secret.
fn seal(plain: &str, client_secret: &str, ids: &dyn IdSource) -> Outcome<String> {
    let unusable = || Failure::Internal("the client secret is no key for encrypted inputs".into());
    let key = client_secret.as_bytes().get(..KEY).ok_or_else(unusable)?;
    let cipher = Cipher::new_from_slice(key).map_err(|_| unusable())?;
    let mut nonce = [0_u8; NONCE];
    ids.fill(&mut nonce);
    let mut body = plain.as_bytes().to_vec();
    let nonce = Nonce::<U16>::from(nonce);
    let tag = cipher.encrypt_in_place_detached(&nonce, b"", &mut body);
    let tag = tag.map_err(|_| unusable())?;
    Ok(STANDARD.encode([nonce.as_slice(), &body, tag.as_slice()].concat()))
}

/// The plain text and, of an object, each text in it: a backend may send back a part.
fn texts_of(plain: &str, texts: &mut Vec<String>) {
    texts.push(plain.to_owned());
    let mut open: Vec<Value> = serde_json::from_str(plain).into_iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => texts.push(text),
            Value::Array(items) => open.extend(items),
            Value::Object(entries) => open.extend(entries.into_iter().map(|(_, value)| value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemIds;
    use serde_json::json;

    const SECRET: &str = "secretSecretSecretSecretSecretSecretSecretSecretSecretSecret0001";

    /// Counts up from zero, so that a text can be computed elsewhere.
    struct Counting;

    impl IdSource for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n);
        }
    }

    fn action(encryption: &Value) -> Action {
        let body = json!({
            "identifier": "a",
            "trigger": "CREATE",
            "userInputs": {"properties": {
                "token": {"type": "string", "encryption": encryption},
                "config": {"type": "object", "encryption": encryption},
                "name": {"type": "string"}
            }},
            "invocationMethod": {"type": "KAFKA"}
        });
        Action::parse_legacy("b", &body).expect("an action")
    }

    fn inputs() -> Map<String, Value> {
        let inputs =
            json!({"token": "hunter2 ☃", "config": {"b": [1.0, "inner-secret"]}, "name": "shop"});
        inputs.as_object().expect("an object").clone()
    }

    /// As a receiver does it: the other way round, with what the facts say of the layout.
    fn open(sealed: &str) -> String {
        let bytes = STANDARD.decode(sealed).expect("base64");
        let (nonce, rest) = bytes.split_at(16);
        let (body, tag) = rest.split_at(rest.len() - 16);
        let mut body = body.to_vec();
        Cipher::new_from_slice(&SECRET.as_bytes()[..32])
            .expect("a key")
            .decrypt_in_place_detached(nonce.into(), b"", &mut body, tag.into())
            .expect("the tag of this text");
        String::from_utf8(body).expect("text")
    }

    #[test]
    fn a_receiver_with_the_client_secret_reads_what_was_typed() {
        let mut inputs = inputs();
        let action = action(&json!("aes256-gcm"));
        let plain = encrypt(&action, &mut inputs, SECRET, &SystemIds).expect("encrypted");
        assert_eq!(open(inputs["token"].as_str().expect("text")), "hunter2 ☃");
        let config = open(inputs["config"].as_str().expect("text"));
        assert_eq!(config, r#"{"b":[1,"inner-secret"]}"#);
        assert_eq!(inputs["name"], "shop");
        assert!(plain.contains(&"inner-secret".to_owned()), "{plain:?}");
    }

    #[test]
    fn the_text_is_the_one_another_implementation_makes() {
        let sealed = seal("hunter2 ☃", SECRET, &Counting).expect("sealed");
        assert_eq!(
            sealed,
            "AAECAwQFBgcICQoLDA0OD6EbQBDYNfFJR8Etecvo7GETMskI8/zgePY8Ag=="
        );
    }

    #[test]
    fn what_the_client_encrypted_is_passed_on_and_neither_is_shown() {
        let action = action(&json!({"algorithm": "client-side", "key": "PEM"}));
        let mut sent = inputs();
        assert_eq!(
            encrypt(&action, &mut sent, SECRET, &SystemIds).expect("as it is"),
            Vec::<String>::new()
        );
        assert_eq!(sent, inputs());
        let shown = Value::Object(censored(&action, &sent));
        assert_eq!(
            shown,
            json!({"token": "***", "config": "***", "name": "shop"})
        );
    }

    #[test]
    fn a_secret_that_is_too_short_is_no_key() {
        let action = action(&json!("aes256-gcm"));
        assert!(encrypt(&action, &mut inputs(), "short", &SystemIds).is_err());
    }
}
