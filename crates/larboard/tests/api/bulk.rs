//! Bulk writes that race for the same entities: what many writers make of them, events included, is one history.

use crate::catalog;
use crate::client::Client;
use crate::harness::on_both_databases;
use futures_util::future::join_all;
use serde_json::{Value, json};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Writes all of the entities, some of them twice, `times` times.
async fn write(client: &Client, writer: usize, times: usize, merge: bool) {
    let path = format!("/v1/blueprints/microservice/entities/bulk?upsert=true&merge={merge}");
    for time in 0..times {
        let item = |name: &str, half: usize| {
            let region = format!("{writer}-{time}-{half}");
            // A merge leaves alone what it does not name.
            let title = (time % 2 == 0).then(|| format!("by {writer}"));
            match title {
                Some(title) => {
                    json!({ "identifier": name, "title": title, "properties": { "region": region } })
                }
                None => json!({ "identifier": name, "properties": { "region": region } }),
            }
        };
        let mut items: Vec<Value> = NAMES.iter().map(|name| item(name, 0)).collect();
        items.push(item("b", 1));
        let answer = client.post(&path, &json!({ "entities": items })).await;
        let answer = answer.expect(200);
        assert_eq!(
            answer["entities"].as_array().expect("items").len(),
            5,
            "{answer}"
        );
    }
}

#[test]
fn each_event_of_racing_bulk_writes_begins_where_the_one_before_it_ended() {
    on_both_databases(async |server| {
        let machine = server.machine();
        catalog::microservice(&machine).await;
        let writers = (0..6).map(|writer| write(&machine, writer, 8, writer % 2 == 0));
        join_all(writers).await;
        for name in NAMES {
            let path = format!("/v1/audit-log?blueprint=microservice&entity={name}&limit=1000");
            let log = machine.get(&path).await.expect(200);
            let mut events = log["audits"].as_array().expect("events").clone();
            events.reverse();
            let written = if name == "b" { 96 } else { 48 };
            assert_eq!(events.len(), written, "{name}");
            assert_eq!(events[0]["action"], "CREATE");
            assert_eq!(events[0]["diff"]["before"], Value::Null);
            for pair in events.windows(2) {
                assert_eq!(pair[1]["action"], "UPDATE");
                assert_eq!(pair[1]["diff"]["before"], pair[0]["diff"]["after"]);
            }
            let path = format!("/v1/blueprints/microservice/entities/{name}");
            let entity = machine.get(&path).await.expect(200)["entity"].clone();
            let last = &events[written - 1]["diff"]["after"];
            for key in ["title", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
                assert_eq!(entity[key], last[key], "{key}");
            }
            assert_eq!(entity["properties"]["region"], last["properties"]["region"]);
        }
    });
}
