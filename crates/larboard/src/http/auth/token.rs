//! Access tokens: signed, short-lived, checked without a query (facts/actions.md 8.1).
//!
//! A token says who its bearer is and no more; what that account may do is looked up at each request.

use super::unauthorized;
use crate::keys::Keys;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use larboard_core::refusal::Refusal;
use larboard_core::time::Timestamp;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Verified tokens that are remembered, so that a busy client pays for the signature once.
const REMEMBERED: usize = 8192;

/// What a token says. The spelling is what integrations read from it, unverified.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    #[serde(rename = "orgId")]
    organization: String,
    #[serde(rename = "isMachine")]
    is_machine: bool,
    #[serde(rename = "personalToken")]
    personal_token: bool,
    iat: i64,
    exp: i64,
}

/// The subject of a verified token and when it expires.
type Verified = (Box<str>, Timestamp);

/// Makes and checks access tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    verified: RwLock<HashMap<Box<str>, Verified>>,
}

const ISSUER: &str = "larboard";

impl Tokens {
    /// Tokens signed with the key of this installation.
    pub fn new(keys: &Keys) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        // The expiry is compared with the clock of the application, below.
        validation.validate_exp = false;
        Self {
            encoding: EncodingKey::from_secret(&keys.token),
            decoding: DecodingKey::from_secret(&keys.token),
            validation,
            verified: RwLock::default(),
        }
    }

    /// A token for `subject`, a client id, valid for `seconds`.
    ///
    /// # Errors
    /// If the token cannot be signed, which only a broken key causes.
    pub fn issue(
        &self,
        subject: &str,
        organization: &str,
        now: Timestamp,
        seconds: u64,
    ) -> Result<String, String> {
        let issued = now.as_millis() / 1000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: subject.to_owned(),
            organization: organization.to_owned(),
            is_machine: true,
            personal_token: false,
            iat: issued,
            exp: issued + i64::try_from(seconds).unwrap_or(i64::MAX / 2),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|e| e.to_string())
    }

    /// The subject of a valid token.
    ///
    /// # Errors
    /// `unauthorized`, saying whether the token has expired or was never one of ours.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<String, Refusal> {
        let known = self.verified.read().get(token).cloned();
        let (subject, expires) = match known {
            Some(known) => known,
            None => self.check(token)?,
        };
        if now >= expires {
            self.verified.write().remove(token);
            return Err(unauthorized(
                "The access token has expired; ask POST /v1/auth/access_token for a new one.",
            ));
        }
        Ok(subject.into())
    }

    fn check(&self, token: &str) -> Result<(Box<str>, Timestamp), Refusal> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| {
                unauthorized(
                    "The access token is not valid; ask POST /v1/auth/access_token for one.",
                )
            })?
            .claims;
        let known: (Box<str>, Timestamp) = (
            claims.sub.into(),
            Timestamp::from_millis(claims.exp.saturating_mul(1000)),
        );
        let mut verified = self.verified.write();
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(token.into(), known.clone());
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemIds;
    use std::sync::Arc;

    fn tokens(byte: u8) -> Tokens {
        use base64::Engine;
        let key = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
        Tokens::new(&Keys::from_base64(&key, Arc::new(SystemIds)).expect("32 bytes"))
    }

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    #[test]
    fn a_token_names_its_subject_until_it_expires() {
        let tokens = tokens(1);
        let token = tokens.issue("client", "org_1", NOW, 60).expect("signed");
        assert_eq!(tokens.verify(&token, NOW).expect("valid"), "client");
        assert_eq!(
            tokens
                .verify(&token, NOW.plus_millis(59_999))
                .expect("valid still"),
            "client"
        );
        let error = tokens
            .verify(&token, NOW.plus_millis(60_000))
            .expect_err("expired");
        assert!(error.message.contains("expired"));
    }

    #[test]
    fn a_token_of_another_installation_is_refused() {
        let token = tokens(1).issue("client", "org_1", NOW, 60).expect("signed");
        assert!(tokens(2).verify(&token, NOW).is_err());
        assert!(tokens(1).verify("garbage", NOW).is_err());
        assert!(tokens(1).verify("", NOW).is_err());
    }
}
