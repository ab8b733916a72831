//! The PostgreSQL server of a test run: the one it is told of, or one it starts.

use super::good;
use crate::backend::{PostgresOptions, Store};
use crate::migrate::fingerprint;
use parking_lot::Mutex;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Starts a server that only a socket in its own directory leads to, says where, and stops it when
/// standard input ends, which it does however the test process ends. Nothing here is durable.
const SCRIPT: &str = r#"
set -eu
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin /usr/local/pgsql/bin 2>/dev/null | tr '\n' ':')"
command -v initdb >/dev/null || { echo "initdb is not installed" >&2; exit 1; }
here=$(mktemp -d "${TMPDIR:-/tmp}/larboard-pg.XXXXXX")
cd "$here"
trap 'rm -rf "$here"' EXIT
# A signal to the whole group must not leave the server behind: it ends what waits below.
trap : HUP INT TERM
initdb -D "$here/data" -U postgres -A trust -E UTF8 --locale=C -N >"$here/log" 2>&1 ||
  { cat "$here/log" >&2; exit 1; }
pg_ctl -D "$here/data" -l "$here/log" -w -o "-c fsync=off -c full_page_writes=off \
  -c synchronous_commit=off -c listen_addresses= -c unix_socket_directories=$here \
  -c max_connections=400 -c shared_buffers=64MB" start >/dev/null 2>&1 ||
  { cat "$here/log" >&2; exit 1; }
echo "$here"
cat >/dev/null || true
pg_ctl -D "$here/data" -m immediate -w stop >/dev/null 2>&1
"#;

pub(super) struct Server {
    /// The URL of a database whose user may create others.
    admin: String,
    /// Its name, once it exists.
    template: Mutex<Option<String>>,
    next: AtomicU32,
    /// Kept open: the server stops when it closes.
    _stdin: Option<ChildStdin>,
}

impl Server {
    pub(super) fn shared() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| match told() {
            Some(admin) => Self::new(admin, None),
            None => start(),
        })
    }

    fn new(admin: String, stdin: Option<ChildStdin>) -> Self {
        let (template, next) = (Mutex::new(None), AtomicU32::new(1));
        Self {
            admin,
            template,
            next,
            _stdin: stdin,
        }
    }

    /// Creates a migrated database and returns its name.
    pub(super) fn create(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("larboard_test_{}_{number}", std::process::id());
        let template = self.template();
        self.admin(&[
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name} TEMPLATE {template}"),
        ]);
        name
    }

    /// Creates a database as `clause` says, runs `dump` in it and returns its name.
    pub(super) fn create_as(&self, clause: &str, dump: &str) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("larboard_test_{}_{number}", std::process::id());
        self.admin(&[
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name} TEMPLATE template0 {clause}"),
        ]);
        let dump = dump.to_owned();
        let filled = with_client(self.url(&name), move |client| client.batch_execute(&dump));
        good(filled, "a PostgreSQL database of a dump");
        name
    }

    pub(super) fn remove(&self, name: &str) {
        self.admin(&[format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")]);
    }

    pub(super) fn url(&self, database: &str) -> String {
        let (place, query) = match self.admin.split_once('?') {
            Some((place, query)) => (place, format!("?{query}")),
            None => (self.admin.as_str(), String::new()),
        };
        let after_scheme = place.find("://").map_or(0, |at| at + 3);
        let end = place[after_scheme..]
            .rfind('/')
            .map_or(place.len(), |at| after_scheme + at);
        format!("{}/{database}{query}", &place[..end])
    }

    /// A migrated database to copy, made once per schema and server. Its name tells the schema.
    fn template(&self) -> String {
        let mut made = self.template.lock();
        if let Some(name) = &*made {
            return name.clone();
        }
        let name = format!("larboard_template_{}", fingerprint());
        let building = format!("{name}_{}", std::process::id());
        if !self.exists(&name) {
            self.admin(&[
                format!("DROP DATABASE IF EXISTS {building} WITH (FORCE)"),
                format!("CREATE DATABASE {building} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'"),
            ]);
            let options = PostgresOptions {
                threads: 1,
                ..PostgresOptions::default()
            };
            let store = good(
                Store::open_postgres(&self.url(&building), options),
                "a template",
            );
            good(store.migrate(), "a migrated template");
            store.shutdown();
            self.finish(&building, &name);
        }
        *made = Some(name.clone());
        name
    }

    /// Renames the finished template, unless another test process was quicker.
    fn finish(&self, building: &str, name: &str) {
        let rename = format!("ALTER DATABASE {building} RENAME TO {name}");
        let renamed = self.with_admin(move |client| client.batch_execute(&rename));
        if renamed.is_err() {
            self.remove(building);
        }
    }

    fn exists(&self, name: &str) -> bool {
        let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
        let rows = self.with_admin(move |client| client.query(&sql, &[]));
        !good(rows, "a list of databases").is_empty()
    }

    fn admin(&self, statements: &[String]) {
        let statements = statements.to_vec();
        let done = self.with_admin(move |client| {
            statements
                .iter()
                .try_for_each(|statement| client.batch_execute(statement))
        });
        good(done, "a database of its own");
    }

    fn with_admin<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut postgres::Client) -> Result<T, postgres::Error> + Send + 'static,
    ) -> Result<T, String> {
        with_client(self.admin.clone(), f)
    }
}

/// On a thread of its own: the driver must not block a thread of an async runtime.
fn with_client<T: Send + 'static>(
    url: String,
    f: impl FnOnce(&mut postgres::Client) -> Result<T, postgres::Error> + Send + 'static,
) -> Result<T, String> {
    let thread = std::thread::spawn(move || {
        postgres::Client::connect(&url, postgres::NoTls)
            .and_then(|mut client| f(&mut client))
            .map_err(|error| match error.as_db_error() {
                Some(inner) => inner.to_string(),
                None => error.to_string(),
            })
    });
    thread
        .join()
        .unwrap_or_else(|_| Err("the connecting thread panicked".to_owned()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told their server by the environment"
)]
fn told() -> Option<String> {
    std::env::var("LARBOARD_TEST_DATABASE_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

fn start() -> Server {
    let mut child = good(command().spawn(), "PostgreSQL");
    let stdin = child.stdin.take();
    let place = good(
        announced(&mut child),
        "PostgreSQL (install its server, or set LARBOARD_TEST_DATABASE_URL)",
    );
    let host = place.replace('/', "%2F");
    Server::new(format!("postgres://postgres@{host}/postgres"), stdin)
}

/// PostgreSQL refuses to run as root, so root lends it the user that its package made.
fn command() -> Command {
    let root = Command::new("id")
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
    command.args(["-c", SCRIPT]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The directory of the server, once it accepts connections.
fn announced(child: &mut Child) -> Result<String, String> {
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
    }
    if !line.trim().is_empty() {
        return Ok(line.trim().to_owned());
    }
    let mut complaint = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr
            .read_to_string(&mut complaint)
            .map_err(|error| error.to_string())?;
    }
    Err(format!("the server did not start: {}", complaint.trim()))
}
