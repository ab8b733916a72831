//! Counters of changes.

use crate::{change, look, race};
use larboard_store::revisions;
use larboard_store::testing::on_both_databases;

#[test]
fn every_change_is_counted_however_quickly_they_follow_each_other() {
    on_both_databases(|store| async move {
        assert_eq!(
            look(&store, |tx| revisions::count(tx, "directory")).await,
            0
        );
        for _ in 0..3 {
            change(&store, |tx| revisions::advance(tx, "directory")).await;
        }
        change(&store, |tx| revisions::advance(tx, "other")).await;
        assert_eq!(
            look(&store, |tx| revisions::count(tx, "directory")).await,
            3
        );
    });
}

#[test]
fn changes_made_at_the_same_moment_are_all_counted() {
    on_both_databases(|store| async move {
        for result in race(&store, 12, |_| {
            |tx: &mut _| revisions::advance(tx, "directory")
        })
        .await
        {
            result.expect("a counted change");
        }
        assert_eq!(
            look(&store, |tx| revisions::count(tx, "directory")).await,
            12
        );
    });
}
