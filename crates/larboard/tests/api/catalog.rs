//! The catalog and the actions that the behaviour tests start from, made through the API.

use crate::client::Client;
use crate::harness::Server;
use serde_json::{Value, json};

/// Makes the blueprint `microservice`.
pub async fn microservice(client: &Client) {
    let blueprint = json!({
        "identifier": "microservice", "title": "Microservice",
        "schema": { "properties": { "region": { "type": "string" } }, "required": [] },
    });
    client.post("/v1/blueprints", &blueprint).await.expect(201);
}

/// Makes the action `act`, which sends its inputs to a path of the sink; `method` adds to its invocation.
pub async fn action(server: &Server, path: &str, method: Value) {
    let mut invocation = json!({
        "type": "WEBHOOK", "url": format!("{}{path}", server.sink.base),
        "headers": { "RUN_ID": "{{ .run.id }}" },
        "body": { "run": "{{ .run.id }}", "name": "{{ .inputs.name }}", "text": "make {{ .inputs.name }}" },
    });
    if let (Some(map), Value::Object(more)) = (invocation.as_object_mut(), method) {
        map.extend(more);
    }
    let action = json!({
        "identifier": "act", "title": "Act",
        "trigger": { "type": "self-service", "operation": "CREATE",
            "userInputs": { "properties": { "name": { "type": "string" } }, "required": [] } },
        "invocationMethod": invocation,
    });
    server
        .machine()
        .post("/v1/actions", &action)
        .await
        .expect(200);
}

/// Executes `act` and returns the run's id.
pub async fn run(client: &Client) -> String {
    let body = json!({ "properties": { "name": "shop" } });
    let reply = client.post("/v1/actions/act/runs", &body).await.expect(202);
    reply["run"]["id"].as_str().expect("an id").to_owned()
}

/// Appends a line to a run's log.
pub async fn log(client: &Client, run: &str, message: &str) {
    let path = format!("/v1/actions/runs/{run}/logs");
    client
        .post(&path, &json!({ "message": message }))
        .await
        .expect(201);
}
