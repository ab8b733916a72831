//! What a statement is given and what it gives back. Knows no driver.

use super::error::{Result, StoreError};
use larboard_core::time::Timestamp;

/// One value bound to a statement, or read from a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// SQL NULL of whichever type the statement expects.
    Null,
    /// A `BIGINT`; instants are milliseconds since 1970.
    Int(i64),
    /// A `DOUBLE PRECISION`.
    Real(f64),
    /// A `{bool}`.
    Bool(bool),
    /// A `TEXT`; must not contain NUL.
    Text(String),
    /// A `{bytes}`.
    Bytes(Vec<u8>),
    /// A `{json}`, as its text.
    Json(String),
}

impl Arg {
    /// Refuses what one of the two databases cannot keep: a NUL character in text.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Text(text) | Self::Json(text) if text.as_bytes().contains(&0) => Err(
                StoreError::data("text with a NUL character cannot be stored"),
            ),
            _ => Ok(()),
        }
    }
}

/// `args![a, b]` is the bind list `[Arg::from(a), Arg::from(b)]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { [$($crate::Arg::from($value)),*] };
}

impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Arg {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Arg {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Arg {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Arg {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl From<&Vec<u8>> for Arg {
    fn from(value: &Vec<u8>) -> Self {
        Self::Bytes(value.clone())
    }
}

impl From<Vec<u8>> for Arg {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<Timestamp> for Arg {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_millis())
    }
}

impl From<&serde_json::Value> for Arg {
    fn from(value: &serde_json::Value) -> Self {
        Self::Json(value.to_string())
    }
}

impl<T: Into<Arg>> From<Option<T>> for Arg {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
