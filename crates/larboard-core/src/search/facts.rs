//! An entity as a subject: its own values, computed ones that were worked out beforehand, and what was found of its graph.

use super::{Attribute, PathMatch, PropertySchema, RelatedTo, Subject};
use crate::entity::{Entity, RelationValue};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Whether a property's definition is of the schema.
pub fn schema_matches(definition: &Value, schema: &PropertySchema) -> bool {
    let same = |key: &str, wanted: &str| definition[key].as_str() == Some(wanted);
    same("type", &schema.kind)
        && schema
            .format
            .as_deref()
            .is_none_or(|format| same("format", format))
        && schema
            .items
            .as_ref()
            .is_none_or(|items| schema_matches(&definition["items"], items))
}

/// An entity with all that a filter may ask of it.
#[derive(Default)]
pub struct EntitySubject<'a> {
    /// The entity; `None` has no values.
    pub entity: Option<&'a Entity>,
    /// Its data source.
    pub data_source: &'a str,
    /// Values of mirror, calculation and aggregation properties.
    pub computed: Map<String, Value>,
    /// Titles of its teams, by identifier.
    pub team_titles: HashMap<String, String>,
    /// Titles of related entities, by relation and identifier.
    pub titles: HashMap<(String, String), String>,
    /// Levels by scorecard, and outcomes by scorecard and rule.
    pub scorecards: HashMap<(String, Option<String>), Value>,
    /// Properties of each schema that the filter names.
    pub of_schema: HashMap<PropertySchema, Vec<String>>,
    /// The rules `relatedTo` that hold.
    pub related: HashSet<RelatedTo>,
    /// The paths at whose end it lies.
    pub on_path: HashSet<PathMatch>,
}

impl Subject for EntitySubject<'_> {
    fn value(&self, name: &str) -> Cow<'_, Value> {
        let Some(entity) = self.entity else {
            return Cow::Owned(Value::Null);
        };
        if let Some(meta) = name.strip_prefix('$') {
            return Cow::Owned(self.meta(entity, meta));
        }
        match entity
            .properties
            .get(name)
            .or_else(|| self.computed.get(name))
        {
            Some(value) => Cow::Borrowed(value),
            None => Cow::Owned(Value::Null),
        }
    }

    fn properties_of(&self, schema: &PropertySchema) -> Vec<String> {
        self.of_schema.get(schema).cloned().unwrap_or_default()
    }

    fn relation(&self, name: &str, titles: bool) -> Cow<'_, Value> {
        let value = self.entity.and_then(|entity| entity.relations.get(name));
        // What is no longer there has no title.
        let shown = |target: &String| {
            if !titles {
                return Some(Value::from(target.as_str()));
            }
            let title = self.titles.get(&(name.to_owned(), target.clone()))?;
            Some(Value::from(title.as_str()))
        };
        Cow::Owned(match value {
            None | Some(RelationValue::None) => Value::Null,
            Some(RelationValue::One(target)) => shown(target).unwrap_or_default(),
            Some(RelationValue::Many(targets)) => {
                let values: Vec<Value> = targets.iter().filter_map(shown).collect();
                if values.is_empty() {
                    Value::Null
                } else {
                    Value::Array(values)
                }
            }
        })
    }

    fn level(&self, scorecard: &str) -> Cow<'_, Value> {
        self.scorecard(scorecard, None)
    }

    fn scorecard_rule(&self, scorecard: &str, rule: &str) -> Cow<'_, Value> {
        self.scorecard(scorecard, Some(rule))
    }

    fn is_related(&self, rule: &RelatedTo) -> bool {
        self.related.contains(rule)
    }

    fn is_on_path(&self, rule: &PathMatch) -> bool {
        self.on_path.contains(rule)
    }
}

impl EntitySubject<'_> {
    fn scorecard(&self, scorecard: &str, rule: Option<&str>) -> Cow<'_, Value> {
        let key = (scorecard.to_owned(), rule.map(str::to_owned));
        match self.scorecards.get(&key) {
            Some(value) => Cow::Borrowed(value),
            None => Cow::Owned(Value::Null),
        }
    }

    fn meta(&self, entity: &Entity, name: &str) -> Value {
        let stamps = &entity.stamps;
        match name {
            "identifier" => entity.identifier.as_str().into(),
            "title" => entity.title.as_deref().unwrap_or(&entity.identifier).into(),
            "icon" => entity.icon.as_deref().into(),
            "blueprint" => entity.blueprint.as_str().into(),
            "datasource" => self.data_source.into(),
            "createdAt" => stamps.created_at.to_string().into(),
            "updatedAt" => stamps.updated_at.to_string().into(),
            "createdBy" => stamps.created_by.as_str().into(),
            "updatedBy" => stamps.updated_by.as_str().into(),
            "team" if entity.team.is_empty() => Value::Null,
            "team" => {
                let titles = entity.team.iter().filter_map(|id| self.team_titles.get(id));
                entity
                    .team
                    .iter()
                    .chain(titles)
                    .map(String::as_str)
                    .collect()
            }
            _ => Value::Null,
        }
    }
}

impl Attribute {
    /// The property it tests, if it is one of an entity's own or computed.
    pub fn property(&self) -> Option<&str> {
        match self {
            Self::Property(name) => Some(name),
            _ => None,
        }
    }
}
