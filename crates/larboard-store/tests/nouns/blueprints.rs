//! Blueprints: what is kept of one, their order, revisions, and what renaming and deleting asks for. How relations follow
//! is in `relations.rs`.

use crate::samples::{AWKWARD, blueprint, with_blueprints, with_entities};
use crate::{at, change, look, race, refusal, violated};
use larboard_store::blueprints::{self, BlueprintRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{StoreError, Tx, entity_changes};

fn full() -> BlueprintRow {
    BlueprintRow {
        title: Some(AWKWARD.into()),
        icon: Some("Service".into()),
        doc: r#"{"z":1.50,"a":{"é":null}}"#.into(),
        revision: 7,
        updated_at: at(9),
        updated_by: "app_1".into(),
        ..blueprint("service", 5)
    }
}

#[test]
fn a_blueprint_reads_back_as_it_was_written_and_is_listed_oldest_first() {
    on_both_databases(|store| async move {
        let bare = |name: &str| BlueprintRow {
            title: None,
            ..blueprint(name, 5)
        };
        let rows = [
            full(),
            bare("zone"),
            bare("app"),
            blueprint("last", 6),
            blueprint("first", 4),
        ];
        let written = rows.clone();
        change(&store, move |tx| {
            written
                .iter()
                .try_for_each(|row| blueprints::insert(tx, row))
        })
        .await;
        let found = look(&store, |tx| blueprints::find(tx, "service")).await;
        assert_eq!(found, Some(full()));
        let revision = look(&store, |tx| blueprints::find_revision(tx, "service")).await;
        assert_eq!(revision, Some(7));
        assert_eq!(
            look(&store, |tx| blueprints::find(tx, "Service")).await,
            None
        );
        let revision = look(&store, |tx| blueprints::find_revision(tx, "gone")).await;
        assert_eq!(revision, None);
        let listed = look(&store, blueprints::list).await;
        let names: Vec<&str> = listed.iter().map(|row| row.identifier.as_str()).collect();
        assert_eq!(names, ["first", "app", "service", "zone", "last"]);
        assert_eq!(listed[1], rows[2]);
    });
}

#[test]
fn an_identifier_is_taken_once_by_a_new_one_and_by_a_renamed_one() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        let error = refusal(&store, |tx| blueprints::insert(tx, &full())).await;
        assert_eq!(violated(&error), "blueprints_pkey");
        let error = refusal(&store, |tx| blueprints::update(tx, "cluster", &full())).await;
        assert_eq!(violated(&error), "blueprints_pkey");
        let found = look(&store, |tx| blueprints::find(tx, "service")).await;
        assert_eq!(found, Some(blueprint("service", 1)));
    });
}

#[test]
fn an_update_writes_everything_but_who_made_it_and_may_rename() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        let renamed = BlueprintRow {
            identifier: "app".into(),
            ..full()
        };
        let row = renamed.clone();
        assert!(change(&store, move |tx| blueprints::update(tx, "service", &row)).await);
        let expected = BlueprintRow {
            created_at: at(1),
            ..renamed
        };
        let found = look(&store, |tx| blueprints::find(tx, "app")).await;
        assert_eq!(found, Some(expected));
        assert!(!change(&store, |tx| blueprints::update(tx, "service", &full())).await);
        let other = look(&store, |tx| blueprints::find(tx, "cluster")).await;
        assert_eq!(other, Some(blueprint("cluster", 1)));
    });
}

#[test]
fn one_of_many_that_make_the_same_blueprint_succeeds() {
    on_both_databases(|store| async move {
        let made = race(&store, 12, |number| {
            let row = blueprint("service", number);
            move |tx: &mut Tx<'_>| blueprints::insert(tx, &row)
        })
        .await;
        let taken = |end: &&larboard_store::Result<()>| matches!(end, Err(error) if violated(error) == "blueprints_pkey");
        assert_eq!(made.iter().filter(|end| end.is_ok()).count(), 1);
        assert_eq!(made.iter().filter(taken).count(), 11, "{made:?}");
    });
}

#[test]
fn no_revision_is_lost_among_many_that_change_a_blueprint() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let changed = race(&store, 16, |_| {
            |tx: &mut Tx<'_>| {
                let mut row = blueprints::find(tx, "service")?.ok_or(StoreError::Missing)?;
                row.revision += 1;
                blueprints::update(tx, "service", &row)
            }
        })
        .await;
        assert!(
            changed.iter().all(|end| matches!(end, Ok(true))),
            "{changed:?}"
        );
        let revision = look(&store, |tx| blueprints::find_revision(tx, "service")).await;
        assert_eq!(revision, Some(17));
    });
}

#[test]
fn a_blueprint_is_advanced_without_another_change_of_it_and_its_readers_are_told() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        let horizon = look(&store, entity_changes::horizon).await;
        let known = look(&store, move |tx| entity_changes::since(tx, horizon)).await;
        change(&store, |tx| blueprints::advance(tx, "service")).await;
        let expected = BlueprintRow {
            revision: 2,
            ..blueprint("service", 1)
        };
        let found = look(&store, |tx| blueprints::find(tx, "service")).await;
        assert_eq!(found, Some(expected));
        let other = look(&store, |tx| blueprints::find_revision(tx, "cluster")).await;
        assert_eq!(other, Some(1));
        let told = look(&store, move |tx| entity_changes::since(tx, horizon)).await;
        let told: Vec<_> = told
            .into_iter()
            .filter(|change| known.iter().all(|before| before.seq != change.seq))
            .map(|change| (change.blueprint, change.entity))
            .collect();
        assert_eq!(told, [("service".to_owned(), None)]);
    });
}

#[test]
fn no_advance_is_lost_among_many() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let advanced = race(&store, 16, |_| {
            |tx: &mut Tx<'_>| blueprints::advance(tx, "service")
        })
        .await;
        assert!(advanced.iter().all(Result::is_ok), "{advanced:?}");
        let revision = look(&store, |tx| blueprints::find_revision(tx, "service")).await;
        assert_eq!(revision, Some(17));
    });
}

#[test]
fn a_blueprint_with_entities_is_not_deleted_and_one_without_is() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        with_entities(&store, &[("service", "a")]).await;
        let error = refusal(&store, |tx| blueprints::delete(tx, "service")).await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        assert!(change(&store, |tx| blueprints::delete(tx, "cluster")).await);
        assert!(!change(&store, |tx| blueprints::delete(tx, "cluster")).await);
        assert_eq!(look(&store, blueprints::list).await.len(), 1);
    });
}
