//! JSON that is carried as text between the database and the wire, and parsed only if looked into.

use std::borrow::Cow;

use serde_json::Value;

use crate::scrub::Scrubber;

/// The text of one valid JSON value.
///
/// Reading a run is the most frequent request of all, and its inputs, links and payload are only
/// passed on: parsing them into trees to print them again would be most of its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonText(Box<str>);

impl JsonText {
    /// The text of `value`.
    pub fn of(value: &Value) -> Self {
        // A value always has a text; through `Display` it would be written piece by piece.
        Self(
            serde_json::to_string(value)
                .unwrap_or_else(|_| "null".to_owned())
                .into_boxed_str(),
        )
    }

    /// Takes text that this server wrote itself, such as a database column. It is not checked.
    pub fn trusted(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Strikes secrets out; parsed only if there are any.
    pub fn scrub(&mut self, scrubber: &Scrubber) {
        if let Cow::Owned(_) = scrubber.text(&self.0) {
            let mut value = self.to_value();
            scrubber.json(&mut value);
            *self = Self::of(&value);
        }
    }

    /// The value; `null` for text that is no JSON, which trusted text is not.
    pub fn to_value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or(Value::Null)
    }
}

impl From<&Value> for JsonText {
    fn from(value: &Value) -> Self {
        Self::of(value)
    }
}
