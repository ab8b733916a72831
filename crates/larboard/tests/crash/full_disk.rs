//! A disk without room: writes are refused with a sentence, nothing is half written, and with room again all goes on.
//!
//! The disk is a small file system that only the server sees. Where the system allows no such thing (some containers),
//! the size of the server's files is limited instead, which ends writes in the same places.

use crate::client::{Client, text};
use crate::ledger::Ledger;
use crate::server::{Place, Server};
use crate::sink::Sink;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes of each sort that the full disk must refuse.
const REFUSED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_with_a_sentence_and_harms_nothing() {
    let mut place = Place::sqlite();
    let disk = Disk::choose(&mut place);
    is_harmless(place, disk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_the_file_size_is_met_like_a_full_disk() {
    let mut place = Place::sqlite();
    let disk = Disk::limited(&mut place);
    is_harmless(place, disk).await;
}

async fn is_harmless(place: Place, disk: Disk) {
    let (sink, ledger) = (Sink::start().await, Ledger::default());
    let server = place.serve().await;
    let client = server.client().await;
    client.prepare(&sink.url).await;
    let run = client.execute().await;
    ledger.run(run.clone());
    let mut writer = Writer {
        client: client.clone(),
        ledger: ledger.clone(),
        run,
        next: 0,
    };
    for _ in 0..10 {
        assert_eq!(writer.write_each().await, 0, "there is room");
    }

    disk.fill(&server, &place);
    let mut rounds = 0;
    while ledger.counts().refused < REFUSED * 3 {
        writer.write_each().await;
        rounds += 1;
        assert!(rounds < 2000, "the disk never became full");
    }
    let path = format!("/v1/actions/runs/{}", writer.run);
    assert_eq!(
        client.get(&path).await["run"]["status"],
        "IN_PROGRESS",
        "reading goes on"
    );
    client.get("/health/live").await;

    disk.make_room(&server, &place);
    let refused = ledger.counts().refused;
    for _ in 0..10 {
        assert_eq!(writer.write_each().await, 0, "there is room again");
    }
    let counts = ledger.counts();
    assert_eq!(counts.refused, refused);
    // What was refused is not there: exactly what was acknowledged is.
    let runs = client
        .all("/v1/actions/runs?limit=1000", "runs", "from")
        .await;
    assert_eq!(runs.len(), counts.runs, "runs");
    let entities = client.get("/v1/blueprints/service/entities").await;
    assert_eq!(
        entities["entities"].as_array().map(Vec::len),
        Some(counts.entities)
    );
    let run = client.get(&path).await;
    ledger.check(&client, &sink).await;
    let mut lines = client.watch(&writer.run).await;
    let mut last = Value::Null;
    while let Some(frame) = lines.next().await {
        if frame.name == "end" {
            last = frame.data["seq"].clone();
        }
    }
    assert_eq!(last, counts.lines + 1, "lines of {run}");
    println!("a full disk ({}): {counts:?}", disk.name());
    server.ask_to_stop().await;
    assert!(server.ended().await.success());
}

/// Writes one of each sort.
struct Writer {
    client: Client,
    ledger: Ledger,
    run: String,
    next: usize,
}

impl Writer {
    /// How many of the three were refused.
    async fn write_each(&mut self) -> usize {
        let number = self.next;
        self.next += 1;
        let before = self.ledger.counts().refused;
        let run = self.run.clone();
        let line = format!("{number} {}", "x".repeat(2000));
        let log = json!({ "message": line });
        if self
            .accepts(&format!("/v1/actions/runs/{run}/logs"), &log)
            .await
            .is_some()
        {
            self.ledger.line(&run, 0, line);
        }
        let identifier = format!("e{number}");
        let entity = json!({ "identifier": identifier, "title": "x".repeat(100), "properties": { "build": number } });
        let path = format!("/v1/blueprints/service/entities?run_id={run}");
        if self.accepts(&path, &entity).await.is_some() {
            self.ledger.entity(&run, identifier);
        }
        if let Some(body) = self
            .accepts("/v1/actions/deploy/runs", &json!({ "properties": {} }))
            .await
        {
            self.ledger.run(text(&body["run"]["id"]));
        }
        self.ledger.counts().refused - before
    }

    /// The answer to an accepted write; a refused one must say why.
    async fn accepts(&self, path: &str, body: &Value) -> Option<Value> {
        let (status, answer) = self.client.try_post(path, body).await.expect("an answer");
        if (200..300).contains(&status) {
            return Some(answer);
        }
        let message = answer["message"].as_str().unwrap_or_default();
        assert_eq!(
            (status, message.contains("no room")),
            (503, true),
            "{path}: {answer}"
        );
        self.ledger.refused();
        None
    }
}

/// What runs out of room.
enum Disk {
    /// A file system of the server's own, with a file in it that takes what is left.
    Small,
    /// A limit of the size of every file it writes.
    Limit,
}

impl Disk {
    fn choose(place: &mut Place) -> Self {
        // Root may mount; others may in a namespace where they are called root.
        for unshare in [
            vec!["--mount"],
            vec!["--user", "--map-root-user", "--mount"],
        ] {
            let mut words = vec!["unshare"];
            words.extend(unshare);
            words.extend(["sh", "-c"]);
            let data = place.data();
            std::fs::create_dir_all(&data).expect("a directory");
            let mount = format!("mount -t tmpfs -o size=6m none '{}'", data.display());
            let tried = Command::new(words[0])
                .args(&words[1..])
                .arg(&mount)
                .output();
            if tried.is_ok_and(|output| output.status.success()) {
                words.push("");
                place.wrapper = words.iter().map(|word| (*word).to_owned()).collect();
                let script = format!(r#"{mount} && exec "$0" "$@""#);
                if let Some(last) = place.wrapper.last_mut() {
                    *last = script;
                }
                return Self::Small;
            }
        }
        Self::limited(place)
    }

    fn limited(place: &mut Place) -> Self {
        // The signal that comes with the limit would end the process before it sees the error.
        place.wrapper = ["sh", "-c", r#"trap '' XFSZ; exec "$0" "$@""#]
            .map(str::to_owned)
            .to_vec();
        Self::Limit
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Small => "a file system of 6 MiB",
            Self::Limit => "a limit of the file size",
        }
    }

    fn fill(&self, server: &Server, place: &Place) {
        match self {
            Self::Small => {
                let mut file = std::fs::File::create(filler(server, place)).expect("a file");
                // Ends when the file system is full, with whatever fitted.
                while file.write_all(&[0; 4096]).is_ok() {}
            }
            Self::Limit => limit(
                server.pid(),
                &size_of(&place.data().join("larboard.db-wal")).to_string(),
            ),
        }
    }

    fn make_room(&self, server: &Server, place: &Place) {
        match self {
            Self::Small => std::fs::remove_file(filler(server, place)).expect("a removed file"),
            Self::Limit => limit(server.pid(), "unlimited"),
        }
    }
}

/// The file that takes the room, as seen from outside the server's view of the file systems.
fn filler(server: &Server, place: &Place) -> PathBuf {
    let inside = place.data().join("filler");
    let inside = inside.strip_prefix("/").expect("an absolute path");
    Path::new("/proc")
        .join(server.pid().to_string())
        .join("root")
        .join(inside)
}

fn size_of(path: &Path) -> u64 {
    path.metadata().expect("the log of the database").len()
}

/// Sets the soft limit of the file size of a running process.
fn limit(pid: u32, size: &str) {
    let done = Command::new("prlimit")
        .args([
            "--pid",
            &pid.to_string(),
            &format!("--fsize={size}:unlimited"),
        ])
        .status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "prlimit (of util-linux) is needed"
    );
}
