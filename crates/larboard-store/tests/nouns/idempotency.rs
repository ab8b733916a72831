//! Idempotency keys: however many repeat a request at the same moment, there is one run.

use crate::samples::run;
use crate::{at, change, look, race, refusal, violated};
use larboard_store::idempotency::{self, FirstUse};
use larboard_store::runs::{self, Filter};
use larboard_store::testing::on_both_databases;
use larboard_store::{Result, Tx};

fn first(run_id: &str) -> FirstUse {
    FirstUse {
        fingerprint: (0..=255).collect(),
        run_id: run_id.into(),
    }
}

/// Executes as the product does: the run of the key if it was used before, else a new run, in one transaction.
fn execute(tx: &mut Tx<'_>, run_id: &str) -> Result<String> {
    if let Some(used) = idempotency::find(tx, "app_1", "k")? {
        return Ok(used.run_id);
    }
    runs::insert(tx, &run(run_id, 1))?;
    idempotency::insert(tx, "app_1", "k", &first(run_id), at(1))?;
    Ok(run_id.to_owned())
}

#[test]
fn a_key_reads_back_for_its_caller_alone() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            idempotency::insert(tx, "app_1", "k", &first("r_1"), at(1))?;
            idempotency::insert(tx, "app_2", "k", &first("r_2"), at(1))
        })
        .await;
        for (caller, key, expected) in [
            ("app_1", "k", Some(first("r_1"))),
            ("app_2", "k", Some(first("r_2"))),
            ("app_3", "k", None),
            ("app_1", "K", None),
            ("app_1", "", None),
        ] {
            let found = look(&store, move |tx| idempotency::find(tx, caller, key)).await;
            assert_eq!(found, expected, "{caller} {key}");
        }
    });
}

#[test]
fn a_key_is_used_first_once() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            idempotency::insert(tx, "app_1", "k", &first("r_1"), at(1))
        })
        .await;
        let error = refusal(&store, |tx| {
            idempotency::insert(tx, "app_1", "k", &first("r_2"), at(2))
        })
        .await;
        assert_eq!(violated(&error), "idempotency_keys_pkey");
        let found = look(&store, |tx| idempotency::find(tx, "app_1", "k")).await;
        assert_eq!(found, Some(first("r_1")));
    });
}

#[test]
fn the_same_key_used_by_20_at_the_same_moment_makes_one_run() {
    on_both_databases(|store| async move {
        let answers = race(&store, 20, |number| {
            let run_id = format!("r_{number}");
            move |tx: &mut Tx<'_>| execute(tx, &run_id)
        })
        .await;
        let runs = look(&store, |tx| runs::list(tx, &Filter::default(), 99)).await;
        assert_eq!(runs.len(), 1, "{answers:?}");
        for answer in answers {
            assert_eq!(answer.expect("the run of the first"), runs[0].0.id);
        }
        let again = change(&store, |tx| execute(tx, "r_again")).await;
        assert_eq!(again, runs[0].0.id);
    });
}

#[test]
fn keys_first_used_before_a_moment_are_forgotten() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            (1..=4).try_for_each(|n| {
                idempotency::insert(tx, "app_1", &format!("k{n}"), &first("r_1"), at(n))
            })
        })
        .await;
        assert_eq!(
            change(&store, |tx| idempotency::delete_older(tx, at(1))).await,
            0
        );
        assert_eq!(
            change(&store, |tx| idempotency::delete_older(tx, at(3))).await,
            2
        );
        let mut left = Vec::new();
        for key in ["k1", "k2", "k3", "k4"] {
            if look(&store, move |tx| idempotency::find(tx, "app_1", key))
                .await
                .is_some()
            {
                left.push(key);
            }
        }
        assert_eq!(left, ["k3", "k4"]);
    });
}
