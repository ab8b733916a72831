//! The contract of every public function of the nouns, on both databases. One program, so that it starts one server.
//! What the seam promises below them is in `seam.rs`.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]

#[path = "nouns/actions.rs"]
mod actions;
#[path = "nouns/apps.rs"]
mod apps;
#[path = "nouns/audit.rs"]
mod audit;
#[path = "nouns/backup.rs"]
mod backup;
#[path = "nouns/blueprint_permissions.rs"]
mod blueprint_permissions;
#[path = "nouns/blueprints.rs"]
mod blueprints;
#[path = "nouns/claiming.rs"]
mod claiming;
#[path = "nouns/deliveries.rs"]
mod deliveries;
#[path = "nouns/entities.rs"]
mod entities;
#[path = "nouns/entity_changes.rs"]
mod entity_changes;
#[path = "nouns/entity_results.rs"]
mod entity_results;
#[path = "nouns/entity_teams.rs"]
mod entity_teams;
#[path = "nouns/idempotency.rs"]
mod idempotency;
#[path = "nouns/migrations.rs"]
mod migrations;
#[path = "nouns/organization.rs"]
mod organization;
#[path = "nouns/pages.rs"]
mod pages;
#[path = "nouns/relations.rs"]
mod relations;
#[path = "nouns/revisions.rs"]
mod revisions;
#[path = "nouns/run_filters.rs"]
mod run_filters;
#[path = "nouns/run_logs.rs"]
mod run_logs;
#[path = "nouns/runs.rs"]
mod runs;
#[path = "nouns/samples.rs"]
mod samples;
#[path = "nouns/scorecards.rs"]
mod scorecards;
#[path = "nouns/secrets.rs"]
mod secrets;
#[path = "nouns/sessions.rs"]
mod sessions;
#[path = "nouns/sweeps.rs"]
mod sweeps;
#[path = "nouns/users.rs"]
mod users;
#[path = "nouns/value_history.rs"]
mod value_history;

use larboard_core::time::Timestamp;
use larboard_store::{Result, Store, StoreError, Tx};
use std::sync::Arc;
use tokio::sync::Barrier;

/// An instant, so many milliseconds after 1970.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Makes a change that must succeed.
async fn change<T: Send + 'static>(
    store: &Store,
    f: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> T {
    store.write(f).await.expect("a change that is allowed")
}

/// Reads what must be readable.
async fn look<T: Send + 'static>(
    store: &Store,
    f: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> T {
    store.read(f).await.expect("a read that is allowed")
}

/// Tries a change that the store must refuse, and returns why it was.
async fn refusal<T: Send + std::fmt::Debug + 'static>(
    store: &Store,
    f: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> StoreError {
    store.write(f).await.expect_err("a change that is refused")
}

/// The constraint that an operation violated.
fn violated(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unique { constraint } => constraint,
        _ => "no unique constraint",
    }
}

/// Lets `racers` operations begin at the same moment, each in a transaction and a task of its own, and returns how they
/// ended, by their numbers from 0.
async fn race<T, F>(store: &Store, racers: i64, make: impl Fn(i64) -> F) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(usize::try_from(racers).expect("a count")));
    let tasks: Vec<_> = (0..racers)
        .map(|number| {
            let (store, start, f) = (store.clone(), start.clone(), make(number));
            tokio::spawn(async move {
                start.wait().await;
                store.write(f).await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("no racer panics"));
    }
    results
}
