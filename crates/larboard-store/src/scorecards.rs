//! Scorecards: their definitions. What entities reach by them is evaluated; what they were last known to reach is in
//! `entity_results.rs`.

use crate::{Arg, Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `scorecards`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScorecardRow {
    /// Its identifier: one namespace for all scorecards.
    pub identifier: String,
    /// `scorecard_…`, which never changes.
    pub id: String,
    /// The blueprint whose entities it evaluates.
    pub blueprint: String,
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
    "identifier, id, blueprint, doc, revision, created_at, created_by, updated_at, updated_by";

fn read(row: &Row) -> Result<ScorecardRow> {
    Ok(ScorecardRow {
        identifier: row.text(0)?,
        id: row.text(1)?,
        blueprint: row.text(2)?,
        doc: row.json(3)?,
        revision: row.int(4)?,
        created_at: row.time(5)?,
        created_by: row.text(6)?,
        updated_at: row.time(7)?,
        updated_by: row.text(8)?,
    })
}

/// Every scorecard, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<ScorecardRow>> {
    let sql = format!("SELECT {COLUMNS} FROM scorecards ORDER BY created_at, identifier");
    tx.query(&sql, &[])?.iter().map(read).collect()
}

/// The blueprints that have scorecards, by identifier.
pub fn list_blueprints(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT blueprint FROM scorecards ORDER BY blueprint";
    tx.query_with(sql, &[], |row| row.text(0))
}

/// The scorecards of a blueprint, oldest first.
pub fn list_of_blueprint(tx: &mut Tx<'_>, blueprint: &str) -> Result<Vec<ScorecardRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM scorecards WHERE blueprint = $1 ORDER BY created_at, identifier"
    );
    tx.query(&sql, &args![blueprint])?
        .iter()
        .map(read)
        .collect()
}

/// The scorecard of an identifier.
pub fn find(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<ScorecardRow>> {
    let sql = format!("SELECT {COLUMNS} FROM scorecards WHERE identifier = $1");
    tx.query_opt(&sql, &args![identifier])?
        .as_ref()
        .map(read)
        .transpose()
}

/// Makes a scorecard.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the identifier is taken, [`crate::StoreError::ForeignKey`] if the blueprint is gone.
pub fn insert(tx: &mut Tx<'_>, row: &ScorecardRow) -> Result<()> {
    tx.execute(
        "INSERT INTO scorecards (identifier, id, blueprint, doc, revision, created_at, created_by, updated_at, \
         updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            &row.identifier,
            &row.id,
            &row.blueprint,
            Arg::json(&row.doc),
            row.revision,
            row.created_at,
            &row.created_by,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(())
}

/// Writes a scorecard over the one of `identifier`, which may be renamed by it. Whether it was there.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the new identifier is taken.
pub fn update(tx: &mut Tx<'_>, identifier: &str, row: &ScorecardRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE scorecards SET identifier = $2, doc = $3, revision = $4, updated_at = $5, updated_by = $6 \
         WHERE identifier = $1",
        &args![
            identifier,
            &row.identifier,
            Arg::json(&row.doc),
            row.revision,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(changed == 1)
}

/// Deletes a scorecard. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, identifier: &str) -> Result<bool> {
    let sql = "DELETE FROM scorecards WHERE identifier = $1";
    Ok(tx.execute(sql, &args![identifier])? == 1)
}
