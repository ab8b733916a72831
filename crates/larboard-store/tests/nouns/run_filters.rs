//! Listing runs: every filter alone, all of them in pairs, and pages in the order of creation.
//!
//! What is expected comes from a predicate over the rows in memory, never from the database.

use crate::samples::{run, with_runs};
use crate::{at, look};
use larboard_core::run::{Run, Source, Status};
use larboard_core::time::Timestamp;
use larboard_store::Store;
use larboard_store::runs::{self, Filter};
use larboard_store::testing::on_both_databases;

type Keeps = fn(&Run) -> bool;
type Sets = fn(&mut Filter);

/// 48 runs in which every combination of two values of different fields occurs.
fn crowd() -> Vec<Run> {
    let statuses = [
        Status::InProgress,
        Status::WaitingForApproval,
        Status::Success,
        Status::Failure,
    ];
    let sources = [Source::Ui, Source::Api, Source::Automation];
    let mut rows = Vec::new();
    for number in 0..48_usize {
        let status = statuses[number % 4];
        rows.push(Run {
            action: ["deploy", "scale"][number / 4 % 2].into(),
            blueprint: [None, Some("service".to_owned())][number / 3 % 2].clone(),
            entity: [None, Some("checkout".to_owned())][number / 5 % 2].clone(),
            created_by: ["user_1", "user_2"][number / 6 % 2].into(),
            external_run_id: [None, Some("ci-7".to_owned())][number / 7 % 2].clone(),
            source: sources[number % 3],
            status,
            ended_at: status.is_terminal().then(|| at(900)),
            // Several are made in the same millisecond, so that only their ids order them.
            ..run(&format!("r_{:02}", number * 29 % 48), (number / 6) as i64)
        });
    }
    rows
}

/// Each condition of a filter by itself, and the rows that fulfil it.
fn conditions() -> Vec<(Sets, Keeps)> {
    vec![
        (|f| f.action = Some("scale".into()), |r| r.action == "scale"),
        (
            |f| f.blueprint = Some("service".into()),
            |r| r.blueprint.as_deref() == Some("service"),
        ),
        (
            |f| f.entity = Some("checkout".into()),
            |r| r.entity.as_deref() == Some("checkout"),
        ),
        (
            |f| f.created_by = Some("user_2".into()),
            |r| r.created_by == "user_2",
        ),
        (
            |f| f.external_run_id = Some("ci-7".into()),
            |r| r.external_run_id.as_deref() == Some("ci-7"),
        ),
        (
            |f| f.statuses = vec!["SUCCESS".into(), "IN_PROGRESS".into()],
            |r| matches!(r.status, Status::Success | Status::InProgress),
        ),
        (
            |f| f.sources = vec!["UI".into()],
            |r| r.source == Source::Ui,
        ),
        (|f| f.open = Some(true), |r| r.ended_at.is_none()),
        (|f| f.open = Some(false), |r| r.ended_at.is_some()),
        (
            |f| f.before = Some((at(4), "r_20".into())),
            |r| (r.created_at, r.id.as_str()) < (at(4), "r_20"),
        ),
    ]
}

/// The ids of the rows that pass, newest first.
fn expected(rows: &[Run], keeps: &[Keeps]) -> Vec<String> {
    let mut kept: Vec<&Run> = rows
        .iter()
        .filter(|row| keeps.iter().all(|keep| keep(row)))
        .collect();
    kept.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id.clone())));
    kept.into_iter().map(|row| row.id.clone()).collect()
}

async fn listed(store: &Store, filter: &Filter, limit: i64) -> Vec<Run> {
    let filter = filter.clone();
    let rows = look(store, move |tx| runs::list(tx, &filter, limit)).await;
    rows.into_iter().map(|(run, _)| run).collect()
}

fn ids(rows: &[Run]) -> Vec<String> {
    rows.iter().map(|row| row.id.clone()).collect()
}

#[test]
fn each_filter_alone_lists_the_runs_that_pass_it_newest_first() {
    on_both_databases(|store| async move {
        let rows = crowd();
        with_runs(&store, &rows).await;
        let all = listed(&store, &Filter::default(), 100).await;
        assert_eq!(ids(&all), expected(&rows, &[]));
        for (number, (set, keeps)) in conditions().into_iter().enumerate() {
            let mut filter = Filter::default();
            set(&mut filter);
            let wanted = expected(&rows, &[keeps]);
            assert!(
                !wanted.is_empty() && wanted.len() < rows.len(),
                "condition {number} proves nothing"
            );
            assert_eq!(
                ids(&listed(&store, &filter, 100).await),
                wanted,
                "condition {number}"
            );
        }
    });
}

#[test]
fn filters_in_pairs_and_all_at_once_must_all_hold() {
    on_both_databases(|store| async move {
        let rows = crowd();
        with_runs(&store, &rows).await;
        let conditions = conditions();
        for (first, (set, keeps)) in conditions.iter().enumerate() {
            for (second, (also_set, also_keeps)) in conditions.iter().enumerate().skip(first + 1) {
                // Open and ended are one field; the other pairs are of different ones.
                if (first, second) == (7, 8) {
                    continue;
                }
                let mut filter = Filter::default();
                set(&mut filter);
                also_set(&mut filter);
                assert_eq!(
                    ids(&listed(&store, &filter, 100).await),
                    expected(&rows, &[*keeps, *also_keeps]),
                    "conditions {first} and {second}"
                );
            }
        }
        let mut filter = Filter::default();
        let mut keeps = Vec::new();
        for (number, (set, keep)) in conditions.iter().enumerate() {
            if number != 8 {
                set(&mut filter);
                keeps.push(*keep);
            }
        }
        assert_eq!(
            ids(&listed(&store, &filter, 100).await),
            expected(&rows, &keeps)
        );
    });
}

#[test]
fn a_value_that_no_run_has_lists_none() {
    on_both_databases(|store| async move {
        with_runs(&store, &crowd()).await;
        let nothing: [fn(&mut Filter); 4] = [
            |f| f.action = Some("deplo%".into()),
            |f| f.entity = Some(String::new()),
            |f| f.statuses = vec!["PAUSED".into()],
            |f| f.external_run_id = Some("' OR '1'='1".into()),
        ];
        for set in nothing {
            let mut filter = Filter::default();
            set(&mut filter);
            assert_eq!(listed(&store, &filter, 100).await, []);
        }
        assert_eq!(listed(&store, &Filter::default(), 0).await, []);
    });
}

#[test]
fn pages_of_any_size_hold_every_run_once_though_many_share_a_millisecond() {
    on_both_databases(|store| async move {
        let rows = crowd();
        with_runs(&store, &rows).await;
        for size in [1, 5, 6, 47, 48, 49] {
            let mut seen = Vec::new();
            let mut before: Option<(Timestamp, String)> = None;
            // No more pages than rows and an empty one: a page that repeats must fail and not hang.
            for _ in 0..=rows.len() {
                let filter = Filter {
                    before: before.clone(),
                    ..Filter::default()
                };
                let page = listed(&store, &filter, size).await;
                let Some(last) = page.last() else { break };
                before = Some((last.created_at, last.id.clone()));
                seen.extend(ids(&page));
            }
            assert_eq!(seen, expected(&rows, &[]), "pages of {size}");
        }
    });
}

#[test]
fn a_run_made_while_somebody_pages_moves_no_later_page() {
    on_both_databases(|store| async move {
        let rows = crowd();
        with_runs(&store, &rows).await;
        let first = listed(&store, &Filter::default(), 10).await;
        with_runs(&store, &[run("r_new", 8)]).await;
        let filter = Filter {
            before: first.last().map(|run| (run.created_at, run.id.clone())),
            ..Filter::default()
        };
        let rest = listed(&store, &filter, 100).await;
        let both = [ids(&first), ids(&rest)].concat();
        assert_eq!(both, expected(&rows, &[]));
    });
}
