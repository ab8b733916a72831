//! The outgoing side: how a rendered invocation reaches its backend, and what came of it.
//!
//! It holds the request and outcome of one attempt, the guard against private destinations, the webhook client and the retry
//! rule. It knows no database and no run: the worker leases an outbox row, hands the request over and records the outcome.

pub mod destination;
pub mod retry;
pub mod webhook;

pub use destination::{AllowList, DestinationRefusal, Resolve, SystemResolver};
pub use retry::{Decision, next_attempt};
pub use webhook::{SetupError, WebhookClient, WebhookOptions};

use larboard_core::scrub::Scrubber;
use larboard_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// One invocation, rendered: what goes over the wire, byte for byte. It may hold secrets, so it is stored encrypted only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, in any case (facts/actions.md 3.1, A23).
    pub method: String,
    /// The address, `http` or `https`.
    pub url: String,
    /// The author's headers after templating, in the author's order.
    pub headers: Vec<(String, String)>,
    /// The exact bytes to send and to sign; not sent with `GET`.
    #[serde(with = "body_as_text")]
    pub body: Vec<u8>,
    /// Whether the answer ends the run.
    pub synchronized: bool,
    /// The same for every attempt of this delivery, so that a receiver can drop repeats.
    pub delivery_id: String,
    /// The run this invocation belongs to.
    pub run_id: String,
    /// The trace of the request that executed the action, as `traceparent` carries it to the backend.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// The secrets in this request, and what was computed from one: struck out of whatever comes back.
    #[serde(default)]
    pub secrets: Vec<String>,
}

/// A body is stored as the text it is: as a list of numbers it would take four times the room.
mod body_as_text {
    use serde::{Deserialize, Deserializer, Serializer, ser};

    pub(super) fn serialize<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(body).map_err(ser::Error::custom)?)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        String::deserialize(deserializer).map(String::into_bytes)
    }
}

impl fmt::Debug for RenderedRequest {
    /// Leaves out everything that may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedRequest")
            .field("method", &self.method)
            .field("delivery_id", &self.delivery_id)
            .field("run_id", &self.run_id)
            .finish_non_exhaustive()
    }
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// When the attempt began; the timestamp that was signed.
    pub started_at: Timestamp,
    /// Milliseconds until the answer was read or the attempt failed.
    pub duration_ms: i64,
    /// The answer or the failure.
    pub result: AttemptResult,
}

impl Outcome {
    /// The outcome without secrets that the receiver sent back. Nothing of an answer is stored or logged before this.
    #[must_use]
    pub fn scrubbed(mut self, scrubber: &Scrubber) -> Self {
        match &mut self.result {
            AttemptResult::Answered {
                headers_excerpt,
                body,
                truncated,
                ..
            } => {
                for (_, value) in headers_excerpt {
                    let struck = match value.chars().count() {
                        webhook::HEADER_CHARACTERS.. => scrubber.cut_text(value),
                        _ => scrubber.text(value),
                    };
                    if let Cow::Owned(struck) = struck {
                        *value = struck;
                    }
                }
                let text = String::from_utf8_lossy(body);
                let struck = if *truncated {
                    scrubber.cut_text(&text)
                } else {
                    scrubber.text(&text)
                };
                if let Cow::Owned(struck) = struck {
                    *body = struck.into_bytes();
                }
            }
            AttemptResult::Failed { message, .. } => {
                *message = scrubber.text(message).into_owned();
            }
        }
        self
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// The receiver answered with a status. The status counts even if the rest of the answer did not arrive in full: whoever
    /// took a job must not be sent it again because of a slow body.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The first headers of the answer, cut to a readable length, cookies left out.
        headers_excerpt: Vec<(String, String)>,
        /// The body up to the limit.
        body: Vec<u8>,
        /// Whether the body was longer than what was read, or broke off.
        truncated: bool,
        /// How long the receiver asks us to wait (`Retry-After`), in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// There was no answer.
    Failed {
        /// What kind of failure.
        kind: FailureKind,
        /// A sentence for people. It names the host and holds no secret.
        message: String,
    },
}

impl AttemptResult {
    /// The status answered, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answered { status, .. } => Some(*status),
            Self::Failed { .. } => None,
        }
    }
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// We did not send: the address is private or the request is ill-formed. Trying again will not help.
    Refused,
    /// The host name was not found.
    Dns,
    /// No connection was made.
    Connect,
    /// The TLS handshake failed, for example over an unknown certificate.
    Tls,
    /// The time was over before there was an answer.
    Timeout,
    /// The head of the answer was too large to read.
    TooLarge,
    /// The answer was not HTTP, or the connection closed before it.
    Protocol,
}

impl FailureKind {
    /// The word stored with an attempt.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Protocol => "protocol",
        }
    }
}
