//! Renders a parsed template against a context (facts/actions.md 10, rules 2 to 5 and 9): once as it is sent, and at the
//! same time as it may be shown.
//!
//! What is shown never depends on the value of a secret. An expression that passes secrets on is run a second time with
//! every secret struck out; one that decides by a secret or changes it shows `***` in its place.

use std::cell::OnceCell;

use larboard_jq::Val;
use serde_json::{Map, Value};

use super::{Key, Kind, Meter, Piece, Template, TemplateError, js_json};
use crate::scrub::{SHORTEST, STRUCK_OUT};

/// A rendered document.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// As it is sent.
    pub sent: Value,
    /// As it may be kept and shown: without secrets.
    pub shown: Value,
    /// The texts that expressions made of secrets, to be struck out of what comes back.
    pub derived: Vec<String>,
}

/// What expressions are evaluated on.
pub struct Scope<'a> {
    pub(super) context: &'a Value,
    value: OnceCell<Val>,
    struck: OnceCell<(Value, Val)>,
}

impl<'a> Scope<'a> {
    /// A scope of this context.
    pub fn new(context: &'a Value) -> Self {
        Self {
            context,
            value: OnceCell::new(),
            struck: OnceCell::new(),
        }
    }

    /// The context for programs; made once, and only if one runs.
    pub(super) fn value(&self) -> &Val {
        self.value.get_or_init(|| Val::from(self.context))
    }

    /// The context with every secret struck out.
    pub(super) fn struck(&self) -> &(Value, Val) {
        self.struck.get_or_init(|| {
            let mut context = self.context.clone();
            let secrets = context.get_mut("secrets").and_then(Value::as_object_mut);
            for secret in secrets.into_iter().flat_map(|secrets| secrets.values_mut()) {
                *secret = STRUCK_OUT.into();
            }
            let value = Val::from(&context);
            (context, value)
        })
    }
}

impl Template {
    /// The document with every template replaced by what it evaluates to.
    ///
    /// # Errors
    /// The first expression that cannot be evaluated, or a spread or key of the wrong type. The message shows no secret.
    pub fn render(
        &self,
        scope: &Scope<'_>,
        meter: &mut Meter<'_>,
    ) -> Result<Rendered, TemplateError> {
        let mut derived = Vec::new();
        let both = self.both(scope, meter, &mut derived)?;
        let sent = both.sent.unwrap_or(Value::Null);
        let shown = match both.shown {
            Some(shown) => shown.unwrap_or(Value::Null),
            None => sent.clone(),
        };
        derived.sort_unstable();
        derived.dedup();
        Ok(Rendered {
            sent,
            shown,
            derived,
        })
    }

    fn both(
        &self,
        scope: &Scope<'_>,
        meter: &mut Meter<'_>,
        derived: &mut Vec<String>,
    ) -> Result<Both, TemplateError> {
        match &self.kind {
            Kind::Literal(value) => Ok(Both::same(Some(value.clone()))),
            Kind::Whole(expression) => {
                let both = expression.eval(&self.place, scope, meter)?;
                both.note(derived);
                Ok(both)
            }
            Kind::Text(pieces) => self.text(pieces, scope, meter, derived),
            Kind::List(items) => {
                let mut list = Growing::default();
                for item in items {
                    let both = item.both(scope, meter, derived)?;
                    let shown = both.shown.map(|shown| shown.unwrap_or(Value::Null));
                    list.add(
                        both.sent.unwrap_or(Value::Null),
                        shown,
                        |list: &mut Vec<Value>, item| list.push(item),
                    );
                }
                Ok(list.into_both(Value::Array))
            }
            Kind::Object(entries) => {
                let mut object = Growing::default();
                for (key, value) in entries {
                    value.insert_entry(key, &mut object, scope, meter, derived)?;
                }
                Ok(object.into_both(Value::Object))
            }
        }
    }

    fn text(
        &self,
        pieces: &[Piece],
        scope: &Scope<'_>,
        meter: &mut Meter<'_>,
        derived: &mut Vec<String>,
    ) -> Result<Both, TemplateError> {
        let mut text = Growing::<String>::default();
        for piece in pieces {
            match piece {
                Piece::Text(literal) => {
                    text.add(literal.as_str(), None, |text, piece| text.push_str(piece))
                }
                Piece::Expression(expression) => {
                    let both = expression.eval(&self.place, scope, meter)?;
                    both.note(derived);
                    let sent = inserted(both.sent);
                    let shown = both.shown.map(inserted);
                    text.add(sent.as_str(), shown.as_deref(), |text, piece| {
                        text.push_str(piece)
                    });
                }
            }
        }
        Ok(text.into_both(Value::String))
    }

    /// Renders this value into `object` under `key`.
    fn insert_entry(
        &self,
        key: &Key,
        object: &mut Growing<Map<String, Value>>,
        scope: &Scope<'_>,
        meter: &mut Meter<'_>,
        derived: &mut Vec<String>,
    ) -> Result<(), TemplateError> {
        if let Key::Literal(name) = key
            && !name.is_empty()
        {
            // Most entries, and most read the same wherever they are shown.
            let value = self.both(scope, meter, derived)?;
            let shown = value.shown.filter(|shown| *shown != value.sent);
            let shown = shown.map(|shown| (Some(name.clone()), shown));
            object.add((Some(name.clone()), value.sent), shown, put);
            return Ok(());
        }
        let name = match key {
            Key::Spread => return self.spread(object, scope, meter, derived),
            Key::Literal(name) => Both::same(Some(Value::from(name.as_str()))),
            Key::Template(template) => template.both(scope, meter, derived)?,
        };
        if !is_key(name.sent.as_ref()) {
            let text = name.visible().map_or("nothing".to_owned(), js_json);
            return Err(self.error(format!(
                "the key evaluates to {text}; it must be a string, or null to drop the entry"
            )));
        }
        let sent_name = key_of(name.sent);
        let shown_name = match name.shown {
            None => sent_name.clone(),
            // What is dropped depends on the secret, so it is shown that there may be something.
            Some(shown) => key_of(shown).or(Some(STRUCK_OUT.to_owned())),
        };
        if sent_name.is_none() && shown_name.is_none() {
            return Ok(());
        }
        let value = match sent_name {
            Some(_) => self.both(scope, meter, derived)?,
            None => Both::same(Some(STRUCK_OUT.into())),
        };
        let shown_value = value.shown.unwrap_or_else(|| value.sent.clone());
        let differs = sent_name != shown_name || value.sent != shown_value;
        let entry = (sent_name, value.sent);
        let shown = differs.then_some((shown_name, shown_value));
        object.add(entry, shown, put);
        Ok(())
    }

    fn spread(
        &self,
        object: &mut Growing<Map<String, Value>>,
        scope: &Scope<'_>,
        meter: &mut Meter<'_>,
        derived: &mut Vec<String>,
    ) -> Result<(), TemplateError> {
        let value = self.both(scope, meter, derived)?;
        if !matches!(value.sent, Some(Value::Object(_) | Value::Array(_))) {
            let text = value.visible().map_or("nothing".to_owned(), js_json);
            return Err(self.error(format!(
                "it is spread and must be an object, but evaluates to {text}"
            )));
        }
        let shown = value
            .shown
            .map(|shown| entries_of(shown.unwrap_or(Value::Null)));
        object.add(
            entries_of(value.sent.unwrap_or(Value::Null)),
            shown,
            |object, entries| {
                object.extend(entries);
            },
        );
        Ok(())
    }
}

/// Puts an entry in, unless it has no name; without a value it goes.
fn put(object: &mut Map<String, Value>, (name, value): (Option<String>, Option<Value>)) {
    match (name, value) {
        (Some(name), Some(value)) => {
            object.insert(name, value);
        }
        (Some(name), None) => {
            object.shift_remove(&name);
        }
        (None, _) => {}
    }
}

/// A key is a text, or nothing, which drops its entry.
fn is_key(value: Option<&Value>) -> bool {
    matches!(value, None | Some(Value::Null | Value::String(_)))
}

fn key_of(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(name)) if !name.is_empty() => Some(name),
        _ => None,
    }
}

/// The entries of what is spread; of a list, by its indexes.
fn entries_of(value: Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(entries) => entries.into_iter().collect(),
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            items
                .map(|(index, item)| (index.to_string(), item))
                .collect()
        }
        _ => vec![(STRUCK_OUT.to_owned(), STRUCK_OUT.into())],
    }
}

/// A result within text, as JavaScript would write it.
fn inserted(value: Option<Value>) -> String {
    match value {
        Some(Value::String(text)) => text,
        Some(value) => js_json(&value),
        // What JavaScript writes for no value at all.
        None => "undefined".to_owned(),
    }
}

/// A value as it is sent and, if that differs, as it may be shown. `None` is what JSON leaves out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Both {
    pub(super) sent: Option<Value>,
    pub(super) shown: Option<Option<Value>>,
}

impl Both {
    pub(super) fn same(sent: Option<Value>) -> Self {
        Self { sent, shown: None }
    }

    /// What of it a message may show.
    fn visible(&self) -> Option<&Value> {
        self.shown.as_ref().unwrap_or(&self.sent).as_ref()
    }

    /// Notes the texts in it that were made of secrets.
    fn note(&self, derived: &mut Vec<String>) {
        if let (Some(sent), Some(shown)) = (&self.sent, &self.shown) {
            note(sent, shown.as_ref(), derived);
        }
    }
}

fn note(sent: &Value, shown: Option<&Value>, derived: &mut Vec<String>) {
    match sent {
        Value::String(text) if shown != Some(sent) && text.len() >= SHORTEST => {
            derived.push(text.clone())
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                note(item, shown.and_then(|shown| shown.get(index)), derived);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                note(value, shown.and_then(|shown| shown.get(key)), derived);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Something that is built twice, but only once the two differ.
#[derive(Default)]
struct Growing<T> {
    sent: T,
    shown: Option<T>,
}

impl<T: Clone> Growing<T> {
    /// Adds a part with `put`; `shown` if it reads otherwise when it is shown.
    fn add<P: Clone>(&mut self, sent: P, shown: Option<P>, put: impl Fn(&mut T, P)) {
        if shown.is_some() && self.shown.is_none() {
            self.shown = Some(self.sent.clone());
        }
        if let Some(whole) = &mut self.shown {
            put(whole, shown.unwrap_or_else(|| sent.clone()));
        }
        put(&mut self.sent, sent);
    }

    fn into_both(self, make: impl Fn(T) -> Value) -> Both {
        Both {
            sent: Some(make(self.sent)),
            shown: self.shown.map(|shown| Some(make(shown))),
        }
    }
}
