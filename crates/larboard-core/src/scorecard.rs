//! A scorecard: the levels that entities of a blueprint climb, and the rules for each
//! (facts/catalog.md section 4).
//!
//! The document is kept as it was sent (facts/addenda.md, Echo rule); what evaluation works with is
//! read from it once. Whether the properties that conditions name exist is not checked on saving,
//! because they may be added later; a property that is not there has no value.

mod contract;
mod definition;
mod entity;
mod evaluate;
mod remembered;
pub mod result;

pub(crate) use contract::contract;
pub use entity::{RULE_IDENTIFIER, is_built_in};
pub use evaluate::{Evaluator, Standing, status};
pub use remembered::{Outcomes, Remembered};

use serde_json::{Map, Value, json};

use crate::blueprint::Stamps;
use crate::blueprint::rename::Renamed;
use crate::refusal::{Code, Refusal};
use crate::search::{Conditions, parse_conditions};
use crate::violation::shown;

/// A valid scorecard.
#[derive(Clone, Debug, PartialEq)]
pub struct Scorecard {
    document: Map<String, Value>,
    identifier: String,
    levels: Vec<Level>,
    rules: Vec<Rule>,
    filter: Option<Conditions>,
}

/// A level; the first is where every entity starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Its name, unique in the scorecard.
    pub title: String,
    /// One of the seventeen colours.
    pub color: String,
}

/// What an entity must fulfil for a level.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Unique in the scorecard.
    pub identifier: String,
    /// For people.
    pub title: String,
    /// Which level it belongs to: a place in the levels, never the first.
    pub level: usize,
    /// What it asks.
    pub query: Conditions,
}

/// Keys the server writes; clients send them back with the rest of a GET body.
const META: [&str; 6] = [
    "id",
    "blueprint",
    "createdAt",
    "createdBy",
    "updatedAt",
    "updatedBy",
];

/// The levels of a scorecard that names none (facts/catalog.md 4.2).
const DEFAULT_LEVELS: [(&str, &str); 4] = [
    ("Basic", "paleBlue"),
    ("Bronze", "bronze"),
    ("Silver", "silver"),
    ("Gold", "gold"),
];

impl Scorecard {
    /// Reads the body of a POST or PUT.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the body.
    pub fn parse(body: Value) -> Result<Self, Refusal> {
        let Value::Object(mut document) = body else {
            return Err(Refusal::invalid_request(format!(
                "The body must be a scorecard, a JSON object, but is {}.",
                shown(&body)
            )));
        };
        document.retain(|key, value| {
            let without_value = value.is_null() && matches!(key.as_str(), "levels" | "filter");
            !without_value && !META.contains(&key.as_str())
        });
        document
            .entry("levels")
            .or_insert_with(|| default_levels().into());
        definition::check(&document).into_result(Code::InvalidRequest)?;
        Self::read(document).ok_or_else(|| {
            Refusal::invalid_request("The body is no scorecard; see /docs for its form.")
        })
    }

    /// Reads a PATCH of this scorecard: the keys it names replace those that are there.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the outcome.
    pub fn patch(&self, body: Value) -> Result<Self, Refusal> {
        let Value::Object(changes) = body else {
            return Err(Refusal::invalid_request(format!(
                "The body must be a JSON object, but is {}.",
                shown(&body)
            )));
        };
        let mut document = self.document.clone();
        document.extend(changes);
        Self::parse(document.into())
    }

    /// The scorecard with the new name wherever a condition names the old one; `None` if none does.
    #[must_use]
    pub fn following(&self, kind: Renamed, from: &str, to: &str) -> Option<Self> {
        let key = match kind {
            Renamed::Relation => "relation",
            Renamed::Property | Renamed::Mirror => "property",
        };
        let mut document = self.document.clone();
        let mut named = false;
        let mut follow = |query: &mut Value| {
            let conditions = query.get_mut("conditions").and_then(Value::as_array_mut);
            for condition in conditions.into_iter().flatten() {
                if let Some(subject) = condition.get_mut(key)
                    && *subject == *from
                {
                    *subject = to.into();
                    named = true;
                }
            }
        };
        document.get_mut("filter").into_iter().for_each(&mut follow);
        let rules = document.get_mut("rules").and_then(Value::as_array_mut);
        for rule in rules.into_iter().flatten() {
            rule.get_mut("query").into_iter().for_each(&mut follow);
        }
        if named { Self::read(document) } else { None }
    }

    /// Reads a stored document; `None` if it is not one that [`Scorecard::parse`] accepted.
    pub fn from_stored(text: &str) -> Option<Self> {
        match serde_json::from_str(text) {
            Ok(Value::Object(document)) => Self::read(document),
            _ => None,
        }
    }

    fn read(document: Map<String, Value>) -> Option<Self> {
        let levels = document
            .get("levels")?
            .as_array()?
            .iter()
            .map(Level::read)
            .collect::<Option<Vec<_>>>()?;
        let rules = document.get("rules")?.as_array()?;
        Some(Self {
            identifier: document.get("identifier")?.as_str()?.to_owned(),
            rules: rules
                .iter()
                .map(|rule| Rule::read(rule, &levels))
                .collect::<Option<_>>()?,
            filter: match document.get("filter") {
                Some(filter) => Some(parse_conditions(filter, "filter").ok()?),
                None => None,
            },
            levels,
            document,
        })
    }

    /// Its identifier.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Its title.
    pub fn title(&self) -> &str {
        let title = self.document.get("title").and_then(Value::as_str);
        title.unwrap_or(&self.identifier)
    }

    /// Its levels, lowest first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Its rules, in the author's order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Which entities it evaluates; all if `None`.
    pub fn filter(&self) -> Option<&Conditions> {
        self.filter.as_ref()
    }

    /// The document, without what the server adds to it.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// The document as text, to be stored.
    pub fn to_text(&self) -> String {
        Value::Object(self.document.clone()).to_string()
    }

    /// As the API shows it.
    pub fn render(&self, id: &str, blueprint: &str, stamps: &Stamps) -> Value {
        let mut shown = self.document.clone();
        shown.insert("blueprint".into(), blueprint.into());
        shown.insert("id".into(), id.into());
        shown.insert("createdAt".into(), json!(stamps.created_at));
        shown.insert("createdBy".into(), stamps.created_by.clone().into());
        shown.insert("updatedAt".into(), json!(stamps.updated_at));
        shown.insert("updatedBy".into(), stamps.updated_by.clone().into());
        shown.into()
    }
}

impl Level {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            title: value.get("title")?.as_str()?.to_owned(),
            color: value.get("color")?.as_str()?.to_owned(),
        })
    }
}

impl Rule {
    fn read(value: &Value, levels: &[Level]) -> Option<Self> {
        let level = value.get("level")?.as_str()?;
        Some(Self {
            identifier: value.get("identifier")?.as_str()?.to_owned(),
            title: value.get("title")?.as_str()?.to_owned(),
            level: levels.iter().position(|known| known.title == level)?,
            query: parse_conditions(value.get("query")?, "query").ok()?,
        })
    }
}

fn default_levels() -> Vec<Value> {
    DEFAULT_LEVELS
        .iter()
        .map(|(title, color)| json!({ "title": title, "color": color }))
        .collect()
}

#[cfg(test)]
mod tests;
