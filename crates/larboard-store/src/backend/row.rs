//! One row of a result, read by column position.

use super::error::{Result, StoreError};
use super::value::Arg;
use larboard_core::time::Timestamp;

/// One row. Columns count from 0, in the order of the SELECT list.
///
/// Every getter fails with [`StoreError::Data`] if the column is missing, holds another type, or
/// (without `opt_`) is NULL.
#[derive(Clone, Debug)]
pub struct Row {
    values: Vec<Arg>,
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident, $opt:ident -> $type:ty { $($pattern:pat => $value:expr),* })*) => {
        $($(#[$doc])*
        pub fn $name(&self, index: usize) -> Result<$type> {
            self.$opt(index)?.ok_or_else(|| unexpected(index, stringify!($name), "NULL"))
        }

        $(#[$doc])*
        /// `None` if it is NULL.
        pub fn $opt(&self, index: usize) -> Result<Option<$type>> {
            match self.value(index)? {
                Arg::Null => Ok(None),
                $($pattern => Ok(Some($value)),)*
                other => Err(unexpected(index, stringify!($name), kind(other))),
            }
        })*
    };
}

impl Row {
    pub(super) fn new(values: Vec<Arg>) -> Self {
        Self { values }
    }

    getters! {
        /// A `BIGINT`.
        int, opt_int -> i64 { Arg::Int(i) => *i }
        /// A `DOUBLE PRECISION`; an integer is taken as one.
        real, opt_real -> f64 { Arg::Real(r) => *r, Arg::Int(i) => *i as f64 }
        /// A `{bool}`, which SQLite keeps as 0 or 1.
        bool, opt_bool -> bool { Arg::Bool(b) => *b, Arg::Int(i @ (0 | 1)) => *i == 1 }
        /// A `TEXT`.
        text, opt_text -> String { Arg::Text(t) | Arg::Json(t) => t.clone() }
        /// A `{bytes}`.
        bytes, opt_bytes -> Vec<u8> { Arg::Bytes(b) => b.clone() }
        /// The text of a `{json}`.
        json, opt_json -> String { Arg::Text(t) | Arg::Json(t) => t.clone() }
        /// An instant.
        time, opt_time -> Timestamp { Arg::Int(i) => Timestamp::from_millis(*i) }
    }

    /// All values, in the order of the SELECT list.
    pub fn into_values(self) -> Vec<Arg> {
        self.values
    }

    fn value(&self, index: usize) -> Result<&Arg> {
        self.values
            .get(index)
            .ok_or_else(|| StoreError::data(format!("a result has no column {index}")))
    }
}

fn unexpected(index: usize, wanted: &str, found: &str) -> StoreError {
    StoreError::data(format!(
        "column {index} of a result is {found} where {wanted} is expected"
    ))
}

fn kind(value: &Arg) -> &'static str {
    match value {
        Arg::Null => "NULL",
        Arg::Int(_) => "an integer",
        Arg::Real(_) => "a real number",
        Arg::Bool(_) => "a boolean",
        Arg::Text(_) => "text",
        Arg::Bytes(_) => "bytes",
        Arg::Json(_) => "JSON",
    }
}
