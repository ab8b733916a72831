//! Counting and summing what a search found (facts/catalog.md 3.3 to 3.5): pure functions over values, one tuple an entity.

pub mod series;

use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::search::{Dialect, Query, parse_instant};
use crate::time::Timestamp;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::HashMap;

/// What is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Func {
    /// How many entities.
    Count,
    /// How many entities, or how much of a property, in an interval on average.
    Average,
    /// The sum of a property.
    Sum,
    /// The smallest value of a property.
    Min,
    /// The largest value of a property.
    Max,
    /// The middle value of a property, of two their mean.
    Median,
    /// How often each value occurs.
    CountValues,
}

const FUNCS: [(&str, Func); 7] = [
    ("count", Func::Count),
    ("average", Func::Average),
    ("sum", Func::Sum),
    ("min", Func::Min),
    ("max", Func::Max),
    ("median", Func::Median),
    ("countValues", Func::CountValues),
];

/// The interval of an average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// All of it: a sum is divided by the number of entities.
    Total,
}

const INTERVALS: [(&str, Interval); 5] = [
    ("hour", Interval::Hour),
    ("day", Interval::Day),
    ("week", Interval::Week),
    ("month", Interval::Month),
    ("total", Interval::Total),
];

impl Interval {
    /// The interval of this name.
    pub fn find(name: &str) -> Option<Self> {
        INTERVALS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, interval)| *interval)
    }

    /// How many intervals begin in a span; a partial one counts as full. `None` for `total`.
    fn number(self, span: i64) -> Option<f64> {
        let length = match self {
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
            Self::Week => 7 * 86_400_000,
            Self::Month => 30 * 86_400_000,
            Self::Total => return None,
        };
        let begun = span.max(0) / length + i64::from(span.max(0) % length > 0);
        Some(begun.max(1) as f64)
    }
}

/// Part of an entity that values are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A property or meta-property.
    Property(String),
    /// A relation.
    Relation(String),
    /// A scorecard's level, or with a rule that rule's outcome.
    Scorecard(String, Option<String>),
}

/// A request to aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregation {
    /// Over which entities.
    pub query: Query,
    /// What is worked out.
    pub func: Func,
    /// Of what; the entities themselves if `None`.
    pub of: Option<Of>,
    /// The interval of an average.
    pub interval: Interval,
    /// Which time of an entity places it in an interval.
    pub measured_by: String,
}

impl Aggregation {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// `invalid_request` that names the key, the value and the rule.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        let name = fields.one_of("func", &FUNCS.map(|(name, _)| name))?;
        let func = FUNCS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Func::Count, |(_, func)| *func);
        let by = fields.find_one_of("calculationBy", &["entities", "property"])?;
        let entities = func == Func::Count
            || (func == Func::Average
                && (by == Some("entities") || (by.is_none() && fields.find("property").is_none())));
        let of = match (func, entities) {
            (Func::CountValues, _) => {
                fields.only(&["query", "func", "property", "relation", "scorecard", "rule"])?;
                Some(facet(&fields)?)
            }
            (_, true) => {
                fields.only(&[
                    "query",
                    "func",
                    "averageOf",
                    "measureTimeBy",
                    "calculationBy",
                ])?;
                None
            }
            (_, false) => {
                fields.only(&[
                    "query",
                    "func",
                    "property",
                    "averageOf",
                    "measureTimeBy",
                    "calculationBy",
                ])?;
                Some(Of::Property(fields.string("property")?.to_owned()))
            }
        };
        let interval = fields.find_one_of("averageOf", &INTERVALS.map(|(name, _)| name))?;
        let default = if of.is_some() {
            Interval::Total
        } else {
            Interval::Day
        };
        Ok(Self {
            query: Query::parse(fields.required("query")?, "query", Dialect::Global)?,
            func,
            of,
            interval: interval.and_then(Interval::find).unwrap_or(default),
            measured_by: fields
                .find_string("measureTimeBy")?
                .unwrap_or("$createdAt")
                .to_owned(),
        })
    }
}

/// Exactly one of a property, a relation, a scorecard, a rule of a scorecard.
fn facet(fields: &Fields<'_>) -> Result<Of, Refusal> {
    let text = |key| fields.find_string(key).map(|text| text.map(str::to_owned));
    match (
        text("property")?,
        text("relation")?,
        text("scorecard")?,
        text("rule")?,
    ) {
        (Some(property), None, None, None) => Ok(Of::Property(property)),
        (None, Some(relation), None, None) => Ok(Of::Relation(relation)),
        (None, None, Some(scorecard), rule) => Ok(Of::Scorecard(scorecard, rule)),
        _ => Err(Refusal::invalid_request(
            "countValues counts one thing: send exactly one of \"property\", \"relation\" and \"scorecard\" (with \"rule\" for one of its rules).",
        )),
    }
}

/// Works a function out of tuples of a value (`Null` if entities are counted) and the time that places the entity.
pub fn calculate(
    func: Func,
    of_property: bool,
    interval: Interval,
    tuples: &[(Value, Value)],
    now: Timestamp,
) -> Value {
    if func == Func::CountValues {
        return count_values(tuples.iter().map(|(value, _)| value));
    }
    if !of_property {
        return match func {
            Func::Average => number(per_interval(
                tuples.len() as f64,
                tuples.len(),
                interval,
                tuples,
                now,
            )),
            _ => json!(tuples.len()),
        };
    }
    let mut numbers: Vec<f64> = tuples
        .iter()
        .filter_map(|(value, _)| value.as_f64())
        .collect();
    let sum: f64 = numbers.iter().sum();
    if numbers.is_empty() {
        return if func == Func::Sum {
            json!(0)
        } else {
            Value::Null
        };
    }
    number(match func {
        Func::Sum => sum,
        Func::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        Func::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Func::Median => median(&mut numbers),
        _ => per_interval(sum, numbers.len(), interval, tuples, now),
    })
}

fn per_interval(
    total: f64,
    entities: usize,
    interval: Interval,
    tuples: &[(Value, Value)],
    now: Timestamp,
) -> f64 {
    let times = tuples
        .iter()
        .filter_map(|(_, at)| parse_instant(at.as_str()?));
    let Some(earliest) = times.map(Timestamp::as_millis).min() else {
        return if interval == Interval::Total {
            total / (entities.max(1) as f64)
        } else {
            total
        };
    };
    match interval.number(now.as_millis() - earliest) {
        Some(intervals) => total / intervals,
        None => total / (entities.max(1) as f64),
    }
}

pub(crate) fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let upper = numbers.get(middle).copied().unwrap_or(0.0);
    if numbers.len() % 2 == 1 {
        return upper;
    }
    let lower = middle
        .checked_sub(1)
        .and_then(|lower| numbers.get(lower))
        .copied();
    (lower.unwrap_or(upper) + upper) / 2.0
}

/// A number as JavaScript writes it: whole numbers without a fraction.
pub(crate) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::from(value as i64);
    }
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// How often each value occurs, the most frequent first; the elements of a list count one by one, no value as `null`.
pub fn count_values<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    let mut counts: HashMap<String, (Value, u64)> = HashMap::new();
    let mut add = |value: &Value| {
        counts
            .entry(value.to_string())
            .or_insert_with(|| (value.clone(), 0))
            .1 += 1;
    };
    for value in values {
        match value {
            Value::Array(items) if items.is_empty() => add(&Value::Null),
            Value::Array(items) => items.iter().for_each(&mut add),
            value => add(value),
        }
    }
    let mut counts: Vec<(Value, u64)> = counts.into_values().collect();
    counts.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| compare(a, b)));
    let counts = counts
        .into_iter()
        .map(|(value, count)| json!({"value": value, "count": count}));
    counts.collect()
}

/// An order of values: nothing last, then booleans, numbers, texts and the rest, each among its own.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Bool(_) => 0,
        Value::Number(_) => 1,
        Value::String(_) => 2,
        Value::Array(_) | Value::Object(_) => 3,
        Value::Null => 4,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (a, b) {
        (Value::Number(a), Value::Number(b)) => a
            .as_f64()
            .unwrap_or(f64::NAN)
            .total_cmp(&b.as_f64().unwrap_or(f64::NAN)),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => a.to_string().cmp(&b.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("an instant")
    }

    fn tuples(values: &[Value]) -> Vec<(Value, Value)> {
        values
            .iter()
            .map(|value| (value.clone(), json!("2026-03-01T00:00:00.000Z")))
            .collect()
    }

    #[test]
    fn each_function_is_worked_out_of_the_numbers_there_are() {
        let values = tuples(&[json!(1), json!(null), json!(4), json!("x"), json!(2.5)]);
        let now = at("2026-03-01T02:20:00Z");
        for (func, expected) in [
            (Func::Sum, json!(7.5)),
            (Func::Min, json!(1)),
            (Func::Max, json!(4)),
            (Func::Median, json!(2.5)),
            (Func::Average, json!(2.5)),
        ] {
            assert_eq!(
                calculate(func, true, Interval::Total, &values, now),
                expected,
                "{func:?}"
            );
        }
        assert_eq!(
            calculate(Func::Count, false, Interval::Day, &values, now),
            json!(5)
        );
        assert_eq!(
            calculate(
                Func::Median,
                true,
                Interval::Total,
                &tuples(&[json!(1), json!(2)]),
                now
            ),
            json!(1.5)
        );
        assert_eq!(
            calculate(Func::Sum, true, Interval::Total, &[], now),
            json!(0)
        );
        assert_eq!(
            calculate(Func::Max, true, Interval::Total, &[], now),
            json!(null)
        );
    }

    #[test]
    fn a_partial_interval_counts_as_a_full_one() {
        let values = tuples(&[json!(3), json!(3), json!(3)]);
        let now = at("2026-03-01T02:20:00Z");
        assert_eq!(
            calculate(Func::Average, false, Interval::Hour, &values, now),
            json!(1)
        );
        assert_eq!(
            calculate(Func::Average, false, Interval::Day, &values, now),
            json!(3)
        );
        assert_eq!(
            calculate(Func::Average, true, Interval::Hour, &values, now),
            json!(3)
        );
    }

    #[test]
    fn values_are_counted_with_lists_taken_apart() {
        let values = [
            json!("a"),
            json!(["b", "a"]),
            json!(null),
            json!([]),
            json!(2),
        ];
        let expected = json!([
            {"value": "a", "count": 2}, {"value": null, "count": 2}, {"value": 2, "count": 1}, {"value": "b", "count": 1}
        ]);
        assert_eq!(count_values(values.iter()), expected);
    }

    #[test]
    fn a_request_is_read_strictly() {
        let query = json!({"combinator": "and", "rules": []});
        let parse = |mut body: Value| {
            body["query"] = query.clone();
            Aggregation::parse(&body)
        };
        let read = parse(json!({"func": "average", "property": "cost", "averageOf": "week"}))
            .expect("an aggregation");
        assert_eq!(
            (read.of, read.interval),
            (Some(Of::Property("cost".into())), Interval::Week)
        );
        let read =
            parse(json!({"func": "average", "calculationBy": "entities"})).expect("an aggregation");
        assert_eq!((read.of, read.interval), (None, Interval::Day));
        for (body, wanted) in [
            (json!({"func": "mean"}), "\"func\" is \"mean\""),
            (json!({"func": "sum"}), "\"property\" is missing"),
            (
                json!({"func": "count", "property": "x"}),
                "\"property\" is not known here",
            ),
            (json!({"func": "countValues"}), "exactly one of"),
            (
                json!({"func": "countValues", "property": "a", "relation": "b"}),
                "exactly one of",
            ),
            (
                json!({"func": "countValues", "rule": "b"}),
                "exactly one of",
            ),
            (
                json!({"func": "average", "averageOf": "year"}),
                "\"averageOf\" is \"year\"",
            ),
        ] {
            let message = parse(body.clone()).expect_err("a refusal").message;
            assert!(message.contains(wanted), "{body}: {message}");
        }
        assert!(Aggregation::parse(&json!({"func": "count"})).is_err());
    }
}
