//! The definition of one property (facts/catalog.md 1.3).

use serde_json::{Map, Value};
use url::Url;

use super::COLOURS;
use crate::entity::ValueRule;
use crate::violation::{Violations, join, shown};

/// The types a property can have.
pub(super) const TYPES: [&str; 5] = ["string", "number", "boolean", "object", "array"];

/// The formats a property can have; all but `labeled-url` are formats of strings.
pub(super) const FORMATS: [&str; 15] = [
    "date-time",
    "url",
    "email",
    "idn-email",
    "ipv4",
    "ipv6",
    "markdown",
    "yaml",
    "user",
    "blueprints",
    "team",
    "timer",
    "proto",
    "labeled-url",
    "entity",
];

/// The formats of objects.
pub(super) const OBJECT_FORMATS: [&str; 1] = ["labeled-url"];

/// What a property's content may be shown as.
pub(super) const SPECS: [&str; 3] = ["open-api", "async-api", "embedded-url"];

/// Keys whose meaning is known, where `null` means the same as leaving the key out. Others are
/// kept as they are.
fn is_known(key: &str) -> bool {
    const KNOWN: &[&str] = &[
        "title",
        "description",
        "icon",
        "default",
        "format",
        "spec",
        "specAuthentication",
        "enum",
        "enumColors",
        "dateFormat",
        "blueprint",
        "identifier",
        "items",
        "required",
        "many",
        "query",
        "pathFilter",
        "colors",
        "colorized",
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
        "uniqueItems",
        "properties",
        "patternProperties",
        "additionalProperties",
    ];
    KNOWN.contains(&key)
}

/// Leaves out the keys of a definition whose `null` means that they are absent.
pub(super) fn leave_out_nulls(definition: &mut Map<String, Value>) {
    definition.retain(|key, value| !value.is_null() || !is_known(key));
}

/// Finds every fault of the definition under `path`.
pub(super) fn check(path: &str, property: &mut Map<String, Value>, violations: &mut Violations) {
    leave_out_nulls(property);
    violations.require(property, path, &["type"]);
    let Some(kind) = read_type(path, property, violations) else {
        return;
    };
    violations.text(property, path, "title", (0, 100));
    for key in [
        "description",
        "icon",
        "dateFormat",
        "blueprint",
        "identifier",
    ] {
        violations.text(property, path, key, (0, usize::MAX));
    }
    violations.choice(property, path, "spec", &SPECS);
    check_spec_authentication(path, property, violations);
    check_typed(path, kind, property, violations);
    check_default(path, kind, property, violations);
    if let Some(items) = property.get("items") {
        check_items(&join(path, "items"), items, violations);
    }
    if let Err(flaws) = ValueRule::compile(property) {
        for flaw in flaws {
            violations.push_at(join(path, &flaw.place), flaw.rule, flaw.message);
        }
    }
}

/// The type. A published Ocean integration ships a blueprint whose type is `enum` beside a list of
/// texts, so that is read as a string.
fn read_type<'a>(
    path: &str,
    property: &'a Map<String, Value>,
    violations: &mut Violations,
) -> Option<&'a str> {
    let spelled_enum = property.get("type").and_then(Value::as_str) == Some("enum");
    if spelled_enum && property.get("enum").is_some_and(Value::is_array) {
        return Some("string");
    }
    violations.choice(property, path, "type", &TYPES)
}

fn check_items(path: &str, items: &Value, violations: &mut Violations) {
    let Some(items) = items.as_object() else {
        violations.wrong_type(path, "an object", items);
        return;
    };
    // Without a type the items are strings.
    let kind = match items.get("type") {
        None => Some("string"),
        Some(_) => violations.choice(items, path, "type", &TYPES),
    };
    if let Some(kind) = kind {
        check_typed(path, kind, items, violations);
    }
}

/// The keys that both a property and the items of a list may have.
fn check_typed(path: &str, kind: &str, map: &Map<String, Value>, violations: &mut Violations) {
    check_colours(path, "enumColors", map, violations);
    let Some(format) = violations.choice(map, path, "format", &FORMATS) else {
        return;
    };
    let fits = if OBJECT_FORMATS.contains(&format) {
        kind == "object"
    } else {
        kind == "string"
    };
    if !fits {
        let advice = format!("{format:?} is no format of the type {kind:?}; remove it");
        violations.push_at(join(path, "format"), "format", advice);
    }
}

/// A default must have the property's type. Its format is not checked (facts/addenda.md).
fn check_default(path: &str, kind: &str, map: &Map<String, Value>, violations: &mut Violations) {
    let Some(default) = map.get("default") else {
        return;
    };
    let fits = match kind {
        "string" => default.is_string(),
        "number" => default.is_number(),
        "boolean" => default.is_boolean(),
        "object" => default.is_object(),
        _ => default.is_array(),
    };
    if !fits {
        violations.push_at(
            join(path, "default"),
            "type",
            format!("{} is not of the property's type {kind:?}", shown(default)),
        );
    }
}

/// A map from values to colours.
pub(super) fn check_colours(
    path: &str,
    key: &str,
    map: &Map<String, Value>,
    violations: &mut Violations,
) {
    let Some(colours) = violations.object(map, path, key) else {
        return;
    };
    let path = join(path, key);
    for value in colours.keys() {
        violations.choice(colours, &path, value, &COLOURS);
    }
}

/// How an embedded page authenticates; only with the spec `embedded-url`.
pub(super) fn check_spec_authentication(
    path: &str,
    map: &Map<String, Value>,
    violations: &mut Violations,
) {
    let Some(authentication) = violations.object(map, path, "specAuthentication") else {
        return;
    };
    let path = join(path, "specAuthentication");
    if map.get("spec").and_then(Value::as_str) != Some("embedded-url") {
        let advice = "it belongs to properties whose spec is \"embedded-url\"; remove it";
        violations.push_at(path.clone(), "specAuthentication", advice);
    }
    violations.require(
        authentication,
        &path,
        &["clientId", "authorizationUrl", "tokenUrl"],
    );
    violations.text(authentication, &path, "clientId", (1, usize::MAX));
    for key in ["authorizationUrl", "tokenUrl"] {
        let url = violations.text(authentication, &path, key, (1, usize::MAX));
        if url.is_some_and(|url| Url::parse(url).is_err()) {
            violations.push_at(join(&path, key), "format", "it is not a URL");
        }
    }
    if let Some(scopes) = authentication.get("authorizationScope")
        && !scopes
            .as_array()
            .is_some_and(|scopes| scopes.iter().all(Value::is_string))
    {
        violations.wrong_type(
            join(&path, "authorizationScope"),
            "a list of strings",
            scopes,
        );
    }
}
