//! PostgreSQL crashes under load and comes back: the server stays, says that it cannot write, and goes on by itself.

use crate::PATIENCE;
use crate::client::Client;
use crate::ledger::Ledger;
use crate::load::Load;
use crate::postgres::Postgres;
use crate::server::Place;
use crate::sink::Sink;
use reqwest::Method;

/// How often PostgreSQL is stopped without notice.
const CRASHES: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_postgresql_loses_nothing_acknowledged_and_needs_no_restart() {
    let mut postgres = Postgres::start().await;
    let place = Place::postgres(&postgres.url);
    let (sink, ledger) = (Sink::start().await, Ledger::default());
    let server = place.serve().await;
    let client = server.client().await;
    client.prepare(&sink.url).await;
    let load = Load::start(std::slice::from_ref(&client), &ledger, "load").await;
    for _ in 0..CRASHES {
        let before = ledger.progress(ledger.counts(), 25).await;
        postgres.crash().await;
        ledger.wait(|now| now.refused > before.refused).await;
        assert_eq!(readiness(&client).await, 503, "ready without a database");
        postgres.recover().await;
        is_ready(&client).await;
    }
    let after = ledger.counts();
    ledger.progress(after, 25).await;
    load.stop().await;
    ledger.check(&client, &sink).await;
    let (counts, hooks) = (ledger.counts(), sink.count());
    println!("{CRASHES} crashes of PostgreSQL; all there: {counts:?}; {hooks} webhooks");
    server.kill().await;
}

async fn readiness(client: &Client) -> u16 {
    let answer = client.call(Method::GET, "/health/ready", None).await;
    answer.expect("an answer").0
}

/// Asks until the server is ready; every answer takes as long as an attempt to connect.
async fn is_ready(client: &Client) {
    let ready = async { while readiness(client).await != 200 {} };
    tokio::time::timeout(PATIENCE, ready)
        .await
        .expect("it becomes ready by itself");
}
