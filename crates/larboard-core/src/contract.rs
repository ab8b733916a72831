//! JSON Schemas of what the parsers of this crate take and of what the API shows, under the names
//! the OpenAPI document gives them.
//!
//! Each noun writes its own, beside its parser and from the same tables (`<noun>/contract.rs`);
//! this holds what they are written with. Nothing is parsed or validated through them: the tests
//! hold the parsers, the replies and the contract fixtures against them.

use serde_json::{Map, Value, json};

use crate::{action, blueprint, entity, page, run, scorecard, search, sidebar, text};

/// Schemas by name; one refers to another with [`reference`].
pub type Components = Vec<(&'static str, Value)>;

/// Every schema of this crate.
pub fn components() -> Components {
    let mut all = action::contract();
    all.extend(blueprint::contract());
    all.extend(entity::contract());
    all.extend(page::contract());
    all.extend(run::contract());
    all.extend(scorecard::contract());
    all.extend(search::contract());
    all.extend(sidebar::contract());
    all
}

/// The schema of this name.
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Any value.
pub fn anything() -> Value {
    json!({})
}

/// A text.
pub fn text() -> Value {
    json!({ "type": "string" })
}

/// A text of so many characters.
pub fn text_of(least: usize, most: usize) -> Value {
    let mut schema = json!({ "type": "string", "maxLength": most });
    if least > 0 {
        schema["minLength"] = least.into();
    }
    schema
}

/// A text that is not empty.
pub fn some_text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

/// A text of this pattern.
pub fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "pattern": pattern })
}

/// A text of this pattern and at most so many characters.
pub fn pattern_of(pattern: &str, most: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": pattern })
}

/// An instant as replies write it.
pub fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// An absolute URL.
pub fn url() -> Value {
    json!({ "type": "string", "format": "uri" })
}

/// A boolean.
pub fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number of 0 or more.
pub fn whole() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// One of these texts.
pub fn choice(names: &[&str]) -> Value {
    json!({ "type": "string", "enum": names })
}

/// Exactly this text.
pub fn only(name: &str) -> Value {
    json!({ "type": "string", "const": name })
}

/// A list.
pub fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// A list of texts.
pub fn texts() -> Value {
    list(text())
}

/// An object of anything.
pub fn any_object() -> Value {
    json!({ "type": "object", "additionalProperties": true })
}

/// A map from any text.
pub fn map_of(values: Value) -> Value {
    json!({ "type": "object", "additionalProperties": values })
}

/// A map from the names of properties, relations and inputs.
pub fn keyed(values: Value) -> Value {
    json!({
        "type": "object",
        "propertyNames": pattern_of(text::KEY_PATTERN, text::KEY_MAX),
        "additionalProperties": values,
    })
}

/// Exactly one of these.
pub fn one_of(schemas: impl IntoIterator<Item = Value>) -> Value {
    json!({ "oneOf": schemas.into_iter().collect::<Vec<_>>() })
}

/// At least one of these.
pub fn any_of(schemas: impl IntoIterator<Item = Value>) -> Value {
    json!({ "anyOf": schemas.into_iter().collect::<Vec<_>>() })
}

/// The schema or null.
pub fn or_null(mut schema: Value) -> Value {
    if schema == anything() {
        return schema;
    }
    let Some(Value::String(kind)) = schema.get("type").cloned() else {
        return any_of([schema, json!({ "type": "null" })]);
    };
    if let Some(Value::Array(choices)) = schema.get_mut("enum") {
        choices.push(Value::Null);
    } else if schema.get("const").is_some() {
        return any_of([schema, json!({ "type": "null" })]);
    }
    schema["type"] = json!([kind, "null"]);
    schema
}

/// A schema with a sentence for its reader.
pub fn described(mut schema: Value, sentence: &str) -> Value {
    schema["description"] = sentence.into();
    schema
}

/// An object, key by key.
#[derive(Clone, Debug)]
pub struct Object {
    properties: Map<String, Value>,
    required: Vec<&'static str>,
    open: bool,
}

impl Object {
    /// An object with the listed keys alone.
    pub fn closed() -> Self {
        Self {
            properties: Map::new(),
            required: Vec::new(),
            open: false,
        }
    }

    /// An object that may have further keys.
    pub fn open() -> Self {
        Self {
            open: true,
            ..Self::closed()
        }
    }

    /// A key that is always there.
    #[must_use]
    pub fn must(mut self, key: &'static str, schema: Value) -> Self {
        self.required.push(key);
        self.may(key, schema)
    }

    /// A key that may be left out.
    #[must_use]
    pub fn may(mut self, key: &'static str, schema: Value) -> Self {
        self.properties.insert(key.to_owned(), schema);
        self
    }

    /// A key that may be left out or null, which means the same.
    #[must_use]
    pub fn maybe(self, key: &'static str, schema: Value) -> Self {
        self.may(key, or_null(schema))
    }

    /// The same keys, none of which must be there.
    #[must_use]
    pub fn part(mut self) -> Self {
        self.required.clear();
        self
    }

    /// Keys of another object added.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.properties.extend(other.properties);
        self.required.extend(other.required);
        self
    }

    /// The four keys every stored resource is read back with.
    #[must_use]
    pub fn stamped(self) -> Self {
        self.must("createdAt", instant())
            .must("createdBy", text())
            .must("updatedAt", instant())
            .must("updatedBy", text())
    }

    /// The schema.
    pub fn build(self) -> Value {
        let mut schema = json!({ "type": "object", "properties": self.properties });
        if !self.required.is_empty() {
            schema["required"] = self.required.into();
        }
        schema["additionalProperties"] = self.open.into();
        schema
    }

    /// The schema with further keywords.
    pub fn build_with(self, keyword: &str, value: Value) -> Value {
        let mut schema = self.build();
        schema[keyword] = value;
        schema
    }
}

#[cfg(test)]
mod tests;
