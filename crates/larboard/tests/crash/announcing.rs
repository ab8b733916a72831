//! Levels that a related entity changes, under SIGKILL: each entity is told of once, neither twice nor not at all.

use crate::PATIENCE;
use crate::client::{Client, text};
use crate::postgres::Postgres;
use crate::server::Place;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Entities that are told of: 50 are in a transaction, so the server dies between many.
const MEASURED: usize = 1_500;

/// How often the server is killed, at the most: a quick one may be through before.
const KILLS: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn levels_are_told_of_once_under_kill_9_on_sqlite() {
    tells_each_once(&Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn levels_are_told_of_once_under_kill_9_on_postgresql() {
    let postgres = Postgres::start().await;
    tells_each_once(&Place::postgres(&postgres.url)).await;
}

async fn tells_each_once(place: &Place) {
    let mut server = place.serve().await;
    let client = server.client().await;
    make(&client).await;
    let path = "/v1/blueprints/domain/entities/shop";
    let changed = json!({ "properties": { "tier": 2 } });
    let changed = client.call(Method::PATCH, path, Some(&changed)).await;
    let (status, changed) = changed.expect("an answer");
    assert_eq!(status, 200, "{changed}");
    let (mut kills, mut before) = (0, 0);
    while kills < KILLS {
        let client = server.client().await;
        before = told(&client, before + 1).await;
        if before == MEASURED {
            break;
        }
        server.kill().await;
        kills += 1;
        server = place.serve().await;
    }
    assert!(kills > 0, "all was told before the first kill");
    let client = server.client().await;
    told(&client, MEASURED).await;
    let changes = changes(&client).await;
    assert_eq!(changes.len(), MEASURED);
    assert!(
        changes.values().all(|count| *count == 1),
        "each is told once"
    );
    println!("{kills} kills within {MEASURED} entities that were told of, each once");
    server.kill().await;
}

/// Services that mirror the tier of a domain, and a scorecard that asks for it.
async fn make(client: &Client) {
    let number = json!({ "properties": { "tier": { "type": "number" } } });
    let domain = json!({ "identifier": "domain", "title": "Domain", "schema": number });
    client.post("/v1/blueprints", &domain).await;
    let service = json!({ "identifier": "service", "title": "Service", "schema": { "properties": {} },
        "mirrorProperties": { "area_tier": { "title": "Tier", "path": "domain.tier" } },
        "relations": { "domain": { "title": "Domain", "target": "domain", "required": false, "many": false } } });
    client.post("/v1/blueprints", &service).await;
    let condition = json!({ "property": "area_tier", "operator": "=", "value": 2 });
    let rule = json!({ "identifier": "high", "title": "High", "level": "Gold",
        "query": { "combinator": "and", "conditions": [condition] } });
    let card = json!({ "identifier": "ready", "title": "Ready", "rules": [rule] });
    client
        .post("/v1/blueprints/service/scorecards", &card)
        .await;
    let shop = json!({ "identifier": "shop", "properties": { "tier": 1 } });
    client.post("/v1/blueprints/domain/entities", &shop).await;
    let entity = |number: usize| json!({ "identifier": format!("e{number:05}"), "relations": { "domain": "shop" } });
    let lines: Vec<String> = (0..MEASURED)
        .map(|number| entity(number).to_string())
        .collect();
    client
        .post_lines("/v1/blueprints/service/bulk/entities/ndjson", &lines)
        .await;
}

/// Waits until so many entities are told of; how many are.
async fn told(client: &Client, wanted: usize) -> usize {
    let watched = async {
        loop {
            let count = changes(client).await.len();
            if count >= wanted {
                return count;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let watched = tokio::time::timeout(PATIENCE, watched).await;
    watched.expect("the server goes on telling")
}

/// How many events of a change each service has.
async fn changes(client: &Client) -> BTreeMap<String, usize> {
    let path = "/v1/audit-log?resources=entity&blueprint=service&action=UPDATE&limit=1000";
    let mut counts = BTreeMap::new();
    for event in client.all(path, "audits", "next").await {
        *counts.entry(text(&event["context"]["entity"])).or_default() += 1;
    }
    counts
}
