//! What careless and hostile clients send: too much, too deep, not text, and the habits of real ones.

use crate::catalog::{action, microservice, run};
use crate::client::{Reply, send, with_headers};
use crate::harness::{Server, on_both_databases};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const ENTITIES: &str = "/v1/blueprints/microservice/entities";

async fn post_text(server: &Server, path: &str, body: impl Into<reqwest::Body>) -> Reply {
    let request = server.machine().request("POST", path);
    send(
        request
            .header("content-type", "application/json")
            .body(body),
    )
    .await
}

async fn entities(server: &Server) -> usize {
    let reply = server.machine().get(ENTITIES).await.expect(200);
    reply["entities"].as_array().expect("entities").len()
}

#[test]
fn a_body_over_one_mebibyte_is_refused_and_one_of_exactly_that_is_read() {
    on_both_databases(async |server| {
        microservice(&server.machine()).await;
        let empty = json!({ "identifier": "big", "properties": { "region": "" } }).to_string();
        let fill = |length: usize| {
            let text = "x".repeat(length - empty.len());
            json!({ "identifier": "big", "properties": { "region": text } }).to_string()
        };
        let limit = 1024 * 1024;
        let message = post_text(&server, ENTITIES, fill(limit + 1))
            .await
            .refused(413, "bad_request");
        assert!(message.contains("1MiB"), "{message}");
        assert_eq!(entities(&server).await, 0);
        let exact = post_text(&server, ENTITIES, fill(limit)).await;
        assert_ne!(exact.status, 413, "{}", exact.text);
        assert!(exact.status < 500, "{}", exact.text);
    });
}

#[test]
fn a_body_of_unknown_length_is_cut_off_at_the_limit() {
    on_both_databases(async |server| {
        microservice(&server.machine()).await;
        let address = server.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let head = format!(
            "POST {ENTITIES} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ntransfer-encoding: chunked\r\n\
             connection: close\r\n\r\n",
            server.token()
        );
        stream.write_all(head.as_bytes()).await.expect("a head");
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        for _ in 0..17 {
            // The server may have answered and closed already.
            if stream.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        let mut reply = vec![0; 12];
        stream.read_exact(&mut reply).await.expect("a reply");
        assert_eq!(reply, b"HTTP/1.1 413");
    });
}

#[test]
fn bodies_that_are_not_what_they_should_be_are_refused_and_leave_nothing() {
    on_both_databases(async |server| {
        microservice(&server.machine()).await;
        let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        let deep_property = format!(
            r#"{{"identifier":"x","properties":{{"region":{}}}}}"#,
            deep(100_000)
        );
        let bodies: [Vec<u8>; 10] = [
            Vec::new(),
            b"{".to_vec(),
            b"[]".to_vec(),
            b"null".to_vec(),
            b"{}{}".to_vec(),
            deep(200_000).into_bytes(),
            deep_property.into_bytes(),
            b"{\"identifier\":\"a\xff\xfe\"}".to_vec(),
            br#"{"identifier":"x","title":"a\u0000b"}"#.to_vec(),
            br#"{"identifier":"x","properties":{"region":"\ud800"}}"#.to_vec(),
        ];
        for body in bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let reply = post_text(&server, ENTITIES, body).await;
            assert_eq!(reply.status, 400, "{shown}: {}", reply.text);
            let message = reply.refused(400, "bad_request");
            assert!(message.ends_with('.'), "{message}");
        }
        assert_eq!(entities(&server).await, 0);
    });
}

#[test]
fn a_path_or_a_query_with_bytes_that_are_no_text_is_refused_and_not_an_error() {
    on_both_databases(async |server| {
        let machine = server.machine();
        for path in [
            "/v1/blueprints/%00",
            "/v1/blueprints/%ff",
            "/v1/blueprints/a%2fb",
            "/v1/actions/runs/%00",
            "/v1/actions/runs/%00/logs",
            "/v1/actions/%00",
            "/v1/blueprints/%00/entities",
            "/v1/blueprints/x/entities/%00",
            "/v1/organization/secrets/%00",
            "/v1/audit-log?entity=%00",
            "/v1/audit-log?run_id=%00",
            "/v1/actions/runs?entity=%00&blueprint=%00",
            "/v1/actions/runs?next=%00",
            "/v1/audit-log?next=99999999999999999999",
        ] {
            let reply = machine.get(path).await;
            assert!(reply.status < 500, "{path}: {}", reply.text);
            if reply.status >= 400 {
                assert_eq!(reply.body["ok"], false, "{path}: {}", reply.text);
            }
        }
    });
}

#[test]
fn the_habits_of_real_clients_are_tolerated() {
    on_both_databases(async |server| {
        let machine = server.machine();
        microservice(&machine).await;
        let entity = json!({ "identifier": "shop", "properties": { "region": "eu" } });
        // A Python client prints its booleans, a Go client a pointer; a slash at the end means nothing.
        let path = format!("{ENTITIES}/?upsert=True&merge=0xc000012345&unknown=1");
        machine.post(&path, &entity).await.expect(201);
        machine.post(&path, &entity).await.expect(200);
        let printed = format!("{ENTITIES}?upsert=0xc000012345");
        machine
            .post(&printed, &entity)
            .await
            .refused(409, "identifier_taken");
        machine.get("/v1/blueprints/").await.expect(200);
        machine
            .get("/v1/blueprints/microservice/entities/shop/")
            .await
            .expect(200);
        // JSON without a content type, or with a wrong one, is JSON all the same.
        for headers in [vec![], vec![("content-type", "text/plain")]] {
            let request = machine.request("POST", &path).body(entity.to_string());
            send(with_headers(request, headers)).await.expect(200);
        }
        let bare = server.anonymous().request("GET", "/v1/blueprints");
        send(bare.header("authorization", server.token()))
            .await
            .expect(200);
        let shown = machine
            .get(&format!("{ENTITIES}?include=identifier&include=title"))
            .await
            .expect(200);
        assert_eq!(shown["entities"][0]["identifier"], "shop");
        assert!(shown["entities"][0].get("properties").is_none(), "{shown}");
    });
}

#[test]
fn an_unknown_route_and_a_wrong_method_are_refused_in_the_same_shape() {
    on_both_databases(async |server| {
        let machine = server.machine();
        machine.get("/v1/nothing").await.refused(404, "not_found");
        let wrong = machine.delete("/v1/organization").await;
        wrong.refused(405, "method_not_allowed");
    });
}

#[test]
fn a_refused_execution_leaves_no_run_and_sends_nothing() {
    on_both_databases(async |server| {
        action(&server, "/hook", json!({})).await;
        let machine = server.machine();
        for body in [
            json!({}),
            json!({ "properties": [] }),
            json!({ "properties": { "name": 5 } }),
            json!({ "properties": { "nam": "x" } }),
            json!({ "properties": {}, "extra": 1 }),
        ] {
            let reply = machine.post("/v1/actions/act/runs", &body).await;
            assert_eq!(reply.status, 422, "{body}: {}", reply.text);
        }
        let runs = machine.get("/v1/actions/runs").await.expect(200);
        assert_eq!(runs["runs"], Value::Array(Vec::new()));
        run(&machine).await;
        assert_eq!(server.sink.wait_for(1).await.len(), 1);
    });
}
