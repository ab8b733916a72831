//! Actions: one namespace for both shapes, their order, and the names under which legacy ones are found.

use crate::samples::{AWKWARD, action, run, with_runs};
use crate::{at, change, look, refusal, violated};
use larboard_store::actions::{self, ActionRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{Store, runs};

fn full() -> ActionRow {
    ActionRow {
        title: Some(AWKWARD.into()),
        blueprint: Some("service".into()),
        trigger_type: "automation".into(),
        operation: None,
        doc: r#"{"z":1.50,"a":{"é":null}}"#.into(),
        revision: 3,
        updated_at: at(9),
        updated_by: "app_1".into(),
        ..action("deploy", 5)
    }
}

fn legacy(identifier: &str, blueprint: &str, created: i64) -> ActionRow {
    ActionRow {
        blueprint: Some(blueprint.into()),
        legacy_blueprint: Some(blueprint.into()),
        ..action(identifier, created)
    }
}

async fn with(store: &Store, rows: &[ActionRow]) {
    let rows = rows.to_vec();
    change(store, move |tx| {
        rows.iter().try_for_each(|row| actions::insert(tx, row))
    })
    .await;
}

async fn found(store: &Store, identifier: &'static str) -> Option<String> {
    let row = look(store, move |tx| actions::find(tx, identifier)).await;
    row.map(|row| row.identifier)
}

fn names(rows: &[ActionRow]) -> Vec<&str> {
    rows.iter().map(|row| row.identifier.as_str()).collect()
}

#[test]
fn an_action_reads_back_as_it_was_written_full_or_bare() {
    on_both_databases(|store| async move {
        let bare = ActionRow {
            title: None,
            icon: None,
            ..action("bare", 1)
        };
        with(&store, &[full(), bare.clone(), legacy("old", "service", 2)]).await;
        for expected in [full(), bare, legacy("old", "service", 2)] {
            let name = expected.identifier.clone();
            let found = look(&store, move |tx| actions::find(tx, &name)).await;
            assert_eq!(found, Some(expected));
        }
        let revision = look(&store, |tx| actions::find_revision(tx, "deploy")).await;
        assert_eq!(revision, Some(3));
        let revision = look(&store, |tx| actions::find_revision(tx, "gone")).await;
        assert_eq!(revision, None);
    });
}

#[test]
fn lists_are_oldest_first_and_by_identifier_within_a_moment() {
    on_both_databases(|store| async move {
        let of = |name: &str, created| ActionRow {
            blueprint: Some("service".into()),
            ..action(name, created)
        };
        let rows = [
            legacy("d", "service", 3),
            of("c", 3),
            action("b", 3),
            legacy("e", "cluster", 2),
            of("a", 4),
            legacy("f", "service", 1),
        ];
        with(&store, &rows).await;
        let listed = look(&store, actions::list).await;
        assert_eq!(names(&listed), ["f", "e", "b", "c", "d", "a"]);
        let bound = look(&store, |tx| actions::list_of_blueprint(tx, "service")).await;
        assert_eq!(names(&bound), ["f", "c", "d", "a"]);
        let legacy = look(&store, |tx| actions::list_legacy(tx, "service")).await;
        assert_eq!(names(&legacy), ["f", "d"]);
        assert_eq!(
            look(&store, |tx| actions::list_legacy(tx, "gone")).await,
            []
        );
        assert_eq!(
            look(&store, |tx| actions::list_of_blueprint(tx, "")).await,
            []
        );
    });
}

#[test]
fn a_legacy_action_is_also_found_by_blueprint_and_identifier_unless_that_is_a_name_itself() {
    on_both_databases(|store| async move {
        with(
            &store,
            &[legacy("deploy", "service", 1), action("scale", 1)],
        )
        .await;
        assert_eq!(
            found(&store, "service_deploy").await.as_deref(),
            Some("deploy")
        );
        assert_eq!(found(&store, "deploy").await.as_deref(), Some("deploy"));
        assert_eq!(
            found(&store, "service_scale").await,
            None,
            "not a legacy one"
        );
        assert_eq!(found(&store, "_scale").await, None);
        assert_eq!(found(&store, "cluster_deploy").await, None);
        assert_eq!(found(&store, "serviceXdeploy").await, None);
        with(&store, &[action("service_deploy", 2)]).await;
        assert_eq!(
            found(&store, "service_deploy").await.as_deref(),
            Some("service_deploy")
        );
    });
}

#[test]
fn an_identifier_is_taken_once_by_a_new_one_and_by_a_renamed_one() {
    on_both_databases(|store| async move {
        with(&store, &[full(), action("scale", 1)]).await;
        let again = || legacy("deploy", "cluster", 1);
        let error = refusal(&store, move |tx| actions::insert(tx, &again())).await;
        assert_eq!(violated(&error), "actions_pkey");
        let error = refusal(&store, |tx| actions::update(tx, "scale", &full())).await;
        assert_eq!(violated(&error), "actions_pkey");
        assert_eq!(
            look(&store, |tx| actions::find(tx, "deploy")).await,
            Some(full())
        );
    });
}

#[test]
fn an_update_writes_everything_but_its_id_and_who_made_it_and_may_rename() {
    on_both_databases(|store| async move {
        with(&store, &[action("scale", 1), action("other", 1)]).await;
        assert!(change(&store, |tx| actions::update(tx, "scale", &full())).await);
        let expected = ActionRow {
            id: "action_scale".into(),
            created_at: at(1),
            ..full()
        };
        assert_eq!(
            look(&store, |tx| actions::find(tx, "deploy")).await,
            Some(expected)
        );
        assert!(!change(&store, |tx| actions::update(tx, "scale", &full())).await);
        let other = look(&store, |tx| actions::find(tx, "other")).await;
        assert_eq!(other, Some(action("other", 1)));
    });
}

#[test]
fn deleting_an_action_leaves_its_runs() {
    on_both_databases(|store| async move {
        with(&store, &[full()]).await;
        with_runs(&store, &[run("r_1", 1)]).await;
        assert!(change(&store, |tx| actions::delete(tx, "deploy")).await);
        assert!(!change(&store, |tx| actions::delete(tx, "deploy")).await);
        let left = look(&store, |tx| runs::find(tx, "r_1")).await;
        assert_eq!(left, Some(run("r_1", 1)));
    });
}
