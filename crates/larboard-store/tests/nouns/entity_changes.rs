//! The feed of changes: each write leaves a row, and a reader that goes on from the horizon it was told misses none, in
//! whatever order transactions commit.

use crate::samples::{blueprint, entity, with_blueprints, with_entities};
use crate::{change, look, race, refusal};
use larboard_store::entity_changes::{self, Change};
use larboard_store::testing::on_both_databases;
use larboard_store::{Store, StoreError, blueprints, entities};
use std::collections::BTreeSet;
use std::sync::mpsc;

/// The horizon of a snapshot and what it sees of the changes since `from`.
async fn read(store: &Store, from: i64) -> (i64, Vec<Change>) {
    look(store, move |tx| {
        Ok((
            entity_changes::horizon(tx)?,
            entity_changes::since(tx, from)?,
        ))
    })
    .await
}

/// The changes that `before` does not have: a horizon may be old where others' transactions run long, and then rows come
/// twice.
fn fresh(changes: Vec<Change>, before: &[Change]) -> Vec<Change> {
    let known = |change: &Change| before.iter().any(|other| other.seq == change.seq);
    changes
        .into_iter()
        .filter(|change| !known(change))
        .collect()
}

fn names(changes: &[Change]) -> Vec<String> {
    let name = |change: &Change| match &change.entity {
        Some(entity) => format!("{}/{entity}", change.blueprint),
        None => change.blueprint.clone(),
    };
    changes.iter().map(name).collect()
}

#[test]
fn every_write_of_an_entity_or_a_blueprint_leaves_a_row() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "a")]).await;
        let (horizon, before) = read(&store, 0).await;
        assert_eq!(names(&before), ["service", "service/a"]);
        change(&store, |tx| {
            let row = entity("service", "a");
            entities::update(tx, &row)?;
            entities::touch(tx, &row)?;
            entities::rename(tx, "service", "a", "b")?;
            entities::delete(tx, "service", "b")
        })
        .await;
        let (next, all) = read(&store, horizon).await;
        let changes = fresh(all.clone(), &before);
        let expected = [
            "service/a",
            "service/a",
            "service/a",
            "service/b",
            "service/b",
        ];
        assert_eq!(names(&changes), expected);
        change(&store, |tx| {
            let mut row = blueprint("service", 0);
            row.revision = 2;
            blueprints::update(tx, "service", &row)?;
            row.identifier = "module".into();
            blueprints::update(tx, "service", &row)?;
            blueprints::delete(tx, "module")
        })
        .await;
        let (_, changes) = read(&store, next).await;
        let changes = fresh(fresh(changes, &all), &before);
        assert_eq!(
            names(&changes),
            ["service", "service/", "module/", "module/"]
        );
    });
}

#[test]
fn what_was_undone_leaves_no_row() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let (horizon, before) = read(&store, 0).await;
        refusal(&store, |tx| {
            entities::insert(tx, &entity("service", "a"))?;
            Err::<(), _>(StoreError::Missing)
        })
        .await;
        let (_, changes) = read(&store, horizon).await;
        assert_eq!(fresh(changes, &before), []);
    });
}

#[test]
fn a_reader_that_goes_on_from_its_horizon_misses_nothing_while_writers_race() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let reading = store.clone();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let reader = tokio::spawn(async move {
            let (mut horizon, mut seen) = (0, BTreeSet::new());
            loop {
                let last = *stopped.borrow();
                let (next, changes) = read(&reading, horizon).await;
                assert!(next >= horizon, "a later snapshot has no earlier horizon");
                seen.extend(names(&changes));
                horizon = next;
                if last {
                    return seen;
                }
                tokio::task::yield_now().await;
            }
        });
        let results = race(&store, 200, |n| {
            move |tx: &mut larboard_store::Tx<'_>| {
                entities::insert(tx, &entity("service", &format!("e{n}")))?;
                entities::insert(tx, &entity("service", &format!("f{n}")))
            }
        })
        .await;
        assert!(results.iter().all(Result::is_ok));
        stop.send(true).expect("the reader waits");
        let seen = reader.await.expect("the reader ends");
        for n in 0..200 {
            assert!(
                seen.contains(&format!("service/e{n}")) && seen.contains(&format!("service/f{n}"))
            );
        }
    });
}

/// On SQLite there is one writer, so the second waits for the first and the order of numbers is that of commits.
#[test]
fn a_change_that_commits_after_later_ones_is_still_found() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let (wrote, has_written) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel();
        let may_go_on = std::sync::Mutex::new(may_go_on);
        let slow = store.clone();
        let slow = tokio::spawn(async move {
            slow.write(move |tx| {
                entities::insert(tx, &entity("service", "slow"))?;
                let _ = wrote.send(());
                may_go_on
                    .lock()
                    .expect("one reader")
                    .recv()
                    .expect("a sign");
                Ok::<_, StoreError>(())
            })
            .await
        });
        tokio::task::spawn_blocking(move || has_written.recv())
            .await
            .expect("a task")
            .expect("a sign");
        let mut expected = vec!["service"];
        if store.kind() == "postgres" {
            with_entities(&store, &[("service", "quick")]).await;
            expected.push("service/quick");
        }
        let (horizon, changes) = read(&store, 0).await;
        assert_eq!(names(&changes), expected);
        go_on.send(()).expect("the writer waits");
        slow.await.expect("a task").expect("a commit");
        let (_, changes) = read(&store, horizon).await;
        assert!(
            names(&changes).contains(&"service/slow".to_owned()),
            "{changes:?}"
        );
    });
}

#[test]
fn old_rows_are_pruned_in_parts_and_the_newest_stay() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        assert!(!change(&store, entity_changes::prune).await);
        let highest = 3 + entity_changes::KEPT + 7_000;
        change(&store, move |tx| {
            let sql =
                "INSERT INTO entity_changes (seq, blueprint, entity) VALUES ($1, 'service', 'x')";
            tx.execute(sql, &larboard_store::args![highest])?;
            tx.execute(sql, &larboard_store::args![2])
        })
        .await;
        assert!(change(&store, entity_changes::prune).await, "there is more");
        assert!(!change(&store, entity_changes::prune).await);
        let bounds = look(&store, entity_changes::bounds).await;
        assert_eq!(bounds, Some((highest, highest)));
    });
}
