//! Following a run live, over a real connection: each line once and in order, across reconnects, to the end.

use crate::catalog::{action, log, run};
use crate::client::Client;
use crate::harness::on_both_databases;
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
