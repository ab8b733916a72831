//! Carries out migrations: leases one, works on it a chunk after another, and takes the next.
//!
//! Promised: a chunk is done whole or not at all, and a migration goes on where its last chunk ended, after a crash on
//! whichever replica leases it when the lease has run out. Not promised: that migrations run side by side.

use crate::ops::{self, Outcome};
use crate::state::App;
use larboard_core::time::Timestamp;
use larboard_store::{Notice, migrations};
use std::time::Duration;

/// The slow poll that finds what no notice told of.
const SAFETY_NET: Duration = Duration::from_secs(10);

/// How long a lease holds without a chunk that renews it.
const LEASE_MS: i64 = 60_000;

/// Works on migrations until the server stops.
pub async fn run(app: App) {
    let mut notices = app.store.subscribe();
    loop {
        let pause = match work(&app).await {
            Ok(()) => SAFETY_NET,
            Err(error) => {
                tracing::warn!(
                    ?error,
                    "a migration could not go on and is tried again shortly"
                );
                Duration::from_secs(1)
            }
        };
        let told = async {
            loop {
                match notices.recv().await {
                    Ok(Notice::Reload(what)) if what != ops::migrations::NOTICE => {}
                    Ok(Notice::Reload(_) | Notice::Everything) | Err(_) => return,
                    Ok(_) => {}
                }
            }
        };
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
            () = told => {}
        }
    }
    let owner = app.outbox.owner.clone();
    let released: Outcome<u64> = app
        .store
        .write(move |tx| Ok(migrations::release(tx, Some(&owner))?))
        .await;
    if let Err(error) = released {
        tracing::warn!(
            ?error,
            "the lease of a migration was not given back and will run out"
        );
    }
}

fn lease_end(now: Timestamp) -> Timestamp {
    now.plus_millis(LEASE_MS)
}

/// Works until nothing is left to be leased.
async fn work(app: &App) -> Outcome<()> {
    loop {
        let (owner, now) = (app.outbox.owner.clone(), app.now());
        // Looked for by a read first: there is hardly ever one, and writes stand in a queue.
        let due: Outcome<bool> = app
            .store
            .read_one(move |tx| Ok(migrations::is_any_due(tx, now)?))
            .await;
        if !due? {
            return Ok(());
        }
        let claimed: Outcome<Option<String>> = app
            .store
            .write(move |tx| Ok(migrations::claim_one(tx, &owner, now, lease_end(now))?))
            .await;
        let Some(id) = claimed? else { return Ok(()) };
        while !app.stopping.is_cancelled()
            && ops::migrations::step(app, &id, lease_end(app.now())).await?
        {}
        if app.stopping.is_cancelled() {
            return Ok(());
        }
    }
}
