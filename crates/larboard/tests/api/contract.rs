//! Holds every exchange of these tests against the OpenAPI document: the status is documented, the reply fits its schema,
//! and what was accepted fits the schemas of the body and the parameters. The document can so neither lack anything nor
//! demand more than the server does.

use crate::harness::on_both_databases;
use jsonschema::Validator;
use larboard::http::openapi;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::document);

/// A request and its reply, as far as the document speaks of them.
pub struct Exchange<'e> {
    pub method: &'e str,
    pub path: &'e str,
    pub query: &'e str,
    pub sent: Option<&'e [u8]>,
    pub status: u16,
    pub content_type: &'e str,
    pub text: &'e str,
}

/// Where an exchange breaks the document; empty if it keeps to it.
pub fn faults(exchange: &Exchange<'_>) -> Vec<String> {
    let Some((operation, path)) = operation(exchange) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    let response = &operation["responses"][exchange.status.to_string()];
    if response.is_null() {
        faults.push(format!("the status {} is not documented", exchange.status));
    }
    reply(response, exchange, &mut faults);
    // 207 says that something in the body was refused.
    if (200..300).contains(&exchange.status) && exchange.status != 207 {
        request(operation, &path, exchange, &mut faults);
    }
    faults
}

fn reply(response: &Value, exchange: &Exchange<'_>, faults: &mut Vec<String>) {
    let media = exchange.content_type.split(';').next().unwrap_or_default();
    let Some(schema) = response["content"]
        .get(media)
        .map(|content| &content["schema"])
    else {
        faults.push(format!("the content type {media:?} is not documented"));
        return;
    };
    if media == "application/json" {
        match serde_json::from_str(exchange.text) {
            Ok(body) => hold("the reply", schema, &body, faults),
            Err(error) => faults.push(format!("the reply is no JSON: {error}")),
        }
    }
}

fn request(operation: &Value, path: &Parts<'_>, exchange: &Exchange<'_>, faults: &mut Vec<String>) {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let Some(body) = exchange
        .sent
        .and_then(|sent| serde_json::from_slice(sent).ok())
        && !schema.is_null()
    {
        hold("the accepted body", schema, &body, faults);
    }
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let given: Vec<String> = match parameter["in"].as_str() {
            Some("path") => path.get(name).cloned().into_iter().collect(),
            Some("query") => url::form_urlencoded::parse(exchange.query.as_bytes())
                .filter(|(key, value)| key == name && !value.is_empty())
                .map(|(_, value)| value.into_owned())
                .collect(),
            _ => Vec::new(),
        };
        let schema = &parameter["schema"];
        for text in given {
            let value = match schema["type"].as_str() {
                Some("integer") => serde_json::from_str(&text).unwrap_or(Value::Null),
                Some("array") => json!([text]),
                _ => Value::String(text),
            };
            hold(
                &format!("the accepted parameter {name}"),
                schema,
                &value,
                faults,
            );
        }
    }
}

fn hold(what: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
    let validator = validator(schema);
    for error in validator.iter_errors(value).take(3) {
        faults.push(format!(
            "{what} does not fit its schema at {:?}: {error}",
            error.instance_path().to_string()
        ));
    }
}

fn validator(schema: &Value) -> Arc<Validator> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let key = schema.to_string();
    let mut known = KNOWN.lock().expect("no test panics while it holds this");
    let compile = || {
        let mut whole = schema.clone();
        whole["components"] = DOCUMENT["components"].clone();
        let options = jsonschema::options().should_validate_formats(true);
        let compiled = options.build(&whole);
        Arc::new(compiled.unwrap_or_else(|error| panic!("{schema} is no schema: {error}")))
    };
    known.entry(key).or_insert_with(compile).clone()
}

type Parts<'e> = HashMap<&'e str, String>;

/// The operation a request is for, and the parts of its path by name.
fn operation(exchange: &Exchange<'_>) -> Option<(&'static Value, Parts<'static>)> {
    // A server may be mounted below a base path.
    let start = ["/v1/", "/health/", "/metrics"]
        .into_iter()
        .find_map(|root| exchange.path.find(root))?;
    let (_, item, parts) = matching(&exchange.path[start..])?;
    Some((item.get(exchange.method.to_ascii_lowercase())?, parts))
}

/// The template that a path is served by.
pub fn template(path: &str) -> Option<&'static str> {
    matching(path).map(|(template, ..)| template)
}

fn matching(path: &str) -> Option<(&'static str, &'static Value, Parts<'static>)> {
    let path = path.trim_end_matches('/');
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let mut matching: Vec<_> = paths
        .iter()
        .filter_map(|(template, item)| Some((template.as_str(), item, parts(template, path)?)))
        .collect();
    // A literal wins over a variable, so the one with the fewest variables is meant.
    matching.sort_by_key(|(_, _, parts)| parts.len());
    matching.into_iter().next()
}

fn parts<'t>(template: &'t str, path: &str) -> Option<Parts<'t>> {
    let (wanted, given): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut parts = Parts::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => {
                parts.insert(name, decoded(given));
            }
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(parts)
}

fn decoded(part: &str) -> String {
    // A plus sign in a path is itself.
    let escaped = format!("v={}", part.replace('+', "%2B"));
    url::form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[test]
fn no_schema_of_the_document_is_left_open_by_oversight() {
    let schemas = DOCUMENT["components"]["schemas"]
        .as_object()
        .expect("schemas");
    let blank: Vec<&String> = schemas
        .iter()
        .filter(|(_, schema)| **schema == json!({ "type": "object" }))
        .map(|(name, _)| name)
        .collect();
    assert!(
        blank.is_empty(),
        "these types stand for no schema: {blank:?}"
    );
    for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let described = |content: &Value| {
                content.as_object().is_none_or(|media| {
                    media.iter().all(|(kind, content)| {
                        kind != "application/json" || content["schema"]["$ref"].is_string()
                    })
                })
            };
            assert!(
                described(&operation["requestBody"]["content"]),
                "the body of {method} {path} has no schema of its own"
            );
            for (status, response) in operation["responses"].as_object().expect("responses") {
                assert!(
                    described(&response["content"]),
                    "{status} of {method} {path} has no schema of its own"
                );
            }
        }
    }
}

#[test]
fn every_operation_has_an_id_of_its_own() {
    let mut ids = HashMap::new();
    for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let id = operation["operationId"].as_str().expect("an id");
            let before = ids.insert(id, format!("{method} {path}"));
            assert_eq!(before, None, "{method} {path} has the id {id} too");
        }
    }
}

#[test]
fn every_schema_compiles_and_none_is_unused() {
    let schemas = DOCUMENT["components"]["schemas"]
        .as_object()
        .expect("schemas");
    let text = DOCUMENT.to_string();
    for name in schemas.keys() {
        let reference = format!("#/components/schemas/{name}");
        validator(&json!({ "$ref": reference }));
        assert!(
            text.contains(&format!("{reference}\"")),
            "{name} is used nowhere"
        );
    }
}

#[test]
fn numbers_of_a_query_have_the_bounds_the_document_names() {
    on_both_databases(|server| async move {
        let machine = server.machine();
        let mut held = 0;
        for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
            let parameters = item["get"]["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            for parameter in parameters
                .iter()
                .filter(|p| p["schema"]["type"] == "integer")
            {
                let name = parameter["name"].as_str().expect("a name");
                let path = path.replace("{run}", "r_0000000000000000");
                let ask = |value: i64| {
                    let (machine, path) = (machine.clone(), format!("{path}?{name}={value}"));
                    async move { machine.get(&path).await.status }
                };
                let bounds = parameter["schema"]
                    .as_object()
                    .cloned()
                    .unwrap_or_else(Map::new);
                if let Some(least) = bounds.get("minimum").and_then(Value::as_i64) {
                    assert_eq!(ask(least - 1).await, 422, "{path} {name}");
                    assert_ne!(ask(least).await, 422, "{path} {name}");
                    held += 1;
                }
                if let Some(most) = bounds.get("maximum").and_then(Value::as_i64) {
                    assert_eq!(ask(most + 1).await, 422, "{path} {name}");
                    assert_ne!(ask(most).await, 422, "{path} {name}");
                    held += 1;
                }
            }
        }
        assert!(held >= 8, "only {held} bounds are documented");
    });
}
