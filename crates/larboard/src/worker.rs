//! What the server does on its own: deliver invocations, carry out migrations, evaluate entities again when something they
//! stand on has changed, and prune what has had its day.

pub mod deliver;
pub mod migrate;
pub mod prune;
pub mod sweeps;

use crate::ops::Outcome;
use crate::state::App;
use larboard_store::Tx;
use tokio::sync::Notify;

/// Wakes workers when something was committed that they wait for. One task follows the store's notices for all
/// (`live::follow`): each that followed them itself would be woken by every line of every log.
#[derive(Default)]
pub struct Wakers {
    /// Events were appended, so that results of scorecards may be others.
    pub results: Notify,
    /// The same for values to record.
    pub values: Notify,
    /// A migration was asked for.
    pub migrate: Notify,
}

/// Gives the leases of this process back when it stops, so that another server need not wait for them to run out.
async fn give_back(
    app: &App,
    of: &str,
    release: fn(&mut Tx<'_>, Option<&str>) -> larboard_store::Result<u64>,
) {
    let owner = app.outbox.owner.clone();
    let released: Outcome<u64> = app
        .store
        .write(move |tx| Ok(release(tx, Some(&owner))?))
        .await;
    if let Err(error) = released {
        tracing::warn!(
            ?error,
            "the lease of {of} was not given back and will run out"
        );
    }
}
