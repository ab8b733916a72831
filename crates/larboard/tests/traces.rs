//! Traces as a collector gets them: the product as a process, a collector that decodes what it is sent, and a backend
//! that looks at the context of its webhook.

#![cfg(feature = "otlp")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails the test"
)]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);
const CLIENT: (&str, &str) = ("traced", "a-secret-of-traces-with-more-than-32-characters");

/// What the collector and the backend were sent.
#[derive(Clone, Default)]
struct Received {
    spans: Arc<Mutex<Vec<Span>>>,
    services: Arc<Mutex<Vec<String>>>,
    webhooks: Arc<Mutex<Vec<HeaderMap>>>,
}

async fn collect(State(received): State<Received>, body: Bytes) -> StatusCode {
    let request = ExportTraceServiceRequest::decode(body).expect("a request of OTLP");
    for resource in request.resource_spans {
        let attributes = resource
            .resource
            .map(|it| it.attributes)
            .unwrap_or_default();
        let service = attributes.iter().find(|it| it.key == "service.name");
        let mut services = received.services.lock().expect("the services");
        services.push(format!("{:?}", service.map(|it| &it.value)));
        let spans = resource
            .scope_spans
            .into_iter()
            .flat_map(|scope| scope.spans);
        received.spans.lock().expect("the spans").extend(spans);
    }
    StatusCode::OK
}

async fn backend(State(received): State<Received>, headers: HeaderMap) -> StatusCode {
    received
        .webhooks
        .lock()
        .expect("the webhooks")
        .push(headers);
    StatusCode::OK
}

/// Serves collector and backend; where.
async fn listen(received: Received) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new()
        .route("/v1/traces", post(collect))
        .route("/hook", post(backend))
        .with_state(received);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// The product with these settings, and where it serves.
async fn serve(directory: &TempDir, settings: &[(&str, &str)]) -> (Child, String) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let mut child = Command::new(env!("CARGO_BIN_EXE_larboard"))
        .args(["serve", "--listen", &address, "--log", "warn"])
        .env("LARBOARD_DATA", directory.path())
        .env("LARBOARD_BOOTSTRAP_CLIENT_ID", CLIENT.0)
        .env("LARBOARD_BOOTSTRAP_CLIENT_SECRET", CLIENT.1)
        .env("LARBOARD_WEBHOOK_ALLOW", "127.0.0.0/8")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let serves = async {
        while let Some(line) = lines.next_line().await.expect("text") {
            if line.starts_with("Larboard serves") {
                return;
            }
        }
        panic!("the server ended before it served");
    };
    timeout(PATIENCE, serves).await.expect("it serves");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, format!("http://{address}"))
}

/// Stops the product as an operator would.
async fn stop(mut child: Child) {
    let id = child.id().expect("a process").to_string();
    let asked = Command::new("kill").args(["-TERM", &id]).status().await;
    assert!(asked.expect("kill runs").success());
    let ended = timeout(PATIENCE, child.wait()).await.expect("it ends");
    assert!(ended.expect("a status").success());
}

struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    async fn new(base: String) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let mut client = Self {
            http,
            base,
            token: String::new(),
        };
        let credentials = json!({ "clientId": CLIENT.0, "clientSecret": CLIENT.1 });
        let reply = client
            .post("/v1/auth/access_token", &credentials, None)
            .await
            .1;
        client.token = reply["accessToken"].as_str().expect("a token").to_owned();
        client
    }

    /// Posts and gives the `x-trace-id` and the body of the reply.
    async fn post(&self, path: &str, body: &Value, traceparent: Option<&str>) -> (String, Value) {
        let mut request = self.http.post(format!("{}{path}", self.base)).json(body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(context) = traceparent {
            request = request.header("traceparent", context);
        }
        let reply = request.send().await.expect("a reply");
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        let trace = reply.headers()["x-trace-id"]
            .to_str()
            .expect("text")
            .to_owned();
        (trace, reply.json().await.expect("JSON"))
    }

    async fn execute(&self, traceparent: Option<&str>) -> (String, String) {
        let (trace, body) = self
            .post(
                "/v1/actions/ping/runs",
                &json!({ "properties": {} }),
                traceparent,
            )
            .await;
        (trace, body["run"]["id"].as_str().expect("a run").to_owned())
    }

    async fn make_action(&self, hook: &str) {
        let action = json!({
            "identifier": "ping",
            "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {} } },
            "invocationMethod": { "type": "WEBHOOK", "url": format!("{hook}/hook") },
        });
        self.post("/v1/actions", &action, None).await;
    }
}

/// Waits until the backend was called so often; the context of its last call.
async fn called(received: &Received, times: usize) -> String {
    let calls = || received.webhooks.lock().expect("the webhooks").clone();
    let waiting = async {
        while calls().len() < times {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waiting)
        .await
        .expect("the webhook arrives");
    let last = calls().pop().expect("a call");
    last["traceparent"].to_str().expect("text").to_owned()
}

fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|it| it.key == key);
    format!("{:?}", found.and_then(|it| it.value.as_ref()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_its_run_and_its_delivery_share_one_trace_which_reaches_the_backend() {
    let received = Received::default();
    let outside = listen(received.clone()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", outside.as_str()),
        ("OTEL_SERVICE_NAME", "portal-under-test"),
    ];
    let (server, base) = serve(&directory, &settings).await;
    let client = Client::new(base).await;
    client.make_action(&outside).await;

    // A trace that begins here, and one that began at the client.
    let (own, own_run) = client.execute(None).await;
    called(&received, 1).await;
    let theirs = "0af7651916cd43dd8448eb211c80319c";
    let context = format!("00-{theirs}-b7ad6b7169203331-01");
    let (continued, run) = client.execute(Some(&context)).await;
    let sent = called(&received, 2).await;
    assert_eq!(continued, theirs);
    // Whatever was not exported yet is exported now.
    stop(server).await;

    let spans = received.spans.lock().expect("the spans").clone();
    let services = received.services.lock().expect("the services").clone();
    assert!(
        services
            .iter()
            .all(|name| name.contains("portal-under-test")),
        "{services:?}"
    );
    for (trace, run) in [(own.as_str(), own_run), (theirs, run)] {
        let of_trace: Vec<&Span> = spans
            .iter()
            .filter(|span| hex(&span.trace_id) == trace)
            .collect();
        let named = |name: &str| {
            let found: Vec<_> = of_trace.iter().filter(|span| span.name == name).collect();
            assert_eq!(found.len(), 1, "{name}: {of_trace:#?}");
            **found.first().expect("one")
        };
        let request = named("POST /v1/actions/{action}/runs");
        let delivery = named("deliver webhook");
        assert!(attribute(request, "http.response.status_code").contains("202"));
        assert!(attribute(request, "http.route").contains("/v1/actions/{action}/runs"));
        assert!(attribute(delivery, "larboard.run.id").contains(&run));
        assert!(attribute(delivery, "larboard.delivery.id").contains("dlv_"));
        assert_eq!(delivery.parent_span_id, request.span_id);
        let store = |parent: &Span| {
            of_trace
                .iter()
                .any(|span| span.name == "store" && span.parent_span_id == parent.span_id)
        };
        assert!(store(request) && store(delivery), "{of_trace:#?}");
        if trace == theirs {
            assert_eq!(hex(&request.parent_span_id), "b7ad6b7169203331");
            assert_eq!(sent, format!("00-{theirs}-{}-01", hex(&delivery.span_id)));
        } else {
            assert!(request.parent_span_id.is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_is_not_sampled_is_passed_on_but_not_exported() {
    let received = Received::default();
    let outside = listen(received.clone()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", outside.as_str()),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
    ];
    let (server, base) = serve(&directory, &settings).await;
    let client = Client::new(base).await;
    client.make_action(&outside).await;
    let (trace, _) = client.execute(None).await;
    let sent = called(&received, 1).await;
    stop(server).await;
    assert!(sent.starts_with(&format!("00-{trace}-")), "{sent} {trace}");
    assert!(sent.ends_with("-00"), "{sent}");
    assert!(received.spans.lock().expect("the spans").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_the_context_still_reaches_the_backend() {
    let received = Received::default();
    let outside = listen(received.clone()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let (server, base) = serve(&directory, &[]).await;
    let client = Client::new(base).await;
    client.make_action(&outside).await;
    let (trace, _) = client.execute(None).await;
    let sent = called(&received, 1).await;
    stop(server).await;
    assert!(sent.starts_with(&format!("00-{trace}-")), "{sent} {trace}");
    assert!(received.spans.lock().expect("the spans").is_empty());
}
