//! What is kept and what is undone when an operation fails.

use crate::{insert, names, with_counters};
use larboard_store::testing::{TestDatabase, on_both_databases, run};
use larboard_store::{Result, StoreError, args};

#[test]
fn an_operation_that_fails_is_undone_alone_while_its_neighbours_survive() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        // The blocked first operation lets the others gather behind it, into one group on SQLite.
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let blocker = store.clone();
        let blocked = tokio::spawn(async move {
            blocker
                .write(move |tx| {
                    let _ = wait.recv();
                    insert(tx, "blocker", 0)
                })
                .await
        });
        let mut tasks = Vec::new();
        for number in 0..30_i64 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                store
                    .write(move |tx| {
                        insert(tx, &format!("n{number:02}"), number)?;
                        match number % 3 {
                            0 => Err(StoreError::Data("refused".to_owned())),
                            1 => panic!("a closure of a test panics"),
                            _ => Ok(()),
                        }
                    })
                    .await
            }));
        }
        // Dropped, because the blocked operation may run again with the others.
        drop(go);
        blocked
            .await
            .expect("no panic")
            .expect("the first one is kept");
        for (number, task) in tasks.into_iter().enumerate() {
            let result = task.await.expect("no panic reaches the caller");
            match number % 3 {
                0 => assert!(matches!(result, Err(StoreError::Data(_))), "{result:?}"),
                1 => assert!(matches!(result, Err(StoreError::Panicked)), "{result:?}"),
                _ => assert!(result.is_ok(), "{result:?}"),
            }
        }
        let kept: Vec<String> = (0..30)
            .filter(|n| n % 3 == 2)
            .map(|n| format!("n{n:02}"))
            .collect();
        assert_eq!(names(&store).await[1..], kept);
    });
}

#[test]
fn an_operation_that_fails_before_it_changes_anything_lets_no_other_run_again() {
    let database = TestDatabase::sqlite();
    run(database, |database| async move {
        let store = database.store();
        with_counters(&store).await;
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let blocker = store.clone();
        let blocked = tokio::spawn(async move {
            blocker
                .write(move |tx| {
                    let _ = wait.recv();
                    insert(tx, "blocker", 0)
                })
                .await
        });
        let group: Vec<_> = (0..20_i64)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    store
                        .write(move |tx| {
                            if number % 2 == 0 {
                                tx.query("SELECT name FROM counters", &[])?;
                                return Err(StoreError::Data("refused".to_owned()));
                            }
                            insert(tx, &format!("n{number:02}"), number)
                        })
                        .await
                })
            })
            .collect();
        while store.metrics().write_queue < 20 {
            tokio::task::yield_now().await;
        }
        drop(go);
        blocked.await.expect("no panic").expect("kept");
        for (number, task) in group.into_iter().enumerate() {
            assert_eq!(task.await.expect("no panic").is_ok(), number % 2 == 1);
        }
        let metrics = store.metrics();
        assert_eq!(names(&store).await.len(), 11);
        assert_eq!((metrics.retries, metrics.largest_batch), (0, 21));
    });
}

#[test]
fn a_savepoint_recovers_from_a_failed_statement() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let done = store.write(|tx| {
            insert(tx, "a", 1)?;
            let inner: Result<()> = tx.savepoint(|tx| {
                insert(tx, "b", 1)?;
                insert(tx, "a", 2).map(drop)
            });
            assert!(matches!(
                inner,
                Err(StoreError::Unique {
                    constraint: "counters_pkey"
                })
            ));
            insert(tx, "c", 3)
        });
        assert_eq!(done.await.expect("the rest is kept"), 1);
        assert_eq!(names(&store).await, ["a", "c"]);
    });
}

#[test]
fn savepoints_nest_and_undo_only_their_own_part() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let done = store.write(|tx| {
            tx.savepoint(|tx| {
                insert(tx, "outer", 1)?;
                let inner: Result<()> = tx.savepoint(|tx| {
                    insert(tx, "inner", 1)?;
                    Err(StoreError::Missing)
                });
                assert!(matches!(inner, Err(StoreError::Missing)));
                insert(tx, "after", 1)
            })
        });
        done.await.expect("the outer savepoint is kept");
        assert_eq!(names(&store).await, ["after", "outer"]);
    });
}

#[test]
fn after_a_failed_statement_nothing_else_runs_and_nothing_is_kept() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let swallowed = store.write(|tx| {
            insert(tx, "a", 1)?;
            assert!(
                tx.execute("INSERT INTO nowhere (x) VALUES (1)", &[])
                    .is_err()
            );
            assert!(matches!(insert(tx, "b", 1), Err(StoreError::Poisoned)));
            Ok::<_, StoreError>(())
        });
        assert!(matches!(swallowed.await, Err(StoreError::Poisoned)));
        assert!(names(&store).await.is_empty());
    });
}

#[test]
fn a_read_sees_one_snapshot_while_others_write() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let writer = store.clone();
        let seen = store.read(move |tx| {
            let count = "SELECT COUNT(*) FROM counters";
            let before = tx.query_one(count, &[])?.int(0)?;
            writer.write_blocking(|tx| insert(tx, "late", 1))?;
            let after = tx.query_one(count, &[])?.int(0)?;
            Ok::<_, StoreError>((before, after))
        });
        assert_eq!(seen.await.expect("a snapshot"), (0, 0));
        assert_eq!(names(&store).await, ["late"]);
    });
}

#[test]
fn a_read_cannot_change_anything() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let refused = store.read(|tx| insert(tx, "a", 1)).await;
        assert!(
            matches!(refused, Err(StoreError::Database(_))),
            "{refused:?}"
        );
        assert!(names(&store).await.is_empty());
    });
}

#[test]
fn a_missing_row_is_an_option_or_a_missing_error() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let sql = "SELECT value FROM counters WHERE name = $1";
        let found = store
            .read_one(move |tx| tx.query_opt(sql, &args!["a"]))
            .await;
        assert!(found.expect("no failure").is_none());
        let got = store
            .read_one(move |tx| tx.query_one(sql, &args!["a"]))
            .await;
        assert!(matches!(got, Err(StoreError::Missing)));
    });
}

#[test]
fn foreign_keys_are_enforced() {
    on_both_databases(|store| async move {
        let refused = store.write(|tx| {
            tx.execute("CREATE TABLE p (id BIGINT PRIMARY KEY)", &[])?;
            tx.execute("CREATE TABLE c (p BIGINT REFERENCES p (id))", &[])?;
            tx.execute("INSERT INTO c (p) VALUES ($1)", &args![7])
        });
        assert!(matches!(refused.await, Err(StoreError::ForeignKey)));
    });
}
