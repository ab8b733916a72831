//! Many tasks on the same rows: nothing is lost on either database.

use crate::{insert, with_counters};
use larboard_store::testing::on_both_databases;
use larboard_store::{StoreError, args};

#[test]
fn no_increment_is_lost_when_64_tasks_read_and_then_write_the_same_row() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        store
            .write(|tx| insert(tx, "hits", 0))
            .await
            .expect("a counter");
        let mut tasks = Vec::new();
        for _ in 0..64 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..5 {
                    let added = store.write(|tx| {
                        let sql = "SELECT value FROM counters WHERE name = $1";
                        let value = tx.query_one(sql, &args!["hits"])?.int(0)?;
                        let sql = "UPDATE counters SET value = $1 WHERE name = $2";
                        tx.execute(sql, &args![value + 1, "hits"])
                    });
                    added.await.expect("every increment succeeds in the end");
                }
            }));
        }
        for task in tasks {
            task.await.expect("no task fails");
        }
        let value = store
            .read_one(|tx| tx.query_one("SELECT value FROM counters", &[])?.int(0))
            .await
            .expect("the counter");
        assert_eq!(value, 320);
    });
}

#[test]
fn only_one_of_many_that_insert_the_same_key_succeeds() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let mut tasks = Vec::new();
        for number in 0..16 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                store.write(move |tx| insert(tx, "only", number)).await
            }));
        }
        let mut kept = 0;
        for task in tasks {
            match task.await.expect("no panic") {
                Ok(_) => kept += 1,
                Err(StoreError::Unique { constraint }) => assert_eq!(constraint, "counters_pkey"),
                Err(error) => panic!("an unexpected failure: {error}"),
            }
        }
        assert_eq!(kept, 1);
    });
}
