//! Who may do what with the entities of a blueprint, as JSON text; nothing is kept until somebody has said so.

use crate::{Arg, Result, Tx, args};

/// What was said of a blueprint.
pub fn find(tx: &mut Tx<'_>, blueprint: &str) -> Result<Option<String>> {
    let sql = "SELECT doc FROM blueprint_permissions WHERE blueprint = $1";
    let row = tx.query_opt(sql, &args![blueprint])?;
    row.map(|row| row.json(0)).transpose()
}

/// Writes what was said of a blueprint over what was said before.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] if the blueprint is not there.
pub fn set(tx: &mut Tx<'_>, blueprint: &str, doc: &str) -> Result<()> {
    tx.execute(
        "INSERT INTO blueprint_permissions (blueprint, doc) VALUES ($1, $2) \
         ON CONFLICT (blueprint) DO UPDATE SET doc = excluded.doc",
        &args![blueprint, Arg::json(doc)],
    )?;
    Ok(())
}
