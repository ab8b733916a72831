//! Sends to real receivers over real sockets, on loopback addresses that the tests allow where they mean to.

mod attempts;
mod guarding;
mod receiver;
mod transport;

use super::*;
use futures_util::future::BoxFuture;
use larboard_core::time::Timestamp;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;

/// A clock that stands still, so that timestamps and signatures can be written down.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_999)
    }
}

/// Answers each lookup with the next of its answers; the last one repeats.
struct Script(Mutex<VecDeque<Vec<IpAddr>>>);

impl Script {
    fn of(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |texts: &&[&str]| {
            texts
                .iter()
                .map(|text| text.parse().expect("an address"))
                .collect()
        };
        Arc::new(Self(Mutex::new(answers.iter().map(parse).collect())))
    }
}

impl Resolve for Script {
    fn resolve(&self, _host: &str) -> BoxFuture<'_, io::Result<Vec<IpAddr>>> {
        let mut answers = self.0.lock();
        let answer = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        Box::pin(async move { Ok(answer.unwrap_or_default()) })
    }
}

fn address(url: &str) -> Url {
    destination::parse_url(url).expect("a URL")
}

fn options(allow: &str) -> WebhookOptions {
    WebhookOptions {
        allow: AllowList::parse(allow).expect("an allow list"),
        ..WebhookOptions::default()
    }
}

fn client(options: WebhookOptions) -> WebhookClient {
    WebhookClient::new(options).expect("a webhook client")
}

fn local() -> WebhookClient {
    client(options("127.0.0.0/8"))
}

/// Short for receivers that never finish.
fn hasty() -> WebhookClient {
    client(WebhookOptions {
        timeout: Duration::from_secs(1),
        ..options("127.0.0.0/8")
    })
}

fn request(url: impl Into<String>) -> RenderedRequest {
    RenderedRequest {
        method: "POST".to_owned(),
        url: url.into(),
        headers: Vec::new(),
        body: br#"{"a":1}"#.to_vec(),
        synchronized: false,
        delivery_id: "dlv_AAAAAAAAAAAAAAAA".to_owned(),
        run_id: "r_AAAAAAAAAAAAAAAA".to_owned(),
        traceparent: None,
        secrets: Vec::new(),
    }
}

async fn send(client: &WebhookClient, request: &RenderedRequest) -> AttemptResult {
    client
        .send(request, 1, "test-secret", &Still, None)
        .await
        .result
}

fn failure(result: AttemptResult) -> (FailureKind, String) {
    match result {
        AttemptResult::Failed { kind, message } => (kind, message),
        answered @ AttemptResult::Answered { .. } => panic!("expected a failure: {answered:?}"),
    }
}

/// Status, body and whether the body was cut.
fn answer(result: AttemptResult) -> (u16, Vec<u8>, bool) {
    match result {
        AttemptResult::Answered {
            status,
            body,
            truncated,
            ..
        } => (status, body, truncated),
        failed @ AttemptResult::Failed { .. } => panic!("expected an answer: {failed:?}"),
    }
}
