//! Computed values of an entity, as they are now. Whoever shows an entity or holds a rule against it asks here, so that a
//! kind of computed property that is added here is right everywhere at once.

mod aggregation;
mod calculation;
pub mod depends;

use super::catalog_cache::CompiledBlueprint;
use super::scorecards::rule_results::Tally;
use super::{Failure, Outcome, entities};
use crate::state::App;
use larboard_core::blueprint::system::{RULE_RESULT, TEAM};
use larboard_core::computed::mirror::{self, Lookup};
use larboard_core::computed::teams::teams;
use larboard_core::entity::{Entity, RelationValue};
use larboard_store::{Tx, entities as rows};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// How deep computed values may stand on others.
const DEEPEST: usize = 8;
/// Entities and values kept of each kind.
const REMEMBERED: usize = 20_000;
/// Related entities that aggregations may look at in all for a value that stands on them; past that they have none. What
/// is aggregated for its own sake has no bound, as nothing multiplies it.
const NESTED: usize = 100_000;

/// What an aggregation reads of an entity: a value and a time; `None` if it passes it over.
type Reading = Option<(Value, Value)>;

/// What was looked up and worked out in one transaction, so that entities of a list share it.
#[derive(Default)]
pub struct Memory {
    blueprints: HashMap<String, Option<Arc<CompiledBlueprint>>>,
    entities: HashMap<(String, String), Option<Arc<Entity>>>,
    /// Where relations lead, by blueprint.
    relations: Option<Arc<Vec<(String, String)>>>,
    /// By the aggregation's blueprint and name, the depth, and the entity.
    aggregated: HashMap<(String, String, usize, String), Reading>,
    /// Computed values that others stand on, by depth, blueprint, entity and name: a value that stands on itself ends at
    /// [`DEEPEST`], so that it differs by how deep it is looked at.
    values: HashMap<(usize, String, String, String), Value>,
    depth: usize,
    /// How many related entities aggregations that others stand on may still look at for this value.
    budget: usize,
    /// How rules went, by scorecard.
    tallies: HashMap<String, Arc<Tally>>,
    /// Whether the values are for the conditions of a scorecard, which do not see what stands on results of rules: that
    /// would have no end.
    measuring: bool,
    /// Whether any value stands on results of rules.
    on_results: bool,
}

impl Memory {
    /// For values that conditions of scorecards ask for.
    pub fn measuring() -> Self {
        Self {
            measuring: true,
            ..Self::default()
        }
    }

    /// Whether the values are for the conditions of a scorecard.
    pub(super) fn is_measuring(&self) -> bool {
        self.measuring
    }

    /// Whether any value that was worked out stands on results of rules, so that it is not what scorecards see.
    pub fn stands_on_results(&self) -> bool {
        self.on_results
    }

    /// Forgets some of it once it is much.
    fn trim(&mut self) {
        if self.entities.len() > REMEMBERED {
            self.entities.clear();
        }
        if self.aggregated.len() > REMEMBERED {
            self.aggregated.clear();
        }
        if self.values.len() > REMEMBERED {
            self.values.clear();
        }
    }
}

/// Works out computed values in one transaction, and remembers what it looked up.
pub struct Computer<'a, 't> {
    app: &'a App,
    tx: &'a mut Tx<'t>,
    memory: Memory,
}

impl<'a, 't> Computer<'a, 't> {
    /// One for this transaction.
    pub fn new(app: &'a App, tx: &'a mut Tx<'t>) -> Self {
        Self::with(app, tx, Memory::default())
    }

    /// One that remembers what another found in the same transaction.
    pub fn with(app: &'a App, tx: &'a mut Tx<'t>, memory: Memory) -> Self {
        Self { app, tx, memory }
    }

    /// What it found, for the next one in this transaction.
    pub fn into_memory(self) -> Memory {
        self.memory
    }

    /// The computed values of an entity that are not null, by property.
    ///
    /// # Errors
    /// If the database fails.
    pub fn values(
        &mut self,
        entity: &Entity,
        compiled: &CompiledBlueprint,
    ) -> Outcome<Map<String, Value>> {
        self.values_of(entity, compiled, &|_| true)
    }

    /// An entity with the teams that own it, those it inherits if its blueprint says so.
    ///
    /// # Errors
    /// If the database fails.
    pub fn owned<'e>(
        &mut self,
        entity: &'e Entity,
        compiled: &CompiledBlueprint,
    ) -> Outcome<Cow<'e, Entity>> {
        if !compiled.schema.inherits_team() {
            return Ok(Cow::Borrowed(entity));
        }
        if self.memory.depth == 0 {
            self.memory.trim();
        }
        let mut owned = entity.clone();
        owned.team = teams(self, entity)?.into_owned();
        Ok(Cow::Owned(owned))
    }

    /// The same of the wanted properties alone.
    ///
    /// # Errors
    /// If the database fails.
    pub fn values_of(
        &mut self,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Outcome<Map<String, Value>> {
        if self.memory.depth == 0 {
            self.memory.trim();
            self.memory.budget = NESTED;
        }
        let mut values = Map::new();
        for name in compiled.schema.computed_names().filter(|name| wanted(name)) {
            let value = self.one(entity, compiled, name)?;
            if !value.is_null() {
                values.insert(name.to_owned(), value);
            }
        }
        Ok(values)
    }

    /// Puts the identifier beside each title that was mirrored, as `{identifier, title}`.
    ///
    /// # Errors
    /// If the database fails.
    pub fn attach_identifiers(
        &mut self,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        values: &mut Map<String, Value>,
    ) -> Outcome<()> {
        for (name, definition) in compiled.blueprint.mirrors() {
            let path = definition["path"].as_str().and_then(mirror::split_path);
            let (Some((relations, last)), Some(titles)) = (path, values.get_mut(name)) else {
                continue;
            };
            if last != "$title" {
                continue;
            }
            let identifiers = mirror::mirrored(self, entity, &relations, "$identifier")?;
            *titles = beside(identifiers, titles.take());
        }
        Ok(())
    }

    /// A computed value, which may stand on others; `Null` where those stand on each other too deeply.
    fn one(&mut self, entity: &Entity, compiled: &CompiledBlueprint, name: &str) -> Outcome<Value> {
        let depth = self.memory.depth;
        if depth > DEEPEST {
            return Ok(Value::Null);
        }
        let mirrored = compiled.blueprint.mirrors().contains_key(name);
        let key = (
            depth,
            entity.blueprint.clone(),
            entity.identifier.clone(),
            name.to_owned(),
        );
        if !mirrored && let Some(known) = self.memory.values.get(&key) {
            return Ok(known.clone());
        }
        self.memory.depth += 1;
        let value = if mirrored {
            self.mirror(entity, compiled, name)
        } else if compiled.calculations.contains_key(name) {
            self.calculation(entity, compiled, name)
        } else {
            self.aggregation(entity, compiled, name)
        };
        self.memory.depth = depth;
        let value = value?;
        if !mirrored {
            self.memory.values.insert(key, value.clone());
        }
        Ok(value)
    }

    fn mirror(
        &mut self,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        name: &str,
    ) -> Outcome<Value> {
        let definition = compiled.blueprint.mirrors().get(name);
        let path = definition.and_then(|definition| definition["path"].as_str());
        match path.and_then(mirror::split_path) {
            Some((relations, last)) => mirror::mirrored(self, entity, &relations, &last),
            None => Ok(Value::Null),
        }
    }

    /// Whether results of rules may be looked at now; notes that they are.
    fn sees_results(&mut self) -> bool {
        self.memory.on_results = true;
        !self.memory.measuring
    }

    fn compiled(&mut self, blueprint: &str) -> Outcome<Option<Arc<CompiledBlueprint>>> {
        if let Some(known) = self.memory.blueprints.get(blueprint) {
            return Ok(known.clone());
        }
        let found = self.app.catalog.blueprint_in(self.tx, blueprint)?;
        self.memory
            .blueprints
            .insert(blueprint.to_owned(), found.clone());
        Ok(found)
    }
}

impl Lookup for Computer<'_, '_> {
    type Error = Failure;

    fn target(&mut self, blueprint: &str, relation: &str) -> Outcome<Option<String>> {
        let compiled = self.compiled(blueprint)?;
        Ok(compiled.and_then(|compiled| {
            compiled
                .schema
                .relation(relation)
                .map(|relation| relation.target.clone())
        }))
    }

    fn entity(&mut self, blueprint: &str, identifier: &str) -> Outcome<Option<Arc<Entity>>> {
        let key = (blueprint.to_owned(), identifier.to_owned());
        if let Some(known) = self.memory.entities.get(&key) {
            return Ok(known.clone());
        }
        let mut found = if blueprint == RULE_RESULT && !self.sees_results() {
            None
        } else {
            entities::get(self.app, self.tx, blueprint, identifier)?
        };
        if found.is_none()
            && blueprint == TEAM
            && let Some(named) = rows::find_titled(self.tx, TEAM, identifier, None)?
        {
            found = entities::find(self.tx, TEAM, &named)?;
        }
        let found = found.map(Arc::new);
        self.memory.entities.insert(key, found.clone());
        Ok(found)
    }

    fn team_path(&mut self, blueprint: &str) -> Outcome<Option<Vec<String>>> {
        let compiled = self.compiled(blueprint)?;
        let path = compiled.as_ref().and_then(|c| c.blueprint.team_path());
        Ok(path.map(|path| path.into_iter().map(str::to_owned).collect()))
    }

    fn value(&mut self, entity: &Entity, name: &str) -> Outcome<Value> {
        if name == "$team" {
            let teams = teams(self, entity)?;
            return Ok(list_of_teams(&teams));
        }
        if let Some(meta) = name.strip_prefix('$') {
            return Ok(meta_value(entity, meta));
        }
        let Some(compiled) = self.compiled(&entity.blueprint)? else {
            return Ok(Value::Null);
        };
        if compiled.blueprint.properties().contains_key(name) {
            return Ok(entity.properties.get(name).cloned().unwrap_or_default());
        }
        if compiled.schema.is_computed(name) {
            return self.one(entity, &compiled, name);
        }
        let related = compiled
            .schema
            .relation(name)
            .and(entity.relations.get(name));
        Ok(match related {
            Some(RelationValue::One(target)) => Value::from(target.as_str()),
            Some(RelationValue::Many(targets)) if !targets.is_empty() => {
                Value::from(targets.as_slice())
            }
            _ => Value::Null,
        })
    }
}

fn list_of_teams(teams: &[String]) -> Value {
    match teams {
        [] => Value::Null,
        teams => teams.into(),
    }
}

/// Identifiers and titles of the same entities, mirrored along the same path, pair by pair.
fn beside(identifier: Value, title: Value) -> Value {
    match (identifier, title) {
        (Value::Array(identifiers), Value::Array(titles)) => identifiers
            .into_iter()
            .zip(titles)
            .map(|(identifier, title)| beside(identifier, title))
            .collect(),
        (identifier, title) => json!({ "identifier": identifier, "title": title }),
    }
}

/// A meta-property of an entity as it stands, with the teams that are written in it; `Null` if it has no value.
pub fn meta_value(entity: &Entity, name: &str) -> Value {
    let stamps = &entity.stamps;
    match name {
        "identifier" => entity.identifier.as_str().into(),
        "title" => entity.title.as_deref().unwrap_or(&entity.identifier).into(),
        "icon" => entity.icon.as_deref().into(),
        "blueprint" => entity.blueprint.as_str().into(),
        "team" => list_of_teams(&entity.team),
        "createdAt" => stamps.created_at.to_string().into(),
        "updatedAt" => stamps.updated_at.to_string().into(),
        "createdBy" => stamps.created_by.as_str().into(),
        "updatedBy" => stamps.updated_by.as_str().into(),
        _ => Value::Null,
    }
}
