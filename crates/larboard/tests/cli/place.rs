//! A place where the binary runs: a directory, a database, settings; and what a command said and how it ended.

use crate::PATIENCE;
use crate::client::Client;
use larboard_store::testing::TestDatabase;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub(crate) const CLIENT_ID: &str = "command-line-test";
pub(crate) const CLIENT_SECRET: &str = "a-secret-of-command-line-tests-with-32-characters";
pub(crate) const EMAIL: &str = "admin@command-line.test";
pub(crate) const PASSWORD: &str = "a long enough password";
/// Thirty-two bytes.
pub(crate) const MASTER_KEY: &str = "bGFyYm9hcmQtY29tbWFuZC1saW5lLXRlc3Qta2V5ISE=";
/// Thirty-two others.
pub(crate) const OTHER_KEY: &str = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItISE=";

pub(crate) struct Place {
    pub(crate) directory: TempDir,
    pub(crate) port: u16,
    settings: Vec<(String, String)>,
    database: Option<TestDatabase>,
}

impl Place {
    /// An empty data directory.
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        let settings = [
            ("LISTEN", format!("127.0.0.1:{port}")),
            ("DATA", directory.path().join("data").display().to_string()),
            ("MASTER_KEY", MASTER_KEY.to_owned()),
            ("BOOTSTRAP_CLIENT_ID", CLIENT_ID.to_owned()),
            ("BOOTSTRAP_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("BOOTSTRAP_ADMIN_EMAIL", EMAIL.to_owned()),
            ("BOOTSTRAP_ADMIN_PASSWORD", PASSWORD.to_owned()),
            ("WEBHOOK_ALLOW", "127.0.0.0/8".to_owned()),
            ("LOG", "warn".to_owned()),
        ];
        Self {
            directory,
            port,
            settings: settings
                .map(|(key, value)| (key.to_owned(), value))
                .to_vec(),
            database: None,
        }
    }

    /// A PostgreSQL database with nothing in it.
    pub(crate) fn postgres() -> Self {
        let locale = "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'";
        Self::on(TestDatabase::postgres_of(locale, ""))
    }

    /// A database that is there already, of either kind.
    pub(crate) fn on(database: TestDatabase) -> Self {
        let mut place = Self::sqlite();
        match (database.url(), database.path()) {
            (Some(url), _) => place.set("DATABASE_URL", &url),
            (None, Some(file)) => place.set(
                "DATA",
                &file.parent().expect("a directory").display().to_string(),
            ),
            (None, None) => panic!("a database is somewhere"),
        }
        // Only one process at a time may have a SQLite database.
        database.store().shutdown();
        place.database = Some(database);
        place
    }

    /// The URL of its PostgreSQL database, if it has one.
    pub(crate) fn url(&self) -> Option<String> {
        self.database.as_ref().and_then(TestDatabase::url)
    }

    /// Sets `LARBOARD_<key>` for every command from now on.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.unset(key);
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, key: &str) {
        self.settings.retain(|(known, _)| known != key);
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, value);
        self
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A file of this name in the place's directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A file with this content, as a text for a setting.
    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let path = self.file(name);
        std::fs::write(&path, content).expect("a file");
        path.display().to_string()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut all = vec![env!("CARGO_BIN_EXE_larboard")];
        all.extend(words);
        self.wrapped(&all)
    }

    /// A command line with the settings of this place, whichever program it starts with.
    pub(crate) fn wrapped(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        let settings = self.settings.iter();
        command
            .args(&words[1..])
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .envs(settings.map(|(key, value)| (format!("LARBOARD_{key}"), value)))
            .kill_on_drop(true);
        command
    }

    /// Runs a command of the binary to its end.
    pub(crate) async fn run(&self, words: &[&str]) -> Ended {
        self.run_with_input(words, "").await
    }

    pub(crate) async fn run_with_input(&self, words: &[&str], input: &str) -> Ended {
        finish(self.command(words), input).await
    }

    /// Starts a server and waits until it says that it serves.
    pub(crate) async fn serve(&self) -> Server {
        let log = self.file("server.log");
        let log_file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log file");
        let mut command = self.command(&["serve"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file);
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut said = Vec::new();
        let serves = async {
            while let Ok(Some(line)) = lines.next_line().await {
                said.push(line);
                if said
                    .last()
                    .is_some_and(|line| line.starts_with("Larboard serves"))
                {
                    return true;
                }
            }
            false
        };
        let serves = timeout(PATIENCE, serves).await.unwrap_or(false);
        let complaints = std::fs::read_to_string(&log).unwrap_or_default();
        assert!(serves, "the server does not serve: {complaints}");
        // Nobody reads on, but the server must never meet a closed pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = format!("http://127.0.0.1:{}", self.port);
        Server { child, said, url }
    }
}

/// Runs any command to its end.
pub(crate) async fn finish(mut command: Command, input: &str) -> Ended {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("a process");
    let mut stdin = child.stdin.take().expect("its input");
    // A command that reads nothing may have ended before.
    drop(stdin.write_all(input.as_bytes()).await);
    drop(stdin);
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .expect("an end in time")
        .expect("an output");
    Ended {
        ok: output.status.success(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// What it said; it must have succeeded.
    pub(crate) fn said(self) -> String {
        assert!(self.ok, "{self:?}");
        self.out
    }

    /// It must have failed, with one line that holds all of `parts` and nothing that only a programmer would say.
    pub(crate) fn refused(self, parts: &[&str]) {
        assert!(!self.ok, "{self:?}");
        let line = self.err.trim_end();
        assert!(
            line.starts_with("larboard: ") && !line.contains('\n'),
            "one line: {line:?}"
        );
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in {line:?}");
        }
        for word in ["Os {", "kind:", "Error(", "panicked", "unwrap"] {
            assert!(!line.contains(word), "{word:?} is in {line:?}");
        }
    }
}

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Its lines until it said that it serves.
    pub(crate) said: Vec<String>,
    pub(crate) url: String,
}

impl Server {
    /// A client with a token of the default app.
    pub(crate) async fn client(&self) -> Client {
        Client::new(&self.url)
            .signed_in(CLIENT_ID, CLIENT_SECRET)
            .await
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().expect("a running process").to_string();
        let asked = Command::new("sh")
            .args(["-c", &format!("kill -TERM {pid}")])
            .status()
            .await;
        assert!(asked.is_ok_and(|status| status.success()));
        let ended = timeout(PATIENCE, self.child.wait())
            .await
            .expect("an end in time");
        assert!(ended.is_ok_and(|status| status.success()));
    }
}

/// A free port below those that systems give to outgoing connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
