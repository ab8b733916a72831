//! Every SQL statement of Larboard. Knows no roles, no HTTP and no network but the database's.

pub mod backend;
pub mod dialect;
pub mod migrate;
#[cfg(feature = "testing")]
pub mod testing;

pub use backend::{
    Arg, Notice, PostgresOptions, Result, Row, SqliteOptions, Store, StoreError, StoreMetrics, Tx,
};
pub use dialect::Dialect;
pub use migrate::MigrationReport;
