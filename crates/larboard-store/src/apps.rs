//! Machine credentials.

use crate::{Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `apps`.
#[derive(Clone, Debug, PartialEq)]
pub struct AppRow {
    /// The client id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The sealed client secret.
    pub secret_enc: Vec<u8>,
    /// The sealed secret of before the last rotation.
    pub previous_secret_enc: Option<Vec<u8>>,
    /// Until when the previous secret authenticates.
    pub previous_until: Option<Timestamp>,
    /// Whether its secret signs outgoing webhooks.
    pub is_default: bool,
    /// Whether it may authenticate.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "id, name, secret_enc, previous_secret_enc, previous_until, is_default, enabled, created_at, updated_at";

fn read(row: &Row) -> Result<AppRow> {
    Ok(AppRow {
        id: row.text(0)?,
        name: row.text(1)?,
        secret_enc: row.bytes(2)?,
        previous_secret_enc: row.opt_bytes(3)?,
        previous_until: row.opt_time(4)?,
        is_default: row.bool(5)?,
        enabled: row.bool(6)?,
        created_at: row.time(7)?,
        updated_at: row.time(8)?,
    })
}

/// Every app, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<AppRow>> {
    tx.query_with(
        &format!("SELECT {COLUMNS} FROM apps ORDER BY created_at, id"),
        &[],
        read,
    )
}

/// The app of a client id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<AppRow>> {
    tx.find_with(
        &format!("SELECT {COLUMNS} FROM apps WHERE id = $1"),
        &args![id],
        read,
    )
}

/// Makes an app.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the client id is taken.
pub fn insert(tx: &mut Tx<'_>, row: &AppRow) -> Result<()> {
    tx.execute(
        "INSERT INTO apps (id, name, secret_enc, previous_secret_enc, previous_until, is_default, enabled, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            &row.id,
            &row.name,
            &row.secret_enc,
            &row.previous_secret_enc,
            row.previous_until,
            row.is_default,
            row.enabled,
            row.created_at,
            row.updated_at
        ],
    )?;
    Ok(())
}

/// Writes everything of an app but its id and when it was made. Whether it was there.
pub fn update(tx: &mut Tx<'_>, row: &AppRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE apps SET name = $2, secret_enc = $3, previous_secret_enc = $4, previous_until = $5, is_default = $6, \
         enabled = $7, updated_at = $8 WHERE id = $1",
        &args![
            &row.id,
            &row.name,
            &row.secret_enc,
            &row.previous_secret_enc,
            row.previous_until,
            row.is_default,
            row.enabled,
            row.updated_at
        ],
    )?;
    Ok(changed == 1)
}

/// Deletes an app. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM apps WHERE id = $1", &args![id])? == 1)
}
