//! Holding a filter against one subject.

use super::{Attribute, Filter, PathMatch, PropertySchema, RelatedTo};
use serde_json::Value;
use std::borrow::Cow;

/// What a filter asks of an entity. Computed values are values like others: whoever implements this evaluates them.
pub trait Subject {
    /// The value of a property or, with a `$`, a meta-property: `Null` if there is none. `$team` is a list of the
    /// identifiers of its teams and their titles; it is `Null` if there are none.
    fn value(&self, name: &str) -> Cow<'_, Value>;

    /// The names of its blueprint's properties of this schema.
    fn properties_of(&self, schema: &PropertySchema) -> Vec<String>;

    /// What a relation holds, by identifier or by title: a text, a list, or `Null` if it relates to nothing.
    fn relation(&self, name: &str, titles: bool) -> Cow<'_, Value>;

    /// The title of the level it reaches in a scorecard, `Null` if it is not evaluated by it.
    fn level(&self, scorecard: &str) -> Cow<'_, Value>;

    /// The outcome of a rule of a scorecard, `Null` if it is not evaluated by it.
    fn scorecard_rule(&self, scorecard: &str, rule: &str) -> Cow<'_, Value>;

    /// Whether it is connected to one of the entities.
    fn is_related(&self, rule: &RelatedTo) -> bool;

    /// Whether it lies at the end of the path.
    fn is_on_path(&self, rule: &PathMatch) -> bool;
}

impl Filter {
    /// Whether the subject passes.
    pub fn matches(&self, subject: &dyn Subject) -> bool {
        match self {
            Self::Constant(holds) => *holds,
            Self::All(filters) => filters.iter().all(|filter| filter.matches(subject)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(subject)),
            Self::RelatedTo(rule) => subject.is_related(rule),
            Self::Path(rule) => subject.is_on_path(rule),
            Self::Test { attribute, test } => match attribute {
                Attribute::Property(name) => test.holds(&subject.value(name)),
                Attribute::Relation(name) => test.holds(&subject.relation(name, false)),
                Attribute::RelationTitles(name) => test.holds(&subject.relation(name, true)),
                Attribute::Level(scorecard) => test.holds(&subject.level(scorecard)),
                Attribute::ScorecardRule(scorecard, rule) => {
                    test.holds(&subject.scorecard_rule(scorecard, rule))
                }
                Attribute::Schema(schema) => {
                    let plain = super::Test {
                        negated: false,
                        check: test.check.clone(),
                    };
                    let any = subject
                        .properties_of(schema)
                        .iter()
                        .any(|name| plain.holds(&subject.value(name)));
                    test.negated ^ any
                }
            },
        }
    }

    /// The filter for entities of one blueprint: tests of `$blueprint` decided, and what follows from them.
    #[must_use]
    pub fn in_blueprint(&self, blueprint: &str) -> Self {
        self.decide(&|filter| match filter {
            Self::Test {
                attribute: Attribute::Property(name),
                test,
            } if name == "$blueprint" => Some(test.holds(&Value::from(blueprint))),
            _ => None,
        })
    }

    /// The filter with parts replaced by what `decide` knows of them, and folded.
    #[must_use]
    pub fn decide(&self, decide: &dyn Fn(&Self) -> Option<bool>) -> Self {
        if let Some(known) = decide(self) {
            return Self::Constant(known);
        }
        match self {
            Self::All(filters) => fold(filters, false, decide),
            Self::Any(filters) => fold(filters, true, decide),
            other => other.clone(),
        }
    }

    /// Every part that is no group.
    pub fn leaves(&self) -> Vec<&Self> {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().flat_map(Self::leaves).collect()
            }
            leaf => vec![leaf],
        }
    }
}

/// Joins filters; one that equals `ends` decides the group.
fn fold(filters: &[Filter], ends: bool, decide: &dyn Fn(&Filter) -> Option<bool>) -> Filter {
    let mut kept = Vec::new();
    for filter in filters {
        match filter.decide(decide) {
            Filter::Constant(known) if known == ends => return Filter::Constant(ends),
            Filter::Constant(_) => {}
            other => kept.push(other),
        }
    }
    match (kept.len(), ends) {
        (0, _) => Filter::Constant(!ends),
        (1, _) => kept.remove(0),
        (_, true) => Filter::Any(kept),
        (_, false) => Filter::All(kept),
    }
}
