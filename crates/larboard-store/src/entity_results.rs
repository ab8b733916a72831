//! What entities of blueprints with scorecards were last known to reach. The rows follow their entities when those are
//! renamed or deleted.

use crate::backend::Rows;
use crate::{Arg, Result, Row, Tx, args};
use std::sync::OnceLock;

/// A row of `entity_results`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsRow {
    /// The blueprint of the entity.
    pub blueprint: String,
    /// The entity.
    pub entity: String,
    /// The revision of the blueprint that it was evaluated by.
    pub revision: i64,
    /// The results as JSON text.
    pub results: String,
}

const COLUMNS: &str = "blueprint, entity, revision, results";

/// Entities read by one statement: few, so that there are few statements to keep prepared.
const AT_ONCE: usize = 20;

/// Statements by the number of their entities less one.
static FIND_MANY: [OnceLock<String>; AT_ONCE] = [const { OnceLock::new() }; AT_ONCE];

fn read(row: &Row) -> Result<ResultsRow> {
    Ok(ResultsRow {
        blueprint: row.text(0)?,
        entity: row.text(1)?,
        revision: row.int(2)?,
        results: row.json(3)?,
    })
}

/// What is known of an entity.
pub fn find(tx: &mut Tx<'_>, blueprint: &str, entity: &str) -> Result<Option<ResultsRow>> {
    let sql = format!("SELECT {COLUMNS} FROM entity_results WHERE blueprint = $1 AND entity = $2");
    tx.find_with(&sql, &args![blueprint, entity], read)
}

/// What is known of these entities of a blueprint, in no order.
pub fn find_many(tx: &mut Tx<'_>, blueprint: &str, entities: &[String]) -> Result<Vec<ResultsRow>> {
    let mut found = Vec::with_capacity(entities.len());
    for some in entities.chunks(AT_ONCE) {
        let sql = FIND_MANY[some.len() - 1].get_or_init(|| {
            let places: Vec<String> = (2..2 + some.len()).map(|n| format!("${n}")).collect();
            format!(
                "SELECT {COLUMNS} FROM entity_results WHERE blueprint = $1 AND entity IN ({})",
                places.join(", ")
            )
        });
        let bound: Vec<Arg> = std::iter::once(Arg::from(blueprint))
            .chain(some.iter().map(Arg::from))
            .collect();
        found.extend(tx.query_with(sql, &bound, read)?);
    }
    Ok(found)
}

/// What is known of the entities of a blueprint from the identifier `first` to `last`, both included, by identifier.
pub fn list_between(
    tx: &mut Tx<'_>,
    blueprint: &str,
    first: &str,
    last: &str,
) -> Result<Vec<ResultsRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM entity_results WHERE blueprint = $1 AND entity >= $2 AND entity <= $3 ORDER BY entity"
    );
    tx.query_with(&sql, &args![blueprint, first, last], read)
}

/// Writes what is known of entities, each at most once, over what was known before.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] if one of the entities is not there.
pub fn put_many(tx: &mut Tx<'_>, rows: &[ResultsRow]) -> Result<()> {
    let values = rows.iter().map(|row| {
        args![
            &row.blueprint,
            &row.entity,
            row.revision,
            Arg::json(&row.results)
        ]
    });
    tx.execute_rows(&PUT_MANY, values)
}

static PUT_MANY: Rows = Rows::new(
    "INSERT INTO entity_results (blueprint, entity, revision, results)",
    4,
    // The blueprint and its revision.
    &[0, 2],
    " ON CONFLICT (blueprint, entity) DO UPDATE SET revision = excluded.revision, results = excluded.results",
);

/// Forgets what is known of up to `limit` entities of a blueprint. How many there were.
pub fn delete_some(tx: &mut Tx<'_>, blueprint: &str, limit: i64) -> Result<u64> {
    let sql = "DELETE FROM entity_results WHERE blueprint = $1 AND entity IN \
               (SELECT entity FROM entity_results WHERE blueprint = $1 ORDER BY entity LIMIT $2)";
    tx.execute(sql, &args![blueprint, limit])
}
