//! Migrations of the catalog: long jobs over all entities of a blueprint, leased to one process at a time.

use crate::{Arg, Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `migrations`.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationRow {
    /// `migration_…`
    pub id: String,
    /// The blueprint whose entities it goes through.
    pub source_blueprint: String,
    /// What it makes of each, as JSON text.
    pub mapping: String,
    /// `INITIALIZING`, `PENDING`, `RUNNING`, `COMPLETED`, `FAILURE`, `CANCELLED` or `PENDING_CANCELLATION`.
    pub status: String,
    /// It deletes the entities.
    pub delete_entities: bool,
    /// It deletes the blueprint at the end.
    pub delete_blueprint: bool,
    /// Entities done.
    pub success_count: i64,
    /// Entities that could not be done.
    pub failure_count: i64,
    /// Why it failed or was cancelled.
    pub reason: Option<String>,
    /// The identifier of the last entity looked at; empty before the first.
    pub position: String,
    /// The run it belongs to.
    pub run_id: Option<String>,
    /// On whose behalf it acts, as JSON text.
    pub caller: String,
    /// When made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

const COLUMNS: &str = "id, source_blueprint, mapping, status, delete_entities, delete_blueprint, success_count, failure_count, \
                       reason, position, run_id, caller, created_at, created_by, updated_at, updated_by";

/// The statuses of a job that has not ended.
const UNFINISHED: &str = "status IN ('INITIALIZING', 'PENDING', 'RUNNING', 'PENDING_CANCELLATION')";

fn read(row: &Row) -> Result<MigrationRow> {
    Ok(MigrationRow {
        id: row.text(0)?,
        source_blueprint: row.text(1)?,
        mapping: row.json(2)?,
        status: row.text(3)?,
        delete_entities: row.bool(4)?,
        delete_blueprint: row.bool(5)?,
        success_count: row.int(6)?,
        failure_count: row.int(7)?,
        reason: row.opt_text(8)?,
        position: row.text(9)?,
        run_id: row.opt_text(10)?,
        caller: row.json(11)?,
        created_at: row.time(12)?,
        created_by: row.text(13)?,
        updated_at: row.time(14)?,
        updated_by: row.text(15)?,
    })
}

/// Makes a migration that nobody has leased.
pub fn insert(tx: &mut Tx<'_>, row: &MigrationRow) -> Result<()> {
    tx.execute(
        "INSERT INTO migrations (id, source_blueprint, mapping, status, delete_entities, delete_blueprint, success_count, \
         failure_count, reason, position, run_id, caller, created_at, created_by, updated_at, updated_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &args![
            &row.id,
            &row.source_blueprint,
            Arg::json(&row.mapping),
            &row.status,
            row.delete_entities,
            row.delete_blueprint,
            row.success_count,
            row.failure_count,
            &row.reason,
            &row.position,
            &row.run_id,
            Arg::json(&row.caller),
            row.created_at,
            &row.created_by,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(())
}

/// The migration of an id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<MigrationRow>> {
    let sql = format!("SELECT {COLUMNS} FROM migrations WHERE id = $1");
    tx.query_opt(&sql, &args![id])?
        .as_ref()
        .map(read)
        .transpose()
}

/// The migration of an id, if `owner` has it leased: what a worker reads again inside each chunk.
pub fn find_leased(tx: &mut Tx<'_>, id: &str, owner: &str) -> Result<Option<MigrationRow>> {
    let sql = format!("SELECT {COLUMNS} FROM migrations WHERE id = $1 AND lease_owner = $2");
    tx.query_opt(&sql, &args![id, owner])?
        .as_ref()
        .map(read)
        .transpose()
}

/// Every migration, newest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<MigrationRow>> {
    let sql = format!("SELECT {COLUMNS} FROM migrations ORDER BY created_at DESC, id DESC");
    tx.query(&sql, &[])?.iter().map(read).collect()
}

/// Writes status, counts, reason, position, blueprint and stamps of a migration. Whether it was there.
pub fn update(tx: &mut Tx<'_>, row: &MigrationRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE migrations SET source_blueprint = $2, mapping = $3, status = $4, success_count = $5, failure_count = $6, \
         reason = $7, position = $8, updated_at = $9, updated_by = $10 WHERE id = $1",
        &args![
            &row.id,
            &row.source_blueprint,
            Arg::json(&row.mapping),
            &row.status,
            row.success_count,
            row.failure_count,
            &row.reason,
            &row.position,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(changed == 1)
}

/// When the first of the migrations that have not ended may be leased: at once (the epoch) if nobody works on it, else when
/// its lease runs out. `None` if all have ended.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    let sql = format!(
        "SELECT COALESCE(lease_until, 0) FROM migrations WHERE {UNFINISHED} ORDER BY 1 LIMIT 1"
    );
    tx.query_opt(&sql, &[])?.map(|row| row.time(0)).transpose()
}

/// Leases the oldest migration that has not ended and that nobody works on.
pub fn claim_one(
    tx: &mut Tx<'_>,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<String>> {
    let sql = format!(
        "SELECT id FROM migrations WHERE {UNFINISHED} AND (lease_until IS NULL OR lease_until <= $1) \
         ORDER BY created_at, id LIMIT 1{}",
        tx.dialect().for_update_skip_locked()
    );
    let Some(row) = tx.query_opt(&sql, &args![now])? else {
        return Ok(None);
    };
    let id = row.text(0)?;
    tx.execute(
        "UPDATE migrations SET lease_owner = $2, lease_until = $3 WHERE id = $1",
        &args![&id, owner, until],
    )?;
    Ok(Some(id))
}

/// Keeps a lease for longer. Whether `owner` still had it.
pub fn renew(tx: &mut Tx<'_>, id: &str, owner: &str, until: Timestamp) -> Result<bool> {
    let sql = "UPDATE migrations SET lease_until = $3 WHERE id = $1 AND lease_owner = $2";
    Ok(tx.execute(sql, &args![id, owner, until])? == 1)
}

/// Gives back what `owner` has leased, or every lease if it is `None`, so that others need not wait for them to run out.
pub fn release(tx: &mut Tx<'_>, owner: Option<&str>) -> Result<u64> {
    match owner {
        Some(owner) => tx.execute(
            "UPDATE migrations SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1",
            &args![owner],
        ),
        None => tx.execute(
            "UPDATE migrations SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL",
            &[],
        ),
    }
}
