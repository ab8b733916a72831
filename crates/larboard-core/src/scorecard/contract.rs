//! The JSON Schemas of scorecards: as bodies and as shown.

use serde_json::{Value, json};

use super::META;
use super::definition::IDENTIFIER_MAX;
use super::status;
use crate::blueprint::COLOURS;
use crate::contract::{
    Components, Object, any_object, anything, choice, list, or_null, pattern_of, reference,
    some_text, text,
};
use crate::text::ENTITY_IDENTIFIER_PATTERN;

pub(crate) fn contract() -> Components {
    let shown = keys(|schema| schema)
        .must("levels", levels())
        .must("id", text())
        .must("blueprint", text())
        .stamped();
    vec![
        ("ScorecardBody", body().build()),
        (
            "ScorecardOfBlueprintBody",
            body().must("blueprint", text()).build(),
        ),
        ("ScorecardsBody", list(reference("ScorecardBody"))),
        ("ScorecardPatchBody", body().part().build()),
        ("Scorecard", shown.build()),
        ("ScorecardRule", rule()),
        ("ScorecardQuery", query()),
        ("ScorecardResult", result()),
    ]
}

/// What an entity reached by a scorecard.
fn result() -> Value {
    let rule = Object::closed()
        .must("identifier", text())
        .must("status", choice(&[status(true), status(false)]))
        .must("level", text())
        .build();
    Object::closed()
        .must("level", text())
        .must("rules", list(rule))
        .build()
}

/// What the server adds is ignored in a body.
fn body() -> Object {
    let start = keys(or_null).maybe("levels", levels());
    META.into_iter()
        .fold(start, |object, key| object.may(key, anything()))
}

fn keys(optional: fn(Value) -> Value) -> Object {
    Object::closed()
        .must("identifier", identifier())
        .must("title", some_text())
        .must("rules", list(reference("ScorecardRule")))
        .may("filter", optional(reference("ScorecardQuery")))
        .may("properties", any_object())
}

fn identifier() -> Value {
    pattern_of(ENTITY_IDENTIFIER_PATTERN, IDENTIFIER_MAX)
}

fn levels() -> Value {
    let level = Object::closed()
        .must("title", some_text())
        .must("color", choice(&COLOURS))
        .build();
    json!({ "type": "array", "minItems": 1, "items": level })
}

fn rule() -> Value {
    Object::closed()
        .must("identifier", identifier())
        .must("title", some_text())
        .may("description", text())
        .must("level", text())
        .must("query", reference("ScorecardQuery"))
        .build()
}

fn query() -> Value {
    let condition = Object::closed()
        .may("property", text())
        .maybe("relation", text())
        .must("operator", text())
        .may("value", anything())
        .may("not", anything())
        .build();
    let conditions = json!({ "type": "array", "minItems": 1, "items": condition });
    Object::closed()
        .must("combinator", choice(&["and", "or"]))
        .must("conditions", conditions)
        .build()
}
