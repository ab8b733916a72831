//! The top level of a blueprint's document: which keys it has and what they hold
//! (facts/catalog.md 1.2).

use serde_json::{Map, Value};

use super::{computed, ownership, property, relation};
use crate::refusal::Refusal;
use crate::text;
use crate::violation::{Violations, join, shown};

/// Keys the server writes; clients send them back with the rest of a GET body.
pub(super) const META: [&str; 4] = ["createdAt", "createdBy", "updatedAt", "updatedBy"];

/// The maps of definitions beside `schema.properties`.
pub(super) const MAPS: [&str; 4] = [
    "relations",
    "mirrorProperties",
    "calculationProperties",
    "aggregationProperties",
];

/// Keys that mean the same with `null` as without a value.
const OPTIONAL: [&str; 10] = [
    "description",
    "icon",
    "relations",
    "mirrorProperties",
    "calculationProperties",
    "aggregationProperties",
    "ownership",
    "changelogDestination",
    "teamInheritance",
    "includeInGlobalSearch",
];

/// Checks one definition under `path`, and may write down defaults that replies always show.
type Check = fn(&str, &mut Map<String, Value>, &mut Violations);

/// The body as an object.
pub(super) fn object(body: Value) -> Result<Map<String, Value>, Refusal> {
    match body {
        Value::Object(map) => Ok(map),
        other => Err(Refusal::invalid_request(format!(
            "The body must be a blueprint, a JSON object, but is {}.",
            shown(&other)
        ))),
    }
}

/// Removes what is not stored, writes down what is always shown, and finds every fault.
pub(super) fn normalize_and_check(document: &mut Map<String, Value>) -> Violations {
    document.retain(|key, value| {
        let without_value = value.is_null() && OPTIONAL.contains(&key.as_str());
        !without_value && !META.contains(&key.as_str())
    });
    let mut violations = Violations::new();
    violations.require(document, "", &["identifier", "title", "schema"]);
    check_head(document, &mut violations);
    check_schema(document, &mut violations);
    let checks: [Check; 4] = [
        relation::normalize_and_check,
        computed::check_mirror,
        computed::check_calculation,
        computed::check_aggregation,
    ];
    for (key, check) in MAPS.into_iter().zip(checks) {
        check_each(document, "", key, check, &mut violations);
    }
    ownership::check(document, &mut violations);
    check_collisions(document, &mut violations);
    violations
}

fn check_head(document: &Map<String, Value>, violations: &mut Violations) {
    if let Some(identifier) = violations.text(document, "", "identifier", (0, usize::MAX))
        && let Err(flaw) = text::check_blueprint_identifier(identifier)
    {
        violations.push_at("identifier", "pattern", flaw);
    }
    violations.text(document, "", "title", (1, 100));
    violations.text(document, "", "description", (0, 200));
    violations.text(document, "", "icon", (0, usize::MAX));
    violations.boolean(document, "", "includeInGlobalSearch");
}

fn check_schema(document: &mut Map<String, Value>, violations: &mut Violations) {
    if violations.object(document, "", "schema").is_none() {
        return;
    }
    let Some(Value::Object(schema)) = document.get_mut("schema") else {
        return;
    };
    schema.retain(|key, value| !(value.is_null() && key == "required"));
    violations.only(schema, "schema", &["properties", "required"]);
    violations.require(schema, "schema", &["properties"]);
    check_each(schema, "schema", "properties", property::check, violations);
    check_required(schema, violations);
}

fn check_required(schema: &Map<String, Value>, violations: &mut Violations) {
    let Some(required) = schema.get("required") else {
        return;
    };
    let Some(names) = required.as_array() else {
        violations.wrong_type("schema.required", "a list of property names", required);
        return;
    };
    for (index, name) in names.iter().enumerate() {
        let path = format!("schema.required[{index}]");
        match name.as_str() {
            None => violations.wrong_type(path, "a property name", name),
            Some(name)
                if schema
                    .get("properties")
                    .is_none_or(|p| p.get(name).is_none()) =>
            {
                let advice = format!("there is no property {name:?}; define it or remove the name");
                violations.push_at(path, "required", advice);
            }
            Some(_) => {}
        }
    }
}

/// Runs `check` over the definitions under `key`.
fn check_each(
    parent: &mut Map<String, Value>,
    path: &str,
    key: &str,
    check: Check,
    violations: &mut Violations,
) {
    if violations.object(parent, path, key).is_none() {
        return;
    }
    let Some(Value::Object(definitions)) = parent.get_mut(key) else {
        return;
    };
    let path = join(path, key);
    for (name, definition) in definitions {
        let path = join(&path, name);
        if let Err(flaw) = text::check_key(name) {
            violations.push_at(path.clone(), "propertyNames", flaw);
        }
        match definition {
            Value::Object(definition) => check(&path, definition, violations),
            other => violations.wrong_type(path, "an object", other),
        }
    }
}

/// Properties, mirrors, calculations and aggregations share the `properties` of an entity, so a
/// name can be only one of them.
fn check_collisions(document: &Map<String, Value>, violations: &mut Violations) {
    let names = |value: Option<&Value>| -> Vec<String> {
        value
            .and_then(Value::as_object)
            .map(|m| m.keys().cloned().collect())
            .unwrap_or_default()
    };
    let mut taken = names(
        document
            .get("schema")
            .and_then(|schema| schema.get("properties")),
    );
    for key in &MAPS[1..] {
        let more = names(document.get(*key));
        for name in more.iter().filter(|name| taken.contains(name)) {
            let advice = "another property of the blueprint has this name; choose a different one";
            violations.push_at(format!("{key}.{name}"), "unique", advice);
        }
        taken.extend(more);
    }
}
