//! What values one property may have, compiled once from its definition.
//!
//! Scalars and lists are checked by hand, because nearly every write consists of them and the
//! sentence should name value and rule; patterns and the shape of objects are left to the
//! JSON Schema engine, without network or file access and with a bound on backtracking.

mod compile;

use jsonschema::Validator;
use serde_json::{Map, Number, Value};

use crate::format::Format;
use crate::json_schema::cut;
use crate::violation::shown;

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
        report(Flaw {
            place: dotted(error.instance_path().as_str()),
            rule: "schema",
            message: cut(error.to_string()),
        });
    }
}

/// A JSON pointer as a place: `/port/0` as `.port[0]`.
fn dotted(pointer: &str) -> String {
    let mut place = String::new();
    for part in pointer.split('/').skip(1) {
        if part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty() {
            place.push_str(&format!("[{part}]"));
        } else {
            place.push_str(&format!(".{}", part.replace("~1", "/").replace("~0", "~")));
        }
    }
    place
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

#[cfg(test)]
mod tests;
