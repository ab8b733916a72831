//! What entities were last known to reach: it is read alone, by name and by page, follows its entity, and goes with it.

use crate::samples::{AWKWARD, blueprint, with_blueprints, with_entities};
use crate::{change, look, race, refusal};
use larboard_store::entity_results::{self, ResultsRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{Store, StoreError, blueprints, entities};

fn results(entity: &str, revision: i64, text: &str) -> ResultsRow {
    ResultsRow {
        blueprint: "service".into(),
        entity: entity.into(),
        revision,
        results: serde_json::json!({ "s": text }).to_string(),
    }
}

async fn put(store: &Store, rows: Vec<ResultsRow>) {
    change(store, move |tx| entity_results::put_many(tx, &rows)).await;
}

async fn found(store: &Store, blueprint: &'static str, entity: &'static str) -> Option<ResultsRow> {
    look(store, move |tx| entity_results::find(tx, blueprint, entity)).await
}

/// More than one statement's worth of entities.
fn names() -> Vec<String> {
    (0..45).map(|n| format!("e{n:02}")).collect()
}

async fn with_many(store: &Store) {
    with_blueprints(store, &["service"]).await;
    let names = names();
    let named: Vec<(&str, &str)> = names
        .iter()
        .map(|name| ("service", name.as_str()))
        .collect();
    with_entities(store, &named).await;
}

#[test]
fn results_are_written_over_those_that_were_there_many_at_once() {
    on_both_databases(|store| async move {
        with_many(&store).await;
        let first = results("e00", 1, AWKWARD);
        put(&store, vec![first.clone()]).await;
        assert_eq!(found(&store, "service", "e00").await, Some(first));
        assert_eq!(found(&store, "service", "e01").await, None);
        let all: Vec<ResultsRow> = names().iter().map(|name| results(name, 2, name)).collect();
        put(&store, all.clone()).await;
        let mut wanted = names();
        wanted.push("nobody".into());
        let read = look(&store, move |tx| {
            entity_results::find_many(tx, "service", &wanted)
        });
        let mut read = read.await;
        read.sort_by(|one, other| one.entity.cmp(&other.entity));
        assert_eq!(read, all);
        let page = look(&store, |tx| {
            entity_results::list_between(tx, "service", "e10", "e12")
        });
        assert_eq!(page.await, all[10..=12]);
        put(&store, Vec::new()).await;
    });
}

#[test]
fn results_follow_their_entity_and_go_with_it() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "a"), ("service", "b")]).await;
        put(&store, vec![results("a", 1, "a"), results("b", 1, "b")]).await;
        change(&store, |tx| entities::rename(tx, "service", "a", "z")).await;
        assert_eq!(found(&store, "service", "a").await, None);
        assert_eq!(
            found(&store, "service", "z").await,
            Some(results("z", 1, "a"))
        );
        change(&store, |tx| {
            let mut row = blueprint("service", 0);
            row.identifier = "module".into();
            blueprints::update(tx, "service", &row)
        })
        .await;
        assert_eq!(found(&store, "service", "z").await, None);
        assert!(found(&store, "module", "z").await.is_some());
        change(&store, |tx| entities::delete(tx, "module", "z")).await;
        assert_eq!(found(&store, "module", "z").await, None);
        assert!(found(&store, "module", "b").await.is_some());
    });
}

#[test]
fn nothing_is_known_of_an_entity_that_is_not_there() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let row = results("a", 1, "a");
        let refused = refusal(&store, move |tx| {
            entity_results::put_many(tx, std::slice::from_ref(&row))
        });
        assert!(matches!(refused.await, StoreError::ForeignKey));
    });
}

#[test]
fn results_are_forgotten_some_at_a_time() {
    on_both_databases(|store| async move {
        with_many(&store).await;
        with_blueprints(&store, &["other"]).await;
        with_entities(&store, &[("other", "e00")]).await;
        let mut rows: Vec<ResultsRow> = names().iter().map(|name| results(name, 1, "")).collect();
        rows.push(ResultsRow {
            blueprint: "other".into(),
            ..results("e00", 1, "")
        });
        put(&store, rows).await;
        for expected in [20, 20, 5, 0] {
            let gone = change(&store, |tx| entity_results::delete_some(tx, "service", 20));
            assert_eq!(gone.await, expected);
        }
        assert!(found(&store, "other", "e00").await.is_some());
    });
}

#[test]
fn of_writers_that_compare_and_write_the_same_results_one_finds_them_as_they_were() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "a")]).await;
        put(&store, vec![results("a", 1, "before")]).await;
        let told = race(&store, 8, |_| {
            move |tx: &mut larboard_store::Tx<'_>| {
                let known = entity_results::find(tx, "service", "a")?;
                let differs = known != Some(results("a", 1, "after"));
                if differs {
                    entity_results::put_many(tx, &[results("a", 1, "after")])?;
                }
                Ok(differs)
            }
        });
        let told = told.await;
        let told = told.into_iter().filter(|told| matches!(told, Ok(true)));
        assert_eq!(told.count(), 1);
    });
}
