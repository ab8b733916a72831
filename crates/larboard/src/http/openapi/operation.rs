//! What every operation of the document shares: refusals with the codes of their status, and parameters as they are read.

use super::contract::refusal;
use larboard_core::contract::{Components, pattern, pattern_of, some_text};
use larboard_core::refusal::Code;
use larboard_core::run;
use larboard_core::text::{
    BLUEPRINT_IDENTIFIER_MAX, BLUEPRINT_IDENTIFIER_PATTERN, ENTITY_IDENTIFIER_MAX,
    ENTITY_IDENTIFIER_PATTERN,
};
use serde_json::{Value, json};

/// Every status a request can be refused with, and the name of its schema.
const REFUSED: [(u16, &str); 10] = [
    (400, "Refused400"),
    (401, "Refused401"),
    (403, "Refused403"),
    (404, "Refused404"),
    (409, "Refused409"),
    (413, "Refused413"),
    (422, "Refused422"),
    (429, "Refused429"),
    (500, "Refused500"),
    (503, "Refused503"),
];

/// The schemas of refusals.
pub(super) fn refusals() -> Components {
    REFUSED
        .into_iter()
        .map(|(status, name)| (name, refusal(&codes(status))))
        .collect()
}

fn codes(status: u16) -> Vec<&'static str> {
    let rows = Code::ALL.iter().filter(|code| code.status() == status);
    rows.map(|code| code.as_str()).collect()
}

/// Completes an operation.
pub(super) fn share(path: &str, method: &str, operation: &mut Value) {
    let has_body = operation.get("requestBody").is_some();
    operation["operationId"] = id_of(path, method).into();
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        complete(parameter);
    }
    if operation["parameters"].is_null()
        && let Some(map) = operation.as_object_mut()
    {
        map.shift_remove("parameters");
    }
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        // The specification asks for a description even where the operation's own says it all.
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = success(status).into();
        }
    }
    for (status, name) in REFUSED {
        if can_refuse(status, path, method, has_body) {
            let codes = codes(status).join(", ");
            responses.entry(status.to_string()).or_insert_with(|| {
                json!({
                    "description": format!("Refused: {codes}."),
                    "content": { "application/json": {
                        "schema": { "$ref": format!("#/components/schemas/{name}") },
                    } },
                })
            });
        }
    }
}

/// An id that no other operation has: handlers of different nouns share their names.
fn id_of(path: &str, method: &str) -> String {
    let words = path.trim_start_matches("/v1").split(['/', '-']);
    let words = words.filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| {
        format!("{id}_{}", word.trim_matches(['{', '}']))
    })
}

/// Whether an operation can be refused with this status.
fn can_refuse(status: u16, path: &str, method: &str, has_body: bool) -> bool {
    let api = path.starts_with("/v1/");
    match status {
        500 | 503 => true,
        400 | 401 | 403 | 404 | 422 => api,
        409 => api && matches!(method, "post" | "put" | "patch"),
        413 => api && has_body,
        429 => path == "/v1/auth/session",
        _ => false,
    }
}

/// What a successful status means for a reader of the document.
fn success(status: &str) -> &'static str {
    match status {
        "201" => "Made.",
        "202" => "Accepted; it is stored and will be delivered.",
        "207" => "Some items were refused.",
        _ => "Done.",
    }
}

/// A parameter as it is read: an absent one is absent, never null, and flags are whatever looks true.
fn complete(parameter: &mut Value) {
    let place = parameter["in"].as_str().unwrap_or_default().to_owned();
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    let schema = &mut parameter["schema"];
    if let Some(kinds) = schema["type"].as_array() {
        let kinds: Vec<&Value> = kinds.iter().filter(|kind| *kind != "null").collect();
        if let [kind] = kinds[..] {
            schema["type"] = kind.clone();
        }
    }
    if place == "path" {
        *schema = of_path(&name);
    } else if place == "query" && schema["format"] == "date-time" {
        // An empty value means none.
        *schema = json!({ "anyOf": [schema.clone(), { "type": "string", "maxLength": 0 }] });
    } else if place == "query" && schema["type"] == "boolean" {
        schema["type"] = json!(["boolean", "string"]);
        add_sentence(
            parameter,
            "`true` in any capitals sets it, everything else does not.",
        );
    } else if place == "query" && schema["type"] == "array" {
        add_sentence(parameter, "Repeated or comma-joined.");
    }
}

fn add_sentence(parameter: &mut Value, sentence: &str) {
    let said = parameter["description"].as_str().unwrap_or_default();
    parameter["description"] = format!("{said}. {sentence}").into();
}

/// What a part of a path looks like; anything else names nothing.
fn of_path(name: &str) -> Value {
    match name {
        "blueprint" => pattern_of(BLUEPRINT_IDENTIFIER_PATTERN, BLUEPRINT_IDENTIFIER_MAX),
        "entity" => pattern_of(ENTITY_IDENTIFIER_PATTERN, ENTITY_IDENTIFIER_MAX),
        "run" => pattern(run::ID_PATTERN),
        _ => some_text(),
    }
}
