//! Random changes and searches through the API, held against a model that shares no code with the product: plain maps and
//! the plainest reading of each rule.

mod cards;
mod dice;
mod model;

use crate::client::{Client, send};
use crate::harness::{Server, on_both_databases};
use dice::Dice;
use larboard_store::testing::TestDatabase;
use model::Model;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seeds of the short run; `LARBOARD_SOAK` sets how many more a long one plays.
const SEEDS: u64 = 3;
const STEPS: usize = 60;

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says how long they may take"
)]
fn seeds() -> u64 {
    let more = std::env::var("LARBOARD_SOAK").ok();
    more.and_then(|text| text.parse().ok()).unwrap_or(SEEDS)
}

async fn post(client: &Client, path: &str, body: &Value) -> Value {
    let reply = send(client.request("POST", path).json(body)).await;
    assert!(
        reply.status < 300,
        "POST {path} {body}: {} {}",
        reply.status,
        reply.text
    );
    reply.body
}

/// Makes the blueprints of the model.
async fn prepare(client: &Client) {
    for (id, title) in model::TEAMS {
        if id != "ghost" {
            let team = json!({"identifier": id, "title": title});
            post(client, "/v1/blueprints/_team/entities", &team).await;
        }
    }
    post(
        client,
        "/v1/blueprints",
        &json!({"identifier": "domain", "title": "Domain", "ownership": {"type": "Direct"},
        "schema": {"properties": {"name": {"type": "string"}}},
        "relations": {}}),
    )
    .await;
    let patch =
        json!({"relations": {"parent": {"target": "domain", "required": false, "many": false}}});
    send(
        client
            .request("PATCH", "/v1/blueprints/domain")
            .json(&patch),
    )
    .await;
    post(client, "/v1/blueprints", &json!({"identifier": "service", "title": "Service",
        "schema": {"properties": {"tier": {"type": "number"}, "name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}},
        "relations": {"domain": {"target": "domain", "required": false, "many": false}, "needs": {"target": "service", "required": false, "many": true}},
        "mirrorProperties": model::mirrors(), "calculationProperties": model::calculations()}))
    .await;
    send(
        client
            .request("PATCH", "/v1/blueprints/domain")
            .json(&json!({"aggregationProperties": model::aggregations()})),
    )
    .await;
}

/// Every page of a search in a blueprint, by identifier.
async fn search(client: &Client, blueprint: &str, query: &Value, limit: u64) -> Vec<String> {
    let (mut found, mut from) = (Vec::new(), Value::Null);
    loop {
        let mut body = json!({"query": query, "limit": limit, "include": ["$identifier"]});
        if !from.is_null() {
            body["from"] = from;
        }
        let path = format!("/v1/blueprints/{blueprint}/entities/search");
        let page = post(client, &path, &body).await;
        let entities = page["entities"].as_array().expect("a list");
        found.extend(
            entities
                .iter()
                .map(|e| e["identifier"].as_str().expect("a text").to_owned()),
        );
        from = page["next"].clone();
        if from.is_null() {
            return found;
        }
    }
}

/// Holds what scorecards say, on reads and in rules, against the model.
async fn check_scorecards(
    client: &Client,
    dice: &mut Dice,
    model: &Model,
    cards: &[Value],
    at: &str,
) {
    let expected = cards::expected(model, cards);
    let path = "/v1/blueprints/service/entities?include=identifier&include=team&include=scorecards";
    let listed = send(client.request("GET", path)).await.body;
    assert_eq!(listed["entities"], json!(expected), "{at}\n{model:#?}");
    let wanted = json!({"include": ["$identifier", "$team", "$scorecards"], "limit": 1000});
    let path = "/v1/blueprints/service/entities/search";
    let found = post(client, path, &wanted).await;
    assert_eq!(found["entities"], json!(expected), "{at}\n{model:#?}");
    let level = ["Zero", "One", "Two", "Three"][dice.below(4) as usize];
    let rule = json!({"scorecard": "card0", "operator": "=", "value": level});
    let query = json!({"combinator": "and", "rules": [rule]});
    assert_eq!(
        search(client, "service", &query, 3).await,
        cards::at_level(&expected, "card0", level),
        "{at}: {level}\n{model:#?}"
    );
    let grouping = json!({"grouping": {"scorecard": "card0"}});
    let path = "/v1/blueprints/service/entities/group";
    let groups = post(client, path, &grouping).await;
    for group in groups["groups"].as_array().expect("a list") {
        if let Some(level) = group["value"].as_str() {
            let at_level = cards::at_level(&expected, "card0", level);
            assert_eq!(group["count"], at_level.len(), "{at}: {level}");
        }
    }
}

/// Holds results of rules as entities, and what rules count of them, against what entities should show.
async fn check_results(client: &Client, expected: &[Value], at: &str) {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let outcomes = cards::outcomes(expected);
    let reply = send(client.request("GET", "/v1/blueprints/_rule/entities")).await;
    let mut rules = BTreeMap::new();
    for rule in reply.body["entities"].as_array().expect("a list") {
        let (card, name) = (
            text(&rule["relations"]["scorecard"]),
            text(&rule["properties"]["rule_identifier"]),
        );
        let own = outcomes
            .iter()
            .filter(|(key, _)| (&key.0, &key.1) == (&card, &name));
        let passed = own.clone().filter(|(_, passed)| **passed).count();
        let counted = (
            &rule["properties"]["entities_tested"],
            &rule["properties"]["entities_passed"],
        );
        assert_eq!(
            counted,
            (&json!(own.count()), &json!(passed)),
            "{at}: {rule}"
        );
        rules.insert(text(&rule["identifier"]), (card, name));
    }
    let path = "/v1/blueprints/_rule_result/entities";
    let listed = send(client.request("GET", path)).await.body;
    let listed = listed["entities"].as_array().expect("a list");
    let key = |result: &Value| {
        let (card, rule) = rules[&text(&result["relations"]["rule"])].clone();
        (card, rule, text(&result["relations"]["service"]))
    };
    let passed = |result: &Value| result["properties"]["result"] == "Passed";
    let found: cards::Outcomes = listed.iter().map(|r| (key(r), passed(r))).collect();
    assert_eq!(found, outcomes, "{at}");
    let identifiers: Vec<String> = listed.iter().map(|r| text(&r["identifier"])).collect();
    assert!(identifiers.is_sorted(), "{at}: {identifiers:?}");
    let path = "/v1/blueprints/_rule_result/entities-count";
    let counted = send(client.request("GET", path)).await.body;
    assert_eq!(counted["count"], outcomes.len(), "{at}");
    let rule = json!({"property": "result", "operator": "=", "value": "Passed"});
    let query = json!({"combinator": "and", "rules": [rule]});
    let wanted = listed
        .iter()
        .filter(|r| passed(r))
        .map(|r| text(&r["identifier"]));
    let wanted: Vec<String> = wanted.collect();
    assert_eq!(
        search(client, "_rule_result", &query, 10).await,
        wanted,
        "{at}"
    );
}

async fn play(seed: u64, clients: &[Client]) {
    let mut dice = Dice::new(seed);
    let mut model = Model::default();
    let mut cards = Vec::new();
    prepare(&clients[0]).await;
    for step in 0..STEPS {
        // Written through one server and searched for through the other.
        let (writer, reader) = (
            &clients[step % clients.len()],
            &clients[(step + 1) % clients.len()],
        );
        for _ in 0..1 + dice.below(3) {
            let change = model.any_change(&mut dice);
            let mut request = writer.request(change.method, &change.path);
            if let Some(body) = &change.body {
                request = request.json(body);
            }
            let reply = send(request).await;
            assert!(
                reply.status < 300,
                "seed {seed}, step {step}: {} {} {:?} is answered {} {}",
                change.method,
                change.path,
                change.body,
                reply.status,
                reply.text
            );
            model.apply(&change);
        }
        if dice.below(4) == 0 {
            cards = cards::any_cards(&mut dice);
            let path = "/v1/blueprints/service/scorecards";
            let reply = send(writer.request("PUT", path).json(&json!(cards))).await;
            assert_eq!(reply.status, 200, "{cards:?}: {}", reply.text);
        }
        let by_team = json!({"grouping": {"property": "$team"}});
        let path = "/v1/blueprints/service/entities/group";
        let groups = post(reader, path, &by_team).await;
        assert_eq!(
            groups["groups"],
            model.owners_of_services(),
            "seed {seed}, step {step}\n{model:#?}"
        );
        let at = format!("seed {seed}, step {step}: {cards:?}");
        check_scorecards(reader, &mut dice, &model, &cards, &at).await;
        if step % 5 == 0 {
            check_results(reader, &cards::expected(&model, &cards), &at).await;
        }
        let query = model.any_query(&mut dice);
        for blueprint in ["service", "domain"] {
            let found = search(reader, blueprint, &query, 1 + dice.below(4)).await;
            let expected = model.search(blueprint, &query);
            assert_eq!(
                found, expected,
                "seed {seed}, step {step}: {query} in {blueprint}\n{model:#?}"
            );
        }
        if model::is_global(&query) {
            let all = post(
                reader,
                "/v1/entities/search?include=identifier&include=blueprint",
                &query,
            )
            .await;
            let found: Vec<String> = all["entities"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|e| {
                    format!(
                        "{}/{}",
                        e["blueprint"].as_str().unwrap_or(""),
                        e["identifier"].as_str().unwrap_or("")
                    )
                })
                .collect();
            let of = |blueprint: &str| {
                model
                    .search(blueprint, &query)
                    .into_iter()
                    .map(|id| format!("{blueprint}/{id}"))
                    .collect::<Vec<_>>()
            };
            let expected = [of("domain"), of("service")].concat();
            let found: Vec<String> = found
                .into_iter()
                .filter(|name| name.starts_with("domain/") || name.starts_with("service/"))
                .collect();
            assert_eq!(
                found, expected,
                "seed {seed}, step {step}: {query} everywhere"
            );
        }
    }
}

#[test]
fn searches_find_what_a_plain_model_finds() {
    for seed in 0..seeds() {
        on_both_databases(async |server| {
            play(seed, &[server.machine()]).await;
        });
    }
}

#[test]
fn searches_find_the_same_where_columns_do_not_fit_into_memory() {
    crate::harness::on_both_with(
        |config| config.search_memory = 1,
        async |server| {
            play(100, &[server.machine()]).await;
            assert_eq!(server.app.search.bytes(), 0, "nothing is kept");
        },
    );
}

#[test]
fn a_search_of_one_replica_finds_what_another_has_just_written() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    for seed in 200..200 + seeds().div_ceil(2) {
        let database = TestDatabase::postgres();
        runtime.block_on(async {
            let first = Server::start(database, |_| {}).await;
            let second = first.replica().await;
            play(seed, &[first.machine(), second.machine()]).await;
            second.stop().await;
            first.finish().await;
        });
    }
}

/// Writers and readers at once: a search begun after a write was answered finds it.
#[test]
fn a_search_sees_every_write_that_was_answered_before_it_began() {
    on_both_databases(async |server: Arc<Server>| {
        let client = server.machine();
        prepare(&client).await;
        let workers: Vec<_> = (0..6)
            .map(|worker| {
                let client = server.machine();
                tokio::spawn(async move {
                    for round in 0..15 {
                        let name = format!("w{worker}-{round}");
                        let entity = json!({"identifier": format!("e{worker}"), "properties": {"name": name}});
                        post(&client, "/v1/blueprints/service/entities?upsert=true", &entity).await;
                        let query = json!({"combinator": "and", "rules": [{"property": "name", "operator": "=", "value": name}]});
                        assert_eq!(search(&client, "service", &query, 10).await, [format!("e{worker}")], "{name}");
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.expect("a worker that found what it wrote");
        }
    });
}
