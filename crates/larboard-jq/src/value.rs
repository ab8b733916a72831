//! The values that programs work on: JSON with shared, copy-on-write containers.
//!
//! Every container knows how deep and how heavy it is (`weight` is about the bytes that printing it would take), so that a
//! limit can be checked before a value is printed, compared or nested once more. Making values is in here; what it costs is
//! charged by the evaluator ([`crate::limits`]).

use std::sync::Arc;

mod array;
mod json;
mod number;
mod object;
pub(crate) mod order;

pub use array::Array;
pub use number::Decimal;
pub(crate) use number::write_f64;
pub use object::Object;

/// A string of a value or a key, shared.
pub type Str = Arc<str>;

/// A JSON value, cheap to clone.
///
/// `PartialEq` is jq's `==`: numbers by value, objects without regard to the order of keys.
#[derive(Clone, Debug, Default)]
pub enum Val {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as arithmetic makes it. May be infinite or not a number; both print as JSON can say them.
    Num(f64),
    /// A number that was written in a way that a double cannot give back (`1.10`, `100000000000000000001`). It keeps its
    /// spelling until arithmetic is done with it, as in jq since 1.7.
    Dec(Arc<Decimal>),
    /// A string
    Str(Str),
    /// An array
    Arr(Arc<Array>),
    /// An object, in the order its keys were inserted
    Obj(Arc<Object>),
}

/// The kinds of values, in the order in which jq sorts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// The name that `type` gives.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::False | Kind::True => "boolean",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Object => "object",
        }
    }
}

impl Val {
    pub(crate) fn str(text: impl Into<Str>) -> Val {
        Val::Str(text.into())
    }

    pub(crate) fn arr(items: Vec<Val>) -> Val {
        Val::Arr(Arc::new(Array::from(items)))
    }

    pub(crate) fn obj(object: Object) -> Val {
        Val::Obj(Arc::new(object))
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Val::Null => Kind::Null,
            Val::Bool(false) => Kind::False,
            Val::Bool(true) => Kind::True,
            Val::Num(_) | Val::Dec(_) => Kind::Number,
            Val::Str(_) => Kind::String,
            Val::Arr(_) => Kind::Array,
            Val::Obj(_) => Kind::Object,
        }
    }

    /// The name that jq's `type` gives to this kind of value.
    pub fn type_name(&self) -> &'static str {
        self.kind().name()
    }

    /// Whether a condition takes it for true: everything except `null` and `false`.
    pub fn is_truthy(&self) -> bool {
        !matches!(self, Val::Null | Val::Bool(false))
    }

    /// The number as a double, if it is a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Val::Num(n) => Some(*n),
            Val::Dec(d) => Some(d.value()),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Val::Str(s) => Some(s),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&Array> {
        match self {
            Val::Arr(a) => Some(a),
            _ => None,
        }
    }

    /// How many containers are nested in it at most, itself included.
    pub(crate) fn depth(&self) -> u32 {
        match self {
            Val::Arr(a) => a.depth(),
            Val::Obj(o) => o.depth(),
            _ => 0,
        }
    }

    /// About how many bytes it takes to print. A value that shares parts with itself counts them each time.
    pub fn weight(&self) -> u64 {
        match self {
            Val::Null | Val::Bool(_) => 5,
            Val::Num(_) => 8,
            Val::Dec(d) => 8 + d.digits() as u64,
            Val::Str(s) => s.len() as u64 + 2,
            Val::Arr(a) => a.weight(),
            Val::Obj(o) => o.weight(),
        }
    }

    /// Whether both are the same value in memory, or the same `null`, boolean or double: what jq demands of a path.
    pub(crate) fn is_identical(&self, other: &Val) -> bool {
        match (self, other) {
            (Val::Null, Val::Null) => true,
            (Val::Bool(a), Val::Bool(b)) => a == b,
            (Val::Num(a), Val::Num(b)) => a.to_bits() == b.to_bits(),
            (Val::Dec(a), Val::Dec(b)) => Arc::ptr_eq(a, b),
            (Val::Str(a), Val::Str(b)) => Arc::ptr_eq(a, b),
            (Val::Arr(a), Val::Arr(b)) => Arc::ptr_eq(a, b),
            (Val::Obj(a), Val::Obj(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl From<bool> for Val {
    fn from(b: bool) -> Val {
        Val::Bool(b)
    }
}

impl From<f64> for Val {
    fn from(n: f64) -> Val {
        Val::Num(n)
    }
}

impl From<usize> for Val {
    fn from(n: usize) -> Val {
        Val::Num(n as f64)
    }
}

impl From<&str> for Val {
    fn from(s: &str) -> Val {
        Val::Str(s.into())
    }
}

impl From<String> for Val {
    fn from(s: String) -> Val {
        Val::Str(s.into())
    }
}

/// The weight at which counting ends. It is never left again, because what was added beyond it is not known.
const HEAVIEST: u64 = 1 << 60;

/// A weight with another added. Both are at most [`HEAVIEST`], so that this cannot overflow.
fn heavier(weight: u64, by: u64) -> u64 {
    (weight + by).min(HEAVIEST)
}

/// A weight with another taken away.
fn lighter(weight: u64, by: u64) -> u64 {
    match weight {
        HEAVIEST.. => HEAVIEST,
        weight => weight.saturating_sub(by),
    }
}

/// Drops values without recursing into them: what is nested is moved to a list first.
pub(crate) fn drop_flat(mut pending: Vec<Val>) {
    while let Some(value) = pending.pop() {
        match value {
            Val::Arr(array) => {
                if let Some(mut array) = Arc::into_inner(array) {
                    pending.append(&mut array.take());
                }
            }
            Val::Obj(object) => {
                if let Some(mut object) = Arc::into_inner(object) {
                    pending.extend(object.take_values());
                }
            }
            _ => {}
        }
    }
}

/// Containers nested deeper than this are dropped by [`drop_flat`].
pub(crate) const SHALLOW: u32 = 32;
