//! Write operations, one module per noun: each opens one transaction that holds the change, its audit event and its
//! outbox rows (invariant 2). They know who asks, but no HTTP.

use crate::keys::Unsealable;
use larboard_core::refusal::Refusal;
use larboard_store::StoreError;

pub mod actions;
pub mod apps;
pub mod audit;
pub mod blueprints;
pub mod bootstrap;
pub mod catalog_cache;
pub mod computed;
pub mod deliveries;
pub mod entities;
pub mod execute;
pub mod history;
pub mod jq;
pub mod log_pages;
pub mod migrations;
pub mod organization;
pub mod pages;
pub mod people;
pub mod permissions;
pub mod run_logs;
pub mod runs;
pub mod scorecards;
pub mod search;
pub mod secrets;
pub mod sessions;
pub mod sidebar;
pub mod sweep;
pub mod teams;
pub mod users;

/// Why an operation did not happen: refused for a reason the caller may know, or failed for one that is only logged.
#[derive(Debug)]
pub enum Failure {
    /// Refused, with the code and sentence the caller is answered.
    Refused(Refusal),
    /// The database could not do it.
    Store(StoreError),
    /// Something else broke; the text is logged and never shown.
    Internal(String),
}

/// What an operation returns.
pub type Outcome<T> = Result<T, Failure>;

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unsealable> for Failure {
    fn from(error: Unsealable) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(format!("JSON that should be sound is not: {error}"))
    }
}

/// What a run shows of something it names: title and icon, if it exists.
fn named(reference: Option<&larboard_store::runs::Reference>) -> larboard_core::run::Named<'_> {
    reference.map_or_else(Default::default, |reference| larboard_core::run::Named {
        title: reference.title.as_deref(),
        icon: reference.icon.as_deref(),
        exists: true,
    })
}
