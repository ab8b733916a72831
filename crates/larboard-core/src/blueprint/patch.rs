//! How the body of a PATCH changes a blueprint's document.
//!
//! Scalars and single objects replace; the maps of definitions are merged name by name and, inside
//! a name, key by key; `null` removes a key, a definition or a key of a definition.

use serde_json::{Map, Value};

use super::document::{MAPS, META};
use crate::refusal::Refusal;
use crate::text;
use crate::violation::shown;

/// The document after the patch, not yet checked.
pub(super) fn merge(
    before: &Map<String, Value>,
    patch: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let mut after = before.clone();
    for (key, value) in patch {
        if META.contains(&key.as_str()) {
            continue;
        }
        match value {
            // The two keys no blueprint is without.
            Value::Null if key == "identifier" || key == "schema" => {}
            Value::Null => {
                after.shift_remove(&key);
            }
            value if key == "schema" => merge_schema(&mut after, value)?,
            value if MAPS.contains(&key.as_str()) => merge_definitions(&mut after, &key, value)?,
            value => {
                after.insert(key, value);
            }
        }
    }
    Ok(after)
}

fn merge_schema(after: &mut Map<String, Value>, patch: Value) -> Result<(), Refusal> {
    let patch = expect_object("schema", patch)?;
    let Some(Value::Object(schema)) = after.get_mut("schema") else {
        return Ok(());
    };
    for (key, value) in patch {
        match value {
            Value::Null if key == "properties" => {}
            value if key == "properties" => merge_definitions(schema, &key, value)?,
            value => {
                schema.insert(key, value);
            }
        }
    }
    Ok(())
}

fn merge_definitions(
    parent: &mut Map<String, Value>,
    key: &str,
    patch: Value,
) -> Result<(), Refusal> {
    let patch = expect_object(key, patch)?;
    let slot = parent
        .entry(key)
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(definitions) = slot else {
        return Ok(());
    };
    for (name, change) in patch {
        match (change, definitions.get_mut(&name)) {
            (Value::Null, _) => {
                text::check_key(&name)
                    .map_err(|flaw| Refusal::invalid_request(format!("{key}.{name}: {flaw}")))?;
                definitions.shift_remove(&name);
            }
            (Value::Object(change), Some(Value::Object(definition))) => {
                merge_keys(definition, change);
            }
            (change, _) => {
                definitions.insert(name, change);
            }
        }
    }
    Ok(())
}

fn merge_keys(definition: &mut Map<String, Value>, change: Map<String, Value>) {
    for (key, value) in change {
        if value.is_null() {
            definition.shift_remove(&key);
        } else {
            definition.insert(key, value);
        }
    }
}

fn expect_object(key: &str, value: Value) -> Result<Map<String, Value>, Refusal> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(Refusal::invalid_request(format!(
            "{key}: it must be an object, but is {}",
            shown(&other)
        ))),
    }
}
