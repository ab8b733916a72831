//! Reads a JSON object as a route or a definition demands it: known keys only, each of the stated
//! type.
//!
//! It knows no noun; every refusal is `invalid_request` and names the key, the value and the rule.

use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::violation::shown;

/// A JSON object being read, and where it stands in the body.
#[derive(Clone)]
pub struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// `value` as an object; `path` is how the body's author finds it, empty for the body itself.
    pub fn of(value: &'a Value, path: &str) -> Result<Self, Refusal> {
        match value.as_object() {
            Some(object) => Ok(Self {
                object,
                path: path.to_owned(),
            }),
            None if path.is_empty() => Err(Refusal::invalid_request(format!(
                "The body is {}; it must be an object.",
                shown(value)
            ))),
            None => Err(wrong(path, value, "it must be an object")),
        }
    }

    /// The object itself.
    pub fn object(&self) -> &'a Map<String, Value> {
        self.object
    }

    /// Where `key` of this object stands in the body.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Refuses every key that is not in `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self
            .object
            .keys()
            .find(|key| !known.contains(&key.as_str()))
        {
            None => Ok(()),
            Some(key) => Err(Refusal::invalid_request(format!(
                "\"{}\" is not known here; the keys are {}.",
                self.path_of(key),
                known.join(", ")
            ))),
        }
    }

    /// The value of `key`, which must be there.
    pub fn required(&self, key: &str) -> Result<&'a Value, Refusal> {
        self.object.get(key).ok_or_else(|| {
            Refusal::invalid_request(format!("\"{}\" is missing.", self.path_of(key)))
        })
    }

    /// The value of `key`, if there.
    pub fn find(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key)
    }

    /// The string under `key`, which must be there.
    pub fn string(&self, key: &str) -> Result<&'a str, Refusal> {
        let value = self.required(key)?;
        value
            .as_str()
            .ok_or_else(|| self.wrong(key, value, "it must be a string"))
    }

    /// The value of `key`, if there is one: null counts as none, because typed clients send it for a
    /// field they have not set.
    fn value(&self, key: &str) -> Option<&'a Value> {
        self.find(key).filter(|value| !value.is_null())
    }

    /// The string under `key`, if there is a value.
    pub fn find_string(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        self.value(key).map(|_| self.string(key)).transpose()
    }

    /// The boolean under `key`, if there is a value.
    pub fn find_bool(&self, key: &str) -> Result<Option<bool>, Refusal> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.as_bool() {
            Some(flag) => Ok(Some(flag)),
            None => Err(self.wrong(key, value, "it must be true or false")),
        }
    }

    /// The string under `key`, which must be there and be one of `allowed`.
    pub fn one_of(&self, key: &str, allowed: &[&str]) -> Result<&'a str, Refusal> {
        let value = self.required(key)?;
        match value.as_str() {
            Some(text) if allowed.contains(&text) => Ok(text),
            _ => Err(self.wrong(key, value, &format!("it must be {}", allowed.join(" or ")))),
        }
    }

    /// Like [`Fields::one_of`], if there is a value.
    pub fn find_one_of(&self, key: &str, allowed: &[&str]) -> Result<Option<&'a str>, Refusal> {
        self.value(key)
            .map(|_| self.one_of(key, allowed))
            .transpose()
    }

    /// The object under `key`, which must be there.
    pub fn fields(&self, key: &str) -> Result<Fields<'a>, Refusal> {
        Fields::of(self.required(key)?, &self.path_of(key))
    }

    /// The object under `key`, if there is a value.
    pub fn find_fields(&self, key: &str) -> Result<Option<Fields<'a>>, Refusal> {
        self.value(key).map(|_| self.fields(key)).transpose()
    }

    /// The list under `key`, which must be there.
    pub fn list(&self, key: &str) -> Result<&'a [Value], Refusal> {
        let value = self.required(key)?;
        match value.as_array() {
            Some(list) => Ok(list),
            None => Err(self.wrong(key, value, "it must be a list")),
        }
    }

    /// The list of strings under `key`, if there is a value.
    pub fn find_strings(&self, key: &str) -> Result<Option<Vec<&'a str>>, Refusal> {
        if self.value(key).is_none() {
            return Ok(None);
        }
        let list = self.list(key)?;
        let strings: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
        match strings {
            Some(strings) => Ok(Some(strings)),
            None => Err(self.wrong(key, self.required(key)?, "it must be a list of strings")),
        }
    }

    /// The refusal of what stands under `key`.
    pub fn wrong(&self, key: &str, value: &Value, rule: &str) -> Refusal {
        wrong(&self.path_of(key), value, rule)
    }
}

/// `"<path>" is <value>; <rule>.`
pub(crate) fn wrong(path: &str, value: &Value, rule: &str) -> Refusal {
    Refusal::invalid_request(format!("\"{path}\" is {}; {rule}.", shown(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_names_the_key_with_its_path_the_value_and_the_rule() {
        let body = json!({"trigger": {"operation": "FOO"}});
        let trigger = Fields::of(&body, "").unwrap().fields("trigger").unwrap();
        let refusal = trigger
            .one_of("operation", &["CREATE", "DELETE"])
            .unwrap_err();
        assert_eq!(
            refusal.message,
            "\"trigger.operation\" is \"FOO\"; it must be CREATE or DELETE."
        );
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        assert_eq!(
            Fields::of(&json!([]), "").err().map(|r| r.message),
            Some("The body is []; it must be an object.".to_owned())
        );
    }
}
