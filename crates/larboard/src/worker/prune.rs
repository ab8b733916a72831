//! Forgets what has had its day: ended sessions, old idempotency keys and changes that every copy has read. Runs, logs and audit events are kept.

use crate::ops::Outcome;
use crate::state::App;
use larboard_store::{entity_changes, idempotency, sessions};
use std::time::Duration;

/// How long an idempotency key is remembered.
pub const KEY_LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;

/// How often the feed of catalog changes is looked at; it grows by a row a write.
const FEED_PAUSE: Duration = Duration::from_secs(5);

/// Prunes the feed of catalog changes until the server stops.
pub async fn run_feed(app: App) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(FEED_PAUSE) => {}
            () = app.stopping.cancelled() => return,
        }
        loop {
            match app.store.write(entity_changes::prune).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "the feed of changes could not be pruned and is tried again");
                    break;
                }
            }
        }
    }
}

/// Prunes every hour until the server stops.
pub async fn run(app: App) {
    loop {
        if let Err(error) = once(&app).await {
            tracing::warn!(?error, "pruning failed and is tried again in an hour");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(3600)) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

/// Prunes once.
///
/// # Errors
/// If the database fails.
pub async fn once(app: &App) -> Outcome<()> {
    let now = app.now();
    app.store
        .write(move |tx| {
            sessions::delete_expired(tx, now)?;
            idempotency::delete_older(tx, now.plus_millis(-KEY_LIFETIME_MS))?;
            Ok(())
        })
        .await
}
