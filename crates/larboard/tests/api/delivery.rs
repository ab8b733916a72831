//! Backends that fail, and what the run shows of it. The pauses between attempts are the product's; the test moves the
//! clock over them.

use crate::catalog::{action, run};
use crate::harness::{SECRET, on_both_databases};
use crate::signature;
use crate::sink::Answer;
use serde_json::json;

#[test]
fn a_backend_that_fails_and_recovers_gets_the_same_delivery_again() {
    on_both_databases(async |server| {
        action(&server, "/script", json!({})).await;
        for status in [500, 503] {
            server.sink.will_answer(Answer::status(status));
        }
        let machine = server.machine();
        let id = run(&machine).await;
        let path = format!("/v1/actions/runs/{id}/deliveries");
        // Two pauses, of 2 s and of 10 s, each spread by at most a fifth.
        for (attempts, pause) in [(1, 3), (2, 13)] {
            let shown = server
                .until(&path, |body| {
                    body["deliveries"][0]["attempts"].as_array().map(Vec::len) == Some(attempts)
                })
                .await;
            let delivery = &shown["deliveries"][0];
            assert_eq!(delivery["state"], "PENDING");
            assert!(delivery["nextAttemptAt"].is_string(), "{delivery}");
            server.advance(pause).await;
        }
        let shown = server
            .until(&path, |body| body["deliveries"][0]["state"] == "SUCCEEDED")
            .await;
        let attempts = &shown["deliveries"][0]["attempts"];
        let statuses: Vec<_> = (0..3).map(|n| attempts[n]["statusCode"].as_i64()).collect();
        assert_eq!(statuses, [Some(500), Some(503), Some(200)]);
        let hooks = server.sink.received();
        assert_eq!(hooks.len(), 3);
        for hook in &hooks {
            signature::verify(hook, SECRET);
            assert_eq!(hook.body, hooks[0].body);
        }
        // A retried webhook is signed anew, for its own moment.
        assert_ne!(
            hooks[0].header("x-port-timestamp"),
            hooks[2].header("x-port-timestamp")
        );
        let shown = machine
            .get(&format!("/v1/actions/runs/{id}"))
            .await
            .expect(200);
        assert_eq!(shown["run"]["status"], "IN_PROGRESS");
    });
}

#[test]
fn a_backend_that_refuses_ends_the_run_at_once() {
    on_both_databases(async |server| {
        action(&server, "/status/404", json!({})).await;
        let id = run(&server.machine()).await;
        let path = format!("/v1/actions/runs/{id}?version=v2");
        let shown = server
            .until(&path, |body| body["run"]["status"] == "FAILURE")
            .await;
        let summary = shown["run"]["summary"].as_str().expect("a summary");
        assert!(summary.contains("404"), "{summary}");
        assert_eq!(server.sink.received().len(), 1);
        let events = server
            .machine()
            .get(&format!("/v1/audit-log?run_id={id}&resources=run"))
            .await
            .expect(200);
        assert_eq!(events["audits"][0]["trigger"]["by"]["byPort"], true);
    });
}

#[test]
fn a_backend_that_never_recovers_fails_the_run_when_the_window_closes() {
    on_both_databases(async |server| {
        action(&server, "/status/500", json!({})).await;
        let id = run(&server.machine()).await;
        let path = format!("/v1/actions/runs/{id}/deliveries");
        server
            .until(&path, |body| {
                body["deliveries"][0]["attempts"][0].is_object()
            })
            .await;
        server.advance(29 * 60 + 55).await;
        let run = format!("/v1/actions/runs/{id}?version=v2");
        let shown = server
            .until(&run, |body| body["run"]["status"] == "FAILURE")
            .await;
        let summary = shown["run"]["summary"].as_str().expect("a summary");
        assert!(
            summary.contains("500") && summary.contains("window"),
            "{summary}"
        );
        let shown = server.machine().get(&path).await.expect(200);
        assert_eq!(shown["deliveries"][0]["state"], "FAILED");
        assert_eq!(
            shown["deliveries"][0]["attempts"].as_array().map(Vec::len),
            Some(2)
        );
    });
}

#[test]
fn a_run_that_ends_by_itself_cancels_what_was_to_be_sent_again() {
    on_both_databases(async |server| {
        action(&server, "/status/500", json!({})).await;
        let machine = server.machine();
        let id = run(&machine).await;
        let path = format!("/v1/actions/runs/{id}/deliveries");
        server
            .until(&path, |body| {
                body["deliveries"][0]["attempts"][0].is_object()
            })
            .await;
        let end = json!({ "status": "SUCCESS" });
        machine
            .patch(&format!("/v1/actions/runs/{id}"), &end)
            .await
            .expect(200);
        let shown = machine.get(&path).await.expect(200);
        assert_eq!(shown["deliveries"][0]["state"], "CANCELLED");
        server.advance(3600).await;
        assert_eq!(server.sink.received().len(), 1);
    });
}

#[test]
fn a_synchronized_run_ends_by_the_answer_and_keeps_it() {
    on_both_databases(async |server| {
        action(&server, "/script", json!({ "synchronized": true })).await;
        let answer = json!({ "ticket": 7 });
        server.sink.will_answer(Answer {
            status: 201,
            headers: Vec::new(),
            body: answer.to_string().into_bytes(),
        });
        let machine = server.machine();
        let id = run(&machine).await;
        let path = format!("/v1/actions/runs/{id}?version=v2");
        let shown = server
            .until(&path, |body| body["run"]["status"] == "SUCCESS")
            .await;
        assert_eq!(shown["run"]["response"], answer);
        server.sink.will_answer(Answer::status(422));
        let id = run(&machine).await;
        let path = format!("/v1/actions/runs/{id}?version=v2");
        let shown = server
            .until(&path, |body| body["run"]["status"] == "FAILURE")
            .await;
        assert_eq!(shown["run"]["response"], json!({ "status": 422 }));
    });
}

#[test]
fn an_answer_of_many_megabytes_is_kept_only_as_an_excerpt() {
    on_both_databases(async |server| {
        action(&server, "/script", json!({})).await;
        server.sink.will_answer(Answer {
            status: 200,
            headers: Vec::new(),
            body: vec![b'x'; 50_000_000],
        });
        let id = run(&server.machine()).await;
        let path = format!("/v1/actions/runs/{id}/deliveries");
        let shown = server
            .until(&path, |body| {
                body["deliveries"][0]["attempts"][0].is_object()
            })
            .await;
        let excerpt = &shown["deliveries"][0]["attempts"][0]["responseExcerpt"];
        assert!(excerpt.as_str().is_none_or(|text| text.len() <= 2000));
        // Whether too much of an answer counts as taken is the sender's business; the run can be ended by hand.
        let end = json!({ "status": "FAILURE" });
        let reply = server
            .machine()
            .patch(&format!("/v1/actions/runs/{id}"), &end)
            .await;
        assert!([200, 422].contains(&reply.status), "{}", reply.text);
    });
}
