//! Numbers that entities had: told in order, the newest of each of a page, following their entity, forgotten by age.

use crate::samples::{AWKWARD, blueprint, with_blueprints, with_entities};
use crate::{at, change, look, race, refusal};
use larboard_store::testing::on_both_databases;
use larboard_store::value_history::{self, ValuesRow};
use larboard_store::{Store, StoreError, blueprints, entities};

fn row(entity: &str, since: i64, number: i64) -> ValuesRow {
    ValuesRow {
        blueprint: "service".into(),
        entity: entity.into(),
        at: at(since),
        numbers: serde_json::json!({ AWKWARD: number }).to_string(),
    }
}

async fn put(store: &Store, rows: Vec<ValuesRow>) {
    change(store, move |tx| value_history::put_many(tx, &rows)).await;
}

async fn of(
    store: &Store,
    blueprint: &'static str,
    entity: &'static str,
    until: i64,
) -> Vec<ValuesRow> {
    let until = at(until);
    look(store, move |tx| {
        value_history::list(tx, blueprint, entity, until)
    })
    .await
}

#[test]
fn what_was_recorded_is_told_in_order_up_to_an_instant() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "one"), ("service", "two")]).await;
        let (first, second, third) = (row("one", 1, 5), row("one", 2, 6), row("one", 3, 7));
        put(
            &store,
            vec![
                third.clone(),
                first.clone(),
                row("two", 2, 9),
                second.clone(),
            ],
        )
        .await;
        assert_eq!(
            of(&store, "service", "one", 2).await,
            [first.clone(), second]
        );
        let again = row("one", 2, 8);
        put(&store, vec![again.clone()]).await;
        assert_eq!(of(&store, "service", "one", 9).await, [first, again, third]);
        assert_eq!(of(&store, "service", "nobody", 9).await, []);
        let unknown = refusal(&store, |tx| {
            value_history::put_many(tx, &[row("nobody", 1, 1)])
        });
        assert!(matches!(unknown.await, StoreError::ForeignKey));
    });
}

#[test]
fn the_newest_of_each_entity_of_a_page_is_found() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "other"]).await;
        let names: Vec<String> = (0..45).map(|n| format!("e{n:02}")).collect();
        let mut named: Vec<(&str, &str)> = names
            .iter()
            .map(|name| ("service", name.as_str()))
            .collect();
        named.push(("other", "e11"));
        with_entities(&store, &named).await;
        let rows = |since| names.iter().map(move |name| row(name, since, since));
        // More than one statement's worth.
        put(&store, rows(1).chain(rows(2)).collect()).await;
        let newest = look(&store, |tx| {
            value_history::list_newest(tx, "service", "e10", "e12")
        });
        let mut newest = newest.await;
        newest.sort();
        let expected: Vec<(String, String)> = rows(2)
            .skip(10)
            .take(3)
            .map(|row| (row.entity, row.numbers))
            .collect();
        assert_eq!(newest, expected);
        assert_eq!(
            look(&store, |tx| value_history::list_newest(
                tx, "other", "a", "z"
            ))
            .await,
            []
        );
    });
}

#[test]
fn a_history_follows_its_entity_and_goes_with_it() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "one")]).await;
        put(&store, vec![row("one", 1, 5), row("one", 2, 6)]).await;
        change(&store, |tx| entities::rename(tx, "service", "one", "uno")).await;
        assert_eq!(of(&store, "service", "one", 9).await, []);
        assert_eq!(of(&store, "service", "uno", 9).await.len(), 2);
        change(&store, |tx| {
            let mut row = blueprint("service", 0);
            row.identifier = "module".into();
            blueprints::update(tx, "service", &row)
        })
        .await;
        assert_eq!(of(&store, "module", "uno", 9).await.len(), 2);
        change(&store, |tx| entities::delete(tx, "module", "uno")).await;
        assert_eq!(of(&store, "module", "uno", 9).await, []);
    });
}

#[test]
fn what_is_old_is_forgotten_but_for_what_held_then() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "one"), ("service", "two")]).await;
        let rows: Vec<ValuesRow> = (1..=4).map(|n| row("one", n * 10, n)).collect();
        put(&store, rows.clone()).await;
        put(&store, vec![row("two", 1, 1)]).await;
        let forget = |instant: i64| {
            change(&store, move |tx| {
                value_history::delete_before(tx, "service", "one", at(instant))
            })
        };
        assert_eq!(forget(9).await, 0);
        assert_eq!(forget(10).await, 0);
        assert_eq!(forget(35).await, 2);
        assert_eq!(of(&store, "service", "one", 99).await, rows[2..]);
        assert_eq!(of(&store, "service", "two", 99).await.len(), 1);
        let some = |limit| {
            change(&store, move |tx| {
                value_history::delete_some(tx, "service", limit)
            })
        };
        assert_eq!(some(2).await, 2);
        assert_eq!(some(2).await, 1);
        assert_eq!(some(2).await, 0);
    });
}

#[test]
fn records_of_one_instant_that_race_leave_one() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "one")]).await;
        let all = race(&store, 8, |number| {
            move |tx: &mut larboard_store::Tx<'_>| {
                value_history::put_many(tx, &[row("one", 1, number)])
            }
        });
        assert!(all.await.iter().all(Result::is_ok));
        assert_eq!(of(&store, "service", "one", 9).await.len(), 1);
    });
}
