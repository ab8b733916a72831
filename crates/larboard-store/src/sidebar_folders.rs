//! Folders of the sidebar.

use crate::{Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `sidebar_folders`.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderRow {
    /// Its identifier.
    pub identifier: String,
    /// What people read.
    pub title: String,
    /// The folder it is in.
    pub parent: Option<String>,
    /// The page or folder it comes after.
    pub after: Option<String>,
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
    "identifier, title, parent, after, created_at, created_by, updated_at, updated_by";

fn read(row: &Row) -> Result<FolderRow> {
    Ok(FolderRow {
        identifier: row.text(0)?,
        title: row.text(1)?,
        parent: row.opt_text(2)?,
        after: row.opt_text(3)?,
        created_at: row.time(4)?,
        created_by: row.text(5)?,
        updated_at: row.time(6)?,
        updated_by: row.text(7)?,
    })
}

/// Every folder, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<FolderRow>> {
    let sql = format!("SELECT {COLUMNS} FROM sidebar_folders ORDER BY created_at, identifier");
    tx.query(&sql, &[])?.iter().map(read).collect()
}

/// Makes a folder.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the identifier is taken.
pub fn insert(tx: &mut Tx<'_>, row: &FolderRow) -> Result<()> {
    tx.execute(
        "INSERT INTO sidebar_folders (identifier, title, parent, after, created_at, created_by, updated_at, updated_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            &row.identifier,
            &row.title,
            &row.parent,
            &row.after,
            row.created_at,
            &row.created_by,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(())
}

/// Writes a folder over the one of `identifier`, which may be renamed by it. Whether it was there.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the new identifier is taken.
pub fn update(tx: &mut Tx<'_>, identifier: &str, row: &FolderRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE sidebar_folders SET identifier = $2, title = $3, parent = $4, after = $5, updated_at = $6, updated_by = $7 \
         WHERE identifier = $1",
        &args![
            identifier,
            &row.identifier,
            &row.title,
            &row.parent,
            &row.after,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(changed == 1)
}

/// Deletes a folder. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, identifier: &str) -> Result<bool> {
    let sql = "DELETE FROM sidebar_folders WHERE identifier = $1";
    Ok(tx.execute(sql, &args![identifier])? == 1)
}
