//! Entities: what is kept of one, their order, and what renaming and deleting does to who relates to them.

use crate::samples::{AWKWARD, entity, with_blueprints, with_entities};
use crate::{at, change, look, race, refusal, violated};
use larboard_store::entities::{self, EntityRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{Store, StoreError, Tx};

async fn found(store: &Store, identifier: &'static str) -> Option<EntityRow> {
    look(store, move |tx| entities::find(tx, "service", identifier)).await
}

async fn page(store: &Store, after: Option<&'static str>, limit: i64) -> Vec<String> {
    let rows = look(store, move |tx| {
        entities::list_after(tx, "service", after, limit)
    })
    .await;
    rows.into_iter().map(|row| row.identifier).collect()
}

fn full() -> EntityRow {
    EntityRow {
        title: Some(AWKWARD.into()),
        icon: Some("Box".into()),
        team: r#"["payments"]"#.into(),
        properties: r#"{"z":1.50,"a":{"é":null}}"#.into(),
        relations: r#"{"cluster":"eu-1"}"#.into(),
        updated_at: at(9),
        updated_by: "app_1".into(),
        ..entity("service", "checkout")
    }
}

#[test]
fn an_entity_reads_back_as_it_was_written_full_or_bare() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let bare = || EntityRow {
            title: None,
            ..entity("service", "bare")
        };
        change(&store, move |tx| {
            entities::insert(tx, &full())?;
            entities::insert(tx, &bare())
        })
        .await;
        assert_eq!(found(&store, "checkout").await, Some(full()));
        assert_eq!(found(&store, "bare").await, Some(bare()));
        assert_eq!(
            found(&store, "Checkout").await,
            None,
            "letters differ in case"
        );
        assert!(look(&store, |tx| entities::exists(tx, "service", "checkout")).await);
        assert!(!look(&store, |tx| entities::exists(tx, "cluster", "checkout")).await);
        assert!(!look(&store, |tx| entities::exists(tx, "service", "check%")).await);
    });
}

#[test]
fn an_entity_is_found_by_its_title_the_first_of_several() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        let titled = |identifier: &str, title: &str| EntityRow {
            title: Some(title.into()),
            ..entity("service", identifier)
        };
        change(&store, move |tx| {
            entities::insert(tx, &titled("b", "Shop"))?;
            entities::insert(tx, &titled("a", "Shop"))?;
            entities::insert(tx, &titled("c", "Other"))
        })
        .await;
        let find = |blueprint: &'static str, title: &'static str| {
            look(&store, move |tx| {
                entities::find_titled(tx, blueprint, title, None)
            })
        };
        assert_eq!(find("service", "Shop").await, Some("a".to_owned()));
        assert_eq!(find("service", "shop").await, None);
        assert_eq!(find("cluster", "Shop").await, None);
    });
}

#[test]
fn an_identifier_is_taken_once_in_a_blueprint_that_is_there() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        with_entities(&store, &[("service", "a"), ("cluster", "a")]).await;
        let error = refusal(&store, |tx| entities::insert(tx, &entity("service", "a"))).await;
        assert_eq!(violated(&error), "entities_pkey");
        let error = refusal(&store, |tx| entities::insert(tx, &entity("gone", "a"))).await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
    });
}

#[test]
fn one_of_many_makes_an_entity_that_all_of_them_upsert_and_the_others_update_it() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let made = race(&store, 16, |number| {
            let row = EntityRow {
                updated_by: format!("user_{number}"),
                ..entity("service", "a")
            };
            move |tx: &mut Tx<'_>| {
                if entities::exists(tx, "service", "a")? {
                    assert!(entities::update(tx, &row)?);
                    return Ok("updated");
                }
                entities::insert(tx, &row)?;
                Ok("made")
            }
        })
        .await;
        let ended: Vec<&str> = made
            .into_iter()
            .map(|end| end.expect("who comes second updates"))
            .collect();
        assert_eq!(
            ended.iter().filter(|end| **end == "made").count(),
            1,
            "{ended:?}"
        );
        assert_eq!(look(&store, |tx| entities::count(tx, "service")).await, 1);
    });
}

#[test]
fn an_update_writes_everything_but_who_made_it_and_says_whether_it_was_there() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "checkout"), ("service", "other")]).await;
        let row = EntityRow {
            created_at: at(99),
            created_by: "nobody".into(),
            data_source: "exporter/1".into(),
            ..full()
        };
        assert!(change(&store, move |tx| entities::update(tx, &row)).await);
        let expected = EntityRow {
            data_source: "exporter/1".into(),
            ..full()
        };
        assert_eq!(found(&store, "checkout").await, Some(expected));
        assert_eq!(
            found(&store, "other").await,
            Some(entity("service", "other"))
        );
        let absent = entity("service", "absent");
        assert!(!change(&store, move |tx| entities::update(tx, &absent)).await);
    });
}

#[test]
fn touching_notes_the_writer_and_the_moment_and_nothing_else() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        change(&store, |tx| entities::insert(tx, &full())).await;
        change(&store, |tx| {
            let touched = EntityRow {
                title: Some("not written".into()),
                data_source: "exporter/2".into(),
                updated_at: at(70),
                updated_by: "app_7".into(),
                ..full()
            };
            entities::touch(tx, &touched)
        })
        .await;
        let expected = EntityRow {
            data_source: "exporter/2".into(),
            updated_at: at(70),
            updated_by: "app_7".into(),
            ..full()
        };
        assert_eq!(found(&store, "checkout").await, Some(expected));
    });
}

#[test]
fn pages_of_any_size_hold_every_entity_once_by_identifier_though_all_are_of_one_moment() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        // Capitals before small letters, and what lies between them and beyond: the order of code points.
        let names = [
            "-", "10", "2", "A", "Z", "_", "a", "a-b", "a_b", "ab", "z", "é", "Ω",
        ];
        let mut shuffled: Vec<_> = names.iter().map(|name| ("service", *name)).collect();
        shuffled.reverse();
        shuffled.push(("cluster", "m"));
        with_entities(&store, &shuffled).await;
        assert_eq!(page(&store, None, 99).await, names);
        assert_eq!(look(&store, |tx| entities::count(tx, "service")).await, 13);
        assert_eq!(look(&store, |tx| entities::count(tx, "gone")).await, 0);
        for size in [1, 4, 12, 13, 14] {
            let (mut seen, mut after) = (Vec::<String>::new(), None::<String>);
            for _ in 0..=names.len() {
                let from = after.clone();
                let rows = look(&store, move |tx| {
                    entities::list_after(tx, "service", from.as_deref(), size)
                })
                .await;
                let Some(last) = rows.last() else { break };
                after = Some(last.identifier.clone());
                seen.extend(rows.into_iter().map(|row| row.identifier));
            }
            assert_eq!(seen, names, "pages of {size}");
        }
        assert_eq!(
            page(&store, Some("B"), 2).await,
            ["Z", "_"],
            "after one that is not there"
        );
    });
}

#[test]
fn an_entity_takes_another_identifier_unless_it_is_taken() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        with_entities(&store, &[("service", "b"), ("cluster", "checkout")]).await;
        change(&store, |tx| entities::insert(tx, &full())).await;
        let error = refusal(&store, |tx| {
            entities::rename(tx, "service", "checkout", "b")
        })
        .await;
        assert_eq!(violated(&error), "entities_pkey");
        change(&store, |tx| {
            entities::rename(tx, "service", "checkout", "c")
        })
        .await;
        let expected = EntityRow {
            identifier: "c".into(),
            ..full()
        };
        assert_eq!(found(&store, "c").await, Some(expected));
        assert_eq!(page(&store, None, 9).await, ["b", "c"]);
        assert!(look(&store, |tx| entities::exists(tx, "cluster", "checkout")).await);
    });
}

#[test]
fn deleting_says_whether_it_was_there() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "a"), ("service", "b")]).await;
        assert!(change(&store, |tx| entities::delete(tx, "service", "a")).await);
        assert!(!change(&store, |tx| entities::delete(tx, "service", "a")).await);
        assert_eq!(page(&store, None, 9).await, ["b"]);
    });
}

#[test]
fn an_entity_is_found_by_its_title_within_its_blueprint_and_besides_another() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        let titled = |of: &str, name: &str| EntityRow {
            title: Some("Shop".into()),
            ..entity(of, name)
        };
        let rows = [
            titled("service", "b"),
            titled("service", "a"),
            titled("cluster", "c"),
        ];
        change(&store, move |tx| {
            rows.iter().try_for_each(|row| entities::insert(tx, row))
        })
        .await;
        let find = async |title: &'static str, except: Option<&'static str>| {
            look(&store, move |tx| {
                entities::find_titled(tx, "service", title, except)
            })
            .await
        };
        assert_eq!(find("Shop", None).await.as_deref(), Some("a"));
        assert_eq!(find("Shop", Some("a")).await.as_deref(), Some("b"));
        assert_eq!(find("shop", None).await, None);
    });
}

#[test]
fn many_are_found_at_once_and_those_that_are_not_there_are_left_out() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        let names: Vec<String> = (0..45).map(|number| format!("e{number:02}")).collect();
        let made = names.clone();
        change(&store, move |tx| {
            entities::insert(tx, &entity("cluster", "e01"))?;
            made.iter()
                .step_by(2)
                .try_for_each(|name| entities::insert(tx, &entity("service", name)))
        })
        .await;
        for asked in [0, 1, 2, 20, 21, 45] {
            let some = names[..asked].to_vec();
            let mut found = look(&store, move |tx| entities::find_many(tx, "service", &some)).await;
            found.sort_by(|a, b| a.identifier.cmp(&b.identifier));
            let expected = names[..asked].iter().step_by(2);
            let expected: Vec<EntityRow> = expected.map(|name| entity("service", name)).collect();
            assert_eq!(found, expected, "{asked}");
        }
    });
}

#[test]
fn many_are_written_over_those_that_are_there_as_one_alone_is() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let old = |number: usize| EntityRow {
            relations: "{}".into(),
            ..entity("service", &format!("e{number:02}"))
        };
        let new = move |number: usize| EntityRow {
            identifier: format!("e{number:02}"),
            ..full()
        };
        change(&store, move |tx| {
            (0..45).try_for_each(|number| entities::insert(tx, &old(number)))?;
            entities::update(tx, &new(44)).map(drop)
        })
        .await;
        for count in [0, 1, 20, 44] {
            let rows: Vec<EntityRow> = (0..count).map(new).collect();
            change(&store, move |tx| entities::update_many(tx, &rows)).await;
        }
        let rows = look(&store, |tx| entities::list_after(tx, "service", None, 100)).await;
        assert_eq!(rows.len(), 45);
        let alone = &rows[44];
        for (number, row) in rows.iter().enumerate() {
            let expected = EntityRow {
                identifier: format!("e{number:02}"),
                ..alone.clone()
            };
            assert_eq!(*row, expected);
        }
    });
}

#[test]
fn data_sources_of_integrations_are_listed_once_a_blueprint() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        let row = |blueprint: &str, identifier: &str, source: &str| EntityRow {
            data_source: source.into(),
            ..entity(blueprint, identifier)
        };
        let rows = [
            row("service", "a", "port-ocean/k8s/1/main/exporter"),
            row("service", "b", "port-ocean/k8s/1/main/exporter"),
            row("cluster", "a", "port-ocean/k8s/1/main/exporter"),
            row("cluster", "b", "port/github/v1.0.0/7"),
            row("service", "c", "curl/8 port/github"),
            row("service", "d", ""),
        ];
        change(&store, move |tx| {
            rows.iter().try_for_each(|row| entities::insert(tx, row))
        })
        .await;
        let listed = look(&store, entities::list_integration_sources).await;
        let expected = [
            ("port-ocean/k8s/1/main/exporter", "cluster"),
            ("port-ocean/k8s/1/main/exporter", "service"),
            ("port/github/v1.0.0/7", "cluster"),
        ];
        let expected =
            expected.map(|(source, blueprint)| (source.to_owned(), blueprint.to_owned()));
        assert_eq!(listed, expected);
    });
}
