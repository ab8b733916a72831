//! Concurrent load: log lines to several runs, entities written for a run, and executions, as fast as they are answered.

use crate::client::{Answer, Client, text};
use crate::ledger::Ledger;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Runs whose logs are written to, each by two writers.
const RUNS: usize = 4;

/// What a writer sends, and what it writes down once that is acknowledged.
#[derive(Clone, Copy)]
enum Sort {
    Lines,
    Entities,
    Executions,
}

/// Writers at work.
pub(crate) struct Load {
    stop: CancellationToken,
    writers: JoinSet<()>,
}

impl Load {
    /// Starts writers, spread over `clients`. Runs of their own are made through the first.
    pub(crate) async fn start(clients: &[Client], ledger: &Ledger, name: &str) -> Self {
        let mut load = Self {
            stop: CancellationToken::new(),
            writers: JoinSet::new(),
        };
        for number in 0..RUNS {
            let run = clients[0].execute().await;
            ledger.run(run.clone());
            let sorts = [Sort::Lines, Sort::Lines, Sort::Entities, Sort::Executions];
            for (place, sort) in sorts.into_iter().enumerate() {
                let writer = Writer {
                    client: clients[(number + place) % clients.len()].clone(),
                    ledger: ledger.clone(),
                    run: run.clone(),
                    number: number * sorts.len() + place,
                    name: name.to_owned(),
                    sort,
                };
                load.writers.spawn(writer.work(load.stop.clone()));
            }
        }
        load
    }

    /// Lets the writers finish their last request and end.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.ended().await;
    }

    /// Waits until every writer has met a server that is gone.
    pub(crate) async fn ended(&mut self) {
        while let Some(ended) = self.writers.join_next().await {
            ended.expect("a writer that did not panic");
        }
    }
}

struct Writer {
    client: Client,
    ledger: Ledger,
    run: String,
    number: usize,
    name: String,
    sort: Sort,
}

impl Writer {
    /// Writes until told to stop, or until the server gives no answer any more.
    async fn work(self, stop: CancellationToken) {
        for count in 0.. {
            if stop.is_cancelled() {
                return;
            }
            let mark = format!("{}-{}-{count}", self.name, self.number);
            let (path, body) = self.request(&mark);
            match self.client.try_post(&path, &body).await {
                Ok(answer) => self.note(mark, answer),
                Err(_) => return,
            }
        }
    }

    fn request(&self, mark: &str) -> (String, Value) {
        let run = &self.run;
        match self.sort {
            Sort::Lines => (
                format!("/v1/actions/runs/{run}/logs"),
                json!({ "message": mark }),
            ),
            Sort::Entities => (
                format!("/v1/blueprints/service/entities?upsert=true&run_id={run}"),
                json!({ "identifier": mark, "properties": { "build": 1 } }),
            ),
            Sort::Executions => (
                "/v1/actions/deploy/runs".into(),
                json!({ "properties": {} }),
            ),
        }
    }

    fn note(&self, mark: String, answer: Answer) {
        match (answer, self.sort) {
            ((200..=299, _), Sort::Lines) => self.ledger.line(&self.run, self.number, mark),
            ((200..=299, _), Sort::Entities) => self.ledger.entity(&self.run, mark),
            ((200..=299, body), Sort::Executions) => self.ledger.run(text(&body["run"]["id"])),
            // What the server could not write, it says so.
            ((503, body), _) if body["message"].is_string() => self.ledger.refused(),
            // The database was lost between COMMIT and its answer.
            ((500, body), _) if told_unknown(&body) => self.ledger.unknown(),
            (answer, _) => self.ledger.fault(format!("{mark}: {answer:?}")),
        }
    }
}

fn told_unknown(body: &Value) -> bool {
    let message = body["message"].as_str().unwrap_or_default();
    message.contains("either written or not")
}
