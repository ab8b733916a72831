//! Making the entity that a write asks for (facts/catalog.md 2.3 and facts/addenda.md).

use super::schema::EntitySchema;
use super::write::EntityWrite;
use super::{Entity, RelationValue};
use crate::blueprint::Stamps;
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;
use crate::violation::Violations;

/// A write whose values fit the blueprint it was checked against.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedWrite(EntityWrite);

impl CheckedWrite {
    pub(super) fn new(write: EntityWrite) -> Self {
        Self(write)
    }

    /// The identifier the body names, if any.
    pub fn identifier(&self) -> Option<&str> {
        self.0.identifier.as_deref()
    }

    /// What the body says.
    pub fn write(&self) -> &EntityWrite {
        &self.0
    }

    /// A new entity under `identifier`. Properties the body is silent about get their defaults.
    ///
    /// # Errors
    /// `blueprint_schema_mismatch` if a required property has no value, 422 `required_relation`
    /// if a required relation has none.
    pub fn create(
        &self,
        schema: &EntitySchema,
        identifier: &str,
        at: Timestamp,
        by: &str,
    ) -> Result<Entity, Refusal> {
        let entity = self.whole(schema, identifier.to_owned(), Stamps::new(at, by));
        require(schema, &entity)?;
        Ok(entity)
    }

    /// The stored entity replaced by the body (PUT, and POST with `upsert`): what the body is
    /// silent about is reset to its default or to nothing.
    ///
    /// # Errors
    /// As for [`CheckedWrite::create`], and 403 `required_relation` if the body clears a required
    /// relation that has a value.
    pub fn replace(
        &self,
        schema: &EntitySchema,
        stored: &Entity,
        at: Timestamp,
        by: &str,
    ) -> Result<Entity, Refusal> {
        self.refuse_clearing(schema, stored)?;
        let identifier = self
            .0
            .identifier
            .clone()
            .unwrap_or_else(|| stored.identifier.clone());
        let entity = self.whole(schema, identifier, stored.stamps.rewritten(at, by));
        require(schema, &entity)?;
        Ok(entity)
    }

    /// The stored entity with what the body says changed (PATCH, and POST with `upsert` and
    /// `merge`). Objects and lists are replaced as a whole; `null` clears.
    ///
    /// # Errors
    /// As for [`CheckedWrite::replace`].
    pub fn merge(
        &self,
        schema: &EntitySchema,
        stored: &Entity,
        at: Timestamp,
        by: &str,
    ) -> Result<Entity, Refusal> {
        self.refuse_clearing(schema, stored)?;
        let write = &self.0;
        let mut entity = stored.clone();
        entity.stamps = stored.stamps.rewritten(at, by);
        if let Some(identifier) = &write.identifier {
            entity.identifier.clone_from(identifier);
        }
        if let Some(title) = &write.title {
            entity.title.clone_from(title);
        }
        if let Some(icon) = &write.icon {
            entity.icon.clone_from(icon);
        }
        if let Some(team) = &write.team {
            entity.team.clone_from(team);
        }
        for (name, value) in &write.properties {
            if value.is_null() {
                entity.properties.shift_remove(name);
            } else {
                entity.properties.insert(name.clone(), value.clone());
            }
        }
        for (name, value) in &write.relations {
            entity.relations.insert(name.clone(), value.clone());
        }
        require(schema, &entity)?;
        Ok(entity)
    }

    /// An entity of nothing but what the body says and the defaults.
    fn whole(&self, schema: &EntitySchema, identifier: String, stamps: Stamps) -> Entity {
        let write = &self.0;
        // A copy of the whole map keeps its table; one entry after the other would be hashed anew.
        let mut properties = write.properties.clone();
        properties.retain(|_, value| !value.is_null());
        for (name, property) in schema.properties() {
            // An explicit null says that there shall be no value, not even the default.
            if let Some(default) = &property.default
                && !write.properties.contains_key(name)
            {
                properties.insert(name.clone(), default.clone());
            }
        }
        Entity {
            identifier,
            blueprint: schema.blueprint().to_owned(),
            title: write.title.clone().flatten(),
            icon: write.icon.clone().flatten(),
            team: write.team.clone().unwrap_or_default(),
            properties,
            relations: write.relations.clone(),
            stamps,
        }
    }

    fn refuse_clearing(&self, schema: &EntitySchema, stored: &Entity) -> Result<(), Refusal> {
        for (name, value) in &self.0.relations {
            let required = schema
                .relation(name)
                .is_some_and(|relation| relation.required);
            let had = stored
                .relations
                .get(name)
                .is_some_and(|before| !before.is_empty());
            if required && had && value.is_empty() {
                let message = format!(
                    "relation {name:?}: the blueprint {:?} requires it, so it cannot be removed; \
                     send another identifier or leave it out",
                    schema.blueprint()
                );
                return Err(Refusal::new(Code::RequiredRelation, message));
            }
        }
        Ok(())
    }
}

/// Refuses an entity that lacks what its blueprint requires.
fn require(schema: &EntitySchema, entity: &Entity) -> Result<(), Refusal> {
    let mut missing = Violations::new();
    for (name, property) in schema.properties() {
        if property.required && !entity.properties.contains_key(name) {
            let message = format!(
                "property {name:?}: the blueprint {:?} requires it, but it has no value; add one",
                schema.blueprint()
            );
            missing.push(format!("properties.{name}"), "required", message);
        }
    }
    missing.into_result(Code::BlueprintSchemaMismatch)?;
    let mut missing = Violations::new();
    for (name, relation) in schema.relations() {
        if relation.required
            && entity
                .relations
                .get(name)
                .is_none_or(RelationValue::is_empty)
        {
            let message = format!(
                "relation {name:?}: the blueprint {:?} requires it, but it has no value; send the \
                 identifier of an entity of {:?}",
                schema.blueprint(),
                relation.target
            );
            missing.push(format!("relations.{name}"), "required", message);
        }
    }
    missing.into_result(Code::RequiredRelationMissing)
}
