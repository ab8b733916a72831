//! Pages of the portal, each a document with the permissions it was given.

use crate::{Arg, Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `pages`.
#[derive(Clone, Debug, PartialEq)]
pub struct PageRow {
    /// Its identifier.
    pub identifier: String,
    /// Its type, a copy of the document's.
    pub kind: String,
    /// The blueprint it is about, a copy of the document's.
    pub blueprint: Option<String>,
    /// The document as JSON text, without the meta keys below.
    pub doc: String,
    /// Who may read and change it, as JSON text; `None` until somebody has said so.
    pub permissions: Option<String>,
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
    "identifier, type, blueprint, doc, permissions, created_at, created_by, updated_at, updated_by";

fn read(row: &Row) -> Result<PageRow> {
    Ok(PageRow {
        identifier: row.text(0)?,
        kind: row.text(1)?,
        blueprint: row.opt_text(2)?,
        doc: row.json(3)?,
        permissions: row.opt_json(4)?,
        created_at: row.time(5)?,
        created_by: row.text(6)?,
        updated_at: row.time(7)?,
        updated_by: row.text(8)?,
    })
}

/// Every page, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<PageRow>> {
    let sql = format!("SELECT {COLUMNS} FROM pages ORDER BY created_at, identifier");
    tx.query(&sql, &[])?.iter().map(read).collect()
}

/// The pages about a blueprint.
pub fn list_of_blueprint(tx: &mut Tx<'_>, blueprint: &str) -> Result<Vec<PageRow>> {
    let sql = format!("SELECT {COLUMNS} FROM pages WHERE blueprint = $1 ORDER BY identifier");
    tx.query(&sql, &args![blueprint])?
        .iter()
        .map(read)
        .collect()
}

/// The page of an identifier.
pub fn find(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<PageRow>> {
    let sql = format!("SELECT {COLUMNS} FROM pages WHERE identifier = $1");
    tx.query_opt(&sql, &args![identifier])?
        .as_ref()
        .map(read)
        .transpose()
}

/// Makes a page.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the identifier is taken.
pub fn insert(tx: &mut Tx<'_>, row: &PageRow) -> Result<()> {
    tx.execute(
        "INSERT INTO pages (identifier, type, blueprint, doc, permissions, created_at, created_by, updated_at, updated_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            &row.identifier,
            &row.kind,
            &row.blueprint,
            Arg::json(&row.doc),
            row.permissions.as_ref().map(Arg::json),
            row.created_at,
            &row.created_by,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(())
}

/// Writes a page over the one of `identifier`, which may be renamed by it. Whether it was there.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the new identifier is taken.
pub fn update(tx: &mut Tx<'_>, identifier: &str, row: &PageRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE pages SET identifier = $2, type = $3, blueprint = $4, doc = $5, permissions = $6, updated_at = $7, \
         updated_by = $8 WHERE identifier = $1",
        &args![
            identifier,
            &row.identifier,
            &row.kind,
            &row.blueprint,
            Arg::json(&row.doc),
            row.permissions.as_ref().map(Arg::json),
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(changed == 1)
}

/// Deletes a page. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, identifier: &str) -> Result<bool> {
    let sql = "DELETE FROM pages WHERE identifier = $1";
    Ok(tx.execute(sql, &args![identifier])? == 1)
}
