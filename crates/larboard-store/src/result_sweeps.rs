//! Sweeps over the entities of blueprints with scorecards, which evaluate them again: how far each is, and which server is
//! at it. A sweep is leased to one server at a time, so that none does the work of another; what keeps it right is not
//! the lease but that a page is compared and written in one transaction.

use crate::{Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `result_sweeps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepRow {
    /// The blueprint whose entities are evaluated.
    pub blueprint: String,
    /// Its revision when the sweep began.
    pub revision: i64,
    /// Changes of the catalog from this mark on may not be taken in.
    pub horizon: i64,
    /// The highest number of a change when the sweep began.
    pub last_seq: i64,
    /// The last entity that was evaluated; empty before the first, `None` when all were.
    pub position: Option<String>,
    /// When all were, the last time.
    pub swept_at: Timestamp,
    /// Who has it leased.
    pub lease_owner: Option<String>,
    /// Until when.
    pub lease_until: Option<Timestamp>,
}

const COLUMNS: &str =
    "blueprint, revision, horizon, last_seq, position, swept_at, lease_owner, lease_until";

fn read(row: &Row) -> Result<SweepRow> {
    Ok(SweepRow {
        blueprint: row.text(0)?,
        revision: row.int(1)?,
        horizon: row.int(2)?,
        last_seq: row.int(3)?,
        position: row.opt_text(4)?,
        swept_at: row.time(5)?,
        lease_owner: row.opt_text(6)?,
        lease_until: row.opt_time(7)?,
    })
}

/// Every sweep, by blueprint.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<SweepRow>> {
    let sql = format!("SELECT {COLUMNS} FROM result_sweeps ORDER BY blueprint");
    tx.query_with(&sql, &[], read)
}

/// Leases the sweep of a blueprint, or keeps it leased; `None` if another server is at it. One that is not there is made,
/// as one before its first entity.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] if the blueprint is gone.
pub fn claim(
    tx: &mut Tx<'_>,
    blueprint: &str,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<SweepRow>> {
    tx.execute(
        "INSERT INTO result_sweeps (blueprint, revision, horizon, last_seq, swept_at) VALUES ($1, 0, 0, 0, 0) \
         ON CONFLICT (blueprint) DO NOTHING",
        &args![blueprint],
    )?;
    let claimed = tx.execute(
        "UPDATE result_sweeps SET lease_owner = $2, lease_until = $4 WHERE blueprint = $1 \
         AND (lease_owner IS NULL OR lease_owner = $2 OR lease_until <= $3)",
        &args![blueprint, owner, now, until],
    )?;
    if claimed == 0 {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM result_sweeps WHERE blueprint = $1");
    tx.find_with(&sql, &args![blueprint], read)
}

/// Begins a leased sweep with the first entity, as of a snapshot of this horizon. Whether `owner` still had it.
pub fn begin(
    tx: &mut Tx<'_>,
    blueprint: &str,
    owner: &str,
    revision: i64,
    horizon: i64,
    last_seq: i64,
) -> Result<bool> {
    let sql = "UPDATE result_sweeps SET revision = $3, horizon = $4, last_seq = $5, position = '' \
               WHERE blueprint = $1 AND lease_owner = $2";
    let begun = tx.execute(sql, &args![blueprint, owner, revision, horizon, last_seq])?;
    Ok(begun == 1)
}

/// Notes how far a leased sweep is, and keeps the lease for longer. Whether `owner` still had it.
pub fn keep(
    tx: &mut Tx<'_>,
    blueprint: &str,
    owner: &str,
    position: &str,
    until: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE result_sweeps SET position = $3, lease_until = $4 WHERE blueprint = $1 AND lease_owner = $2";
    Ok(tx.execute(sql, &args![blueprint, owner, position, until])? == 1)
}

/// Ends a leased sweep. Whether `owner` still had it.
pub fn finish(tx: &mut Tx<'_>, blueprint: &str, owner: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE result_sweeps SET position = NULL, swept_at = $3, lease_owner = NULL, lease_until = NULL \
               WHERE blueprint = $1 AND lease_owner = $2";
    Ok(tx.execute(sql, &args![blueprint, owner, now])? == 1)
}

/// Gives back what `owner` has leased, or every lease if it is `None`.
pub fn release(tx: &mut Tx<'_>, owner: Option<&str>) -> Result<u64> {
    match owner {
        Some(owner) => tx.execute(
            "UPDATE result_sweeps SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1",
            &args![owner],
        ),
        None => tx.execute(
            "UPDATE result_sweeps SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL",
            &[],
        ),
    }
}

/// Forgets the sweep of a blueprint that has no scorecards any more. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, blueprint: &str) -> Result<bool> {
    let sql = "DELETE FROM result_sweeps WHERE blueprint = $1";
    Ok(tx.execute(sql, &args![blueprint])? == 1)
}

/// Forgets every sweep, because their marks mean nothing in this database: all entities are to be evaluated again.
pub fn delete_all(tx: &mut Tx<'_>) -> Result<u64> {
    tx.execute("DELETE FROM result_sweeps", &[])
}
