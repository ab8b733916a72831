//! Who relates to whom, as rows: what dependents, traversal and renames read instead of the entities' documents.

use crate::{Result, Row, Tx, args};

/// A row of `entity_relations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationRow {
    /// The relation's identifier.
    pub relation: String,
    /// Its place in a list relation, from 0.
    pub position: i64,
    /// Blueprint of the target.
    pub target_blueprint: String,
    /// Identifier of the target.
    pub target: String,
}

/// An entity that relates to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependent {
    /// Its blueprint.
    pub blueprint: String,
    /// Its identifier.
    pub entity: String,
    /// Through which of its relations.
    pub relation: String,
}

/// Writes the relations of an entity over those it had.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] if a target is not there.
pub fn replace(tx: &mut Tx<'_>, blueprint: &str, entity: &str, rows: &[RelationRow]) -> Result<()> {
    tx.execute(
        "DELETE FROM entity_relations WHERE blueprint = $1 AND entity = $2",
        &args![blueprint, entity],
    )?;
    insert(tx, blueprint, entity, rows)
}

/// Writes the relations of an entity that has none yet.
///
/// # Errors
/// [`crate::StoreError::ForeignKey`] if a target is not there.
pub fn insert(tx: &mut Tx<'_>, blueprint: &str, entity: &str, rows: &[RelationRow]) -> Result<()> {
    for row in rows {
        tx.execute(
            "INSERT INTO entity_relations (blueprint, entity, relation, position, target_blueprint, target) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &args![blueprint, entity, &row.relation, row.position, &row.target_blueprint, &row.target],
        )?;
    }
    Ok(())
}

/// What an entity relates to, by relation and place.
pub fn list_of(tx: &mut Tx<'_>, blueprint: &str, entity: &str) -> Result<Vec<RelationRow>> {
    let sql = "SELECT relation, position, target_blueprint, target FROM entity_relations \
               WHERE blueprint = $1 AND entity = $2 ORDER BY relation, position";
    tx.query(sql, &args![blueprint, entity])?
        .iter()
        .map(|row| {
            Ok(RelationRow {
                relation: row.text(0)?,
                position: row.int(1)?,
                target_blueprint: row.text(2)?,
                target: row.text(3)?,
            })
        })
        .collect()
}

/// The entities that relate to one, in a stable order.
pub fn dependents(tx: &mut Tx<'_>, blueprint: &str, entity: &str) -> Result<Vec<Dependent>> {
    let read = |row: &Row| {
        Ok(Dependent {
            blueprint: row.text(0)?,
            entity: row.text(1)?,
            relation: row.text(2)?,
        })
    };
    tx.query_with(
        "SELECT DISTINCT blueprint, entity, relation FROM entity_relations \
         WHERE target_blueprint = $1 AND target = $2 ORDER BY blueprint, entity, relation",
        &args![blueprint, entity],
        read,
    )
}

/// Forgets the values of a relation that was removed from its blueprint.
pub fn delete_relation(tx: &mut Tx<'_>, blueprint: &str, relation: &str) -> Result<u64> {
    tx.execute(
        "DELETE FROM entity_relations WHERE blueprint = $1 AND relation = $2",
        &args![blueprint, relation],
    )
}

/// Gives a relation of a blueprint another name on all its entities.
pub fn rename_relation(tx: &mut Tx<'_>, blueprint: &str, from: &str, to: &str) -> Result<u64> {
    tx.execute(
        "UPDATE entity_relations SET relation = $3 WHERE blueprint = $1 AND relation = $2",
        &args![blueprint, from, to],
    )
}

/// Whether any entity of a blueprint has this relation.
pub fn has_any(tx: &mut Tx<'_>, blueprint: &str, relation: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM entity_relations WHERE blueprint = $1 AND relation = $2 LIMIT 1";
    Ok(tx.query_opt(sql, &args![blueprint, relation])?.is_some())
}

/// Whether entities of other blueprints relate to entities of this one.
pub fn is_target(tx: &mut Tx<'_>, blueprint: &str) -> Result<bool> {
    let sql =
        "SELECT 1 FROM entity_relations WHERE target_blueprint = $1 AND blueprint <> $1 LIMIT 1";
    Ok(tx.query_opt(sql, &args![blueprint])?.is_some())
}
