//! The lines of a run's log, numbered densely from 1.

use crate::{Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `run_logs`.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLogRow {
    /// Its place in the run's log, from 1 without gaps.
    pub seq: i64,
    /// `log_…`
    pub id: String,
    /// The text.
    pub message: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
}

fn read(row: &Row) -> Result<RunLogRow> {
    Ok(RunLogRow {
        seq: row.int(0)?,
        id: row.text(1)?,
        message: row.text(2)?,
        created_at: row.time(3)?,
        created_by: row.text(4)?,
    })
}

/// Writes a line. Its number comes from [`crate::runs::claim_log_seq`] in the same transaction.
pub fn insert(tx: &mut Tx<'_>, run_id: &str, row: &RunLogRow) -> Result<()> {
    tx.execute(
        "INSERT INTO run_logs (run_id, seq, id, message, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)",
        &args![run_id, row.seq, &row.id, &row.message, row.created_at, &row.created_by],
    )?;
    Ok(())
}

/// Up to `limit` lines after the one numbered `after`, oldest first.
pub fn list_after(tx: &mut Tx<'_>, run_id: &str, after: i64, limit: i64) -> Result<Vec<RunLogRow>> {
    tx.query_with(
        "SELECT seq, id, message, created_at, created_by FROM run_logs WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        &args![run_id, after, limit], read)
}
