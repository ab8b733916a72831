//! Newline-delimited JSON: thousands of entities or log lines in a request, each answered by a line of its own, with an end
//! that says that all were handled.

use crate::catalog;
use crate::client::Client;
use crate::harness::{on_both_databases, on_both_with};
use serde_json::{Value, json};

/// Sends lines and reads the answers.
async fn send(client: &Client, path: &str, lines: String) -> Vec<Value> {
    let request = client.request("POST", path).body(lines);
    let response = request.send().await.expect("a reply");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.expect("a whole reply");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

const WRITE: &str = "/v1/blueprints/microservice/bulk/entities/ndjson?upsert=true&merge=true";

#[test]
fn thousands_of_entities_are_written_by_one_request_and_a_repeat_changes_nothing() {
    on_both_databases(async |server| {
        let machine = server.machine();
        catalog::microservice(&machine).await;
        let lines = || -> String {
            (0..2_300)
                .map(|n| {
                    format!(
                        "{{\"identifier\":\"e{n:05}\",\"properties\":{{\"region\":\"r{n}\"}}}}\n"
                    )
                })
                .collect()
        };
        let before = server.app.store.metrics().writes;
        let answers = send(&machine, WRITE, lines()).await;
        // 2300 lines are five transactions of at most 500; workers may add a few of their own.
        let writes = server.app.store.metrics().writes - before;
        assert!((5..50).contains(&writes), "{writes} writes");
        assert_eq!(answers.len(), 2_301);
        for (index, answer) in answers[..2_300].iter().enumerate() {
            let expected =
                json!({ "index": index, "identifier": format!("e{index:05}"), "created": true });
            assert_eq!(*answer, expected);
        }
        assert_eq!(
            answers[2_300],
            json!({ "ok": true, "lines": 2_300, "refused": 0 })
        );
        let count = machine
            .get("/v1/blueprints/microservice/entities-count")
            .await
            .expect(200);
        assert_eq!(count["count"], 2_300);
        let again = send(&machine, WRITE, lines()).await;
        assert_eq!(
            again[7],
            json!({ "index": 7, "identifier": "e00007", "created": false })
        );
        let log = machine
            .get("/v1/audit-log?entity=e00007&blueprint=microservice")
            .await
            .expect(200);
        assert_eq!(log["audits"].as_array().expect("events").len(), 1);
    });
}

#[test]
fn a_line_that_is_refused_leaves_the_others_alone_and_is_answered_in_its_place() {
    on_both_databases(async |server| {
        let machine = server.machine();
        catalog::microservice(&machine).await;
        let lines = "{\"identifier\":\"a\"}\n\n{broken\n{\"identifier\":\"b\",\"properties\":{\"region\":1}}\r\n\
                     {\"identifier\":\"c c\"}\n[]\n{\"identifier\":\"d\"}";
        let answers = send(&machine, WRITE, lines.to_owned()).await;
        let codes: Vec<_> = answers
            .iter()
            .map(|answer| {
                (
                    answer["index"].as_u64(),
                    answer["error"].as_str(),
                    answer["statusCode"].as_u64(),
                )
            })
            .collect();
        assert_eq!(
            codes,
            [
                (Some(0), None, None),
                (Some(1), Some("bad_request"), Some(400)),
                (Some(2), Some("blueprint_schema_mismatch"), Some(422)),
                (Some(3), Some("bad_request"), Some(400)),
                (Some(4), Some("bad_request"), Some(400)),
                (Some(5), None, None),
                (None, None, None),
            ]
        );
        assert_eq!(answers[2]["identifier"], "b");
        assert_eq!(answers[6], json!({ "ok": false, "lines": 6, "refused": 4 }));
        machine
            .get("/v1/blueprints/microservice/entities/d")
            .await
            .expect(200);
    });
}

#[test]
fn what_does_not_begin_is_refused_as_ever() {
    on_both_databases(async |server| {
        let machine = server.machine();
        let path = "/v1/blueprints/nowhere/bulk/entities/ndjson";
        machine
            .post(path, &json!({}))
            .await
            .refused(404, "not_found");
        let path = "/v1/actions/runs/r_0000000000000000/logs/ndjson";
        machine
            .post(path, &json!({}))
            .await
            .refused(404, "not_found");
        catalog::microservice(&machine).await;
        let answers = send(
            &machine,
            &format!("{WRITE}&run_id=r_0"),
            "{}\n{}".to_owned(),
        )
        .await;
        assert_eq!(answers[0]["error"], "not_found");
        assert_eq!(answers[2], json!({ "ok": false, "lines": 2, "refused": 2 }));
        assert_eq!(
            send(&machine, WRITE, String::new()).await,
            [json!({ "ok": true, "lines": 0, "refused": 0 })]
        );
    });
}

#[test]
fn a_body_over_its_own_limit_is_refused_and_a_line_over_a_mebibyte_ends_the_request() {
    on_both_with(
        |config| config.bulk_body_limit = 3_000_000,
        async |server| {
            let machine = server.machine();
            catalog::microservice(&machine).await;
            let long = "x".repeat(3_000_001);
            let request = machine.request("POST", WRITE).body(long);
            let reply = crate::client::send(request).await;
            assert!(
                reply
                    .refused(413, "bad_request")
                    .contains("bulk-body-limit")
            );
            let lines = format!(
                "{{\"identifier\":\"a\"}}\n\"{}\"\n{{\"identifier\":\"b\"}}\n",
                "x".repeat(1_200_000)
            );
            let answers = send(&machine, WRITE, lines).await;
            let last = answers.last().expect("an end");
            assert_eq!(last["ok"], false);
            assert_eq!(answers.len(), 2);
            assert_eq!(answers[0]["identifier"], "a");
            assert!(
                last["message"]
                    .as_str()
                    .expect("a sentence")
                    .contains("1 MiB")
            );
            machine
                .get("/v1/blueprints/microservice/entities/b")
                .await
                .refused(404, "not_found");
        },
    );
}

#[test]
fn log_lines_are_numbered_as_they_came_and_none_follows_the_one_that_ends_the_run() {
    on_both_databases(async |server| {
        let machine = server.machine();
        catalog::action(&server, "/hold", json!({})).await;
        server.may_leave_work();
        let run = catalog::run(&machine).await;
        let path = format!("/v1/actions/runs/{run}/logs/ndjson");
        let mut lines: String = (0..1_200)
            .map(|n| format!("{{\"message\":\"line {n}\"}}\n"))
            .collect();
        lines.push_str("{\"message\":1}\n{\"message\":\"done\",\"terminationStatus\":\"SUCCESS\"}\n{\"message\":\"late\"}\n");
        let answers = send(&machine, &path, lines).await;
        assert_eq!(answers.len(), 1_204);
        for (index, answer) in answers[..1_200].iter().enumerate() {
            assert_eq!(answer["seq"], index + 1);
        }
        assert_eq!(answers[1_200]["error"], "invalid_request");
        assert_eq!(answers[1_201]["seq"], 1_201);
        assert_eq!(answers[1_202]["error"], "run_exhausted");
        assert_eq!(
            answers[1_203],
            json!({ "ok": false, "lines": 1_203, "refused": 2 })
        );
        let page = machine
            .get(&format!("/v1/actions/runs/{run}/logs?offset=1199"))
            .await
            .expect(200);
        let messages: Vec<_> = page["runLogs"]
            .as_array()
            .expect("lines")
            .iter()
            .map(|l| l["message"].clone())
            .collect();
        assert_eq!(messages, ["line 1199", "done"]);
    });
}

#[test]
fn a_page_of_a_log_shows_the_lines_it_should_however_often_it_is_read_while_the_log_grows() {
    on_both_databases(async |server| {
        let machine = server.machine();
        catalog::action(&server, "/hold", json!({})).await;
        server.may_leave_work();
        let run = catalog::run(&machine).await;
        let other = catalog::run(&machine).await;
        let page = async |client: &Client, run: &str, offset: u32, limit: u32| -> Vec<String> {
            let path = format!("/v1/actions/runs/{run}/logs?offset={offset}&limit={limit}");
            let page = client.get(&path).await.expect(200);
            let lines = page["runLogs"].as_array().expect("lines").iter();
            lines
                .map(|line| {
                    assert_eq!(line["runId"], *run);
                    line["message"].as_str().expect("a text").to_owned()
                })
                .collect()
        };
        let lines =
            |from: u32, to: u32| (from..to).map(|n| format!("line {n}")).collect::<Vec<_>>();
        let append = async |run: &str, from: u32, to: u32| {
            let path = format!("/v1/actions/runs/{run}/logs/ndjson");
            let line = |n| format!("{{\"message\":\"line {n}\"}}\n");
            send(&machine, &path, (from..to).map(line).collect()).await;
        };
        append(&other, 500, 505).await;
        let mut there = 0;
        for more in [7, 3, 40, 1] {
            append(&run, there, there + more).await;
            there += more;
            for _ in 0..2 {
                for (offset, limit) in [(0, 50), (0, 10), (10, 50), (5, 5), (50, 50)] {
                    let expected = lines(offset.min(there), (offset + limit).min(there));
                    assert_eq!(page(&machine, &run, offset, limit).await, expected);
                }
                assert_eq!(page(&machine, &other, 0, 5).await, lines(500, 505));
            }
        }
        // A page that was shown to one is not shown to whoever asks.
        let path = format!("/v1/actions/runs/{run}/logs?offset=0&limit=50");
        server
            .anonymous()
            .get(&path)
            .await
            .refused(401, "unauthorized");
    });
}

#[test]
fn a_member_reports_on_their_own_runs_alone() {
    on_both_databases(async |server| {
        catalog::action(&server, "/hold", json!({})).await;
        server.may_leave_work();
        let run = catalog::run(&server.machine()).await;
        let member = server.member().await;
        let path = format!("/v1/actions/runs/{run}/logs/ndjson");
        member
            .post(&path, &json!({ "message": "x" }))
            .await
            .refused(403, "missing_permissions");
        let own = catalog::run(&member).await;
        let path = format!("/v1/actions/runs/{own}/logs/ndjson");
        let answers = send(&member, &path, "{\"message\":\"x\"}".to_owned()).await;
        assert_eq!(answers[0]["seq"], 1);
    });
}
