//! Trying to get a secret out: through a backend that sends back what it was sent, in many spellings, through its reports,
//! through errors, and out of the files of the database.

use crate::client::Client;
use crate::harness::{SECRET, Server, on_both_databases};
use crate::sink::Answer;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What must never be seen again; with what JSON and URLs escape.
const TOKEN: &str = "T0ken/with\"quotes\" & spaces é";
/// A secret that is a host, which comes back in small letters.
const HOST: &str = "Nowhere-Secret.Invalid";

/// Everything a request carried, as a careless backend would send it back.
pub fn echo(parts: &Parts, body: &[u8]) -> Answer {
    let headers: Vec<String> = parts
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let body = String::from_utf8_lossy(body);
    let all =
        json!({ "url": parts.uri.to_string(), "headers": headers, "body": body, "app": SECRET });
    let (status, spelling) = match parts.uri.path().strip_prefix("/echo/").unwrap_or_default() {
        path if path.starts_with("fail/") => (400, &path[5..]),
        path => (200, path),
    };
    let text = match spelling {
        "json" => all.to_string(),
        "nested" => json!({ "inner": all.to_string() }).to_string(),
        "base64" => format!("got {}", STANDARD.encode(all.to_string())),
        "shifted" => format!("got {}", STANDARD.encode(format!("x{all}"))),
        "urlencoded" => all
            .to_string()
            .bytes()
            .map(|b| format!("%{b:02X}"))
            .collect(),
        "html" => all.to_string().replace('&', "&amp;").replace('"', "&quot;"),
        "hex" => all
            .to_string()
            .bytes()
            .map(|b| format!("{b:02x}"))
            .collect(),
        other => panic!("the backend knows no spelling {other:?}"),
    };
    Answer {
        status,
        headers: vec![("location", format!("http://{HOST}/x"))],
        body: text.into_bytes(),
    }
}

async fn secrets(client: &Client) {
    for (name, value) in [("TOKEN", TOKEN), ("HOST", HOST)] {
        let body = json!({ "secretName": name, "secretValue": value });
        let reply = client.post("/v1/organization/secrets", &body).await;
        assert!(reply.status < 300, "{}", reply.text);
    }
}

/// An action that sends the secret everywhere a request has room for one.
async fn telling_action(server: &Server, path: &str, more: Value) {
    let mut invocation = json!({
        "type": "WEBHOOK",
        "url": format!("{}{path}?key={{{{ .secrets.HOST }}}}", server.sink.base),
        "headers": { "X-Key": "Bearer {{ .secrets.HOST }}" },
        "body": { "token": "{{ .secrets.TOKEN }}", "text": "<{{ .secrets.TOKEN }}>" },
    });
    if let (Some(map), Value::Object(more)) = (invocation.as_object_mut(), more) {
        map.extend(more);
    }
    let action = json!({
        "identifier": "act",
        "trigger": { "type": "self-service", "operation": "CREATE",
            "userInputs": { "properties": { "name": { "type": "string" } }, "required": [] } },
        "invocationMethod": invocation,
    });
    let machine = server.machine();
    let saved = machine.put("/v1/actions/act", &action).await;
    match saved.status {
        404 => machine.post("/v1/actions", &action).await.expect(200),
        _ => saved.expect(200),
    };
}

/// Fails the test if any part of a secret is in the text.
#[track_caller]
fn clean(what: &str, text: &str) {
    let lower = text.to_lowercase();
    for part in [
        "t0ken/with",
        "quotes",
        "nowhere-secret",
        &SECRET.to_lowercase(),
    ] {
        assert!(!lower.contains(part), "{what} shows {part:?}: {text}");
    }
    let hex: String = "quotes".bytes().map(|b| format!("{b:02x}")).collect();
    assert!(
        !lower.contains(&hex),
        "{what} shows hexadecimal digits of a secret: {text}"
    );
    let percent: String = "quotes".bytes().map(|b| format!("%{b:02x}")).collect();
    assert!(
        !lower.contains(&percent),
        "{what} shows an escaped secret: {text}"
    );
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c))) {
        for cut in 0..4.min(word.len()) {
            let letters = &word[cut..word.len() - (word.len() - cut) % 4];
            let plain = STANDARD.decode(letters).unwrap_or_default();
            let plain = String::from_utf8_lossy(&plain).to_lowercase();
            assert!(
                !plain.contains("nowhere-s"),
                "{what} shows base64 of a secret: {text}"
            );
            assert!(
                !plain.contains("t0ken/wi"),
                "{what} shows base64 of a secret: {text}"
            );
        }
    }
}

/// Everything that the API shows of a run.
async fn everything(client: &Client, id: &str) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for path in [
        format!("/v1/actions/runs/{id}"),
        format!("/v1/actions/runs/{id}?version=v2"),
        format!("/v1/actions/runs/{id}/logs"),
        format!("/v1/actions/runs/{id}/deliveries"),
        format!("/v1/audit-log?run_id={id}"),
        "/v1/audit-log".to_owned(),
        "/v1/actions/runs?version=v2".to_owned(),
        "/v1/organization/secrets".to_owned(),
        "/metrics".to_owned(),
    ] {
        let reply = client.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        shown.push((path, reply.text));
    }
    shown
}

#[test]
fn a_backend_that_sends_secrets_back_gets_them_neither_stored_nor_shown() {
    on_both_databases(async |server| {
        secrets(&server.machine()).await;
        let machine = server.machine();
        let spellings = [
            "json",
            "nested",
            "base64",
            "shifted",
            "urlencoded",
            "html",
            "hex",
        ];
        for spelling in spellings
            .iter()
            .flat_map(|s| [s.to_string(), format!("fail/{s}")])
        {
            for synchronized in [true, false] {
                let path = format!("/echo/{spelling}");
                telling_action(&server, &path, json!({ "synchronized": synchronized })).await;
                let body = json!({ "properties": { "name": "shop" } });
                let reply = machine.post("/v1/actions/act/runs", &body).await;
                clean("the reply", &reply.text);
                let id = reply.expect(202)["run"]["id"]
                    .as_str()
                    .expect("an id")
                    .to_owned();
                let settled = |body: &Value| body["deliveries"][0]["state"] != "PENDING";
                server
                    .until(&format!("/v1/actions/runs/{id}/deliveries"), settled)
                    .await;
                for (what, text) in everything(&machine, &id).await {
                    clean(&format!("{what} after {spelling}"), &text);
                }
            }
        }
        let sent = server.sink.received();
        assert_eq!(sent.len(), 4 * spellings.len());
        assert_eq!(sent[0].json()["token"], TOKEN, "the backend itself is told");
        assert_eq!(sent[0].header("X-Key"), format!("Bearer {HOST}"));
        clean_files(&server);
    });
}

#[test]
fn a_backend_that_reports_secrets_gets_them_struck_out_of_its_reports() {
    on_both_databases(async |server| {
        let machine = server.machine();
        secrets(&machine).await;
        telling_action(&server, "/hook", json!({})).await;
        let id = crate::catalog::run(&machine).await;
        let run = format!("/v1/actions/runs/{id}");
        let stream = machine.request("GET", &format!("{run}/events")).send();
        let stream = stream.await.expect("a stream");
        crate::catalog::log(&machine, &id, &format!("curl -H 'X-Key: {TOKEN}' {SECRET}")).await;
        let patch = json!({
            "summary": format!("used {TOKEN}"), "statusLabel": HOST, "externalRunId": SECRET,
            "link": [format!("http://{HOST}/1")], "message": { TOKEN: { "a": [TOKEN] } },
        });
        let reply = machine.patch(&run, &patch).await;
        clean("the reply of the PATCH", &reply.text);
        reply.expect(200);
        // A refused write that is bound to the run is told among the run's events, with its reason.
        crate::catalog::microservice(&machine).await;
        let entity = json!({ "identifier": "shop", "properties": { "region": [TOKEN] } });
        let path = format!("/v1/blueprints/microservice/entities?run_id={id}");
        assert_eq!(machine.post(&path, &entity).await.status, 422);
        let end = json!({ "message": format!("{TOKEN} done"), "terminationStatus": "SUCCESS", "statusLabel": TOKEN });
        let reply = machine.post(&format!("{run}/logs"), &end).await;
        clean("the reply of the line", &reply.text);
        for (what, text) in everything(&machine, &id).await {
            clean(&what, &text);
        }
        let frames = stream.text().await.expect("frames to the end of the run");
        assert!(frames.contains("curl -H 'X-Key: ***' ***"), "{frames}");
        clean("the stream", &frames);
        clean_files(&server);
    });
}

#[test]
fn a_secret_that_was_replaced_is_still_struck_out() {
    on_both_databases(async |server| {
        let machine = server.machine();
        secrets(&machine).await;
        telling_action(&server, "/hook", json!({})).await;
        let id = crate::catalog::run(&machine).await;
        let new = json!({ "secretValue": "an0ther-value" });
        machine
            .patch("/v1/organization/secrets/TOKEN", &new)
            .await
            .expect(200);
        machine
            .delete("/v1/organization/secrets/HOST")
            .await
            .expect(200);
        crate::catalog::log(&machine, &id, &format!("{TOKEN} {HOST} an0ther-value")).await;
        let lines = machine
            .get(&format!("/v1/actions/runs/{id}/logs"))
            .await
            .expect(200);
        assert_eq!(lines["runLogs"][0]["message"], "*** *** ***");
    });
}

#[test]
fn no_refusal_of_an_execution_shows_a_secret() {
    on_both_databases(async |server| {
        let machine = server.machine();
        secrets(&machine).await;
        for (more, code) in [
            (
                json!({ "url": "http://{{ .secrets.HOST }}/x" }),
                "not_resolvable_destination",
            ),
            (
                json!({ "url": "{{ .secrets.TOKEN }}" }),
                "invalid_evaluated_invocation_method",
            ),
            (
                json!({ "method": "{{ .secrets.TOKEN }}" }),
                "invalid_evaluated_invocation_method",
            ),
            (
                json!({ "headers": { "X-Length": "{{ .secrets.TOKEN | length }}" } }),
                "invalid_evaluated_invocation_method",
            ),
            (
                json!({ "body": { "a": "{{ .secrets.TOKEN | tonumber }}" } }),
                "evaluate_invocation_method_error",
            ),
            (
                json!({ "body": { "a": "{{ error(.secrets.TOKEN) }}" } }),
                "evaluate_invocation_method_error",
            ),
            (
                json!({ "headers": { "{{ .secrets.TOKEN }}": "x" } }),
                "invalid_evaluated_invocation_method",
            ),
            (
                json!({ "body": { "{{ spreadValue() }}": "{{ .secrets.TOKEN }}" } }),
                "evaluate_invocation_method_error",
            ),
            (
                json!({ "body": { "{{ .secrets }}": 1 } }),
                "evaluate_invocation_method_error",
            ),
            (
                json!({ "body": { "a": "{{ .secrets.TOKEN.x }}" } }),
                "evaluate_invocation_method_error",
            ),
        ] {
            let what = more.to_string();
            telling_action(&server, "/hook", more).await;
            let body = json!({ "properties": { "name": "shop" } });
            let reply = machine.post("/v1/actions/act/runs", &body).await;
            clean(&what, &reply.text);
            assert_eq!(reply.body["error"], code, "{what}: {}", reply.text);
        }
        assert_eq!(server.sink.received().len(), 0);
    });
}

/// Looks for secrets in the bytes of the embedded database.
fn clean_files(server: &Server) {
    for name in ["larboard.db", "larboard.db-wal"] {
        let Ok(bytes) = std::fs::read(server.app.config.data.join(name)) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        for part in ["T0ken/with", "Nowhere-Secret", "nowhere-secret", SECRET] {
            assert!(!text.contains(part), "{name} holds {part:?}");
        }
    }
}
