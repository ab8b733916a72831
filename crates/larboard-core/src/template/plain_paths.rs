//! Evaluates plain paths such as `.inputs.name` or `.entity.relations["on-call"][0]`.
//!
//! It is the part of jq that templates use most. Anything else is refused with a clear error until
//! full jq takes its place behind the same interface.

use serde_json::Value;

use super::{EvalError, Evaluate};

/// Evaluates paths of keys and indexes, and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainPaths;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(i64),
}

impl Evaluate for PlainPaths {
    fn eval(&self, expression: &str, context: &Value) -> Result<Option<Value>, EvalError> {
        let mut value = context;
        for step in parse(expression)? {
            value = apply(&step, value)?;
        }
        Ok(Some(value.clone()))
    }

    fn ignores_secrets(&self, expression: &str) -> bool {
        match parse(expression) {
            Ok(steps) => matches!(steps.first(), Some(Step::Key(key)) if key != "secrets"),
            Err(_) => false,
        }
    }
}

/// One step down; what is missing is null, as in jq.
fn apply<'a>(step: &Step, value: &'a Value) -> Result<&'a Value, EvalError> {
    let found = match (step, value) {
        (_, Value::Null) => None,
        (Step::Key(key), Value::Object(object)) => object.get(key),
        (Step::Index(index), Value::Array(list)) => {
            let index = if *index < 0 {
                list.len() as i64 + index
            } else {
                *index
            };
            usize::try_from(index)
                .ok()
                .and_then(|index| list.get(index))
        }
        (Step::Key(key), other) => {
            return Err(fault(format!(
                "a {} has no key \"{key}\"",
                type_name(other)
            )));
        }
        (Step::Index(index), other) => {
            return Err(fault(format!("a {} has no item {index}", type_name(other))));
        }
    };
    Ok(found.unwrap_or(&Value::Null))
}

fn fault(message: String) -> EvalError {
    EvalError {
        message,
        position: None,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn parse(expression: &str) -> Result<Vec<Step>, EvalError> {
    let mut rest = expression
        .strip_prefix('.')
        .ok_or_else(|| not_plain(expression, expression))?;
    let mut steps = Vec::new();
    if rest.is_empty() {
        return Ok(steps);
    }
    // The first step follows its dot directly; later ones bring a dot of their own or a bracket.
    let mut after_dot = true;
    while !rest.is_empty() {
        let (step, remaining) = if let Some(inside) = rest.strip_prefix('[') {
            bracketed(inside)
        } else if after_dot {
            key(rest)
        } else {
            rest.strip_prefix('.')
                .and_then(|rest| rest.strip_prefix('[').map_or_else(|| key(rest), bracketed))
        }
        .ok_or_else(|| not_plain(expression, rest))?;
        steps.push(step);
        rest = remaining;
        after_dot = false;
    }
    Ok(steps)
}

fn not_plain(expression: &str, rest: &str) -> EvalError {
    let before = &expression[..expression.len() - rest.len()];
    EvalError {
        message: "only plain paths such as .inputs.name are supported yet".to_owned(),
        position: Some(before.chars().count()),
    }
}

/// A name or a quoted key, and what follows it.
fn key(rest: &str) -> Option<(Step, &str)> {
    if rest.starts_with(['"', '\'']) {
        return quoted(rest).map(|(key, rest)| (Step::Key(key), rest));
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
    let name = &rest[..end];
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well.then(|| (Step::Key(name.to_owned()), &rest[end..]))
}

/// A quoted key or an index up to the closing bracket, and what follows that.
fn bracketed(inside: &str) -> Option<(Step, &str)> {
    let inside = inside.trim_start();
    let (step, rest) = if inside.starts_with(['"', '\'']) {
        let (key, rest) = quoted(inside)?;
        (Step::Key(key), rest)
    } else {
        let end = inside.find(|c: char| !c.is_ascii_digit() && c != '-')?;
        (Step::Index(inside[..end].parse().ok()?), &inside[end..])
    };
    Some((step, rest.trim_start().strip_prefix(']')?))
}

/// The text in quotes that `text` begins with, and what follows it. Single quotes are our
/// extension; inside double quotes JSON's escapes hold.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mark = text.chars().next()?;
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => {
                let (whole, rest) = text.split_at(at + 1);
                let inside = &whole[1..at];
                let key = match mark {
                    '"' => serde_json::from_str(whole).ok()?,
                    _ => inside.replace("\\'", "'"),
                };
                return Some((key, rest));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn eval(expression: &str) -> Result<Value, String> {
        let context = json!({
            "a": {"b": 1, "b-c": [10, {"d": "deep"}], "é": null},
            "secrets": {"TOKEN": "s3cret"}, "n": null, "it's": 2
        });
        match PlainPaths.eval(expression, &context) {
            Ok(value) => Ok(value.unwrap()),
            Err(error) => Err(format!("{:?} {}", error.position, error.message)),
        }
    }

    #[test]
    fn every_plain_path_finds_its_value() {
        for (expression, expected) in [
            (".a.b", json!(1)),
            (".a[\"b\"]", json!(1)),
            (".a[\"b-c\"][0]", json!(10)),
            (".a.'b-c'[1].d", json!("deep")),
            (".a.\"b-c\"[-1][\"d\"]", json!("deep")),
            (".[\"a\"].b", json!(1)),
            (".a.[ \"b\" ]", json!(1)),
            (".'it\\'s'", json!(2)),
            (".\"\\u0061\".b", json!(1)),
        ] {
            assert_eq!(eval(expression), Ok(expected), "{expression}");
        }
        assert_eq!(eval(".").unwrap()["n"], Value::Null);
    }

    #[test]
    fn what_is_missing_or_below_null_is_null() {
        for expression in [
            ".x",
            ".x.y.z",
            ".n.y",
            ".a[\"b-c\"][7]",
            ".a[\"b-c\"][-7]",
            ".n[0]",
        ] {
            assert_eq!(eval(expression), Ok(Value::Null), "{expression}");
        }
    }

    #[test]
    fn a_step_into_the_wrong_type_is_an_error_as_in_jq() {
        assert_eq!(eval(".a.b.c"), Err("None a number has no key \"c\"".into()));
        assert_eq!(eval(".a[0]"), Err("None a object has no item 0".into()));
        assert_eq!(
            eval(".a[\"b-c\"].x"),
            Err("None a list has no key \"x\"".into())
        );
    }

    #[test]
    fn anything_else_is_refused_with_its_position() {
        for (expression, position) in [
            ("", 0),
            ("inputs.name", 0),
            (".a | tojson", 2),
            (".a.b-c", 4),
            (".a?", 2),
            (".a[]", 2),
            (".a[0:2]", 2),
            (".é", 1),
            ("..", 1),
            (".a.", 2),
            (".a[\"b", 2),
            ("spreadValue()", 0),
        ] {
            let message = "only plain paths such as .inputs.name are supported yet";
            assert_eq!(
                eval(expression),
                Err(format!("Some({position}) {message}")),
                "{expression}"
            );
        }
    }

    #[test]
    fn only_a_path_that_starts_elsewhere_ignores_secrets() {
        assert!(PlainPaths.ignores_secrets(".inputs.secrets"));
        for expression in [".", ".secrets.TOKEN", ".[\"secrets\"]", ". | tojson"] {
            assert!(!PlainPaths.ignores_secrets(expression), "{expression}");
        }
    }

    proptest! {
        #[test]
        fn no_expression_makes_it_panic(expression in "[.\\[\\]\"'\\\\a0-9é -]{0,20}") {
            let _ = PlainPaths.eval(&expression, &json!({"a": [1]}));
        }
    }
}
