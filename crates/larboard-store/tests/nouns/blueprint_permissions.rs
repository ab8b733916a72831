//! Permissions of blueprints: written over, following a rename, and gone with the blueprint.

use crate::samples::{blueprint, with_blueprints};
use crate::{change, look, refusal};
use larboard_store::testing::on_both_databases;
use larboard_store::{StoreError, blueprint_permissions, blueprints};

#[test]
fn permissions_are_written_over_follow_their_blueprint_and_go_with_it() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        assert_eq!(
            look(&store, |tx| blueprint_permissions::find(tx, "service")).await,
            None
        );
        change(&store, |tx| blueprint_permissions::set(tx, "service", "{}")).await;
        change(&store, |tx| {
            blueprint_permissions::set(tx, "service", r#"{"z":1,"a":2}"#)
        })
        .await;
        change(&store, |tx| {
            blueprints::update(tx, "service", &blueprint("app", 1))
        })
        .await;
        let found = look(&store, |tx| blueprint_permissions::find(tx, "app")).await;
        assert_eq!(found.as_deref(), Some(r#"{"z":1,"a":2}"#));
        change(&store, |tx| blueprints::delete(tx, "app")).await;
        assert_eq!(
            look(&store, |tx| blueprint_permissions::find(tx, "app")).await,
            None
        );
        let error = refusal(&store, |tx| blueprint_permissions::set(tx, "gone", "{}")).await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
    });
}
