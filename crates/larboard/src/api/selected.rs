//! The `fields` parameter of lists: only the keys that were asked for, by path (`users.email`).

use serde_json::Value;

/// The value with only the fields named, everything if none are; lists are looked into.
pub fn only(value: Value, fields: &[String]) -> Value {
    if fields.is_empty() {
        return value;
    }
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter_map(|(key, value)| {
                    if fields.contains(&key) {
                        return Some((key, value));
                    }
                    let below: Vec<String> = fields
                        .iter()
                        .filter_map(|field| field.strip_prefix(&key)?.strip_prefix('.'))
                        .map(str::to_owned)
                        .collect();
                    (!below.is_empty()).then(|| (key, only(value, &below)))
                })
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(|item| only(item, fields)).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_select_keys_and_keys_below_them() {
        let value = json!({"name": "a", "id": 1, "users": [{"email": "x", "status": "y"}]});
        let fields = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(only(value.clone(), &[]), value);
        assert_eq!(
            only(value.clone(), &fields(&["name"])),
            json!({"name": "a"})
        );
        assert_eq!(
            only(value.clone(), &fields(&["id", "users.email"])),
            json!({"id": 1, "users": [{"email": "x"}]})
        );
        assert_eq!(
            only(value, &fields(&["nothing", "name.x"])),
            json!({"name": "a"})
        );
    }
}
