//! A blueprint: what entities of one kind look like (facts/catalog.md section 1).
//!
//! The document is kept as it was sent, because a reply must not add or reorder keys
//! (facts/addenda.md, Echo rule); what the server works with is read from it once. Whether
//! relation targets exist, and who may change what, is the caller's business.

mod computed;
mod contract;
mod document;
mod ownership;
mod patch;
pub mod paths;
mod property;
mod relation;
pub mod rename;
pub mod system;

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::{Map, Value};

pub(crate) use contract::contract;
pub use relation::Relation;

use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;
use crate::violation::{Violations, shown};

/// The seventeen colours of facts/catalog.md 1.3.
pub const COLOURS: [&str; 17] = [
    "blue",
    "turquoise",
    "orange",
    "purple",
    "pink",
    "yellow",
    "green",
    "red",
    "gold",
    "silver",
    "paleBlue",
    "darkGray",
    "lightGray",
    "bronze",
    "lime",
    "olive",
    "brown",
];

/// A valid blueprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Blueprint {
    document: Map<String, Value>,
    identifier: String,
    title: String,
    relations: IndexMap<String, Relation>,
}

/// Who wrote a document when; the four keys that every stored resource is read back with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamps {
    /// When it was created.
    pub created_at: Timestamp,
    /// The id of the user or app that created it.
    pub created_by: String,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// The id of the user or app that wrote it last.
    pub updated_by: String,
}

impl Stamps {
    /// The stamps of something created by `by` at `at`.
    pub fn new(at: Timestamp, by: &str) -> Self {
        Self {
            created_at: at,
            created_by: by.to_owned(),
            updated_at: at,
            updated_by: by.to_owned(),
        }
    }

    /// The same creation, written again by `by` at `at`.
    #[must_use]
    pub fn rewritten(&self, at: Timestamp, by: &str) -> Self {
        Self {
            updated_at: at,
            updated_by: by.to_owned(),
            ..self.clone()
        }
    }
}

/// What a change of a blueprint means for its entities and for those who name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlueprintChanges {
    /// The identifier it had before, if it was renamed.
    pub renamed_from: Option<String>,
    /// Properties whose stored values must be dropped.
    pub removed_properties: Vec<String>,
    /// Relations whose stored links must be dropped.
    pub removed_relations: Vec<String>,
}

impl Blueprint {
    /// Reads the body of a POST.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the body.
    pub fn create(body: Value) -> Result<Self, Refusal> {
        Self::checked(document::object(body)?)
    }

    /// Reads the body of a PUT, which replaces this blueprint. A body without an identifier keeps
    /// it, one with another identifier renames. Keys that the body leaves out are gone.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the body, or for a change that stored entities rule
    /// out: the type of a property, the target of a relation, a list relation made single.
    pub fn replace(&self, body: Value) -> Result<Self, Refusal> {
        let mut document = document::object(body)?;
        if document.get("identifier").is_none_or(Value::is_null) {
            document.shift_remove("identifier");
            document.shift_insert(0, "identifier".into(), self.identifier.clone().into());
        }
        Self::checked(document)?.after(self)
    }

    /// Reads the body of a PATCH. Keys left out stay; a property, relation or other definition is
    /// merged key by key; `null` removes what it stands for.
    ///
    /// # Errors
    /// As for [`Blueprint::replace`].
    pub fn patch(&self, body: Value) -> Result<Self, Refusal> {
        let patch = document::object(body)?;
        Self::checked(patch::merge(&self.document, patch)?)?.after(self)
    }

    /// Reads a document that was valid when it was stored.
    ///
    /// # Errors
    /// `internal_error` if it is not one: the database was changed by others.
    pub fn from_stored(text: &str) -> Result<Self, Refusal> {
        let document: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| Refusal::internal())?;
        Self::checked(document).map_err(|_| Refusal::internal())
    }

    fn checked(mut document: Map<String, Value>) -> Result<Self, Refusal> {
        let violations = document::normalize_and_check(&mut document);
        violations.into_result(Code::InvalidRequest)?;
        let text = |key| {
            document
                .get(key)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .unwrap_or_default()
        };
        Ok(Self {
            identifier: text("identifier"),
            title: text("title"),
            relations: relation::parse_all(&document),
            document,
        })
    }

    /// Its identifier.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The document as the API shows it, without the four stamps. Its JSON text is what is stored.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// The document as JSON text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(&self.document).unwrap_or_default()
    }

    /// The definitions of its properties, by name.
    pub fn properties(&self) -> &Map<String, Value> {
        map_in(
            "properties",
            self.document.get("schema").and_then(Value::as_object),
        )
    }

    /// The names of the properties an entity must have.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let required = self
            .document
            .get("schema")
            .and_then(|schema| schema.get("required"));
        required
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }

    /// Its relations, by name.
    pub fn relations(&self) -> &IndexMap<String, Relation> {
        &self.relations
    }

    /// Each relation with the blueprint it points to. The caller checks that those exist.
    pub fn relation_targets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.relations
            .iter()
            .map(|(name, relation)| (name.as_str(), relation.target.as_str()))
    }

    /// Its mirror properties, by name.
    pub fn mirrors(&self) -> &Map<String, Value> {
        map_in("mirrorProperties", Some(&self.document))
    }

    /// Its calculation properties, by name.
    pub fn calculations(&self) -> &Map<String, Value> {
        map_in("calculationProperties", Some(&self.document))
    }

    /// Its aggregation properties, by name.
    pub fn aggregations(&self) -> &Map<String, Value> {
        map_in("aggregationProperties", Some(&self.document))
    }

    /// The relations that lead from an entity to the one whose teams it inherits; `None` if teams are its own.
    pub fn team_path(&self) -> Option<Vec<&str>> {
        ownership::team_path(&self.document)
    }

    /// Whether an ownership that was right in `before` may no longer be.
    pub fn changes_ownership(&self, before: &Self) -> bool {
        let ownership = |it: &Self| it.document.get("ownership").cloned();
        ownership(self) != ownership(before) || self.relations != before.relations
    }

    /// Whether the team of its entities comes from a related entity.
    pub fn inherits_team(&self) -> bool {
        self.team_path().is_some()
    }

    /// What this blueprint, which was `before`, means for what is stored under it.
    pub fn changes_since(&self, before: &Self) -> BlueprintChanges {
        let gone = |was: &Map<String, Value>, is: &Map<String, Value>| {
            was.keys()
                .filter(|name| !is.contains_key(*name))
                .cloned()
                .collect::<Vec<_>>()
        };
        BlueprintChanges {
            renamed_from: (before.identifier != self.identifier).then(|| before.identifier.clone()),
            removed_properties: gone(before.properties(), self.properties()),
            removed_relations: before
                .relations
                .keys()
                .filter(|name| !self.relations.contains_key(*name))
                .cloned()
                .collect(),
        }
    }

    /// The blueprint as the API shows it.
    pub fn render(&self, stamps: &Stamps) -> Value {
        let mut document = self.document.clone();
        document.insert("createdAt".into(), stamps.created_at.to_string().into());
        document.insert("createdBy".into(), stamps.created_by.clone().into());
        document.insert("updatedAt".into(), stamps.updated_at.to_string().into());
        document.insert("updatedBy".into(), stamps.updated_by.clone().into());
        Value::Object(document)
    }

    /// This blueprint with its relations and aggregations to `from` pointing to `to`, as they must
    /// when that blueprint is renamed; `None` if it has none.
    pub fn retargeted(&self, from: &str, to: &str) -> Option<Self> {
        let mut after = self.clone();
        relation::retarget(&mut after.document, from, to);
        after.relations = relation::parse_all(&after.document);
        (after != *self).then_some(after)
    }

    fn after(self, before: &Self) -> Result<Self, Refusal> {
        // A body that renames the blueprint may still name it the old way in its own relations.
        let this = self.with_built_in(before)?;
        let renamed = (this.identifier != before.identifier)
            .then(|| this.retargeted(&before.identifier, &this.identifier))
            .flatten();
        renamed.unwrap_or(this).allowed_after(before)
    }

    /// Refuses what stored entities rule out. A client changes a type by one write without the
    /// property, which drops the values, and a second with it.
    fn allowed_after(self, before: &Self) -> Result<Self, Refusal> {
        let mut violations = Violations::new();
        for (name, definition) in self.properties() {
            let Some(was) = before.properties().get(name) else {
                continue;
            };
            let (was, is) = (&was["type"], &definition["type"]);
            if was != is {
                violations.push_at(
                    format!("schema.properties.{name}.type"),
                    "immutable",
                    format!(
                        "it is {} and cannot become {}; remove the property in one write, which \
                         drops its values, and add it with the new type in the next",
                        shown(was),
                        shown(is)
                    ),
                );
            }
        }
        for (name, relation) in &self.relations {
            if let Some(was) = before.relations.get(name) {
                relation.allowed_after(was, name, &before.identifier, &self, &mut violations);
            }
        }
        violations.into_result(Code::InvalidRequest)?;
        Ok(self)
    }
}

/// The map under `key`, empty if there is none.
fn map_in<'a>(key: &str, parent: Option<&'a Map<String, Value>>) -> &'a Map<String, Value> {
    static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    let map = parent.and_then(|parent| parent.get(key));
    map.and_then(Value::as_object).unwrap_or(&EMPTY)
}

#[cfg(test)]
mod tests;
