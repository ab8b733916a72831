//! Turns the definition of an input into the JSON Schema that its values must fit.

use serde_json::{Map, Value, json};

use super::Skipped;

/// The keywords of an input that say which values fit; all others describe the form.
const KEYWORDS: &[&str] = &[
    "type",
    "format",
    "enum",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "properties",
    "patternProperties",
    "additionalProperties",
    "required",
];

/// The schema of an input's values; keywords that hold a query go to `skipped`.
pub(super) fn of_input(name: &str, input: &Value, skipped: &mut Vec<Skipped>) -> Value {
    let client_side = input.get("encryption").is_some_and(Value::is_object);
    if client_side {
        // The client sends ciphertext, whatever the plain text is.
        return json!({"type": "string"});
    }
    let mut schema = Map::new();
    extend(&mut schema, name, "", input, skipped);
    if let Some(items @ Value::Object(_)) = input.get("items") {
        let mut item_schema = Map::new();
        extend(&mut item_schema, name, "items.", items, skipped);
        schema.insert("items".to_owned(), Value::Object(item_schema));
    }
    for keyword in ["default", "visible", "disabled"] {
        let value = input.get(keyword).unwrap_or(&Value::Null);
        skipped.extend(query(Some(name), keyword, value));
    }
    Value::Object(schema)
}

fn extend(
    schema: &mut Map<String, Value>,
    name: &str,
    prefix: &str,
    from: &Value,
    skipped: &mut Vec<Skipped>,
) {
    for keyword in KEYWORDS {
        let Some(value) = from.get(keyword) else {
            continue;
        };
        if is_query(value) {
            skipped.extend(query(Some(name), &format!("{prefix}{keyword}"), value));
        } else {
            schema.insert((*keyword).to_owned(), value.clone());
        }
    }
}

/// Whether a value is `{"jqQuery": …}` instead of what its keyword means.
pub(super) fn is_query(value: &Value) -> bool {
    value.get("jqQuery").is_some_and(Value::is_string)
}

/// The note on a keyword whose value is a query.
pub(super) fn query(input: Option<&str>, keyword: &str, value: &Value) -> Option<Skipped> {
    Some(Skipped {
        input: input.map(str::to_owned),
        keyword: keyword.to_owned(),
        query: value.get("jqQuery")?.as_str()?.to_owned(),
    })
}
