//! The promises of the seam, on both databases. One program, so that it starts one server.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]

#[path = "seam/copying.rs"]
mod copying;
#[path = "seam/full_disk.rs"]
mod full_disk;
#[path = "seam/migrating.rs"]
mod migrating;
#[path = "seam/notices.rs"]
mod notices;
#[path = "seam/ordering.rs"]
mod ordering;
#[path = "seam/queue.rs"]
mod queue;
#[path = "seam/races.rs"]
mod races;
#[path = "seam/reconnecting.rs"]
mod reconnecting;
#[path = "seam/releases.rs"]
mod releases;
#[path = "seam/transactions.rs"]
mod transactions;
#[path = "seam/values.rs"]
mod values;

use larboard_store::{Result, Store, Tx, args};

/// A table of counters that the tests share the shape of.
async fn with_counters(store: &Store) {
    let created = store.write(|tx| {
        tx.execute(
            "CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
            &[],
        )
    });
    created.await.expect("a table");
}

fn insert(tx: &mut Tx<'_>, name: &str, value: i64) -> Result<u64> {
    tx.execute(
        "INSERT INTO counters (name, value) VALUES ($1, $2)",
        &args![name, value],
    )
}

async fn names(store: &Store) -> Vec<String> {
    let rows = store.read(|tx| {
        let rows = tx.query("SELECT name FROM counters ORDER BY name", &[])?;
        rows.iter()
            .map(|row| row.text(0))
            .collect::<Result<Vec<String>>>()
    });
    rows.await.expect("the names")
}
