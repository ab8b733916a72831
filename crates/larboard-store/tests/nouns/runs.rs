//! One run: what is kept of it, that it ends once, and what it refers to.

use crate::samples::{action, entity, full_run, run, with_blueprints, with_entities, with_runs};
use crate::{at, change, look, race, refusal, violated};
use larboard_core::run::{JsonText, Run, Status};
use larboard_store::runs::{self, Binding, Reference, RunContext};
use larboard_store::testing::on_both_databases;
use larboard_store::{Notice, Store, StoreError, actions, args, blueprints, entities};

async fn found(store: &Store, id: &'static str) -> Run {
    look(store, move |tx| runs::find(tx, id))
        .await
        .expect("the run")
}

async fn context(store: &Store, id: &'static str) -> RunContext {
    let found = look(store, move |tx| runs::find_with_context(tx, id)).await;
    let context = found.expect("the run").1;
    let alone = look(store, move |tx| runs::get_context(tx, id)).await;
    assert_eq!(alone, context, "with the run or without it");
    context
}

#[test]
fn a_run_reads_back_as_it_was_written_full_or_bare() {
    on_both_databases(|store| async move {
        let rows = [full_run("r_full"), run("r_bare", 3)];
        with_runs(&store, &rows).await;
        assert_eq!(found(&store, "r_full").await, rows[0]);
        assert_eq!(found(&store, "r_bare").await, rows[1]);
        let with_context = look(&store, |tx| runs::find_with_context(tx, "r_full")).await;
        assert_eq!(
            with_context,
            Some((rows[0].clone(), RunContext::default())),
            "it outlives everything it names"
        );
    });
}

#[test]
fn what_binding_depends_on_is_as_the_run_has_it() {
    on_both_databases(|store| async move {
        let rows = [
            full_run("r_full"),
            Run {
                entity: None,
                ..run("r_bare", 3)
            },
        ];
        with_runs(&store, &rows).await;
        for row in rows {
            let id = row.id.clone();
            let found = look(&store, move |tx| runs::find_binding(tx, &id)).await;
            let expected = Binding {
                status: row.status,
                has_entity: row.entity.is_some(),
            };
            assert_eq!(found, Some(expected), "{}", row.id);
        }
    });
}

#[test]
fn a_run_that_is_not_there_is_found_by_no_function() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        assert_eq!(look(&store, |tx| runs::find(tx, "r_2")).await, None);
        assert_eq!(look(&store, |tx| runs::find(tx, "R_1")).await, None);
        let found = look(&store, |tx| runs::find_with_context(tx, "r_2")).await;
        assert_eq!(found, None);
        assert_eq!(look(&store, |tx| runs::find_binding(tx, "r_2")).await, None);
        assert_eq!(
            change(&store, |tx| runs::claim_log_seq(tx, "r_2")).await,
            None
        );
        assert!(!change(&store, |tx| runs::update_open(tx, &run("r_2", 1))).await);
        let error = refusal(&store, |tx| runs::get_context(tx, "r_2")).await;
        assert!(matches!(error, StoreError::Missing), "{error:?}");
    });
}

#[test]
fn the_id_of_a_run_is_taken_once() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        let error = refusal(&store, |tx| runs::insert(tx, &full_run("r_1"))).await;
        assert_eq!(violated(&error), "runs_pkey");
        assert_eq!(found(&store, "r_1").await, run("r_1", 1));
    });
}

#[test]
fn a_status_of_a_later_version_is_an_error_and_not_a_guess() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        let sql = "UPDATE runs SET status = $1";
        change(&store, move |tx| tx.execute(sql, &args!["PAUSED"])).await;
        let error = store.read(|tx| runs::find(tx, "r_1")).await;
        assert!(
            matches!(&error, Err(StoreError::Data(text)) if text.contains("status")),
            "{error:?}"
        );
    });
}

#[test]
fn an_update_writes_what_can_change_and_leaves_what_cannot() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1), run("r_2", 1)]).await;
        let wanted = full_run("r_1");
        assert!(change(&store, move |tx| runs::update_open(tx, &wanted)).await);
        let (full, start) = (full_run("r_1"), run("r_1", 1));
        let expected = Run {
            action: start.action,
            blueprint: start.blueprint,
            source: start.source,
            properties: start.properties,
            raw_properties: start.raw_properties,
            required_approval: start.required_approval,
            payload: start.payload,
            synchronized: start.synchronized,
            agent: start.agent,
            created_at: start.created_at,
            created_by: start.created_by,
            impersonated_by: start.impersonated_by,
            log_count: start.log_count,
            ..full
        };
        assert_eq!(found(&store, "r_1").await, expected);
        assert_eq!(
            found(&store, "r_2").await,
            run("r_2", 1),
            "no other run changes"
        );
    });
}

#[test]
fn an_ended_run_can_be_neither_updated_nor_logged_to() {
    on_both_databases(|store| async move {
        with_runs(&store, &[full_run("r_1")]).await;
        let reopened = Run {
            summary: Some("again".into()),
            ended_at: None,
            ..full_run("r_1")
        };
        assert!(!change(&store, move |tx| runs::update_open(tx, &reopened)).await);
        assert_eq!(
            change(&store, |tx| runs::claim_log_seq(tx, "r_1")).await,
            None
        );
        assert_eq!(found(&store, "r_1").await, full_run("r_1"));
    });
}

#[test]
fn a_run_ends_once_among_16_that_end_it_at_the_same_moment() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1)]).await;
        let ends = race(&store, 16, |number| {
            let ended = Run {
                status: if number % 2 == 0 {
                    Status::Success
                } else {
                    Status::Failure
                },
                message: Some(JsonText::trusted(format!("{{\"by\":{number}}}"))),
                ended_at: Some(at(100 + number)),
                updated_at: at(100 + number),
                ..run("r_1", 1)
            };
            move |tx: &mut larboard_store::Tx<'_>| {
                Ok(runs::update_open(tx, &ended)?.then(|| ended.clone()))
            }
        })
        .await;
        let winners: Vec<Run> = ends
            .into_iter()
            .filter_map(|end| end.expect("losing is no failure"))
            .collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(found(&store, "r_1").await, winners[0]);
    });
}

#[test]
fn a_change_of_an_open_run_is_told_and_one_that_was_refused_is_not() {
    on_both_databases(|store| async move {
        with_runs(&store, &[run("r_1", 1), full_run("r_ended")]).await;
        let mut notices = store.subscribe();
        change(&store, |tx| runs::update_open(tx, &run("r_ended", 1))).await;
        change(&store, |tx| runs::claim_log_seq(tx, "r_ended")).await;
        change(&store, |tx| runs::claim_log_seq(tx, "r_1")).await;
        assert_eq!(notices.recv().await, Ok(Notice::Run("r_1".into())));
        change(&store, |tx| runs::update_open(tx, &run("r_1", 1))).await;
        assert_eq!(notices.recv().await, Ok(Notice::Run("r_1".into())));
    });
}

#[test]
fn a_run_shows_what_it_refers_to_as_it_stands_now() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        with_entities(&store, &[("service", "checkout")]).await;
        change(&store, |tx| actions::insert(tx, &action("deploy", 1))).await;
        with_runs(&store, &[full_run("r_1"), run("r_2", 1)]).await;
        let titled = |title: &str, icon: Option<&str>| {
            Some(Reference {
                title: Some(title.into()),
                icon: icon.map(str::to_owned),
            })
        };
        let all = RunContext {
            blueprint: titled("Title of service", None),
            entity: titled("Title of checkout", None),
            action: titled("Title of deploy", Some("Deploy")),
        };
        assert_eq!(context(&store, "r_1").await, all);
        let only_action = RunContext {
            action: all.action.clone(),
            ..RunContext::default()
        };
        assert_eq!(context(&store, "r_2").await, only_action);
        change(&store, |tx| {
            let untitled = larboard_store::entities::EntityRow {
                title: None,
                icon: Some("Box".into()),
                ..entity("service", "checkout")
            };
            entities::update(tx, &untitled)?;
            actions::delete(tx, "deploy")
        })
        .await;
        let now = context(&store, "r_1").await;
        assert_eq!(now.action, None, "deleted");
        let untitled = Reference {
            title: None,
            icon: Some("Box".into()),
        };
        assert_eq!(now.entity, Some(untitled), "there, though without a title");
        change(&store, |tx| {
            entities::delete(tx, "service", "checkout")?;
            blueprints::delete(tx, "service")
        })
        .await;
        assert_eq!(context(&store, "r_1").await, RunContext::default());
    });
}

#[test]
fn an_entity_of_the_same_name_in_another_blueprint_is_not_what_a_run_refers_to() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service", "cluster"]).await;
        with_entities(&store, &[("cluster", "checkout")]).await;
        with_runs(&store, &[full_run("r_1")]).await;
        let context = context(&store, "r_1").await;
        assert_eq!((context.blueprint.is_some(), context.entity), (true, None));
    });
}

#[test]
fn runs_follow_their_entity_and_their_blueprint_to_new_names_ended_ones_too() {
    on_both_databases(|store| async move {
        let of = |id: &str, blueprint: &str, entity: &str| Run {
            blueprint: Some(blueprint.into()),
            entity: Some(entity.into()),
            ..full_run(id)
        };
        let rows = [
            of("r_1", "service", "a"),
            of("r_2", "service", "a"),
            of("r_3", "service", "b"),
            of("r_4", "cluster", "a"),
            run("r_5", 1),
        ];
        with_runs(&store, &rows).await;
        let renamed = change(&store, |tx| runs::rename_entity(tx, "service", "a", "c")).await;
        assert_eq!(renamed, 2);
        let renamed = change(&store, |tx| runs::rename_blueprint(tx, "service", "app")).await;
        assert_eq!(renamed, 3);
        let names = |run: Run| (run.blueprint, run.entity);
        let pair = |b: &str, e: &str| (Some(b.to_owned()), Some(e.to_owned()));
        assert_eq!(names(found(&store, "r_1").await), pair("app", "c"));
        assert_eq!(names(found(&store, "r_2").await), pair("app", "c"));
        assert_eq!(names(found(&store, "r_3").await), pair("app", "b"));
        assert_eq!(names(found(&store, "r_4").await), pair("cluster", "a"));
        assert_eq!(names(found(&store, "r_5").await), (None, None));
    });
}
