//! An entity: one thing of the catalog (facts/catalog.md section 2).
//!
//! A write goes three steps: [`EntityWrite::parse`] reads the body, [`EntitySchema::check`] holds
//! it against the blueprint, and [`CheckedWrite`] makes the entity of it, given the stored one.
//! Only the last step needs the stored entity, so only it happens inside a transaction. Whether
//! related entities exist is the caller's business.

mod apply;
mod contract;
mod data_source;
mod schema;
mod snapshot;
mod value_rule;
mod view;
mod write;

use std::fmt;

use indexmap::IndexMap;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub use apply::CheckedWrite;
pub(crate) use contract::contract;
pub use data_source::{DataSourceWrite, installation_of};
pub use schema::EntitySchema;
pub use value_rule::{Flaw, ValueRule};
pub use view::{Selection, Shown, TitleOf, View};
pub use write::{EntityWrite, Verb, parse_bulk_delete, parse_bulk_write};

use crate::blueprint::Stamps;
use crate::refusal::Refusal;

/// An entity as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// Unique within its blueprint.
    pub identifier: String,
    /// The identifier of its blueprint.
    pub blueprint: String,
    /// What its writer called it; without one it is shown under its identifier.
    pub title: Option<String>,
    /// The name of an icon.
    pub icon: Option<String>,
    /// The teams that own it.
    pub team: Vec<String>,
    /// Its values, in the order they were written; a property without a value is not in here.
    pub properties: Map<String, Value>,
    /// Its relations, in the order they were written.
    pub relations: IndexMap<String, RelationValue>,
    /// Who wrote it when.
    pub stamps: Stamps,
}

/// What a relation of an entity holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelationValue {
    /// It was written as `null`.
    None,
    /// The identifier of one entity.
    One(String),
    /// The identifiers of several, in order.
    Many(Vec<String>),
}

impl RelationValue {
    /// The related identifiers, in order.
    pub fn targets(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(target) => std::slice::from_ref(target),
            Self::Many(targets) => targets,
        }
    }

    /// Whether it relates to nothing.
    pub fn is_empty(&self) -> bool {
        self.targets().is_empty()
    }

    fn from_json(value: Value) -> Option<Self> {
        Self::deserialize(value).ok()
    }
}

impl<'de> Deserialize<'de> for RelationValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadRelation)
    }
}

struct ReadRelation;

impl<'de> Visitor<'de> for ReadRelation {
    type Value = RelationValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an identifier, a list of identifiers, or null")
    }

    fn visit_unit<E>(self) -> Result<RelationValue, E> {
        Ok(RelationValue::None)
    }

    fn visit_str<E>(self, target: &str) -> Result<RelationValue, E> {
        Ok(RelationValue::One(target.to_owned()))
    }

    fn visit_string<E>(self, target: String) -> Result<RelationValue, E> {
        Ok(RelationValue::One(target))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut targets: A) -> Result<RelationValue, A::Error> {
        let mut several = Vec::new();
        while let Some(target) = targets.next_element()? {
            several.push(target);
        }
        Ok(RelationValue::Many(several))
    }
}

impl Serialize for RelationValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::One(target) => serializer.serialize_str(target),
            Self::Many(targets) => serializer.collect_seq(targets),
        }
    }
}

impl Entity {
    /// Whether both say the same, whoever wrote them when, and in whatever order the keys are. A
    /// write that changes nothing appends no audit event.
    pub fn same_content(&self, other: &Self) -> bool {
        self.identifier == other.identifier
            && self.blueprint == other.blueprint
            && self.title == other.title
            && self.icon == other.icon
            && self.team == other.team
            && self.properties == other.properties
            && self.relations == other.relations
    }

    /// Every link of this entity: the relation, its place in the relation, the related blueprint
    /// and identifier. Relations that the schema no longer has are left out.
    pub fn links<'a>(
        &'a self,
        schema: &'a EntitySchema,
    ) -> impl Iterator<Item = (&'a str, usize, &'a str, &'a str)> {
        self.relations.iter().flat_map(|(name, value)| {
            let relation = schema.relation(name);
            relation.into_iter().flat_map(move |relation| {
                let target = move |(place, identifier): (usize, &'a String)| {
                    (
                        name.as_str(),
                        place,
                        relation.target.as_str(),
                        identifier.as_str(),
                    )
                };
                value.targets().iter().enumerate().map(target)
            })
        })
    }

    /// The JSON texts of team, properties and relations, as they are stored.
    pub fn stored_texts(&self) -> StoredTexts {
        StoredTexts {
            team: serde_json::to_string(&self.team).unwrap_or_default(),
            properties: serde_json::to_string(&self.properties).unwrap_or_default(),
            relations: serde_json::to_string(&self.relations).unwrap_or_default(),
        }
    }
}

/// The parts of an entity that are stored as JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredTexts<S = String> {
    /// A list of team identifiers.
    pub team: S,
    /// The map of values.
    pub properties: S,
    /// The map of relations.
    pub relations: S,
}

impl StoredTexts {
    /// The texts, lent.
    pub fn lend(&self) -> StoredTexts<&str> {
        StoredTexts {
            team: &self.team,
            properties: &self.properties,
            relations: &self.relations,
        }
    }

    /// Reads the texts back.
    ///
    /// # Errors
    /// `internal_error` if they are not what was stored.
    pub fn parse(&self) -> Result<StoredParts, Refusal> {
        let broken = |_| Refusal::internal();
        Ok(StoredParts {
            team: serde_json::from_str(&self.team).map_err(broken)?,
            properties: read_values(&self.properties).map_err(broken)?,
            relations: serde_json::from_str(&self.relations).map_err(broken)?,
        })
    }
}

/// The values of an entity, in a map with room for as many as most have, so that it need not grow.
fn read_values(text: &str) -> serde_json::Result<Map<String, Value>> {
    struct Values;

    impl<'de> Visitor<'de> for Values {
        type Value = Map<String, Value>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a map of values")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut values = Map::with_capacity(7);
            while let Some((name, value)) = entries.next_entry()? {
                values.insert(name, value);
            }
            Ok(values)
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    let values = reader.deserialize_map(Values)?;
    reader.end()?;
    Ok(values)
}

/// The parts of an entity that [`StoredTexts`] holds.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredParts {
    /// The teams that own it.
    pub team: Vec<String>,
    /// Its values.
    pub properties: Map<String, Value>,
    /// Its relations.
    pub relations: IndexMap<String, RelationValue>,
}

#[cfg(test)]
mod tests;
