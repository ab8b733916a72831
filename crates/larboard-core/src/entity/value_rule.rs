//! What values one property may have, compiled once from its definition.
//!
//! Scalars and lists are checked by hand, because nearly every write consists of them and the
//! sentence should name value and rule; patterns and the shape of objects are left to the
//! JSON Schema engine, without network or file access and with a bound on backtracking.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Number, Value, json};

use super::format::Format;
use crate::violation::shown;

/// How often a pattern may backtrack on one text before the text counts as not fitting.
const BACKTRACK_LIMIT: usize = 100_000;

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

/// What is wrong, where below the value or definition, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Below the thing checked: empty for the thing itself, or such as `[2]`, `/a/b`, `minimum`.
    pub place: String,
    /// The keyword, such as `minimum`.
    pub rule: &'static str,
    /// The rest of a sentence that starts with the place.
    pub message: String,
}

/// The compiled rule of one property.
#[derive(Debug)]
pub struct ValueRule {
    detail: Detail,
    one_of: Option<Vec<Value>>,
}

#[derive(Debug)]
enum Detail {
    Text {
        length: Length,
        pattern: Option<Pattern>,
        format: Option<Format>,
    },
    Number {
        bounds: Vec<Bound>,
    },
    Boolean,
    Object {
        labeled_url: bool,
        inside: Option<Box<Validator>>,
    },
    List {
        length: Length,
        unique: bool,
        items: Option<Box<ValueRule>>,
    },
}

#[derive(Clone, Copy, Debug)]
struct Length {
    least: Option<usize>,
    most: Option<usize>,
    keywords: (&'static str, &'static str),
    unit: &'static str,
}

#[derive(Debug)]
struct Pattern {
    text: String,
    validator: Box<Validator>,
}

#[derive(Debug)]
struct Bound {
    keyword: &'static str,
    limit: Number,
    value: f64,
}

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

    /// Reports every way in which `value` does not fit. Allocates only if there is one.
    pub fn check(&self, value: &Value, report: &mut dyn FnMut(Flaw)) {
        let typed = match (&self.detail, value) {
            (
                Detail::Text {
                    length,
                    pattern,
                    format,
                },
                Value::String(text),
            ) => {
                check_text(value, text, *length, pattern.as_ref(), *format, report);
                true
            }
            (Detail::Number { bounds }, Value::Number(number)) => {
                check_number(number, bounds, report);
                true
            }
            (Detail::Boolean, Value::Bool(_)) => true,
            (
                Detail::Object {
                    labeled_url,
                    inside,
                },
                Value::Object(map),
            ) => {
                check_object(value, map, *labeled_url, inside.as_deref(), report);
                true
            }
            (
                Detail::List {
                    length,
                    unique,
                    items,
                },
                Value::Array(values),
            ) => {
                check_list(values, *length, *unique, items.as_deref(), report);
                true
            }
            _ => false,
        };
        if !typed {
            let message = format!("{} is not {}", shown(value), self.type_in_words());
            report(flaw("type", message));
        } else if let Some(choices) = &self.one_of
            && !choices.iter().any(|choice| equal(choice, value))
        {
            let listed: Vec<String> = choices.iter().map(Value::to_string).collect();
            let message = format!("{} is not one of {}", shown(value), listed.join(", "));
            report(flaw("enum", message));
        }
    }

    fn type_in_words(&self) -> &'static str {
        match self.detail {
            Detail::Text { .. } => "a string",
            Detail::Number { .. } => "a number",
            Detail::Boolean => "true or false",
            Detail::Object { .. } => "an object",
            Detail::List { .. } => "a list",
        }
    }
}

fn flaw(rule: &'static str, message: String) -> Flaw {
    Flaw {
        place: String::new(),
        rule,
        message,
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

// Checking values.

fn check_text(
    value: &Value,
    text: &str,
    length: Length,
    pattern: Option<&Pattern>,
    format: Option<Format>,
    report: &mut dyn FnMut(Flaw),
) {
    if length.least.is_some() || length.most.is_some() {
        length.check(text.chars().count(), || shown(value), report);
    }
    if let Some(format) = format
        && !format.fits(text)
    {
        report(flaw(
            "format",
            format!("{} is not {}", shown(value), format.description()),
        ));
    }
    if let Some(pattern) = pattern
        && !pattern.validator.is_valid(value)
    {
        let message = format!(
            "{} does not match the pattern {}",
            shown(value),
            pattern.text
        );
        report(flaw("pattern", message));
    }
}

fn check_number(number: &Number, bounds: &[Bound], report: &mut dyn FnMut(Flaw)) {
    let Some(value) = number.as_f64() else { return };
    for bound in bounds {
        let (fits, words) = match bound.keyword {
            "minimum" => (value >= bound.value, "less than the minimum"),
            "maximum" => (value <= bound.value, "more than the maximum"),
            "exclusiveMinimum" => (value > bound.value, "not more than"),
            _ => (value < bound.value, "not less than"),
        };
        if !fits {
            report(flaw(
                bound.keyword,
                format!("{number} is {words} {}", bound.limit),
            ));
        }
    }
}

fn check_object(
    value: &Value,
    map: &Map<String, Value>,
    labeled_url: bool,
    inside: Option<&Validator>,
    report: &mut dyn FnMut(Flaw),
) {
    if labeled_url {
        let url = map.get("url").and_then(Value::as_str);
        if !url.is_some_and(|url| Format::Url.fits(url)) {
            let message = format!(
                "{} has no \"url\" that is a URL with its scheme",
                shown(value)
            );
            report(flaw("format", message));
        }
        if map.get("displayText").is_some_and(|text| !text.is_string()) {
            report(flaw(
                "format",
                format!("{}: \"displayText\" is not a string", shown(value)),
            ));
        }
    }
    let Some(inside) = inside.filter(|inside| !inside.is_valid(value)) else {
        return;
    };
    for error in inside.iter_errors(value) {
        let place = error.instance_path().to_string();
        report(Flaw {
            place,
            rule: "schema",
            message: cut(error.to_string()),
        });
    }
}

fn check_list(
    values: &[Value],
    length: Length,
    unique: bool,
    items: Option<&ValueRule>,
    report: &mut dyn FnMut(Flaw),
) {
    length.check(values.len(), || "the list".to_owned(), report);
    if unique && let Some(repeated) = find_repeated(values) {
        report(flaw(
            "uniqueItems",
            format!("{} is in the list more than once", shown(repeated)),
        ));
    }
    let Some(rule) = items else { return };
    for (index, value) in values.iter().enumerate() {
        rule.check(value, &mut |inner| {
            report(Flaw {
                place: format!("[{index}]{}", inner.place),
                ..inner
            });
        });
    }
}

/// The first value that equals an earlier one. Equal texts are found by hash, so that a long list
/// costs no quadratic time.
fn find_repeated(values: &[Value]) -> Option<&Value> {
    let mut seen = std::collections::HashSet::new();
    values.iter().find(|value| {
        let key = match value {
            Value::Number(number) => number
                .as_f64()
                .map_or_else(|| number.to_string(), |n| n.to_string()),
            other => sorted(other).to_string(),
        };
        !seen.insert(key)
    })
}

/// The value with the keys of its objects in order, so that equal values have equal texts.
fn sorted(value: &Value) -> Value {
    let mut copy = value.clone();
    copy.sort_all_objects();
    copy
}

/// Whether two scalars are equal; numbers by value, however they are written.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Length {
    fn check(self, length: usize, what: impl Fn() -> String, report: &mut dyn FnMut(Flaw)) {
        if let Some(least) = self.least.filter(|least| length < *least) {
            let message = format!(
                "{} has {length} {}; the least is {least}",
                what(),
                self.unit
            );
            report(flaw(self.keywords.0, message));
        }
        if let Some(most) = self.most.filter(|most| length > *most) {
            let message = format!("{} has {length} {}; the most is {most}", what(), self.unit);
            report(flaw(self.keywords.1, message));
        }
    }
}

// Compiling definitions.

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
        "string" => choice.is_string(),
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
    match engine(&json!({ "pattern": text })) {
        Ok(validator) => Some(Pattern {
            text: text.to_owned(),
            validator,
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
    if has_reference(&schema) {
        let message = "references such as $ref are not followed; write the schema out";
        flaws.push(keyword_flaw("properties", message));
        return None;
    }
    match engine(&schema) {
        Ok(validator) => Some(validator),
        Err(problem) => {
            let message = format!("the shape is not valid JSON Schema: {problem}");
            flaws.push(keyword_flaw("properties", message));
            None
        }
    }
}

/// A reference could name a file or a host, or itself.
fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => map.iter().any(|(key, value)| {
            matches!(
                key.as_str(),
                "$ref" | "$dynamicRef" | "$recursiveRef" | "$id" | "$schema"
            ) || has_reference(value)
        }),
        Value::Array(values) => values.iter().any(has_reference),
        _ => false,
    }
}

/// Draft 7, which is what blueprints are written in, with the formats of properties.
fn engine(schema: &Value) -> Result<Box<Validator>, String> {
    let mut options = jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT))
        .should_validate_formats(true);
    for (name, format) in Format::ALL {
        options = options.with_format(name, move |text: &str| format.fits(text));
    }
    options
        .build(schema)
        .map(Box::new)
        .map_err(|error| cut(error.to_string()))
}

#[cfg(test)]
mod tests;
