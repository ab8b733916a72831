//! SIGTERM under load: what was begun is finished, what was acknowledged is there, and the status says that all is well.

use crate::PATIENCE;
use crate::ledger::Ledger;
use crate::load::Load;
use crate::postgres::Postgres;
use crate::server::Place;
use crate::sink::Sink;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Deliveries that are under way when the server is asked to stop.
const UNDER_WAY: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_asked_to_stop_finishes_what_it_began_on_sqlite() {
    finishes(&Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_asked_to_stop_finishes_what_it_began_on_postgresql() {
    let postgres = Postgres::start().await;
    let mut place = Place::postgres(&postgres.url);
    place.webhook_timeout = 30;
    finishes(&place).await;
}

async fn finishes(place: &Place) {
    let (sink, ledger) = (Sink::start().await, Ledger::default());
    let server = place.serve().await;
    let client = server.client().await;
    client.prepare(&sink.url).await;
    let run = client.execute().await;
    sink.hold();
    let mut held = Vec::new();
    for _ in 0..UNDER_WAY {
        held.push(client.execute().await);
    }
    sink.has_all(&held).await;
    // After them, because what the load executes is held as well, and would take the places they are sent from.
    let before = ledger.counts();
    let mut load = Load::start(std::slice::from_ref(&client), &ledger, "load").await;
    ledger.progress(before, 10).await;

    let mut half = HalfRequest::send(place.port, &run, &client.token).await;
    server.ask_to_stop().await;
    // The writers are told that nobody answers any more, and so the server no longer takes requests.
    load.ended().await;
    no_longer_listens(place.port).await;
    assert_eq!(
        half.finish().await,
        "HTTP/1.1 201 Created",
        "the request under way"
    );
    ledger.line(&run, 0, HalfRequest::MESSAGE.to_owned());
    sink.answer();
    let status = server.ended().await;
    assert!(status.success(), "it ended with {status}");

    let server = place.serve().await;
    let client = server.client().await;
    for run in &held {
        let reply = client
            .get(&format!("/v1/actions/runs/{run}/deliveries"))
            .await;
        let delivery = &reply["deliveries"][0];
        assert_eq!(delivery["state"], "SUCCEEDED", "{delivery}");
        assert_eq!(sink.count_of(run), 1, "webhooks of {run}");
    }
    ledger.check(&client, &sink).await;
    println!(
        "SIGTERM with {UNDER_WAY} deliveries under way; all there: {:?}",
        ledger.counts()
    );
    server.kill().await;
}

/// Stops that meet the sender at whatever it does; about every second one meets it claiming.
const STOPS: usize = 8;

/// Webhooks that wait when the server is first asked to stop.
const WAITING: usize = 240;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_asked_to_stop_while_it_claims_ends_although_deliveries_wait_on_sqlite() {
    ends_although_deliveries_wait(Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_asked_to_stop_while_it_claims_ends_although_deliveries_wait_on_postgresql() {
    let postgres = Postgres::start().await;
    let mut place = Place::postgres(&postgres.url);
    place.webhook_timeout = 30;
    ends_although_deliveries_wait(place).await;
}

async fn ends_although_deliveries_wait(mut place: Place) {
    // One at a time, so that the others wait in the table and each answer makes the server claim the next.
    place.webhook_concurrency = 1;
    let sink = Sink::start().await;
    let mut server = place.serve().await;
    let client = server.client().await;
    client.prepare(&sink.url).await;
    sink.hold();
    let mut runs = Vec::new();
    for _ in 0..WAITING {
        runs.push(client.execute().await);
    }
    sink.answer();
    for _ in 0..STOPS {
        sink.grows(3).await;
        server.ask_to_stop().await;
        let status = server.ended().await;
        assert!(status.success(), "it ended with {status}");
        assert!(sink.count() < WAITING, "deliveries still wait");
        server = place.serve().await;
    }
    sink.has_all(&runs).await;
    println!(
        "{STOPS} stops while {WAITING} deliveries were sent one by one; {} webhooks came",
        sink.count()
    );
    server.kill().await;
}

/// A log line whose body the server is waiting for.
struct HalfRequest {
    stream: BufReader<TcpStream>,
}

impl HalfRequest {
    const MESSAGE: &str = "begun before the signal";

    fn body() -> String {
        format!(r#"{{"message":"{}"}}"#, Self::MESSAGE)
    }

    /// Sends the head, and waits until the server asks for the body: then it has begun.
    async fn send(port: u16, run: &str, token: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .expect("a connection");
        let mut stream = BufReader::new(stream);
        let head = format!(
            "POST /v1/actions/runs/{run}/logs HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            Self::body().len()
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("a sent head");
        let mut request = Self { stream };
        assert_eq!(request.line().await, "HTTP/1.1 100 Continue");
        assert_eq!(request.line().await, "");
        request
    }

    /// Sends the body; the status line of the answer, which must be whole.
    async fn finish(&mut self) -> String {
        let body = Self::body();
        self.stream
            .write_all(body.as_bytes())
            .await
            .expect("a sent body");
        let status = self.line().await;
        let mut rest = String::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_to_string(&mut rest));
        read.await.expect("an end").expect("an answer");
        assert!(rest.contains(Self::MESSAGE), "{rest}");
        status
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_line(&mut line));
        read.await.expect("a line in time").expect("a line");
        line.trim_end().to_owned()
    }
}

/// Connects until nobody accepts any more.
async fn no_longer_listens(port: u16) {
    let refused = async { while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused)
        .await
        .expect("it stops listening");
}
