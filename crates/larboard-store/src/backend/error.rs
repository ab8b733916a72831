//! What can go wrong between a store function and its database. The outside message is chosen elsewhere.

use std::error::Error;

/// The result of a store operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A failed store operation. Nothing of the operation was kept, except as `OutcomeUnknown` says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A row with the same key exists. The name is the same on both databases (see `dialect.rs`).
    #[error("unique constraint {constraint} is violated")]
    Unique {
        /// The violated constraint, `<table>_pkey` for a primary key.
        constraint: &'static str,
    },
    /// A row refers to one that is not there, or is still referred to.
    #[error("a foreign key is violated")]
    ForeignKey,
    /// Too many operations wait for the database; try again in a moment.
    #[error("too many operations are waiting for the database")]
    Busy,
    /// Others kept changing the same rows; try again.
    #[error("the operation kept conflicting with others")]
    Conflict,
    /// The database cannot be reached; nothing was changed.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The answer to COMMIT was lost: the change was either made or not. Never retried here.
    #[error("the connection was lost while committing, so the outcome is unknown")]
    OutcomeUnknown,
    /// The disk (or the size allowed to the database) is full.
    #[error("the disk of the database is full")]
    Full,
    /// The disk refused to keep what was committed. What can be seen may be lost with the power, so nothing is read or
    /// written any more until the program is started again.
    #[error("the disk refused to keep what was written")]
    Broken,
    /// The store was shut down.
    #[error("the store is closed")]
    Closed,
    /// The operation panicked and was rolled back.
    #[error("the operation panicked")]
    Panicked,
    /// `query_one` found no row.
    #[error("a row that must exist does not")]
    Missing,
    /// A statement of this transaction failed before, and no savepoint recovered from it.
    #[error("an earlier statement of this transaction failed")]
    Poisoned,
    /// A value that cannot be stored, or a stored value that is not what its reader expects.
    #[error("{0}")]
    Data(String),
    /// The schema of the database does not fit this program; the sentence says what to do.
    #[error("{0}")]
    Migration(String),
    /// Anything else the database reported.
    #[error("the database refused a statement: {0}")]
    Database(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    pub(crate) fn data(sentence: impl Into<String>) -> Self {
        Self::Data(sentence.into())
    }
}
