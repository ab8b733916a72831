//! Following a renamed blueprint through documents that name it: pages, actions, queries. A name is only taken for one
//! where the structure says so; text that happens to be equal stays.

use serde_json::Value;

/// Keys whose text is the identifier of a blueprint.
const KEYS: [&str; 4] = [
    "blueprint",
    "blueprintIdentifier",
    "fromBlueprint",
    "sourceBlueprint",
];

/// Replaces the blueprint `from` by `to` wherever the value names it. Whether it did.
pub fn replace_blueprint(value: &mut Value, from: &str, to: &str) -> bool {
    match value {
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |any, item| replace_blueprint(item, from, to) | any),
        Value::Object(map) => {
            let is_rule = map.get("property").is_some_and(|p| p == "$blueprint");
            map.iter_mut().fold(false, |any, (key, value)| {
                let names = KEYS.contains(&key.as_str())
                    || key == "hiddenBlueprints"
                    || (is_rule && key == "value");
                let replaced = if names {
                    replace_text(value, from, to)
                } else {
                    false
                };
                replaced | replace_blueprint(value, from, to) | any
            })
        }
        _ => false,
    }
}

/// A text, or the texts of a list.
fn replace_text(value: &mut Value, from: &str, to: &str) -> bool {
    match value {
        Value::String(text) if text == from => {
            to.clone_into(text);
            true
        }
        Value::Array(items) => items
            .iter_mut()
            .fold(false, |any, item| replace_text(item, from, to) | any),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_blueprint_is_followed_where_it_is_named_and_nowhere_else() {
        let mut value = json!({
            "title": "a", "widgets": [{"blueprint": "a", "hiddenBlueprints": ["a", "b"], "text": "a"}],
            "dataset": {"combinator": "and", "rules": [
                {"property": "$blueprint", "operator": "=", "value": "a"},
                {"property": "$blueprint", "operator": "in", "value": ["b", "a"]},
                {"property": "name", "operator": "=", "value": "a"},
            ]},
        });
        assert!(replace_blueprint(&mut value, "a", "z"));
        assert_eq!(
            value,
            json!({
                "title": "a", "widgets": [{"blueprint": "z", "hiddenBlueprints": ["z", "b"], "text": "a"}],
                "dataset": {"combinator": "and", "rules": [
                    {"property": "$blueprint", "operator": "=", "value": "z"},
                    {"property": "$blueprint", "operator": "in", "value": ["b", "z"]},
                    {"property": "name", "operator": "=", "value": "a"},
                ]},
            })
        );
        assert!(!replace_blueprint(&mut value, "a", "z"));
    }
}
