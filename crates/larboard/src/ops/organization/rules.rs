//! What the parts of the organization may hold (facts/catalog.md 6.4). Says nothing of what is kept or merged.

use larboard_core::contract::{Object, choice, flag, or_null, text_of, texts};
use larboard_core::refusal::Refusal;
use serde_json::{Map, Value};

/// What a value must be.
enum Rule {
    /// A text of at least and at most so many characters, or null.
    Text(usize, usize),
    /// One of these texts, or null.
    OneOf(&'static [&'static str]),
    /// True or false.
    Flag,
    /// An object with the keys of the rules that start with its path.
    Object,
    /// A list of texts.
    Texts,
}

const RULES: &[(&str, Rule)] = &[
    ("settings", Rule::Object),
    ("settings.portalTitle", Rule::Text(0, 30)),
    ("settings.federatedLogout", Rule::Flag),
    ("settings.hiddenBlueprints", Rule::Texts),
    ("announcement", Rule::Object),
    ("announcement.enabled", Rule::Flag),
    ("announcement.content", Rule::Text(1, 300)),
    ("announcement.link", Rule::Text(0, 300)),
    ("announcement.color", Rule::OneOf(&["blue", "red"])),
    ("supportUserPermission", Rule::OneOf(&["OPT_OUT", "OPT_IN"])),
    (
        "supportUserTTL",
        Rule::OneOf(&["ONE_DAY", "ONE_WEEK", "ONE_MONTH", "FOREVER"]),
    ),
    ("isOnboarded", Rule::Flag),
    ("toolSelectionProvisioning", Rule::Object),
    (
        "toolSelectionProvisioning.status",
        Rule::OneOf(&["IN_PROGRESS", "DONE"]),
    ),
];

/// Holds the keys of a body against the rules.
///
/// # Errors
/// `invalid_request` naming the key, its value and what it must be.
pub(super) fn check(body: &Map<String, Value>) -> Result<(), Refusal> {
    for (path, rule) in RULES {
        let mut keys = path.split('.');
        let top = keys.next().and_then(|key| body.get(key));
        let Some(value) = keys.fold(top, |value, key| value?.get(key)) else {
            continue;
        };
        if let Some(must) = rule.broken_by(value) {
            return Err(Refusal::invalid_request(format!(
                "{path:?} is {value}; it must be {must}."
            )));
        }
    }
    Ok(())
}

/// The keys of the rules, as a schema has them.
pub(super) fn add_to(object: Object) -> Object {
    let top = RULES.iter().filter(|(path, _)| !path.contains('.'));
    top.fold(object, |object, (path, rule)| {
        let schema = match rule {
            Rule::Object => inside(path).build(),
            other => other.schema(),
        };
        object.may(path, schema)
    })
}

/// The object at `path`, which may have further keys.
fn inside(path: &str) -> Object {
    let keys = RULES.iter().filter_map(|(inner, rule)| {
        let key = inner.strip_prefix(path)?.strip_prefix('.')?;
        Some((key, rule.schema()))
    });
    keys.fold(Object::open(), |object, (key, schema)| {
        object.may(key, schema)
    })
}

impl Rule {
    fn schema(&self) -> Value {
        match self {
            Self::Text(least, most) => or_null(text_of(*least, *most)),
            Self::OneOf(texts) => or_null(choice(texts)),
            Self::Flag => flag(),
            Self::Object => Object::open().build(),
            Self::Texts => texts(),
        }
    }

    /// What the value must be, if it is not that.
    fn broken_by(&self, value: &Value) -> Option<String> {
        let (fits, must) = match self {
            Self::Text(least, most) => {
                let fits = value
                    .as_str()
                    .is_none_or(|text| (*least..=*most).contains(&text.chars().count()));
                let must = format!("a text of {least} to {most} characters");
                (fits && (value.is_string() || value.is_null()), must)
            }
            Self::OneOf(texts) => {
                let fits = value.as_str().is_some_and(|text| texts.contains(&text));
                (
                    fits || value.is_null(),
                    format!("one of {}", texts.join(", ")),
                )
            }
            Self::Flag => (value.is_boolean(), "true or false".to_owned()),
            Self::Object => (value.is_object(), "an object".to_owned()),
            Self::Texts => {
                let fits = value
                    .as_array()
                    .is_some_and(|items| items.iter().all(Value::is_string));
                (fits, "a list of texts".to_owned())
            }
        };
        (!fits).then_some(must)
    }
}
