//! The bounded queue, and its end.

use crate::{insert, names, with_counters};
use larboard_store::testing::{TestDatabase, on_both, run};
use larboard_store::{PostgresOptions, SqliteOptions, StoreError};
use std::sync::mpsc;

#[test]
fn a_full_queue_answers_busy_at_once() {
    let sqlite = SqliteOptions {
        queue: 2,
        ..SqliteOptions::default()
    };
    let postgres = PostgresOptions {
        queue: 2,
        threads: 1,
        ..PostgresOptions::default()
    };
    for database in [
        TestDatabase::sqlite_with(sqlite),
        TestDatabase::postgres_with(postgres),
    ] {
        run(database, |database| async move {
            let store = database.store();
            with_counters(&store).await;
            let (go, wait) = mpsc::channel::<()>();
            let (running_in, running) = tokio::sync::oneshot::channel();
            let mut running_in = Some(running_in);
            let blocker = store.clone();
            let blocked = tokio::spawn(async move {
                let body = move |_: &mut larboard_store::Tx<'_>| {
                    if let Some(running) = running_in.take() {
                        let _ = running.send(());
                        let _ = wait.recv();
                    }
                    Ok::<_, StoreError>(())
                };
                blocker.write(body).await
            });
            running.await.expect("the first operation runs");
            let mut waiting: Vec<_> = ["a", "b"]
                .into_iter()
                .map(|name| Box::pin(store.write(move |tx| insert(tx, name, 1))))
                .collect();
            for write in &mut waiting {
                // Polled once, an operation waits in the queue.
                let polled = std::future::poll_fn(|cx| {
                    std::task::Poll::Ready(write.as_mut().poll(cx).is_pending())
                });
                assert!(polled.await);
            }
            assert_eq!(store.metrics().write_queue, 2);
            let refused = store.write(|tx| insert(tx, "c", 1)).await;
            assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
            go.send(()).expect("the first operation still runs");
            blocked
                .await
                .expect("no panic")
                .expect("the first operation ends");
            for write in waiting {
                write.await.expect("what waited is done");
            }
            assert_eq!(names(&store).await, ["a", "b"]);
        });
    }
}

#[test]
fn closing_finishes_what_waits_and_refuses_what_comes_later() {
    on_both(|database| async move {
        let store = database.store();
        with_counters(&store).await;
        let mut writes: Vec<_> = (0..50)
            .map(|n| Box::pin(store.write(move |tx| insert(tx, &format!("n{n:02}"), n))))
            .collect();
        for write in &mut writes {
            let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(write.as_mut().poll(cx)));
            let _ = polled.await.map(|result| result.expect("an early answer"));
        }
        store.shutdown();
        let refused = store.write(|tx| insert(tx, "late", 1)).await;
        assert!(matches!(refused, Err(StoreError::Closed)));
        let again = database.open_again();
        assert_eq!(names(&again).await.len(), 50);
        again.shutdown();
    });
}

#[test]
fn operations_that_wait_together_are_committed_together_on_sqlite() {
    run(TestDatabase::sqlite(), |database| async move {
        let store = database.store();
        with_counters(&store).await;
        let (go, wait) = mpsc::channel::<()>();
        let first = store.write(move |tx| {
            let _ = wait.recv();
            insert(tx, "first", 0)
        });
        let mut all: Vec<std::pin::Pin<Box<dyn Future<Output = _> + Send>>> = vec![Box::pin(first)];
        for n in 0..100 {
            all.push(Box::pin(
                store.write(move |tx| insert(tx, &format!("n{n}"), n)),
            ));
        }
        for write in &mut all {
            let once = std::future::poll_fn(|cx| {
                std::task::Poll::Ready(write.as_mut().poll(cx).is_pending())
            });
            assert!(once.await);
        }
        go.send(()).expect("the first one waits");
        for write in all {
            write.await.expect("a row");
        }
        assert_eq!(store.metrics().largest_batch, 101);
    });
}
