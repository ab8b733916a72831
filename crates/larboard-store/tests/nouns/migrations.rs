//! Migrations of the catalog: what is kept of one, and who may work on it.

use crate::samples::AWKWARD;
use crate::{at, change, look, race};
use larboard_store::migrations::{self, MigrationRow};
use larboard_store::testing::on_both_databases;

pub(crate) fn migration(id: &str, created: i64) -> MigrationRow {
    MigrationRow {
        id: id.into(),
        source_blueprint: "service".into(),
        mapping: r#"{"z":1,"a":null}"#.into(),
        status: "INITIALIZING".into(),
        delete_entities: true,
        delete_blueprint: false,
        success_count: 0,
        failure_count: 0,
        reason: None,
        position: String::new(),
        run_id: None,
        caller: "{}".into(),
        created_at: at(created),
        created_by: "user_1".into(),
        updated_at: at(created),
        updated_by: "user_1".into(),
    }
}

#[test]
fn migrations_read_back_as_they_were_written_and_are_listed_newest_first() {
    on_both_databases(|store| async move {
        let full = MigrationRow {
            delete_blueprint: true,
            reason: Some(AWKWARD.into()),
            run_id: Some("r_1".into()),
            ..migration("b", 5)
        };
        let rows = [full.clone(), migration("a", 5), migration("c", 4)];
        change(&store, move |tx| {
            rows.iter().try_for_each(|row| migrations::insert(tx, row))
        })
        .await;
        assert_eq!(
            look(&store, |tx| migrations::find(tx, "b")).await,
            Some(full.clone())
        );
        assert_eq!(look(&store, |tx| migrations::find(tx, "x")).await, None);
        let listed = look(&store, migrations::list).await;
        let ids: Vec<&str> = listed.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["b", "a", "c"]);
        let moved = MigrationRow {
            status: "RUNNING".into(),
            success_count: 3,
            failure_count: 1,
            position: "k".into(),
            updated_at: at(9),
            updated_by: "app_1".into(),
            ..full
        };
        let row = moved.clone();
        assert!(change(&store, move |tx| migrations::update(tx, &row)).await);
        assert_eq!(
            look(&store, |tx| migrations::find(tx, "b")).await,
            Some(moved)
        );
    });
}

#[test]
fn the_oldest_unfinished_migration_is_leased_once_until_its_lease_ends() {
    on_both_databases(|store| async move {
        let done = MigrationRow {
            status: "COMPLETED".into(),
            ..migration("old", 1)
        };
        let rows = [done, migration("a", 2), migration("b", 3)];
        change(&store, move |tx| {
            rows.iter().try_for_each(|row| migrations::insert(tx, row))
        })
        .await;
        let claim = async |owner: &'static str, now: i64| {
            change(&store, move |tx| {
                migrations::claim_one(tx, owner, at(now), at(now + 10))
            })
            .await
        };
        assert_eq!(look(&store, migrations::next_due).await, Some(at(0)));
        assert_eq!(claim("one", 10).await.as_deref(), Some("a"));
        assert_eq!(look(&store, migrations::next_due).await, Some(at(0)));
        assert_eq!(claim("two", 11).await.as_deref(), Some("b"));
        assert_eq!(look(&store, migrations::next_due).await, Some(at(20)));
        assert_eq!(claim("two", 19).await, None);
        assert!(change(&store, |tx| migrations::renew(tx, "a", "one", at(100))).await);
        assert_eq!(look(&store, migrations::next_due).await, Some(at(21)));
        assert!(!change(&store, |tx| migrations::renew(tx, "a", "two", at(100))).await);
        assert_eq!(claim("three", 21).await.as_deref(), Some("b"));
        assert_eq!(
            look(&store, |tx| migrations::find_leased(tx, "b", "two")).await,
            None
        );
        assert!(
            look(&store, |tx| migrations::find_leased(tx, "b", "three"))
                .await
                .is_some()
        );
        assert_eq!(
            change(&store, |tx| migrations::release(tx, Some("one"))).await,
            1
        );
        assert_eq!(claim("three", 22).await.as_deref(), Some("a"));
        assert_eq!(change(&store, |tx| migrations::release(tx, None)).await, 2);
        let ended = MigrationRow {
            status: "COMPLETED".into(),
            ..migration("a", 2)
        };
        let cancelled = MigrationRow {
            status: "CANCELLED".into(),
            ..migration("b", 3)
        };
        change(&store, move |tx| {
            migrations::update(tx, &ended)?;
            migrations::update(tx, &cancelled)
        })
        .await;
        assert_eq!(look(&store, migrations::next_due).await, None);
    });
}

#[test]
fn two_that_claim_at_once_get_different_migrations_or_none() {
    on_both_databases(|store| async move {
        change(&store, |tx| migrations::insert(tx, &migration("a", 1))).await;
        let claimed = race(&store, 4, |_| {
            |tx: &mut larboard_store::Tx<'_>| migrations::claim_one(tx, "me", at(5), at(50))
        })
        .await;
        let won = claimed
            .into_iter()
            .filter(|claim| matches!(claim, Ok(Some(_))))
            .count();
        assert_eq!(won, 1);
    });
}
