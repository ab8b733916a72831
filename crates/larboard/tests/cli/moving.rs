//! `backup` and `restore`: taken while the server works, restored into either kind of database, and refused where they would
//! do harm.

use crate::backend::backend;
use crate::client::Client;
use crate::place::{OTHER_KEY, Place};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[tokio::test]
async fn a_backup_taken_under_load_moves_from_sqlite_to_sqlite() {
    moves(Place::sqlite(), Place::sqlite()).await;
}

#[tokio::test]
async fn a_backup_taken_under_load_moves_from_sqlite_to_postgresql() {
    moves(Place::sqlite(), Place::postgres()).await;
}

#[tokio::test]
async fn a_backup_taken_under_load_moves_from_postgresql_to_sqlite() {
    moves(Place::postgres(), Place::sqlite()).await;
}

/// Writers that append lines to runs of their own until told to stop.
struct Load {
    runs: Vec<(String, Arc<AtomicUsize>)>,
    stop: Arc<AtomicBool>,
    writers: tokio::task::JoinSet<()>,
}

impl Load {
    async fn start(client: &Client) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (mut runs, mut writers) = (Vec::new(), tokio::task::JoinSet::new());
        for _ in 0..4 {
            let (run, acknowledged) = (client.execute().await, Arc::new(AtomicUsize::new(0)));
            runs.push((run.clone(), acknowledged.clone()));
            let (client, stop) = (client.clone(), stop.clone());
            writers.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let number = acknowledged.load(Ordering::Relaxed) + 1;
                    let line = json!({ "message": format!("line {number}") });
                    client
                        .post(&format!("/v1/actions/runs/{run}/logs"), line)
                        .await
                        .good();
                    acknowledged.store(number, Ordering::Relaxed);
                }
            });
        }
        Self {
            runs,
            stop,
            writers,
        }
    }

    /// The lines of each run that were acknowledged by now; at least `least` of each.
    async fn acknowledged(&self, least: usize) -> Vec<(String, usize)> {
        loop {
            let counts: Vec<_> = self
                .runs
                .iter()
                .map(|(run, count)| (run.clone(), count.load(Ordering::Relaxed)))
                .collect();
            if counts.iter().all(|(_, count)| *count >= least) {
                return counts;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.writers.join_next().await {
            ended.expect("a writer that was answered to the end");
        }
    }
}

/// The messages of a run, oldest first.
async fn lines(client: &Client, run: &str) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let path = format!(
            "/v1/actions/runs/{run}/logs?limit=50&offset={}",
            lines.len()
        );
        let page = client.get(&path).await.good();
        let page = page["runLogs"].as_array().expect("lines").clone();
        if page.is_empty() {
            return lines;
        }
        lines.extend(
            page.iter()
                .map(|line| line["message"].as_str().expect("a text").to_owned()),
        );
    }
}

async fn moves(from: Place, to: Place) {
    let mut hooks = backend(None).await;
    let server = from.serve().await;
    let client = server.client().await;
    client
        .prepare(&format!("http://{}/hook", hooks.address))
        .await;
    let secret = json!({ "secretName": "TOKEN", "secretValue": "hidden-value" });
    client.post("/v1/organization/secrets", secret).await.good();
    let load = Load::start(&client).await;
    let before = load.acknowledged(20).await;
    let file = from.file("saved.backup");
    let name = file.display().to_string();
    let said = from.run(&["backup", &name]).await.said();
    assert!(
        said.contains("rows in") && said.contains("master key"),
        "{said}"
    );
    let during = load
        .acknowledged(before.iter().map(|(_, count)| count + 1).max().unwrap_or(0))
        .await;
    load.stop().await;
    let text = std::fs::read_to_string(&file).expect("a backup");
    assert!(!text.contains("hidden-value"), "secrets stay sealed");
    assert_eq!(
        file.metadata().expect("a file").permissions().mode() & 0o777,
        0o600
    );
    assert!(!from.file("saved.backup.partial").exists());
    from.run(&["backup", &name])
        .await
        .refused(&["exists already", &name]);
    assert_eq!(
        std::fs::read_to_string(&file).expect("a backup"),
        text,
        "the first one is untouched"
    );
    let blueprint = client.get("/v1/blueprints/service").await.good();
    server.stop().await;

    assert!(
        to.run(&["restore", &name])
            .await
            .said()
            .contains("rows restored")
    );
    let server = to.serve().await;
    let client = server.client().await;
    assert_eq!(client.get("/v1/blueprints/service").await.good(), blueprint);
    for ((run, least), (_, most)) in before.iter().zip(during) {
        let lines = lines(&client, run).await;
        let expected: Vec<String> = (1..=lines.len())
            .map(|number| format!("line {number}"))
            .collect();
        assert_eq!(lines, expected, "one state of {run}, without a gap");
        // The last line may have been committed and not yet acknowledged.
        assert!(
            lines.len() >= *least && lines.len() <= most + 1,
            "{} of {least} to {most}",
            lines.len()
        );
    }
    // What was restored is worked on: numbers go on, secrets open, webhooks leave.
    while !hooks.is_quiet() {}
    let run = client.execute().await;
    loop {
        if hooks.next().await.body.contains(&run) {
            break;
        }
    }
    let line = json!({ "message": "after" });
    client
        .post(&format!("/v1/actions/runs/{}/logs", before[0].0), line)
        .await
        .good();
    let secrets: Value = client.get("/v1/organization/secrets").await.good();
    assert!(secrets.to_string().contains("TOKEN"), "{secrets}");
    // A database in use is not overwritten.
    to.run(&["restore", &name])
        .await
        .refused(&["nothing was restored", "not empty"]);
    server.stop().await;
}

#[tokio::test]
async fn a_backup_is_restored_with_its_own_master_key_and_a_refusal_leaves_the_database_empty() {
    for mut to in [Place::sqlite(), Place::postgres()] {
        let from = Place::sqlite();
        from.serve().await.stop().await;
        let name = from.file("saved").display().to_string();
        from.run(&["backup", &name]).await.said();
        to.set("MASTER_KEY", OTHER_KEY);
        to.run(&["restore", &name])
            .await
            .refused(&["nothing was restored", "another master key"]);
        to.set("MASTER_KEY", crate::place::MASTER_KEY);
        to.run(&["restore", &name]).await.said();
        to.serve().await.stop().await;
    }
}

#[tokio::test]
async fn what_is_no_whole_backup_is_refused_with_the_line_and_nothing_is_kept_of_it() {
    let from = Place::sqlite();
    from.serve().await.stop().await;
    let name = from.file("saved").display().to_string();
    from.run(&["backup", &name]).await.said();
    let whole = std::fs::read_to_string(&name).expect("a backup");
    let lines: Vec<&str> = whole.lines().collect();
    let cut = format!("{}\n", lines[..lines.len() - 1].join("\n"));
    let torn = &whole[..whole.len() / 2];
    let newer = whole.replacen("[[\"0001_", "[[\"9999_newer\",\"0\"],[\"0001_", 1);
    let cases = [
        ("{}\n", "no backup"),
        ("", "no backup"),
        ("SQLite format 3\0", "no backup"),
        (cut.as_str(), "cut off"),
        (torn, "line"),
        (newer.as_str(), "newer Larboard"),
    ];
    let to = Place::sqlite();
    for (content, part) in cases {
        let file = to.write("broken", content);
        to.run(&["restore", &file])
            .await
            .refused(&["nothing was restored", part]);
    }
    to.run(&["restore", "/nowhere/backup"])
        .await
        .refused(&["nothing was restored", "/nowhere/backup"]);
    to.run(&["restore", &name]).await.said();
}

#[tokio::test]
async fn a_backup_of_nothing_is_refused() {
    let place = Place::sqlite();
    place
        .run(&["backup", "saved"])
        .await
        .refused(&["no database", "--data"]);
    assert!(!place.data().exists());
    let place = Place::postgres();
    place
        .run(&["backup", "saved"])
        .await
        .refused(&["nothing to back up"]);
    place.run(&["migrate"]).await.said();
    place
        .run(&["backup", "/nowhere/saved"])
        .await
        .refused(&["/nowhere/saved.partial"]);
}
