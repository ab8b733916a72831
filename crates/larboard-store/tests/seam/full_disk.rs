//! SQLite without space: those who do not fit are told, the others go on.

use crate::{insert, names, with_counters};
use larboard_store::testing::{TestDatabase, run};
use larboard_store::{SqliteOptions, StoreError, args};

#[test]
fn an_operation_without_space_fails_alone_and_the_store_goes_on() {
    let options = SqliteOptions {
        max_pages: Some(120),
        ..SqliteOptions::default()
    };
    run(TestDatabase::sqlite_with(options), |database| async move {
        let store = database.store();
        with_counters(&store).await;
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = store.write(move |tx| {
            let _ = wait.recv();
            insert(tx, "first", 0)
        });
        let mut all: Vec<std::pin::Pin<Box<dyn Future<Output = _> + Send>>> = vec![Box::pin(first)];
        for number in 0..20 {
            all.push(Box::pin(store.write(move |tx| {
                // Every third one is larger than what the database may hold.
                let size = if number % 3 == 0 { 1_000_000 } else { 10 };
                insert(tx, &format!("{number:02}{}", "x".repeat(size)), 1)
            })));
        }
        for write in &mut all {
            let once = std::future::poll_fn(|cx| {
                std::task::Poll::Ready(write.as_mut().poll(cx).is_pending())
            });
            assert!(once.await);
        }
        // The first one waits only once: its channel is closed when it runs again.
        go.send(()).expect("the first one waits");
        drop(go);
        for (index, write) in all.into_iter().enumerate() {
            let result = write.await;
            if index > 0 && (index - 1) % 3 == 0 {
                assert!(matches!(result, Err(StoreError::Full)), "{result:?}");
            } else {
                assert!(result.is_ok(), "{result:?}");
            }
        }
        assert_eq!(names(&store).await.len(), 14);
        store
            .write(|tx| tx.execute("DELETE FROM counters", &[]))
            .await
            .expect("space again");
        store
            .write(|tx| insert(tx, "after", 1))
            .await
            .expect("room");
        assert_eq!(names(&store).await, ["after"]);
    });
}

#[test]
fn neighbours_of_one_who_ends_the_whole_transaction_are_run_again() {
    run(TestDatabase::sqlite(), |database| async move {
        let store = database.store();
        with_counters(&store).await;
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let first = store.write(move |tx| {
            let _ = wait.recv();
            insert(tx, "first", 0)
        });
        let culprit = store.write(|tx| {
            // The engine ends the whole transaction, as it may when a disk fails.
            insert(tx, "culprit", 1)?;
            let sql = "INSERT OR ROLLBACK INTO counters (name, value) VALUES ($1, $2)";
            tx.execute(sql, &args!["culprit", 2])
        });
        let last = store.write(|tx| insert(tx, "last", 0));
        let mut all: Vec<std::pin::Pin<Box<dyn Future<Output = _> + Send>>> =
            vec![Box::pin(first), Box::pin(culprit), Box::pin(last)];
        for write in &mut all {
            let once = std::future::poll_fn(|cx| {
                std::task::Poll::Ready(write.as_mut().poll(cx).is_pending())
            });
            assert!(once.await);
        }
        // The first one waits only once: its channel is closed when it runs again.
        go.send(()).expect("the first one waits");
        drop(go);
        let results: Vec<_> = [
            all.remove(0).await,
            all.remove(0).await,
            all.remove(0).await,
        ]
        .into();
        assert!(results[0].is_ok() && results[2].is_ok(), "{results:?}");
        assert!(
            matches!(results[1], Err(StoreError::Unique { .. })),
            "{results:?}"
        );
        assert_eq!(names(&store).await, ["first", "last"]);
    });
}
