//! From rows to entities, and nothing about writing them. What scorecards say of entities is an entity too, without a row
//! (`ops/scorecards/rule_results.rs`): whoever reads entities of any blueprint asks here.

use crate::ops::Outcome;
use crate::ops::scorecards::rule_results;
use crate::state::App;
use larboard_core::blueprint::Stamps;
use larboard_core::blueprint::system::RULE_RESULT;
use larboard_core::entity::{Entity, StoredTexts};
use larboard_store::Tx;
use larboard_store::entities::{self, EntityRow};

/// The entity of a row.
///
/// # Errors
/// If the stored texts are not what was stored.
pub fn parse(row: EntityRow) -> Outcome<Entity> {
    Ok(parse_keeping(row)?.0)
}

/// The entity of a row, and its texts.
///
/// # Errors
/// If the stored texts are not what was stored.
pub(super) fn parse_keeping(row: EntityRow) -> Outcome<(Entity, StoredTexts)> {
    let texts = StoredTexts {
        team: row.team,
        properties: row.properties,
        relations: row.relations,
    };
    let parts = texts.parse()?;
    let entity = Entity {
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
    };
    Ok((entity, texts))
}

/// The texts of a row, lent.
pub(super) fn texts(row: &EntityRow) -> StoredTexts<&str> {
    StoredTexts {
        team: &row.team,
        properties: &row.properties,
        relations: &row.relations,
    }
}

/// The row of an entity.
pub fn row(entity: &Entity, data_source: &str) -> EntityRow {
    let texts = entity.stored_texts();
    EntityRow {
        blueprint: entity.blueprint.clone(),
        identifier: entity.identifier.clone(),
        title: entity.title.clone(),
        icon: entity.icon.clone(),
        team: texts.team,
        properties: texts.properties,
        relations: texts.relations,
        data_source: data_source.to_owned(),
        created_at: entity.stamps.created_at,
        created_by: entity.stamps.created_by.clone(),
        updated_at: entity.stamps.updated_at,
        updated_by: entity.stamps.updated_by.clone(),
    }
}

/// An entity, and the User-Agent of its last writer.
pub struct Stored {
    /// The entity.
    pub entity: Entity,
    /// Empty if nobody wrote it.
    pub data_source: String,
}

impl Stored {
    /// The entity of a row.
    ///
    /// # Errors
    /// If the stored texts are not what was stored.
    pub fn of(row: EntityRow) -> Outcome<Self> {
        Ok(Self {
            data_source: row.data_source.clone(),
            entity: parse(row)?,
        })
    }
}

/// The entity of an identifier, whether it is stored or worked out.
///
/// # Errors
/// If the database fails.
pub fn get(
    app: &App,
    tx: &mut Tx<'_>,
    blueprint: &str,
    identifier: &str,
) -> Outcome<Option<Entity>> {
    match blueprint {
        RULE_RESULT => rule_results::get(app, tx, identifier),
        _ => find(tx, blueprint, identifier),
    }
}

/// Whether an entity is there, stored or worked out.
///
/// # Errors
/// If the database fails.
pub fn exists(app: &App, tx: &mut Tx<'_>, blueprint: &str, identifier: &str) -> Outcome<bool> {
    match blueprint {
        RULE_RESULT => Ok(rule_results::get(app, tx, identifier)?.is_some()),
        _ => Ok(entities::exists(tx, blueprint, identifier)?),
    }
}

/// How many entities a blueprint has.
///
/// # Errors
/// If the database fails.
pub fn count(app: &App, tx: &mut Tx<'_>, blueprint: &str) -> Outcome<i64> {
    match blueprint {
        RULE_RESULT => rule_results::count(app, tx),
        _ => Ok(entities::count(tx, blueprint)?),
    }
}

/// Up to `limit` entities of a blueprint after the identifier `after`, by identifier.
///
/// # Errors
/// If the database fails.
pub fn list_after(
    app: &App,
    tx: &mut Tx<'_>,
    blueprint: &str,
    after: Option<&str>,
    limit: usize,
) -> Outcome<Vec<Stored>> {
    if blueprint == RULE_RESULT {
        let worked_out = rule_results::list_after(app, tx, after, limit)?.into_iter();
        let unwritten = |entity| Stored {
            entity,
            data_source: String::new(),
        };
        return Ok(worked_out.map(unwritten).collect());
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = entities::list_after(tx, blueprint, after, limit)?;
    rows.into_iter().map(Stored::of).collect()
}

/// The stored entity of an identifier.
///
/// # Errors
/// If the database fails.
pub fn find(tx: &mut Tx<'_>, blueprint: &str, identifier: &str) -> Outcome<Option<Entity>> {
    entities::find(tx, blueprint, identifier)?
        .map(parse)
        .transpose()
}
