//! Random writes, after which the events of each entity lead to what it reaches, told by one server or by two.

use super::{catalog, follow_each_other, log, make, measured, ready, rule, tier};
use crate::client::Client;
use crate::harness::{Server, on_both_databases, on_two_servers};
use serde_json::{Value, json};

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

const SERVICES: [&str; 3] = ["a", "b", "c"];

#[test]
fn whatever_is_written_in_whatever_order_the_events_of_an_entity_lead_to_what_it_reaches() {
    on_both_databases(|server| async move {
        play(7, &server, &[server.machine()]).await;
    });
}

#[test]
fn whatever_is_written_to_two_servers_the_events_of_an_entity_lead_to_what_it_reaches() {
    on_two_servers(async |first, second| {
        play(11, &first, &[first.machine(), second.machine()]).await;
        second.stop().await;
    });
}

/// Writes at random, and then waits until the newest event of each service tells what it reaches.
async fn play(seed: u64, server: &Server, clients: &[Client]) {
    let client = &clients[0];
    catalog(client, &[]).await;
    let other = json!({"identifier": "mall", "properties": {"tier": 3}});
    let domains = "/v1/blueprints/domain/entities";
    client.post(domains, &other).await.expect(201);
    let deployment = json!({"identifier": "deployment", "title": "Deployment", "schema": {"properties": {"size": {"type": "number"}}},
        "relations": {"service": {"title": "Service", "target": "service", "required": false, "many": false}}});
    client.post("/v1/blueprints", &deployment).await.expect(201);
    let computed = json!({
        "aggregationProperties": {"size": {"title": "Size", "target": "deployment",
            "calculationSpec": {"func": "sum", "property": "size", "calculationBy": "property"}}},
        "calculationProperties": {"both": {"title": "Both", "calculation": ".properties.size + .properties.area_tier", "type": "number"}}});
    client
        .patch("/v1/blueprints/service", &computed)
        .await
        .expect(200);
    let mut card = ready(2);
    card["filter"] = json!({"combinator": "and", "conditions": [{"property": "name", "operator": "!=", "value": "out"}]});
    let rules = card["rules"].as_array_mut().expect("a list");
    rules.push(rule(
        "large",
        "Silver",
        json!({"property": "size", "operator": ">", "value": 2}),
    ));
    rules.push(rule(
        "sum",
        "Gold",
        json!({"property": "both", "operator": ">", "value": 5}),
    ));
    measured(client, &card).await;
    make(client, &SERVICES).await;
    let mut numbers = Numbers(seed);
    for step in 0..80_u32 {
        let client = &clients[numbers.below(clients.len() as u64) as usize];
        let service = numbers.one(&SERVICES);
        let path = format!("/v1/blueprints/service/entities/{service}");
        match numbers.below(8) {
            0 | 1 => tier(client, u32::try_from(numbers.below(4)).expect("small")).await,
            2 => {
                let domain = numbers.one(&["shop", "mall"]);
                let body = json!({"relations": {"domain": domain}});
                client.patch(&path, &body).await.expect(200);
            }
            3 => {
                let body = json!({"properties": {"name": numbers.one(&["x", "out"])}});
                client.patch(&path, &body).await.expect(200);
            }
            4 | 5 => {
                let body = json!({"identifier": format!("d{}", numbers.below(4)),
                    "properties": {"size": numbers.below(4)}, "relations": {"service": service}});
                let path = "/v1/blueprints/deployment/entities?upsert=true";
                let status = client.post(path, &body).await.status;
                assert!(matches!(status, 200 | 201), "{status}");
            }
            6 => {
                let path = format!("/v1/blueprints/deployment/entities/d{}", numbers.below(4));
                let status = client.delete(&path).await.status;
                assert!(matches!(status, 200 | 404), "{status}");
            }
            _ if step % 2 == 0 => {
                client.delete(&path).await.expect(200);
                make(client, &[service]).await;
            }
            _ => {
                let bulk = json!({"entities": [
                    {"identifier": "a", "properties": {"name": "x"}, "relations": {"domain": "mall"}},
                    {"identifier": "b", "properties": {"name": "x"}},
                ]});
                let path = "/v1/blueprints/service/entities/bulk?upsert=true&merge=true";
                client.post(path, &bulk).await.expect(200);
            }
        }
    }
    for service in SERVICES {
        let path = format!("/v1/blueprints/service/entities/{service}");
        let now = client.get(&path).await.expect(200)["entity"]["scorecards"].clone();
        let is_told = |body: &Value| body["audits"][0]["diff"]["after"]["scorecards"] == now;
        server.until(&log(service), is_told).await;
        follow_each_other(client, service).await;
    }
}
