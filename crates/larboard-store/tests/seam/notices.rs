//! Notices come after the commit, and only if there is one.

use crate::{insert, names, with_counters};
use larboard_store::testing::{TestDatabase, on_both_databases, run};
use larboard_store::{Notice, StoreError};

#[test]
fn when_a_notice_arrives_its_row_is_visible() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let mut notices = store.subscribe();
        for number in 0..20 {
            let name = format!("n{number:02}");
            let written = store.write({
                let name = name.clone();
                move |tx| {
                    tx.notify(Notice::Run(name.clone()));
                    tx.notify(Notice::Events(number..=number));
                    insert(tx, &name, number)
                }
            });
            written.await.expect("a row");
            assert_eq!(
                notices.recv().await.expect("a notice"),
                Notice::Run(name.clone())
            );
            assert!(names(&store).await.contains(&name));
            assert_eq!(
                notices.recv().await.expect("a notice"),
                Notice::Events(number..=number)
            );
        }
    });
}

#[test]
fn what_is_undone_sends_no_notice() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let mut notices = store.subscribe();
        let failed = store.write(|tx| {
            tx.notify(Notice::Run("undone".into()));
            Err::<(), _>(StoreError::Missing)
        });
        assert!(failed.await.is_err());
        let half = store.write(|tx| {
            let inner: Result<(), StoreError> = tx.savepoint(|tx| {
                tx.notify(Notice::Run("half".into()));
                Err(StoreError::Missing)
            });
            assert!(inner.is_err());
            tx.notify(Notice::Reload("it's \\ all".into()));
            insert(tx, "a", 1)
        });
        half.await.expect("a row");
        let first = notices.recv().await.expect("a notice");
        assert_eq!(first, Notice::Reload("it's \\ all".into()));
    });
}

#[test]
fn every_replica_gets_the_notices_of_the_others() {
    run(TestDatabase::postgres(), |database| async move {
        let (one, other) = (database.store(), database.open_again());
        let mut notices = other.subscribe();
        let many = one.write(|tx| {
            for seq in 0..3000 {
                tx.notify(Notice::Events(seq..=seq));
            }
            Ok::<_, StoreError>(())
        });
        many.await.expect("a commit");
        for seq in 0..3000 {
            assert_eq!(
                notices.recv().await.expect("a notice"),
                Notice::Events(seq..=seq)
            );
        }
        other.shutdown();
    });
}
