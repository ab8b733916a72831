//! Sweeps: who may go on with one, how far it is, and that they go with their blueprint.

use crate::samples::{blueprint, with_blueprints};
use crate::{at, change, look, race, refusal};
use larboard_store::sweeps::{self, Sweep, SweepRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{Store, StoreError, blueprints};

const PURPOSE: &str = "results";
const SERVICE: Sweep<'_> = of("service");

const fn of(blueprint: &str) -> Sweep<'_> {
    Sweep {
        purpose: PURPOSE,
        blueprint,
    }
}

async fn claim(store: &Store, owner: &'static str, now: i64) -> Option<SweepRow> {
    change(store, move |tx| {
        sweeps::claim(tx, SERVICE, owner, at(now), at(now + 10))
    })
    .await
}

async fn only(store: &Store) -> SweepRow {
    let mut rows = look(store, |tx| sweeps::list(tx, PURPOSE)).await;
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

#[test]
fn a_sweep_is_made_begun_kept_and_finished_by_whoever_leases_it() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let made = claim(&store, "one", 5).await.expect("a lease");
        let before = SweepRow {
            purpose: PURPOSE.into(),
            blueprint: "service".into(),
            revision: 0,
            horizon: 0,
            last_seq: 0,
            position: None,
            swept_at: at(0),
            lease_owner: Some("one".into()),
            lease_until: Some(at(15)),
        };
        assert_eq!(made, before);
        let begun = change(&store, |tx| sweeps::begin(tx, SERVICE, "one", 7, 30, 29));
        assert!(begun.await);
        let begun = SweepRow {
            revision: 7,
            horizon: 30,
            last_seq: 29,
            position: Some(String::new()),
            ..before
        };
        assert_eq!(only(&store).await, begun);
        let kept = change(&store, |tx| sweeps::keep(tx, SERVICE, "one", "k", at(40)));
        assert!(kept.await);
        let kept = SweepRow {
            position: Some("k".into()),
            lease_until: Some(at(40)),
            ..begun
        };
        assert_eq!(only(&store).await, kept);
        // Whoever has it may lease it for longer, and finds it where it was.
        assert_eq!(
            claim(&store, "one", 31).await,
            Some(SweepRow {
                lease_until: Some(at(41)),
                ..kept.clone()
            })
        );
        let finished = change(&store, |tx| sweeps::finish(tx, SERVICE, "one", at(44)));
        assert!(finished.await);
        assert_eq!(
            only(&store).await,
            SweepRow {
                position: None,
                swept_at: at(44),
                lease_owner: None,
                lease_until: None,
                ..kept
            }
        );
    });
}

#[test]
fn another_server_takes_over_only_when_the_lease_has_run_out_or_was_given_back() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        assert!(claim(&store, "one", 0).await.is_some());
        assert_eq!(claim(&store, "two", 9).await, None);
        assert!(claim(&store, "two", 10).await.is_some());
        for lost in [
            change(&store, |tx| sweeps::begin(tx, SERVICE, "one", 1, 1, 1)).await,
            change(&store, |tx| sweeps::keep(tx, SERVICE, "one", "k", at(99))).await,
            change(&store, |tx| sweeps::finish(tx, SERVICE, "one", at(99))).await,
        ] {
            assert!(!lost);
        }
        assert_eq!(
            change(&store, |tx| sweeps::release(tx, Some("one"))).await,
            0
        );
        assert_eq!(
            change(&store, |tx| sweeps::release(tx, Some("two"))).await,
            1
        );
        assert!(claim(&store, "one", 11).await.is_some());
        assert_eq!(change(&store, |tx| sweeps::release(tx, None)).await, 1);
        assert_eq!(only(&store).await.lease_owner, None);
    });
}

#[test]
fn of_servers_that_come_at_once_one_gets_the_lease() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        let leased = race(&store, 8, |number| {
            move |tx: &mut larboard_store::Tx<'_>| {
                let owner = number.to_string();
                sweeps::claim(tx, SERVICE, &owner, at(0), at(10))
            }
        });
        let leased = leased.await;
        let leased = leased.into_iter().filter(|row| matches!(row, Ok(Some(_))));
        assert_eq!(leased.count(), 1);
    });
}

#[test]
fn sweeps_follow_their_blueprint_and_are_forgotten() {
    on_both_databases(|store| async move {
        let unknown = refusal(&store, |tx| {
            sweeps::claim(tx, SERVICE, "one", at(0), at(10))
        });
        assert!(matches!(unknown.await, StoreError::ForeignKey));
        with_blueprints(&store, &["service", "other"]).await;
        assert!(claim(&store, "one", 0).await.is_some());
        change(&store, |tx| {
            let mut row = blueprint("service", 0);
            row.identifier = "module".into();
            blueprints::update(tx, "service", &row)
        })
        .await;
        assert_eq!(only(&store).await.blueprint, "module");
        change(&store, |tx| blueprints::delete(tx, "module")).await;
        assert_eq!(look(&store, |tx| sweeps::list(tx, PURPOSE)).await, []);
        let claim = |blueprint: &'static str| {
            change(&store, move |tx| {
                sweeps::claim(tx, of(blueprint), "one", at(0), at(10))
            })
        };
        claim("other").await;
        assert!(change(&store, |tx| sweeps::delete(tx, of("other"))).await);
        assert!(!change(&store, |tx| sweeps::delete(tx, of("other"))).await);
        claim("other").await;
        assert_eq!(change(&store, sweeps::delete_all).await, 1);
        assert_eq!(look(&store, |tx| sweeps::list(tx, PURPOSE)).await, []);
    });
}

#[test]
fn each_purpose_has_sweeps_of_its_own() {
    on_both_databases(|store| async move {
        with_blueprints(&store, &["service"]).await;
        assert!(claim(&store, "one", 0).await.is_some());
        let other = Sweep {
            purpose: "values",
            ..SERVICE
        };
        assert_eq!(look(&store, |tx| sweeps::list(tx, "values")).await, []);
        let leased = change(&store, move |tx| {
            sweeps::claim(tx, other, "two", at(0), at(10))
        });
        assert!(leased.await.is_some());
        assert!(change(&store, move |tx| sweeps::finish(tx, other, "two", at(3))).await);
        assert_eq!(only(&store).await.lease_owner, Some("one".into()));
        assert!(change(&store, move |tx| sweeps::delete(tx, other)).await);
        assert_eq!(only(&store).await.swept_at, at(0));
    });
}
