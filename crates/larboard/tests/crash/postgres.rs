//! A PostgreSQL server of a test's own, with its durability on, that the test may crash and start again.

use crate::PATIENCE;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Starts a server that only a socket in its own directory leads to and says where; then does what standard input
/// asks. When that ends, which it does however the test process ends, it stops the server and removes everything.
/// The settings are the defaults: fsync and synchronous_commit are on.
const SCRIPT: &str = r#"
set -eu
PATH="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n -r | tr '\n' ':')$PATH"
here=$(mktemp -d "${TMPDIR:-/tmp}/larboard-crash.XXXXXX")
cd "$here"
stop() { pg_ctl -D "$here/data" -m immediate -w stop >/dev/null 2>&1 || true; }
trap 'stop; rm -rf "$here"' EXIT
trap : HUP INT TERM
start() {
  pg_ctl -D "$here/data" -l "$here/log" -w -o "-c listen_addresses= -c unix_socket_directories=$here \
    -c max_connections=100" start >/dev/null 2>&1 || { cat "$here/log" >&2; exit 1; }
}
# The tracer ends when every process of the server has, so it is not waited for.
start_traced() {
  strace -f -ttt -T -y -s 16384 -e trace=pwrite64,pwritev,fsync,fdatasync -o "$here/trace" \
    postgres -D "$here/data" -c listen_addresses= -c unix_socket_directories="$here" >"$here/log" 2>&1 &
  tries=0
  until pg_isready -q -h "$here"; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { cat "$here/log" >&2; exit 1; }
    sleep 0.1
  done
}
initdb -D "$here/data" -U postgres -A trust -E UTF8 --locale=C >"$here/log" 2>&1 || { cat "$here/log" >&2; exit 1; }
"$1"
echo "$here"
while read -r command; do
  "$command" </dev/null
  echo "done $command"
done
"#;

/// A running (or crashed) server. Gone when dropped.
pub(crate) struct Postgres {
    pub(crate) url: String,
    directory: PathBuf,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _script: Child,
}

impl Postgres {
    pub(crate) async fn start() -> Self {
        Self::start_by("start").await
    }

    /// With the writes and syncs of all its processes traced.
    pub(crate) async fn start_traced() -> Self {
        Self::start_by("start_traced").await
    }

    /// Where the trace is, complete once the server has stopped.
    pub(crate) fn trace(&self) -> PathBuf {
        self.directory.join("trace")
    }

    async fn start_by(how: &str) -> Self {
        let mut script = command(how)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let commands = script.stdin.take().expect("its input");
        let mut answers = BufReader::new(script.stdout.take().expect("its output")).lines();
        let Some(place) = answers.next_line().await.expect("text") else {
            let mut complaint = String::new();
            let mut stderr = script.stderr.take().expect("its complaints");
            stderr.read_to_string(&mut complaint).await.expect("text");
            panic!("PostgreSQL does not start (is its server installed?): {complaint}");
        };
        Self {
            url: format!("postgres://postgres@{}/postgres", place.replace('/', "%2F")),
            directory: PathBuf::from(place),
            commands,
            answers,
            _script: script,
        }
    }

    /// `pg_ctl -m immediate`: every process of the server ends at once, nothing is written any more.
    pub(crate) async fn crash(&mut self) {
        self.order("stop").await;
    }

    /// Starts the crashed server, which recovers from its log.
    pub(crate) async fn recover(&mut self) {
        self.order("start").await;
    }

    async fn order(&mut self, what: &str) {
        let line = format!("{what}\n");
        self.commands
            .write_all(line.as_bytes())
            .await
            .expect("the script listens");
        let answer = timeout(PATIENCE, self.answers.next_line()).await;
        let answer = answer.expect("an answer in time").expect("text");
        assert_eq!(answer, Some(format!("done {what}")), "PostgreSQL obeys");
    }
}

/// PostgreSQL refuses to run as root, so root lends it the user that its package made.
fn command(how: &str) -> Command {
    let root = std::process::Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    let mut command = Command::new(if root { "setpriv" } else { "sh" });
    if root {
        command.args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "sh",
        ]);
    }
    command.args(["-c", SCRIPT, "sh", how]);
    command
}
