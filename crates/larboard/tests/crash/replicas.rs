//! Two servers on one PostgreSQL: they share the work without sending twice, see each other's changes, and the one that
//! lives takes over from the one that dies.

use crate::PATIENCE;
use crate::client::{Client, text};
use crate::ledger::Ledger;
use crate::load::Load;
use crate::postgres::Postgres;
use crate::server::{Place, Server, signal};
use crate::sink::Sink;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A database, two places that serve it, and who listens to their webhooks.
struct Pair {
    _postgres: Postgres,
    places: [Place; 2],
    sink: Sink,
}

impl Pair {
    async fn new(webhook_timeout: u64) -> Self {
        let postgres = Postgres::start().await;
        let places = [(); 2].map(|()| {
            let mut place = Place::postgres(&postgres.url);
            place.webhook_timeout = webhook_timeout;
            place
        });
        Self {
            _postgres: postgres,
            places,
            sink: Sink::start().await,
        }
    }

    /// Two running servers, prepared, each with its client.
    async fn serve(&self) -> [(Server, Client); 2] {
        let first = self.places[0].serve().await;
        let second = self.places[1].serve().await;
        let client = first.client().await;
        client.prepare(&self.sink.url).await;
        let other = client.at(&second.url);
        [(first, client), (second, other)]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_the_load_and_send_every_webhook_exactly_once() {
    let mut pair = Pair::new(30).await;
    for place in &mut pair.places {
        // So few that most deliveries wait in the table, where both servers reach for them.
        place.webhook_concurrency = 2;
    }
    let [(first, one), (second, other)] = pair.serve().await;
    let ledger = Ledger::default();
    let load = Load::start(&[one.clone(), other.clone()], &ledger, "load").await;
    ledger.progress(ledger.counts(), 60).await;
    load.stop().await;
    ledger.check(&other, &pair.sink).await;

    let runs = other
        .all("/v1/actions/runs?limit=1000", "runs", "from")
        .await;
    for run in &runs {
        let run = text(&run["id"]);
        assert_eq!(pair.sink.count_of(&run), 1, "webhooks of {run}");
    }
    let mut sent = [0.0; 2];
    for (client, sent) in [&one, &other].into_iter().zip(&mut sent) {
        *sent = client.counter("larboard_delivery_attempts_total").await;
        assert!(*sent > 0.0, "a server that sends nothing");
    }
    println!(
        "webhooks of each server: {sent:?}, each once; all there: {:?}",
        ledger.counts()
    );
    for server in [first, second] {
        server.ask_to_stop().await;
        assert!(server.ended().await.success());
    }
    assert_eq!(
        pair.sink.count(),
        runs.len(),
        "nothing was sent while stopping"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_made_at_one_server_holds_at_the_other() {
    let pair = Pair::new(30).await;
    let [(first, one), (second, other)] = pair.serve().await;

    // The catalog: an action is executed, changed elsewhere, and executed again as it now is.
    other.execute().await;
    let changed = json!({
        "identifier": "deploy",
        "trigger": { "type": "self-service", "operation": "CREATE",
            "userInputs": { "properties": { "region": { "type": "string" } }, "required": ["region"] } },
        "invocationMethod": { "type": "WEBHOOK", "url": pair.sink.url, "body": { "runId": "{{ .run.id }}" } },
    });
    let put = one
        .call(reqwest::Method::PUT, "/v1/actions/deploy", Some(&changed))
        .await;
    assert_eq!(put.expect("an answer").0, 200);
    let refused = other
        .try_post("/v1/actions/deploy/runs", &json!({ "properties": {} }))
        .await
        .expect("an answer");
    assert_eq!(
        (refused.0, &refused.1["error"]),
        (422, &json!("user_inputs_schema_invalid")),
        "{refused:?}"
    );
    let reply = other
        .post(
            "/v1/actions/deploy/runs",
            &json!({ "properties": { "region": "eu" } }),
        )
        .await;
    let run = text(&reply["run"]["id"]);

    // The directory: credentials made at one are known at the other, and so is that they are gone.
    let app = one.post("/v1/apps", &json!({ "name": "elsewhere" })).await;
    let (id, secret) = (text(&app["app"]["id"]), text(&app["app"]["secret"]));
    let credentials = json!({ "clientId": id, "clientSecret": secret });
    answers(&other, &credentials, true).await;
    let gone = one
        .call(reqwest::Method::DELETE, &format!("/v1/apps/{id}"), None)
        .await;
    assert_eq!(gone.expect("an answer").0, 200);
    answers(&other, &credentials, false).await;

    // The live stream: watched at one, written at the other.
    let mut stream = other.watch(&run).await;
    assert_eq!(stream.next().await.expect("a frame").name, "run");
    for number in 1..=20 {
        let last = if number == 20 {
            json!("SUCCESS")
        } else {
            json!(null)
        };
        let mut line = json!({ "message": format!("line {number}") });
        if !last.is_null() {
            line["terminationStatus"] = last;
        }
        one.post(&format!("/v1/actions/runs/{run}/logs"), &line)
            .await;
    }
    let mut seen = Vec::new();
    while let Some(frame) = stream.next().await {
        match frame.name.as_str() {
            "log" => seen.extend(frame.id),
            "end" => assert_eq!(frame.data["seq"], 20),
            _ => {}
        }
    }
    assert_eq!(seen, (1..=20).collect::<Vec<_>>());
    println!("20 lines written at one server seen live at the other");
    first.kill().await;
    second.kill().await;
}

/// Asks for a token until the answer is yes or no: a change takes a moment to get around.
async fn answers(client: &Client, credentials: &Value, yes: bool) {
    let wanted = async {
        loop {
            let answer = client.try_post("/v1/auth/access_token", credentials).await;
            if answer.is_ok_and(|(status, _)| (status == 200) == yes) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wanted)
        .await
        .expect("the other server learns it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_of_a_killed_server_are_sent_by_the_other_when_their_lease_ends() {
    let pair = Pair::new(2).await;
    let [(first, one), (second, other)] = pair.serve().await;
    pair.sink.hold();
    let mut runs = BTreeSet::new();
    for _ in 0..8 {
        runs.insert(one.execute().await);
    }
    let runs: Vec<String> = runs.into_iter().collect();
    pair.sink.has_all(&runs).await;
    // All are under way at the first server, and no one has been answered.
    first.kill().await;
    let begun = pair.sink.count();
    pair.sink.answer();
    for run in &runs {
        delivered(&other, run).await;
    }
    let sent = pair.sink.count();
    assert!(
        sent >= begun.max(runs.len()),
        "{sent} webhooks after {begun}"
    );
    println!(
        "{} deliveries of a killed server were sent by the other; {sent} webhooks in all",
        runs.len()
    );
    second.kill().await;
}

/// Asks until the delivery of a run has succeeded; its attempts.
async fn delivered(client: &Client, run: &str) -> Vec<Value> {
    let path = format!("/v1/actions/runs/{run}/deliveries");
    let done = async {
        loop {
            let mut reply = client.get(&path).await;
            let delivery = reply["deliveries"][0].take();
            if delivery["state"] == "SUCCEEDED" {
                return delivery["attempts"].as_array().cloned().unwrap_or_default();
            }
        }
    };
    tokio::time::timeout(PATIENCE, done)
        .await
        .expect("the other server sends it")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stalls_past_its_lease_does_not_hinder_the_one_that_took_over() {
    let pair = Pair::new(2).await;
    let [(first, one), (second, other)] = pair.serve().await;
    pair.sink.hold();
    let run = one.execute().await;
    pair.sink.has(&run, 1).await;
    signal("STOP", first.pid()).await;
    pair.sink.has(&run, 2).await;
    // Both have sent it now; the first one finds its time over when it wakes, and records that.
    signal("CONT", first.pid()).await;
    attempted(&other, &run).await;
    pair.sink.answer();
    let attempts = delivered(&other, &run).await;
    let numbers: Vec<usize> = attempts
        .iter()
        .filter_map(|attempt| usize::try_from(attempt["number"].as_u64()?).ok())
        .collect();
    assert_eq!(numbers, (1..=attempts.len()).collect::<Vec<_>>());
    println!(
        "taken over from a stalled server: {} attempts, {} webhooks",
        attempts.len(),
        pair.sink.count()
    );
    first.kill().await;
    second.kill().await;
}

/// Asks until an attempt of the delivery of a run is recorded.
async fn attempted(client: &Client, run: &str) {
    let path = format!("/v1/actions/runs/{run}/deliveries");
    let done = async { while client.get(&path).await["deliveries"][0]["attempts"][0].is_null() {} };
    tokio::time::timeout(PATIENCE, done)
        .await
        .expect("an attempt");
}
