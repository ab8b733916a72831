//! Secrets for templates. Their values are sealed and leave the store only to be rendered into a request.

use crate::{Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `secrets`.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretRow {
    /// The name templates use.
    pub name: String,
    /// The sealed value.
    pub value_enc: Vec<u8>,
    /// What it is for.
    pub description: Option<String>,
    /// When made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

const COLUMNS: &str =
    "name, value_enc, description, created_at, created_by, updated_at, updated_by";

fn read(row: &Row) -> Result<SecretRow> {
    Ok(SecretRow {
        name: row.text(0)?,
        value_enc: row.bytes(1)?,
        description: row.opt_text(2)?,
        created_at: row.time(3)?,
        created_by: row.text(4)?,
        updated_at: row.time(5)?,
        updated_by: row.text(6)?,
    })
}

/// Every secret, by name.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<SecretRow>> {
    tx.query_with(
        &format!("SELECT {COLUMNS} FROM secrets ORDER BY name"),
        &[],
        read,
    )
}

/// The secret of a name.
pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<SecretRow>> {
    tx.find_with(
        &format!("SELECT {COLUMNS} FROM secrets WHERE name = $1"),
        &args![name],
        read,
    )
}

/// Makes a secret.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the name is taken.
pub fn insert(tx: &mut Tx<'_>, row: &SecretRow) -> Result<()> {
    tx.execute(
        "INSERT INTO secrets (name, value_enc, description, created_at, created_by, updated_at, updated_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &args![
            &row.name,
            &row.value_enc,
            &row.description,
            row.created_at,
            &row.created_by,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(())
}

/// Writes value and description. Whether it was there.
pub fn update(tx: &mut Tx<'_>, row: &SecretRow) -> Result<bool> {
    let sql = "UPDATE secrets SET value_enc = $2, description = $3, updated_at = $4, updated_by = $5 WHERE name = $1";
    let bound = args![
        &row.name,
        &row.value_enc,
        &row.description,
        row.updated_at,
        &row.updated_by
    ];
    Ok(tx.execute(sql, &bound)? == 1)
}

/// Deletes a secret. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, name: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM secrets WHERE name = $1", &args![name])? == 1)
}
