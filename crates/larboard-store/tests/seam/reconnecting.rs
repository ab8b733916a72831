//! PostgreSQL connections that end: operations go on, and nobody misses a notice unknowingly.

use crate::{insert, names, with_counters};
use larboard_store::testing::{TestDatabase, run};
use larboard_store::{Notice, PostgresOptions, Store, StoreError, args};

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
fn a_server_that_cannot_be_reached_is_named_in_the_error() {
    let options = PostgresOptions::default();
    let opened = Store::open_postgres("postgres://nobody@127.0.0.1:1/none", options);
    assert!(matches!(opened, Err(StoreError::Unavailable(_))));
    let unreadable = Store::open_postgres("postgres://[", PostgresOptions::default());
    assert!(matches!(unreadable, Err(StoreError::Data(_))));
}
