//! Says in sentences what is wrong with submitted inputs, and collects it.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use crate::format::Format;
use crate::refusal::{Code, Refusal};
use crate::violation::{Violations, shown};

/// What is wrong with the inputs so far.
#[derive(Default)]
pub(super) struct Faults(Violations);

impl Faults {
    /// The form has no such input.
    pub(super) fn unknown<'a>(&mut self, name: &str, known: impl Iterator<Item = &'a String>) {
        let known: Vec<_> = known.map(String::as_str).collect();
        let way_out = if known.is_empty() {
            "it takes none".to_owned()
        } else {
            format!("its inputs are {}", known.join(", "))
        };
        let sentence = format!("Input \"{name}\" is not one of the action's; {way_out}.");
        self.0.push(name, "additionalProperties", sentence);
    }

    /// A required input is missing and has no default.
    pub(super) fn missing(&mut self, name: &str) {
        self.0
            .push(name, "required", format!("Input \"{name}\" is required."));
    }

    /// A value breaks a rule. The value of an encrypted input is not repeated.
    pub(super) fn unfit(&mut self, name: &str, error: &ValidationError<'_>, encrypted: bool) {
        let pointer = error.instance_path().to_string();
        let place = if pointer.is_empty() {
            format!("Input \"{name}\"")
        } else {
            format!("Input \"{name}\" at {pointer}")
        };
        let rule = rule(error);
        let sentence = if encrypted {
            format!("{place} does not fit: {rule}.")
        } else {
            format!("{place} is {}; {rule}.", shown(error.instance()))
        };
        let path = format!("{name}{}", pointer.replace('/', "."));
        self.0.push(path, error.kind().keyword(), sentence);
    }

    /// The refusal of all of it, if there is anything.
    pub(super) fn into_refusal(self) -> Option<Refusal> {
        self.0.into_result(Code::UserInputsSchemaInvalid).err()
    }
}

/// The broken rule as the rest of a sentence.
fn rule(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::Type { kind } => format!("it must be of type {}", type_names(kind)),
        Kind::Format { format } => match Format::find(format) {
            Some(known) => format!("it must be {}", known.description()),
            None => format!("it must have the format {format}"),
        },
        Kind::Enum { options } => format!("it must be one of {}", options_text(options)),
        Kind::Pattern { pattern } => format!("it must match the pattern {pattern}"),
        Kind::BacktrackLimitExceeded { .. } => {
            "its pattern takes too long to match; simplify the pattern".to_owned()
        }
        Kind::MinLength { limit } => format!("it must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("it must have at most {limit} characters"),
        Kind::Minimum { limit } => format!("it must be at least {limit}"),
        Kind::Maximum { limit } => format!("it must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("it must be greater than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("it must be less than {limit}"),
        Kind::MinItems { limit } => format!("it must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("it must have at most {limit} items"),
        Kind::UniqueItems => "its items must be distinct".to_owned(),
        Kind::Required { property } => format!("it must have the key {property}"),
        Kind::AdditionalProperties { unexpected } => {
            format!("it must not have the keys {}", unexpected.join(", "))
        }
        other => format!("it breaks the rule {}", other.keyword()),
    }
}

fn type_names(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(name) => name.to_string(),
        TypeKind::Multiple(names) => {
            let names: Vec<_> = names.iter().map(|name| name.to_string()).collect();
            names.join(" or ")
        }
    }
}

fn options_text(options: &Value) -> String {
    match options.as_array() {
        Some(list) if list.len() <= 20 => {
            let texts: Vec<_> = list.iter().map(shown).collect();
            texts.join(", ")
        }
        Some(list) => format!("the {} listed values", list.len()),
        None => shown(options),
    }
}
