//! The harness that gives a test its own migrated database of either kind, both of them real.
//!
//! PostgreSQL is the server of `LARBOARD_TEST_DATABASE_URL` (the URL of a user who may create
//! databases), or one that this process starts and that ends with it. A test is never skipped.

mod server;

use crate::backend::{PostgresOptions, SqliteOptions, Store};
use server::Server;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;

/// A migrated, empty database that is removed when this is dropped.
pub struct TestDatabase {
    store: Store,
    place: Place,
}

enum Place {
    Sqlite {
        directory: TempDir,
        options: SqliteOptions,
    },
    Postgres {
        name: String,
        options: PostgresOptions,
    },
}

impl TestDatabase {
    /// A SQLite database in a temporary directory.
    pub fn sqlite() -> Self {
        Self::sqlite_with(SqliteOptions::default())
    }

    /// Like [`TestDatabase::sqlite`], opened differently.
    pub fn sqlite_with(options: SqliteOptions) -> Self {
        let directory = good(tempfile::tempdir(), "a temporary directory");
        good(
            std::fs::write(directory.path().join("larboard.db"), sqlite_template()),
            "a copy",
        );
        Self::at(Place::Sqlite { directory, options })
    }

    /// A database of its own on the PostgreSQL server of this test run.
    pub fn postgres() -> Self {
        Self::postgres_with(PostgresOptions {
            threads: 4,
            ..PostgresOptions::default()
        })
    }

    /// Like [`TestDatabase::postgres`], opened differently.
    pub fn postgres_with(options: PostgresOptions) -> Self {
        Self::at(Place::Postgres {
            name: Server::shared().create(),
            options,
        })
    }

    /// A SQLite database that holds what `dump` makes and nothing else: not migrated.
    pub fn sqlite_of(dump: &str) -> Self {
        let directory = good(tempfile::tempdir(), "a temporary directory");
        let made = rusqlite::Connection::open(directory.path().join("larboard.db"))
            // A dump need not have tables in the order in which they refer to each other.
            .and_then(|database| {
                database.execute_batch("PRAGMA foreign_keys = OFF")?;
                database.execute_batch(dump)
            });
        good(made, "a SQLite database of a dump");
        let options = SqliteOptions::default();
        Self::at(Place::Sqlite { directory, options })
    }

    /// A PostgreSQL database that holds what `dump` makes and nothing else: not migrated. It is created with `clause`,
    /// such as `LC_COLLATE 'C'`.
    pub fn postgres_of(clause: &str, dump: &str) -> Self {
        let options = PostgresOptions {
            threads: 2,
            ..PostgresOptions::default()
        };
        let name = Server::shared().create_as(clause, dump);
        Self::at(Place::Postgres { name, options })
    }

    fn at(place: Place) -> Self {
        Self {
            store: place.open(),
            place,
        }
    }

    /// The store under test.
    pub fn store(&self) -> Store {
        self.store.clone()
    }

    /// A second store on the same database, as another replica or a later start would open it.
    pub fn open_again(&self) -> Store {
        self.place.open()
    }

    /// The SQLite file, for a test that starts the product on it.
    pub fn path(&self) -> Option<PathBuf> {
        match &self.place {
            Place::Sqlite { directory, .. } => Some(directory.path().join("larboard.db")),
            Place::Postgres { .. } => None,
        }
    }

    /// The PostgreSQL URL, for a test that starts the product on it.
    pub fn url(&self) -> Option<String> {
        match &self.place {
            Place::Sqlite { .. } => None,
            Place::Postgres { name, .. } => Some(Server::shared().url(name)),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.store.shutdown();
        if let Place::Postgres { name, .. } = &self.place {
            Server::shared().remove(name);
        }
    }
}

impl Place {
    fn open(&self) -> Store {
        match self {
            Self::Sqlite { directory, options } => {
                let path = directory.path().join("larboard.db");
                good(
                    Store::open_sqlite(&path, options.clone()),
                    "a SQLite database",
                )
            }
            Self::Postgres { name, options } => {
                let url = Server::shared().url(name);
                good(
                    Store::open_postgres(&url, options.clone()),
                    "a PostgreSQL database",
                )
            }
        }
    }
}

/// Runs a test on SQLite, then on PostgreSQL, each time on a database of its own.
///
/// Call it from a plain `#[test]`: it brings its own runtime.
///
/// # Panics
/// If the test does, or if a database cannot be had.
pub fn on_both_databases<F: Future<Output = ()>>(body: impl Fn(Store) -> F) {
    on_both(|database| {
        let running = body(database.store());
        async move {
            running.await;
            // Not before: dropping it removes the database.
            drop(database);
        }
    });
}

/// Like [`on_both_databases`], for a test that also opens the database again.
pub fn on_both<F: Future<Output = ()>>(body: impl Fn(Arc<TestDatabase>) -> F) {
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        run(make(), &body);
    }
}

/// Runs a test of one kind of database on a runtime, and removes the database afterwards.
pub fn run<F: Future<Output = ()>>(database: TestDatabase, body: impl Fn(Arc<TestDatabase>) -> F) {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = good(builder.worker_threads(2).enable_all().build(), "a runtime");
    runtime.block_on(body(Arc::new(database)));
}

fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let directory = good(tempfile::tempdir(), "a temporary directory");
        let path = directory.path().join("template.db");
        let store = good(
            Store::open_sqlite(&path, SqliteOptions::default()),
            "a template",
        );
        good(store.migrate(), "a migrated template");
        let whole = directory.path().join("whole.db");
        good(
            store.backup_to(&whole),
            "a copy of the template in one file",
        );
        store.shutdown();
        good(std::fs::read(whole), "the template's file")
    })
}

/// A test cannot go on without it, and must not pass without it either.
#[expect(
    clippy::panic,
    reason = "a test that cannot have its database has to fail"
)]
fn good<T, E: std::fmt::Display>(result: Result<T, E>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the test cannot have {what}: {error}"),
    }
}
