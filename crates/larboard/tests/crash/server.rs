//! The product as a process: started, awaited, killed or asked to stop, by its id.

use crate::PATIENCE;
use crate::client::Client;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub(crate) const CLIENT_ID: &str = "crash-test";
pub(crate) const CLIENT_SECRET: &str = "a-secret-of-crash-tests-with-more-than-32-characters";
/// Thirty-two bytes, for databases that bring no place for a key.
const MASTER_KEY: &str = "bGFyYm9hcmQtY3Jhc2gtdGVzdC1tYXN0ZXIta2V5ISE=";

/// Where and how a server runs; the same place can be served again.
pub(crate) struct Place {
    pub(crate) directory: TempDir,
    pub(crate) port: u16,
    pub(crate) database_url: Option<String>,
    /// Seconds an attempt to deliver may take; a lease follows from it.
    pub(crate) webhook_timeout: u64,
    /// Webhooks it sends at the same time.
    pub(crate) webhook_concurrency: usize,
    /// A command that ends by becoming the server, or watches it.
    pub(crate) wrapper: Vec<String>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
            port: free_port(),
            database_url: None,
            webhook_timeout: 30,
            webhook_concurrency: 256,
            wrapper: Vec::new(),
        }
    }

    pub(crate) fn postgres(url: &str) -> Self {
        let mut place = Self::sqlite();
        place.database_url = Some(url.to_owned());
        place.webhook_timeout = 2;
        place
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }

    fn command(&self) -> Command {
        let binary = env!("CARGO_BIN_EXE_larboard");
        let mut words = self
            .wrapper
            .iter()
            .map(String::as_str)
            .chain([binary, "serve"]);
        let mut command = Command::new(words.next().unwrap_or(binary));
        command
            .args(words)
            .env("LARBOARD_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("LARBOARD_DATA", self.data())
            .env("LARBOARD_BOOTSTRAP_CLIENT_ID", CLIENT_ID)
            .env("LARBOARD_BOOTSTRAP_CLIENT_SECRET", CLIENT_SECRET)
            .env("LARBOARD_WEBHOOK_ALLOW", "127.0.0.0/8")
            .env("LARBOARD_WEBHOOK_TIMEOUT", self.webhook_timeout.to_string())
            .env(
                "LARBOARD_WEBHOOK_CONCURRENCY",
                self.webhook_concurrency.to_string(),
            )
            .env("LARBOARD_LOG", "warn");
        if let Some(url) = &self.database_url {
            command
                .env("LARBOARD_DATABASE_URL", url)
                .env("LARBOARD_MASTER_KEY", MASTER_KEY);
        }
        command
    }

    /// Starts a server here and waits until it says that it serves.
    pub(crate) async fn serve(&self) -> Server {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .expect("a log file");
        let mut child = self
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let serves = async {
            while let Some(line) = lines.next_line().await.expect("its output is text") {
                if line.starts_with("Larboard serves") {
                    return true;
                }
            }
            false
        };
        let serves = timeout(PATIENCE, serves).await.unwrap_or(false);
        assert!(serves, "the server does not serve: {}", self.complaints());
        // Nobody reads on, but the server must never meet a closed pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Server {
            child,
            url: format!("http://127.0.0.1:{}", self.port),
        }
    }

    /// What the server logged, for a message that says why a test failed.
    pub(crate) fn complaints(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let skipped = text.lines().count().saturating_sub(40);
        text.lines().skip(skipped).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the server's last words:\n{}", self.complaints());
        }
    }
}

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// A client with a token of the default app.
    pub(crate) async fn client(&self) -> Client {
        Client::sign_in(&self.url, CLIENT_ID, CLIENT_SECRET).await
    }

    /// The id of the process that was started, which the wrapper has become or watches from.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("a running process")
    }

    /// SIGKILL: the process gets no chance to finish anything.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("a killed process");
    }

    /// SIGTERM.
    pub(crate) async fn ask_to_stop(&self) {
        signal("TERM", self.pid()).await;
    }

    /// How the process ended.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait())
            .await
            .expect("the server ends")
            .expect("its status")
    }
}

/// Sends a signal to one process, by its id.
pub(crate) async fn signal(name: &str, pid: u32) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status()
        .await
        .expect("a shell");
    assert!(sent.success(), "process {pid} is not there");
}

/// A free port below those that systems give to outgoing connections, so that it is still free after a crash.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
