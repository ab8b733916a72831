//! The sync comes before the acknowledgement. The page cache survives SIGKILL, so only the order of system calls shows
//! that a write would survive a loss of power too: the server is traced, and on PostgreSQL the database as well, and the
//! traces are read.

use crate::postgres::Postgres;
use crate::server::{Place, signal};
use crate::sink::Sink;
use crate::trace::{self, Call, Traced};
use serde_json::json;
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

/// Starts a server under a tracer, appends lines and stops it; what it called.
async fn append_traced(place: &mut Place, options: &[&str]) -> Vec<Call> {
    let trace: PathBuf = place.directory.path().join("trace");
    place.wrapper = tracer(&trace, options);
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
    trace::read(&std::fs::read_to_string(&trace).expect("a trace"))
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
    const LOG: &str = "larboard.db-wal>";
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
