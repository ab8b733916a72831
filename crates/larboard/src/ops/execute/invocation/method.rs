//! Reads an evaluated invocation method: what a template may turn into anything must still be a request.
//!
//! Refusals name the place, the value as it may be shown, and what it must be.

use crate::invoke::destination;
use larboard_core::refusal::{Code, Refusal};
use larboard_core::template::{Rendered, js_json};
use serde_json::Value;

/// A webhook as its templates evaluated.
#[derive(Debug, PartialEq)]
pub(super) struct Method {
    pub(super) url: String,
    pub(super) method: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) synchronized: bool,
}

/// The methods of facts/actions.md 3.1 and A23.
const METHODS: &[&str] = &["POST", "PUT", "PATCH", "DELETE", "GET"];

/// Longest excerpt of a value in a sentence, in characters.
const EXCERPT: usize = 200;

/// Reads the evaluated method.
///
/// # Errors
/// `invalid_evaluated_invocation_method`; `not_supported` for a run that an agent would deliver.
pub(super) fn read(both: &Rendered) -> Result<Method, Refusal> {
    let place = Place {
        sent: &both.sent,
        shown: &both.shown,
        name: "invocationMethod".to_owned(),
    };
    if place.key("agent").flag()? {
        return Err(Refusal::new(
            Code::NotSupported,
            "\"invocationMethod.agent\" evaluates to true: the run would be delivered by an execution agent, which this \
             version of Larboard does not do yet.",
        ));
    }
    Ok(Method {
        url: place.key("url").url()?,
        method: place.key("method").method()?,
        headers: place.key("headers").headers()?,
        body: place.key("body").body()?,
        synchronized: place.key("synchronized").flag()?,
    })
}

/// The refusal of a request that the client would not send; the sentence names what is wrong.
pub(super) fn unfit(sentence: String) -> Refusal {
    Refusal::new(Code::InvalidEvaluatedInvocationMethod, sentence)
}

/// A value at its place, as it is sent and as it may be shown.
struct Place<'a> {
    sent: &'a Value,
    shown: &'a Value,
    name: String,
}

impl<'a> Place<'a> {
    fn key(&self, key: &str) -> Place<'a> {
        let at = |value: &'a Value| value.get(key).unwrap_or(&Value::Null);
        Place {
            sent: at(self.sent),
            shown: at(self.shown),
            name: format!("{}.{key}", self.name),
        }
    }

    fn wrong(&self, rule: &str) -> Refusal {
        let text = js_json(self.shown);
        let excerpt: String = text.chars().take(EXCERPT).collect();
        let more = if excerpt.len() < text.len() {
            "…"
        } else {
            ""
        };
        unfit(format!(
            "\"{}\" evaluates to {excerpt}{more}; {rule}.",
            self.name
        ))
    }

    fn url(&self) -> Result<String, Refusal> {
        let rule = "it must be an http:// or https:// URL with a host";
        let url = self.sent.as_str().ok_or_else(|| self.wrong(rule))?;
        match destination::parse_url(url) {
            Ok(_) => Ok(url.to_owned()),
            Err(_) => Err(self.wrong(rule)),
        }
    }

    fn method(&self) -> Result<String, Refusal> {
        let known = match self.sent {
            Value::Null => Some("POST".to_owned()),
            Value::String(text) => {
                let method = text.trim().to_ascii_uppercase();
                METHODS.contains(&method.as_str()).then_some(method)
            }
            _ => None,
        };
        known.ok_or_else(|| self.wrong("it must be POST, PUT, PATCH, DELETE or GET"))
    }

    fn headers(&self) -> Result<Vec<(String, String)>, Refusal> {
        let headers = match self.sent {
            Value::Null => return Ok(Vec::new()),
            Value::Object(headers) => headers,
            _ => return Err(self.wrong("it must be an object of strings")),
        };
        let shown = self.shown.as_object();
        let mut read = Vec::with_capacity(headers.len());
        for (index, (name, value)) in headers.iter().enumerate() {
            let Value::String(text) = value else {
                // A name that comes from a secret reads otherwise where it is shown, at the same place if anywhere.
                let shown = shown.and_then(|shown| {
                    shown
                        .get(name)
                        .map(|value| (name, value))
                        .or_else(|| shown.iter().nth(index))
                });
                let header = Place {
                    sent: value,
                    shown: shown.map_or(&Value::Null, |(_, value)| value),
                    name: format!("{}.{}", self.name, shown.map_or("***", |(name, _)| name)),
                };
                return Err(
                    header.wrong("it must be a string; make the key null to leave the header out")
                );
            };
            read.push((name.clone(), text.clone()));
        }
        Ok(read)
    }

    fn body(&self) -> Result<String, Refusal> {
        match self.sent {
            // An action without a body sends an empty object (A6).
            Value::Null => Ok("{}".to_owned()),
            body @ (Value::Object(_) | Value::Array(_)) => Ok(js_json(body)),
            _ => Err(self.wrong("it must be an object or a list")),
        }
    }

    /// `true` or `false`, or the text of one.
    fn flag(&self) -> Result<bool, Refusal> {
        match self.sent {
            Value::Null => Ok(false),
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if text.trim() == "true" => Ok(true),
            Value::String(text) if text.trim() == "false" => Ok(false),
            _ => Err(self.wrong("it must be true or false")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(sent: Value) -> Rendered {
        Rendered {
            shown: sent.clone(),
            sent,
            derived: Vec::new(),
        }
    }

    fn with(key: &str, value: Value) -> Rendered {
        let mut method = json!({"type": "WEBHOOK", "url": "https://ci.example/hook"});
        method[key] = value;
        rendered(method)
    }

    #[test]
    fn a_method_with_a_url_alone_posts_an_empty_object() {
        let method = read(&with("type", json!("WEBHOOK"))).expect("a request");
        let expected = Method {
            url: "https://ci.example/hook".into(),
            method: "POST".into(),
            headers: Vec::new(),
            body: "{}".into(),
            synchronized: false,
        };
        assert_eq!(method, expected);
    }

    #[test]
    fn flags_are_booleans_or_their_texts() {
        for (value, expected) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(" true "), true),
            (json!(false), false),
            (json!("false"), false),
            (json!(null), false),
        ] {
            assert_eq!(
                read(&with("synchronized", value))
                    .expect("a flag")
                    .synchronized,
                expected
            );
        }
        assert!(read(&with("agent", json!("false"))).is_ok());
        for value in [json!("true"), json!(true)] {
            let refusal = read(&with("agent", value)).expect_err("an agent");
            assert_eq!(refusal.code, Code::NotSupported);
        }
    }

    #[test]
    fn methods_are_read_in_any_case() {
        for (value, expected) in [("put", "PUT"), (" Delete ", "DELETE"), ("GET", "GET")] {
            assert_eq!(
                read(&with("method", json!(value)))
                    .expect("a method")
                    .method,
                expected
            );
        }
    }

    #[test]
    fn what_is_no_request_is_refused_by_place_value_and_rule() {
        for (key, value, message) in [
            (
                "url",
                json!(5),
                "\"invocationMethod.url\" evaluates to 5; it must be an http:// or https:// URL with a host.",
            ),
            (
                "url",
                json!("ci.example"),
                "\"invocationMethod.url\" evaluates to \"ci.example\"; it must be an http:// or https:// URL with a host.",
            ),
            (
                "url",
                json!("ftp://a.b/"),
                "\"invocationMethod.url\" evaluates to \"ftp://a.b/\"; it must be an http:// or https:// URL with a host.",
            ),
            (
                "url",
                json!(null),
                "\"invocationMethod.url\" evaluates to null; it must be an http:// or https:// URL with a host.",
            ),
            (
                "method",
                json!("TRACE"),
                "\"invocationMethod.method\" evaluates to \"TRACE\"; it must be POST, PUT, PATCH, DELETE or GET.",
            ),
            (
                "method",
                json!(["PUT"]),
                "\"invocationMethod.method\" evaluates to [\"PUT\"]; it must be POST, PUT, PATCH, DELETE or GET.",
            ),
            (
                "headers",
                json!([1]),
                "\"invocationMethod.headers\" evaluates to [1]; it must be an object of strings.",
            ),
            (
                "headers",
                json!({"X-A": "a", "X-N": 1}),
                "\"invocationMethod.headers.X-N\" evaluates to 1; it must be a string; make the key null to leave the header out.",
            ),
            (
                "headers",
                json!({"X-A": null}),
                "\"invocationMethod.headers.X-A\" evaluates to null; it must be a string; make the key null to leave the header out.",
            ),
            (
                "body",
                json!("text"),
                "\"invocationMethod.body\" evaluates to \"text\"; it must be an object or a list.",
            ),
            (
                "synchronized",
                json!("yes"),
                "\"invocationMethod.synchronized\" evaluates to \"yes\"; it must be true or false.",
            ),
            (
                "agent",
                json!(1),
                "\"invocationMethod.agent\" evaluates to 1; it must be true or false.",
            ),
        ] {
            let refusal = read(&with(key, value)).expect_err("no request");
            assert_eq!(refusal.code, Code::InvalidEvaluatedInvocationMethod);
            assert_eq!(refusal.message, message);
        }
        let long = read(&with("method", json!("x".repeat(1000)))).expect_err("no method");
        assert!(long.message.len() < 400, "{}", long.message);
    }

    #[test]
    fn a_refusal_shows_what_may_be_shown() {
        let both = Rendered {
            sent: json!({"url": "https://a.b/", "method": "s3cret-token", "headers": {"s3cret-name": 1}}),
            shown: json!({"url": "https://a.b/", "method": "***", "headers": {"***": "***"}}),
            derived: Vec::new(),
        };
        let message = read(&both).expect_err("no method").message;
        assert!(
            message.starts_with("\"invocationMethod.method\" evaluates to \"***\""),
            "{message}"
        );
        let both = Rendered {
            sent: json!({"url": "https://a.b/", "headers": {"s3cret-name": 1}}),
            ..both
        };
        let message = read(&both).expect_err("no header").message;
        assert!(
            message.starts_with("\"invocationMethod.headers.***\" evaluates to \"***\""),
            "{message}"
        );
    }
}
