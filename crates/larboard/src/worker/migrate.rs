//! Carries out migrations: leases one, works on it a chunk after another, and takes the next.
//!
//! Promised: a chunk is done whole or not at all, and a migration goes on where its last chunk ended, after a crash on
//! whichever replica leases it when the lease has run out. Not promised: that migrations run side by side.

use super::give_back;
use crate::ops::{self, Outcome};
use crate::state::App;
use larboard_core::time::Timestamp;
use larboard_store::migrations;
use std::time::Duration;

/// The slow poll that finds what no notice told of.
const SAFETY_NET: Duration = Duration::from_secs(10);

/// How long a lease holds without a chunk that renews it: how long a migration may stand still when the process that works
/// on it is killed. A slower chunk does no harm: the transaction of whoever has lost the lease is undone.
const LEASE_MS: i64 = 10_000;

/// Works on migrations until the server stops.
pub async fn run(app: App) {
    loop {
        let pause = match work(&app).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(
                    ?error,
                    "a migration could not go on and is tried again shortly"
                );
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
            () = app.wakers.migrate.notified() => {}
        }
    }
    give_back(&app, "a migration", migrations::release).await;
}

fn lease_end(now: Timestamp) -> Timestamp {
    now.plus_millis(LEASE_MS)
}

/// Works until nothing is left to be leased. How long it takes until something may be, unless a notice comes first.
async fn work(app: &App) -> Outcome<Duration> {
    loop {
        let (owner, now) = (app.outbox.owner.clone(), app.now());
        // Looked for by a read first: there is hardly ever one, and writes stand in a queue.
        let due: Outcome<Option<Timestamp>> =
            app.store.read_one(|tx| Ok(migrations::next_due(tx)?)).await;
        let wait = due?.map(|due| due.as_millis() - now.as_millis());
        match wait {
            None => return Ok(SAFETY_NET),
            Some(wait) if wait > 0 => {
                let wait = Duration::from_millis(wait.unsigned_abs());
                return Ok(wait.min(SAFETY_NET));
            }
            Some(_) => {}
        }
        let claimed: Outcome<Option<String>> = app
            .store
            .write(move |tx| Ok(migrations::claim_one(tx, &owner, now, lease_end(now))?))
            .await;
        // Another replica was quicker.
        let Some(id) = claimed? else { continue };
        while !app.stopping.is_cancelled()
            && ops::migrations::step(app, &id, lease_end(app.now())).await?
        {}
        if app.stopping.is_cancelled() {
            return Ok(SAFETY_NET);
        }
    }
}
