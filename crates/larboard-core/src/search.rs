//! Search rules: which entities a query means (facts/catalog.md section 3.1 and 4.3, facts/actions.md 2.6).
//!
//! A query goes three steps. [`Query::parse`] reads it strictly into a tree. [`Query::resolve`] puts in who asks and what
//! time it is, which leaves a [`Filter`] without contexts and presets. [`Filter::matches`] holds a filter against one
//! [`Subject`]; it is pure, and whoever knows entities implements `Subject`, computed values included.
//!
//! Searching, scorecards, aggregation queries, policies, conditions and datasets all use this; none has rules of its own.
//! How many entities are searched fast is not here: `index.rs` answers the same filters from columns.

mod conditions;
mod contract;
mod evaluate;
mod facts;
pub mod graph;
mod instant;
mod lookup;
mod operator;
mod parse;
mod resolve;
mod test;

use crate::refusal::Refusal;
use serde_json::Value;

pub use conditions::{Conditions, parse_conditions};
pub(crate) use contract::contract;
pub use evaluate::Subject;
pub use facts::{EntitySubject, schema_matches};
pub use instant::{Preset, Range, parse_instant};
pub use lookup::parse_lookup;
pub use operator::Operator;
pub use resolve::{Contexts, Person};
pub use test::{Check, OneOf, Seen, Test};

/// How deep groups may lie in each other.
pub const DEEPEST: usize = 32;
/// How many rules and groups a query may have.
pub const MOST_RULES: usize = 5_000;
/// The most hops a step of a path may take (facts/catalog.md 10).
pub const MOST_HOPS: u64 = 15;

/// Where a query stands, which decides the rules it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A query over all entities, an aggregation's query, a policy, a dataset.
    Global,
    /// The query of a search in one blueprint: rules by relation and by scorecard too.
    Blueprint,
    /// A query that stands for identifiers in a write.
    Lookup,
    /// A condition of a scorecard: one rule, whose values the operators are less strict about.
    Scorecard,
}

/// A query as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Whether all rules must hold, or one.
    pub combinator: Combinator,
    /// Its rules; none match everything.
    pub rules: Vec<Rule>,
}

/// How the rules of a group are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combinator {
    /// All must hold.
    And,
    /// One must hold.
    Or,
}

/// One rule of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Rules in rules.
    Group(Query),
    /// A test of what the subject holds.
    Test {
        /// What is tested.
        subject: Tested,
        /// How.
        operator: Operator,
        /// Against what.
        operand: Operand,
    },
    /// The subject is connected to given entities, over any number of relations.
    RelatedTo {
        /// The blueprint of the given entities.
        blueprint: String,
        /// Their identifiers.
        value: Operand,
        /// Which way relations are followed from the given entities.
        reach: Reach,
    },
    /// The subject lies at one end of a path, given entities at the other.
    Path {
        /// The relations, in order.
        path: Vec<Step>,
        /// The blueprint the path starts at, if not the subject's own.
        from: Option<String>,
        /// The identifiers of the given entities.
        value: Operand,
    },
}

/// What a rule tests.
#[derive(Clone, Debug, PartialEq)]
pub enum Tested {
    /// A property, or a meta-property with its `$`.
    Property(String),
    /// A property of the person who asks or of their teams.
    Context(Context),
    /// Any property of this schema.
    Schema(PropertySchema),
    /// The related entities, by identifier or by title.
    Relation {
        /// The relation.
        relation: String,
        /// Whether titles are tested rather than identifiers.
        titles: bool,
    },
    /// The level reached in a scorecard.
    Level(String),
    /// The outcome of a rule of a scorecard.
    ScorecardRule {
        /// The scorecard.
        scorecard: String,
        /// Its rule.
        rule: String,
    },
}

/// A value that depends on who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Whose value.
    pub who: Who,
    /// Which property or meta-property.
    pub property: String,
}

/// Whose value a context is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The calling user's.
    User,
    /// Their teams'.
    UserTeams,
}

/// What a property must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertySchema {
    /// Its type.
    pub kind: String,
    /// Its format; any if `None`.
    pub format: Option<String>,
    /// Type and format of its items; any if `None`.
    pub items: Option<Box<PropertySchema>>,
}

/// What a rule tests against.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// Nothing, for operators without a value.
    Nothing,
    /// Values as they stand.
    Values(Vec<Scalar>),
    /// Values of the person who asks.
    Context(Context),
    /// A span of time.
    Range(Range),
}

/// A single value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A number; as in JavaScript there is one kind.
    Number(f64),
    /// A text.
    Text(String),
}

impl Scalar {
    /// The scalar of a JSON value; `None` for lists and objects.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Bool(b) => Some(Self::Bool(*b)),
            Value::Number(n) => n.as_f64().map(Self::Number),
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// How relations are followed from a given entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reach {
    /// Which way; both ways, each by itself, if `None`.
    pub direction: Option<Direction>,
    /// Only required relations, only others, or all.
    pub required: Option<bool>,
}

/// Which way relations are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To what an entity depends on.
    Upstream,
    /// To what depends on it.
    Downstream,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The relation, or `$team`.
    pub relation: String,
    /// It may be taken 1 to this many times.
    pub hops: u64,
}

/// A query with who asks and the time put in. Built by [`Query::resolve`].
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Holds always or never.
    Constant(bool),
    /// All must hold.
    All(Vec<Filter>),
    /// One must hold.
    Any(Vec<Filter>),
    /// A test of a value.
    Test {
        /// Of what.
        attribute: Attribute,
        /// Which.
        test: Test,
    },
    /// Connected to one of the entities.
    RelatedTo(RelatedTo),
    /// At the end of a path from or to one of the entities.
    Path(PathMatch),
}

/// What a [`Filter`] tests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Attribute {
    /// A property, or a meta-property with its `$`.
    Property(String),
    /// Any property of this schema.
    Schema(PropertySchema),
    /// The identifiers of a relation.
    Relation(String),
    /// The titles of what a relation holds.
    RelationTitles(String),
    /// The level in a scorecard.
    Level(String),
    /// The outcome of a rule of a scorecard.
    ScorecardRule(String, String),
}

/// A resolved [`Rule::RelatedTo`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RelatedTo {
    /// The blueprint of the given entities.
    pub blueprint: String,
    /// Their identifiers.
    pub identifiers: Vec<String>,
    /// How relations are followed from them.
    pub reach: Reach,
}

/// A resolved [`Rule::Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathMatch {
    /// The relations, in order.
    pub path: Vec<Step>,
    /// Where the path starts, if not at the subject.
    pub from: Option<String>,
    /// The identifiers of the given entities.
    pub identifiers: Vec<String>,
}

impl std::hash::Hash for PropertySchema {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (&self.kind, &self.format, &self.items).hash(state);
    }
}

impl Query {
    /// Reads a query; `path` is where it stands in the body, empty for the body itself.
    ///
    /// # Errors
    /// `invalid_request` that names the rule's path, the operator, the value and the way out.
    pub fn parse(value: &Value, path: &str, dialect: Dialect) -> Result<Self, Refusal> {
        parse::query(value, path, dialect)
    }

    /// Whether what it matches may change by the passing of time.
    pub fn tells_time(&self) -> bool {
        self.rules.iter().any(|rule| match rule {
            Rule::Group(group) => group.tells_time(),
            Rule::Test { operand, .. } => matches!(operand, Operand::Range(Range::Preset(_))),
            _ => false,
        })
    }

    /// A query that matches everything.
    pub fn everything() -> Self {
        Self {
            combinator: Combinator::And,
            rules: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
