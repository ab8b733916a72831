//! Migrations under SIGKILL, and under two servers: every entity is done once, neither twice nor not at all, and the
//! migration says so.

use crate::PATIENCE;
use crate::client::{Client, text};
use crate::postgres::Postgres;
use crate::server::{Place, Server};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// Entities that are mapped: 25 are in a chunk, so the server dies between many.
const MAPPED: usize = 500;

/// Entities that are deleted: 100 are in a chunk.
const DELETED: usize = 2_000;

/// How often the server is killed, at the most: a quick one may be through before.
const KILLS: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mapping_survives_kill_9_and_maps_each_entity_once_on_sqlite() {
    maps_each_once(&Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mapping_survives_kill_9_and_maps_each_entity_once_on_postgresql() {
    let postgres = Postgres::start().await;
    maps_each_once(&Place::postgres(&postgres.url)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_of_all_entities_survives_kill_9_on_sqlite() {
    deletes_all(&Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_of_all_entities_survives_kill_9_on_postgresql() {
    let postgres = Postgres::start().await;
    deletes_all(&Place::postgres(&postgres.url)).await;
}

/// The mapping adds one to a number of each entity, which shows an entity that was mapped twice, and makes another entity.
async fn maps_each_once(place: &Place) {
    let server = place.serve().await;
    let client = server.client().await;
    make(&client, 0..MAPPED).await;
    let (onto_itself, onto_copies) = (
        begin(&client, "service").await,
        begin(&client, "copy").await,
    );
    let (server, kills) = killed_between(place, server, &onto_itself).await;
    let client = server.client().await;
    for id in [&onto_itself, &onto_copies] {
        let ended = ended(&client, id).await;
        assert_eq!(ended["status"], "COMPLETED", "{ended}");
        assert_eq!(done(&ended), (MAPPED, 0), "{ended}");
    }
    mapped_once(&client).await;
    println!("{kills} kills within {MAPPED} entities that were mapped, each once");
    server.kill().await;
}

async fn deletes_all(place: &Place) {
    let server = place.serve().await;
    let client = server.client().await;
    make(&client, 0..DELETED).await;
    let path = "/v1/blueprints/service/all-entities?delete_blueprint=true";
    let begun = client.call(Method::DELETE, path, None).await;
    let (status, begun) = begun.expect("an answer");
    assert_eq!(status, 200, "{begun}");
    let id = text(&begun["migrationId"]);
    let (server, kills) = killed_between(place, server, &id).await;
    let client = server.client().await;
    let ended = ended(&client, &id).await;
    assert_eq!(ended["status"], "COMPLETED", "{ended}");
    assert_eq!(done(&ended), (DELETED, 0), "{ended}");
    let gone = client.call(Method::GET, "/v1/blueprints/service", None);
    assert_eq!(gone.await.expect("an answer").0, 404);
    let deletions = events(&client, "service", "DELETE").await;
    assert_eq!(deletions.len(), DELETED, "each deletion is an event");
    assert!(deletions.values().all(|count| *count == 1), "each is one");
    println!("{kills} kills within {DELETED} entities that were deleted, each once");
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_carry_out_migrations_without_doing_anything_twice() {
    let postgres = Postgres::start().await;
    let places = [(); 2].map(|()| Place::postgres(&postgres.url));
    let (first, second) = (places[0].serve().await, places[1].serve().await);
    let client = first.client().await;
    let other = client.at(&second.url);
    make(&client, 0..MAPPED).await;
    // Both servers are told of both migrations, and both are free to take them.
    let (onto_itself, onto_copies) = (begin(&client, "service").await, begin(&other, "copy").await);
    for id in [&onto_itself, &onto_copies] {
        let ended = ended(&other, id).await;
        assert_eq!(ended["status"], "COMPLETED", "{ended}");
        assert_eq!(done(&ended), (MAPPED, 0), "{ended}");
    }
    mapped_once(&other).await;
    println!("two servers mapped {MAPPED} entities twice over, each once by each migration");
    first.kill().await;
    second.kill().await;
}

/// Two blueprints, and entities of the first.
async fn make(client: &Client, numbers: Range<usize>) {
    for blueprint in ["service", "copy"] {
        let properties = json!({ "n": { "type": "number" }, "from": { "type": "string" } });
        let body = json!({ "identifier": blueprint, "title": blueprint, "schema": { "properties": properties } });
        client.post("/v1/blueprints", &body).await;
    }
    let entity = |number| json!({ "identifier": name(number), "properties": { "n": number } });
    let lines: Vec<String> = numbers.map(|number| entity(number).to_string()).collect();
    client
        .post_lines("/v1/blueprints/service/bulk/entities/ndjson", &lines)
        .await;
}

fn name(number: usize) -> String {
    format!("e{number:05}")
}

/// Begins to map the services onto a blueprint; the id of the migration.
async fn begin(client: &Client, onto: &str) -> String {
    let own = json!({ "n": ".properties.n + 1" });
    let copied = json!({ "from": ".identifier" });
    let properties = if onto == "service" { own } else { copied };
    let mapping = json!({ "blueprint": onto, "entity": { "identifier": ".identifier", "properties": properties } });
    let body = json!({ "sourceBlueprint": "service", "mapping": mapping });
    let begun = client.post("/v1/migrations", &body).await;
    text(&begun["migration"]["id"])
}

/// Kills the server whenever the migration has got further, and serves again; how often it was in the middle.
async fn killed_between(place: &Place, mut server: Server, id: &str) -> (Server, usize) {
    let (mut kills, mut before) = (0, 0);
    while kills < KILLS {
        let client = server.client().await;
        let under_way = further(&client, id, before).await;
        let Some(reached) = under_way else { break };
        server.kill().await;
        (kills, before) = (kills + 1, reached);
        server = place.serve().await;
    }
    assert!(kills > 0, "the migration was over before the first kill");
    (server, kills)
}

/// Waits until more entities are done than before; `None` if all are.
async fn further(client: &Client, id: &str, before: usize) -> Option<usize> {
    let watched = async {
        loop {
            let migration = migration(client, id).await;
            if has_ended(&migration) {
                return None;
            }
            let (reached, _) = done(&migration);
            if reached > before {
                return Some(reached);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let watched = tokio::time::timeout(PATIENCE, watched).await;
    watched.expect("the migration goes on")
}

async fn ended(client: &Client, id: &str) -> Value {
    let over = async {
        loop {
            let migration = migration(client, id).await;
            if has_ended(&migration) {
                return migration;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let over = tokio::time::timeout(PATIENCE, over).await;
    over.expect("the migration ends")
}

async fn migration(client: &Client, id: &str) -> Value {
    client.get(&format!("/v1/migrations/{id}")).await["migration"].take()
}

fn has_ended(migration: &Value) -> bool {
    ["COMPLETED", "FAILURE", "CANCELLED"]
        .contains(&migration["status"].as_str().unwrap_or_default())
}

/// Entities done and entities failed.
fn done(migration: &Value) -> (usize, usize) {
    let count = |key: &str| {
        migration[key]
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
    };
    let counts = (count("successCount"), count("failureCount"));
    (counts.0.expect("a count"), counts.1.expect("a count"))
}

/// Every service is one more than it was, every copy is there, and each has one event that says so.
async fn mapped_once(client: &Client) {
    let services = client.get("/v1/blueprints/service/entities").await;
    let services = services["entities"].as_array().expect("a list");
    assert_eq!(services.len(), MAPPED);
    for service in services {
        let number: usize = service["identifier"]
            .as_str()
            .and_then(|name| name.strip_prefix('e')?.parse().ok())
            .expect("a number");
        assert_eq!(service["properties"]["n"], json!(number + 1), "{service}");
    }
    let copies = client.get("/v1/blueprints/copy/entities").await;
    let copies = copies["entities"].as_array().expect("a list");
    assert_eq!(copies.len(), MAPPED);
    for copy in copies {
        assert_eq!(copy["properties"]["from"], copy["identifier"], "{copy}");
    }
    for (blueprint, action) in [("service", "UPDATE"), ("copy", "CREATE")] {
        let events = events(client, blueprint, action).await;
        assert_eq!(events.len(), MAPPED, "{action} of {blueprint}");
        let once = events.values().all(|count| *count == 1);
        assert!(once, "an entity of {blueprint} was written twice");
    }
}

/// How many events of a kind each entity of a blueprint has.
async fn events(client: &Client, blueprint: &str, action: &str) -> BTreeMap<String, usize> {
    let path =
        format!("/v1/audit-log?resources=entity&blueprint={blueprint}&action={action}&limit=1000");
    let mut counts = BTreeMap::new();
    for event in client.all(&path, "audits", "next").await {
        *counts.entry(text(&event["context"]["entity"])).or_default() += 1;
    }
    counts
}
