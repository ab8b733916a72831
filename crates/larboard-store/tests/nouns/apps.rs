//! Machine credentials: what is kept of one, and rotating and deleting it.

use crate::samples::{AWKWARD, app};
use crate::{at, change, look, refusal, violated};
use larboard_store::apps::{self, AppRow};
use larboard_store::testing::on_both_databases;

fn full() -> AppRow {
    AppRow {
        name: AWKWARD.into(),
        previous_secret_enc: Some((0..=255).collect()),
        previous_until: Some(at(77)),
        is_default: true,
        enabled: false,
        updated_at: at(9),
        ..app("full", 5)
    }
}

#[test]
fn an_app_reads_back_as_it_was_written_and_is_listed_oldest_first() {
    on_both_databases(|store| async move {
        let rows = [full(), app("b", 5), app("z", 4)];
        let written = rows.clone();
        change(&store, move |tx| {
            written.iter().try_for_each(|row| apps::insert(tx, row))
        })
        .await;
        assert_eq!(
            look(&store, |tx| apps::find(tx, "full")).await,
            Some(full())
        );
        assert_eq!(look(&store, |tx| apps::find(tx, "FULL")).await, None);
        let expected = [app("z", 4), app("b", 5), full()];
        assert_eq!(look(&store, apps::list).await, expected);
    });
}

#[test]
fn a_client_id_is_taken_once() {
    on_both_databases(|store| async move {
        change(&store, |tx| apps::insert(tx, &full())).await;
        let error = refusal(&store, |tx| apps::insert(tx, &app("full", 6))).await;
        assert_eq!(violated(&error), "apps_pkey");
        assert_eq!(look(&store, apps::list).await, [full()]);
    });
}

#[test]
fn a_rotation_writes_both_secrets_and_keeps_when_the_app_was_made() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            apps::insert(tx, &app("full", 1))?;
            apps::insert(tx, &app("other", 1))
        })
        .await;
        assert!(change(&store, |tx| apps::update(tx, &full())).await);
        let rotated = AppRow {
            created_at: at(1),
            ..full()
        };
        let expected = [rotated.clone(), app("other", 1)];
        assert_eq!(look(&store, apps::list).await, expected);
        // And back to none: what is absent is written as absent.
        let forgotten = AppRow {
            previous_secret_enc: None,
            previous_until: None,
            ..rotated
        };
        let row = forgotten.clone();
        assert!(change(&store, move |tx| apps::update(tx, &row)).await);
        assert_eq!(
            look(&store, |tx| apps::find(tx, "full")).await,
            Some(forgotten)
        );
        assert!(!change(&store, |tx| apps::update(tx, &app("gone", 1))).await);
    });
}

#[test]
fn deleting_says_whether_it_was_there() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            apps::insert(tx, &full())?;
            apps::insert(tx, &app("other", 1))
        })
        .await;
        assert!(change(&store, |tx| apps::delete(tx, "full")).await);
        assert!(!change(&store, |tx| apps::delete(tx, "full")).await);
        assert_eq!(look(&store, apps::list).await, [app("other", 1)]);
    });
}
