//! How often something was changed that processes keep in memory: what a process compares that hears of no notices.

use crate::{Result, Tx, args};

/// Counts one more change of what is called `name`.
pub fn advance(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO revisions (name, value) VALUES ($1, 1) \
         ON CONFLICT (name) DO UPDATE SET value = revisions.value + 1",
        &args![name],
    )?;
    Ok(())
}

/// The changes of what is called `name` so far.
pub fn count(tx: &mut Tx<'_>, name: &str) -> Result<i64> {
    tx.query_opt("SELECT value FROM revisions WHERE name = $1", &args![name])?
        .map_or(Ok(0), |row| row.int(0))
}
