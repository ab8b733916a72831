//! What is wrong with a document: each fault with its place, its rule and a sentence, collected so
//! that one refusal names them all.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::refusal::{Code, Refusal};

/// One fault of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where it is, such as `schema.properties.tier.minimum`.
    pub path: String,
    /// The rule it breaks, such as `maxLength` or `type`.
    pub rule: String,
    /// The field, the value and the way out, in a sentence.
    pub message: String,
}

/// The faults found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Violations(Vec<Violation>);

/// How many faults the sentence of a refusal spells out; the details hold all of them.
const SPELLED_OUT: usize = 5;

impl Violations {
    /// No faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault whose message is a whole sentence.
    pub fn push(
        &mut self,
        path: impl Into<String>,
        rule: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.0.push(Violation {
            path: path.into(),
            rule: rule.into(),
            message: message.into(),
        });
    }

    /// Adds a fault whose message starts with the path: `title: it is empty; …`.
    pub fn push_at(&mut self, path: impl Into<String>, rule: &str, text: impl AsRef<str>) {
        let path = path.into();
        let message = format!("{path}: {}", text.as_ref());
        self.push(path, rule, message);
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.0.iter()
    }

    /// Nothing wrong, or one refusal that names every fault.
    ///
    /// # Errors
    /// A [`Refusal`] with `code`, the first sentences as its message and all faults as details.
    pub fn into_result(self, code: Code) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        let sentences: Vec<&str> = self
            .0
            .iter()
            .take(SPELLED_OUT)
            .map(|v| v.message.as_str())
            .collect();
        let mut message = sentences.join("; ");
        let rest = self.0.len().saturating_sub(SPELLED_OUT);
        if rest > 0 {
            message.push_str(&format!("; and {rest} more, listed in the details"));
        }
        let details = serde_json::to_value(&self.0).unwrap_or(Value::Null);
        Err(Refusal::new(code, message).with_details(details))
    }
}

/// Checks of single keys of an object; an absent key is never a fault here.
impl Violations {
    /// The text under `key`, of `shortest..=longest` characters.
    pub fn text<'a>(
        &mut self,
        map: &'a Map<String, Value>,
        path: &str,
        key: &str,
        (shortest, longest): (usize, usize),
    ) -> Option<&'a str> {
        let value = map.get(key)?;
        let Some(text) = value.as_str() else {
            self.wrong_type(join(path, key), "a string", value);
            return None;
        };
        let length = text.chars().count();
        if length < shortest {
            let advice = format!("it is empty; give it {shortest} to {longest} characters");
            self.push_at(join(path, key), "minLength", advice);
        } else if length > longest {
            let advice = format!("it has {length} characters; at most {longest} are allowed");
            self.push_at(join(path, key), "maxLength", advice);
        }
        Some(text)
    }

    /// The boolean under `key`.
    pub fn boolean(&mut self, map: &Map<String, Value>, path: &str, key: &str) -> Option<bool> {
        let value = map.get(key)?;
        if !value.is_boolean() {
            self.wrong_type(join(path, key), "true or false", value);
        }
        value.as_bool()
    }

    /// The object under `key`.
    pub fn object<'a>(
        &mut self,
        map: &'a Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<&'a Map<String, Value>> {
        let value = map.get(key)?;
        if !value.is_object() {
            self.wrong_type(join(path, key), "an object", value);
        }
        value.as_object()
    }

    /// The text under `key`, one of `choices`.
    pub fn choice<'a>(
        &mut self,
        map: &'a Map<String, Value>,
        path: &str,
        key: &str,
        choices: &[&str],
    ) -> Option<&'a str> {
        let value = map.get(key)?;
        match value.as_str() {
            Some(text) if choices.contains(&text) => Some(text),
            _ => {
                let advice = format!("{} is not one of {}", shown(value), choices.join(", "));
                self.push_at(join(path, key), "enum", advice);
                None
            }
        }
    }

    /// Every key of `required` is there.
    pub fn require(&mut self, map: &Map<String, Value>, path: &str, required: &[&str]) {
        for key in required {
            if !map.contains_key(*key) {
                self.push_at(join(path, key), "required", "it is missing; add it");
            }
        }
    }

    /// No key is outside `known`.
    pub fn only(&mut self, map: &Map<String, Value>, path: &str, known: &[&str]) {
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let advice = format!("there is no such key; known ones are {}", known.join(", "));
            self.push_at(join(path, key), "additionalProperties", advice);
        }
    }

    /// The value has another type than `wanted`.
    pub fn wrong_type(&mut self, path: impl Into<String>, wanted: &str, value: &Value) {
        self.push_at(
            path,
            "type",
            format!("it must be {wanted}, but is {}", shown(value)),
        );
    }
}

/// `path.key`, or `key` at the top of a document.
pub fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The value as JSON, cut where it gets too long for a sentence.
pub fn shown(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_spells_out_the_first_faults_and_lists_all() {
        let mut violations = Violations::new();
        for n in 0..7 {
            violations.push_at(format!("f{n}"), "type", "it is wrong");
        }
        let refusal = violations
            .into_result(Code::InvalidRequest)
            .expect_err("a refusal");
        assert!(
            refusal
                .message
                .starts_with("f0: it is wrong; f1: it is wrong")
        );
        assert!(
            refusal
                .message
                .ends_with("and 2 more, listed in the details")
        );
        assert_eq!(
            refusal.details.expect("details").as_array().map(Vec::len),
            Some(7)
        );
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let text = shown(&json!("é".repeat(200)));
        assert!(text.ends_with('…') && text.chars().count() == 81);
    }

    #[test]
    fn no_faults_are_no_refusal() {
        assert_eq!(Violations::new().into_result(Code::InvalidRequest), Ok(()));
    }
}
