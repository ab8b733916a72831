//! The main job from end to end: an execution reaches the backend signed, the backend reports, the run shows all of it.

use crate::catalog::{action, microservice, run};
use crate::client::Client;
use crate::harness::{ADMIN, CLIENT, SECRET, Server, on_both_databases};
use crate::signature;
use serde_json::{Value, json};

#[test]
fn the_walkthrough_runs_from_the_button_to_the_end_with_legacy_actions() {
    on_both_databases(async |server| {
        let machine = server.machine();
        microservice(&machine).await;
        let legacy = json!({
            "identifier": "create_microservice", "title": "Create Microservice", "trigger": "CREATE",
            "userInputs": { "properties": { "name": { "type": "string" }, "region": { "type": "string" } } },
            "invocationMethod": { "type": "WEBHOOK", "url": format!("{}/hook", server.sink.base) },
        });
        machine
            .post("/v1/blueprints/microservice/actions", &legacy)
            .await
            .expect(200);
        let inputs = json!({ "properties": { "name": "shop", "region": "eu" } });
        let admin = server.admin().await;
        let reply = admin
            .post(
                "/v1/blueprints/microservice/actions/create_microservice/runs",
                &inputs,
            )
            .await
            .expect(202);
        let id = reply["run"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(reply["run"]["action"], "create_microservice");
        assert_eq!(reply["run"]["source"], "UI");

        let hooks = server.sink.wait_for(1).await;
        signature::verify(&hooks[0], SECRET);
        let sent = hooks[0].json();
        assert_eq!(sent["action"], "create_microservice");
        assert_eq!(sent["resourceType"], "run");
        assert_eq!(sent["status"], "TRIGGERED");
        assert_eq!(sent["trigger"]["by"]["user"]["email"], ADMIN);
        assert_eq!(
            sent["context"],
            json!({ "entity": null, "blueprint": "microservice", "runId": id })
        );
        assert_eq!(sent["payload"]["entity"], Value::Null);
        assert_eq!(sent["payload"]["action"]["trigger"], "CREATE");
        assert_eq!(sent["payload"]["properties"], inputs["properties"]);

        report(&server, &machine, &id).await;
    });
}

#[test]
fn the_walkthrough_runs_from_the_button_to_the_end_with_todays_actions() {
    on_both_databases(async |server| {
        let machine = server.machine();
        microservice(&machine).await;
        action(&server, "/hook", json!({ "method": "PUT" })).await;
        let id = run(&server.member().await).await;
        let hooks = server.sink.wait_for(1).await;
        signature::verify(&hooks[0], SECRET);
        assert_eq!(hooks[0].method, "PUT");
        assert_eq!(hooks[0].header("RUN_ID"), id);
        assert_eq!(
            hooks[0].json(),
            json!({ "run": id, "name": "shop", "text": "make shop" })
        );
        report(&server, &machine, &id).await;
    });
}

/// What a backend does, and what the run and the audit log then show.
async fn report(server: &Server, machine: &Client, id: &str) {
    let run = format!("/v1/actions/runs/{id}");
    let link = json!({ "link": "https://ci.example.test/1", "statusLabel": "building" });
    let shown = machine
        .patch(&format!("{run}?version=v2"), &link)
        .await
        .expect(200);
    assert_eq!(shown["run"]["statusLabel"], "building");
    for number in 1..=3 {
        crate::catalog::log(machine, id, &format!("step {number}")).await;
    }
    let entity = json!({ "identifier": "shop", "title": "Shop", "properties": { "region": "eu" } });
    let path = format!("/v1/blueprints/microservice/entities?upsert=true&run_id={id}");
    machine.post(&path, &entity).await.expect(201);
    let end = json!({ "message": "done", "terminationStatus": "SUCCESS" });
    machine.post(&format!("{run}/logs"), &end).await.expect(201);

    let shown = machine.get(&format!("{run}?version=v2")).await.expect(200);
    assert_eq!(shown["run"]["status"], "SUCCESS");
    assert_eq!(shown["run"]["entity"]["identifier"], "shop");
    assert!(shown["run"]["endedAt"].is_string());
    let lines = machine.get(&format!("{run}/logs")).await.expect(200);
    let messages: Vec<&Value> = lines["runLogs"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| &line["message"])
        .collect();
    assert_eq!(messages, ["step 1", "step 2", "step 3", "done"]);

    let again = json!({ "message": "more" });
    machine
        .post(&format!("{run}/logs"), &again)
        .await
        .refused(422, "run_exhausted");
    machine
        .patch(&run, &json!({ "summary": "late" }))
        .await
        .refused(422, "run_exhausted");
    machine
        .post(&path, &entity)
        .await
        .refused(400, "run_exhausted");

    let events = machine
        .get(&format!("/v1/audit-log?run_id={id}&resources=entity"))
        .await
        .expect(200);
    let events = events["audits"].as_array().expect("events");
    // The write after the end was refused, and that is on the run too.
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["status"], "FAILURE");
    assert_eq!(events[1]["action"], "CREATE");
    assert_eq!(events[1]["diff"]["before"], Value::Null);
    assert_eq!(events[1]["diff"]["after"]["identifier"], "shop");
    assert_eq!(events[1]["context"]["runId"], id);
    let ended = machine
        .get(&format!("/v1/audit-log?run_id={id}&resources=run"))
        .await
        .expect(200);
    let newest = &ended["audits"][0];
    assert_eq!(newest["diff"]["before"]["status"], "IN_PROGRESS");
    assert_eq!(newest["diff"]["after"]["status"], "SUCCESS");
    assert_eq!(newest["trigger"]["origin"], "API");
    assert_eq!(newest["trigger"]["address"], "127.0.0.1");
    assert_eq!(newest["trigger"]["by"]["user"]["id"], CLIENT);
    assert_eq!(server.undelivered().await, 0);
}

#[test]
fn an_execution_repeated_with_its_idempotency_key_makes_one_run_and_one_delivery() {
    on_both_databases(async |server| {
        action(&server, "/hook", json!({})).await;
        let machine = server.machine();
        let ask = async |name: &str| {
            let body = json!({ "properties": { "name": name } });
            let request = machine
                .request("POST", "/v1/actions/act/runs")
                .header("idempotency-key", "once")
                .json(&body);
            crate::client::send(request).await
        };
        let (one, two) = tokio::join!(ask("shop"), ask("shop"));
        let (one, two) = (one.expect(202), two.expect(202));
        assert_eq!(one["run"]["id"], two["run"]["id"]);
        let third = ask("shop").await.expect(202);
        assert_eq!(third["run"]["id"], one["run"]["id"]);
        ask("other").await.refused(409, "idempotency_conflict");
        let runs = machine.get("/v1/actions/runs").await.expect(200);
        assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1));
        server.sink.wait_for(1).await;
        let id = one["run"]["id"].as_str().expect("an id");
        let deliveries = format!("/v1/actions/runs/{id}/deliveries");
        server
            .until(&deliveries, |body| {
                body["deliveries"][0]["state"] == "SUCCEEDED"
            })
            .await;
        assert_eq!(server.sink.received().len(), 1);
    });
}
