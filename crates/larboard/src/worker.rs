//! What the server does on its own: deliver invocations, carry out migrations, tell of results that changed and prune what
//! has had its day.

pub mod announce;
pub mod deliver;
pub mod migrate;
pub mod prune;

use tokio::sync::Notify;

/// Wakes workers when something was committed that they wait for. One task follows the store's notices for all
/// (`live::follow`): each that followed them itself would be woken by every line of every log.
#[derive(Default)]
pub struct Wakers {
    /// Events were appended.
    pub announce: Notify,
    /// A migration was asked for.
    pub migrate: Notify,
}
