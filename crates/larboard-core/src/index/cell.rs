//! A value in a dictionary.

use crate::search::{Check, Seen};
use serde_json::Value;
use std::hash::{Hash, Hasher};

/// A value of a property, as small as it can be kept.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Number(f64),
    Text(Box<str>),
    Instant(i64),
    /// Of an object only its being there, and being empty, is tested.
    Object {
        empty: bool,
    },
    List(Box<[Cell]>),
}

impl Cell {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            // Minus zero equals zero.
            Value::Number(n) => Self::Number(n.as_f64().unwrap_or(f64::NAN) + 0.0),
            Value::String(text) => Self::Text(text.as_str().into()),
            Value::Object(map) => Self::Object {
                empty: map.is_empty(),
            },
            Value::Array(items) => Self::List(items.iter().map(Self::of).collect()),
        }
    }

    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// The texts of a relation or of teams: nothing, or a list.
    pub(super) fn texts<'a>(texts: impl ExactSizeIterator<Item = &'a str>) -> Self {
        match texts.len() {
            0 => Self::Null,
            _ => Self::List(texts.map(Self::text).collect()),
        }
    }

    /// Whether a check passes, as for the JSON value this was made of.
    pub(super) fn passes(&self, check: &Check, element: bool) -> bool {
        let seen = match self {
            Self::Null => Seen::Null,
            Self::Bool(b) => Seen::Bool(*b),
            Self::Number(n) => Seen::Number(*n),
            Self::Text(text) => Seen::Text(text),
            Self::Instant(at) => Seen::Instant(*at),
            Self::Object { empty } => Seen::Object { empty: *empty },
            Self::List(items) if items.is_empty() => return check.empty_list(),
            Self::List(items) => {
                return !matches!(check, Check::Empty | Check::Blank)
                    && items.iter().any(|item| item.passes(check, true));
            }
        };
        check.one(seen, element)
    }

    /// The cell as JSON; an object is only known to be one.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => Value::from(*n as i64),
            Self::Number(n) => Value::from(*n),
            Self::Text(text) => Value::from(&**text),
            Self::Instant(at) => crate::time::Timestamp::from_millis(*at).to_string().into(),
            Self::Object { .. } => Value::Object(serde_json::Map::new()),
            Self::List(items) => items.iter().map(Self::json).collect(),
        }
    }

    /// The bytes it takes beside its own place.
    pub(super) fn heap(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 16,
            Self::List(items) => {
                16 + items
                    .iter()
                    .map(|i| i.heap() + size_of::<Self>())
                    .sum::<usize>()
            }
            _ => 0,
        }
    }

    /// Every text in it.
    pub(super) fn each_text<'a>(&'a self, f: &mut impl FnMut(&'a str)) {
        match self {
            Self::Text(text) => f(text),
            Self::List(items) => items.iter().for_each(|item| item.each_text(f)),
            _ => {}
        }
    }
}

impl PartialEq for Cell {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Instant(a), Self::Instant(b)) => a == b,
            (Self::Object { empty: a }, Self::Object { empty: b }) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Cell {}

impl Hash for Cell {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(b) | Self::Object { empty: b } => b.hash(state),
            Self::Number(n) => n.to_bits().hash(state),
            Self::Text(text) => text.hash(state),
            Self::Instant(at) => at.hash(state),
            Self::List(items) => items.hash(state),
        }
    }
}
