//! Renders a parsed template against a context (facts/actions.md 10, rules 2 to 5 and 9).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Evaluate, Expression, Key, Kind, Piece, Redaction, Template, TemplateError, js_json};

/// What stands in the place of a secret.
const STRUCK_OUT: &str = "***";

impl Template {
    /// The document with every template replaced by what it evaluates to.
    ///
    /// # Errors
    /// The first expression that cannot be evaluated, or a spread or key of the wrong type.
    pub fn render(
        &self,
        evaluate: &dyn Evaluate,
        context: &Value,
        redaction: Redaction,
    ) -> Result<Value, TemplateError> {
        // Striking the secrets out of the context rather than out of the result also covers what
        // an expression computes from a secret, such as its base64.
        let context = match redaction {
            Redaction::Redact if self.may_read_secrets(evaluate) => Cow::Owned(redacted(context)),
            _ => Cow::Borrowed(context),
        };
        let rendered = self.value(evaluate, &context)?;
        Ok(rendered.unwrap_or(Value::Null))
    }

    /// Whether rendering may bring secrets into the result.
    pub fn may_read_secrets(&self, evaluate: &dyn Evaluate) -> bool {
        let reads = |expression: &Expression| !evaluate.ignores_secrets(&expression.text);
        match &self.kind {
            Kind::Literal(_) => false,
            Kind::Whole(expression) => reads(expression),
            Kind::Text(pieces) => pieces.iter().any(|piece| match piece {
                Piece::Text(_) => false,
                Piece::Expression(expression) => reads(expression),
            }),
            Kind::List(items) => items.iter().any(|item| item.may_read_secrets(evaluate)),
            Kind::Object(entries) => entries.iter().any(|(key, value)| {
                let in_key = match key {
                    Key::Template(key) => key.may_read_secrets(evaluate),
                    Key::Literal(_) | Key::Spread => false,
                };
                in_key || value.may_read_secrets(evaluate)
            }),
        }
    }

    /// The rendered value; `None` where an expression has no result, which JSON leaves out.
    fn value(
        &self,
        evaluate: &dyn Evaluate,
        context: &Value,
    ) -> Result<Option<Value>, TemplateError> {
        match &self.kind {
            Kind::Literal(value) => Ok(Some(value.clone())),
            Kind::Whole(expression) => self.eval(expression, evaluate, context),
            Kind::Text(pieces) => self.text(pieces, evaluate, context).map(Some),
            Kind::List(items) => {
                let items: Result<Vec<_>, _> = items
                    .iter()
                    .map(|item| Ok(item.value(evaluate, context)?.unwrap_or(Value::Null)))
                    .collect();
                Ok(Some(Value::Array(items?)))
            }
            Kind::Object(entries) => {
                let mut object = Map::with_capacity(entries.len());
                for (key, value) in entries {
                    value.insert_entry(key, &mut object, evaluate, context)?;
                }
                Ok(Some(Value::Object(object)))
            }
        }
    }

    fn text(
        &self,
        pieces: &[Piece],
        evaluate: &dyn Evaluate,
        context: &Value,
    ) -> Result<Value, TemplateError> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Expression(expression) => match self.eval(expression, evaluate, context)? {
                    Some(Value::String(result)) => text.push_str(&result),
                    Some(result) => text.push_str(&js_json(&result)),
                    // What JavaScript writes for no value at all.
                    None => text.push_str("undefined"),
                },
            }
        }
        Ok(Value::String(text))
    }

    /// Renders this value into `object` under `key`.
    fn insert_entry(
        &self,
        key: &Key,
        object: &mut Map<String, Value>,
        evaluate: &dyn Evaluate,
        context: &Value,
    ) -> Result<(), TemplateError> {
        let name = match key {
            Key::Spread => return self.spread(object, evaluate, context),
            Key::Literal(name) => name.clone(),
            Key::Template(template) => match template.value(evaluate, context)? {
                Some(Value::String(name)) if !name.is_empty() => name,
                None | Some(Value::Null | Value::String(_)) => return Ok(()),
                Some(other) => {
                    let message = format!(
                        "the key evaluates to {}; it must be a string, or null to drop the entry",
                        js_json(&other)
                    );
                    return Err(self.error(message));
                }
            },
        };
        match self.value(evaluate, context)? {
            Some(value) => {
                object.insert(name, value);
            }
            None => {
                object.shift_remove(&name);
            }
        }
        Ok(())
    }

    fn spread(
        &self,
        object: &mut Map<String, Value>,
        evaluate: &dyn Evaluate,
        context: &Value,
    ) -> Result<(), TemplateError> {
        match self.value(evaluate, context)? {
            Some(Value::Object(entries)) => object.extend(entries),
            Some(Value::Array(items)) => {
                let entries = items.into_iter().enumerate();
                object.extend(entries.map(|(index, item)| (index.to_string(), item)));
            }
            other => {
                let text = other.map_or("nothing".to_owned(), |value| js_json(&value));
                let message =
                    format!("it is spread and must be an object, but evaluates to {text}");
                return Err(self.error(message));
            }
        }
        Ok(())
    }

    fn eval(
        &self,
        expression: &Expression,
        evaluate: &dyn Evaluate,
        context: &Value,
    ) -> Result<Option<Value>, TemplateError> {
        evaluate.eval(&expression.text, context).map_err(|error| {
            let index = expression.index + error.position.unwrap_or(0);
            self.error(format!(
                "{} (in \"{}\", index {index})",
                error.message, expression.text
            ))
        })
    }

    fn error(&self, message: String) -> TemplateError {
        TemplateError {
            place: self.place.clone(),
            message,
        }
    }
}

/// The context with every secret struck out.
fn redacted(context: &Value) -> Value {
    let mut context = context.clone();
    let secrets = context.get_mut("secrets").and_then(Value::as_object_mut);
    for secret in secrets.into_iter().flat_map(|secrets| secrets.values_mut()) {
        *secret = STRUCK_OUT.into();
    }
    context
}
