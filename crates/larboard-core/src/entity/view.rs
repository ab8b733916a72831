//! How the API shows an entity (facts/catalog.md 2.7 and facts/addenda.md, Corrections 5).
//!
//! [`View::of`] borrows the entity and serializes straight into any JSON writer. Computed values
//! and what scorecards say are not evaluated here.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::{Entity, EntitySchema, RelationValue};

/// Finds the title of the entity `(blueprint, identifier)`.
pub type TitleOf<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

/// What of an entity is shown, and how.
#[derive(Clone, Default)]
pub struct View<'a> {
    /// Which keys; all by default.
    pub selection: Selection,
    /// Whether mirror, calculation and aggregation properties are left out.
    pub exclude_calculated: bool,
    /// The values of computed properties; `null` is shown for those that are not in here.
    pub computed: Option<&'a Map<String, Value>>,
    /// What it reaches by each scorecard; not shown if `None`.
    pub scorecards: Option<&'a Map<String, Value>>,
    /// Whether a relation is shown as `{identifier, title}` of what it relates to.
    pub titles: Option<TitleOf<'a>>,
    /// Whether properties and relations without a value are left out, as in an audit event's
    /// before and after, instead of being shown as `null` or `[]`.
    pub only_values: bool,
}

/// The `include` and `exclude` of a read: paths such as `title`, `properties` or
/// `relations.team`. A path below a property or relation counts as that property or relation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Selection {
    /// Everything if `include` is empty, else what it names; without what `exclude` names.
    /// Meta-properties may be written with their `$`.
    pub fn new(include: Vec<String>, exclude: Vec<String>) -> Self {
        let plain = |paths: Vec<String>| {
            paths
                .into_iter()
                .map(|path| path.trim().trim_start_matches('$').to_owned())
                .filter(|path| !path.is_empty())
                .collect::<Vec<_>>()
        };
        Self {
            include: plain(include),
            exclude: plain(exclude),
        }
    }

    /// Whether the key `top`, or anything in it, is shown.
    pub fn shows(&self, top: &str) -> bool {
        let names = |path: &String| path.split('.').next() == Some(top);
        (self.include.is_empty() || self.include.iter().any(names))
            && !self.exclude.iter().any(|path| path == top)
    }

    /// Whether the property or relation `name` in the map `top` is shown.
    pub fn shows_in(&self, top: &str, name: &str) -> bool {
        let below = |path: &str| {
            path.strip_prefix(top)
                .and_then(|rest| rest.strip_prefix('.'))
                .map(|rest| {
                    rest == name
                        || rest
                            .strip_prefix(name)
                            .is_some_and(|more| more.starts_with('.'))
                })
        };
        let included = |path: &String| path == top || below(path) == Some(true);
        let excluded = |path: &String| {
            path == top
                || path
                    .strip_prefix(top)
                    .and_then(|rest| rest.strip_prefix('.'))
                    == Some(name)
        };
        (self.include.is_empty() || self.include.iter().any(included))
            && !self.exclude.iter().any(excluded)
    }
}

impl<'a> View<'a> {
    /// The entity as this view shows it.
    pub fn of(&'a self, entity: &'a Entity, schema: &'a EntitySchema) -> Shown<'a> {
        Shown {
            view: self,
            entity,
            schema,
        }
    }

    /// The entity as a JSON value.
    pub fn render(&self, entity: &Entity, schema: &EntitySchema) -> Value {
        serde_json::to_value(self.of(entity, schema)).unwrap_or(Value::Null)
    }
}

/// An entity together with how it is shown; serialize it.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    view: &'a View<'a>,
    entity: &'a Entity,
    schema: &'a EntitySchema,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (entity, selection) = (self.entity, &self.view.selection);
        let mut map = serializer.serialize_map(None)?;
        let mut entry = |key: &str, value: &dyn ErasedEntry<S::SerializeMap>| {
            if selection.shows(key) {
                value.write(key, &mut map)
            } else {
                Ok(())
            }
        };
        let title = entity.title.as_deref().unwrap_or(&entity.identifier);
        entry("identifier", &entity.identifier)?;
        entry("title", &title)?;
        entry("icon", &entity.icon)?;
        entry("blueprint", &entity.blueprint)?;
        entry("team", &entity.team)?;
        entry("properties", &Properties(self))?;
        entry("relations", &Relations(self))?;
        if let Some(results) = self.view.scorecards {
            let shown = |id: &&String| selection.shows_in("scorecards", id);
            let results = results.iter().filter(|(id, _)| shown(id));
            entry("scorecards", &results.collect::<BTreeMap<_, _>>())?;
        }
        entry("createdAt", &entity.stamps.created_at)?;
        entry("createdBy", &entity.stamps.created_by)?;
        entry("updatedAt", &entity.stamps.updated_at)?;
        entry("updatedBy", &entity.stamps.updated_by)?;
        map.end()
    }
}

/// What a relation leads to: its identifier, or that and its title.
struct Link<'a> {
    blueprint: &'a str,
    entity: &'a str,
    titles: Option<TitleOf<'a>>,
}

impl Serialize for Link<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(title_of) = self.titles else {
            return serializer.serialize_str(self.entity);
        };
        let title = title_of(self.blueprint, self.entity);
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("identifier", self.entity)?;
        map.serialize_entry("title", title.as_deref().unwrap_or(self.entity))?;
        map.end()
    }
}

/// A value that can be written into a map, so that one closure writes entries of several types.
trait ErasedEntry<M: SerializeMap> {
    fn write(&self, key: &str, map: &mut M) -> Result<(), M::Error>;
}

impl<M: SerializeMap, T: Serialize> ErasedEntry<M> for T {
    fn write(&self, key: &str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(key, self)
    }
}

struct Properties<'a>(&'a Shown<'a>);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown {
            view,
            entity,
            schema,
        } = *self.0;
        let shows = |name: &str| view.selection.shows_in("properties", name);
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &entity.properties {
            // A property that the blueprint lost may still be in an entity that is being read.
            if schema.properties().contains_key(name) && shows(name) {
                map.serialize_entry(name, value)?;
            }
        }
        if !view.only_values {
            let computed = schema.computed_names().filter(|_| !view.exclude_calculated);
            let all = schema
                .properties()
                .keys()
                .map(String::as_str)
                .chain(computed);
            for name in all.filter(|name| !entity.properties.contains_key(*name) && shows(name)) {
                let computed = view.computed.and_then(|values| values.get(name));
                map.serialize_entry(name, computed.unwrap_or(&Value::Null))?;
            }
        }
        map.end()
    }
}

struct Relations<'a>(&'a Shown<'a>);

impl Serialize for Relations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown {
            view,
            entity,
            schema,
        } = *self.0;
        let shows = |name: &str| view.selection.shows_in("relations", name);
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &entity.relations {
            let Some(relation) = schema.relation(name).filter(|_| shows(name)) else {
                continue;
            };
            let link = |entity| Link {
                blueprint: &relation.target,
                entity,
                titles: view.titles,
            };
            match value {
                RelationValue::None if view.only_values => {}
                RelationValue::None => map.serialize_entry(name, &Value::Null)?,
                // A single relation that the blueprint made a list keeps its one link.
                RelationValue::One(one) if relation.many => {
                    map.serialize_entry(name, &[link(one)])?;
                }
                RelationValue::One(one) => map.serialize_entry(name, &link(one))?,
                RelationValue::Many(several) => {
                    let links = several.iter().map(|entity| link(entity));
                    map.serialize_entry(name, &links.collect::<Vec<_>>())?;
                }
            }
        }
        if !view.only_values {
            for (name, relation) in schema.relations() {
                if !entity.relations.contains_key(name) && shows(name) {
                    let nothing = if relation.many {
                        Value::Array(vec![])
                    } else {
                        Value::Null
                    };
                    map.serialize_entry(name, &nothing)?;
                }
            }
        }
        map.end()
    }
}
