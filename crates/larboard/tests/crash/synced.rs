//! The sync comes before the acknowledgement. The page cache survives SIGKILL, so only the order of system calls shows
//! that a write would survive a loss of power too: the server is traced, and its trace read.

use crate::server::{Place, signal};
use crate::sink::Sink;
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;

/// Appends, one after the other.
const APPENDS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_line_was_synced_to_the_disk_before_its_answer_was_sent() {
    let mut place = Place::sqlite();
    let trace = place.directory.path().join("trace");
    place.wrapper = [
        "strace", "-f", "-y", "-s", "2048", "-o", &trace.to_string_lossy(), "-e",
        "trace=execve,fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg,read,readv,recvfrom,recvmsg",
    ]
    .map(str::to_owned)
    .to_vec();
    let sink = Sink::start().await;
    let tracer = place.serve().await;
    let server = Traced::find(&trace);
    let client = tracer.client().await;
    client.prepare(&sink.url).await;
    let run = client.execute().await;
    sink.has_all(std::slice::from_ref(&run)).await;
    for number in 0..APPENDS {
        let line = json!({ "message": mark(number) });
        client
            .post(&format!("/v1/actions/runs/{run}/logs"), &line)
            .await;
    }
    // The tracer ends when the server does, with its trace complete.
    signal("TERM", server.0).await;
    assert!(tracer.ended().await.success());

    let calls = read_trace(&std::fs::read_to_string(&trace).expect("a trace"));
    let syncs = (0..APPENDS)
        .map(|number| syncs_of_append(&calls, number))
        .sum::<usize>();
    println!("{APPENDS} acknowledged appends, {syncs} syncs, each before its answer");
    assert!(syncs >= APPENDS);
}

/// The traced process, which would outlive a tracer that a failed test kills.
struct Traced(u32);

impl Traced {
    /// The first traced call is the one that made the server.
    fn find(trace: &Path) -> Self {
        let text = std::fs::read_to_string(trace).expect("a trace");
        let pid = text.split_once(' ').and_then(|(pid, _)| pid.parse().ok());
        Self(pid.expect("a process id"))
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let kill = format!("kill -KILL {}", self.0);
            drop(
                std::process::Command::new("sh")
                    .args(["-c", &kill])
                    .status(),
            );
        }
    }
}

fn mark(number: usize) -> String {
    format!("line {number} of the trace")
}

/// A finished system call. `began` and `ended` are places in the trace, which is in the order of events.
struct Call {
    began: usize,
    ended: usize,
    text: String,
}

impl Call {
    fn writes_log(&self) -> bool {
        self.text.starts_with("pwrite") && self.text.contains("larboard.db-wal>")
    }

    fn syncs_log(&self) -> bool {
        let syncs = self.text.starts_with("fdatasync(") || self.text.starts_with("fsync(");
        syncs && self.text.contains("larboard.db-wal>") && self.text.ends_with("= 0")
    }

    fn answers(&self) -> bool {
        ["write", "send"]
            .iter()
            .any(|name| self.text.starts_with(name))
            && self.text.contains("\"HTTP/1.1 201 Created")
    }
}

/// Lines of the trace as calls; two lines that another thread's call came between are put together.
fn read_trace(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<&str, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (place, line) in trace.lines().enumerate() {
        let Some((thread, text)) = line.split_once(' ') else {
            continue;
        };
        let text = text.trim_start();
        if let Some(start) = text.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, (place, start.to_owned()));
        } else if let Some((_, end)) = text
            .strip_prefix("<... ")
            .and_then(|rest| rest.split_once(" resumed>"))
        {
            let (began, start) = begun.remove(thread).unwrap_or((place, String::new()));
            calls.push(Call {
                began,
                ended: place,
                text: start + end,
            });
        } else {
            calls.push(Call {
                began: place,
                ended: place,
                text: text.to_owned(),
            });
        }
    }
    calls
}

/// Checks one append: its answer is sent after a sync of the log that began after the log was written, all of it after
/// the request was read. How many such syncs there were.
fn syncs_of_append(calls: &[Call], number: usize) -> usize {
    let mark = mark(number);
    let asked = calls
        .iter()
        .find(|call| !call.text.starts_with('p') && !call.writes_log() && call.text.contains(&mark))
        .unwrap_or_else(|| panic!("the trace has no request {number}"));
    let answered = calls
        .iter()
        .filter(|call| call.answers() && call.began > asked.ended)
        .min_by_key(|call| call.began)
        .unwrap_or_else(|| panic!("the trace has no answer {number}"));
    let written = calls
        .iter()
        .filter(|call| call.writes_log() && call.began > asked.ended && call.ended < answered.began)
        .map(|call| call.ended)
        .max()
        .unwrap_or_else(|| panic!("append {number} wrote nothing before its answer"));
    let syncs = calls
        .iter()
        .filter(|call| call.syncs_log() && call.began > written && call.ended < answered.began)
        .count();
    assert!(
        syncs > 0,
        "append {number} was answered before the log was synced"
    );
    syncs
}
