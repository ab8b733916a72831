//! What one server has changed holds at another at once, though nobody tells it: it knows blueprints and actions as it last
//! saw them.

use crate::client::send;
use crate::harness::on_two_servers;
use serde_json::json;

/// What a blueprint allows by now is not refused by a server that knows a former one, alone or in a bulk write.
#[test]
fn what_a_blueprint_has_just_allowed_is_taken_by_all_servers() {
    on_two_servers(async |first, second| {
        let (one, other) = (first.machine(), second.machine());
        let mut properties = json!({});
        for number in 0..40 {
            properties[format!("p{number}")] = json!({"type": "number"});
            let blueprint = json!({
                "identifier": "thing", "title": "Thing",
                "schema": {"properties": properties, "required": []}
            });
            let (method, path) = match number {
                0 => ("POST", "/v1/blueprints"),
                _ => ("PUT", "/v1/blueprints/thing"),
            };
            let changed = send(one.request(method, path).json(&blueprint)).await;
            assert!(changed.status < 300, "{}", changed.body);
            let entity = json!({"identifier": "a", "properties": {format!("p{number}"): number}});
            let (path, body) = match number % 2 {
                0 => ("entities?upsert=true", entity),
                _ => ("entities/bulk?upsert=true", json!({"entities": [entity]})),
            };
            let path = format!("/v1/blueprints/thing/{path}");
            let written = send(other.request("POST", &path).json(&body)).await;
            assert!(
                [200, 201].contains(&written.status),
                "{number}: {}",
                written.body
            );
        }
        second.stop().await;
    });
}

/// The same of an action: what its form takes by now is executed by a server that knows a former form.
#[test]
fn what_an_action_has_just_allowed_is_taken_by_all_servers() {
    on_two_servers(async |first, second| {
        let (one, other) = (first.machine(), second.machine());
        let mut inputs = json!({});
        for number in 0..20 {
            inputs[format!("i{number}")] = json!({"type": "number"});
            let action = json!({
                "identifier": "grow", "title": "Grow",
                "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": inputs, "required": []}},
                "invocationMethod": {"type": "WEBHOOK", "url": format!("{}/hook", first.sink.base), "body": {}}
            });
            let (method, path) = match number {
                0 => ("POST", "/v1/actions"),
                _ => ("PUT", "/v1/actions/grow"),
            };
            let changed = send(one.request(method, path).json(&action)).await;
            assert!(changed.status < 300, "{}", changed.body);
            let body = json!({"properties": {format!("i{number}"): number}});
            let run = send(other.request("POST", "/v1/actions/grow/runs").json(&body)).await;
            assert_eq!(run.status, 202, "{number}: {}", run.body);
        }
        second.stop().await;
    });
}
