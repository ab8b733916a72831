//! The backend at the other end: a real HTTP server that records what it is sent and answers as it is told.
//!
//! `/hold` never answers while the test lasts, `/status/<n>` answers `n`, `/text` answers plain text, `/script` answers
//! what the test has queued, `/echo/<spelling>` answers what it was sent; every other path, and `/script` once the queue is empty, answers 200.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("the request has no header {name}: {:?}", self.headers))
            .to_str()
            .expect("a header of text")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// What `/script` answers next.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// A status without more.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: json!({ "status": status }).to_string().into_bytes(),
        }
    }
}

struct Shared {
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    script: Mutex<VecDeque<Answer>>,
    stop: CancellationToken,
}

/// A running receiver.
#[derive(Clone)]
pub struct Sink {
    /// Such as `http://127.0.0.1:34567`.
    pub base: String,
    shared: Arc<Shared>,
}

impl Sink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            count: watch::Sender::new(0),
            script: Mutex::default(),
            stop: CancellationToken::new(),
        });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let stop = shared.stop.clone();
        tokio::spawn(async move {
            let stopped = async move { stop.cancelled().await };
            axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
                .expect("a receiver that goes on");
        });
        Self { base, shared }
    }

    /// Queues an answer of `/script`.
    pub fn will_answer(&self, answer: Answer) {
        self.shared.script.lock().push_back(answer);
    }

    /// What has arrived, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().clone()
    }

    /// Waits until `count` requests have arrived and returns them.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut counted = self.shared.count.subscribe();
        let arrived = counted.wait_for(|have| *have >= count);
        let waited = tokio::time::timeout(Duration::from_secs(20), arrived).await;
        assert!(
            waited.is_ok(),
            "{count} requests should have arrived, {} have",
            self.received().len()
        );
        self.received()
    }

    /// Lets go of whoever is held, and takes no more.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let echo = path
        .starts_with("/echo/")
        .then(|| crate::redaction::echo(&parts, &body));
    shared.received.lock().push(Received {
        method: parts.method.to_string(),
        headers: parts.headers,
        body: body.to_vec(),
    });
    shared.count.send_modify(|count| *count += 1);
    if path == "/hold" {
        shared.stop.cancelled().await;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Some(echo) = echo {
        return reply(echo);
    }
    if path == "/text" {
        return "done".into_response();
    }
    if let Some(status) = path.strip_prefix("/status/") {
        return reply(Answer::status(status.parse().expect("a status")));
    }
    if path == "/script"
        && let Some(next) = shared.script.lock().pop_front()
    {
        return reply(next);
    }
    reply(Answer {
        status: 200,
        headers: Vec::new(),
        body: br#"{"accepted":true}"#.to_vec(),
    })
}

fn reply(answer: Answer) -> Response {
    let mut builder = Response::builder()
        .status(answer.status)
        .header(header::CONTENT_TYPE, "application/json");
    for (name, value) in answer.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(Body::from(answer.body))
        .expect("a reply as the test wrote it")
}
