//! SIGKILL under load, again and again: nothing acknowledged is lost, and no run waits for ever.

use crate::ledger::Ledger;
use crate::load::Load;
use crate::postgres::Postgres;
use crate::server::Place;
use crate::sink::Sink;

/// How often the server is killed.
const KILLS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_write_survives_kill_9_on_sqlite() {
    survives_kills(&Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_write_survives_kill_9_on_postgresql() {
    let postgres = Postgres::start().await;
    survives_kills(&Place::postgres(&postgres.url)).await;
}

async fn survives_kills(place: &Place) {
    let (sink, ledger) = (Sink::start().await, Ledger::default());
    let mut server = place.serve().await;
    server.client().await.prepare(&sink.url).await;
    for round in 0..KILLS {
        let client = server.client().await;
        let before = ledger.counts();
        let mut load = Load::start(&[client], &ledger, &format!("round{round}")).await;
        ledger.progress(before, 25).await;
        server.kill().await;
        load.ended().await;
        server = place.serve().await;
    }
    let client = server.client().await;
    ledger.check(&client, &sink).await;
    let (counts, hooks) = (ledger.counts(), sink.count());
    println!("{KILLS} kills; all there: {counts:?}; {hooks} webhooks");
    assert_eq!(
        (counts.refused, counts.unknown),
        (0, 0),
        "nothing was refused"
    );
    server.kill().await;
}
