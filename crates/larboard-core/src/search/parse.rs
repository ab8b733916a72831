//! Reading a query strictly: known keys only, known operators only, values of the operator's type, bounded depth and size.

use super::instant::{Preset, Range, parse_instant};
use super::operator::{Operator, Takes};
use super::{
    Combinator, Context, DEEPEST, Dialect, Direction, MOST_HOPS, MOST_RULES, Operand,
    PropertySchema, Query, Reach, Rule, Scalar, Step, Tested, Who,
};
use crate::fields::{Fields, wrong};
use crate::refusal::Refusal;
use crate::violation::shown;
use serde_json::Value;

/// Reads the query at `path`.
pub(super) fn query(value: &Value, path: &str, dialect: Dialect) -> Result<Query, Refusal> {
    let mut reader = Reader {
        dialect,
        left: MOST_RULES,
    };
    reader.group(value, path, 1)
}

struct Reader {
    dialect: Dialect,
    left: usize,
}

impl Reader {
    fn group(&mut self, value: &Value, path: &str, depth: usize) -> Result<Query, Refusal> {
        let fields = Fields::of(value, path)?;
        if depth > DEEPEST {
            return Err(Refusal::invalid_request(format!(
                "\"{path}\" lies deeper than {DEEPEST} groups; flatten the query."
            )));
        }
        fields.only(&["combinator", "rules"])?;
        let combinator = match fields.one_of("combinator", &["and", "or"])? {
            "and" => Combinator::And,
            _ => Combinator::Or,
        };
        let at = fields.path_of("rules");
        let rules = fields.list("rules")?.iter().enumerate();
        let rules = rules.map(|(place, rule)| self.rule(rule, &format!("{at}[{place}]"), depth));
        Ok(Query {
            combinator,
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    fn rule(&mut self, value: &Value, path: &str, depth: usize) -> Result<Rule, Refusal> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            Refusal::invalid_request(format!(
                "The query has more than {MOST_RULES} rules (\"{path}\" is one too many); split it, or use \"in\" with a list."
            ))
        })?;
        let fields = Fields::of(value, path)?;
        if fields.find("combinator").is_some() || fields.find("rules").is_some() {
            return Ok(Rule::Group(self.group(value, path, depth + 1)?));
        }
        let operator = operator(&fields)?;
        match operator {
            Operator::RelatedTo => related_to(&fields),
            Operator::MatchAny => match_any(&fields),
            _ => {
                let subject = self.subject(&fields)?;
                Ok(Rule::Test {
                    operand: operand(&fields, operator, self.dialect)?,
                    subject,
                    operator,
                })
            }
        }
    }

    fn subject(&self, fields: &Fields<'_>) -> Result<Tested, Refusal> {
        let has = |key| fields.find(key).is_some();
        if has("propertySchema") {
            fields.only(&["propertySchema", "operator", "value"])?;
            return Ok(Tested::Schema(schema(&fields.fields("propertySchema")?)?));
        }
        if self.dialect == Dialect::Blueprint && has("relation") {
            fields.only(&["relation", "targetProperty", "operator", "value"])?;
            let by = fields.find_one_of("targetProperty", &["$title", "$identifier"])?;
            return Ok(Tested::Relation {
                relation: fields.string("relation")?.to_owned(),
                titles: by == Some("$title"),
            });
        }
        if self.dialect == Dialect::Blueprint && has("scorecard") {
            fields.only(&["scorecard", "scorecardRule", "operator", "value"])?;
            let scorecard = fields.string("scorecard")?.to_owned();
            return Ok(match fields.find_string("scorecardRule")? {
                None => Tested::Level(scorecard),
                Some(rule) => Tested::ScorecardRule {
                    scorecard,
                    rule: rule.to_owned(),
                },
            });
        }
        fields.only(&["property", "operator", "value"])?;
        property(fields)
    }
}

fn operator(fields: &Fields<'_>) -> Result<Operator, Refusal> {
    let text = fields.string("operator")?;
    Operator::find(text).ok_or_else(|| {
        let advice = format!("there is no such operator; use one of {}", Operator::all());
        wrong(&fields.path_of("operator"), &Value::from(text), &advice)
    })
}

fn property(fields: &Fields<'_>) -> Result<Tested, Refusal> {
    let value = fields.required("property")?;
    match value {
        Value::String(name) if !name.is_empty() => Ok(Tested::Property(name.clone())),
        Value::Object(_) => Ok(Tested::Context(context(&fields.fields("property")?)?)),
        other => Err(fields.wrong(
            "property",
            other,
            "it must be the name of a property, a meta-property such as \"$title\", or {\"context\", \"property\"}",
        )),
    }
}

/// `{"context": "user" | "userTeams", "property": …}`.
fn context(fields: &Fields<'_>) -> Result<Context, Refusal> {
    fields.only(&["context", "property"])?;
    let who = match fields.one_of("context", &["user", "userTeams"])? {
        "user" => Who::User,
        _ => Who::UserTeams,
    };
    Ok(Context {
        who,
        property: fields.string("property")?.to_owned(),
    })
}

fn schema(fields: &Fields<'_>) -> Result<PropertySchema, Refusal> {
    fields.only(&["type", "format", "items"])?;
    let kinds = &["string", "number", "boolean", "object", "array"];
    let items = match fields.find_fields("items")? {
        None => None,
        Some(items) => {
            items.only(&["type", "format"])?;
            Some(Box::new(PropertySchema {
                kind: items.one_of("type", kinds)?.to_owned(),
                format: items.find_string("format")?.map(str::to_owned),
                items: None,
            }))
        }
    };
    Ok(PropertySchema {
        kind: fields.one_of("type", kinds)?.to_owned(),
        format: fields.find_string("format")?.map(str::to_owned),
        items,
    })
}

fn related_to(fields: &Fields<'_>) -> Result<Rule, Refusal> {
    fields.only(&["operator", "blueprint", "value", "direction", "required"])?;
    let direction = fields.find_one_of("direction", &["upstream", "downstream"])?;
    Ok(Rule::RelatedTo {
        blueprint: fields.string("blueprint")?.to_owned(),
        value: operand(fields, Operator::RelatedTo, Dialect::Global)?,
        reach: Reach {
            direction: direction.map(|direction| match direction {
                "upstream" => Direction::Upstream,
                _ => Direction::Downstream,
            }),
            required: fields.find_bool("required")?,
        },
    })
}

fn match_any(fields: &Fields<'_>) -> Result<Rule, Refusal> {
    fields.only(&["property", "operator", "value"])?;
    let value = operand(fields, Operator::MatchAny, Dialect::Global)?;
    let has_path = fields.required("property")?.get("path").is_some();
    if !has_path {
        return Ok(Rule::Test {
            subject: property(fields)?,
            operator: Operator::MatchAny,
            operand: value,
        });
    }
    let property = fields.fields("property")?;
    property.only(&["path", "fromBlueprint"])?;
    let at = property.path_of("path");
    let steps = property.list("path")?;
    let path: Vec<Step> = steps
        .iter()
        .enumerate()
        .map(|(place, step)| read_step(step, &format!("{at}[{place}]")))
        .collect::<Result<_, _>>()?;
    if path.is_empty() {
        return Err(property.wrong(
            "path",
            property.required("path")?,
            "name at least one relation",
        ));
    }
    if path.len() > DEEPEST {
        return Err(Refusal::invalid_request(format!(
            "\"{at}\" has {} steps; at most {DEEPEST} are followed.",
            path.len()
        )));
    }
    if steps
        .iter()
        .filter(|step| step.get("maxHops").is_some())
        .count()
        > 1
    {
        let advice = "maxHops may stand at one step of a path only";
        return Err(property.wrong("path", property.required("path")?, advice));
    }
    Ok(Rule::Path {
        path,
        from: property.find_string("fromBlueprint")?.map(str::to_owned),
        value,
    })
}

fn read_step(step: &Value, path: &str) -> Result<Step, Refusal> {
    if let Value::String(relation) = step {
        return Ok(Step {
            relation: relation.clone(),
            hops: 1,
        });
    }
    let fields = match step {
        Value::Object(_) => Fields::of(step, path)?,
        other => {
            let advice = "it must be a relation, or {\"relation\", \"maxHops\"}";
            return Err(wrong(path, other, advice));
        }
    };
    fields.only(&["relation", "maxHops"])?;
    let hops = match fields.find("maxHops") {
        None => 1,
        Some(value) => match value.as_u64() {
            Some(hops) if (1..=MOST_HOPS).contains(&hops) => hops,
            _ => {
                let advice = format!("it must be a whole number from 1 to {MOST_HOPS}");
                return Err(fields.wrong("maxHops", value, &advice));
            }
        },
    };
    Ok(Step {
        relation: fields.string("relation")?.to_owned(),
        hops,
    })
}

/// The values that conditions of scorecards may compare with by every operator that compares with values at all: a text, a
/// number, a boolean, or a list of these (facts/catalog.md 4.3). `None` for others.
fn plain(value: &Value) -> Option<Vec<Scalar>> {
    let one = |value| Scalar::of(value).filter(|scalar| *scalar != Scalar::Null);
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        value => one(value).map(|scalar| vec![scalar]),
    }
}

/// What stands under `value`, of the type that the operator takes.
fn operand(fields: &Fields<'_>, operator: Operator, dialect: Dialect) -> Result<Operand, Refusal> {
    let takes = operator.takes();
    if takes == Takes::Nothing {
        return match fields.find("value") {
            None | Some(Value::Null) => Ok(Operand::Nothing),
            Some(value) => Err(unfit(
                fields,
                operator,
                value,
                "it takes no value; remove it",
            )),
        };
    }
    let value = fields.required("value")?;
    if value.get("context").is_some() {
        return Ok(Operand::Context(context(&fields.fields("value")?)?));
    }
    // What a mapping had no value for: it finds nothing (facts/catalog.md 2.4).
    if dialect == Dialect::Lookup && operator == Operator::Contains && value.is_null() {
        return Ok(Operand::Values(Vec::new()));
    }
    if dialect == Dialect::Scorecard
        && !matches!(takes, Takes::Range | Takes::List)
        && let Some(values) = plain(value)
    {
        return Ok(Operand::Values(values));
    }
    match (takes, value) {
        (Takes::Range | Takes::ScalarOrRange, Value::Object(_)) => {
            Ok(Operand::Range(range(&fields.fields("value")?)?))
        }
        (Takes::Range, other) => {
            let advice = "it takes {\"from\", \"to\"} or {\"preset\"}";
            Err(unfit(fields, operator, other, advice))
        }
        (Takes::Scalar | Takes::ScalarOrRange, other) => match Scalar::of(other) {
            Some(scalar) => Ok(Operand::Values(vec![scalar])),
            None => {
                let advice =
                    "it takes a string, number, boolean or null; for several values use \"in\"";
                Err(unfit(fields, operator, other, advice))
            }
        },
        (Takes::Ordered, other) => match Scalar::of(other) {
            Some(number @ Scalar::Number(_)) => Ok(Operand::Values(vec![number])),
            Some(Scalar::Text(text)) if parse_instant(&text).is_some() => {
                Ok(Operand::Values(vec![Scalar::Text(text)]))
            }
            _ => {
                let advice =
                    "it takes a number or an ISO 8601 instant such as \"2026-01-31T12:00:00.000Z\"";
                Err(unfit(fields, operator, other, advice))
            }
        },
        (Takes::Text, Value::String(text)) => Ok(Operand::Values(vec![Scalar::Text(text.clone())])),
        // Sent for a list by published clients.
        (Takes::List, Value::String(text)) if operator == Operator::ContainsAny => {
            Ok(Operand::Values(vec![Scalar::Text(text.clone())]))
        }
        (Takes::Text | Takes::List, Value::Array(items)) => {
            let scalars = items.iter().map(|item| match (takes, Scalar::of(item)) {
                (Takes::Text, Some(text @ Scalar::Text(_))) => Ok(text),
                (Takes::List, Some(scalar)) if scalar != Scalar::Null => Ok(scalar),
                (Takes::Text, _) => Err(unfit(
                    fields,
                    operator,
                    item,
                    "it takes a string or a list of strings",
                )),
                _ => {
                    let advice = "it takes a list of strings, numbers or booleans";
                    Err(unfit(fields, operator, item, advice))
                }
            });
            Ok(Operand::Values(scalars.collect::<Result<_, _>>()?))
        }
        (Takes::Text, other) => Err(unfit(fields, operator, other, "it takes a string")),
        (_, other) => Err(unfit(fields, operator, other, "it takes a list of values")),
    }
}

fn unfit(fields: &Fields<'_>, operator: Operator, value: &Value, advice: &str) -> Refusal {
    Refusal::invalid_request(format!(
        "\"{}\" is {}, which the operator {:?} cannot use: {advice}.",
        fields.path_of("value"),
        shown(value),
        operator.as_str()
    ))
}

/// `{"from", "to"}` or `{"preset"}`.
pub(super) fn range(fields: &Fields<'_>) -> Result<Range, Refusal> {
    if fields.find("preset").is_some() {
        fields.only(&["preset"])?;
        let name = fields.string("preset")?;
        return Preset::find(name).map(Range::Preset).ok_or_else(|| {
            let advice = format!("there is no such preset; use one of {}", Preset::all());
            fields.wrong("preset", &Value::from(name), &advice)
        });
    }
    fields.only(&["from", "to"])?;
    let instant = |key| {
        let text = fields.string(key)?;
        parse_instant(text).ok_or_else(|| {
            let advice = "it must be an ISO 8601 instant such as \"2026-01-31T12:00:00.000Z\"";
            fields.wrong(key, &Value::from(text), advice)
        })
    };
    Ok(Range::Between(instant("from")?, instant("to")?))
}
