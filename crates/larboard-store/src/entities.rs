//! Entities of the catalog. Their relations are stored twice on purpose: in the document as the API shows them, and as
//! rows (`relations.rs`) that say who depends on whom.

use crate::backend::Rows;
use crate::{Arg, Result, Row, Tx, args, entity_changes};
use larboard_core::time::Timestamp;
use std::sync::OnceLock;

/// A row of `entities`. JSON columns are text.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityRow {
    /// Its blueprint's identifier.
    pub blueprint: String,
    /// Its own, unique within the blueprint.
    pub identifier: String,
    /// Its title.
    pub title: Option<String>,
    /// Its icon.
    pub icon: Option<String>,
    /// A list of team identifiers.
    pub team: String,
    /// A map of values.
    pub properties: String,
    /// A map of identifiers.
    pub relations: String,
    /// The User-Agent of its last writer.
    pub data_source: String,
    /// When made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When last written.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

const COLUMNS: &str = "blueprint, identifier, title, icon, team, properties, relations, data_source, created_at, created_by, \
                       updated_at, updated_by";

fn read(row: &Row) -> Result<EntityRow> {
    Ok(EntityRow {
        blueprint: row.text(0)?,
        identifier: row.text(1)?,
        title: row.opt_text(2)?,
        icon: row.opt_text(3)?,
        team: row.json(4)?,
        properties: row.json(5)?,
        relations: row.json(6)?,
        data_source: row.text(7)?,
        created_at: row.time(8)?,
        created_by: row.text(9)?,
        updated_at: row.time(10)?,
        updated_by: row.text(11)?,
    })
}

/// Entities read by one statement: few, so that there are few statements to keep prepared.
const AT_ONCE: usize = 20;

/// Statements by the number of their entities less one: writing them out costs more than finding them prepared.
static FIND_MANY: [OnceLock<String>; AT_ONCE] = [const { OnceLock::new() }; AT_ONCE];

/// The entity of a blueprint and an identifier.
pub fn find(tx: &mut Tx<'_>, blueprint: &str, identifier: &str) -> Result<Option<EntityRow>> {
    let sql = format!("SELECT {COLUMNS} FROM entities WHERE blueprint = $1 AND identifier = $2");
    tx.find_with(&sql, &args![blueprint, identifier], read)
}

/// The entities of a blueprint and these identifiers, those that are there, in no order.
pub fn find_many(
    tx: &mut Tx<'_>,
    blueprint: &str,
    identifiers: &[String],
) -> Result<Vec<EntityRow>> {
    let mut found = Vec::with_capacity(identifiers.len());
    for some in identifiers.chunks(AT_ONCE) {
        let sql = FIND_MANY[some.len() - 1].get_or_init(|| {
            let places = (2..2 + some.len()).map(|place| format!("${place}"));
            let places = places.collect::<Vec<_>>().join(", ");
            format!(
                "SELECT {COLUMNS} FROM entities WHERE blueprint = $1 AND identifier IN ({places})"
            )
        });
        let bound: Vec<Arg> = std::iter::once(Arg::from(blueprint))
            .chain(some.iter().map(Arg::from))
            .collect();
        found.extend(tx.query_with(sql, &bound, read)?);
    }
    Ok(found)
}

/// Whether an entity is there.
pub fn exists(tx: &mut Tx<'_>, blueprint: &str, identifier: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM entities WHERE blueprint = $1 AND identifier = $2";
    Ok(tx.query_opt(sql, &args![blueprint, identifier])?.is_some())
}

/// The identifier of the first entity of a blueprint with this title, of those whose identifier is not `except`. Reads the
/// blueprint's entities: for small ones.
pub fn find_titled(
    tx: &mut Tx<'_>,
    blueprint: &str,
    title: &str,
    except: Option<&str>,
) -> Result<Option<String>> {
    let sql = "SELECT identifier FROM entities WHERE blueprint = $1 AND title = $2 AND identifier <> $3 \
               ORDER BY identifier LIMIT 1";
    let row = tx.query_opt(sql, &args![blueprint, title, except.unwrap_or_default()])?;
    row.map(|row| row.text(0)).transpose()
}

/// Up to `limit` entities of a blueprint after the identifier `after`, by identifier: a page to stream a list from.
pub fn list_after(
    tx: &mut Tx<'_>,
    blueprint: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<EntityRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM entities WHERE blueprint = $1 AND identifier > $2 ORDER BY identifier LIMIT $3"
    );
    tx.query_with(
        &sql,
        &args![blueprint, after.unwrap_or_default(), limit],
        read,
    )
}

/// How many entities a blueprint has.
pub fn count(tx: &mut Tx<'_>, blueprint: &str) -> Result<i64> {
    tx.query_one(
        "SELECT COUNT(*) FROM entities WHERE blueprint = $1",
        &args![blueprint],
    )?
    .int(0)
}

/// Makes an entity.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the identifier is taken, [`crate::StoreError::ForeignKey`] if the blueprint is gone.
pub fn insert(tx: &mut Tx<'_>, row: &EntityRow) -> Result<()> {
    let sql = format!("{INSERT} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
    tx.execute(&sql, &values_of(row))?;
    entity_changes::note(tx, &row.blueprint, &row.identifier)
}

/// Writes an entity over the one of `identifier`. Whether it was there. Renaming is [`rename`].
pub fn update(tx: &mut Tx<'_>, row: &EntityRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE entities SET title = $3, icon = $4, team = $5, properties = $6, relations = $7, data_source = $8, \
         updated_at = $9, updated_by = $10 WHERE blueprint = $1 AND identifier = $2",
        &args![
            &row.blueprint,
            &row.identifier,
            &row.title,
            &row.icon,
            Arg::json(&row.team),
            Arg::json(&row.properties),
            Arg::json(&row.relations),
            &row.data_source,
            row.updated_at,
            &row.updated_by
        ],
    )?;
    entity_changes::note(tx, &row.blueprint, &row.identifier)?;
    Ok(changed == 1)
}

/// [`update`] of many that are all there.
pub fn update_many(tx: &mut Tx<'_>, rows: &[EntityRow]) -> Result<()> {
    for row in rows {
        entity_changes::note(tx, &row.blueprint, &row.identifier)?;
    }
    tx.execute_rows(&UPDATE_MANY, rows.iter().map(values_of))
}

/// Not an UPDATE of a list of values, which PostgreSQL wants to be told the types of.
static UPDATE_MANY: Rows = Rows::new(
    INSERT,
    12,
    // The blueprint, the data source, and when and by whom written.
    &[0, 7, 10, 11],
    " ON CONFLICT (blueprint, identifier) DO UPDATE SET title = excluded.title, icon = excluded.icon, team = excluded.team, \
     properties = excluded.properties, relations = excluded.relations, data_source = excluded.data_source, \
     updated_at = excluded.updated_at, updated_by = excluded.updated_by",
);

const INSERT: &str = "INSERT INTO entities (blueprint, identifier, title, icon, team, properties, relations, data_source, \
                      created_at, created_by, updated_at, updated_by)";

fn values_of(row: &EntityRow) -> [Arg<'_>; 12] {
    args![
        &row.blueprint,
        &row.identifier,
        &row.title,
        &row.icon,
        Arg::json(&row.team),
        Arg::json(&row.properties),
        Arg::json(&row.relations),
        &row.data_source,
        row.created_at,
        &row.created_by,
        row.updated_at,
        &row.updated_by
    ]
}

/// Notes that an entity was written without changing it, so that a resync does not take it for stale.
pub fn touch(tx: &mut Tx<'_>, row: &EntityRow) -> Result<()> {
    tx.execute(
        "UPDATE entities SET data_source = $3, updated_at = $4, updated_by = $5 WHERE blueprint = $1 AND identifier = $2",
        &args![&row.blueprint, &row.identifier, &row.data_source, row.updated_at, &row.updated_by],
    )?;
    entity_changes::note(tx, &row.blueprint, &row.identifier)
}

/// The data sources that name an installation of an integration, each with a blueprint it has written entities of, in order.
pub fn list_integration_sources(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>> {
    let sql = "SELECT DISTINCT data_source, blueprint FROM entities WHERE data_source LIKE 'port-ocean/%' \
               OR data_source LIKE 'port/%' ORDER BY data_source, blueprint";
    tx.query_with(sql, &[], |row| Ok((row.text(0)?, row.text(1)?)))
}

/// Gives an entity another identifier; its relation rows and those that point to it follow.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the new identifier is taken.
pub fn rename(tx: &mut Tx<'_>, blueprint: &str, from: &str, to: &str) -> Result<()> {
    tx.execute(
        "UPDATE entities SET identifier = $3 WHERE blueprint = $1 AND identifier = $2",
        &args![blueprint, from, to],
    )?;
    entity_changes::note(tx, blueprint, from)?;
    entity_changes::note(tx, blueprint, to)
}

/// Deletes an entity and its own relations. Whether it was there.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] while others relate to it.
pub fn delete(tx: &mut Tx<'_>, blueprint: &str, identifier: &str) -> Result<bool> {
    let sql = "DELETE FROM entities WHERE blueprint = $1 AND identifier = $2";
    let deleted = tx.execute(sql, &args![blueprint, identifier])? == 1;
    entity_changes::note(tx, blueprint, identifier)?;
    Ok(deleted)
}
