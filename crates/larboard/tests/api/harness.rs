//! A whole server for one test: on a database of its own, a free port and a clock that the test moves, with a receiver
//! for its webhooks and callers of every kind. It stands on the product's own assembly; nothing in it is replaced.

use crate::client::{Auth, Client, Reply};
use crate::clock::{CountingIds, TestClock};
use crate::sink::Sink;
use larboard::config::{Config, Database, Settings};
use larboard::ops::users::{self, NewUser};
use larboard::start::{self, StartError};
use larboard::state::App;
use larboard_core::time::Timestamp;
use larboard_store::testing::TestDatabase;
use larboard_store::users::UserRow;
use larboard_store::{Notice, StoreError, Tx};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

/// Client id of the default app.
pub const CLIENT: &str = "machineMachineMachineMachine0001";
/// Client secret of the default app, which signs webhooks.
pub const SECRET: &str = "secretSecretSecretSecretSecretSecretSecretSecretSecretSecret0001";
/// Address of the administrator.
pub const ADMIN: &str = "admin@larboard.test";
/// Address of the member.
pub const MEMBER: &str = "member@larboard.test";
/// The password of both.
pub const PASSWORD: &str = "correct horse battery staple";

const MASTER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// A running server and everyone around it.
pub struct Server {
    pub app: App,
    pub base: String,
    pub clock: Arc<TestClock>,
    pub sink: Sink,
    pub organization: String,
    http: reqwest::Client,
    token: String,
    running: JoinHandle<Result<(), StartError>>,
    may_leave_work: AtomicBool,
    /// Removed once the server has stopped.
    database: TestDatabase,
}

/// A second server on the database of another.
pub struct Replica {
    app: App,
    running: JoinHandle<Result<(), StartError>>,
    client: Client,
}

impl Replica {
    /// The default app, calling this server.
    pub fn machine(&self) -> Client {
        self.client.clone()
    }

    /// Stops it as an operator would.
    pub async fn stop(self) {
        self.app.stopping.cancel();
        let ended = self.running.await.expect("a server that does not panic");
        ended.expect("a server that ends well");
    }
}

/// Runs a test on SQLite and on PostgreSQL, each time with a server of its own.
pub fn on_both_databases<F>(body: impl Fn(Arc<Server>) -> F)
where
    F: Future<Output = ()>,
{
    on_both_with(|_| {}, body);
}

/// Like [`on_both_databases`], with settings of the test's own.
pub fn on_both_with<F>(settings: impl Fn(&mut Config), body: impl Fn(Arc<Server>) -> F)
where
    F: Future<Output = ()>,
{
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let database = make();
        runtime.block_on(async {
            let server = Arc::new(Server::start(database, &settings).await);
            body(server.clone()).await;
            let server = Arc::into_inner(server).expect("the test has let go of the server");
            server.finish().await;
        });
    }
}

impl Server {
    /// Starts a server on `database`.
    pub async fn start(database: TestDatabase, settings: impl Fn(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let sink = Sink::start().await;
        let clock = Arc::new(TestClock::new());
        let mut config = config(&database);
        config.listen = address;
        config.public_url = format!("http://{address}");
        settings(&mut config);
        seed_people(&database).await;
        let (app, _) = start::assemble(
            config,
            database.store(),
            clock.clone(),
            Arc::new(CountingIds::new()),
        )
        .await
        .expect("an application");
        let organization = app.directory.load().organization.to_string();
        let token = app
            .tokens
            .issue(CLIENT, &organization, app.now(), 1_000_000_000)
            .expect("a token");
        let running = tokio::spawn(start::run(app.clone(), listener));
        Self {
            base: format!("http://{address}{}", app.config.base_path),
            app,
            clock,
            sink,
            organization,
            http: http(),
            token,
            running,
            may_leave_work: AtomicBool::new(false),
            database,
        }
    }

    /// The default app.
    pub fn machine(&self) -> Client {
        self.client(Auth::Token(self.token.clone()))
    }

    /// The default app's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A second server on the same database, with caches and identifiers of its own. Not on SQLite, which one serves.
    pub async fn replica(&self) -> Replica {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mut config = config(&self.database);
        config.listen = address;
        config.public_url = format!("http://{address}");
        let ids = Arc::new(CountingIds::of_a_replica());
        let store = self.database.open_again();
        let (app, _) = start::assemble(config, store, self.clock.clone(), ids)
            .await
            .expect("an application");
        Replica {
            running: tokio::spawn(start::run(app.clone(), listener)),
            app,
            client: Client {
                base: format!("http://{address}"),
                ..self.machine()
            },
        }
    }

    /// Someone without credentials.
    pub fn anonymous(&self) -> Client {
        self.client(Auth::Nobody)
    }

    /// Someone with these credentials.
    pub fn client(&self, auth: Auth) -> Client {
        Client {
            http: self.http.clone(),
            base: self.base.clone(),
            auth,
        }
    }

    /// The administrator, signed in.
    pub async fn admin(&self) -> Client {
        self.sign_in(ADMIN).await
    }

    /// The member, signed in.
    pub async fn member(&self) -> Client {
        self.sign_in(MEMBER).await
    }

    async fn sign_in(&self, email: &str) -> Client {
        let credentials = json!({ "email": email, "password": PASSWORD });
        let reply = self
            .anonymous()
            .post("/v1/auth/session", &credentials)
            .await;
        self.client(session(reply))
    }

    /// The id of a user.
    pub fn user_id(&self, email: &str) -> String {
        let directory = self.app.directory.load();
        let (id, _) = directory.find_user_by_email(email).expect("a user");
        id.to_owned()
    }

    /// Moves the clock on, and lets the server look at what has come due.
    pub async fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
        let woken = self.app.store.write(|tx| {
            tx.notify(Notice::Deliveries);
            Ok::<_, StoreError>(())
        });
        woken.await.expect("a notice");
    }

    /// Asks again until `wanted` holds, and fails the test if it does not within twenty seconds.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let client = self.machine();
        let mut notices = self.app.store.subscribe();
        let asking = async {
            loop {
                let body = client.get(path).await.expect(200);
                if wanted(&body) {
                    return body;
                }
                // Every change leaves a notice; another replica's might be lost, so it is asked again anyhow.
                let _ = tokio::time::timeout(Duration::from_millis(200), notices.recv()).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(20), asking).await {
            Ok(body) => body,
            Err(_) => panic!(
                "{path} never became what the test waits for: {}",
                client.get(path).await.text
            ),
        }
    }

    /// Waits until what is asked of the database holds, and fails the test if it does not within twenty seconds.
    pub async fn until_stored<F>(&self, what: &str, holds: F)
    where
        F: FnMut(&mut Tx<'_>) -> larboard_store::Result<bool> + Clone + Send + 'static,
    {
        let mut notices = self.app.store.subscribe();
        let asking = async {
            while !self.app.store.read(holds.clone()).await.expect("an answer") {
                let _ = tokio::time::timeout(Duration::from_millis(50), notices.recv()).await;
            }
        };
        let asked = tokio::time::timeout(Duration::from_secs(20), asking).await;
        assert!(asked.is_ok(), "it never came that {what}");
    }

    /// This test ends with deliveries still to be made.
    pub fn may_leave_work(&self) {
        self.may_leave_work.store(true, Ordering::SeqCst);
    }

    /// Deliveries that are neither made nor given up.
    pub async fn undelivered(&self) -> i64 {
        let waiting = self
            .app
            .store
            .read(|tx| larboard_store::deliveries::backlog(tx).map(|backlog| backlog.0));
        waiting.await.expect("the backlog")
    }

    /// Stops the server as an operator would; fails if it leaves work that the test did not announce.
    pub async fn finish(self) {
        if !self.may_leave_work.load(Ordering::SeqCst) {
            let mut notices = self.app.store.subscribe();
            let settled = async {
                while self.undelivered().await > 0 {
                    let _ = tokio::time::timeout(Duration::from_millis(100), notices.recv()).await;
                }
            };
            let settled = tokio::time::timeout(Duration::from_secs(10), settled).await;
            assert!(
                settled.is_ok(),
                "the test leaves {} deliveries unmade",
                self.undelivered().await
            );
        }
        self.sink.stop();
        self.app.stopping.cancel();
        let ended = self.running.await.expect("a server that does not panic");
        ended.expect("a server that ends well");
        drop(self.app);
        let database = self.database;
        tokio::task::spawn_blocking(move || drop(database))
            .await
            .expect("a database that can be removed");
    }
}

/// The session that a sign-in began.
#[track_caller]
pub fn session(reply: Reply) -> Auth {
    let cookie = reply
        .headers
        .get("set-cookie")
        .unwrap_or_else(|| panic!("no cookie came with {}", reply.text));
    let cookie = cookie.to_str().expect("a cookie of text");
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let body = reply.expect(200);
    let csrf = body["csrfToken"].as_str().expect("a token").to_owned();
    Auth::Session { cookie, csrf }
}

fn config(database: &TestDatabase) -> Config {
    let settings = Settings {
        master_key: Some(MASTER_KEY.into()),
        webhook_allow: Some("127.0.0.0/8".into()),
        bootstrap_client_id: Some(CLIENT.into()),
        bootstrap_client_secret: Some(SECRET.into()),
        bootstrap_admin_email: Some(ADMIN.into()),
        ..Settings::default()
    };
    let mut config = settings.resolve().expect("valid settings");
    config.shutdown_grace = Duration::from_secs(5);
    match (database.url(), database.path()) {
        (Some(url), _) => config.database = Database::Postgres(url),
        (None, Some(path)) => {
            config.data = path.parent().expect("a directory").to_owned();
        }
        (None, None) => panic!("a database is somewhere"),
    }
    config
}

fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .build()
        .expect("a client")
}

/// The administrator and the member, with a hash that is made once: making it is slow on purpose.
async fn seed_people(database: &TestDatabase) {
    static HASH: OnceCell<String> = OnceCell::const_new();
    let hash = HASH.get_or_init(hash_of_the_password).await;
    let people = [
        ("user_adminadminadmin1", ADMIN, "Ada", "Admin", "Admin"),
        ("user_membermember0001", MEMBER, "Max", "Member", "Member"),
    ];
    let rows: Vec<UserRow> = people
        .iter()
        .map(|(id, email, first, last, role)| UserRow {
            id: (*id).to_owned(),
            email: (*email).to_owned(),
            first_name: (*first).to_owned(),
            last_name: (*last).to_owned(),
            role: (*role).to_owned(),
            status: "Active".to_owned(),
            password_hash: Some(hash.clone()),
            created_at: Timestamp::from_millis(crate::clock::START),
            updated_at: Timestamp::from_millis(crate::clock::START),
        })
        .collect();
    let store = database.store();
    let inserted = store.write(move |tx| {
        rows.iter()
            .try_for_each(|row| larboard_store::users::insert(tx, row))
    });
    inserted.await.expect("two people");
}

/// The hash as the product makes it.
async fn hash_of_the_password() -> String {
    let database = TestDatabase::sqlite();
    let (app, _) = start::assemble(
        config(&database),
        database.store(),
        Arc::new(TestClock::new()),
        Arc::new(CountingIds::new()),
    )
    .await
    .expect("an application");
    let new = NewUser {
        email: MEMBER,
        first_name: "Max",
        last_name: "Member",
        role: "Member",
        password: Some(PASSWORD),
    };
    let row = users::insert(&app, None, new).await.expect("a user");
    row.password_hash.expect("a hash")
}

/// Runs a test on a PostgreSQL database that two servers share, the second of which the test stops.
pub fn on_two_servers<F>(body: impl FnOnce(Arc<Server>, Replica) -> F)
where
    F: Future<Output = ()>,
{
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let first = Arc::new(Server::start(TestDatabase::postgres(), |_| {}).await);
        let second = first.replica().await;
        body(first.clone(), second).await;
        let first = Arc::into_inner(first).expect("the test has let go of the server");
        first.finish().await;
    });
}
