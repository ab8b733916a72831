//! The `{{ }}` templates of invocations: parsed once per revision of an action, rendered per run
//! (facts/actions.md section 10).
//!
//! What stands between the braces is evaluated by an [`Evaluate`]; here are the rules around it:
//! what keeps its type, what is turned into text, which keys are dropped, what is spread.

mod context;
mod js_json;
mod plain_paths;
mod render;
mod scan;

pub use context::RunContext;
pub use js_json::js_json;
pub use plain_paths::PlainPaths;

use serde_json::Value;

use crate::refusal::{Code, Refusal};
use scan::Scanned;

/// Evaluates what stands between the braces.
pub trait Evaluate {
    /// The first result of `expression` (trimmed) on `context`; `None` if it has none.
    ///
    /// # Errors
    /// What is wrong with the expression, or why it cannot be applied to this context.
    fn eval(&self, expression: &str, context: &Value) -> Result<Option<Value>, EvalError>;

    /// Whether the expression certainly leaves `.secrets` alone. Answering `false` is always
    /// right.
    fn ignores_secrets(&self, _expression: &str) -> bool {
        false
    }
}

/// Why an expression could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// A sentence without its full stop.
    pub message: String,
    /// Where in the expression, in characters from 0; `None` for an error of the data.
    pub position: Option<usize>,
}

/// Why a template could not be parsed or rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Where the template stands, such as `invocationMethod.body.name`.
    pub place: String,
    /// A sentence without its full stop, with the index in the text where there is one.
    pub message: String,
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        Refusal::new(
            Code::EvaluateInvocationMethodError,
            format!("\"{}\": {}.", error.place, error.message),
        )
    }
}

/// Whether secrets are filled in or struck out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redaction {
    /// For the request itself.
    Reveal,
    /// For everything that is stored or shown: each secret reads `***`, and so does whatever is
    /// computed from one.
    Redact,
}

/// A parsed JSON document whose strings and keys may be templates.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    place: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// Nothing in here is a template.
    Literal(Value),
    /// One expression is the whole string: the result keeps its type.
    Whole(Expression),
    /// Text with expressions in it.
    Text(Vec<Piece>),
    List(Vec<Template>),
    Object(Vec<(Key, Template)>),
}

#[derive(Clone, Debug, PartialEq)]
enum Key {
    Literal(String),
    /// `{{ spreadValue() }}`: the entries of the value take the place of this one.
    Spread,
    Template(Template),
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Expression(Expression),
}

/// What stands between two pairs of braces, trimmed.
#[derive(Clone, Debug, PartialEq)]
struct Expression {
    text: String,
    /// Where it begins in its string, in characters from 0.
    index: usize,
}

impl Template {
    /// Parses a document; `place` is how errors name it, such as `invocationMethod`.
    ///
    /// # Errors
    /// Braces that do not match, with the index in the string.
    pub fn parse(place: &str, source: &Value) -> Result<Self, TemplateError> {
        let kind = match source {
            Value::String(text) => parse_text(place, text)?,
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let items: Result<Vec<_>, _> = items
                    .map(|(index, item)| Self::parse(&format!("{place}[{index}]"), item))
                    .collect();
                Kind::List(items?)
            }
            Value::Object(entries) => {
                let mut parsed = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let place = format!("{place}.{key}");
                    parsed.push((parse_key(&place, key)?, Self::parse(&place, value)?));
                }
                Kind::Object(parsed)
            }
            other => Kind::Literal(other.clone()),
        };
        let place = place.to_owned();
        // A subtree without templates is copied as a whole when rendering.
        let kind = if kind.is_literal() {
            Kind::Literal(source.clone())
        } else {
            kind
        };
        Ok(Self { place, kind })
    }
}

impl Kind {
    fn is_literal(&self) -> bool {
        let literal = |template: &Template| matches!(template.kind, Kind::Literal(_));
        match self {
            Self::Literal(_) => true,
            Self::Whole(_) | Self::Text(_) => false,
            Self::List(items) => items.iter().all(literal),
            Self::Object(entries) => entries
                .iter()
                .all(|(key, value)| matches!(key, Key::Literal(_)) && literal(value)),
        }
    }
}

fn parse_key(place: &str, key: &str) -> Result<Key, TemplateError> {
    let inside = key.strip_prefix("{{").and_then(|k| k.strip_suffix("}}"));
    if inside.is_some_and(|inside| inside.trim() == "spreadValue()") {
        return Ok(Key::Spread);
    }
    Ok(match parse_text(place, key)? {
        Kind::Literal(_) => Key::Literal(key.to_owned()),
        kind => Key::Template(Template {
            place: place.to_owned(),
            kind,
        }),
    })
}

fn parse_text(place: &str, text: &str) -> Result<Kind, TemplateError> {
    let found = scan::expressions(text).map_err(|message| TemplateError {
        place: place.to_owned(),
        message,
    })?;
    let trimmed = text.trim();
    if let [only] = found.as_slice()
        && trimmed.starts_with("{{")
        && trimmed.ends_with("}}")
    {
        return Ok(Kind::Whole(Expression::of(text, only)));
    }
    if found.is_empty() {
        return Ok(Kind::Literal(text.into()));
    }
    let mut pieces = Vec::with_capacity(2 * found.len() + 1);
    let mut from = 0;
    for scanned in &found {
        pieces.push(Piece::Text(text[from..scanned.start - 2].to_owned()));
        pieces.push(Piece::Expression(Expression::of(text, scanned)));
        from = scanned.end + 2;
    }
    pieces.push(Piece::Text(text[from..].to_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Ok(Kind::Text(pieces))
}

impl Expression {
    fn of(text: &str, scanned: &Scanned) -> Self {
        let inside = &text[scanned.start..scanned.end];
        let indent = inside.len() - inside.trim_start().len();
        Self {
            text: inside.trim().to_owned(),
            index: text[..scanned.start + indent].chars().count(),
        }
    }
}

#[cfg(test)]
mod tests;
