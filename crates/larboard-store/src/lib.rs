//! Every SQL statement of Larboard. Knows no roles, no HTTP and no network but the database's.

pub mod actions;
pub mod apps;
pub mod audit;
pub mod backend;
pub mod blueprint_permissions;
pub mod blueprints;
pub mod deliveries;
pub mod dialect;
pub mod entities;
pub mod entity_changes;
pub mod entity_results;
pub mod entity_teams;
pub mod idempotency;
pub mod migrate;
pub mod migrations;
pub mod organization;
pub mod pages;
pub mod relations;
pub mod revisions;
pub mod run_logs;
pub mod runs;
pub mod scorecards;
pub mod secrets;
pub mod sessions;
pub mod sidebar_folders;
pub mod sweeps;
#[cfg(feature = "testing")]
pub mod testing;
pub mod users;
pub mod value_history;

pub use backend::{
    Arg, Notice, PostgresOptions, Result, Row, SqliteOptions, Store, StoreError, StoreMetrics, Tx,
};
pub use dialect::Dialect;
pub use migrate::{MigrationReport, Standing};
