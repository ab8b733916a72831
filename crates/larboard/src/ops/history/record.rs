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
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How long a past value is kept: what is asked for reaches back a year.
const KEPT_MS: i64 = 366 * 24 * 60 * 60 * 1000;
/// What an entity is taken to have had before something was recorded of it.
const NOTHING: &str = "{}";
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

/// Evaluates these properties of up to `limit` entities of a blueprint after the identifier `after`, and tells what those
/// that have other numbers than were recorded last have now.
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
) -> Outcome<Page<ValuesRow>> {
    let Some(compiled) = app.catalog.blueprint_in(tx, blueprint)? else {
        return Ok(Page::of(&[], limit));
    };
    let rows = entities::list_after(tx, blueprint, Some(after), limit)?;
    let mut page = Page::of(&rows, limit);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(page);
    };
    let newest = value_history::list_newest(tx, blueprint, &first.identifier, &last.identifier)?;
    let newest: HashMap<String, String> = newest.into_iter().collect();
    let now = app.now();
    // What one entity's values stand on is looked up once for all.
    let mut memory = Memory::default();
    for row in rows {
        let entity = parse(row)?;
        let mut computer = Computer::with(app, tx, memory);
        let numbers = numbers(&mut computer, &entity, &compiled, names)?;
        memory = computer.into_memory();
        let numbers = serde_json::to_string(&numbers)?;
        let known = newest.get(&entity.identifier).map(String::as_str);
        if known.unwrap_or(NOTHING) != numbers {
            page.differing.push(ValuesRow {
                blueprint: entity.blueprint,
                entity: entity.identifier,
                at: now,
                numbers,
            });
        }
    }
    Ok(page)
}

/// Records what was found of entities of one blueprint, those left out that are gone or of which another server recorded
/// the same, and forgets what is too old. What there is to work out was worked out before: whoever writes does not wait
/// for it.
///
/// # Errors
/// If the database fails.
pub fn put(tx: &mut Tx<'_>, rows: &[ValuesRow]) -> Outcome<()> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(());
    };
    let blueprint = &first.blueprint;
    let names: Vec<String> = rows.iter().map(|row| row.entity.clone()).collect();
    let there = entities::find_many(tx, blueprint, &names)?;
    let there: HashSet<String> = there.into_iter().map(|row| row.identifier).collect();
    let newest = value_history::list_newest(tx, blueprint, &first.entity, &last.entity)?;
    let newest: HashMap<String, String> = newest.into_iter().collect();
    let is_new = |row: &&ValuesRow| newest.get(&row.entity) != Some(&row.numbers);
    let rows = rows.iter().filter(|row| there.contains(&row.entity));
    let rows: Vec<ValuesRow> = rows.filter(is_new).cloned().collect();
    value_history::put_many(tx, &rows)?;
    for row in rows {
        let until = row.at.plus_millis(-KEPT_MS);
        value_history::delete_before(tx, blueprint, &row.entity, until)?;
    }
    Ok(())
}
