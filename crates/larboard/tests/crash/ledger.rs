//! What the server acknowledged during a load, and the comparison with what is there afterwards.

use crate::PATIENCE;
use crate::client::{Client, text};
use crate::sink::Sink;
use parking_lot::Mutex;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use tokio::sync::watch;

/// How many writes of each sort were acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) lines: usize,
    pub(crate) entities: usize,
    pub(crate) runs: usize,
    /// Answered 503: honestly not written.
    pub(crate) refused: usize,
    /// Answered that nobody can know.
    pub(crate) unknown: usize,
}

/// The book of a load. Only what was answered with success enters it.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    book: Mutex<Book>,
    counts: watch::Sender<Counts>,
}

#[derive(Default)]
struct Book {
    /// By run and writer: messages in the order they were acknowledged in.
    lines: BTreeMap<(String, usize), Vec<String>>,
    /// By run: identifiers.
    entities: BTreeMap<String, Vec<String>>,
    runs: Vec<String>,
    faults: Vec<String>,
}

impl Ledger {
    pub(crate) fn line(&self, run: &str, writer: usize, message: String) {
        let mut book = self.shared.book.lock();
        book.lines
            .entry((run.to_owned(), writer))
            .or_default()
            .push(message);
        self.shared.counts.send_modify(|counts| counts.lines += 1);
    }

    pub(crate) fn entity(&self, run: &str, identifier: String) {
        let mut book = self.shared.book.lock();
        book.entities
            .entry(run.to_owned())
            .or_default()
            .push(identifier);
        self.shared
            .counts
            .send_modify(|counts| counts.entities += 1);
    }

    pub(crate) fn run(&self, run: String) {
        self.shared.book.lock().runs.push(run);
        self.shared.counts.send_modify(|counts| counts.runs += 1);
    }

    pub(crate) fn refused(&self) {
        self.shared.counts.send_modify(|counts| counts.refused += 1);
    }

    pub(crate) fn unknown(&self) {
        self.shared.counts.send_modify(|counts| counts.unknown += 1);
    }

    /// An answer that no load may get.
    pub(crate) fn fault(&self, what: String) {
        self.shared.book.lock().faults.push(what);
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.shared.counts.borrow()
    }

    /// Waits until the counts are as `enough` wants them.
    pub(crate) async fn wait(&self, enough: impl Fn(&Counts) -> bool) -> Counts {
        let mut counts = self.shared.counts.subscribe();
        let waited = tokio::time::timeout(PATIENCE, counts.wait_for(|counts| enough(counts))).await;
        match waited {
            Ok(Ok(counts)) => *counts,
            _ => panic!(
                "the load came no further than {:?}, {:?}",
                self.counts(),
                self.faults()
            ),
        }
    }

    fn faults(&self) -> Vec<String> {
        self.shared.book.lock().faults.clone()
    }

    /// Waits until every sort of write was acknowledged `more` times since `before`.
    pub(crate) async fn progress(&self, before: Counts, more: usize) -> Counts {
        self.wait(|now| {
            now.lines >= before.lines + more
                && now.entities >= before.entities + more
                && now.runs >= before.runs + more
        })
        .await
    }

    /// Compares everything acknowledged with what `client` finds. Ends the runs that have logs.
    pub(crate) async fn check(&self, client: &Client, sink: &Sink) {
        assert_eq!(
            self.faults(),
            Vec::<String>::new(),
            "answers nobody may get"
        );
        let (lines, entities, accepted) = {
            let book = self.shared.book.lock();
            (book.lines.clone(), book.entities.clone(), book.runs.clone())
        };
        check_deliveries(client, sink, &accepted).await;
        for (run, identifiers) in &entities {
            check_entities(client, run, identifiers).await;
        }
        let runs: HashSet<&String> = lines.keys().map(|(run, _)| run).collect();
        for run in runs {
            let writers: Vec<&Vec<String>> = lines
                .iter()
                .filter(|((of, _), _)| of == run)
                .map(|(_, messages)| messages)
                .collect();
            check_log(client, run, &writers).await;
        }
    }
}

/// Every accepted run is there, and every run there is, even one whose acceptance nobody heard of, has its delivery and
/// its webhook.
async fn check_deliveries(client: &Client, sink: &Sink, accepted: &[String]) {
    let runs = client
        .all("/v1/actions/runs?limit=1000", "runs", "from")
        .await;
    let runs: Vec<String> = runs.iter().map(|run| text(&run["id"])).collect();
    let known: HashSet<&String> = runs.iter().collect();
    let lost: Vec<&String> = accepted.iter().filter(|run| !known.contains(run)).collect();
    assert!(lost.is_empty(), "accepted runs are gone: {lost:?}");
    for run in &runs {
        let reply = client
            .get(&format!("/v1/actions/runs/{run}/deliveries"))
            .await;
        let deliveries = reply["deliveries"].as_array().map_or(0, Vec::len);
        assert_eq!(deliveries, 1, "deliveries of {run}");
    }
    sink.has_all(&runs).await;
}

/// Every acknowledged entity is in the catalog and among what its run changed.
async fn check_entities(client: &Client, run: &str, identifiers: &[String]) {
    let reply = client.get("/v1/blueprints/service/entities").await;
    let present: HashSet<String> = reply["entities"]
        .as_array()
        .expect("entities")
        .iter()
        .map(|entity| text(&entity["identifier"]))
        .collect();
    let path = format!("/v1/audit-log?run_id={run}&resources=entity&limit=1000");
    let audits = client.all(&path, "audits", "next").await;
    let told: HashSet<String> = audits
        .iter()
        .map(|audit| text(&audit["context"]["entity"]))
        .collect();
    for identifier in identifiers {
        assert!(
            present.contains(identifier),
            "the entity {identifier} is gone"
        );
        assert!(told.contains(identifier), "no event tells of {identifier}");
    }
    assert_eq!(told.len(), audits.len(), "an event was written twice");
}

/// Ends a run and reads its whole stream: numbers 1 to n without a gap, every acknowledged line once, each writer's in
/// its order.
async fn check_log(client: &Client, run: &str, writers: &[&Vec<String>]) {
    let last = json!({ "message": "the end", "terminationStatus": "SUCCESS" });
    client
        .post(&format!("/v1/actions/runs/{run}/logs"), &last)
        .await;
    let mut stream = client.watch(run).await;
    let mut messages = Vec::new();
    loop {
        let frame = stream.next().await.expect("an end frame before the end");
        match frame.name.as_str() {
            "log" => {
                messages.push(text(&frame.data["message"]));
                assert_eq!(
                    frame.id,
                    i64::try_from(messages.len()).ok(),
                    "the numbers of {run}"
                );
            }
            "end" => {
                assert_eq!(
                    frame.data["seq"],
                    messages.len(),
                    "the last number of {run}"
                );
                break;
            }
            _ => {}
        }
    }
    for acknowledged in writers {
        let wanted: HashSet<&String> = acknowledged.iter().collect();
        let found: Vec<&String> = messages
            .iter()
            .filter(|message| wanted.contains(message))
            .collect();
        assert_eq!(
            found,
            acknowledged.iter().collect::<Vec<_>>(),
            "the lines of {run}"
        );
    }
}
