//! The one organization of a database.

use crate::{Result, Row, StoreError, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `organizations`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrganizationRow {
    /// `org_…`
    pub id: String,
    /// The name people see.
    pub name: String,
    /// Everything else that can be set, as JSON text.
    pub settings: String,
    /// A sealed text that only the right master key opens.
    pub key_check: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

const COLUMNS: &str = "id, name, settings, key_check, created_at, updated_at";

fn read(row: &Row) -> Result<OrganizationRow> {
    Ok(OrganizationRow {
        id: row.text(0)?,
        name: row.text(1)?,
        settings: row.json(2)?,
        key_check: row.bytes(3)?,
        created_at: row.time(4)?,
        updated_at: row.time(5)?,
    })
}

/// The organization, if the first start has made it.
pub fn find(tx: &mut Tx<'_>) -> Result<Option<OrganizationRow>> {
    tx.find_with(
        &format!("SELECT {COLUMNS} FROM organizations ORDER BY id LIMIT 1"),
        &[],
        read,
    )
}

/// The organization.
///
/// # Errors
/// [`StoreError::Missing`] before the first start has made it.
pub fn get(tx: &mut Tx<'_>) -> Result<OrganizationRow> {
    find(tx)?.ok_or(StoreError::Missing)
}

/// Makes the organization.
pub fn insert(tx: &mut Tx<'_>, row: &OrganizationRow) -> Result<()> {
    tx.execute(
        "INSERT INTO organizations (id, name, settings, key_check, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &args![&row.id, &row.name, crate::Arg::json(&row.settings), &row.key_check, row.created_at, row.updated_at],
    )?;
    Ok(())
}

/// Writes name and settings.
pub fn update(tx: &mut Tx<'_>, id: &str, name: &str, settings: &str, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE organizations SET name = $2, settings = $3, updated_at = $4 WHERE id = $1",
        &args![id, name, crate::Arg::json(settings), now],
    )?;
    Ok(())
}

/// Writes the key check, after the master key was changed.
pub fn set_key_check(tx: &mut Tx<'_>, key_check: Vec<u8>) -> Result<()> {
    tx.execute("UPDATE organizations SET key_check = $1", &args![key_check])?;
    Ok(())
}
