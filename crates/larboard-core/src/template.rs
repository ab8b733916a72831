//! The `{{ }}` templates of invocations: parsed and compiled once per revision of an action, rendered per run
//! (facts/actions.md section 10).
//!
//! What stands between the braces is jq, run by `larboard-jq`; here are the rules around it: what keeps its type, what is
//! turned into text, which keys are dropped, what is spread, and what of it may be shown.

mod context;
mod expression;
mod js_json;
mod meter;
mod render;
mod scan;

pub use context::RunContext;
pub use js_json::js_json;
pub use meter::{Meter, TemplateLimits};
pub use render::{Rendered, Scope};

use serde_json::Value;

use crate::refusal::{Code, Refusal};
use expression::Expression;

/// Why a template could not be parsed or rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Where the template stands, such as `invocationMethod.body.name`.
    pub place: String,
    /// A sentence without its full stop, with the index in the text where there is one.
    pub message: String,
    /// Where in the string, in characters from 0; `None` for an error of the data.
    pub index: Option<usize>,
    /// A limit was met: with more to spend it might go well.
    pub limit: bool,
}

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        Refusal::new(
            Code::EvaluateInvocationMethodError,
            format!("\"{}\": {}.", error.place, error.message),
        )
    }
}

/// A parsed JSON document whose strings and keys may be templates.
#[derive(Clone, Debug)]
pub struct Template {
    place: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
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

#[derive(Clone, Debug)]
enum Key {
    Literal(String),
    /// `{{ spreadValue() }}`: the entries of the value take the place of this one.
    Spread,
    Template(Template),
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Expression(Expression),
}

impl Template {
    /// Parses a document and compiles its expressions; `place` is how errors name it, such as `invocationMethod`.
    ///
    /// # Errors
    /// Braces that do not match or an expression that is no jq, with the index in the string.
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

    /// Whether rendering reads secrets.
    pub fn reads_secrets(&self) -> bool {
        self.any(&|expression| expression.reads_secrets())
    }

    /// Whether all expressions are plain paths, which cost next to nothing.
    pub fn is_plain(&self) -> bool {
        !self.any(&|expression| !expression.is_plain())
    }

    /// The keys of the context that rendering looks up; `None` if it may look at any.
    pub fn context_keys(&self) -> Option<Vec<String>> {
        let keys = std::cell::RefCell::new(Vec::new());
        let is_open = self.any(&|expression| match expression.only_key() {
            Some(key) => {
                keys.borrow_mut().push(key.to_owned());
                false
            }
            None => true,
        });
        (!is_open).then(|| keys.into_inner())
    }

    /// How many expressions were compiled for it.
    pub fn expressions(&self) -> usize {
        let count = std::cell::Cell::new(0);
        self.any(&|_| {
            count.set(count.get() + 1);
            false
        });
        count.get()
    }

    /// Whether `wanted` holds for any expression.
    fn any(&self, wanted: &dyn Fn(&Expression) -> bool) -> bool {
        match &self.kind {
            Kind::Literal(_) => false,
            Kind::Whole(expression) => wanted(expression),
            Kind::Text(pieces) => pieces.iter().any(|piece| match piece {
                Piece::Text(_) => false,
                Piece::Expression(expression) => wanted(expression),
            }),
            Kind::List(items) => items.iter().any(|item| item.any(wanted)),
            Kind::Object(entries) => entries.iter().any(|(key, value)| {
                let in_key = match key {
                    Key::Template(key) => key.any(wanted),
                    Key::Literal(_) | Key::Spread => false,
                };
                in_key || value.any(wanted)
            }),
        }
    }

    fn error(&self, message: String) -> TemplateError {
        TemplateError {
            place: self.place.clone(),
            message,
            index: None,
            limit: false,
        }
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
                // An entry without a name is dropped, so an object with one is no literal.
                .all(|(key, value)| {
                    matches!(key, Key::Literal(key) if !key.is_empty()) && literal(value)
                }),
        }
    }
}

fn parse_key(place: &str, key: &str) -> Result<Key, TemplateError> {
    if is_spread(key) {
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

/// `{{ spreadValue() }}` with any spaces, also between the parentheses.
fn is_spread(key: &str) -> bool {
    let inside = key
        .trim()
        .strip_prefix("{{")
        .and_then(|key| key.strip_suffix("}}"));
    let call = inside.and_then(|inside| inside.trim().strip_prefix("spreadValue("));
    call.and_then(|rest| rest.strip_suffix(')'))
        .is_some_and(|between| between.trim().is_empty())
}

fn parse_text(place: &str, text: &str) -> Result<Kind, TemplateError> {
    let found = scan::expressions(text).map_err(|fault| TemplateError {
        place: place.to_owned(),
        message: fault.message,
        index: Some(fault.index),
        limit: false,
    })?;
    if found.is_empty() {
        return Ok(Kind::Literal(text.into()));
    }
    let trimmed = text.trim();
    if let [only] = found.as_slice()
        && trimmed.starts_with("{{")
        && trimmed.ends_with("}}")
    {
        return Ok(Kind::Whole(Expression::compile(place, text, only)?));
    }
    let mut pieces = Vec::with_capacity(2 * found.len() + 1);
    let mut from = 0;
    for scanned in &found {
        pieces.push(Piece::Text(text[from..scanned.start - 2].to_owned()));
        pieces.push(Piece::Expression(Expression::compile(
            place, text, scanned,
        )?));
        from = scanned.end + 2;
    }
    pieces.push(Piece::Text(text[from..].to_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Ok(Kind::Text(pieces))
}

#[cfg(test)]
mod tests;
