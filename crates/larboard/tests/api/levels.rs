//! Levels of entities that change because something else did: each change is told once, by an event of the entity, and
//! results of rules say when they last changed (docs/decisions/0010).

mod random;

use crate::client::Client;
use crate::harness::{Server, on_both_databases, on_two_servers};
use larboard_store::{blueprints, entities, entity_results, sweeps};
use serde_json::{Value, json};

/// The scorecard `ready` of services: `high` asks for the tier of their domain, `named` for a name of their own.
fn ready(least: u32) -> Value {
    json!({"identifier": "ready", "title": "Ready", "rules": [
        rule("high", "Bronze", json!({"property": "area_tier", "operator": ">=", "value": least})),
        rule("named", "Silver", json!({"property": "name", "operator": "isNotEmpty"})),
    ]})
}

fn rule(identifier: &str, level: &str, condition: Value) -> Value {
    json!({"identifier": identifier, "title": identifier, "level": level,
        "query": {"combinator": "and", "conditions": [condition]}})
}

/// A domain of tier 1 with services, each of which mirrors that tier.
async fn catalog(client: &Client, services: &[&str]) {
    let domain = json!({"identifier": "domain", "title": "Domain", "schema": {"properties": {"tier": {"type": "number"}}}});
    client.post("/v1/blueprints", &domain).await.expect(201);
    let service = json!({"identifier": "service", "title": "Service",
        "schema": {"properties": {"name": {"type": "string"}}},
        "mirrorProperties": {"area_tier": {"title": "Tier of the area", "path": "domain.tier"}},
        "relations": {"domain": {"title": "Domain", "target": "domain", "required": false, "many": false}}});
    client.post("/v1/blueprints", &service).await.expect(201);
    let shop = json!({"identifier": "shop", "properties": {"tier": 1}});
    let path = "/v1/blueprints/domain/entities";
    client.post(path, &shop).await.expect(201);
    make(client, services).await;
}

async fn make(client: &Client, services: &[&str]) {
    for service in services {
        let body = json!({"identifier": service, "properties": {"name": "x"}, "relations": {"domain": "shop"}});
        let path = "/v1/blueprints/service/entities";
        client.post(path, &body).await.expect(201);
    }
}

async fn measured(client: &Client, card: &Value) {
    let path = "/v1/blueprints/service/scorecards";
    client.post(path, card).await.expect(201);
}

/// Gives the domain another tier.
async fn tier(client: &Client, tier: u32) {
    let body = json!({"properties": {"tier": tier}});
    let path = "/v1/blueprints/domain/entities/shop";
    client.patch(path, &body).await.expect(200);
}

fn log(entity: &str) -> String {
    format!("/v1/audit-log?resources=entity&blueprint=service&entity={entity}&limit=100")
}

/// The events of a service, oldest first.
async fn events(client: &Client, entity: &str) -> Vec<Value> {
    let body = client.get(&log(entity)).await.expect(200);
    let mut events = body["audits"].as_array().expect("a list").clone();
    events.reverse();
    events
}

/// Waits until the newest event of a service says that it is at this level; that event.
async fn until_at(server: &Server, entity: &str, level: &str) -> Value {
    let is_at =
        |body: &Value| body["audits"][0]["diff"]["after"]["scorecards"]["ready"]["level"] == level;
    let body = server.until(&log(entity), is_at).await;
    body["audits"][0].clone()
}

/// Each event says that before it was what the one before said it then was, and the last one what is.
async fn follow_each_other(client: &Client, entity: &str) -> usize {
    let events = events(client, entity).await;
    for pair in events.windows(2) {
        let (was, is) = (&pair[0]["diff"]["after"], &pair[1]["diff"]["before"]);
        assert_eq!(was["scorecards"], is["scorecards"], "{pair:?}");
    }
    let path = format!("/v1/blueprints/service/entities/{entity}");
    let now = client.get(&path).await.expect(200)["entity"]["scorecards"].clone();
    let last = events.last().expect("an event");
    assert_eq!(last["diff"]["after"]["scorecards"], now);
    events.len()
}

/// Waits until every service is remembered as its blueprint and its scorecards are now.
async fn until_remembered(server: &Server) {
    server
        .until_stored("all is remembered", |tx| {
            let revision = blueprints::find_revision(tx, "service")?;
            let known = entity_results::list_between(tx, "service", "", "~")?;
            let all = entities::count(tx, "service")? == i64::try_from(known.len()).unwrap_or(-1);
            let swept = sweeps::list(tx, "results")?;
            let swept = swept.iter().any(|row| {
                row.blueprint == "service"
                    && row.position.is_none()
                    && Some(row.revision) == revision
            });
            Ok(all && swept && known.iter().all(|row| Some(row.revision) == revision))
        })
        .await;
}

/// When a result last changed.
async fn last_change(client: &Client, result: &str) -> Value {
    let path = format!("/v1/blueprints/_rule_result/entities/{result}");
    let body = client.get(&path).await.expect(200);
    body["entity"]["properties"]["result_last_change"].clone()
}

#[test]
fn a_level_that_a_related_entity_changes_is_an_event_of_the_entity() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client, &[]).await;
        measured(&client, &ready(2)).await;
        make(&client, &["api"]).await;
        assert_eq!(last_change(&client, "high:api").await, Value::Null);
        let made = client
            .get("/v1/blueprints/service/entities/api")
            .await
            .expect(200);
        server.clock.advance(60);
        tier(&client, 2).await;
        let event = until_at(&server, "api", "Gold").await;
        assert_eq!(event["action"], "UPDATE");
        assert_eq!(event["trigger"]["origin"], "API");
        assert_eq!(
            event["trigger"]["by"],
            json!({"orgId": server.organization, "byPort": true})
        );
        let rules = |high: &str| {
            json!([{"identifier": "high", "status": high, "level": "Bronze"},
                {"identifier": "named", "status": "SUCCESS", "level": "Silver"}])
        };
        let (before, after) = (&event["diff"]["before"], &event["diff"]["after"]);
        assert_eq!(
            before["scorecards"],
            json!({"ready": {"level": "Basic", "rules": rules("FAILURE")}})
        );
        assert_eq!(
            after["scorecards"],
            json!({"ready": {"level": "Gold", "rules": rules("SUCCESS")}})
        );
        for (key, value) in before.as_object().expect("an object") {
            assert!(
                key == "scorecards" || after[key] == *value,
                "{key} did not change"
            );
        }
        assert_eq!(
            last_change(&client, "high:api").await,
            "2026-01-05T10:01:00.000Z"
        );
        assert_eq!(last_change(&client, "named:api").await, Value::Null);
        // The entity itself was not written.
        let now = client
            .get("/v1/blueprints/service/entities/api")
            .await
            .expect(200);
        assert_eq!(made["entity"]["updatedAt"], now["entity"]["updatedAt"]);
        // Rules ask for the instant as for any property.
        let search = "/v1/blueprints/_rule_result/entities/search";
        for (rule, expected) in [
            (
                json!({"property": "result_last_change", "operator": "isNotEmpty"}),
                json!(["high:api"]),
            ),
            (
                json!({"property": "result_last_change", "operator": ">", "value": "2026-01-05T10:00:30Z"}),
                json!(["high:api"]),
            ),
            (
                json!({"property": "result_last_change", "operator": ">", "value": "2026-01-05T10:02:00Z"}),
                json!([]),
            ),
            (
                json!({"property": "result_last_change", "operator": "isEmpty"}),
                json!(["named:api"]),
            ),
        ] {
            let query = json!({"query": {"combinator": "and", "rules": [rule]}, "include": ["$identifier"]});
            let found = client.post(search, &query).await.expect(200);
            let found = found["entities"].as_array().expect("a list").iter();
            let found: Value = found.map(|entity| entity["identifier"].clone()).collect();
            assert_eq!(found, expected, "{query}");
        }
    });
}

#[test]
fn each_change_is_told_once_and_nothing_follows_from_telling() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client, &[]).await;
        measured(&client, &ready(2)).await;
        make(&client, &["a", "b", "c"]).await;
        for (number, (value, level)) in [(2, "Gold"), (1, "Basic"), (3, "Gold"), (0, "Basic")]
            .into_iter()
            .enumerate()
        {
            tier(&client, value).await;
            for service in ["a", "b", "c"] {
                until_at(&server, service, level).await;
                let told = follow_each_other(&client, service).await;
                assert_eq!(
                    told,
                    number + 2,
                    "the creation, and one event for each change"
                );
            }
        }
        // A tier that changes no result.
        tier(&client, 1).await;
        tier(&client, 5).await;
        until_at(&server, "c", "Gold").await;
        assert_eq!(follow_each_other(&client, "c").await, 6);
    });
}

#[test]
fn a_write_of_the_entity_tells_first_what_was_not_told_yet() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client, &[]).await;
        measured(&client, &ready(2)).await;
        make(&client, &["api", "web", "job"]).await;
        for round in 0..6 {
            tier(&client, 1 + round % 2).await;
            let name = json!({"properties": {"name": if round % 3 == 0 { Value::Null } else { json!("x") }}});
            let path = "/v1/blueprints/service/entities/api";
            client.patch(path, &name).await.expect(200);
            let bulk = json!({"entities": [
                {"identifier": "web", "properties": {"name": format!("n{round}")}},
                {"identifier": "job", "properties": {"name": null}},
            ]});
            let path = "/v1/blueprints/service/entities/bulk?upsert=true&merge=true";
            client.post(path, &bulk).await.expect(200);
        }
        tier(&client, 9).await;
        until_at(&server, "web", "Gold").await;
        until_at(&server, "job", "Bronze").await;
        until_at(&server, "api", "Gold").await;
        for service in ["api", "web", "job"] {
            follow_each_other(&client, service).await;
        }
    });
}

#[test]
fn a_definition_renews_what_is_remembered_without_events() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client, &["a", "b"]).await;
        measured(&client, &ready(2)).await;
        until_remembered(&server).await;
        for service in ["a", "b"] {
            assert_eq!(events(&client, service).await.len(), 1, "its creation");
        }
        server.clock.advance(60);
        let card = "/v1/blueprints/service/scorecards/ready";
        client.put(card, &ready(1)).await.expect(200);
        until_remembered(&server).await;
        for service in ["a", "b"] {
            assert_eq!(events(&client, service).await.len(), 1, "its creation");
            let high = last_change(&client, &format!("high:{service}")).await;
            assert_eq!(high, "2026-01-05T10:01:00.000Z");
        }
        // What is known stays under another name of the scorecard.
        let mut renamed = ready(1);
        renamed["identifier"] = "fit".into();
        client.put(card, &renamed).await.expect(200);
        until_remembered(&server).await;
        assert_eq!(
            last_change(&client, "high:a").await,
            "2026-01-05T10:01:00.000Z"
        );
        // From then on, data makes events.
        server.clock.advance(60);
        tier(&client, 0).await;
        let is_told = |body: &Value| {
            body["audits"][0]["diff"]["after"]["scorecards"]["fit"]["level"] == "Basic"
        };
        server.until(&log("a"), is_told).await;
        assert_eq!(
            last_change(&client, "high:a").await,
            "2026-01-05T10:02:00.000Z"
        );
        client
            .delete("/v1/blueprints/service/scorecards/fit")
            .await
            .expect(200);
        server
            .until_stored("nothing is remembered", |tx| {
                let known = entity_results::list_between(tx, "service", "", "~")?;
                Ok(known.is_empty() && sweeps::list(tx, "results")?.is_empty())
            })
            .await;
        // A scorecard of the same name is another.
        measured(&client, &ready(1)).await;
        until_remembered(&server).await;
        assert_eq!(last_change(&client, "high:a").await, Value::Null);
    });
}

#[test]
fn what_is_known_follows_an_entity_that_is_renamed_and_goes_with_it() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client, &[]).await;
        measured(&client, &ready(2)).await;
        make(&client, &["api", "web"]).await;
        server.clock.advance(60);
        tier(&client, 2).await;
        until_at(&server, "api", "Gold").await;
        until_at(&server, "web", "Gold").await;
        let path = "/v1/blueprints/service/entities/api";
        client
            .patch(path, &json!({"identifier": "gate"}))
            .await
            .expect(200);
        assert_eq!(
            last_change(&client, "high:gate").await,
            "2026-01-05T10:01:00.000Z"
        );
        let path = "/v1/blueprints/service/entities/web";
        client.delete(path).await.expect(200);
        make(&client, &["web"]).await;
        assert_eq!(last_change(&client, "high:web").await, Value::Null);
        // The domain's new name changes the relation, and its deletion the mirror.
        let path = "/v1/blueprints/domain/entities/shop";
        client
            .patch(path, &json!({"identifier": "mall"}))
            .await
            .expect(200);
        client
            .delete("/v1/blueprints/domain/entities/mall")
            .await
            .expect(200);
        let event = until_at(&server, "gate", "Basic").await;
        assert_eq!(event["diff"]["before"]["relations"]["domain"], "mall");
        follow_each_other(&client, "gate").await;
    });
}

#[test]
fn results_follow_counts_teams_names_of_related_entities_and_writes_that_change_nothing() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client, &[]).await;
        let deployment = json!({"identifier": "deployment", "title": "Deployment", "schema": {"properties": {}},
            "relations": {"service": {"title": "Service", "target": "service", "required": false, "many": false}}});
        client.post("/v1/blueprints", &deployment).await.expect(201);
        let counted = json!({"aggregationProperties": {"deployments": {"title": "Deployments", "target": "deployment",
            "calculationSpec": {"func": "count", "calculationBy": "entities"}}}});
        client
            .patch("/v1/blueprints/service", &counted)
            .await
            .expect(200);
        let team = json!({"identifier": "red", "title": "Red"});
        client
            .post("/v1/blueprints/_team/entities", &team)
            .await
            .expect(201);
        make(&client, &["api"]).await;
        let path = "/v1/blueprints/service/entities/api";
        client
            .patch(path, &json!({"team": ["red"]}))
            .await
            .expect(200);
        let conditions = [
            (
                "counted",
                json!({"property": "deployments", "operator": ">=", "value": 1}),
            ),
            (
                "titled",
                json!({"property": "$team", "operator": "=", "value": "Blue"}),
            ),
            (
                "placed",
                json!({"relation": "domain", "operator": "=", "value": "mall"}),
            ),
            (
                "fresh",
                json!({"property": "$updatedAt", "operator": ">", "value": "2026-01-05T10:00:30Z"}),
            ),
        ];
        let rules: Vec<Value> = conditions
            .into_iter()
            .map(|(name, condition)| rule(name, "Gold", condition))
            .collect();
        let card = json!({"identifier": "ready", "title": "Ready", "rules": rules});
        measured(&client, &card).await;
        until_remembered(&server).await;
        let told = |rule: &'static str, status: &'static str| {
            let server = server.clone();
            async move {
                let is_told = |body: &Value| {
                    let rules = &body["audits"][0]["diff"]["after"]["scorecards"]["ready"]["rules"];
                    let rules = rules.as_array().into_iter().flatten();
                    rules
                        .into_iter()
                        .any(|it| it["identifier"] == rule && it["status"] == status)
                };
                server.until(&log("api"), is_told).await;
            }
        };
        let one = json!({"identifier": "d1", "relations": {"service": "api"}});
        client
            .post("/v1/blueprints/deployment/entities", &one)
            .await
            .expect(201);
        told("counted", "SUCCESS").await;
        client
            .delete("/v1/blueprints/deployment/entities/d1")
            .await
            .expect(200);
        told("counted", "FAILURE").await;
        let title = json!({"title": "Blue"});
        client
            .patch("/v1/blueprints/_team/entities/red", &title)
            .await
            .expect(200);
        told("titled", "SUCCESS").await;
        let name = json!({"identifier": "mall"});
        client
            .patch("/v1/blueprints/domain/entities/shop", &name)
            .await
            .expect(200);
        told("placed", "SUCCESS").await;
        server.clock.advance(60);
        client
            .patch(path, &json!({"properties": {"name": "x"}}))
            .await
            .expect(200);
        told("fresh", "SUCCESS").await;
        let count = events(&client, "api").await.len();
        assert_eq!(count, 7, "its creation, its team, and five that were told");
    });
}

#[test]
fn a_result_that_time_changes_is_told_when_time_has_passed() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client, &[]).await;
        let recent = json!({"property": "$createdAt", "operator": "between", "value": {"preset": "lastWeek"}});
        let card = json!({"identifier": "ready", "title": "Ready", "rules": [rule("recent", "Bronze", recent)]});
        measured(&client, &card).await;
        make(&client, &["api"]).await;
        until_remembered(&server).await;
        server.clock.advance(8 * 24 * 60 * 60);
        // Whatever is written wakes the server, which else would look within some seconds.
        tier(&client, 1).await;
        until_at(&server, "api", "Basic").await;
        assert_eq!(
            last_change(&client, "recent:api").await,
            "2026-01-13T10:00:00.000Z"
        );
        assert_eq!(follow_each_other(&client, "api").await, 2);
    });
}

#[test]
fn two_servers_tell_of_each_change_once() {
    on_two_servers(async |first, second| {
        let client = first.machine();
        let names: Vec<String> = (0..60).map(|number| format!("s{number:02}")).collect();
        let services: Vec<&str> = names.iter().map(String::as_str).collect();
        catalog(&client, &[]).await;
        measured(&client, &ready(2)).await;
        make(&client, &services).await;
        for (value, level) in [(2, "Gold"), (1, "Basic"), (2, "Gold")] {
            let server = if value == 1 {
                second.machine()
            } else {
                first.machine()
            };
            tier(&server, value).await;
            for service in &services {
                until_at(&first, service, level).await;
            }
        }
        for service in &services {
            assert_eq!(follow_each_other(&second.machine(), service).await, 4);
        }
        second.stop().await;
        // What the other one had leased is free at once.
        tier(&client, 1).await;
        for service in &services {
            until_at(&first, service, "Basic").await;
        }
    });
}
