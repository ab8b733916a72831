//! PostgreSQL connections that end: operations go on, and nobody misses a notice unknowingly.

use crate::{insert, names, with_counters};
use larboard_store::testing::{TestDatabase, run};
use larboard_store::{Notice, PostgresOptions, Store, StoreError, args};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const OTHERS: &str = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[test]
fn operations_go_on_after_every_connection_was_ended() {
    run(TestDatabase::postgres(), |database| async move {
        let store = database.store();
        with_counters(&store).await;
        let killer = database.open_again();
        for round in 0..3 {
            killer
                .read_one(|tx| tx.query_one(OTHERS, &[]))
                .await
                .expect("all are ended");
            for number in 0..8 {
                let name = format!("{round}-{number}");
                store
                    .write(move |tx| insert(tx, &name, 1))
                    .await
                    .expect("a new connection");
            }
        }
        assert_eq!(names(&store).await.len(), 24);
        assert!(store.metrics().reconnects > 0);
        killer.shutdown();
    });
}

#[test]
fn after_the_listening_connection_was_lost_everything_is_to_be_read_again() {
    run(TestDatabase::postgres(), |database| async move {
        let store = database.store();
        let mut notices = store.subscribe();
        let killer = database.open_again();
        killer
            .read_one(|tx| tx.query_one(OTHERS, &[]))
            .await
            .expect("all are ended");
        assert_eq!(notices.recv().await.expect("a notice"), Notice::Everything);
        let told = killer.write(|tx| {
            tx.notify(Notice::Deliveries);
            Ok::<_, StoreError>(())
        });
        told.await.expect("a commit");
        assert_eq!(notices.recv().await.expect("a notice"), Notice::Deliveries);
        killer.shutdown();
    });
}

#[test]
fn a_connection_lost_in_the_middle_runs_the_operation_again_once() {
    run(TestDatabase::postgres(), |database| async move {
        let store = database.store();
        with_counters(&store).await;
        let mut runs = 0;
        let done = store.write(move |tx| {
            runs += 1;
            insert(tx, "a", runs)?;
            if runs == 1 {
                tx.query("SELECT pg_terminate_backend(pg_backend_pid())", &args![])?;
            }
            Ok::<_, StoreError>(runs)
        });
        assert_eq!(done.await.expect("the second run"), 2);
        assert_eq!(names(&store).await, ["a"]);
    });
}

#[test]
fn a_lost_answer_to_commit_is_an_unknown_outcome_and_is_not_tried_again() {
    run(TestDatabase::postgres(), |database| async move {
        let store = database.store();
        with_counters(&store).await;
        // The server ends the connection while it commits.
        let script = "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
             CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON counters \
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hang_up();";
        store
            .write(move |tx| tx.execute_script(script))
            .await
            .expect("a trigger");
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        let lost = store.write(move |tx| {
            counted.fetch_add(1, Ordering::Relaxed);
            insert(tx, "a", 1)
        });
        let lost = lost.await;
        assert!(matches!(lost, Err(StoreError::OutcomeUnknown)), "{lost:?}");
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        assert!(names(&store).await.is_empty());
    });
}

#[test]
fn an_operation_that_conflicts_every_time_is_given_up_after_many_runs() {
    run(TestDatabase::postgres(), |database| async move {
        let store = database.store();
        for code in ["40001", "40P01"] {
            let runs = Arc::new(AtomicU32::new(0));
            let counted = runs.clone();
            let script = format!("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$");
            let result = store.write(move |tx| {
                counted.fetch_add(1, Ordering::Relaxed);
                // A savepoint must not hide that the whole transaction has to run again.
                let inner: Result<(), StoreError> = tx.savepoint(|tx| tx.execute_script(&script));
                drop(inner);
                Ok::<_, StoreError>(())
            });
            let result = result.await;
            assert!(matches!(result, Err(StoreError::Conflict)), "{result:?}");
            assert!(runs.load(Ordering::Relaxed) > 10);
        }
    });
}

#[test]
fn a_server_that_cannot_be_reached_is_named_in_the_error() {
    let options = PostgresOptions::default();
    let opened = Store::open_postgres("postgres://nobody@127.0.0.1:1/none", options);
    assert!(matches!(opened, Err(StoreError::Unavailable(_))));
    let unreadable = Store::open_postgres("postgres://[", PostgresOptions::default());
    assert!(matches!(unreadable, Err(StoreError::Data(_))));
}
