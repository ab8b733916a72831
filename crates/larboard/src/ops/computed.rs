//! Computed values of an entity, as they are now. Whoever shows an entity or holds a rule against it asks here, so that a
//! kind of computed property that is added here is right everywhere at once.

use super::catalog_cache::CompiledBlueprint;
use super::{Failure, Outcome, entities};
use crate::state::App;
use larboard_core::computed::mirror::{self, Lookup};
use larboard_core::entity::{Entity, RelationValue};
use larboard_store::Tx;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How deep computed values may stand on others.
const DEEPEST: usize = 8;

/// Works out computed values in one transaction, and remembers what it looked up.
pub struct Computer<'a, 't> {
    app: &'a App,
    tx: &'a mut Tx<'t>,
    entities: HashMap<(String, String), Option<Arc<Entity>>>,
    depth: usize,
}

impl<'a, 't> Computer<'a, 't> {
    /// One for this transaction.
    pub fn new(app: &'a App, tx: &'a mut Tx<'t>) -> Self {
        Self {
            app,
            tx,
            entities: HashMap::new(),
            depth: 0,
        }
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
        let mut values = Map::new();
        for name in compiled.blueprint.mirrors().keys() {
            let value = self.mirror(entity, compiled, name)?;
            if !value.is_null() {
                values.insert(name.clone(), value);
            }
        }
        Ok(values)
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

    fn compiled(&mut self, blueprint: &str) -> Outcome<Option<Arc<CompiledBlueprint>>> {
        self.app.catalog.blueprint_in(self.tx, blueprint)
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
        if let Some(known) = self.entities.get(&key) {
            return Ok(known.clone());
        }
        let found = entities::find(self.tx, blueprint, identifier)?.map(Arc::new);
        self.entities.insert(key, found.clone());
        Ok(found)
    }

    fn value(&mut self, entity: &Entity, name: &str) -> Outcome<Value> {
        if let Some(meta) = name.strip_prefix('$') {
            return Ok(meta_value(entity, meta));
        }
        let Some(compiled) = self.compiled(&entity.blueprint)? else {
            return Ok(Value::Null);
        };
        if compiled.blueprint.properties().contains_key(name) {
            return Ok(entity.properties.get(name).cloned().unwrap_or_default());
        }
        if compiled.blueprint.mirrors().contains_key(name) {
            if self.depth >= DEEPEST {
                return Ok(Value::Null);
            }
            self.depth += 1;
            let value = self.mirror(entity, &compiled, name);
            self.depth -= 1;
            return value;
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

/// A meta-property of an entity, `Null` if it has no value.
pub fn meta_value(entity: &Entity, name: &str) -> Value {
    let stamps = &entity.stamps;
    match name {
        "identifier" => entity.identifier.as_str().into(),
        "title" => entity.title.as_deref().unwrap_or(&entity.identifier).into(),
        "icon" => entity.icon.as_deref().into(),
        "blueprint" => entity.blueprint.as_str().into(),
        "team" if entity.team.is_empty() => Value::Null,
        "team" => entity.team.as_slice().into(),
        "createdAt" => stamps.created_at.to_string().into(),
        "updatedAt" => stamps.updated_at.to_string().into(),
        "createdBy" => stamps.created_by.as_str().into(),
        "updatedBy" => stamps.updated_by.as_str().into(),
        _ => Value::Null,
    }
}
