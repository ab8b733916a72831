//! The feed of changes that keeps copies of the catalog in memory current. Every write of an entity or a blueprint leaves a
//! row here in its own transaction; the store functions that write see to it themselves.
//!
//! A reader asks for the changes since a [`Changes::horizon`] it was told before. Numbers are no help on PostgreSQL: a
//! transaction may commit after one that began, and numbered its rows, later. There the horizon is the oldest transaction
//! still running, so that whatever was not to be seen yet is read the next time, at the price of reading some rows twice.

use crate::backend::{Later, Rows};
use crate::{Result, Tx, args};

/// Rows kept; more may be there until they are pruned.
pub const KEPT: i64 = 200_000;
/// Rows pruned in one transaction, so that writers do not wait long.
const PRUNED_AT_ONCE: i64 = 5_000;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number, unlike all others.
    pub seq: i64,
    /// Its transaction on PostgreSQL, its number on SQLite.
    pub mark: i64,
    /// The blueprint.
    pub blueprint: String,
    /// The entity; empty for all of the blueprint's, `None` for the blueprint itself.
    pub entity: Option<String>,
}

static CHANGES: Later = Later::new(
    Rows::new(
        "INSERT INTO entity_changes (blueprint, entity)",
        2,
        &[0],
        "",
    ),
    false,
);

/// Notes that an entity was written or deleted.
pub(crate) fn note(tx: &mut Tx<'_>, blueprint: &str, entity: &str) -> Result<()> {
    let row = args![blueprint.to_owned(), entity.to_owned()];
    tx.insert_later(&CHANGES, row.into())
}

/// Notes that a blueprint was written, its entities as they were.
pub(crate) fn note_blueprint(tx: &mut Tx<'_>, blueprint: &str) -> Result<()> {
    tx.insert_later(&CHANGES, args![blueprint.to_owned(), None::<String>].into())
}

/// What the snapshot of this transaction cannot have missed: [`since`] it, another snapshot finds all that this one did
/// not see.
pub fn horizon(tx: &mut Tx<'_>) -> Result<i64> {
    tx.write_waiting()?;
    let sql = tx.dialect().change_horizon();
    tx.query_one(sql, &[])?.int(0)
}

/// The changes since a horizon, by number; some may have been seen before.
pub fn since(tx: &mut Tx<'_>, horizon: i64) -> Result<Vec<Change>> {
    tx.write_waiting()?;
    let mark = tx.dialect().change_mark();
    let sql = format!(
        "SELECT seq, {mark}, blueprint, entity FROM entity_changes WHERE {mark} >= $1 ORDER BY seq"
    );
    tx.query(&sql, &args![horizon])?
        .iter()
        .map(|row| {
            Ok(Change {
                seq: row.int(0)?,
                mark: row.int(1)?,
                blueprint: row.text(2)?,
                entity: row.opt_text(3)?,
            })
        })
        .collect()
}

/// The lowest and highest numbers there are.
pub fn bounds(tx: &mut Tx<'_>) -> Result<Option<(i64, i64)>> {
    tx.write_waiting()?;
    // Two queries: SQLite finds one end of an index at once, but for both in one query it reads every row.
    let sql = "SELECT (SELECT MIN(seq) FROM entity_changes), (SELECT MAX(seq) FROM entity_changes)";
    let row = tx.query_one(sql, &[])?;
    Ok(row.opt_int(0)?.zip(row.opt_int(1)?))
}

/// Forgets some of the rows past the newest [`KEPT`]. Whether there are more to forget.
pub fn prune(tx: &mut Tx<'_>) -> Result<bool> {
    let Some((lowest, highest)) = bounds(tx)? else {
        return Ok(false);
    };
    let wanted = highest - KEPT;
    if lowest > wanted {
        return Ok(false);
    }
    let until = wanted.min(lowest + PRUNED_AT_ONCE);
    tx.execute("DELETE FROM entity_changes WHERE seq <= $1", &args![until])?;
    Ok(until < wanted)
}
