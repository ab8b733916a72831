//! The operators by their exact names, and what each may be compared with.

/// What a rule does with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it; `as_str` has the spelling")]
pub enum Operator {
    Equals,
    Differs,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
    DoesNotContain,
    ContainsAny,
    BeginsWith,
    DoesNotBeginWith,
    EndsWith,
    DoesNotEndWith,
    In,
    NotIn,
    IsEmpty,
    IsNotEmpty,
    Between,
    NotBetween,
    IsExpired,
    IsNotExpired,
    RelatedTo,
    MatchAny,
}

/// What stands under `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// No value at all.
    Nothing,
    /// A text, number, boolean, null or instant.
    Scalar,
    /// The same, or a span of time.
    ScalarOrRange,
    /// A number or an instant.
    Ordered,
    /// A text, or several of which one must do.
    Text,
    /// A list.
    List,
    /// A span of time.
    Range,
}

const SPELLINGS: [(Operator, &str); 23] = [
    (Operator::Equals, "="),
    (Operator::Differs, "!="),
    (Operator::Greater, ">"),
    (Operator::GreaterOrEqual, ">="),
    (Operator::Less, "<"),
    (Operator::LessOrEqual, "<="),
    (Operator::Contains, "contains"),
    (Operator::DoesNotContain, "doesNotContains"),
    (Operator::ContainsAny, "containsAny"),
    (Operator::BeginsWith, "beginsWith"),
    (Operator::DoesNotBeginWith, "doesNotBeginsWith"),
    (Operator::EndsWith, "endsWith"),
    (Operator::DoesNotEndWith, "doesNotEndsWith"),
    (Operator::In, "in"),
    (Operator::NotIn, "notIn"),
    (Operator::IsEmpty, "isEmpty"),
    (Operator::IsNotEmpty, "isNotEmpty"),
    (Operator::Between, "between"),
    (Operator::NotBetween, "notBetween"),
    (Operator::IsExpired, "isExpired"),
    (Operator::IsNotExpired, "isNotExpired"),
    (Operator::RelatedTo, "relatedTo"),
    (Operator::MatchAny, "matchAny"),
];

impl Operator {
    /// The operator of this spelling.
    pub fn find(text: &str) -> Option<Self> {
        SPELLINGS
            .iter()
            .find(|(_, spelling)| *spelling == text)
            .map(|(operator, _)| *operator)
    }

    /// Its spelling.
    pub fn as_str(self) -> &'static str {
        SPELLINGS
            .iter()
            .find(|(operator, _)| *operator == self)
            .map_or("", |(_, spelling)| spelling)
    }

    /// Every spelling, for a sentence.
    pub(super) fn all() -> String {
        SPELLINGS.map(|(_, spelling)| spelling).join(", ")
    }

    /// Whether it holds for everything that fails its opposite, entities without a value included
    /// (facts/catalog.md 11, point 11).
    pub(super) fn negates(self) -> bool {
        matches!(
            self,
            Self::Differs
                | Self::DoesNotContain
                | Self::DoesNotBeginWith
                | Self::DoesNotEndWith
                | Self::NotIn
                | Self::IsNotEmpty
                | Self::NotBetween
                | Self::IsNotExpired
        )
    }

    pub(super) fn takes(self) -> Takes {
        match self {
            Self::Equals => Takes::ScalarOrRange,
            Self::Differs => Takes::Scalar,
            Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual => Takes::Ordered,
            Self::Contains
            | Self::DoesNotContain
            | Self::BeginsWith
            | Self::DoesNotBeginWith
            | Self::EndsWith
            | Self::DoesNotEndWith
            | Self::RelatedTo
            | Self::MatchAny => Takes::Text,
            Self::ContainsAny | Self::In | Self::NotIn => Takes::List,
            Self::Between | Self::NotBetween => Takes::Range,
            Self::IsEmpty | Self::IsNotEmpty | Self::IsExpired | Self::IsNotExpired => {
                Takes::Nothing
            }
        }
    }
}
