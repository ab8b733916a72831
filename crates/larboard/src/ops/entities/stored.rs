//! From rows to entities, and nothing about writing them.

use crate::ops::Outcome;
use larboard_core::blueprint::Stamps;
use larboard_core::entity::{Entity, StoredTexts};
use larboard_store::Tx;
use larboard_store::entities::{self, EntityRow};

/// The entity of a row.
///
/// # Errors
/// If the stored texts are not what was stored.
pub fn parse(row: EntityRow) -> Outcome<Entity> {
    let parts = StoredTexts {
        team: row.team,
        properties: row.properties,
        relations: row.relations,
    }
    .parse()?;
    Ok(Entity {
        identifier: row.identifier,
        blueprint: row.blueprint,
        title: row.title,
        icon: row.icon,
        team: parts.team,
        properties: parts.properties,
        relations: parts.relations,
        stamps: Stamps {
            created_at: row.created_at,
            created_by: row.created_by,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
        },
    })
}

/// The entity of an identifier.
///
/// # Errors
/// If the database fails.
pub fn find(tx: &mut Tx<'_>, blueprint: &str, identifier: &str) -> Outcome<Option<Entity>> {
    entities::find(tx, blueprint, identifier)?
        .map(parse)
        .transpose()
}
