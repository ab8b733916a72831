//! Recording the numbers that entities have by computed properties whose past no event holds: aggregations, mirrors, and
//! calculations on them. When entities are looked at is said in `worker/sweeps.rs`; why so is in docs/decisions/0011.

use super::follows_from_events;
use crate::ops::Outcome;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::depends::Dependencies;
use crate::ops::computed::{Computer, Memory};
use crate::ops::entities::parse;
use crate::ops::sweep::Page;
use crate::state::App;
use larboard_core::computed::mirror;
use larboard_core::entity::Entity;
use larboard_core::time::Timestamp;
use larboard_store::value_history::{self, ValuesRow};
use larboard_store::{Tx, entities};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How long a past value is kept: what is asked for reaches back a year.
const KEPT_MS: i64 = 366 * 24 * 60 * 60 * 1000;
/// Mirrors of mirrors that are followed to see whether a number is at the end.
const DEEPEST: usize = 8;

/// What is recorded of the entities of a blueprint.
pub struct Recorded {
    /// The blueprint.
    pub compiled: Arc<CompiledBlueprint>,
    /// The properties.
    pub names: Vec<String>,
    /// What they depend on.
    pub depends: Dependencies,
}

/// What is recorded of the entities of some blueprints, without those of which nothing is.
///
/// # Errors
/// If the database fails.
pub fn recorded(app: &App, tx: &mut Tx<'_>, blueprints: &[String]) -> Outcome<Vec<Recorded>> {
    let mut values = Vec::new();
    for blueprint in blueprints {
        if let Some(compiled) = app.catalog.blueprint_in(tx, blueprint)? {
            let names = numbers_from_elsewhere(app, tx, &compiled)?;
            values.extend(names.into_iter().map(|name| (compiled.clone(), name)));
        }
    }
    let depends = Dependencies::of_values(app, tx, &values)?;
    let mut recorded: Vec<Recorded> = Vec::new();
    for ((compiled, name), depends) in values.into_iter().zip(depends) {
        match recorded.last_mut() {
            Some(of) if Arc::ptr_eq(&of.compiled, &compiled) => {
                of.names.push(name);
                of.depends.add(depends);
            }
            _ => recorded.push(Recorded {
                compiled,
                names: vec![name],
                depends,
            }),
        }
    }
    Ok(recorded)
}

/// The computed properties of a blueprint that hold numbers and have a past that no event tells.
///
/// # Errors
/// If the database fails.
pub(super) fn numbers_from_elsewhere(
    app: &App,
    tx: &mut Tx<'_>,
    compiled: &Arc<CompiledBlueprint>,
) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for name in compiled.schema.computed_names() {
        if !follows_from_events(compiled, name) && is_number(app, tx, compiled, name, DEEPEST)? {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Whether a property holds a number by its definition.
fn is_number(
    app: &App,
    tx: &mut Tx<'_>,
    compiled: &Arc<CompiledBlueprint>,
    name: &str,
    deeper: usize,
) -> Outcome<bool> {
    let blueprint = &compiled.blueprint;
    if blueprint.aggregations().contains_key(name) {
        return Ok(true);
    }
    let own = blueprint.properties().get(name);
    if let Some(definition) = own.or_else(|| blueprint.calculations().get(name)) {
        return Ok(definition["type"] == "number");
    }
    let mirror = blueprint.mirrors().get(name);
    let path = mirror
        .and_then(|mirror| mirror["path"].as_str())
        .and_then(mirror::split_path);
    let Some((relations, last)) = path.filter(|_| deeper > 0) else {
        return Ok(false);
    };
    let mut at = compiled.clone();
    for relation in &relations {
        // Through a list there are as many values as there are related entities.
        let Some(single) = at
            .schema
            .relation(relation)
            .filter(|relation| !relation.many)
        else {
            return Ok(false);
        };
        match app.catalog.blueprint_in(tx, &single.target)? {
            Some(target) => at = target,
            None => return Ok(false),
        }
    }
    is_number(app, tx, &at, &last, deeper - 1)
}

/// The numbers of some properties that were recorded of an entity up to an instant, oldest first.
///
/// # Errors
/// If the database fails.
pub(super) fn of_entity(
    tx: &mut Tx<'_>,
    entity: &Entity,
    names: &[String],
    until: Timestamp,
) -> Outcome<Vec<(i64, Map<String, Value>)>> {
    let rows = value_history::list(tx, &entity.blueprint, &entity.identifier, until)?;
    let told = rows.into_iter().map(|row| {
        let mut values: Map<String, Value> = serde_json::from_str(&row.numbers)?;
        values.retain(|name, _| names.contains(name));
        Ok((row.at.as_millis(), values))
    });
    told.collect()
}

/// The numbers that an entity has now.
///
/// # Errors
/// If the database fails.
pub(super) fn numbers(
    computer: &mut Computer<'_, '_>,
    entity: &Entity,
    compiled: &CompiledBlueprint,
    names: &[String],
) -> Outcome<Map<String, Value>> {
    let wanted = |name: &str| names.iter().any(|wanted| wanted == name);
    let mut values = computer.values_of(entity, compiled, &wanted)?;
    values.retain(|_, value| value.is_number());
    Ok(values)
}

/// Evaluates these properties of up to `limit` entities of a blueprint after the identifier `after`, and names those that have other numbers
/// than were recorded last.
///
/// # Errors
/// If the database fails.
pub fn look(
    app: &App,
    tx: &mut Tx<'_>,
    blueprint: &str,
    names: &[String],
    after: &str,
    limit: i64,
) -> Outcome<Page> {
    let Some(compiled) = app.catalog.blueprint_in(tx, blueprint)? else {
        return Ok(Page::default());
    };
    let rows = entities::list_after(tx, blueprint, Some(after), limit)?;
    let mut page = Page::of(&rows, limit);
    let found: Vec<Entity> = rows.into_iter().map(parse).collect::<Outcome<_>>()?;
    let others = others(app, tx, &compiled, names, found)?;
    page.differing
        .extend(others.into_iter().map(|(entity, _)| entity));
    Ok(page)
}

/// Records what those of the entities that are there have now of these properties, if it is other than was recorded last, and forgets what is
/// too old.
///
/// # Errors
/// If the database fails.
pub fn settle(
    app: &App,
    tx: &mut Tx<'_>,
    blueprint: &str,
    names: &[String],
    entities: &[String],
) -> Outcome<()> {
    let Some(compiled) = app.catalog.blueprint_in(tx, blueprint)? else {
        return Ok(());
    };
    let rows = entities::find_many(tx, blueprint, entities)?;
    let found: Vec<Entity> = rows.into_iter().map(parse).collect::<Outcome<_>>()?;
    let now = app.now();
    let row = |(entity, numbers)| ValuesRow {
        blueprint: blueprint.to_owned(),
        entity,
        at: now,
        numbers,
    };
    let others = others(app, tx, &compiled, names, found)?;
    let rows: Vec<ValuesRow> = others.into_iter().map(row).collect();
    value_history::put_many(tx, &rows)?;
    for row in rows {
        value_history::delete_before(tx, blueprint, &row.entity, now.plus_millis(-KEPT_MS))?;
    }
    Ok(())
}

/// Those of some entities of one blueprint, ordered by identifier, that have other numbers than were recorded last, with
/// what is to be recorded.
fn others(
    app: &App,
    tx: &mut Tx<'_>,
    compiled: &Arc<CompiledBlueprint>,
    names: &[String],
    entities: Vec<Entity>,
) -> Outcome<Vec<(String, String)>> {
    let of = |entity: Option<&Entity>| entity.map(|entity| entity.identifier.clone());
    let ends = (
        of(entities.iter().min_by_key(|entity| &entity.identifier)),
        of(entities.iter().max_by_key(|entity| &entity.identifier)),
    );
    let (Some(first), Some(last)) = ends else {
        return Ok(Vec::new());
    };
    let newest = value_history::list_newest(tx, compiled.blueprint.identifier(), &first, &last)?;
    let newest: HashMap<String, String> = newest.into_iter().collect();
    let mut others = Vec::new();
    // What one entity's values stand on is looked up once for all.
    let mut memory = Memory::default();
    for entity in entities {
        let mut computer = Computer::with(app, tx, memory);
        let numbers = numbers(&mut computer, &entity, compiled, names)?;
        memory = computer.into_memory();
        let same = match newest.get(&entity.identifier) {
            Some(known) => serde_json::from_str::<Map<String, Value>>(known)? == numbers,
            None => numbers.is_empty(),
        };
        if !same {
            others.push((entity.identifier, serde_json::to_string(&numbers)?));
        }
    }
    Ok(others)
}
