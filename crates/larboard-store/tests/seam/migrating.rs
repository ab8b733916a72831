//! The migrator: once, together, and never backwards.

use larboard_store::migrate::Migration;
use larboard_store::testing::{on_both, on_both_databases};
use larboard_store::{StoreError, args};

const ONE: Migration = Migration {
    name: "9001_one",
    sql: "CREATE TABLE m1 (s {seq}, j {json});",
};
const TWO: Migration = Migration {
    name: "9002_two",
    sql: "CREATE TABLE m2 (b {bytes}, t {bool});\nCREATE INDEX m2_t ON m2 (t);",
};
const TWO_CHANGED: Migration = Migration {
    name: "9002_two",
    sql: "CREATE TABLE m2 (b {bytes});",
};
const BROKEN: Migration = Migration {
    name: "9003_broken",
    sql: "CREATE TABLE m3 (a BIGINT); CREATE TABLE m3 (a BIGINT);",
};

/// The harness has migrated the database; these tests bring their own migrations instead.
fn forget(store: &larboard_store::Store) {
    let forgotten = store.write_blocking(|tx| tx.execute("DELETE FROM schema_migrations", &[]));
    forgotten.expect("an unmigrated database");
}

#[test]
fn what_is_applied_once_is_not_applied_again() {
    on_both_databases(|store| async move {
        assert!(store.migrate().expect("up to date").applied.is_empty());
        forget(&store);
        let first = store.migrate_with(&[ONE]).expect("the first migration");
        assert_eq!(first.applied, ["9001_one"]);
        let second = store
            .migrate_with(&[ONE, TWO])
            .expect("the second migration");
        assert_eq!(second.applied, ["9002_two"]);
        assert!(
            store
                .migrate_with(&[ONE, TWO])
                .expect("nothing")
                .applied
                .is_empty()
        );
        let seq = store.write(|tx| {
            let sql = "INSERT INTO m1 (j) VALUES ($1) RETURNING s";
            tx.query_one(sql, &args!["{}"])?.int(0)
        });
        assert_eq!(seq.await.expect("a number"), 1);
    });
}

#[test]
fn replicas_that_start_together_migrate_once() {
    on_both(|database| async move {
        forget(&database.store());
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let store = database.open_again();
                std::thread::spawn(move || {
                    let report = store.migrate_with(&[ONE, TWO]);
                    store.shutdown();
                    report
                })
            })
            .collect();
        let mut applied = Vec::new();
        for start in starts {
            applied.extend(
                start
                    .join()
                    .expect("no panic")
                    .expect("every start succeeds")
                    .applied,
            );
        }
        assert_eq!(applied, ["9001_one", "9002_two"]);
    });
}

#[test]
fn a_changed_or_unknown_migration_is_refused_with_a_sentence() {
    on_both_databases(|store| async move {
        forget(&store);
        store.migrate_with(&[ONE, TWO]).expect("a newer program");
        let older = store.migrate_with(&[ONE]);
        let Err(StoreError::Migration(sentence)) = older else {
            panic!("accepted: {older:?}")
        };
        assert!(
            sentence.contains("9002_two") && sentence.contains("newer"),
            "{sentence}"
        );
        let changed = store.migrate_with(&[ONE, TWO_CHANGED]);
        let Err(StoreError::Migration(sentence)) = changed else {
            panic!("accepted: {changed:?}")
        };
        assert!(
            sentence.contains("9002_two") && sentence.contains("differs"),
            "{sentence}"
        );
    });
}

#[test]
fn a_migration_that_fails_leaves_nothing_behind() {
    on_both_databases(|store| async move {
        forget(&store);
        assert!(store.migrate_with(&[ONE, BROKEN]).is_err());
        let applied = store
            .migrate_with(&[ONE, TWO])
            .expect("a clean start")
            .applied;
        assert_eq!(applied, ["9001_one", "9002_two"]);
    });
}
