//! The sync comes before the acknowledgement. The page cache survives SIGKILL, so only the order of system calls shows
//! that a write would survive a loss of power too: the server is traced, and on PostgreSQL the database as well, and the
//! traces are read.

use crate::client::text;
use crate::postgres::Postgres;
use crate::server::{Place, Server, signal};
use crate::sink::Sink;
use crate::trace::{self, Call, Traced};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Appends, one after the other.
const APPENDS: usize = 50;

/// What is traced of the product: files, and sockets.
const CALLS: &str = "trace=execve,fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg,read,readv,recvfrom,recvmsg";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_line_was_synced_to_the_disk_before_its_answer_was_sent() {
    let mut place = Place::sqlite();
    let calls = append_traced(&mut place, &[]).await;
    let syncs: usize = (0..APPENDS)
        .map(|number| syncs_of_append(&calls, number))
        .sum();
    println!("{APPENDS} acknowledged appends, {syncs} syncs, each before its answer");
    assert!(syncs >= APPENDS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_line_was_synced_by_postgresql_before_its_answer_was_sent() {
    let mut postgres = Postgres::start_traced().await;
    let mut place = Place::postgres(&postgres.url);
    place.webhook_timeout = 30;
    let calls = append_traced(&mut place, &["-ttt", "-T"]).await;
    // The tracer of the database ends with it, its trace complete.
    postgres.crash().await;
    let database = trace::read(&std::fs::read_to_string(postgres.trace()).expect("a trace"));
    let syncs: usize = (0..APPENDS)
        .map(|number| syncs_of_database(&calls, &database, number))
        .sum();
    println!(
        "{APPENDS} acknowledged appends, {syncs} syncs of PostgreSQL's log, each before its answer"
    );
    assert!(syncs >= APPENDS);
}

/// Clients that write at the same time, and what each writes; one more for each looks for what it wrote.
const CLIENTS: usize = 8;
const BULKS: usize = 12;

/// While the disk is busy with long writes, a thread of its own syncs and answers. Each sync takes long here, so that there
/// always are others that wait, and that read what is not synced yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_or_reads_beside_a_sync_is_answered_after_the_next() {
    let mut place = Place::sqlite();
    let slowly = ["-s", "4096", "-e", "inject=fdatasync:delay_enter=20000"];
    let (tracer, server, trace) = serve_traced(&mut place, &slowly).await;
    let sink = Sink::start().await;
    tracer.client().await.prepare(&sink.url).await;
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let (writer, reader) = (tracer.client().await, tracer.client().await);
        clients.spawn(async move {
            for bulk in bulks(number) {
                let entities: Vec<_> = (0..20)
                    .map(|place| json!({ "identifier": format!("{bulk}{place}"), "properties": { "build": 1 } }))
                    .collect();
                let path = "/v1/blueprints/service/entities/bulk?upsert=true";
                writer.post(path, &json!({ "entities": entities })).await;
            }
        });
        clients.spawn(async move {
            for bulk in bulks(number) {
                let path = format!("/v1/blueprints/service/entities/{bulk}0");
                while reader
                    .call(Method::GET, &path, None)
                    .await
                    .expect("an answer")
                    .0
                    != 200
                {}
            }
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.expect("a client that did not panic");
    }
    signal("TERM", server.0).await;
    assert!(tracer.ended().await.success());
    let calls = trace::read(&std::fs::read_to_string(&trace).expect("a trace"));
    let mut threads = BTreeSet::new();
    for bulk in (0..CLIENTS).flat_map(bulks) {
        let write = format!("\\\"{bulk}0\\\"");
        let committed = committed(&calls, &bulk, &write);
        threads.insert(synced(&calls, committed, &write));
        synced(&calls, committed, &format!("/{bulk}0 HTTP"));
    }
    println!(
        "{} bulk writes by {CLIENTS} clients, synced by {} threads, each before its answer and before anybody saw it",
        CLIENTS * BULKS,
        threads.len()
    );
    assert_eq!(threads.len(), 2, "the writer and the thread beside it");
}

/// What the identifiers of a client's bulk writes begin with.
fn bulks(client: usize) -> impl Iterator<Item = String> {
    (0..BULKS).map(move |number| format!("bulk-{client}-{number}-"))
}

/// The log of SQLite, in a trace.
const LOG: &str = "larboard.db-wal>";

/// When the commit of what holds `mark`, which this request asks for, had been written to the log.
fn committed(calls: &[Call], mark: &str, request: &str) -> u64 {
    let asked = calls.iter().find(|call| call.asks(request));
    let asked = asked.expect("a request").ended;
    let mut pages: Vec<&Call> = calls
        .iter()
        .filter(|call| call.writes(LOG) && call.began > asked)
        .collect();
    pages.sort_by_key(|call| call.began);
    let first = pages.iter().position(|call| call.text.contains(mark));
    let rest = &pages[first.expect("pages of the write")..];
    let end = rest
        .iter()
        .position(|call| call.begins_the_end_of_a_commit(LOG));
    // The page follows its header.
    rest[end.expect("an end of its commit") + 1].ended
}

/// Checks a request: its success is sent after a sync of the log that began when the log had been written. Who synced first.
fn synced<'c>(calls: &'c [Call], committed: u64, request: &str) -> &'c str {
    let asked = calls.iter().find(|call| call.asks(request));
    let asked = asked.expect("a request");
    let answers = calls.iter().filter(|call| call.answers_to(asked));
    let answered = answers.map(|call| call.began).min().expect("an answer");
    let syncs = calls
        .iter()
        .filter(|call| call.syncs(LOG) && call.began > committed && call.ended < answered);
    let sync = syncs.min_by_key(|call| call.began);
    &sync
        .unwrap_or_else(|| panic!("{request:?} was answered before the log was synced"))
        .thread
}

/// A disk that refuses a sync may have dropped what was written, whatever it says later. So nothing more is said by this
/// process: no write, and no read of what may be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_any_more_once_the_disk_has_refused_a_sync() {
    let mut place = Place::sqlite();
    let refused = ["-e", "inject=fdatasync:error=EIO:when=60+"];
    let (tracer, server, _) = serve_traced(&mut place, &refused).await;
    let sink = Sink::start().await;
    let client = tracer.client().await;
    client.prepare(&sink.url).await;
    let run = client.execute().await;
    let path = format!("/v1/actions/runs/{run}/logs");
    let mut acknowledged = 0;
    let refused = loop {
        let line = json!({ "message": mark(acknowledged) });
        match client.try_post(&path, &line).await.expect("an answer") {
            (201, _) => acknowledged += 1,
            refused => break refused,
        }
        assert!(acknowledged < 200, "every sync succeeded");
    };
    assert!(acknowledged > 0);
    // The line may be there or not; whatever comes after it is refused.
    assert_eq!(refused.0, 500, "{refused:?}");
    for _ in 0..3 {
        let written = client.try_post(&path, &json!({ "message": "later" })).await;
        let read = client.call(Method::GET, &path, None).await;
        for answer in [written, read] {
            let (status, body) = answer.expect("an answer");
            assert_eq!(status, 503, "{body}");
            let message = body["message"].as_str().unwrap_or_default();
            assert!(message.contains("start the server again"), "{body}");
        }
        let ready = client.call(Method::GET, "/health/ready", None).await;
        assert_eq!(ready.expect("an answer").0, 503);
    }
    signal("TERM", server.0).await;
    tracer.ended().await;
    place.wrapper.clear();
    let server = place.serve().await;
    let client = server.client().await;
    let mut lines = Vec::new();
    for offset in 0..=acknowledged / 50 + 1 {
        let page = client
            .get(&format!("{path}?limit=50&offset={}", offset * 50))
            .await;
        let page = page["runLogs"].as_array().expect("lines");
        lines.extend(page.iter().map(|line| text(&line["message"])));
    }
    lines.retain(|line| line.starts_with("line "));
    println!(
        "{acknowledged} lines acknowledged before a sync failed, {} there",
        lines.len()
    );
    assert!([acknowledged, acknowledged + 1].contains(&lines.len()));
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(*line, mark(number));
    }
}

/// Starts a server under a tracer, appends lines and stops it; what it called.
async fn append_traced(place: &mut Place, options: &[&str]) -> Vec<Call> {
    let (tracer, server, trace) = serve_traced(place, options).await;
    let sink = Sink::start().await;
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
    trace::read(&std::fs::read_to_string(&trace).expect("a trace"))
}

/// Starts a server under a tracer; the tracer, what it traces, and where.
async fn serve_traced(place: &mut Place, options: &[&str]) -> (Server, Traced, PathBuf) {
    let trace = place.directory.path().join("trace");
    place.wrapper = tracer(&trace, options);
    let tracer = place.serve().await;
    let server = Traced::find(&trace);
    (tracer, server, trace)
}

fn tracer(trace: &Path, options: &[&str]) -> Vec<String> {
    let trace = trace.to_string_lossy();
    let mut words = vec![
        "strace", "-f", "-y", "-s", "2048", "-o", &trace, "-e", CALLS,
    ];
    words.extend(options);
    words.into_iter().map(str::to_owned).collect()
}

fn mark(number: usize) -> String {
    format!("line {number} of the trace")
}

/// Checks one append: its answer is sent after a sync of the log that began after the log was written, all of it after
/// the request was read. How many such syncs there were.
fn syncs_of_append(calls: &[Call], number: usize) -> usize {
    let (asked, answered) = trace::asked_and_answered(calls, &mark(number));
    let written = calls
        .iter()
        .filter(|call| call.writes(LOG) && call.began > asked.ended && call.ended < answered.began)
        .map(|call| call.ended)
        .max()
        .unwrap_or_else(|| panic!("append {number} wrote nothing before its answer"));
    let syncs = calls
        .iter()
        .filter(|call| call.syncs(LOG) && call.began > written && call.ended < answered.began)
        .count();
    assert!(
        syncs > 0,
        "append {number} was answered before the log was synced"
    );
    syncs
}

/// Checks one append: the database wrote the line itself to its log and synced it before the product answered. How many
/// syncs there were between the two.
fn syncs_of_database(calls: &[Call], database: &[Call], number: usize) -> usize {
    const LOG: &str = "/pg_wal/";
    let mark = mark(number);
    let (asked, answered) = trace::asked_and_answered(calls, &mark);
    let written = database
        .iter()
        .filter(|call| call.writes(LOG) && call.text.contains(&mark) && call.began > asked.began)
        .map(|call| call.ended)
        .min()
        .unwrap_or_else(|| panic!("line {number} was never written to the log of the database"));
    let syncs = database
        .iter()
        .filter(|call| call.syncs(LOG) && call.began >= written && call.ended < answered.began)
        .count();
    assert!(
        syncs > 0,
        "append {number} was answered before the database had synced its log"
    );
    syncs
}
