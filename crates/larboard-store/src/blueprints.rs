//! Blueprints, each a document with a revision.

use crate::{Arg, Result, Row, Tx, args, entity_changes};
use larboard_core::time::Timestamp;

/// A row of `blueprints`.
#[derive(Clone, Debug, PartialEq)]
pub struct BlueprintRow {
    /// Its identifier.
    pub identifier: String,
    /// Its title, a copy of the document's.
    pub title: Option<String>,
    /// Its icon, a copy of the document's.
    pub icon: Option<String>,
    /// The document as JSON text, without the meta keys below.
    pub doc: String,
    /// Grows with every change.
    pub revision: i64,
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
    "identifier, title, icon, doc, revision, created_at, created_by, updated_at, updated_by";

fn read(row: &Row) -> Result<BlueprintRow> {
    Ok(BlueprintRow {
        identifier: row.text(0)?,
        title: row.opt_text(1)?,
        icon: row.opt_text(2)?,
        doc: row.json(3)?,
        revision: row.int(4)?,
        created_at: row.time(5)?,
        created_by: row.text(6)?,
        updated_at: row.time(7)?,
        updated_by: row.text(8)?,
    })
}

/// Every blueprint, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<BlueprintRow>> {
    tx.query_with(
        &format!("SELECT {COLUMNS} FROM blueprints ORDER BY created_at, identifier"),
        &[],
        read,
    )
}

/// Every blueprint with its revision, by identifier: what tells whether any of them changed.
pub fn list_revisions(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>> {
    tx.query_with(
        "SELECT identifier, revision FROM blueprints ORDER BY identifier",
        &[],
        |row| Ok((row.text(0)?, row.int(1)?)),
    )
}

/// The blueprint of an identifier.
pub fn find(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<BlueprintRow>> {
    let sql = format!("SELECT {COLUMNS} FROM blueprints WHERE identifier = $1");
    tx.find_with(&sql, &args![identifier], read)
}

/// The revision of a blueprint, if it is there: what a cached validator is checked against inside a write.
pub fn find_revision(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<i64>> {
    let row = tx.query_opt(
        "SELECT revision FROM blueprints WHERE identifier = $1",
        &args![identifier],
    )?;
    row.map(|row| row.int(0)).transpose()
}

/// Gives a blueprint another revision, because something that is kept together with it changed: its scorecards.
pub fn advance(tx: &mut Tx<'_>, identifier: &str) -> Result<()> {
    tx.execute(
        "UPDATE blueprints SET revision = revision + 1 WHERE identifier = $1",
        &args![identifier],
    )?;
    entity_changes::note_blueprint(tx, identifier)
}

/// Makes a blueprint.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the identifier is taken.
pub fn insert(tx: &mut Tx<'_>, row: &BlueprintRow) -> Result<()> {
    tx.execute(
        "INSERT INTO blueprints (identifier, title, icon, doc, revision, created_at, created_by, updated_at, \
         updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            &row.identifier,
            &row.title,
            &row.icon,
            Arg::json(&row.doc),
            row.revision,
            row.created_at,
            &row.created_by,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    entity_changes::note_blueprint(tx, &row.identifier)
}

/// Writes a blueprint over the one of `identifier`, which may be renamed by it; its entities follow. Whether it was there.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the new identifier is taken.
pub fn update(tx: &mut Tx<'_>, identifier: &str, row: &BlueprintRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE blueprints SET identifier = $2, title = $3, icon = $4, doc = $5, revision = $6, updated_at = $7, \
         updated_by = $8 WHERE identifier = $1",
        &args![
            identifier,
            &row.identifier,
            &row.title,
            &row.icon,
            Arg::json(&row.doc),
            row.revision,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    if identifier == row.identifier {
        entity_changes::note_blueprint(tx, identifier)?;
    } else {
        // Every entity is another's now.
        entity_changes::note(tx, identifier, "")?;
        entity_changes::note(tx, &row.identifier, "")?;
    }
    Ok(changed == 1)
}

/// Deletes a blueprint without entities. Whether it was there.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] if it has entities.
pub fn delete(tx: &mut Tx<'_>, identifier: &str) -> Result<bool> {
    let sql = "DELETE FROM blueprints WHERE identifier = $1";
    let deleted = tx.execute(sql, &args![identifier])? == 1;
    entity_changes::note(tx, identifier, "")?;
    Ok(deleted)
}
