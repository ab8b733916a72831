//! Backups, and moving from one kind of database to the other.

use crate::{insert, names, with_counters};
use larboard_store::testing::{TestDatabase, on_both_databases, run};
use larboard_store::{Arg, SqliteOptions, Store, StoreError, args};

#[test]
fn a_backup_taken_while_the_database_serves_is_one_consistent_state() {
    run(TestDatabase::sqlite(), |database| async move {
        let store = database.store();
        with_counters(&store).await;
        let (writer, stop) = (
            store.clone(),
            std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)),
        );
        let stopped = stop.clone();
        // Pairs are written together, so a consistent copy holds both of each.
        let writing = tokio::spawn(async move {
            let mut number = 0;
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                let pair = writer.write(move |tx| {
                    insert(tx, &format!("a{number}"), number)?;
                    insert(tx, &format!("b{number}"), number)
                });
                pair.await.expect("a pair");
                number += 1;
            }
        });
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("backup.db");
        let (from, to) = (store.clone(), path.clone());
        let backup = tokio::task::spawn_blocking(move || from.backup_to(&to));
        backup.await.expect("no panic").expect("a backup");
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        writing.await.expect("the writer");
        assert!(matches!(store.backup_to(&path), Err(StoreError::Data(_))));
        let copy = Store::open_sqlite(&path, SqliteOptions::default()).expect("a working copy");
        let names = names(&copy).await;
        let count = |letter| names.iter().filter(|name| name.starts_with(letter)).count();
        assert_eq!(count('a'), count('b'));
        copy.shutdown();
    });
}

#[test]
fn tables_come_after_those_they_refer_to() {
    on_both_databases(|store| async move {
        let tables = store.read(|tx| tx.tables()).await.expect("the tables");
        let at = |name: &str| {
            tables
                .iter()
                .position(|t| t == name)
                .expect("a table of the product")
        };
        assert!(at("blueprints") < at("entities") && at("entities") < at("entity_relations"));
        assert!(at("users") < at("sessions") && at("runs") < at("run_logs"));
        assert!(!tables.iter().any(|t| t == "schema_migrations"));
    });
}

#[test]
fn rows_move_between_the_two_kinds_of_database_in_both_directions() {
    run(TestDatabase::sqlite(), |sqlite| async move {
        let postgres = TestDatabase::postgres();
        let back = TestDatabase::sqlite();
        fill(&sqlite.store());
        copy(&sqlite.store(), &postgres.store());
        copy(&postgres.store(), &back.store());
        for store in [postgres.store(), back.store()] {
            let seq = store.write_blocking(|tx| {
                let sql = format!("{} RETURNING seq", event_sql(false));
                tx.query_one(&sql, &args!["event_new"])?.int(0)
            });
            assert_eq!(seq.expect("the numbers continue"), 42);
            let app = store.read_blocking(|tx| {
                let row = tx.query_one("SELECT is_default, secret_enc FROM apps", &[])?;
                Ok::<_, StoreError>((row.bool(0)?, row.bytes(1)?))
            });
            assert_eq!(app.expect("the app"), (true, vec![0, 1, 255]));
        }
    });
}

fn event_sql(with_seq: bool) -> String {
    let (column, value) = if with_seq {
        ("seq, ", "41, ")
    } else {
        ("", "")
    };
    format!(
        "INSERT INTO audit_events ({column}id, at, resource_type, action, status, origin, actor_id, actor) \
         VALUES ({value}$1, 0, '', '', '', '', '', '{{}}')"
    )
}

fn fill(store: &Store) {
    let filled = store.write_blocking(|tx| {
        tx.execute(&event_sql(true), &args!["event_old"])?;
        tx.execute(
            "INSERT INTO apps (id, name, secret_enc, is_default, enabled, created_at, updated_at) \
             VALUES ('a', 'A', $1, $2, $3, 0, 0)",
            &args![vec![0_u8, 1, 255], true, false],
        )
    });
    filled.expect("rows to copy");
}

fn copy(from: &Store, to: &Store) {
    let dumped = from.read_blocking(|tx| {
        let mut dumped: Vec<(String, Vec<String>, Vec<Vec<Arg<'static>>>)> = Vec::new();
        for table in tx.tables()? {
            let columns = tx.columns(&table)?;
            let mut rows = Vec::new();
            tx.dump_table(&table, &mut |row| rows.push(row))?;
            dumped.push((table, columns, rows));
        }
        Ok::<_, StoreError>(dumped)
    });
    let dumped = dumped.expect("a dump");
    let restored = to.write_blocking(move |tx| {
        for (table, columns, rows) in &dumped {
            for row in rows {
                tx.insert_row(table, columns, row)?;
            }
        }
        tx.continue_sequences()
    });
    restored.expect("a restored copy");
}
