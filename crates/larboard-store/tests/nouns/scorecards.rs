//! Scorecards are unique over all blueprints, follow the name of theirs, and keep it from being deleted.

use crate::samples::{AWKWARD, with_blueprints};
use crate::{at, change, look, race, refusal, violated};
use larboard_store::scorecards::{self, ScorecardRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{StoreError, blueprints};

pub(crate) fn scorecard(identifier: &str, blueprint: &str, created: i64) -> ScorecardRow {
    ScorecardRow {
        identifier: identifier.into(),
        id: format!("scorecard_{identifier}"),
        blueprint: blueprint.into(),
        doc: serde_json::json!({ "title": AWKWARD }).to_string(),
        revision: 1,
        created_at: at(created),
        created_by: "user_1".into(),
        updated_at: at(created),
        updated_by: "user_1".into(),
    }
}

#[test]
fn a_scorecard_is_read_back_as_it_was_written_changed_renamed_and_deleted() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        change(&store, |tx| {
            scorecards::insert(tx, &scorecard("b", "service", 2))?;
            scorecards::insert(tx, &scorecard("a", "cluster", 2))?;
            scorecards::insert(tx, &scorecard("c", "service", 1))
        })
        .await;
        let identifiers = |rows: Vec<ScorecardRow>| -> Vec<String> {
            rows.into_iter().map(|row| row.identifier).collect()
        };
        assert_eq!(
            identifiers(look(&store, scorecards::list).await),
            ["c", "a", "b"]
        );
        assert_eq!(
            look(&store, scorecards::list_blueprints).await,
            ["cluster", "service"]
        );
        let of_service = look(&store, |tx| scorecards::list_of_blueprint(tx, "service")).await;
        assert_eq!(identifiers(of_service), ["c", "b"]);
        let found = look(&store, |tx| scorecards::find(tx, "b")).await;
        assert_eq!(found, Some(scorecard("b", "service", 2)));

        let renamed = ScorecardRow {
            revision: 2,
            updated_at: at(9),
            updated_by: "app_1".into(),
            ..scorecard("d", "service", 2)
        };
        let (new, same_id) = (renamed.clone(), found.map(|row| row.id));
        let new = ScorecardRow {
            id: same_id.unwrap_or_default(),
            ..new
        };
        let written = new.clone();
        assert!(change(&store, move |tx| scorecards::update(tx, "b", &written)).await);
        assert_eq!(
            look(&store, |tx| scorecards::find(tx, "d")).await,
            Some(new)
        );
        assert_eq!(look(&store, |tx| scorecards::find(tx, "b")).await, None);
        let nobody = scorecard("x", "service", 1);
        assert!(!change(&store, move |tx| scorecards::update(tx, "b", &nobody)).await);
        assert!(change(&store, |tx| scorecards::delete(tx, "d")).await);
        assert!(!change(&store, |tx| scorecards::delete(tx, "d")).await);
    });
}

#[test]
fn an_identifier_is_taken_once_whatever_the_blueprint_and_whoever_is_first() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        let made = race(&store, 8, |number| {
            let blueprint = if number % 2 == 0 {
                "service"
            } else {
                "cluster"
            };
            move |tx| scorecards::insert(tx, &scorecard("one", blueprint, number))
        })
        .await;
        assert_eq!(made.iter().filter(|end| end.is_ok()).count(), 1);
        for error in made.iter().filter_map(|end| end.as_ref().err()) {
            assert_eq!(violated(error), "scorecards_pkey");
        }
        change(&store, |tx| {
            scorecards::insert(tx, &scorecard("two", "service", 1))
        })
        .await;
        let error = refusal(&store, |tx| {
            scorecards::update(tx, "two", &scorecard("one", "service", 1))
        })
        .await;
        assert_eq!(violated(&error), "scorecards_pkey");
    });
}

#[test]
fn a_scorecard_follows_its_blueprint_and_holds_it() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let error = refusal(&store, |tx| {
            scorecards::insert(tx, &scorecard("a", "nope", 1))
        })
        .await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        change(&store, |tx| {
            scorecards::insert(tx, &scorecard("a", "service", 1))
        })
        .await;
        change(&store, |tx| {
            let mut row = blueprints::find(tx, "service")?.ok_or(StoreError::Missing)?;
            row.identifier = "application".into();
            blueprints::update(tx, "service", &row)
        })
        .await;
        let rows = look(&store, |tx| {
            scorecards::list_of_blueprint(tx, "application")
        })
        .await;
        assert_eq!(rows.len(), 1);
        let error = refusal(&store, |tx| blueprints::delete(tx, "application")).await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
    });
}
