//! A whole product moves from one kind of database to the other and back, and the schema comes from nothing on both.

use crate::migrations::migration;
use crate::pages::{folder, page};
use crate::samples::{
    AWKWARD, action, app, delivery, entity, event, full_run, run, user, with_blueprints,
    with_entities, with_runs,
};
use crate::scorecards::scorecard;
use crate::{at, change, look};
use larboard_store::deliveries::{self, AttemptRow};
use larboard_store::entity_results::{self, ResultsRow};
use larboard_store::idempotency::{self, FirstUse};
use larboard_store::organization::{self, OrganizationRow};
use larboard_store::pages::{self, PageRow};
use larboard_store::relations::{self, RelationRow};
use larboard_store::run_logs::{self, RunLogRow};
use larboard_store::secrets::{self, SecretRow};
use larboard_store::sessions::{self, SessionRow};
use larboard_store::sweeps::Sweep;
use larboard_store::testing::{TestDatabase, on_both_databases, run as on};
use larboard_store::value_history::ValuesRow;
use larboard_store::{
    Arg, Result, SqliteOptions, Store, Tx, actions, apps, audit, blueprint_permissions, entities,
    entity_teams, migrations, revisions, runs, scorecards, sidebar_folders, sweeps, users,
    value_history,
};

/// A table, its columns and its rows.
type Table = (String, Vec<String>, Vec<Vec<Arg<'static>>>);

/// At least one row in every table, with awkward text, NULLs and bytes among them.
async fn fill(store: &Store) {
    with_blueprints(store, &["service", "cluster"]).await;
    with_entities(store, &[("service", "checkout"), ("cluster", "eu")]).await;
    with_runs(store, &[full_run("r_1"), run("r_2", 1)]).await;
    change(store, people).await;
    change(store, work).await;
    change(store, catalog).await;
}

fn catalog(tx: &mut Tx<'_>) -> Result<()> {
    blueprint_permissions::set(tx, "service", r#"{"z":1,"a":[]}"#)?;
    entity_teams::insert(tx, "service", "checkout", &[AWKWARD.to_owned()])?;
    let page = PageRow {
        blueprint: Some("service".into()),
        permissions: Some("{}".into()),
        ..page("services", 1)
    };
    pages::insert(tx, &page)?;
    sidebar_folders::insert(tx, &folder("tools", 1))?;
    scorecards::insert(tx, &scorecard("production", "service", 1))?;
    let results = ResultsRow {
        blueprint: "service".into(),
        entity: "checkout".into(),
        revision: 1,
        results: r#"{"s":{"z":true,"a":[false,5]}}"#.into(),
    };
    entity_results::put_many(tx, &[results])?;
    let sweep = Sweep {
        purpose: "results",
        blueprint: "service",
    };
    sweeps::claim(tx, sweep, "server", at(1), at(9))?;
    let values = ValuesRow {
        blueprint: "service".into(),
        entity: "checkout".into(),
        at: at(1),
        numbers: r#"{"z":1.50,"a":-2}"#.into(),
    };
    value_history::put_many(tx, &[values])?;
    migrations::insert(tx, &migration("migration_1", 1))
}

fn people(tx: &mut Tx<'_>) -> Result<()> {
    let organization = OrganizationRow {
        id: "org_1".into(),
        name: AWKWARD.into(),
        settings: "{}".into(),
        key_check: (0..=255).collect(),
        created_at: at(1),
        updated_at: at(1),
    };
    organization::insert(tx, &organization)?;
    users::insert(tx, &user("user_1", "a@example.com", 1))?;
    let session = SessionRow {
        token_hash: vec![0, 255],
        user_id: "user_1".into(),
        csrf_token: "c".into(),
        created_at: at(1),
        expires_at: at(i64::MAX),
    };
    sessions::insert(tx, &session)?;
    apps::insert(tx, &app("app_1", 1))?;
    let mut default = app("app_2", 1);
    (default.is_default, default.enabled) = (true, false);
    apps::insert(tx, &default)?;
    let secret = SecretRow {
        name: "token".into(),
        value_enc: vec![],
        description: Some(String::new()),
        created_at: at(-1),
        created_by: "user_1".into(),
        updated_at: at(1),
        updated_by: "user_1".into(),
    };
    secrets::insert(tx, &secret)
}

fn work(tx: &mut Tx<'_>) -> Result<()> {
    actions::insert(tx, &action("deploy", 1))?;
    revisions::advance(tx, "directory")?;
    let relation = RelationRow {
        relation: "on".into(),
        position: 0,
        target_blueprint: "cluster".into(),
        target: "eu".into(),
    };
    relations::insert(tx, "service", "checkout", &[relation])?;
    let seq = runs::claim_log_seq(tx, "r_2")?.unwrap_or_default();
    let line = RunLogRow {
        seq,
        id: "log_1".into(),
        message: AWKWARD.into(),
        created_at: at(1),
        created_by: "app_1".into(),
    };
    run_logs::insert(tx, "r_2", &line)?;
    let used = FirstUse {
        fingerprint: vec![1],
        run_id: "r_1".into(),
    };
    idempotency::insert(tx, "app_1", "k", &used, at(1))?;
    deliveries::insert(tx, &delivery("dlv_1", "r_2", 5))?;
    let attempt = AttemptRow {
        number: 1,
        started_at: at(1),
        duration_ms: 2,
        status_code: None,
        error: Some(AWKWARD.into()),
        response_excerpt: None,
    };
    deliveries::insert_attempt(tx, "dlv_1", &attempt)?;
    (1..=3).try_for_each(|n| audit::append(tx, &event(&format!("event_{n}"), n)).map(drop))
}

async fn dump(store: &Store) -> Vec<Table> {
    look(store, |tx| {
        let mut tables = Vec::new();
        for table in tx.tables()? {
            let columns = tx.columns(&table)?;
            let mut rows = Vec::new();
            tx.dump_table(&table, &mut |row| rows.push(row))?;
            // Neither database promises an order; the first column or two are the key everywhere.
            rows.sort_by_key(|row| format!("{row:?}"));
            tables.push((table, columns, rows));
        }
        Ok(tables)
    })
    .await
}

async fn restore(store: &Store, tables: Vec<Table>) {
    change(store, move |tx| {
        for (table, columns, rows) in &tables {
            for row in rows {
                tx.insert_row(table, columns, row)?;
            }
        }
        tx.continue_sequences()
    })
    .await;
}

/// What SQLite keeps of a value: a boolean is 0 or 1 there.
fn as_sqlite(mut tables: Vec<Table>) -> Vec<Table> {
    for (_, _, rows) in &mut tables {
        for value in rows.iter_mut().flatten() {
            if let Arg::Bool(bool) = value {
                *value = Arg::Int((*bool).into());
            }
        }
        rows.sort_by_key(|row| format!("{row:?}"));
    }
    tables.sort_by(|a, b| a.0.cmp(&b.0));
    tables
}

#[test]
fn every_row_of_every_table_moves_from_sqlite_to_postgres_and_back_unchanged() {
    on(TestDatabase::sqlite(), |sqlite| async move {
        let (postgres, back) = (TestDatabase::postgres(), TestDatabase::sqlite());
        fill(&sqlite.store()).await;
        let original = dump(&sqlite.store()).await;
        for (table, _, rows) in &original {
            assert!(!rows.is_empty(), "{table} is empty, which proves nothing");
        }
        restore(&postgres.store(), original.clone()).await;
        let moved = dump(&postgres.store()).await;
        assert_eq!(as_sqlite(moved.clone()), as_sqlite(original.clone()));
        restore(&back.store(), moved).await;
        assert_eq!(as_sqlite(dump(&back.store()).await), as_sqlite(original));
    });
}

#[test]
fn a_moved_product_reads_the_same_and_goes_on_where_it_stopped() {
    on(TestDatabase::sqlite(), |sqlite| async move {
        let postgres = TestDatabase::postgres();
        fill(&sqlite.store()).await;
        restore(&postgres.store(), dump(&sqlite.store()).await).await;
        for store in [sqlite.store(), postgres.store()] {
            assert_eq!(
                look(&store, |tx| runs::find(tx, "r_1")).await,
                Some(full_run("r_1"))
            );
            let expected = Some(entity("service", "checkout"));
            let found = look(&store, |tx| entities::find(tx, "service", "checkout")).await;
            assert_eq!(found, expected);
            let default = look(&store, |tx| apps::find(tx, "app_2"))
                .await
                .expect("the app");
            assert!(default.is_default && !default.enabled);
            let seq = change(&store, |tx| audit::append(tx, &event("event_4", 4))).await;
            assert_eq!(seq, 4, "the stream goes on");
            let seq = change(&store, |tx| runs::claim_log_seq(tx, "r_2")).await;
            assert_eq!(seq, Some(2), "the log goes on");
        }
    });
}

#[test]
fn a_row_that_refers_to_nothing_or_is_there_already_undoes_the_whole_restore() {
    on_both_databases(|store| async move {
        let half = store.write(|tx| {
            users::insert(tx, &user("user_1", "a@example.com", 1))?;
            let columns = tx.columns("sessions")?;
            let row = [
                vec![1_u8].into(),
                "user_2".into(),
                "c".into(),
                1.into(),
                2.into(),
            ];
            tx.insert_row("sessions", &columns, &row)
        });
        assert!(half.await.is_err());
        assert_eq!(look(&store, users::list).await, []);
    });
}

#[test]
fn a_lone_program_makes_the_whole_schema_from_nothing_and_finds_it_at_its_next_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("new.db");
    let open = || Store::open_sqlite(&path, SqliteOptions::default()).expect("a database");
    let store = open();
    let names = file_names();
    assert_eq!(store.migrate().expect("a schema").applied, names);
    store.shutdown();
    let store = open();
    assert_eq!(store.migrate().expect("nothing to do").applied, [""; 0]);
    store.shutdown();
}

#[test]
fn an_empty_database_of_either_kind_gets_the_same_tables_and_columns() {
    on(TestDatabase::postgres(), |postgres| async move {
        let sqlite = TestDatabase::sqlite();
        let emptied = postgres.store();
        change(&emptied, |tx| {
            tx.execute_script("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        })
        .await;
        let again = postgres.open_again();
        assert_eq!(again.migrate().expect("a schema").applied, file_names());
        let (mut ours, mut theirs) = (dump(&sqlite.store()).await, dump(&again).await);
        ours.sort_by(|a, b| a.0.cmp(&b.0));
        theirs.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(ours, theirs);
        assert!(ours.len() > 15, "{} tables", ours.len());
        assert_eq!(again.migrate().expect("nothing to do").applied, [""; 0]);
        again.shutdown();
    });
}

/// The migrations in the source, in the order of their names.
fn file_names() -> Vec<String> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .expect("the migrations")
        .map(|entry| entry.expect("a file").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}
