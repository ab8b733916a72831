//! The seam between Larboard and its database: closures over [`Tx`] run on database threads.
//!
//! Only this folder and `dialect.rs` name a driver. It holds no table of the product.

mod error;
mod job;
mod later;
mod notice;
mod postgres;
mod row;
mod rows;
mod sqlite;
mod statement;
mod store;
mod table;
mod tx;
mod value;

pub use error::{Result, StoreError};
pub use notice::Notice;
pub use postgres::PostgresOptions;
pub use row::Row;
pub use sqlite::SqliteOptions;
pub use store::{Store, StoreMetrics};
pub use tx::Tx;
pub use value::Arg;

pub(crate) use job::Mode;
pub(crate) use later::Later;
pub(crate) use rows::Rows;
