//! The value of a calculation property: a jq program over the entity (facts/catalog.md 1.6). What the program sees is put
//! together by the caller.

use super::yaml;
use crate::entity::ValueRule;
use crate::time::Timestamp;
use larboard_jq::{Dialect, Limits, Options, Program, Reads, Run, reads};
use serde_json::{Map, Value};
use std::time::Duration;

/// What one value may cost: about a millisecond, because whole lists are calculated while somebody waits. There is no limit
/// of time, so that the same entity has the same value on a busy server.
fn limits() -> Limits {
    Limits {
        fuel: 50_000,
        memory: 4 << 20,
        depth: 150,
        nesting: 100,
        output: 256 << 10,
        ..Limits::default()
    }
}

/// A compiled calculation.
#[derive(Debug)]
pub struct Calculation {
    /// `None` for a text that is no jq, which is stored all the same and has no value.
    program: Option<Program>,
    /// What its type and format allow.
    rule: Option<ValueRule>,
    yaml: bool,
    reads_properties: bool,
}

impl Calculation {
    /// Compiles the definition.
    pub fn compile(definition: &Value) -> Self {
        let text = definition["calculation"].as_str().unwrap_or_default();
        let options = Options {
            dialect: Dialect::Portal,
            vars: Vec::new(),
        };
        let mut shape = Map::new();
        for key in ["type", "format", "items"] {
            if let Some(value) = definition.get(key) {
                shape.insert(key.to_owned(), value.clone());
            }
        }
        // The published list misspells it here.
        if shape
            .get("items")
            .is_some_and(|items| items["format"] == "idn-format")
        {
            shape["items"]["format"] = "idn-email".into();
        }
        Self {
            program: Program::compile(text, &options).ok(),
            rule: ValueRule::compile(&shape).ok(),
            yaml: definition["type"] == "string" && definition["format"] == "yaml",
            reads_properties: reads(text, Dialect::Portal, "properties") != Ok(Reads::Never),
        }
    }

    /// Whether the value of a definition may depend on the time.
    pub fn may_tell_time(definition: &Value) -> bool {
        let text = definition["calculation"].as_str().unwrap_or_default();
        let words = ["now", "localtime", "mktime", "input"];
        words.iter().any(|word| text.contains(word))
    }

    /// Whether the value may depend on the entity's properties, and so on mirrors and aggregations.
    pub fn reads_properties(&self) -> bool {
        self.reads_properties
    }

    /// The value for what the program sees: its first output; `Null` if it fails, meets a limit, puts out nothing or
    /// something that is not of the calculation's type and format.
    pub fn value(&self, input: &Value, now: Timestamp) -> Value {
        let (Some(program), Some(rule)) = (&self.program, &self.rule) else {
            return Value::Null;
        };
        let now = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(0));
        let limits = limits();
        let Ok(Some(output)) = program.first_value(input, &Run::new(&limits, now)) else {
            return Value::Null;
        };
        let mut value = output.into_owned();
        if self.yaml && !value.is_string() && !value.is_null() {
            value = yaml::text(&value).into();
        }
        let mut fits = true;
        rule.check(&value, &mut |_| fits = false);
        if fits { value } else { Value::Null }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(definition: Value) -> Value {
        let input = json!({"identifier": "shop", "properties": {"cost": 2, "site": "x.example", "a-b": [1]}});
        Calculation::compile(&definition).value(&input, Timestamp::from_millis(1_000))
    }

    #[test]
    fn the_first_output_is_the_value_if_it_is_of_the_type() {
        for (text, kind, expected) in [
            (".properties.cost * 2", "number", json!(4)),
            (
                "'https://' + .properties.site",
                "string",
                json!("https://x.example"),
            ),
            (".properties.'a-b'", "array", json!([1])),
            (".properties | has('cost')", "boolean", json!(true)),
            ("{a: 1} * {b: 2}", "object", json!({"a": 1, "b": 2})),
            ("1, 2", "number", json!(1)),
            ("now", "number", json!(1)),
            ("empty", "number", json!(null)),
            ("null", "string", json!(null)),
            (".properties.cost", "string", json!(null)),
            ("'2'", "number", json!(null)),
            ("nan", "number", json!(null)),
            ("error('no')", "string", json!(null)),
            ("((", "string", json!(null)),
            ("last(range(1e12))", "number", json!(null)),
            (
                "[limit(1e7; repeat('xxxxxxxx'))] | add",
                "string",
                json!(null),
            ),
        ] {
            assert_eq!(
                value(json!({"calculation": text, "type": kind})),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn the_value_is_of_the_format() {
        for (text, format, expected) in [
            ("'https://x.example'", "url", json!("https://x.example")),
            ("'no url'", "url", json!(null)),
            ("{a: [1]}", "yaml", json!("a:\n  - 1\n")),
            ("'a: 1'", "yaml", json!("a: 1")),
            ("null", "yaml", json!(null)),
        ] {
            let definition = json!({"calculation": text, "type": "string", "format": format});
            assert_eq!(value(definition), expected, "{text}");
        }
        let listed = json!({"calculation": "['a@b.example']", "type": "array", "items": {"type": "string", "format": "idn-format"}});
        assert_eq!(value(listed), json!(["a@b.example"]));
        let listed = json!({"calculation": "[1]", "type": "array", "items": {"type": "string"}});
        assert_eq!(value(listed), json!(null));
    }

    #[test]
    fn a_program_that_reads_no_property_says_so() {
        for (text, expected) in [
            (".identifier", false),
            (".properties.x", true),
            (".", true),
            ("((", true),
        ] {
            let calculation = Calculation::compile(&json!({"calculation": text, "type": "string"}));
            assert_eq!(calculation.reads_properties(), expected, "{text}");
        }
    }
}
