//! The conditions of a rule or filter (facts/catalog.md 4.2 and 4.3): one flat list under a
//! combinator, without nesting. Their form is checked here; what they say of an entity is not
//! decided here.

use serde_json::{Map, Value};

use super::definition::items;
use crate::time::Timestamp;
use crate::violation::{Violations, join, shown};

/// Conditions that must all hold, or of which one must.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// Whether all must hold; else any one.
    pub all: bool,
    /// At least one.
    pub list: Vec<Condition>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What it looks at.
    pub subject: Subject,
    /// How it compares, one of the operators of the API.
    pub operator: String,
    /// What it compares with; null for the operators that compare with nothing.
    pub value: Value,
    /// Whether it holds exactly when the comparison does not.
    pub negated: bool,
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A property, computed ones and meta-properties (`$team`) included.
    Property(String),
    /// A relation.
    Relation(String),
}

const COMPARISONS: [&str; 12] = [
    "=",
    "!=",
    ">",
    "<",
    ">=",
    "<=",
    "contains",
    "doesNotContains",
    "beginsWith",
    "doesNotBeginsWith",
    "endsWith",
    "doesNotEndsWith",
];
const LISTS: [&str; 2] = ["containsAny", "in"];
const EMPTINESS: [&str; 2] = ["isEmpty", "isNotEmpty"];
const RANGES: [&str; 2] = ["between", "notBetween"];

/// Spans of time that end or begin now; a scorecard knows no `lastDay` (facts/catalog.md 4.3).
const PRESETS: [&str; 9] = [
    "today",
    "tomorrow",
    "yesterday",
    "lastWeek",
    "last2Weeks",
    "lastMonth",
    "last3Months",
    "last6Months",
    "last12Months",
];

impl Conditions {
    /// Reads what [`check`] found no fault with.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let list = value.get("conditions")?.as_array()?;
        Some(Self {
            all: value.get("combinator")?.as_str()? == "and",
            list: list.iter().map(Condition::read).collect::<Option<_>>()?,
        })
    }
}

impl Condition {
    fn read(value: &Value) -> Option<Self> {
        let text = |key: &str| Some(value.get(key)?.as_str()?.to_owned());
        Some(Self {
            subject: match text("property") {
                Some(property) => Subject::Property(property),
                None => Subject::Relation(text("relation")?),
            },
            operator: text("operator")?,
            value: value.get("value").cloned().unwrap_or_default(),
            negated: value.get("not").and_then(Value::as_bool).unwrap_or(false),
        })
    }
}

/// Finds the faults of a query of conditions.
pub(super) fn check(value: &Value, path: &str, violations: &mut Violations) {
    let Some(query) = value.as_object() else {
        violations.wrong_type(path, "an object", value);
        return;
    };
    violations.only(query, path, &["combinator", "conditions"]);
    violations.require(query, path, &["combinator", "conditions"]);
    violations.choice(query, path, "combinator", &["and", "or"]);
    if query
        .get("conditions")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
    {
        let advice = "it is empty; give it at least one condition";
        violations.push_at(join(path, "conditions"), "minItems", advice);
    }
    for (path, condition) in items(query, path, "conditions", violations) {
        check_condition(condition, &path, violations);
    }
}

fn check_condition(condition: &Map<String, Value>, path: &str, violations: &mut Violations) {
    violations.only(
        condition,
        path,
        &["property", "relation", "operator", "value", "not"],
    );
    violations.require(condition, path, &["operator"]);
    violations.boolean(condition, path, "not");
    violations.text(condition, path, "property", (1, usize::MAX));
    violations.text(condition, path, "relation", (1, usize::MAX));
    if condition.contains_key("property") == condition.contains_key("relation") {
        let advice = "name either a property or a relation, and not both";
        violations.push_at(path, "oneOf", advice);
    }
    let known = [&COMPARISONS[..], &LISTS, &EMPTINESS, &RANGES].concat();
    if let Some(operator) = violations.choice(condition, path, "operator", &known) {
        let value = condition.get("value").unwrap_or(&Value::Null);
        check_value(operator, value, &join(path, "value"), violations);
    }
}

fn check_value(operator: &str, value: &Value, path: &str, violations: &mut Violations) {
    let wanted = if EMPTINESS.contains(&operator) {
        (!value.is_null()).then_some("left out: this operator compares with nothing")
    } else if LISTS.contains(&operator) {
        (!is_list_of_strings(value)).then_some("a list of strings")
    } else if RANGES.contains(&operator) || (operator == "=" && value.is_object()) {
        return check_range(value, path, violations);
    } else {
        let fits = value.is_string()
            || value.is_number()
            || value.is_boolean()
            || is_list_of_strings(value);
        (!fits).then_some("a string, a number, true, false or a list of strings")
    };
    if let Some(wanted) = wanted {
        violations.wrong_type(path, wanted, value);
    }
}

fn check_range(value: &Value, path: &str, violations: &mut Violations) {
    let wanted = "{\"preset\": …} or {\"from\": …, \"to\": …}";
    let Some(range) = value.as_object() else {
        violations.wrong_type(path, wanted, value);
        return;
    };
    if range.contains_key("preset") {
        violations.only(range, path, &["preset"]);
        violations.choice(range, path, "preset", &PRESETS);
        return;
    }
    violations.only(range, path, &["from", "to"]);
    violations.require(range, path, &["from", "to"]);
    for key in ["from", "to"] {
        if let Some(text) = violations.text(range, path, key, (0, usize::MAX))
            && Timestamp::parse(text).is_none()
        {
            let advice = format!(
                "{} is no instant; write it like 2026-01-31T12:00:00Z",
                shown(&text.into())
            );
            violations.push_at(join(path, key), "format", advice);
        }
    }
}

fn is_list_of_strings(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| list.iter().all(Value::is_string))
}
