//! A test of one value, and what "holds" means for texts, numbers, lists and nothing.
//!
//! A list holds a test if one of its elements does; a negated test holds for everything its opposite fails for.

use super::Scalar;
use super::instant::parse_instant;
use crate::time::Timestamp;
use serde_json::Value;
use std::collections::HashSet;

/// A test of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Holds where the check fails.
    pub negated: bool,
    /// What is checked.
    pub check: Check,
}

/// What is checked of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// It is one of these; null is no value.
    OneOf(OneOf),
    /// It is a number above (`true`: or at) the bound.
    AboveNumber(f64, bool),
    /// It is a number below (`true`: or at) the bound.
    BelowNumber(f64, bool),
    /// It is an instant in the span, ends included.
    Within(i64, i64),
    /// It is a text with one of these in it, or a list with one of these as an element.
    Contains(Vec<String>),
    /// It is a text that begins with one of these.
    BeginsWith(Vec<String>),
    /// It is a text that ends with one of these.
    EndsWith(Vec<String>),
    /// There is no value.
    Empty,
    /// There is no value, or it is an empty text, list or object (scorecards).
    Blank,
}

/// A set of values to be equal to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OneOf {
    /// Whether having no value counts.
    pub null: bool,
    /// The booleans: false, true.
    pub booleans: [bool; 2],
    /// The numbers.
    pub numbers: Vec<f64>,
    /// The texts.
    pub texts: HashSet<String>,
}

impl OneOf {
    /// The set of these.
    pub fn new(values: impl IntoIterator<Item = Scalar>) -> Self {
        let mut set = Self::default();
        for value in values {
            match value {
                Scalar::Null => set.null = true,
                Scalar::Bool(b) => set.booleans[usize::from(b)] = true,
                Scalar::Number(n) => set.numbers.push(n),
                Scalar::Text(text) => {
                    set.texts.insert(text);
                }
            }
        }
        set
    }

    fn holds(&self, seen: Seen<'_>) -> bool {
        match seen {
            Seen::Null => self.null,
            Seen::Bool(b) => self.booleans[usize::from(b)],
            Seen::Number(n) => self.numbers.contains(&n),
            Seen::Text(text) => self.texts.contains(text),
            Seen::Instant(at) => self
                .texts
                .iter()
                .any(|text| parse_instant(text).is_some_and(|t| t.as_millis() == at)),
            Seen::Object { .. } => false,
        }
    }
}

/// A value that is no list, as a test sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen<'a> {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// An instant of the entity itself, in milliseconds.
    Instant(i64),
    /// An object, of which only its being there is tested.
    Object {
        /// Whether it has no keys.
        empty: bool,
    },
}

impl<'a> Seen<'a> {
    /// The value, unless it is a list.
    pub fn of(value: &'a Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            Value::Number(n) => Self::Number(n.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Self::Text(text),
            Value::Object(map) => Self::Object {
                empty: map.is_empty(),
            },
            Value::Array(_) => return None,
        })
    }
}

impl Check {
    /// Whether a value that is no list, or (`element`) is an element of one, passes.
    pub fn one(&self, seen: Seen<'_>, element: bool) -> bool {
        if let (Seen::Instant(at), Self::Contains(_) | Self::BeginsWith(_) | Self::EndsWith(_)) =
            (seen, self)
        {
            // Looked at as text, an instant is what the API shows.
            let text = Timestamp::from_millis(at).to_string();
            return self.one(Seen::Text(&text), element);
        }
        match self {
            Self::OneOf(set) => set.holds(seen),
            Self::AboveNumber(bound, at) => match seen {
                Seen::Number(n) => n > *bound || (*at && n == *bound),
                _ => false,
            },
            Self::BelowNumber(bound, at) => match seen {
                Seen::Number(n) => n < *bound || (*at && n == *bound),
                _ => false,
            },
            Self::Within(from, to) => {
                let instant = match seen {
                    Seen::Instant(at) => Some(at),
                    Seen::Text(text) => parse_instant(text).map(|at| at.as_millis()),
                    _ => None,
                };
                instant.is_some_and(|at| *from <= at && at <= *to)
            }
            Self::Contains(parts) => match seen {
                Seen::Text(text) if element => parts.iter().any(|part| part == text),
                Seen::Text(text) => parts.iter().any(|part| text.contains(part.as_str())),
                _ => false,
            },
            Self::BeginsWith(parts) => match seen {
                Seen::Text(text) => parts.iter().any(|part| text.starts_with(part.as_str())),
                _ => false,
            },
            Self::EndsWith(parts) => match seen {
                Seen::Text(text) => parts.iter().any(|part| text.ends_with(part.as_str())),
                _ => false,
            },
            Self::Empty => seen == Seen::Null,
            Self::Blank => matches!(
                seen,
                Seen::Null | Seen::Text("") | Seen::Object { empty: true }
            ),
        }
    }

    /// Whether a list with no elements passes.
    pub fn empty_list(&self) -> bool {
        *self == Self::Blank
    }

    fn value(&self, value: &Value, element: bool) -> bool {
        match (value, Seen::of(value)) {
            (_, Some(seen)) => self.one(seen, element),
            (Value::Array(items), _) if items.is_empty() => self.empty_list(),
            (Value::Array(items), _) => {
                // That a list is there is not undone by a null in it.
                !matches!(self, Self::Empty | Self::Blank)
                    && items.iter().any(|item| self.value(item, true))
            }
            _ => false,
        }
    }
}

impl Test {
    /// Whether the value holds it.
    pub fn holds(&self, value: &Value) -> bool {
        self.negated ^ self.check.value(value, false)
    }
}
