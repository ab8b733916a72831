//! Which teams own which entities: written with the entity, following it, and gone with it.

use crate::samples::{entity, with_blueprints, with_entities};
use crate::{change, look};
use larboard_store::entities::EntityRow;
use larboard_store::testing::on_both_databases;
use larboard_store::{entities, entity_teams};

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

#[test]
fn the_teams_of_an_entity_are_found_from_both_sides_and_follow_it() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "a"), ("service", "b")]).await;
        let teams =
            |names: &[&str]| -> Vec<String> { names.iter().map(|n| (*n).to_owned()).collect() };
        let (two, one) = (teams(&["t1", "t2", "t1"]), teams(&["t1"]));
        change(&store, move |tx| {
            entity_teams::insert(tx, "service", "a", &two)?;
            entity_teams::insert(tx, "service", "b", &one)
        })
        .await;
        let owned = look(&store, |tx| entity_teams::list_owned(tx, "t1")).await;
        assert_eq!(owned, [pair("service", "a"), pair("service", "b")]);
        let all = look(&store, |tx| entity_teams::list_of_blueprint(tx, "service")).await;
        assert_eq!(all, [pair("a", "t1"), pair("a", "t2"), pair("b", "t1")]);
        let other = teams(&["t3"]);
        change(&store, move |tx| {
            entity_teams::replace(tx, "service", "a", &other)
        })
        .await;
        change(&store, |tx| entities::rename(tx, "service", "a", "z")).await;
        let owned = look(&store, |tx| entity_teams::list_owned(tx, "t3")).await;
        assert_eq!(owned, [pair("service", "z")]);
        change(&store, |tx| entities::delete(tx, "service", "z")).await;
        assert!(
            look(&store, |tx| entity_teams::list_owned(tx, "t3"))
                .await
                .is_empty()
        );
        assert!(
            look(&store, |tx| entity_teams::list_owned(tx, "t2"))
                .await
                .is_empty()
        );
    });
}

#[test]
fn rows_are_made_of_what_entities_say_and_making_them_again_changes_nothing() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "none")]).await;
        let owned = EntityRow {
            team: r#"["t2","t1","t2"]"#.into(),
            ..entity("service", "a")
        };
        change(&store, move |tx| entities::insert(tx, &owned)).await;
        for _ in 0..2 {
            change(&store, entity_teams::fill).await;
            let all = look(&store, |tx| entity_teams::list_of_blueprint(tx, "service")).await;
            assert_eq!(all, [pair("a", "t1"), pair("a", "t2")]);
        }
    });
}
