//! Following a run live, over a real connection: each line once and in order, across reconnects, to the end.

use crate::catalog::{action, log, run};
use crate::client::Client;
use crate::harness::{on_both_databases, on_two_servers};
use crate::sink::Answer;
use serde_json::{Value, json};
use std::time::Duration;

/// A frame of a stream.
#[derive(Debug)]
struct Frame {
    event: String,
    id: Option<u64>,
    data: Value,
}

/// An open stream and what of it has not been read as a frame.
struct Stream {
    response: reqwest::Response,
    buffer: String,
}

impl Stream {
    async fn open(client: &Client, path: &str, last: Option<u64>) -> Self {
        let mut request = client.request("GET", path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("a stream");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let buffer = String::new();
        Self { response, buffer }
    }

    /// The next frame; `None` once the server has closed the stream.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            while let Some((frame, rest)) = self.buffer.split_once("\n\n") {
                let parsed = parse(frame);
                self.buffer = rest.to_owned();
                if parsed.is_some() {
                    return parsed;
                }
            }
            let read = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = read.expect("a frame in time").expect("a whole stream")?;
            self.buffer
                .push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// The frame that `wanted` accepts; others before it are dropped.
    async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let frame = self.next().await.expect("a stream that goes on");
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// The first delivery of the run, once so many attempts of it are told of.
    async fn attempted(&mut self, attempts: usize) -> Value {
        let wanted = |frame: &Frame| {
            let told = &frame.data["deliveries"][0]["attempts"];
            frame.event == "deliveries" && told.as_array().map(Vec::len) == Some(attempts)
        };
        self.until(wanted).await.data["deliveries"][0].take()
    }

    /// The names of all frames to the end, and the last deliveries among them.
    async fn names_to_the_end(mut self) -> (Vec<String>, Value) {
        let (mut names, mut deliveries) = (Vec::new(), Value::Null);
        while let Some(frame) = self.next().await {
            if frame.event == "deliveries" {
                deliveries = frame.data;
            }
            names.push(frame.event);
        }
        (names, deliveries)
    }

    /// The numbers of all lines to the end, and the number the end names.
    async fn read_to_the_end(mut self) -> (Vec<u64>, u64) {
        let (mut seqs, mut end) = (Vec::new(), None);
        while let Some(frame) = self.next().await {
            match frame.event.as_str() {
                "log" => seqs.push(frame.id.expect("a line has a number")),
                "end" => end = frame.data["seq"].as_u64(),
                _ => {}
            }
        }
        (seqs, end.expect("an end before the stream closes"))
    }
}

fn parse(text: &str) -> Option<Frame> {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    Some(Frame {
        event: field("event")?.to_owned(),
        id: field("id").and_then(|id| id.parse().ok()),
        data: serde_json::from_str(field("data")?).expect("JSON data"),
    })
}

#[test]
fn a_watcher_who_comes_in_the_middle_reconnects_and_misses_nothing() {
    on_both_databases(async |server| {
        action(&server, "/hook", json!({})).await;
        let machine = server.machine();
        let id = run(&machine).await;
        for number in 1..=5 {
            log(&machine, &id, &format!("line {number}")).await;
        }
        let path = format!("/v1/actions/runs/{id}/events");
        let member = server.member().await;
        let mut first = Stream::open(&member, &path, None).await;
        let shown = first.until(|frame| frame.event == "run").await;
        assert_eq!(shown.data["id"], id.as_str());
        assert_eq!(shown.data["status"], "IN_PROGRESS");
        log(&machine, &id, "line 6").await;
        let line = first.until(|frame| frame.id == Some(6)).await;
        assert_eq!(line.data["message"], "line 6");
        drop(first);

        for number in 7..=9 {
            log(&machine, &id, &format!("line {number}")).await;
        }
        let resumed = Stream::open(&member, &path, Some(6)).await;
        let anew = Stream::open(&machine, &path, None).await;
        let after = Stream::open(&machine, &format!("{path}?after=8"), None).await;
        log(&machine, &id, "line 10").await;
        let end = json!({ "message": "done", "terminationStatus": "SUCCESS" });
        let logs = format!("/v1/actions/runs/{id}/logs");
        machine.post(&logs, &end).await.expect(201);
        let (resumed, anew, after) = tokio::join!(
            resumed.read_to_the_end(),
            anew.read_to_the_end(),
            after.read_to_the_end()
        );
        assert_eq!(resumed, ((7..=11).collect(), 11));
        assert_eq!(anew, ((1..=11).collect(), 11));
        assert_eq!(after, ((9..=11).collect(), 11));

        let late = Stream::open(&machine, &path, Some(11))
            .await
            .read_to_the_end()
            .await;
        assert_eq!(late, (Vec::new(), 11));
    });
}

#[test]
fn many_writers_and_two_watchers_agree_on_every_line() {
    on_both_databases(async |server| {
        action(&server, "/hook", json!({})).await;
        let machine = server.machine();
        let id = run(&machine).await;
        let path = format!("/v1/actions/runs/{id}/events");
        let one = Stream::open(&machine, &path, None).await;
        let two = Stream::open(&machine, &path, None).await;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..8 {
            let (machine, id) = (machine.clone(), id.clone());
            writers.spawn(async move {
                for number in 0..25 {
                    log(&machine, &id, &format!("{writer}: {number}")).await;
                }
            });
        }
        let writing = async {
            while let Some(done) = writers.join_next().await {
                done.expect("a writer");
            }
            let end = json!({ "status": "SUCCESS" });
            machine
                .patch(&format!("/v1/actions/runs/{id}"), &end)
                .await
                .expect(200);
        };
        let (one, two, ()) = tokio::join!(one.read_to_the_end(), two.read_to_the_end(), writing);
        assert_eq!(one, ((1..=200).collect(), 200));
        assert_eq!(two, one);
    });
}

#[test]
fn every_attempt_is_told_of_with_what_came_of_its_delivery_and_a_line_of_the_log_repeats_none() {
    on_both_databases(async |server| {
        action(&server, "/script", json!({})).await;
        server.sink.will_answer(Answer::status(500));
        let machine = server.machine();
        let id = run(&machine).await;
        let path = format!("/v1/actions/runs/{id}/deliveries");
        let mut stream =
            Stream::open(&machine, &format!("/v1/actions/runs/{id}/events"), None).await;
        let refused = stream.attempted(1).await;
        assert_eq!(refused["state"], "PENDING");
        assert_eq!(refused["attempts"][0]["statusCode"], 500);
        assert!(refused["nextAttemptAt"].is_string(), "{refused}");

        server.advance(3).await;
        let taken = stream.attempted(2).await;
        assert_eq!(taken["state"], "SUCCEEDED");
        assert_eq!(taken["attempts"][1]["statusCode"], 200);
        // What is told is what whoever asks is answered.
        let asked = machine.get(&path).await.expect(200);
        assert_eq!(asked["deliveries"], json!([taken]));

        log(&machine, &id, "line 1").await;
        let line = stream.next().await.expect("a frame");
        assert_eq!((line.event.as_str(), line.id), ("log", Some(1)));
        let end = json!({ "message": "done", "terminationStatus": "SUCCESS" });
        let logs = format!("/v1/actions/runs/{id}/logs");
        machine.post(&logs, &end).await.expect(201);
        let (names, deliveries) = stream.names_to_the_end().await;
        assert!(!names.contains(&"deliveries".to_owned()), "{names:?}");
        assert_eq!(deliveries, Value::Null);
    });
}

#[test]
fn what_becomes_of_a_delivery_as_its_run_ends_is_told_before_the_end() {
    on_both_databases(async |server| {
        action(&server, "/script", json!({})).await;
        let machine = server.machine();
        for (state, attempts) in [("CANCELLED", 1), ("FAILED", 2)] {
            server.sink.will_answer(Answer::status(500));
            let id = run(&machine).await;
            let path = format!("/v1/actions/runs/{id}");
            let mut stream = Stream::open(&machine, &format!("{path}/events"), None).await;
            stream.attempted(1).await;
            if state == "CANCELLED" {
                let end = json!({ "status": "SUCCESS" });
                machine.patch(&path, &end).await.expect(200);
            } else {
                server.sink.will_answer(Answer::status(404));
                server.advance(3).await;
            }
            let (names, deliveries) = stream.names_to_the_end().await;
            assert_eq!(names.last().map(String::as_str), Some("end"), "{names:?}");
            let delivery = &deliveries["deliveries"][0];
            assert_eq!(delivery["state"], state);
            assert_eq!(
                delivery["attempts"].as_array().map(Vec::len),
                Some(attempts)
            );
            // Whoever comes late is told the same.
            let late = Stream::open(&machine, &format!("{path}/events"), None).await;
            assert_eq!(late.names_to_the_end().await.1, deliveries);
        }
    });
}

#[test]
fn an_attempt_that_one_server_made_is_told_of_at_the_other() {
    on_two_servers(async |first, second| {
        action(&first, "/script", json!({})).await;
        first.sink.will_answer(Answer::status(503));
        let id = run(&first.machine()).await;
        let path = format!("/v1/actions/runs/{id}/events");
        let mut here = Stream::open(&first.machine(), &path, None).await;
        let mut there = Stream::open(&second.machine(), &path, None).await;
        here.attempted(1).await;
        there.attempted(1).await;
        // Either of them may make the next one.
        first.advance(3).await;
        let told = here.attempted(2).await;
        assert_eq!(told["state"], "SUCCEEDED");
        assert_eq!(there.attempted(2).await, told);
        drop((here, there));
        second.stop().await;
    });
}

#[test]
fn a_stream_of_an_unknown_run_is_not_found() {
    on_both_databases(async |server| {
        let message = server
            .machine()
            .get("/v1/actions/runs/r_0000000000000000/events")
            .await
            .refused(404, "not_found");
        assert!(message.contains("r_0000000000000000"), "{message}");
    });
}
