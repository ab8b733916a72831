//! Relation rows: they name what is there, follow renames on either side, and keep targets from being deleted.

use crate::samples::{with_blueprints, with_entities};
use crate::{change, look, race, refusal, violated};
use larboard_store::relations::{self, Dependent, RelationRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{Store, StoreError, Tx, args, blueprints, entities};

fn row(relation: &str, position: i64, target_blueprint: &str, target: &str) -> RelationRow {
    RelationRow {
        relation: relation.into(),
        position,
        target_blueprint: target_blueprint.into(),
        target: target.into(),
    }
}

fn dependent(blueprint: &str, entity: &str, relation: &str) -> Dependent {
    Dependent {
        blueprint: blueprint.into(),
        entity: entity.into(),
        relation: relation.into(),
    }
}

async fn dependents(
    store: &Store,
    blueprint: &'static str,
    entity: &'static str,
) -> Vec<Dependent> {
    look(store, move |tx| {
        relations::dependents(tx, blueprint, entity)
    })
    .await
}

/// Every row of the table, by its key.
async fn all(store: &Store) -> Vec<String> {
    look(store, |tx| {
        let sql = "SELECT blueprint || '/' || entity || ' ' || relation || ' ' || position || ' ' \
                   || target_blueprint || '/' || target FROM entity_relations \
                   ORDER BY blueprint, entity, relation, position";
        tx.query(sql, &[])?.iter().map(|row| row.text(0)).collect()
    })
    .await
}

/// `service` a and b, `cluster` eu and us; a runs on eu and on us, and depends on b and on itself.
async fn catalog(store: &Store) {
    with_blueprints(store, &["service", "cluster"]).await;
    let keys = [
        ("service", "a"),
        ("service", "b"),
        ("cluster", "eu"),
        ("cluster", "us"),
    ];
    with_entities(store, &keys).await;
    change(store, |tx| {
        let rows = [
            row("clusters", 0, "cluster", "eu"),
            row("clusters", 1, "cluster", "us"),
            row("needs", 0, "service", "b"),
            row("needs", 1, "service", "a"),
        ];
        relations::insert(tx, "service", "a", &rows)
    })
    .await;
}

#[test]
fn what_an_entity_relates_to_is_listed_by_relation_and_place() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        let found = look(&store, |tx| relations::list_of(tx, "service", "a")).await;
        let expected = [
            row("clusters", 0, "cluster", "eu"),
            row("clusters", 1, "cluster", "us"),
            row("needs", 0, "service", "b"),
            row("needs", 1, "service", "a"),
        ];
        assert_eq!(found, expected);
        let none = look(&store, |tx| relations::list_of(tx, "service", "b")).await;
        assert_eq!(none, []);
    });
}

#[test]
fn dependents_are_named_once_for_each_relation_in_a_stable_order() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        change(&store, |tx| {
            let rows = [
                row("clusters", 0, "cluster", "eu"),
                row("clusters", 1, "cluster", "eu"),
                row("backup", 0, "cluster", "eu"),
            ];
            relations::insert(tx, "service", "b", &rows)
        })
        .await;
        let expected = [
            dependent("service", "a", "clusters"),
            dependent("service", "b", "backup"),
            dependent("service", "b", "clusters"),
        ];
        assert_eq!(dependents(&store, "cluster", "eu").await, expected);
        assert_eq!(dependents(&store, "service", "eu").await, []);
        let itself = [dependent("service", "a", "needs")];
        assert_eq!(dependents(&store, "service", "a").await, itself);
    });
}

#[test]
fn replacing_leaves_only_the_new_rows_of_that_entity() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        change(&store, |tx| {
            relations::insert(tx, "service", "b", &[row("clusters", 0, "cluster", "us")])?;
            relations::replace(tx, "service", "a", &[row("clusters", 0, "cluster", "us")])
        })
        .await;
        let expected = [
            "service/a clusters 0 cluster/us",
            "service/b clusters 0 cluster/us",
        ];
        assert_eq!(all(&store).await, expected);
        change(&store, |tx| relations::replace(tx, "service", "a", &[])).await;
        assert_eq!(all(&store).await, expected[1..]);
    });
}

#[test]
fn a_row_whose_source_or_target_is_not_there_is_refused_and_leaves_the_old_ones() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        let before = all(&store).await;
        for bad in [
            row("r", 0, "cluster", "gone"),
            row("r", 0, "gone", "eu"),
            row("r", 0, "service", "eu"),
        ] {
            let rows = [row("clusters", 0, "cluster", "eu"), bad];
            let error = refusal(&store, move |tx| {
                relations::replace(tx, "service", "a", &rows)
            })
            .await;
            assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        }
        let rows = [row("clusters", 0, "cluster", "eu")];
        let error = refusal(&store, move |tx| {
            relations::insert(tx, "service", "gone", &rows)
        })
        .await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        let rows = [row("clusters", 0, "cluster", "eu")];
        let error = refusal(&store, move |tx| {
            relations::insert(tx, "service", "a", &rows)
        })
        .await;
        assert_eq!(violated(&error), "entity_relations_pkey");
        assert_eq!(all(&store).await, before);
    });
}

#[test]
fn relations_follow_a_renamed_entity_on_both_sides_and_in_itself() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        change(&store, |tx| {
            entities::rename(tx, "service", "a", "z")?;
            entities::rename(tx, "service", "b", "y")?;
            entities::rename(tx, "cluster", "eu", "eu-1")
        })
        .await;
        let expected = [
            "service/z clusters 0 cluster/eu-1",
            "service/z clusters 1 cluster/us",
            "service/z needs 0 service/y",
            "service/z needs 1 service/z",
        ];
        assert_eq!(all(&store).await, expected);
    });
}

#[test]
fn entities_and_relations_follow_a_renamed_blueprint_on_both_sides() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        for (from, to) in [("service", "app"), ("cluster", "place")] {
            let renamed = change(&store, move |tx| {
                let mut row = blueprints::find(tx, from)?.ok_or(StoreError::Missing)?;
                row.identifier = to.into();
                blueprints::update(tx, from, &row)
            })
            .await;
            assert!(renamed);
        }
        let expected = [
            "app/a clusters 0 place/eu",
            "app/a clusters 1 place/us",
            "app/a needs 0 app/b",
            "app/a needs 1 app/a",
        ];
        assert_eq!(all(&store).await, expected);
        assert_eq!(look(&store, |tx| entities::count(tx, "app")).await, 2);
        assert_eq!(look(&store, |tx| entities::count(tx, "service")).await, 0);
    });
}

#[test]
fn a_target_stays_while_others_relate_to_it_and_its_own_relations_go_with_it() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        for (blueprint, entity) in [("cluster", "eu"), ("service", "b")] {
            let error = refusal(&store, move |tx| entities::delete(tx, blueprint, entity)).await;
            assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        }
        assert_eq!(all(&store).await.len(), 4);
        // Relating to itself keeps nothing.
        assert!(change(&store, |tx| entities::delete(tx, "service", "a")).await);
        assert_eq!(all(&store).await.len(), 0);
        assert!(change(&store, |tx| entities::delete(tx, "cluster", "eu")).await);
    });
}

#[test]
fn a_relation_removed_from_its_blueprint_is_forgotten_in_all_its_entities() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        change(&store, |tx| {
            relations::insert(tx, "cluster", "eu", &[row("clusters", 0, "cluster", "us")])
        })
        .await;
        let forgotten = change(&store, |tx| {
            relations::delete_relation(tx, "service", "clusters")
        })
        .await;
        assert_eq!(forgotten, 2);
        let expected = [
            "cluster/eu clusters 0 cluster/us",
            "service/a needs 0 service/b",
            "service/a needs 1 service/a",
        ];
        assert_eq!(all(&store).await, expected);
    });
}

#[test]
fn a_blueprint_is_a_target_only_of_entities_of_others() {
    on_both_databases(|store| async move {
        catalog(&store).await;
        assert!(look(&store, |tx| relations::is_target(tx, "cluster")).await);
        assert!(
            !look(&store, |tx| relations::is_target(tx, "service")).await,
            "only of its own"
        );
        assert!(!look(&store, |tx| relations::is_target(tx, "gone")).await);
    });
}

#[test]
fn no_row_is_left_dangling_when_a_target_is_deleted_while_others_relate_to_it() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        for round in 0..8 {
            let target = format!("t{round}");
            let sources: Vec<String> = (0..6).map(|n| format!("s{round}-{n}")).collect();
            let mut keys = vec![("cluster", target.as_str())];
            keys.extend(sources.iter().map(|name| ("service", name.as_str())));
            with_entities(&store, &keys).await;
            let ends = race(&store, 7, |number| {
                let (target, sources) = (target.clone(), sources.clone());
                move |tx: &mut Tx<'_>| match usize::try_from(number - 1) {
                    Ok(at) => {
                        let rows = [row("on", 0, "cluster", &target)];
                        relations::replace(tx, "service", &sources[at], &rows).map(|()| true)
                    }
                    Err(_) => entities::delete(tx, "cluster", &target),
                }
            })
            .await;
            let refused = |end: &larboard_store::Result<bool>| match end {
                Ok(true) => false,
                Err(StoreError::ForeignKey) => true,
                end => panic!("an unexpected end: {end:?}"),
            };
            let deleted = !refused(&ends[0]);
            let related = ends[1..].iter().filter(|end| !refused(end)).count();
            assert_eq!(
                deleted,
                related == 0,
                "deleted or related to, never both: {ends:?}"
            );
            let stored = look(&store, move |tx| {
                let sql = "SELECT COUNT(*) FROM entity_relations WHERE target = $1";
                tx.query_one(sql, &args![&target])?.int(0)
            })
            .await;
            assert_eq!(stored, related as i64);
        }
    });
}

#[test]
fn a_relation_is_renamed_on_every_entity_of_its_blueprint_and_on_no_other() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        with_entities(
            &store,
            &[("service", "a"), ("service", "b"), ("cluster", "c")],
        )
        .await;
        let row = |relation: &str| RelationRow {
            relation: relation.into(),
            position: 0,
            target_blueprint: "cluster".into(),
            target: "c".into(),
        };
        change(&store, move |tx| {
            relations::insert(tx, "service", "a", &[row("runs"), row("other")])?;
            relations::insert(tx, "service", "b", &[row("runs")])?;
            relations::insert(tx, "cluster", "c", &[row("runs")])
        })
        .await;
        assert!(look(&store, |tx| relations::has_any(tx, "service", "runs")).await);
        let renamed = change(&store, |tx| {
            relations::rename_relation(tx, "service", "runs", "lives")
        })
        .await;
        assert_eq!(renamed, 2);
        assert!(!look(&store, |tx| relations::has_any(tx, "service", "runs")).await);
        assert!(look(&store, |tx| relations::has_any(tx, "service", "lives")).await);
        assert!(look(&store, |tx| relations::has_any(tx, "cluster", "runs")).await);
    });
}
