//! A scorecard and its rules as the entities that stand for them (facts/catalog.md 1.10): which of their values are whose,
//! and the scorecard that a changed entity asks for. Whatever else such an entity holds is the organization's own.

use serde_json::{Map, Value};

use super::Scorecard;
use crate::entity::Entity;
use crate::refusal::Refusal;

/// The keys of a scorecard that its entity has as properties of the same name.
const SHARED: [&str; 3] = ["levels", "filter", "rules"];
/// The property of a rule's entity that says how the scorecard calls the rule: unlike the entity's identifier it is unique
/// only within the scorecard.
pub const RULE_IDENTIFIER: &str = "rule_identifier";
/// The properties of a rule's entity, and the keys of the rule they stand for.
const OF_RULES: [(&str, &str); 4] = [
    (RULE_IDENTIFIER, "identifier"),
    ("level", "level"),
    ("query", "query"),
    ("rule_description", "description"),
];

impl Scorecard {
    /// Writes the scorecard over the properties of its entity; those of the organization stay, unless the scorecard says
    /// otherwise under `properties`.
    pub fn put_into(&self, blueprint: &str, properties: &mut Map<String, Value>) {
        properties.insert("blueprint".into(), blueprint.into());
        for key in SHARED {
            put(properties, key, self.document.get(key));
        }
        for (name, value) in self.added() {
            put(
                properties,
                name,
                Some(value).filter(|value| !value.is_null()),
            );
        }
    }

    /// The values it sets of properties that an organization added to `_scorecard`.
    pub fn added(&self) -> impl Iterator<Item = (&String, &Value)> {
        let added = self.document.get("properties").and_then(Value::as_object);
        added.into_iter().flatten()
    }

    /// The scorecard that an entity asks for, given the one it stands for so far.
    ///
    /// # Errors
    /// `invalid_request` with every fault of it.
    pub fn of_entity(known: Option<&Self>, entity: &Entity) -> Result<Self, Refusal> {
        let mut document = known.map_or_else(Map::new, |known| known.document.clone());
        document.insert("identifier".into(), entity.identifier.as_str().into());
        document.insert("title".into(), title(entity).into());
        for key in SHARED {
            put(&mut document, key, entity.properties.get(key));
        }
        document
            .entry("rules")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(added) = document
            .get_mut("properties")
            .and_then(Value::as_object_mut)
        {
            added.clear();
            let own = entity
                .properties
                .iter()
                .filter(|(name, _)| !is_built_in(name));
            added.extend(own.map(|(name, value)| (name.clone(), value.clone())));
        }
        Self::parse(document.into())
    }

    /// Writes one of its rules over the properties of the rule's entity.
    pub fn put_rule_into(&self, identifier: &str, properties: &mut Map<String, Value>) {
        let Some(rule) = self
            .rule_documents()
            .find(|rule| is_called(rule, identifier))
        else {
            return;
        };
        for (name, key) in OF_RULES {
            put(properties, name, rule.get(key));
        }
    }

    /// The scorecard with the rule that an entity asks for: in place of the rule `known`, or as the last one.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the outcome.
    pub fn with_rule(&self, known: Option<&str>, entity: &Entity) -> Result<Self, Refusal> {
        let written = |rule: &mut Map<String, Value>| {
            for (name, key) in OF_RULES {
                put(rule, key, entity.properties.get(name));
            }
            rule.insert("title".into(), title(entity).into());
        };
        let mut rules: Vec<Value> = self.rule_documents().cloned().collect();
        let place = rules
            .iter_mut()
            .find(|rule| known.is_some_and(|known| is_called(rule, known)))
            .and_then(Value::as_object_mut);
        match place {
            Some(rule) => written(rule),
            None => {
                let mut rule = Map::new();
                written(&mut rule);
                rules.push(rule.into());
            }
        }
        self.with_rules(rules)
    }

    /// The scorecard without a rule.
    ///
    /// # Errors
    /// `invalid_request` if what is left is none.
    pub fn without_rule(&self, identifier: &str) -> Result<Self, Refusal> {
        let rules = self.rule_documents();
        let kept = rules.filter(|rule| !is_called(rule, identifier)).cloned();
        self.with_rules(kept.collect())
    }

    fn rule_documents(&self) -> impl Iterator<Item = &Value> {
        let rules = self.document.get("rules").and_then(Value::as_array);
        rules.into_iter().flatten()
    }

    fn with_rules(&self, rules: Vec<Value>) -> Result<Self, Refusal> {
        let mut document = self.document.clone();
        document.insert("rules".into(), rules.into());
        Self::parse(document.into())
    }
}

/// Whether a property of a scorecard's entity is the scorecard's own.
pub fn is_built_in(name: &str) -> bool {
    name == "blueprint" || SHARED.contains(&name)
}

fn is_called(rule: &Value, identifier: &str) -> bool {
    rule.get("identifier").and_then(Value::as_str) == Some(identifier)
}

fn title(entity: &Entity) -> &str {
    let title = entity.title.as_deref().filter(|title| !title.is_empty());
    title.unwrap_or(&entity.identifier)
}

fn put(map: &mut Map<String, Value>, key: &str, value: Option<&Value>) {
    match value {
        Some(value) => {
            map.insert(key.to_owned(), value.clone());
        }
        None => {
            map.shift_remove(key);
        }
    }
}
