//! Turning the definition of a property into a [`ValueRule`]. What a definition may hold besides
//! the keywords of values is checked with the blueprint.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{Bound, Detail, Flaw, Length, Pattern, ValueRule};
use crate::format::Format;
use crate::json_schema;
use crate::violation::shown;

/// The keywords of an object's definition that say what is inside it.
const OBJECT_KEYWORDS: [&str; 7] = [
    "properties",
    "patternProperties",
    "additionalProperties",
    "required",
    "minProperties",
    "maxProperties",
    "propertyNames",
];

impl ValueRule {
    /// Compiles the definition of a property, or of the items of a list.
    ///
    /// # Errors
    /// Every keyword whose value makes no sense.
    pub fn compile(definition: &Map<String, Value>) -> Result<Self, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let rule = Self::compile_into(definition, &mut flaws);
        if flaws.is_empty() {
            Ok(rule)
        } else {
            Err(flaws)
        }
    }

    fn compile_into(definition: &Map<String, Value>, flaws: &mut Vec<Flaw>) -> Self {
        let kind = definition
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("string");
        let format = definition.get("format").and_then(Value::as_str);
        let detail = match kind {
            "number" => Detail::Number {
                bounds: bounds(definition, flaws),
            },
            "boolean" => Detail::Boolean,
            "object" => Detail::Object {
                labeled_url: format == Some("labeled-url"),
                inside: inside(definition, flaws),
            },
            "array" => Detail::List {
                length: length(definition, ("minItems", "maxItems"), "items", flaws),
                unique: flag(definition, "uniqueItems", flaws),
                items: items(definition, flaws),
            },
            _ => Detail::Text {
                length: length(definition, ("minLength", "maxLength"), "characters", flaws),
                pattern: pattern(definition, flaws),
                format: format.and_then(Format::find),
            },
        };
        let one_of = one_of(definition, kind, flaws);
        Self { detail, one_of }
    }
}

/// A flaw of a definition: its place is the keyword.
fn keyword_flaw(keyword: &'static str, message: impl Into<String>) -> Flaw {
    Flaw {
        place: keyword.to_owned(),
        rule: keyword,
        message: message.into(),
    }
}

fn length(
    definition: &Map<String, Value>,
    keywords: (&'static str, &'static str),
    unit: &'static str,
    flaws: &mut Vec<Flaw>,
) -> Length {
    let mut read = |keyword| {
        let value = definition.get(keyword)?;
        let number = whole(value);
        if number.is_none() {
            let message = format!("{} is not a whole number of 0 or more", shown(value));
            flaws.push(keyword_flaw(keyword, message));
        }
        number
    };
    let (least, most) = (read(keywords.0), read(keywords.1));
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        let message = format!(
            "{least} is more than the {} {most}; no value would fit",
            keywords.1
        );
        flaws.push(keyword_flaw(keywords.0, message));
    }
    Length {
        least,
        most,
        keywords,
        unit,
    }
}

/// A whole number that is not negative, also when written as `3.0`.
fn whole(value: &Value) -> Option<usize> {
    let number = value
        .as_f64()
        .filter(|n| *n >= 0.0 && n.fract() == 0.0 && *n <= 9e15)?;
    usize::try_from(number as u64).ok()
}

fn flag(definition: &Map<String, Value>, keyword: &'static str, flaws: &mut Vec<Flaw>) -> bool {
    match definition.get(keyword) {
        None => false,
        Some(Value::Bool(flag)) => *flag,
        Some(other) => {
            let message = format!("it must be true or false, but is {}", shown(other));
            flaws.push(keyword_flaw(keyword, message));
            false
        }
    }
}

fn bounds(definition: &Map<String, Value>, flaws: &mut Vec<Flaw>) -> Vec<Bound> {
    let mut bounds = Vec::new();
    for keyword in ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] {
        match definition.get(keyword) {
            None => {}
            Some(Value::Number(limit)) => {
                let value = limit.as_f64().unwrap_or_default();
                bounds.push(Bound {
                    keyword,
                    limit: limit.clone(),
                    value,
                });
            }
            Some(other) => {
                let message = format!("it must be a number, but is {}", shown(other));
                flaws.push(keyword_flaw(keyword, message));
            }
        }
    }
    bounds
}

fn one_of(
    definition: &Map<String, Value>,
    kind: &str,
    flaws: &mut Vec<Flaw>,
) -> Option<Vec<Value>> {
    let value = definition.get("enum")?;
    let fits = |choice: &Value| match kind {
        // `enum` as a type means a string with choices; see the blueprint's property.
        "string" | "enum" => choice.is_string(),
        "number" => choice.is_number(),
        _ => false,
    };
    let Some(choices) = value.as_array().filter(|choices| !choices.is_empty()) else {
        let message = format!(
            "it must be a list with at least one value, but is {}",
            shown(value)
        );
        flaws.push(keyword_flaw("enum", message));
        return None;
    };
    if let Some(odd) = choices.iter().find(|choice| !fits(choice)) {
        let message = format!("{} does not fit the type {kind:?}", shown(odd));
        flaws.push(keyword_flaw("enum", message));
    }
    Some(choices.clone())
}

fn pattern(definition: &Map<String, Value>, flaws: &mut Vec<Flaw>) -> Option<Pattern> {
    let value = definition.get("pattern")?;
    let Some(text) = value.as_str() else {
        let message = format!("it must be a regular expression, but is {}", shown(value));
        flaws.push(keyword_flaw("pattern", message));
        return None;
    };
    match json_schema::compile(&json!({ "pattern": text })) {
        Ok(validator) => Some(Pattern {
            text: text.to_owned(),
            validator: Box::new(validator),
        }),
        Err(_) => {
            let message = format!("{} is not a valid regular expression", shown(value));
            flaws.push(keyword_flaw("pattern", message));
            None
        }
    }
}

fn items(definition: &Map<String, Value>, flaws: &mut Vec<Flaw>) -> Option<Box<ValueRule>> {
    // Whether `items` is an object is checked with the rest of the definition's shape.
    let items = definition.get("items").and_then(Value::as_object)?;
    let mut inner = Vec::new();
    let rule = ValueRule::compile_into(items, &mut inner);
    flaws.extend(inner.into_iter().map(|f| Flaw {
        place: format!("items.{}", f.place),
        ..f
    }));
    // An `items` without a single keyword says nothing about the values.
    (!items.is_empty()).then(|| Box::new(rule))
}

fn inside(definition: &Map<String, Value>, flaws: &mut Vec<Flaw>) -> Option<Box<Validator>> {
    let schema: Map<String, Value> = OBJECT_KEYWORDS
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), definition.get(*key)?.clone())))
        .collect();
    if schema.is_empty() {
        return None;
    }
    let schema = Value::Object(schema);
    match json_schema::compile(&schema) {
        Ok(validator) => Some(Box::new(validator)),
        Err(problem) => {
            let message = format!("the shape is not valid JSON Schema: {problem}");
            flaws.push(keyword_flaw("properties", message));
            None
        }
    }
}
