//! Relations of entities: their targets must exist, their rows follow their documents, and renames follow through.

use super::{Writer, find, parse};
use crate::ops::audit::Change;
use crate::ops::scorecards::rule_results;
use crate::ops::{Outcome, permissions};
use larboard_core::blueprint::system::RULE_RESULT;
use larboard_core::blueprint::{Stamps, system};
use larboard_core::entity::{Entity, EntitySchema, RelationValue};
use larboard_core::refusal::Refusal;
use larboard_store::relations::{self, RelationRow};
use larboard_store::{Tx, entities};

/// The relation rows of an entity, whose targets are all there. Looked at before the entity is written, so that a refusal
/// leaves nothing to undo.
///
/// # Errors
/// `not_found` for a target that is not there and is not to be made.
pub(in crate::ops) fn of(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    entity: &Entity,
    schema: &EntitySchema,
) -> Outcome<Vec<RelationRow>> {
    let rows = rows(entity, schema);
    check_targets(tx, writer, entity, &rows)?;
    Ok(rows)
}

fn rows(entity: &Entity, schema: &EntitySchema) -> Vec<RelationRow> {
    entity
        .links(schema)
        .map(|(relation, place, blueprint, identifier)| RelationRow {
            relation: relation.to_owned(),
            position: i64::try_from(place).unwrap_or(i64::MAX),
            target_blueprint: blueprint.to_owned(),
            target: identifier.to_owned(),
        })
        .collect()
}

/// Every target must be there, or is made if the request asks for it. Unknown ones are 404, which clients take for a
/// dependency to come later (facts/catalog.md 0.3).
fn check_targets(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    entity: &Entity,
    rows: &[RelationRow],
) -> Outcome<()> {
    for row in rows {
        let own = row.target_blueprint == entity.blueprint && row.target == entity.identifier;
        if own || entities::exists(tx, &row.target_blueprint, &row.target)? {
            continue;
        }
        if !writer.options.create_missing {
            return Err(Refusal::not_found(format!(
                "relations.{}: the blueprint {:?} has no entity {:?}; create it first, or send \
                 create_missing_related_entities=true.",
                row.relation, row.target_blueprint, row.target
            ))
            .into());
        }
        create_stub(tx, writer, row)?;
    }
    Ok(())
}

/// An entity with nothing but an identifier.
fn create_stub(tx: &mut Tx<'_>, writer: &Writer<'_>, row: &RelationRow) -> Outcome<()> {
    let compiled = writer
        .app
        .catalog
        .blueprint_in(tx, &row.target_blueprint)?
        .ok_or_else(|| crate::ops::blueprints::not_found(&row.target_blueprint))?;
    if system::is_system(&row.target_blueprint) || !compiled.schema.allows_stubs() {
        return Err(Refusal::not_found(format!(
            "relations.{}: the blueprint {:?} has no entity {:?}, and none can be made with an identifier alone; create it first.",
            row.relation, row.target_blueprint, row.target
        ))
        .into());
    }
    let entity = Entity {
        identifier: row.target.clone(),
        blueprint: row.target_blueprint.clone(),
        title: Some(row.target.clone()),
        icon: None,
        team: Vec::new(),
        properties: serde_json::Map::new(),
        relations: indexmap::IndexMap::new(),
        stamps: Stamps::new(writer.now, writer.caller.id()),
    };
    permissions::check_write(tx, writer, None, &entity, &compiled)?;
    writer.wrote.set(true);
    writer.known.borrow_mut().remove(&row.target);
    entities::insert(tx, &writer.row(&entity))?;
    writer.record(tx, Change::Create, &entity, &compiled, None)
}

/// The documents of those who relate to an entity follow it to its new identifier; their rows did by key.
pub(super) fn follow_rename(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: &Entity,
    to: &str,
) -> Outcome<()> {
    let mut followed = Vec::new();
    for dependent in relations::dependents(tx, &before.blueprint, to)? {
        if dependent.blueprint == RULE_RESULT {
            rule_results::follow_rename(tx, &dependent, &before.identifier, to)?;
            continue;
        }
        let Some(row) = entities::find(tx, &dependent.blueprint, &dependent.entity)? else {
            continue;
        };
        let source = row.data_source.clone();
        let mut entity = parse(row)?;
        if let Some(value) = entity.relations.get_mut(&dependent.relation) {
            replace_target(value, &before.identifier, to);
        }
        let row = entities::EntityRow {
            data_source: source,
            ..writer.row(&entity)
        };
        entities::update(tx, &row)?;
        followed.push(entity);
    }
    // Conditions on a relation see the identifiers it holds.
    for entity in followed {
        if let Some(compiled) = writer.app.catalog.blueprint_in(tx, &entity.blueprint)?
            && !compiled.scorecards.is_empty()
        {
            writer.settle(tx, &entity, &compiled)?;
        }
    }
    Ok(())
}

pub(in crate::ops) fn replace_target(value: &mut RelationValue, from: &str, to: &str) {
    match value {
        RelationValue::One(target) if target == from => to.clone_into(target),
        RelationValue::Many(targets) => {
            targets
                .iter_mut()
                .filter(|target| *target == from)
                .for_each(|target| to.clone_into(target));
        }
        _ => {}
    }
}

/// Takes an entity out of a relation of another, which is then without it.
pub(super) fn unlink(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    dependent: &relations::Dependent,
    target: &str,
) -> Outcome<()> {
    let Some(before) = find(tx, &dependent.blueprint, &dependent.entity)? else {
        return Ok(());
    };
    let Some(compiled) = writer.app.catalog.blueprint_in(tx, &dependent.blueprint)? else {
        return Ok(());
    };
    let was = writer.before(tx, &before, &compiled)?;
    let mut after = before.clone();
    after.stamps = before.stamps.rewritten(writer.now, writer.caller.id());
    match after.relations.get_mut(&dependent.relation) {
        Some(value @ RelationValue::One(_)) => *value = RelationValue::None,
        Some(RelationValue::Many(targets)) => targets.retain(|other| other != target),
        _ => {}
    }
    let source =
        entities::find(tx, &dependent.blueprint, &dependent.entity)?.map(|row| row.data_source);
    let row = writer.row(&after);
    entities::update(
        tx,
        &entities::EntityRow {
            data_source: source.unwrap_or_default(),
            ..row
        },
    )?;
    relations::replace(
        tx,
        &after.blueprint,
        &after.identifier,
        &rows(&after, &compiled.schema),
    )?;
    writer.record(tx, Change::Update, &after, &compiled, Some(was))
}
