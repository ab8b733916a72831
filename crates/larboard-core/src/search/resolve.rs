//! Putting into a query who asks and what time it is.

use super::test::{Check, OneOf, Test};
use super::{
    Attribute, Combinator, Context, Filter, Operand, Operator, PathMatch, Query, RelatedTo, Rule,
    Scalar, Tested, Who,
};
use crate::aggregate::number;
use crate::time::Timestamp;
use serde_json::{Map, Value};

use super::instant::parse_instant;

/// A person or a team as contexts see it: values by property, and by meta-property with its `$`.
pub type Person = Map<String, Value>;

/// Who asks, and when.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    /// When, in milliseconds since 1970.
    pub now: i64,
    /// The calling user; empty for a machine.
    pub user: Person,
    /// Their teams.
    pub teams: Vec<Person>,
}

impl Contexts {
    /// Nobody in particular, at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: now.as_millis(),
            ..Self::default()
        }
    }

    /// All values of a context, lists taken apart; empty if there are none.
    fn values(&self, context: &Context) -> Vec<Scalar> {
        let people: Vec<&Person> = match context.who {
            Who::User => vec![&self.user],
            Who::UserTeams => self.teams.iter().collect(),
        };
        let found = people.iter().filter_map(|p| p.get(&context.property));
        let mut values = Vec::new();
        for value in found {
            match value {
                Value::Array(items) => values.extend(items.iter().filter_map(Scalar::of)),
                other => values.extend(Scalar::of(other).filter(|s| *s != Scalar::Null)),
            }
        }
        values
    }
}

impl Query {
    /// The filter this query is for `contexts`.
    pub fn resolve(&self, contexts: &Contexts) -> Filter {
        if self.rules.is_empty() {
            return Filter::Constant(true);
        }
        let rules = self
            .rules
            .iter()
            .map(|rule| resolve(rule, contexts))
            .collect();
        match self.combinator {
            Combinator::And => Filter::All(rules),
            Combinator::Or => Filter::Any(rules),
        }
    }
}

fn resolve(rule: &Rule, contexts: &Contexts) -> Filter {
    match rule {
        Rule::Group(query) => query.resolve(contexts),
        Rule::RelatedTo {
            blueprint,
            value,
            reach,
        } => Filter::RelatedTo(RelatedTo {
            blueprint: blueprint.clone(),
            identifiers: texts(value, contexts),
            reach: *reach,
        }),
        Rule::Path { path, from, value } => Filter::Path(PathMatch {
            path: path.clone(),
            from: from.clone(),
            identifiers: texts(value, contexts),
        }),
        Rule::Test {
            subject,
            operator,
            operand,
        } => resolve_test(subject, *operator, operand, contexts),
    }
}

fn resolve_test(
    subject: &Tested,
    operator: Operator,
    operand: &Operand,
    contexts: &Contexts,
) -> Filter {
    let checks = checks(operator, operand, contexts);
    let attribute = match subject {
        Tested::Context(context) => {
            // What is tested depends on the caller alone, so the rule holds for every entity or for none.
            let values: Vec<Value> = contexts.values(context).iter().map(json).collect();
            let value = match values.len() {
                0 => Value::Null,
                1 => values.into_iter().next().unwrap_or_default(),
                _ => Value::Array(values),
            };
            let passes = checks.into_iter().any(|check| {
                Test {
                    negated: false,
                    check,
                }
                .holds(&value)
            });
            return Filter::Constant(operator.negates() ^ passes);
        }
        Tested::Property(name) => Attribute::Property(name.clone()),
        Tested::Schema(schema) => Attribute::Schema(schema.clone()),
        Tested::Relation {
            relation,
            titles: false,
        } => Attribute::Relation(relation.clone()),
        Tested::Relation { relation, .. } => Attribute::RelationTitles(relation.clone()),
        Tested::Level(scorecard) => Attribute::Level(scorecard.clone()),
        Tested::ScorecardRule { scorecard, rule } => {
            Attribute::ScorecardRule(scorecard.clone(), rule.clone())
        }
    };
    let negated = operator.negates();
    let checks = checks.into_iter().map(|check| match (&attribute, check) {
        // The entity's own times are equal as instants, however a rule spells them.
        (Attribute::Property(name), Check::OneOf(mut set)) if is_instant(name) => {
            let spelled = set.texts.iter().filter_map(|text| parse_instant(text));
            let spelled: Vec<String> = spelled.map(|at| at.to_string()).collect();
            set.texts.extend(spelled);
            Check::OneOf(set)
        }
        (_, check) => check,
    });
    let tests = checks.map(|check| Filter::Test {
        attribute: attribute.clone(),
        test: Test { negated, check },
    });
    let mut tests: Vec<Filter> = tests.collect();
    match (tests.len(), negated) {
        (1, _) => tests.remove(0),
        // None of several.
        (_, true) => Filter::All(tests),
        (_, false) => Filter::Any(tests),
    }
}

/// The checks of which one must pass; a context without values passes none.
fn checks(operator: Operator, operand: &Operand, contexts: &Contexts) -> Vec<Check> {
    use Operator as O;
    let values = match operand {
        Operand::Range(range) => {
            let (from, to) = range.bounds(Timestamp::from_millis(contexts.now));
            return vec![Check::Within(from, to)];
        }
        Operand::Nothing => Vec::new(),
        Operand::Values(values) => values.clone(),
        Operand::Context(context) => contexts.values(context),
    };
    match operator {
        O::IsEmpty | O::IsNotEmpty => vec![Check::Empty],
        O::IsExpired | O::IsNotExpired => vec![Check::Within(i64::MIN, contexts.now)],
        O::Greater | O::GreaterOrEqual | O::Less | O::LessOrEqual => values
            .iter()
            .filter_map(|value| order(operator, value))
            .collect(),
        O::Contains | O::DoesNotContain => {
            let mut checks = vec![Check::Contains(written(&values))];
            // In a list, a number is found as itself.
            let others = values.into_iter();
            let others: Vec<Scalar> = others.filter(|v| !matches!(v, Scalar::Text(_))).collect();
            if !others.is_empty() {
                checks.push(Check::OneOf(OneOf::new(others)));
            }
            checks
        }
        O::BeginsWith | O::DoesNotBeginWith => vec![Check::BeginsWith(written(&values))],
        O::EndsWith | O::DoesNotEndWith => vec![Check::EndsWith(written(&values))],
        O::Between | O::NotBetween => values
            .iter()
            .filter_map(|value| match value {
                Scalar::Text(text) => parse_instant(text).map(|at| at.as_millis()),
                _ => None,
            })
            .map(|at| Check::Within(at, at))
            .collect(),
        _ => vec![Check::OneOf(OneOf::new(values))],
    }
}

/// Whether a meta-property is an instant of the entity itself.
fn is_instant(name: &str) -> bool {
    matches!(name, "$createdAt" | "$updatedAt")
}

fn order(operator: Operator, value: &Scalar) -> Option<Check> {
    use Operator as O;
    let inclusive = matches!(operator, O::GreaterOrEqual | O::LessOrEqual);
    let above = matches!(operator, O::Greater | O::GreaterOrEqual);
    match value {
        Scalar::Number(bound) if above => Some(Check::AboveNumber(*bound, inclusive)),
        Scalar::Number(bound) => Some(Check::BelowNumber(*bound, inclusive)),
        Scalar::Text(text) => {
            let at = parse_instant(text)?.as_millis();
            let step = i64::from(!inclusive);
            Some(if above {
                Check::Within(at.saturating_add(step), i64::MAX)
            } else {
                Check::Within(i64::MIN, at.saturating_sub(step))
            })
        }
        _ => None,
    }
}

fn texts(operand: &Operand, contexts: &Contexts) -> Vec<String> {
    match operand {
        Operand::Values(values) => plain(values.clone()),
        Operand::Context(context) => plain(contexts.values(context)),
        Operand::Nothing | Operand::Range(_) => Vec::new(),
    }
}

fn plain(values: Vec<Scalar>) -> Vec<String> {
    values
        .into_iter()
        .filter_map(|value| match value {
            Scalar::Text(text) => Some(text),
            _ => None,
        })
        .collect()
}

/// Values as they are written, to be looked for in texts.
fn written(values: &[Scalar]) -> Vec<String> {
    let texts = values.iter().filter_map(|value| match value {
        Scalar::Null => None,
        Scalar::Bool(b) => Some(b.to_string()),
        Scalar::Number(n) => Some(number(*n).to_string()),
        Scalar::Text(text) => Some(text.clone()),
    });
    texts.collect()
}

fn json(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(b) => Value::Bool(*b),
        Scalar::Number(n) => Value::from(*n),
        Scalar::Text(text) => Value::from(text.as_str()),
    }
}
