//! Who gets which delivery: nothing is given twice, nothing that must wait is given at all, nothing is forgotten.

use crate::samples::{delivery, run, with_runs};
use crate::{at, change, look, race};
use larboard_store::deliveries::{self, DeliveryRow, Lease};
use larboard_store::testing::{TestDatabase, on_both_databases, run as on};
use larboard_store::{Result, Store, Tx};
use std::collections::BTreeMap;

const NOW: i64 = 1_000;

async fn with(store: &Store, rows: Vec<DeliveryRow>) {
    with_runs(store, &[run("r_1", 1)]).await;
    change(store, move |tx| {
        rows.iter().try_for_each(|row| deliveries::insert(tx, row))
    })
    .await;
}

/// Claims at `now` for 30 ms and returns the ids, in the order they were given.
fn claim(tx: &mut Tx<'_>, owner: &str, now: i64, busy: &[&str], limit: i64) -> Result<Vec<String>> {
    let busy: Vec<String> = busy.iter().map(|name| (*name).to_owned()).collect();
    let lease = Lease {
        owner,
        now: at(now),
        until: at(now + 30),
    };
    let claimed = deliveries::claim_due(tx, &lease, &busy, limit)?;
    Ok(claimed.into_iter().map(|row| row.id).collect())
}

fn to(destination: &str, row: DeliveryRow) -> DeliveryRow {
    DeliveryRow {
        destination: destination.into(),
        ..row
    }
}

fn numbered(count: usize) -> Vec<DeliveryRow> {
    (0..count)
        .map(|number| delivery(&format!("dlv_{number:03}"), "r_1", 10 + (number % 7) as i64))
        .collect()
}

/// How often each delivery was given, over all the claims.
fn times_given(claims: &[Vec<String>]) -> BTreeMap<&str, usize> {
    let mut times = BTreeMap::new();
    for id in claims.iter().flatten() {
        *times.entry(id.as_str()).or_default() += 1;
    }
    times
}

#[test]
fn what_is_leased_not_due_settled_or_busy_is_left_alone() {
    on_both_databases(|store| async move {
        let lease = |until, row: DeliveryRow| DeliveryRow {
            lease_owner: Some("host-9".into()),
            lease_until: Some(at(until)),
            ..row
        };
        let ended = |state: &str, row: DeliveryRow| DeliveryRow {
            state: state.into(),
            ..row
        };
        let row = |id: &str, due| delivery(id, "r_1", due);
        with(
            &store,
            vec![
                row("due_exactly_now", NOW),
                row("due_later", NOW + 1),
                lease(NOW + 1, row("leased", 1)),
                lease(NOW, row("lease_has_run_out", 2)),
                ended("SUCCEEDED", row("succeeded", 1)),
                ended("FAILED", row("failed", 1)),
                ended("CANCELLED", row("cancelled", 1)),
                to("https://busy.example:443", row("busy", 1)),
                to("http://also.example:80", row("also_busy", 1)),
                row("due", 3),
            ],
        )
        .await;
        let busy = ["https://busy.example:443", "http://also.example:80"];
        let claimed = change(&store, move |tx| claim(tx, "host-1", NOW, &busy, 50)).await;
        assert_eq!(claimed, ["lease_has_run_out", "due", "due_exactly_now"]);
        let claimed = change(&store, |tx| claim(tx, "host-1", NOW, &[], 50)).await;
        assert_eq!(claimed, ["also_busy", "busy"], "once they are free again");
        let claimed = change(&store, |tx| claim(tx, "host-2", NOW + 1, &[], 50)).await;
        assert_eq!(claimed, ["leased", "due_later"], "a moment later");
        let claimed = change(&store, |tx| claim(tx, "host-1", NOW + 1, &[], 50)).await;
        assert_eq!(
            claimed.len(),
            0,
            "an owner's own lease protects from itself too"
        );
    });
}

#[test]
fn the_longest_due_come_first_and_never_more_than_the_limit() {
    on_both_databases(|store| async move {
        let rows = numbered(40);
        let mut expected: Vec<_> = rows.iter().map(|r| (r.due_at, r.id.clone())).collect();
        expected.sort();
        with(&store, rows).await;
        let mut given = Vec::new();
        for limit in [0, 1, 2, 7, 16] {
            let page = change(&store, move |tx| claim(tx, "host-1", NOW, &[], limit)).await;
            assert_eq!(page.len() as i64, limit);
            given.extend(page);
        }
        let rest = change(&store, |tx| claim(tx, "host-1", NOW, &[], 99)).await;
        assert_eq!(rest.len(), 14);
        given.extend(rest);
        let expected: Vec<String> = expected.into_iter().map(|(_, id)| id).collect();
        assert_eq!(given, expected);
    });
}

#[test]
fn no_delivery_is_given_twice_to_16_owners_that_claim_at_the_same_moment() {
    on_both_databases(|store| async move {
        with(&store, numbered(100)).await;
        let mut claims: Vec<Vec<String>> = Vec::new();
        // Skipping what others hold may give somebody less than there is, so they ask until nothing is left.
        loop {
            let round = race(&store, 16, |number| {
                let owner = format!("host-{number}");
                move |tx: &mut Tx<'_>| claim(tx, &owner, NOW, &[], 5)
            })
            .await;
            let round: Vec<Vec<String>> = round
                .into_iter()
                .map(|claim| claim.expect("claiming is retried, not refused"))
                .collect();
            assert!(round.iter().all(|ids| ids.len() <= 5), "{round:?}");
            if round.iter().all(Vec::is_empty) {
                break;
            }
            claims.extend(round);
        }
        let times = times_given(&claims);
        assert_eq!(times.len(), 100, "every one is given");
        assert!(times.values().all(|times| *times == 1), "{times:?}");
    });
}

#[test]
fn a_lease_that_has_run_out_goes_to_one_of_many_that_want_it() {
    on_both_databases(|store| async move {
        with(&store, numbered(3)).await;
        let first = change(&store, |tx| claim(tx, "dead", NOW, &[], 3)).await;
        assert_eq!(first.len(), 3);
        let early = race(&store, 8, |number| {
            let owner = format!("host-{number}");
            move |tx: &mut Tx<'_>| claim(tx, &owner, NOW + 29, &[], 3)
        })
        .await;
        assert!(
            early
                .iter()
                .all(|ids| matches!(ids, Ok(ids) if ids.is_empty()))
        );
        let mut claims = Vec::new();
        for claim in race(&store, 8, |number| {
            let owner = format!("host-{number}");
            move |tx: &mut Tx<'_>| claim(tx, &owner, NOW + 30, &[], 3)
        })
        .await
        {
            claims.push(claim.expect("claiming is retried, not refused"));
        }
        let times = times_given(&claims);
        assert!(
            times.len() == 3 && times.values().all(|times| *times == 1),
            "{claims:?}"
        );
        let settled = change(&store, |tx| {
            deliveries::settle(tx, "dlv_000", "dead", "SUCCEEDED", None, at(NOW + 31))
        })
        .await;
        assert!(!settled, "the former owner comes too late");
    });
}

#[test]
fn two_replicas_on_one_server_share_the_work_without_sending_anything_twice() {
    on(TestDatabase::postgres(), |database| async move {
        let (one, two) = (database.store(), database.open_again());
        with(&one, numbered(120)).await;
        let working =
            [("replica-1", one.clone()), ("replica-2", two.clone())].map(|(name, store)| {
                tokio::spawn(async move {
                    let mut sent = Vec::new();
                    loop {
                        let mine = change(&store, move |tx| claim(tx, name, NOW, &[], 4)).await;
                        if mine.is_empty() && left(&store).await == 0 {
                            return sent;
                        }
                        for id in mine {
                            let key = id.clone();
                            let settled = change(&store, move |tx| {
                                deliveries::settle(tx, &key, name, "SUCCEEDED", None, at(NOW))
                            })
                            .await;
                            assert!(settled, "{id} was taken away from {name}");
                            sent.push(id);
                        }
                    }
                })
            });
        let mut sent = Vec::new();
        for worker in working {
            sent.push(worker.await.expect("no worker panics"));
        }
        let times = times_given(&sent);
        assert_eq!(times.len(), 120);
        assert!(times.values().all(|times| *times == 1));
        two.shutdown();
    });
}

async fn left(store: &Store) -> i64 {
    look(store, deliveries::backlog).await.0
}

#[test]
fn a_delivery_cancelled_by_the_end_of_its_run_is_given_to_nobody_afterwards() {
    on_both_databases(|store| async move {
        with(&store, numbered(20)).await;
        let ends = race(&store, 9, |number| {
            let owner = format!("host-{number}");
            move |tx: &mut Tx<'_>| {
                if number == 4 {
                    deliveries::cancel_of_run(tx, "r_1", at(NOW))?;
                    return Ok(Vec::new());
                }
                claim(tx, &owner, NOW, &[], 3)
            }
        })
        .await;
        assert!(ends.iter().all(Result::is_ok), "{ends:?}");
        assert_eq!(left(&store).await, 0);
        let after = change(&store, |tx| claim(tx, "host-1", NOW + 99, &[], 50)).await;
        assert_eq!(after.len(), 0);
    });
}
