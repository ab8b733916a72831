//! A page of the entities of a blueprint, as a sweep evaluates them again. What for is in `scorecards/announce.rs` and in
//! `history/record.rs`; when is in `worker/sweeps.rs`.

use larboard_store::entities::EntityRow;

/// A page of entities that was held against what is known of them.
pub struct Page<T> {
    /// What is to be written of those that differ from what is known, or of which nothing is.
    pub differing: Vec<T>,
    /// The last entity of the page; `None` if there is none after it.
    pub last: Option<String>,
}

impl<T> Page<T> {
    /// Of up to `limit` entities in order, none of which differs yet.
    pub(super) fn of(rows: &[EntityRow], limit: i64) -> Self {
        let full = i64::try_from(rows.len()).is_ok_and(|count| count >= limit);
        let last = rows.last().filter(|_| full);
        Self {
            differing: Vec::new(),
            last: last.map(|row| row.identifier.clone()),
        }
    }
}
