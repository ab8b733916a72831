//! The past of an entity's values, hour by hour.

use crate::client::Client;
use crate::harness::{Server, on_both_databases, on_two_servers};
use larboard::ops::history::record;
use larboard_core::time::Timestamp;
use larboard_store::value_history::ValuesRow;
use larboard_store::{blueprints, sweeps, value_history};
use serde_json::{Value, json};

/// The values of properties of a service today, hour by hour.
async fn today(client: &Client, names: &[&str]) -> Value {
    let asked = json!({"entityIdentifier": "api", "blueprintIdentifier": "service", "propertyNames": names,
        "timeInterval": "hour", "timeRange": {"preset": "today", "timeZone": "UTC"}});
    let told = client
        .post("/v1/entities/properties-history", &asked)
        .await
        .expect(200);
    told["result"]["data"].clone()
}

/// Services with numbers from elsewhere: the tier of a domain, that tier doubled, and how many deployments there are.
async fn catalog(client: &Client) {
    let domain = json!({"identifier": "domain", "title": "Domain",
        "schema": {"properties": {"tier": {"type": "number"}, "name": {"type": "string"}}}});
    client.post("/v1/blueprints", &domain).await.expect(201);
    let service = json!({"identifier": "service", "title": "Service", "schema": {"properties": {}},
        "mirrorProperties": {"tier": {"title": "Tier", "path": "domain.tier"}, "name": {"title": "Name", "path": "domain.name"}},
        "calculationProperties": {"double": {"title": "Double", "calculation": ".properties.tier * 2", "type": "number"}},
        "relations": {"domain": {"title": "Domain", "target": "domain", "required": false, "many": false}}});
    client.post("/v1/blueprints", &service).await.expect(201);
    let deployment = json!({"identifier": "deployment", "title": "Deployment", "schema": {"properties": {}},
        "relations": {"service": {"title": "Service", "target": "service", "required": false, "many": false}}});
    client.post("/v1/blueprints", &deployment).await.expect(201);
    let shop = json!({"identifier": "shop", "properties": {"tier": 1, "name": "Shop"}});
    client
        .post("/v1/blueprints/domain/entities", &shop)
        .await
        .expect(201);
    let api = json!({"identifier": "api", "relations": {"domain": "shop"}});
    client
        .post("/v1/blueprints/service/entities", &api)
        .await
        .expect(201);
    let count = json!({"aggregationProperties": {"deployments": {"title": "Deployments", "target": "deployment",
        "calculationSpec": {"calculationBy": "entities", "func": "count"}}}});
    client
        .patch("/v1/blueprints/service", &count)
        .await
        .expect(200);
}

/// Gives the domain another tier, and the service another deployment, and lets an hour pass.
async fn change(server: &Server, client: &Client, tier: u32) {
    let body = json!({"properties": {"tier": tier}});
    client
        .patch("/v1/blueprints/domain/entities/shop", &body)
        .await
        .expect(200);
    let body = json!({"identifier": format!("d{tier}"), "relations": {"service": "api"}});
    client
        .post("/v1/blueprints/deployment/entities", &body)
        .await
        .expect(201);
    server.clock.advance(3600);
    // Any write wakes the server, which else would look within some seconds.
    client
        .patch(
            "/v1/blueprints/domain",
            &json!({"description": tier.to_string()}),
        )
        .await
        .expect(200);
}

/// Waits until so many rows are recorded of an entity of a blueprint, and it was swept as it is now.
async fn until_recorded(
    server: &Server,
    blueprint: &'static str,
    entity: &'static str,
    rows: usize,
) {
    server
        .until_stored("the values are recorded", move |tx| {
            let revision = blueprints::find_revision(tx, blueprint)?;
            let swept = sweeps::list(tx, "values")?;
            let swept = swept.iter().any(|row| {
                row.blueprint == blueprint
                    && row.position.is_none()
                    && Some(row.revision) == revision
            });
            let ever = Timestamp::from_millis(i64::MAX);
            Ok(swept && value_history::list(tx, blueprint, entity, ever)?.len() == rows)
        })
        .await;
}

#[test]
fn numbers_that_come_from_elsewhere_have_a_past() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client).await;
        until_recorded(&server, "service", "api", 1).await;
        change(&server, &client, 3).await;
        until_recorded(&server, "service", "api", 2).await;
        let body = json!({"properties": {"tier": 4}});
        client
            .patch("/v1/blueprints/domain/entities/shop", &body)
            .await
            .expect(200);
        // It is not recorded twice in a quarter of an hour, but told as it is now.
        assert_eq!(today(&client, &["tier"]).await[11], 4);
        change(&server, &client, 5).await;
        until_recorded(&server, "service", "api", 3).await;
        server.clock.advance(3600);
        let nothing = json!({"properties": {"tier": null}});
        client
            .patch("/v1/blueprints/domain/entities/shop", &nothing)
            .await
            .expect(200);
        let hours = |name: &'static str| {
            let client = &client;
            async move { today(client, &[name]).await.as_array().expect("a list")[9..14].to_vec() }
        };
        let null = Value::Null;
        assert_eq!(
            hours("tier").await,
            [null.clone(), json!(1), json!(3), json!(5), null.clone()]
        );
        assert_eq!(
            hours("double").await,
            [null.clone(), json!(2), json!(6), json!(10), null.clone()]
        );
        assert_eq!(
            hours("deployments").await,
            [null.clone(), json!(0), json!(1), json!(2), json!(2)]
        );
        assert_eq!(hours("name").await, [const { Value::Null }; 5]);
        let lines = today(&client, &["deployments", "tier"]).await;
        assert_eq!(lines[0]["property"], "deployments");
        assert_eq!(
            (&lines[0]["data"][11], &lines[1]["data"][11]),
            (&json!(1), &json!(3))
        );
    });
}

#[test]
fn what_stands_on_results_of_rules_has_a_past() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client).await;
        let passed = json!({"combinator": "and", "rules": [{"property": "result", "operator": "=", "value": "Passed"}]});
        let aggregation = json!({"aggregationProperties": {"passed": {"title": "Passed", "target": "_rule_result",
            "calculationSpec": {"calculationBy": "entities", "func": "count"}, "query": passed}}});
        client
            .patch("/v1/blueprints/service", &aggregation)
            .await
            .expect(200);
        let high = json!({"property": "tier", "operator": ">", "value": 2});
        let card = json!({"identifier": "ready", "title": "Ready", "rules": [{"identifier": "high", "title": "High",
            "level": "Gold", "query": {"combinator": "and", "conditions": [high]}}]});
        client
            .post("/v1/blueprints/service/scorecards", &card)
            .await
            .expect(201);
        until_recorded(&server, "service", "api", 1).await;
        for (tier, rows) in [(2, 2), (3, 3)] {
            change(&server, &client, tier).await;
            until_recorded(&server, "service", "api", rows).await;
            until_recorded(&server, "_scorecard", "ready", rows - 1).await;
        }
        let hours = today(&client, &["passed"]).await;
        assert_eq!(
            hours.as_array().expect("a list")[10..13],
            [json!(0), json!(0), json!(1)]
        );
        let asked = json!({"entityIdentifier": "ready", "blueprintIdentifier": "_scorecard", "propertyNames": ["rules_passed"],
            "timeInterval": "hour", "timeRange": {"preset": "today", "timeZone": "UTC"}});
        let told = client
            .post("/v1/entities/properties-history", &asked)
            .await
            .expect(200);
        let hours = told["result"]["data"].as_array().expect("a list");
        // Whether the first hour has a value depends on whether the scorecard was there at the first look.
        assert_eq!(hours[11..13], [json!(0), json!(1)]);
    });
}

#[test]
fn a_past_follows_its_entity_and_ends_with_what_it_is_of() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client).await;
        until_recorded(&server, "service", "api", 1).await;
        client
            .patch(
                "/v1/blueprints/service/entities/api",
                &json!({"identifier": "rest"}),
            )
            .await
            .expect(200);
        client
            .patch("/v1/blueprints/service", &json!({"identifier": "module"}))
            .await
            .expect(200);
        until_recorded(&server, "module", "rest", 1).await;
        let bare = json!({"identifier": "module", "title": "Module", "schema": {"properties": {}}, "mirrorProperties": {}, "calculationProperties": {},
            "aggregationProperties": {}});
        client.put("/v1/blueprints/module", &bare).await.expect(200);
        server
            .until_stored("the values are forgotten", |tx| {
                let ever = Timestamp::from_millis(i64::MAX);
                let known = value_history::list(tx, "module", "rest", ever)?;
                let swept = sweeps::list(tx, "values")?;
                Ok(known.is_empty() && swept.iter().all(|row| row.blueprint != "module"))
            })
            .await;
    });
}

#[test]
fn what_was_found_of_entities_that_are_gone_or_known_is_left_out() {
    on_both_databases(|server| async move {
        let client = server.machine();
        catalog(&client).await;
        until_recorded(&server, "service", "api", 1).await;
        let found = |entity: &str, seconds: i64| ValuesRow {
            blueprint: "service".into(),
            entity: entity.into(),
            at: server.app.now().plus_millis(seconds * 1000),
            numbers: r#"{"tier":9}"#.into(),
        };
        for seconds in [1, 2] {
            let rows = [found("api", seconds), found("gone", seconds)];
            let put = server.app.store.write(move |tx| record::put(tx, &rows));
            put.await.expect("what is there is recorded");
        }
        let ever = Timestamp::from_millis(i64::MAX);
        let known = server
            .app
            .store
            .read(move |tx| value_history::list(tx, "service", "api", ever));
        let known = known.await.expect("what was recorded");
        assert_eq!(known.len(), 2);
        assert_eq!(known[1], found("api", 1));
    });
}

#[test]
fn two_servers_record_each_change_once() {
    on_two_servers(async |first, second| {
        catalog(&first.machine()).await;
        until_recorded(&first, "service", "api", 1).await;
        for (tier, rows) in [(2, 2), (3, 3)] {
            change(&first, &second.machine(), tier).await;
            until_recorded(&first, "service", "api", rows).await;
        }
        let hours = today(&second.machine(), &["deployments"]).await;
        assert_eq!(
            hours.as_array().expect("a list")[10..13],
            [json!(0), json!(1), json!(2)]
        );
        second.stop().await;
    });
}

#[test]
fn a_calculation_had_the_values_that_followed_from_what_was_written_then() {
    on_both_databases(|server| async move {
        let client = server.machine();
        let double =
            json!({"title": "Double", "calculation": ".properties.cost * 2", "type": "number"});
        let blueprint = json!({"identifier": "server", "title": "Server",
            "schema": {"properties": {"cost": {"type": "number"}}}, "calculationProperties": {"double": double}});
        client.post("/v1/blueprints", &blueprint).await.expect(201);
        let one = json!({"identifier": "one", "properties": {"cost": 2}});
        let entities = "/v1/blueprints/server/entities";
        client.post(entities, &one).await.expect(201);
        server.clock.advance(3600);
        let path = "/v1/blueprints/server/entities/one";
        let changed = json!({"properties": {"cost": 3}});
        client.patch(path, &changed).await.expect(200);
        server.clock.advance(3600);
        client.delete(path).await.expect(200);
        server.clock.advance(3600);
        client.post(entities, &one).await.expect(201);
        let asked = json!({"entityIdentifier": "one", "blueprintIdentifier": "server", "propertyNames": ["double"],
            "timeInterval": "hour", "timeRange": {"preset": "today", "timeZone": "UTC"}});
        let path = "/v1/entities/properties-history";
        let told = client.post(path, &asked).await.expect(200);
        let hours = told["result"]["data"].as_array().expect("a list");
        // It was made at ten o'clock.
        assert_eq!(hours[..10], [const { Value::Null }; 10]);
        assert_eq!(hours[10..14], [json!(4), json!(6), Value::Null, json!(4)]);
    });
}
