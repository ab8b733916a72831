//! Templates from end to end: a webhook that uses all of them arrives as real jq would have rendered it, nothing is
//! compiled twice, and a hostile expression holds up nobody else.

use crate::client::Client;
use crate::harness::{ADMIN, SECRET, Server, on_both_databases, on_both_with};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates");
    std::fs::read_to_string(path.join(name)).expect("a file of this test")
}

/// A receiver that shares no code with the product, with the file it writes what it gets to.
struct Receiver {
    process: Child,
    base: String,
    record: PathBuf,
    _directory: tempfile::TempDir,
}

impl Receiver {
    fn start(program: &str, script: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let record = directory.path().join("requests.jsonl");
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../e2e/receivers")
            .join(script);
        let mut process = Command::new(program)
            .arg(script)
            .args(["--secret", SECRET, "--record"])
            .arg(&record)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a receiver");
        let mut port = String::new();
        let output = process.stdout.take().expect("its output");
        BufReader::new(output)
            .read_line(&mut port)
            .expect("its port");
        Self {
            process,
            base: format!("http://127.0.0.1:{}", port.trim()),
            record,
            _directory: directory,
        }
    }

    /// The one request it got.
    fn received(&self) -> Value {
        let text = std::fs::read_to_string(&self.record).expect("a record");
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).expect("a line of JSON")
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn secrets_and_entity(machine: &Client) {
    for (name, value) in [
        ("TOKEN", "t0ken-of-\"many\"-letters"),
        ("USER", "robot-user"),
    ] {
        let body = json!({ "secretName": name, "secretValue": value });
        machine
            .post("/v1/organization/secrets", &body)
            .await
            .expect(200);
    }
    crate::catalog::microservice(machine).await;
    let entity =
        json!({ "identifier": "shop", "title": "The shop", "properties": { "region": "eu" } });
    machine
        .post("/v1/blueprints/microservice/entities", &entity)
        .await
        .expect(201);
}

#[test]
fn a_webhook_that_uses_every_template_feature_arrives_as_jq_renders_it() {
    on_both_databases(async |server| {
        let case: Value = serde_json::from_str(&read("every_feature.json")).expect("JSON");
        let machine = server.machine();
        secrets_and_entity(&machine).await;
        let admin = server.admin().await;
        for receiver in [
            Receiver::start("python3", "receiver.py"),
            Receiver::start("node", "receiver.mjs"),
        ] {
            let action = case["action"]
                .to_string()
                .replace("${sink}", &receiver.base);
            let action: Value = serde_json::from_str(&action).expect("JSON");
            let saved = machine.put("/v1/actions/every_feature", &action).await;
            if saved.status == 404 {
                machine.post("/v1/actions", &action).await.expect(200);
            }
            let body = json!({ "properties": case["inputs"], "entity": "shop" });
            let reply = admin
                .post("/v1/actions/every_feature/runs", &body)
                .await
                .expect(202);
            let id = reply["run"]["id"].as_str().expect("an id");
            let deliveries = format!("/v1/actions/runs/{id}/deliveries");
            server
                .until(&deliveries, |body| {
                    body["deliveries"][0]["state"] == "SUCCEEDED"
                })
                .await;

            let expected = read("every_feature.expected.json")
                .replace("${sink}", "")
                .replace("${run}", id)
                .replace("${org}", &server.organization)
                .replace("${admin}", &server.user_id(ADMIN));
            let expected: Value = serde_json::from_str(&expected).expect("JSON");
            compare(&receiver.received(), &expected);
            let payload = &reply["run"]["payload"];
            let shown = payload.to_string();
            for secret in ["t0ken", "robot", "cm9ib3Q"] {
                assert!(!shown.contains(secret), "{shown}");
            }
            assert_eq!(payload["headers"]["X-Token"], "Bearer ***");
            assert_eq!(payload["body"]["secret made into more"], "***");
            assert_eq!(payload["body"]["strings"], expected["body"]["strings"]);
        }
    });
}

/// The request as it arrived is the one that jq renders: every byte of the body in its place.
fn compare(received: &Value, expected: &Value) {
    assert_eq!(received["signatureValid"], true, "{received}");
    assert_eq!(received["method"], expected["method"]);
    assert_eq!(received["path"], expected["url"]);
    for (name, value) in expected["headers"].as_object().expect("headers") {
        assert_eq!(&received["headers"][name.to_lowercase()], value, "{name}");
    }
    assert!(received["headers"].get("x-none").is_none());
    let body = received["body"].as_str().expect("a body");
    let parsed: Value = serde_json::from_str(body).expect("JSON");
    for (key, value) in expected["body"].as_object().expect("a body") {
        assert_eq!(simple(&parsed[key]), simple(value), "{key}");
    }
    // Also the order of keys and the spelling of everything.
    assert_eq!(body, simple(&expected["body"]).to_string());
}

/// Whole numbers as JavaScript writes them.
fn simple(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 => json!(float as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(simple).collect(),
        Value::Object(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.clone(), simple(value)));
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

async fn jq_action(server: &Server, identifier: &str, body: Value) {
    let action = json!({
        "identifier": identifier,
        "trigger": { "type": "self-service", "operation": "CREATE",
            "userInputs": { "properties": { "name": { "type": "string" } }, "required": [] } },
        "invocationMethod": { "type": "WEBHOOK", "url": format!("{}/hook", server.sink.base), "body": body },
    });
    server
        .machine()
        .post("/v1/actions", &action)
        .await
        .expect(200);
}

async fn execute(client: &Client, action: &str) -> crate::client::Reply {
    let body = json!({ "properties": { "name": "shop" } });
    client
        .post(&format!("/v1/actions/{action}/runs"), &body)
        .await
}

#[test]
fn in_a_steady_state_nothing_is_compiled() {
    on_both_databases(async |server| {
        jq_action(
            &server,
            "one",
            json!({ "a": "{{ .inputs.name | ascii_upcase }}" }),
        )
        .await;
        jq_action(&server, "two", json!({ "a": "{{ .inputs.name }}" })).await;
        let machine = server.machine();
        for action in ["one", "two"] {
            execute(&machine, action).await.expect(202);
        }
        let compiled = server.app.catalog.compiled_actions();
        assert_eq!(compiled, 2);
        for _ in 0..20 {
            for action in ["one", "two"] {
                execute(&machine, action).await.expect(202);
            }
        }
        assert_eq!(server.app.catalog.compiled_actions(), compiled);
        let hooks = server.sink.wait_for(42).await;
        assert_eq!(hooks[0].json(), json!({ "a": "SHOP" }));
        let metrics = machine.get("/metrics").await.text;
        for name in [
            "larboard_jq_compiles_total",
            "larboard_jq_evaluations_total{lane=\"quick\"}",
        ] {
            assert!(metrics.contains(name), "{name} is not among the metrics");
        }
    });
}

#[test]
fn hostile_expressions_end_by_their_limits_and_leave_no_run() {
    on_both_databases(async |server| {
        let machine = server.machine();
        for (number, hostile) in [
            "def f: f; f",
            "def f: 1 + f; f",
            "def f: [f]; f",
            "last(range(1e12))",
            "[repeat(1)]",
            "until(false; .)",
            "\"aaaaaaaaaa\" * 2000000000",
            "[limit(1e9; repeat(\"x\"))] | add",
            "reduce range(30) as $i (1; [., .]) | tojson",
            "reduce range(200000) as $i (1; [.]) | tojson",
            "[[range(3000)] | [., .] | combinations]",
            "\"x\" * 5000000",
            "[range(2000000)]",
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("hostile{number}");
            jq_action(
                &server,
                &name,
                json!({ "a": format!("{{{{ {hostile} }}}}") }),
            )
            .await;
            let reply = execute(&machine, &name).await;
            let message = reply.refused(422, "evaluate_invocation_method_error");
            assert!(
                message.starts_with("\"invocationMethod.body.a\": "),
                "{hostile}: {message}"
            );
            assert!(message.len() < 1000, "{message}");
        }
        let runs = machine.get("/v1/actions/runs").await.expect(200);
        assert_eq!(runs["runs"], json!([]));
        assert_eq!(server.sink.received().len(), 0);
        assert_eq!(server.app.lanes.slow_count(), 0);
    });
}

#[test]
fn normal_executions_go_on_beside_hostile_ones() {
    // With limits that no hostile expression reaches before the test is over.
    let endless = |config: &mut larboard::config::Config| {
        config.template_limits.fuel = u64::MAX;
        config.template_limits.expression.fuel = u64::MAX;
        config.template_limits.expression.wall = Some(Duration::from_secs(3600));
    };
    on_both_with(endless, async |server| {
        jq_action(&server, "hostile", json!({ "a": "{{ until(false; .) }}" })).await;
        jq_action(
            &server,
            "normal",
            json!({ "a": "{{ .inputs.name | ascii_upcase }}" }),
        )
        .await;
        let machine = server.machine();
        let mut hostile = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let machine = machine.clone();
            hostile.spawn(async move { execute(&machine, "hostile").await.status });
        }
        while server.app.lanes.slow_count() < 8 {
            assert!(
                hostile.try_join_next().is_none(),
                "a hostile expression has ended"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..50 {
            execute(&machine, "normal").await.expect(202);
        }
        assert_eq!(server.sink.wait_for(50).await.len(), 50);
        // All of the others are still at it.
        assert_eq!(server.app.lanes.slow_count(), 8);
        assert!(hostile.try_join_next().is_none());
        // Who does not wait any more gives the place back.
        hostile.shutdown().await;
        while server.app.lanes.slow_count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let sent = execute(&machine, "normal").await;
        sent.expect(202);
    });
}

#[test]
fn too_many_long_expressions_are_turned_away_and_nobody_else_is() {
    let endless = |config: &mut larboard::config::Config| {
        config.template_limits.fuel = u64::MAX;
        config.template_limits.expression.fuel = u64::MAX;
        config.template_limits.expression.wall = Some(Duration::from_secs(3600));
    };
    on_both_with(endless, async |server| {
        let machine = server.machine();
        let ask = async |client: Client, expression: &'static str| {
            let body = json!({ "expression": expression });
            client.post("/v1/jq/evaluate", &body).await
        };
        let mut hostile = tokio::task::JoinSet::new();
        for _ in 0..80 {
            let machine = machine.clone();
            hostile.spawn(async move { ask(machine, "until(false; .)").await });
        }
        let mut refused = 0;
        while refused < 16 {
            let reply = hostile
                .join_next()
                .await
                .expect("a reply")
                .expect("no panic");
            reply.refused(503, "overloaded");
            refused += 1;
        }
        assert_eq!(server.app.lanes.slow_count(), 64);
        let reply = ask(machine.clone(), "[range(10)] | add").await;
        assert_eq!(reply.expect(200)["outputs"], json!([45]));
        hostile.shutdown().await;
    });
}

#[test]
fn an_encrypted_input_reaches_the_backend_alone() {
    on_both_databases(async |server| {
        let machine = server.machine();
        let action = json!({
            "identifier": "act",
            "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {
                "token": { "type": "string", "encryption": "aes256-gcm" }, "name": { "type": "string" },
            } } },
            "invocationMethod": {
                "type": "WEBHOOK", "url": format!("{}/script", server.sink.base), "synchronized": true,
                "body": { "token": "{{ .inputs.token }}", "names": "{{ .action.encryptedProperties }}" },
            },
        });
        machine.post("/v1/actions", &action).await.expect(200);
        // A backend that decrypts the input and then tells it.
        server.sink.will_answer(crate::sink::Answer {
            status: 200,
            headers: Vec::new(),
            body: br#"{"used":"plain-password-1"}"#.to_vec(),
        });
        let body = json!({ "properties": { "token": "plain-password-1", "name": "shop" } });
        let reply = machine
            .post("/v1/actions/act/runs", &body)
            .await
            .expect(202);
        let id = reply["run"]["id"].as_str().expect("an id").to_owned();
        assert_eq!(
            reply["run"]["properties"],
            json!({ "token": "***", "name": "shop" })
        );
        let path = format!("/v1/actions/runs/{id}?version=v2");
        let shown = server
            .until(&path, |body| body["run"]["status"] == "SUCCESS")
            .await;
        assert_eq!(shown["run"]["response"], json!({ "used": "***" }));
        let sent = server.sink.received()[0].json();
        assert_eq!(sent["names"], json!(["token"]));
        assert_eq!(
            open(sent["token"].as_str().expect("a text")),
            "plain-password-1"
        );
        assert_eq!(shown["run"]["payload"]["body"]["token"], sent["token"]);
        for path in [
            format!("/v1/actions/runs/{id}/deliveries"),
            "/v1/audit-log".into(),
        ] {
            let text = machine.get(&path).await.text;
            assert!(!text.contains("plain-password"), "{path}: {text}");
        }
        for name in ["larboard.db", "larboard.db-wal"] {
            let bytes = std::fs::read(server.app.config.data.join(name)).unwrap_or_default();
            assert!(
                !String::from_utf8_lossy(&bytes).contains("plain-password"),
                "{name}"
            );
        }
    });
}

/// As a backend decrypts, with another implementation.
fn open(sealed: &str) -> String {
    let script = "const c = require('crypto'); const [key, text] = process.argv.slice(1);
        const all = Buffer.from(text, 'base64');
        const d = c.createDecipheriv('aes-256-gcm', Buffer.from(key).subarray(0, 32), all.subarray(0, 16));
        d.setAuthTag(all.subarray(-16));
        process.stdout.write(Buffer.concat([d.update(all.subarray(16, -16)), d.final()]));";
    let output = Command::new("node")
        .args(["-e", script, SECRET, sealed])
        .output();
    String::from_utf8(output.expect("node").stdout).expect("text")
}
