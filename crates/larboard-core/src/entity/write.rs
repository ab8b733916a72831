//! Reading the bodies of entity writes (facts/catalog.md 2.1, 2.3 and 2.5). Their values are not
//! held against a blueprint here.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::RelationValue;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::violation::{Violations, join, shown};

/// How the body was sent, which decides how strictly it is read and the code of a refusal: 400
/// `bad_request` for POST, 422 `invalid_request` otherwise (facts/addenda.md, Corrections 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// One entity, or an item of a bulk write.
    Post,
    /// A whole entity.
    Put,
    /// What shall change; unknown keys are refused.
    Patch,
}

/// What a body asks for. An outer `None` means the body is silent, an inner one means `null`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityWrite {
    /// The identifier to create or rename to.
    pub identifier: Option<String>,
    /// The title.
    pub title: Option<Option<String>>,
    /// The icon.
    pub icon: Option<Option<String>>,
    /// The owning teams; `null` is an empty list.
    pub team: Option<Vec<String>>,
    /// Values by property; `null` clears.
    pub properties: Map<String, Value>,
    /// Related identifiers by relation; `null` clears.
    pub relations: IndexMap<String, RelationValue>,
}

const KEYS: [&str; 7] = [
    "identifier",
    "title",
    "icon",
    "team",
    "properties",
    "relations",
    "blueprint",
];

impl EntityWrite {
    /// Reads a body. POST and PUT ignore unknown keys, since clients send a GET body back; PATCH
    /// ignores `blueprint` alone.
    ///
    /// # Errors
    /// The verb's code with every fault of the shape, or `invalid_request` for a search query in
    /// place of an identifier: whoever takes those looks them up first.
    pub fn parse(body: Value, verb: Verb) -> Result<Self, Refusal> {
        let code = if verb == Verb::Post {
            Code::BadRequest
        } else {
            Code::InvalidRequest
        };
        let Value::Object(mut body) = body else {
            let message = format!(
                "The body must be an entity, a JSON object, but is {}.",
                shown(&body)
            );
            return Err(Refusal::new(code, message));
        };
        refuse_queries(&body)?;
        let mut violations = Violations::new();
        if verb == Verb::Patch {
            violations.only(&body, "", &KEYS);
        }
        let write = Self {
            identifier: read_identifier(&mut body, &mut violations),
            title: read_text(&mut body, "title", &mut violations),
            icon: read_text(&mut body, "icon", &mut violations),
            team: body
                .remove("team")
                .and_then(|team| read_team(team, &mut violations)),
            properties: read_properties(&mut body, verb, &mut violations),
            relations: read_relations(&mut body, &mut violations),
        };
        violations.into_result(code)?;
        Ok(write)
    }
}

/// Search queries may stand for identifiers (facts/catalog.md 2.4). They are looked up before a body comes here; one that
/// still stands in it would be stored, which is worse than saying so.
fn refuse_queries(body: &Map<String, Value>) -> Result<(), Refusal> {
    let refuse = |field: &str| {
        Err(Refusal::invalid_request(format!(
            "{field}: a search query cannot stand here; send the identifier as text"
        )))
    };
    let is_query =
        |value: &Value| value.get("combinator").is_some() || value.get("rules").is_some();
    for key in ["identifier", "team"] {
        if body.get(key).is_some_and(is_query) {
            return refuse(key);
        }
    }
    let relations = body.get("relations").and_then(Value::as_object);
    match relations
        .into_iter()
        .flatten()
        .find(|(_, value)| is_query(value))
    {
        Some((name, _)) => refuse(&join("relations", name)),
        None => Ok(()),
    }
}

fn read_identifier(body: &mut Map<String, Value>, violations: &mut Violations) -> Option<String> {
    match body.remove("identifier")? {
        Value::Null => None,
        Value::String(identifier) => {
            if let Err(flaw) = text::check_entity_identifier(&identifier) {
                violations.push_at("identifier", "pattern", flaw);
            }
            Some(identifier)
        }
        other => {
            violations.wrong_type("identifier", "a string", &other);
            None
        }
    }
}

fn read_text(
    body: &mut Map<String, Value>,
    key: &str,
    violations: &mut Violations,
) -> Option<Option<String>> {
    match body.remove(key)? {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text)),
        other => {
            violations.wrong_type(key, "a string", &other);
            None
        }
    }
}

fn read_team(team: Value, violations: &mut Violations) -> Option<Vec<String>> {
    match RelationValue::from_json(team.clone()) {
        Some(RelationValue::None) => Some(Vec::new()),
        // Forms and pipelines send an empty text for "no team".
        Some(RelationValue::One(one)) if one.is_empty() => Some(Vec::new()),
        Some(RelationValue::One(one)) => Some(vec![one]),
        Some(RelationValue::Many(several)) => Some(several),
        None => {
            violations.wrong_type("team", "a team or a list of teams", &team);
            None
        }
    }
}

fn read_properties(
    body: &mut Map<String, Value>,
    verb: Verb,
    violations: &mut Violations,
) -> Map<String, Value> {
    let properties = read_map(body, "properties", violations);
    if verb == Verb::Patch {
        for name in properties.keys() {
            if let Err(flaw) = text::check_key(name) {
                violations.push_at(join("properties", name), "propertyNames", flaw);
            }
        }
    }
    properties
}

fn read_relations(
    body: &mut Map<String, Value>,
    violations: &mut Violations,
) -> IndexMap<String, RelationValue> {
    let mut relations = IndexMap::new();
    for (name, value) in read_map(body, "relations", violations) {
        match RelationValue::from_json(value.clone()) {
            Some(targets) => {
                relations.insert(name, targets);
            }
            None => violations.wrong_type(
                join("relations", &name),
                "the identifier of an entity, a list of identifiers, or null",
                &value,
            ),
        }
    }
    relations
}

fn read_map(
    body: &mut Map<String, Value>,
    key: &str,
    violations: &mut Violations,
) -> Map<String, Value> {
    match body.remove(key) {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(map)) => map,
        Some(other) => {
            violations.wrong_type(key, "an object", &other);
            Map::new()
        }
    }
}

/// Reads `{"entities": [1 to 20 bodies]}`. The items are read one by one with
/// [`EntityWrite::parse`], because each may fail alone.
///
/// # Errors
/// `invalid_request` if the wrapper is anything else.
pub fn parse_bulk_write(body: Value) -> Result<Vec<Value>, Refusal> {
    read_wrapper(body, 20)
}

/// Reads `{"entities": [1 to 100 identifiers]}`.
///
/// # Errors
/// `invalid_request` if the wrapper is anything else.
pub fn parse_bulk_delete(body: Value) -> Result<Vec<String>, Refusal> {
    let mut violations = Violations::new();
    let mut identifiers = Vec::new();
    for (index, item) in read_wrapper(body, 100)?.into_iter().enumerate() {
        match item {
            Value::String(identifier) => identifiers.push(identifier),
            other => violations.wrong_type(
                format!("entities[{index}]"),
                "the identifier of an entity",
                &other,
            ),
        }
    }
    violations.into_result(Code::InvalidRequest)?;
    Ok(identifiers)
}

fn read_wrapper(body: Value, most: usize) -> Result<Vec<Value>, Refusal> {
    let Value::Object(mut body) = body else {
        let message = format!(
            "The body must be {{\"entities\": […]}}, but is {}.",
            shown(&body)
        );
        return Err(Refusal::invalid_request(message));
    };
    let mut violations = Violations::new();
    violations.only(&body, "", &["entities"]);
    violations.require(&body, "", &["entities"]);
    let items = match body.remove("entities") {
        Some(Value::Array(items)) => {
            if items.is_empty() || items.len() > most {
                let advice = format!("it has {} items; send 1 to {most}", items.len());
                violations.push_at("entities", "maxItems", advice);
            }
            items
        }
        Some(other) => {
            violations.wrong_type("entities", "a list", &other);
            Vec::new()
        }
        None => Vec::new(),
    };
    violations.into_result(Code::InvalidRequest)?;
    Ok(items)
}
