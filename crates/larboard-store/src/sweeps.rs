//! Sweeps over the entities of blueprints, which evaluate them again for some purpose: how far each is, and which server is
//! at it. A sweep is leased to one server at a time, so that none does the work of another; what keeps it right is not
//! the lease but that a page is compared and written in one transaction.

use crate::{Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `sweeps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepRow {
    /// What entities are evaluated for; each purpose has its own sweeps.
    pub purpose: String,
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
    "purpose, blueprint, revision, horizon, last_seq, position, swept_at, lease_owner, lease_until";

fn read(row: &Row) -> Result<SweepRow> {
    Ok(SweepRow {
        purpose: row.text(0)?,
        blueprint: row.text(1)?,
        revision: row.int(2)?,
        horizon: row.int(3)?,
        last_seq: row.int(4)?,
        position: row.opt_text(5)?,
        swept_at: row.time(6)?,
        lease_owner: row.opt_text(7)?,
        lease_until: row.opt_time(8)?,
    })
}

/// Which sweep: its purpose and its blueprint.
#[derive(Clone, Copy, Debug)]
pub struct Sweep<'a> {
    /// What entities are evaluated for.
    pub purpose: &'a str,
    /// The blueprint whose entities are evaluated.
    pub blueprint: &'a str,
}

/// Every sweep of a purpose, by blueprint.
pub fn list(tx: &mut Tx<'_>, purpose: &str) -> Result<Vec<SweepRow>> {
    let sql = format!("SELECT {COLUMNS} FROM sweeps WHERE purpose = $1 ORDER BY blueprint");
    tx.query_with(&sql, &args![purpose], read)
}

/// Leases a sweep, or keeps it leased; `None` if another server is at it. One that is not there is made, as one before its
/// first entity.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] if the blueprint is gone.
pub fn claim(
    tx: &mut Tx<'_>,
    sweep: Sweep<'_>,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<SweepRow>> {
    let Sweep { purpose, blueprint } = sweep;
    tx.execute(
        "INSERT INTO sweeps (purpose, blueprint, revision, horizon, last_seq, swept_at) VALUES ($1, $2, 0, 0, 0, 0) \
         ON CONFLICT (purpose, blueprint) DO NOTHING",
        &args![purpose, blueprint],
    )?;
    let claimed = tx.execute(
        "UPDATE sweeps SET lease_owner = $3, lease_until = $5 WHERE purpose = $1 AND blueprint = $2 \
         AND (lease_owner IS NULL OR lease_owner = $3 OR lease_until <= $4)",
        &args![purpose, blueprint, owner, now, until],
    )?;
    if claimed == 0 {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM sweeps WHERE purpose = $1 AND blueprint = $2");
    tx.find_with(&sql, &args![purpose, blueprint], read)
}

/// Begins a leased sweep with the first entity, as of a snapshot of this horizon. Whether `owner` still had it.
pub fn begin(
    tx: &mut Tx<'_>,
    Sweep { purpose, blueprint }: Sweep<'_>,
    owner: &str,
    revision: i64,
    horizon: i64,
    last_seq: i64,
) -> Result<bool> {
    let sql = "UPDATE sweeps SET revision = $4, horizon = $5, last_seq = $6, position = '' \
               WHERE purpose = $1 AND blueprint = $2 AND lease_owner = $3";
    let begun = tx.execute(
        sql,
        &args![purpose, blueprint, owner, revision, horizon, last_seq],
    )?;
    Ok(begun == 1)
}

/// Notes how far a leased sweep is, and keeps the lease for longer. Whether `owner` still had it.
pub fn keep(
    tx: &mut Tx<'_>,
    Sweep { purpose, blueprint }: Sweep<'_>,
    owner: &str,
    position: &str,
    until: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE sweeps SET position = $4, lease_until = $5 \
               WHERE purpose = $1 AND blueprint = $2 AND lease_owner = $3";
    Ok(tx.execute(sql, &args![purpose, blueprint, owner, position, until])? == 1)
}

/// Ends a leased sweep. Whether `owner` still had it.
pub fn finish(
    tx: &mut Tx<'_>,
    Sweep { purpose, blueprint }: Sweep<'_>,
    owner: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE sweeps SET position = NULL, swept_at = $4, lease_owner = NULL, lease_until = NULL \
               WHERE purpose = $1 AND blueprint = $2 AND lease_owner = $3";
    Ok(tx.execute(sql, &args![purpose, blueprint, owner, now])? == 1)
}

/// Gives back what `owner` has leased, or every lease if it is `None`.
pub fn release(tx: &mut Tx<'_>, owner: Option<&str>) -> Result<u64> {
    match owner {
        Some(owner) => tx.execute(
            "UPDATE sweeps SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1",
            &args![owner],
        ),
        None => tx.execute(
            "UPDATE sweeps SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL",
            &[],
        ),
    }
}

/// Forgets a sweep that has nothing to evaluate any more. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, Sweep { purpose, blueprint }: Sweep<'_>) -> Result<bool> {
    let sql = "DELETE FROM sweeps WHERE purpose = $1 AND blueprint = $2";
    Ok(tx.execute(sql, &args![purpose, blueprint])? == 1)
}

/// Forgets every sweep, because their marks mean nothing in this database: all entities are to be evaluated again.
pub fn delete_all(tx: &mut Tx<'_>) -> Result<u64> {
    tx.execute("DELETE FROM sweeps", &[])
}
