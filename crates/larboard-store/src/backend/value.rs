//! What a statement is given and what it gives back. Knows no driver.

use super::error::{Result, StoreError};
use larboard_core::time::Timestamp;
use std::borrow::Cow;

/// One value bound to a statement, or read from a row. What a statement is given can be lent to it, since drivers copy it.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg<'a> {
    /// SQL NULL of whichever type the statement expects.
    Null,
    /// A `BIGINT`; instants are milliseconds since 1970.
    Int(i64),
    /// A `DOUBLE PRECISION`.
    Real(f64),
    /// A `{bool}`.
    Bool(bool),
    /// A `TEXT`; must not contain NUL.
    Text(Cow<'a, str>),
    /// A `{bytes}`.
    Bytes(Cow<'a, [u8]>),
    /// A `{json}`, as its text.
    Json(Cow<'a, str>),
}

impl<'a> Arg<'a> {
    /// The text of a `{json}`.
    pub fn json(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Json(text.into())
    }

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

impl From<i64> for Arg<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Arg<'_> {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Arg<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Arg<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<bool> for Arg<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value.into())
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Arg<'_> {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl<'a> From<Cow<'a, str>> for Arg<'a> {
    fn from(value: Cow<'a, str>) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value.into())
    }
}

impl<'a> From<&'a Vec<u8>> for Arg<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value.into())
    }
}

impl From<Vec<u8>> for Arg<'_> {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value.into())
    }
}

impl From<Timestamp> for Arg<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_millis())
    }
}

impl From<&serde_json::Value> for Arg<'_> {
    fn from(value: &serde_json::Value) -> Self {
        Self::json(value.to_string())
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Arg<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<'a> From<&'a Option<String>> for Arg<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_ref().into()
    }
}

impl<'a> From<&'a Option<Vec<u8>>> for Arg<'a> {
    fn from(value: &'a Option<Vec<u8>>) -> Self {
        value.as_ref().into()
    }
}
