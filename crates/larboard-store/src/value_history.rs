//! Numbers that entities had by computed properties, and since when. The rows follow their entities when those are renamed
//! or deleted.

use crate::backend::Rows;
use crate::{Arg, Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `value_history`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesRow {
    /// The blueprint of the entity.
    pub blueprint: String,
    /// The entity.
    pub entity: String,
    /// Since when, until the next row.
    pub at: Timestamp,
    /// The numbers by property as JSON text.
    pub numbers: String,
}

const COLUMNS: &str = "blueprint, entity, at, numbers";

fn read(row: &Row) -> Result<ValuesRow> {
    Ok(ValuesRow {
        blueprint: row.text(0)?,
        entity: row.text(1)?,
        at: row.time(2)?,
        numbers: row.json(3)?,
    })
}

/// What was recorded of an entity until an instant, that included, oldest first.
pub fn list(
    tx: &mut Tx<'_>,
    blueprint: &str,
    entity: &str,
    until: Timestamp,
) -> Result<Vec<ValuesRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM value_history WHERE blueprint = $1 AND entity = $2 AND at <= $3 ORDER BY at"
    );
    tx.query_with(&sql, &args![blueprint, entity, until], read)
}

/// What was recorded last of each entity of a blueprint from the identifier `first` to `last`, both included: entity and
/// numbers, in no order, without the entities of which nothing was.
pub fn list_newest(
    tx: &mut Tx<'_>,
    blueprint: &str,
    first: &str,
    last: &str,
) -> Result<Vec<(String, String)>> {
    // Each of the few rows is sought in the key, however many older ones there are.
    let sql = "SELECT e.identifier, h.numbers FROM entities e JOIN value_history h \
               ON h.blueprint = e.blueprint AND h.entity = e.identifier AND h.at = \
               (SELECT MAX(n.at) FROM value_history n WHERE n.blueprint = e.blueprint AND n.entity = e.identifier) \
               WHERE e.blueprint = $1 AND e.identifier >= $2 AND e.identifier <= $3";
    tx.query_with(sql, &args![blueprint, first, last], |row| {
        Ok((row.text(0)?, row.json(1)?))
    })
}

/// Records numbers of entities, each at most once, over what was recorded of them for the same instant.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] if one of the entities is not there.
pub fn put_many(tx: &mut Tx<'_>, rows: &[ValuesRow]) -> Result<()> {
    let values = rows
        .iter()
        .map(|row| args![&row.blueprint, &row.entity, row.at, Arg::json(&row.numbers)]);
    tx.execute_rows(&PUT_MANY, values)
}

static PUT_MANY: Rows = Rows::new(
    "INSERT INTO value_history (blueprint, entity, at, numbers)",
    4,
    // The blueprint and the instant.
    &[0, 2],
    " ON CONFLICT (blueprint, entity, at) DO UPDATE SET numbers = excluded.numbers",
);

/// Forgets what an entity had before what it had at an instant. How many rows there were.
pub fn delete_before(
    tx: &mut Tx<'_>,
    blueprint: &str,
    entity: &str,
    instant: Timestamp,
) -> Result<u64> {
    let sql = "DELETE FROM value_history WHERE blueprint = $1 AND entity = $2 AND at < \
               (SELECT MAX(n.at) FROM value_history n WHERE n.blueprint = $1 AND n.entity = $2 AND n.at <= $3)";
    tx.execute(sql, &args![blueprint, entity, instant])
}

/// Forgets up to `limit` rows of the entities of a blueprint. How many there were.
pub fn delete_some(tx: &mut Tx<'_>, blueprint: &str, limit: i64) -> Result<u64> {
    let sql = "DELETE FROM value_history WHERE blueprint = $1 AND (entity, at) IN \
               (SELECT entity, at FROM value_history WHERE blueprint = $1 ORDER BY entity, at LIMIT $2)";
    tx.execute(sql, &args![blueprint, limit])
}
