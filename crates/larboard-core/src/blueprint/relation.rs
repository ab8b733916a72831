//! Relations of a blueprint (facts/catalog.md 1.4).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Blueprint;
use super::property::leave_out_nulls;
use crate::names::replace_blueprint;
use crate::text;
use crate::violation::{Violations, join};

/// A relation that entities of the blueprint may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The blueprint of the related entities.
    pub target: String,
    /// Whether every entity must have it.
    pub required: bool,
    /// Whether it holds a list of entities.
    pub many: bool,
}

const KEYS: &[&str] = &[
    "identifier",
    "title",
    "description",
    "target",
    "required",
    "many",
    "type",
];

/// Checks one definition and writes down the two booleans that are always shown.
pub(super) fn normalize_and_check(
    path: &str,
    relation: &mut Map<String, Value>,
    violations: &mut Violations,
) {
    violations.only(relation, path, KEYS);
    leave_out_nulls(relation);
    for key in ["required", "many"] {
        if relation.get(key).is_none_or(Value::is_null) {
            relation.insert(key.to_owned(), Value::Bool(false));
        }
    }
    violations.require(relation, path, &["target"]);
    violations.text(relation, path, "title", (0, 100));
    violations.text(relation, path, "description", (0, usize::MAX));
    violations.text(relation, path, "type", (0, usize::MAX));
    if let Some(target) = violations.text(relation, path, "target", (0, usize::MAX))
        && let Err(flaw) = text::check_blueprint_identifier(target)
    {
        violations.push_at(join(path, "target"), "pattern", flaw);
    }
    let required = violations.boolean(relation, path, "required");
    let many = violations.boolean(relation, path, "many");
    if required == Some(true) && many == Some(true) {
        violations.push_at(
            path,
            "required",
            "a relation cannot be both required and many; set one to false",
        );
    }
}

/// The relations of a document that passed the checks.
pub(super) fn parse_all(document: &Map<String, Value>) -> IndexMap<String, Relation> {
    let definitions = document.get("relations").and_then(Value::as_object);
    let is_true = |definition: &Value, key: &str| definition[key] == Value::Bool(true);
    let parse = |(name, definition): (&String, &Value)| {
        let relation = Relation {
            target: definition["target"].as_str().unwrap_or_default().to_owned(),
            required: is_true(definition, "required"),
            many: is_true(definition, "many"),
        };
        (name.clone(), relation)
    };
    definitions.into_iter().flatten().map(parse).collect()
}

/// Points every relation and aggregation to `from` at `to`.
pub(super) fn retarget(document: &mut Map<String, Value>, from: &str, to: &str) {
    for key in ["relations", "aggregationProperties"] {
        let Some(Value::Object(definitions)) = document.get_mut(key) else {
            continue;
        };
        for definition in definitions.values_mut() {
            if definition.get("target").and_then(Value::as_str) == Some(from) {
                definition["target"] = Value::from(to);
            }
            if let Some(query) = definition.get_mut("query") {
                replace_blueprint(query, from, to);
            }
            let path_filter = definition
                .get_mut("pathFilter")
                .and_then(Value::as_array_mut);
            for step in path_filter.into_iter().flatten() {
                if step.get("fromBlueprint").and_then(Value::as_str) == Some(from) {
                    step["fromBlueprint"] = Value::from(to);
                }
            }
        }
    }
}

impl Relation {
    /// Refuses another target, and a list made single, because stored links would not fit. A
    /// self-relation follows the blueprint when that is renamed in the same write.
    pub(super) fn allowed_after(
        &self,
        was: &Self,
        name: &str,
        identifier_before: &str,
        blueprint: &Blueprint,
        violations: &mut Violations,
    ) {
        let follows_rename =
            was.target == identifier_before && self.target == blueprint.identifier();
        if self.target != was.target && !follows_rename {
            violations.push_at(
                format!("relations.{name}.target"),
                "immutable",
                format!(
                    "it is {:?} and cannot become {:?}; remove the relation in one write, which \
                     drops its links, and add it with the new target in the next",
                    was.target, self.target
                ),
            );
        }
        if was.many && !self.many {
            violations.push_at(
                format!("relations.{name}.many"),
                "immutable",
                "a list relation cannot become a single one; remove the relation in one write, \
                 which drops its links, and add it as a single one in the next",
            );
        }
    }
}
