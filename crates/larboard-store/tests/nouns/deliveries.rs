//! The outbox, one delivery at a time: what is kept, how it is settled, cancelled and freed. Who gets which row is in
//! `claiming.rs`.

use crate::samples::{AWKWARD, delivery, run, with_runs};
use crate::{at, change, look, race, refusal, violated};
use larboard_store::deliveries::{self, AttemptRow, DeliveryRow, Lease};
use larboard_store::testing::on_both_databases;
use larboard_store::{Store, StoreError, Tx, args};

/// A run `r_1` with these deliveries.
async fn with(store: &Store, rows: &[DeliveryRow]) {
    with_runs(store, &[run("r_1", 1)]).await;
    let rows = rows.to_vec();
    change(store, move |tx| {
        rows.iter().try_for_each(|row| deliveries::insert(tx, row))
    })
    .await;
}

/// The deliveries of `r_1` without their attempts.
async fn rows(store: &Store) -> Vec<DeliveryRow> {
    let rows = look(store, |tx| deliveries::list_of_run(tx, "r_1")).await;
    rows.into_iter().map(|(row, _)| row).collect()
}

fn leased(id: &str, due: i64, owner: &str, until: i64) -> DeliveryRow {
    DeliveryRow {
        lease_owner: Some(owner.into()),
        lease_until: Some(at(until)),
        ..delivery(id, "r_1", due)
    }
}

fn free(row: &DeliveryRow) -> bool {
    row.lease_owner.is_none() && row.lease_until.is_none()
}

#[test]
fn the_deliveries_of_a_run_read_back_oldest_first_with_their_attempts_in_order() {
    on_both_databases(|store| async move {
        let second = DeliveryRow {
            url: AWKWARD.into(),
            created_at: at(2),
            ..leased("dlv_a", 9, "host-1", 70)
        };
        let first = DeliveryRow {
            state: "SUCCEEDED".into(),
            request_enc: None,
            attempts: 2,
            ..delivery("dlv_c", "r_1", 5)
        };
        let same_moment = delivery("dlv_b", "r_1", 5);
        with(
            &store,
            &[second.clone(), first.clone(), same_moment.clone()],
        )
        .await;
        let attempts = [
            AttemptRow {
                number: 1,
                started_at: at(6),
                duration_ms: 10_000,
                status_code: None,
                error: Some("connection refused".into()),
                response_excerpt: None,
            },
            AttemptRow {
                number: 2,
                started_at: at(8),
                duration_ms: 0,
                status_code: Some(204),
                error: None,
                response_excerpt: Some(AWKWARD.into()),
            },
        ];
        let written = attempts.clone();
        change(&store, move |tx| {
            // The later one first: order is by number.
            deliveries::insert_attempt(tx, "dlv_c", &written[1])?;
            deliveries::insert_attempt(tx, "dlv_c", &written[0])
        })
        .await;
        let listed = look(&store, |tx| deliveries::list_of_run(tx, "r_1")).await;
        let expected = [
            (same_moment, vec![]),
            (first, attempts.to_vec()),
            (second, vec![]),
        ];
        assert_eq!(listed, expected);
        let other = look(&store, |tx| deliveries::list_of_run(tx, "r_2")).await;
        assert_eq!(other, []);
    });
}

#[test]
fn ids_and_attempt_numbers_are_taken_once_and_belong_to_what_is_there() {
    on_both_databases(|store| async move {
        with(&store, &[delivery("dlv_1", "r_1", 5)]).await;
        let error = refusal(&store, |tx| {
            deliveries::insert(tx, &delivery("dlv_1", "r_1", 6))
        })
        .await;
        assert_eq!(violated(&error), "deliveries_pkey");
        let error = refusal(&store, |tx| {
            deliveries::insert(tx, &delivery("dlv_2", "r_2", 6))
        })
        .await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        let attempt = AttemptRow {
            number: 1,
            started_at: at(6),
            duration_ms: 1,
            status_code: Some(200),
            error: None,
            response_excerpt: None,
        };
        let (same, orphan) = (attempt.clone(), attempt.clone());
        change(&store, move |tx| {
            deliveries::insert_attempt(tx, "dlv_1", &attempt)
        })
        .await;
        let error = refusal(&store, move |tx| {
            deliveries::insert_attempt(tx, "dlv_1", &same)
        })
        .await;
        assert_eq!(violated(&error), "delivery_attempts_pkey");
        let error = refusal(&store, move |tx| {
            deliveries::insert_attempt(tx, "dlv_2", &orphan)
        })
        .await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
    });
}

#[test]
fn settling_for_good_forgets_the_request_and_frees_the_lease() {
    on_both_databases(|store| async move {
        with(&store, &[leased("dlv_1", 5, "host-1", 70)]).await;
        let settle =
            |tx: &mut Tx<'_>| deliveries::settle(tx, "dlv_1", "host-1", "FAILED", None, at(60));
        assert!(change(&store, settle).await);
        let expected = DeliveryRow {
            state: "FAILED".into(),
            request_enc: None,
            attempts: 1,
            updated_at: at(60),
            ..delivery("dlv_1", "r_1", 5)
        };
        assert_eq!(rows(&store).await, std::slice::from_ref(&expected));
        assert!(!change(&store, settle).await, "it is settled once");
        assert_eq!(rows(&store).await, [expected]);
    });
}

#[test]
fn settling_for_another_attempt_keeps_the_request_and_waits_until_it_is_due() {
    on_both_databases(|store| async move {
        with(&store, &[leased("dlv_1", 5, "host-1", 70)]).await;
        let settled = change(&store, |tx| {
            deliveries::settle(tx, "dlv_1", "host-1", "PENDING", Some(at(90)), at(60))
        })
        .await;
        assert!(settled);
        let expected = DeliveryRow {
            due_at: at(90),
            attempts: 1,
            updated_at: at(60),
            ..delivery("dlv_1", "r_1", 5)
        };
        assert_eq!(rows(&store).await, [expected]);
    });
}

#[test]
fn whoever_has_lost_the_lease_settles_nothing() {
    on_both_databases(|store| async move {
        let before = [
            leased("dlv_1", 5, "host-2", 70),
            delivery("dlv_2", "r_1", 5),
        ];
        with(&store, &before).await;
        for id in ["dlv_1", "dlv_2", "dlv_3"] {
            for due_at in [None, Some(at(90))] {
                let settled = change(&store, move |tx| {
                    deliveries::settle(tx, id, "host-1", "SUCCEEDED", due_at, at(60))
                })
                .await;
                assert!(!settled, "{id}");
            }
        }
        assert_eq!(rows(&store).await, before);
    });
}

#[test]
fn a_delivery_is_settled_once_by_racers_that_believe_to_hold_the_same_lease() {
    on_both_databases(|store| async move {
        with(&store, &[leased("dlv_1", 5, "host-1", 70)]).await;
        let settled = race(&store, 12, |number| {
            move |tx: &mut Tx<'_>| {
                let due = (number % 2 == 0).then(|| at(90));
                deliveries::settle(tx, "dlv_1", "host-1", "SUCCEEDED", due, at(60 + number))
            }
        })
        .await;
        let wins = settled.iter().filter(|end| matches!(end, Ok(true))).count();
        let losses = settled
            .iter()
            .filter(|end| matches!(end, Ok(false)))
            .count();
        assert_eq!((wins, losses), (1, 11), "{settled:?}");
        assert_eq!(rows(&store).await[0].attempts, 1);
    });
}

#[test]
fn cancelling_ends_what_is_pending_of_one_run_even_if_it_is_being_sent() {
    on_both_databases(|store| async move {
        let done = DeliveryRow {
            state: "SUCCEEDED".into(),
            request_enc: None,
            ..delivery("dlv_3", "r_1", 5)
        };
        let pending = [
            leased("dlv_1", 5, "host-1", 70),
            delivery("dlv_2", "r_1", 500),
        ];
        with(
            &store,
            &[pending[0].clone(), pending[1].clone(), done.clone()],
        )
        .await;
        with_runs(&store, &[run("r_2", 1)]).await;
        change(&store, |tx| {
            deliveries::insert(tx, &delivery("dlv_4", "r_2", 5))
        })
        .await;
        let cancelled = change(&store, |tx| deliveries::cancel_of_run(tx, "r_1", at(60))).await;
        assert_eq!(cancelled, 2);
        let cancelled = |row: &DeliveryRow| DeliveryRow {
            state: "CANCELLED".into(),
            request_enc: None,
            lease_owner: None,
            lease_until: None,
            updated_at: at(60),
            ..row.clone()
        };
        let expected = [cancelled(&pending[0]), cancelled(&pending[1]), done];
        assert_eq!(rows(&store).await, expected);
        let settled = change(&store, |tx| {
            deliveries::settle(tx, "dlv_1", "host-1", "SUCCEEDED", None, at(61))
        })
        .await;
        assert!(!settled, "its sender learns that it was cancelled");
        let other = look(&store, |tx| deliveries::list_of_run(tx, "r_2")).await;
        assert_eq!(other[0].0, delivery("dlv_4", "r_2", 5));
    });
}

#[test]
fn a_lease_is_given_back_by_its_owner_alone_and_costs_no_attempt() {
    on_both_databases(|store| async move {
        with(
            &store,
            &[
                leased("dlv_1", 5, "host-1", 70),
                leased("dlv_2", 5, "host-1", 70),
            ],
        )
        .await;
        change(&store, |tx| deliveries::give_back(tx, "dlv_1", "host-2")).await;
        assert!(!free(&rows(&store).await[0]));
        change(&store, |tx| deliveries::give_back(tx, "dlv_1", "host-1")).await;
        let expected = [
            delivery("dlv_1", "r_1", 5),
            leased("dlv_2", 5, "host-1", 70),
        ];
        assert_eq!(rows(&store).await, expected);
    });
}

#[test]
fn a_process_that_stops_frees_its_own_leases_and_a_lone_one_frees_all_at_its_start() {
    on_both_databases(|store| async move {
        let before = [
            leased("dlv_1", 5, "host-1", 70),
            leased("dlv_2", 5, "host-2", 70),
            leased("dlv_3", 5, "host-1", 70),
            delivery("dlv_4", "r_1", 5),
            leased("dlv_5", 5, "host-3", 70),
        ];
        with(&store, &before).await;
        assert_eq!(
            change(&store, |tx| deliveries::release(tx, "host-1")).await,
            2
        );
        let are_free: Vec<bool> = rows(&store).await.iter().map(free).collect();
        assert_eq!(are_free, [true, false, true, true, false]);
        assert_eq!(change(&store, deliveries::release_all).await, 2);
        assert!(rows(&store).await.iter().all(free));
        assert_eq!(change(&store, deliveries::release_all).await, 0);
    });
}

#[test]
fn the_next_moment_to_look_is_the_earliest_that_a_pending_row_is_due_or_free() {
    on_both_databases(|store| async move {
        assert_eq!(look(&store, deliveries::next_due).await, None);
        let done = DeliveryRow {
            state: "SUCCEEDED".into(),
            ..delivery("dlv_1", "r_1", 1)
        };
        with(&store, &[done, leased("dlv_2", 5, "host-1", 70)]).await;
        assert_eq!(
            look(&store, deliveries::next_due).await,
            Some(at(70)),
            "free then"
        );
        change(&store, |tx| {
            deliveries::insert(tx, &delivery("dlv_3", "r_1", 60))
        })
        .await;
        assert_eq!(
            look(&store, deliveries::next_due).await,
            Some(at(60)),
            "due then"
        );
        change(&store, |tx| {
            deliveries::insert(tx, &leased("dlv_4", 40, "host-1", 30))
        })
        .await;
        assert_eq!(
            look(&store, deliveries::next_due).await,
            Some(at(40)),
            "free long since"
        );
    });
}

#[test]
fn the_backlog_is_what_is_pending_and_the_age_of_the_oldest() {
    on_both_databases(|store| async move {
        assert_eq!(look(&store, deliveries::backlog).await, (0, None));
        let rows = [
            DeliveryRow {
                state: "FAILED".into(),
                ..delivery("dlv_1", "r_1", 1)
            },
            DeliveryRow {
                created_at: at(8),
                ..leased("dlv_2", 5, "host-1", 70)
            },
            DeliveryRow {
                created_at: at(7),
                ..delivery("dlv_3", "r_1", 500)
            },
        ];
        with(&store, &rows).await;
        assert_eq!(look(&store, deliveries::backlog).await, (2, Some(at(7))));
    });
}

#[test]
fn deliveries_and_attempts_go_with_their_run() {
    on_both_databases(|store| async move {
        with(&store, &[delivery("dlv_1", "r_1", 5)]).await;
        change(&store, |tx| {
            let attempt = AttemptRow {
                number: 1,
                started_at: at(6),
                duration_ms: 1,
                status_code: None,
                error: None,
                response_excerpt: None,
            };
            deliveries::insert_attempt(tx, "dlv_1", &attempt)?;
            tx.execute("DELETE FROM runs WHERE id = $1", &args!["r_1"])
        })
        .await;
        let left = look(&store, |tx| {
            tx.query_one("SELECT COUNT(*) FROM delivery_attempts", &[])?
                .int(0)
        })
        .await;
        assert_eq!((rows(&store).await.len(), left), (0, 0));
    });
}

#[test]
fn a_lease_says_who_and_until_when() {
    on_both_databases(|store| async move {
        with(&store, &[delivery("dlv_1", "r_1", 5)]).await;
        let claimed = change(&store, |tx| {
            let lease = Lease {
                owner: "host-1",
                now: at(50),
                until: at(80),
            };
            deliveries::claim_due(tx, &lease, &[], 1)
        })
        .await;
        let expected = DeliveryRow {
            updated_at: at(50),
            ..leased("dlv_1", 5, "host-1", 80)
        };
        assert_eq!(claimed, std::slice::from_ref(&expected));
        assert_eq!(rows(&store).await, [expected], "as it is stored");
    });
}

#[test]
fn the_next_attempt_is_numbered_by_what_is_recorded_not_by_what_was_settled() {
    on_both_databases(|store| async move {
        with(&store, &[delivery("dlv_1", "r_1", 5)]).await;
        let attempt = AttemptRow {
            number: 0,
            started_at: at(6),
            duration_ms: 1,
            status_code: None,
            error: None,
            response_excerpt: None,
        };
        change(&store, move |tx| {
            (0..3).try_for_each(|_| deliveries::insert_attempt(tx, "dlv_1", &attempt))
        })
        .await;
        let listed = look(&store, |tx| deliveries::list_of_run(tx, "r_1")).await;
        let numbers: Vec<i64> = listed[0].1.iter().map(|attempt| attempt.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
    });
}

#[test]
fn many_that_went_well_are_settled_at_once_each_with_its_attempt() {
    on_both_databases(|store| async move {
        let ids: Vec<String> = (0..20).map(|number| format!("dlv_{number:02}")).collect();
        let all: Vec<DeliveryRow> = ids
            .iter()
            .map(|id| leased(id, 5, "host-1", 70))
            .chain([
                leased("dlv_lost", 5, "host-2", 70),
                DeliveryRow {
                    state: "CANCELLED".into(),
                    ..delivery("dlv_over", "r_1", 5)
                },
            ])
            .collect();
        with(&store, &all).await;
        let attempt = AttemptRow {
            number: 0,
            started_at: at(6),
            duration_ms: 1,
            status_code: Some(204),
            error: None,
            response_excerpt: Some(AWKWARD.into()),
        };
        let earlier = AttemptRow {
            number: 1,
            ..attempt.clone()
        };
        let done: Vec<(String, AttemptRow)> = all
            .iter()
            .map(|row| (row.id.clone(), attempt.clone()))
            .collect();
        change(&store, move |tx| {
            deliveries::insert_attempt(tx, "dlv_03", &earlier)?;
            deliveries::succeed_all(tx, &done, "host-1", at(60))
        })
        .await;
        let listed = look(&store, |tx| deliveries::list_of_run(tx, "r_1")).await;
        assert_eq!(listed.len(), 22);
        for (row, attempts) in listed {
            let before = all.iter().find(|other| other.id == row.id).expect("it");
            let numbers: Vec<i64> = attempts.iter().map(|attempt| attempt.number).collect();
            let expected = if row.id == "dlv_03" {
                vec![1, 2]
            } else {
                vec![1]
            };
            assert_eq!(numbers, expected, "{}", row.id);
            let last = AttemptRow {
                number: expected.len() as i64,
                ..attempt.clone()
            };
            assert_eq!(attempts.last(), Some(&last), "{}", row.id);
            if ids.contains(&row.id) {
                let settled = DeliveryRow {
                    state: "SUCCEEDED".into(),
                    request_enc: None,
                    attempts: 1,
                    lease_owner: None,
                    lease_until: None,
                    updated_at: at(60),
                    ..before.clone()
                };
                assert_eq!(row, settled);
            } else {
                assert_eq!(row, *before, "it is no longer this process's");
            }
        }
    });
}
