//! Sends a rendered request as a signed webhook and reads the answer, once. Retries, leases and records are the worker's part.
//!
//! What it promises: no connection to an address the guard refuses, no redirect followed, no more of an answer held than the
//! limit, and an end after the timeout whatever the receiver does. Connections are pooled per receiver.

mod answer;
mod failure;
mod headers;
pub mod signature;
mod transport;

pub use answer::HEADER_CHARACTERS;
pub use transport::SetupError;

use super::destination::{self, AllowList, DestinationRefusal, Guard, Resolve, SystemResolver};
use super::{AttemptResult, FailureKind, Outcome, RenderedRequest};
use headers::Attempt;
use larboard_core::time::Clock;
use reqwest::Method;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How webhooks are sent.
pub struct WebhookOptions {
    /// Private destinations that may be called all the same.
    pub allow: AllowList,
    /// The longest an attempt takes from name resolution to the last byte of the answer; 30 s by default.
    pub timeout: Duration,
    /// The longest that name resolution, connection and TLS handshake take together; 10 s by default.
    pub connect_timeout: Duration,
    /// How much of an answer's body is kept, in bytes; 1 MiB by default. The rest is not read.
    pub max_response_bytes: usize,
    /// PEM certificates trusted besides those of the system.
    pub ca_bundle: Option<Vec<u8>>,
    /// An HTTP proxy for every request. The proxy resolves names itself, so with it the guard checks a destination before the
    /// request is handed over, and cannot see what the proxy connects to.
    pub proxy: Option<Url>,
    /// The `user-agent` of requests whose author set none.
    pub user_agent: String,
    /// Where addresses of host names come from.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self {
            allow: AllowList::default(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            max_response_bytes: 1 << 20,
            ca_bundle: None,
            proxy: None,
            user_agent: concat!("larboard/", env!("CARGO_PKG_VERSION")).to_owned(),
            resolver: Arc::new(SystemResolver),
        }
    }
}

/// The client every webhook goes through. Cheap to share behind an `Arc`; one per process, so that connections are reused.
pub struct WebhookClient {
    http: reqwest::Client,
    guard: Arc<Guard>,
    proxied: bool,
    connect_timeout: Duration,
    max_response_bytes: usize,
}

impl WebhookClient {
    /// # Errors
    /// The certificates or the proxy cannot be used.
    pub fn new(options: WebhookOptions) -> Result<Self, SetupError> {
        let guard = Arc::new(Guard::new(
            options.allow.clone(),
            Arc::clone(&options.resolver),
        ));
        Ok(Self {
            http: transport::build(&options, &guard)?,
            guard,
            proxied: options.proxy.is_some(),
            connect_timeout: options.connect_timeout,
            max_response_bytes: options.max_response_bytes,
        })
    }

    /// Checks the destination of an invocation when its action is executed, so that a mistake is told to the person who made
    /// it. Every send checks again.
    ///
    /// # Errors
    /// Why the destination will not be called.
    pub async fn check_destination(&self, url: &Url) -> Result<(), DestinationRefusal> {
        self.check(url).await
    }

    /// Makes attempt number `attempt` (counted from 1) of a delivery, signed with `signing_key` at the time of `clock`.
    /// `traceparent` is the W3C trace context to pass on. Never fails: failures are outcomes.
    pub async fn send(
        &self,
        request: &RenderedRequest,
        attempt: u32,
        signing_key: &str,
        clock: &dyn Clock,
        traceparent: Option<&str>,
    ) -> Outcome {
        let started_at = clock.now();
        let attempt = Attempt {
            number: attempt,
            started_at,
            signing_key,
            traceparent,
        };
        let result = match self.deliver(request, &attempt, clock).await {
            Ok(result) => result,
            Err((kind, message)) => AttemptResult::Failed { kind, message },
        };
        let duration_ms = (clock.now().as_millis() - started_at.as_millis()).max(0);
        Outcome {
            started_at,
            duration_ms,
            result,
        }
    }

    async fn deliver(
        &self,
        request: &RenderedRequest,
        attempt: &Attempt<'_>,
        clock: &dyn Clock,
    ) -> Result<AttemptResult, (FailureKind, String)> {
        let url = destination::parse_url(&request.url).map_err(refused)?;
        self.check_before_sending(&url).await?;
        let receiver = destination::receiver_of(&url);
        let outgoing =
            outgoing(request, url, attempt).map_err(|sentence| (FailureKind::Refused, sentence))?;
        match self.http.execute(outgoing).await {
            Ok(response) => Ok(answer::read(response, self.max_response_bytes, clock).await),
            Err(error) => Err(failure::explain(error, &receiver)),
        }
    }

    /// What the connector will not check for us: addresses in the URL, and everything if a proxy connects in our place.
    async fn check_before_sending(&self, url: &Url) -> Result<(), (FailureKind, String)> {
        if self.proxied {
            self.check(url).await.map_err(refused)
        } else {
            self.guard.check_literal(url).map(|_| ()).map_err(refused)
        }
    }

    async fn check(&self, url: &Url) -> Result<(), DestinationRefusal> {
        let check = async {
            if self.proxied {
                self.guard.check_before_proxy(url).await
            } else {
                self.guard.check(url).await
            }
        };
        match tokio::time::timeout(self.connect_timeout, check).await {
            Ok(result) => result,
            Err(_) => Err(DestinationRefusal::NotResolvable {
                host: url.host_str().unwrap_or_default().to_owned(),
            }),
        }
    }
}

impl RenderedRequest {
    /// Checks what can be checked without the network: URL, method and headers. For use when an action is executed. Returns
    /// the URL as it was read.
    ///
    /// # Errors
    /// A sentence that names the part, its value where it is no secret, and the way out.
    pub fn check(&self) -> Result<Url, String> {
        let url = destination::parse_url(&self.url).map_err(|refusal| refusal.to_string())?;
        method(&self.method)?;
        headers::of_author(&self.headers)?;
        Ok(url)
    }
}

fn refused(refusal: DestinationRefusal) -> (FailureKind, String) {
    let kind = match refusal {
        DestinationRefusal::NotResolvable { .. } => FailureKind::Dns,
        DestinationRefusal::Private { .. } | DestinationRefusal::BadUrl(_) => FailureKind::Refused,
    };
    (kind, refusal.to_string())
}

/// `GET` carries no body and signs the empty string (facts/actions.md, A23).
fn outgoing(
    request: &RenderedRequest,
    mut url: Url,
    attempt: &Attempt<'_>,
) -> Result<reqwest::Request, String> {
    let method = method(&request.method)?;
    let body: &[u8] = if method == Method::GET {
        &[]
    } else {
        &request.body
    };
    let headers = headers::assemble(request, &mut url, body, attempt)?;
    let mut outgoing = reqwest::Request::new(method, url);
    *outgoing.headers_mut() = headers;
    if !body.is_empty() {
        *outgoing.body_mut() = Some(body.to_vec().into());
    }
    Ok(outgoing)
}

fn method(text: &str) -> Result<Method, String> {
    match text.trim().to_ascii_uppercase().as_str() {
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        "GET" => Ok(Method::GET),
        _ => Err(format!(
            "The webhook method `{text}` is not one of POST, PUT, PATCH, DELETE and GET."
        )),
    }
}

#[cfg(test)]
mod tests;
