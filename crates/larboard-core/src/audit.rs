//! What changed between two JSON documents, for showing an audit event.
//!
//! Objects are compared key by key; lists and scalars as a whole, because a list's order means
//! something and an element has no name. It holds no events.

use serde::Serialize;
use serde_json::{Map, Value};

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// The value it had; absent if the key is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value it has; absent if the key is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Every difference, in the order of the document's keys: those of `before` first, then new ones.
/// A document that is missing (before a creation, after a deletion) is `null`.
pub fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let empty = Value::Object(Map::new());
    let whole = |value| if value == &Value::Null { &empty } else { value };
    let mut changes = Vec::new();
    compare(
        Some(whole(before)),
        Some(whole(after)),
        &mut Vec::new(),
        &mut changes,
    );
    changes
}

fn compare(
    before: Option<&Value>,
    after: Option<&Value>,
    path: &mut Vec<String>,
    changes: &mut Vec<Change>,
) {
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) {
        let added = after.keys().filter(|key| !before.contains_key(*key));
        for key in before.keys().chain(added) {
            path.push(key.clone());
            compare(before.get(key), after.get(key), path, changes);
            path.pop();
        }
    } else if before != after {
        changes.push(Change {
            path: path.clone(),
            before: before.cloned(),
            after: after.cloned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(before: Value, after: Value) -> Vec<String> {
        diff(&before, &after)
            .into_iter()
            .map(|change| change.path.join("."))
            .collect()
    }

    #[test]
    fn a_change_is_named_by_the_keys_that_lead_to_it() {
        let before = json!({"title": "A", "properties": {"tier": 1, "tags": ["x"]}, "icon": null});
        let after = json!({"title": "A", "properties": {"tier": 2, "tags": ["x", "y"]}});
        assert_eq!(
            paths(before, after),
            ["properties.tier", "properties.tags", "icon"]
        );
    }

    #[test]
    fn a_creation_and_a_deletion_list_every_key() {
        let document = json!({"identifier": "a", "title": "A"});
        assert_eq!(
            paths(Value::Null, document.clone()),
            ["identifier", "title"]
        );
        assert_eq!(paths(document, Value::Null), ["identifier", "title"]);
    }

    #[test]
    fn the_order_of_keys_is_no_change() {
        assert!(paths(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1})).is_empty());
    }

    #[test]
    fn a_key_that_is_null_differs_from_one_that_is_gone() {
        assert_eq!(paths(json!({"a": null}), json!({})), ["a"]);
    }
}
