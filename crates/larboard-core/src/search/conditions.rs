//! The flat conditions of scorecards, `{combinator, conditions}` (facts/catalog.md 4.2 and 4.3), as a filter.
//!
//! They know no contexts, no groups and no graph; `not` turns one around, and an empty text or list counts as empty.

use super::operator::Operator;
use super::test::{Check, Test};
use super::{Attribute, Contexts, Dialect, Filter, Query};
use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use serde_json::{Map, Value};

/// One condition with what it tests, before the time is put in.
#[derive(Clone, Debug, PartialEq)]
struct Condition {
    query: Query,
    relation: Option<String>,
    not: bool,
}

/// Conditions that were read and wait for the time of evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    all: bool,
    conditions: Vec<Condition>,
}

/// Reads `{combinator, conditions}` at `path`.
///
/// # Errors
/// `invalid_request` that names the condition's path, the operator, the value and the way out.
pub fn parse_conditions(value: &Value, path: &str) -> Result<Conditions, Refusal> {
    let fields = Fields::of(value, path)?;
    fields.only(&["combinator", "conditions"])?;
    let all = fields.one_of("combinator", &["and", "or"])? == "and";
    let at = fields.path_of("conditions");
    let list = fields.list("conditions")?;
    if list.is_empty() {
        let advice = "write at least one condition";
        return Err(fields.wrong("conditions", fields.required("conditions")?, advice));
    }
    let conditions = list.iter().enumerate();
    let conditions = conditions.map(|(place, value)| condition(value, &format!("{at}[{place}]")));
    Ok(Conditions {
        all,
        conditions: conditions.collect::<Result<_, _>>()?,
    })
}

fn condition(value: &Value, path: &str) -> Result<Condition, Refusal> {
    let fields = Fields::of(value, path)?;
    fields.only(&["property", "relation", "operator", "value", "not"])?;
    let text = fields.string("operator")?;
    let operator = Operator::find(text);
    if matches!(
        operator,
        Some(
            Operator::RelatedTo
                | Operator::MatchAny
                | Operator::NotIn
                | Operator::IsExpired
                | Operator::IsNotExpired
        )
    ) {
        let advice = "conditions of scorecards do not have this operator";
        return Err(fields.wrong("operator", &Value::from(text), advice));
    }
    let relation = fields.find_string("relation")?.map(str::to_owned);
    if relation.is_some() == fields.find("property").is_some() {
        return Err(Refusal::invalid_request(format!(
            "\"{path}\" must name either a property or a relation."
        )));
    }
    if fields.find("property").is_some() {
        fields.string("property")?;
    }
    if value
        .get("value")
        .is_some_and(|value| value.get("context").is_some())
    {
        let advice = "conditions of scorecards take fixed values only";
        return Err(fields.wrong("value", fields.required("value")?, advice));
    }
    // The one preset of searches that conditions do not have (facts/catalog.md 4.3).
    let preset = value
        .get("value")
        .and_then(|value| Some(value.get("preset")?.as_str()? == "lastDay"));
    if preset == Some(true) {
        let fields = fields.fields("value")?;
        let advice = "conditions of scorecards do not have this preset; write from and to";
        return Err(fields.wrong("preset", fields.required("preset")?, advice));
    }
    let mut rule: Map<String, Value> = Map::new();
    let subject = relation
        .as_deref()
        .map_or_else(|| fields.string("property"), Ok)?;
    rule.insert("property".into(), subject.into());
    for key in ["operator", "value"] {
        if let Some(value) = fields.find(key) {
            rule.insert(key.into(), value.clone());
        }
    }
    let query = serde_json::json!({"combinator": "and", "rules": [rule]});
    let query = Query::parse(&query, "", Dialect::Scorecard).map_err(|refusal| {
        let message = refusal.message.replace("\"rules[0]", &format!("\"{path}"));
        Refusal { message, ..refusal }
    })?;
    Ok(Condition {
        query,
        relation,
        not: fields.find_bool("not")?.unwrap_or(false),
    })
}

impl Conditions {
    /// The filter of these conditions at `now`.
    pub fn resolve(&self, now: Timestamp) -> Filter {
        let contexts = Contexts::at(now);
        let filters = self.conditions.iter().map(|condition| {
            let filter = condition.query.resolve(&contexts);
            adapt(filter, condition)
        });
        if self.all {
            Filter::All(filters.collect())
        } else {
            Filter::Any(filters.collect())
        }
    }
}

fn adapt(filter: Filter, condition: &Condition) -> Filter {
    match filter {
        // Several values can make several tests of one condition. What is turned around joins the other way too.
        Filter::All(filters) => join(filters, condition, !condition.not),
        Filter::Any(filters) => join(filters, condition, condition.not),
        Filter::Test { attribute, test } => Filter::Test {
            attribute: condition
                .relation
                .clone()
                .map_or(attribute, Attribute::Relation),
            test: Test {
                negated: test.negated ^ condition.not,
                check: match test.check {
                    Check::Empty => Check::Blank,
                    check => check,
                },
            },
        },
        other => other,
    }
}

fn join(filters: Vec<Filter>, condition: &Condition, all: bool) -> Filter {
    let filters = filters.into_iter().map(|filter| adapt(filter, condition));
    if all {
        Filter::All(filters.collect())
    } else {
        Filter::Any(filters.collect())
    }
}
