//! Keys with which clients repeat an execution safely.

use crate::{Result, Tx, args};
use larboard_core::time::Timestamp;

/// What a key was first used for.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstUse {
    /// SHA-256 of the request.
    pub fingerprint: Vec<u8>,
    /// The run it made.
    pub run_id: String,
}

/// The first use of a caller's key.
pub fn find(tx: &mut Tx<'_>, caller: &str, key: &str) -> Result<Option<FirstUse>> {
    let sql = "SELECT fingerprint, run_id FROM idempotency_keys WHERE caller = $1 AND key = $2";
    let row = tx.query_opt(sql, &args![caller, key])?;
    row.map(|row| {
        Ok(FirstUse {
            fingerprint: row.bytes(0)?,
            run_id: row.text(1)?,
        })
    })
    .transpose()
}

/// Remembers the first use of a key, in the transaction of its run.
///
/// # Errors
/// [`crate::StoreError::Unique`] if another request used it at the same moment.
pub fn insert(
    tx: &mut Tx<'_>,
    caller: &str,
    key: &str,
    first: &FirstUse,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO idempotency_keys (caller, key, fingerprint, run_id, created_at) VALUES ($1, $2, $3, $4, $5)",
        &args![caller, key, &first.fingerprint, &first.run_id, now],
    )?;
    Ok(())
}

/// Forgets keys first used before `before`.
pub fn delete_older(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE created_at < $1",
        &args![before],
    )
}
