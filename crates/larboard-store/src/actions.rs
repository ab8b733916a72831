//! Actions, each stored once whichever shape it was written in.

use crate::{Arg, Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `actions`.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRow {
    /// Its identifier: one namespace for all actions.
    pub identifier: String,
    /// `action_…`, which never changes.
    pub id: String,
    /// Its title, a copy of the document's.
    pub title: Option<String>,
    /// Its icon, a copy of the document's.
    pub icon: Option<String>,
    /// The blueprint its trigger names.
    pub blueprint: Option<String>,
    /// `self-service` or `automation`.
    pub trigger_type: String,
    /// `CREATE`, `DAY-2` or `DELETE`.
    pub operation: Option<String>,
    /// The blueprint whose legacy routes made it.
    pub legacy_blueprint: Option<String>,
    /// The document as JSON text, without meta keys.
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

const COLUMNS: &str = "identifier, id, title, icon, blueprint, trigger_type, operation, legacy_blueprint, doc, revision, \
                       created_at, created_by, updated_at, updated_by";

fn read(row: &Row) -> Result<ActionRow> {
    Ok(ActionRow {
        identifier: row.text(0)?,
        id: row.text(1)?,
        title: row.opt_text(2)?,
        icon: row.opt_text(3)?,
        blueprint: row.opt_text(4)?,
        trigger_type: row.text(5)?,
        operation: row.opt_text(6)?,
        legacy_blueprint: row.opt_text(7)?,
        doc: row.json(8)?,
        revision: row.int(9)?,
        created_at: row.time(10)?,
        created_by: row.text(11)?,
        updated_at: row.time(12)?,
        updated_by: row.text(13)?,
    })
}

/// Every action, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<ActionRow>> {
    tx.query_with(
        &format!("SELECT {COLUMNS} FROM actions ORDER BY created_at, identifier"),
        &[],
        read,
    )
}

/// The actions a blueprint's legacy routes made, oldest first.
pub fn list_legacy(tx: &mut Tx<'_>, blueprint: &str) -> Result<Vec<ActionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM actions WHERE legacy_blueprint = $1 ORDER BY created_at, identifier"
    );
    tx.query_with(&sql, &args![blueprint], read)
}

/// The actions bound to a blueprint, oldest first.
pub fn list_of_blueprint(tx: &mut Tx<'_>, blueprint: &str) -> Result<Vec<ActionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM actions WHERE blueprint = $1 ORDER BY created_at, identifier"
    );
    tx.query_with(&sql, &args![blueprint], read)
}

/// The action of an identifier, or of `<blueprint>_<identifier>` for one made by the legacy routes (facts/addenda.md).
pub fn find(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<ActionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM actions WHERE identifier = $1");
    if let Some(row) = tx.query_opt(&sql, &args![identifier])? {
        return read(&row).map(Some);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM actions WHERE legacy_blueprint || '_' || identifier = $1 ORDER BY identifier LIMIT 1"
    );
    tx.find_with(&sql, &args![identifier], read)
}

/// The revision of an action, if it is there.
pub fn find_revision(tx: &mut Tx<'_>, identifier: &str) -> Result<Option<i64>> {
    let row = tx.query_opt(
        "SELECT revision FROM actions WHERE identifier = $1",
        &args![identifier],
    )?;
    row.map(|row| row.int(0)).transpose()
}

/// Makes an action.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the identifier is taken.
pub fn insert(tx: &mut Tx<'_>, row: &ActionRow) -> Result<()> {
    tx.execute(
        "INSERT INTO actions (identifier, id, title, icon, blueprint, trigger_type, operation, legacy_blueprint, doc, \
         revision, created_at, created_by, updated_at, updated_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &args![
            &row.identifier,
            &row.id,
            &row.title,
            &row.icon,
            &row.blueprint,
            &row.trigger_type,
            &row.operation,
            &row.legacy_blueprint,
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

/// Writes an action over the one of `identifier`, which may be renamed by it. Whether it was there.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the new identifier is taken.
pub fn update(tx: &mut Tx<'_>, identifier: &str, row: &ActionRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE actions SET identifier = $2, title = $3, icon = $4, blueprint = $5, trigger_type = $6, operation = $7, \
         legacy_blueprint = $8, doc = $9, revision = $10, updated_at = $11, updated_by = $12 WHERE identifier = $1",
        &args![
            identifier,
            &row.identifier,
            &row.title,
            &row.icon,
            &row.blueprint,
            &row.trigger_type,
            &row.operation,
            &row.legacy_blueprint,
            Arg::json(&row.doc),
            row.revision,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    Ok(changed == 1)
}

/// Deletes an action; its runs stay. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, identifier: &str) -> Result<bool> {
    Ok(tx.execute(
        "DELETE FROM actions WHERE identifier = $1",
        &args![identifier],
    )? == 1)
}
