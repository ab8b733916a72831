//! Search queries in place of identifiers in a write: looked up before the write, whose transaction then checks that what
//! was found is still there (facts/catalog.md 2.4).

use crate::caller::Caller;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::search::{self, contexts};
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::refusal::{Code, Refusal};
use larboard_core::search::{Filter, parse_lookup};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The most entities a query in a relation may find.
const MOST: usize = 100;

/// Puts identifiers into the place of every query in the body of an entity of `blueprint`.
///
/// # Errors
/// `invalid_request` for a query that cannot be read or finds too many, `not_found` for an identifier that finds nothing.
pub async fn resolve(app: &App, caller: &Caller, blueprint: &str, body: &mut Value) -> Outcome<()> {
    let Some(body) = body.as_object_mut() else {
        return Ok(());
    };
    if !has_query(body) {
        return Ok(());
    }
    if let Some(query) = body.get("identifier").filter(|value| is_query(value)) {
        let found = look_up(app, caller, blueprint, query, "identifier").await?;
        let identifier = exactly_one(found, blueprint)?;
        body.insert("identifier".to_owned(), identifier.into());
    }
    if let Some(query) = body.get("team").filter(|value| is_query(value)) {
        let teams = match look_up(app, caller, "_team", query, "team").await {
            // Where there are no teams, none is found.
            Err(Failure::Refused(refusal)) if refusal.code == Code::NotFound => Vec::new(),
            found => found?,
        };
        body.insert("team".to_owned(), teams.into());
    }
    let Some(relations) = body.get_mut("relations").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    let compiled = super::blueprint(app, blueprint).await?;
    for (name, value) in relations.iter_mut().filter(|(_, value)| is_query(value)) {
        // An unknown relation is refused with the other faults of the body.
        let Some(relation) = compiled.schema.relation(name) else {
            *value = Value::Null;
            continue;
        };
        let path = format!("relations.{name}");
        let mut found = look_up(app, caller, &relation.target, value, &path).await?;
        *value = match (relation.many, found.len()) {
            (true, _) => found.into(),
            (false, 0) => Value::Null,
            (false, 1) => found.remove(0).into(),
            (false, _) => return Err(ambiguous(&path, &relation.target).into()),
        };
    }
    Ok(())
}

fn is_query(value: &Value) -> bool {
    value.get("combinator").is_some() || value.get("rules").is_some()
}

fn has_query(body: &Map<String, Value>) -> bool {
    let relations = body.get("relations").and_then(Value::as_object);
    ["identifier", "team"]
        .iter()
        .filter_map(|key| body.get(*key))
        .any(is_query)
        || relations.is_some_and(|relations| relations.values().any(is_query))
}

async fn look_up(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    query: &Value,
    path: &str,
) -> Outcome<Vec<String>> {
    let contexts = contexts::of(app, caller).await?;
    let filter = Arc::new(parse_lookup(query, path)?.resolve(&contexts));
    check_properties(app, blueprint, &filter, path).await?;
    let found = search::identifiers(app, blueprint, filter, MOST).await?;
    if found.len() > MOST {
        return Err(Refusal::invalid_request(format!(
            "\"{path}\" finds more than {MOST} entities of {blueprint:?}; narrow the query."
        ))
        .into());
    }
    Ok(found)
}

/// Calculations are not looked up by, and mirrors only for a relation or teams, if they mirror what one relation holds
/// (facts/catalog.md 2.4).
async fn check_properties(app: &App, blueprint: &str, filter: &Filter, path: &str) -> Outcome<()> {
    let compiled = super::blueprint(app, blueprint).await?;
    for leaf in filter.leaves() {
        let Filter::Test { attribute, .. } = leaf else {
            continue;
        };
        let Some(name) = attribute.property() else {
            continue;
        };
        let kind = if compiled.blueprint.calculations().contains_key(name) {
            "calculation property"
        } else if let Some(mirror) = compiled.blueprint.mirrors().get(name)
            && (path == "identifier" || !mirrors_one(&compiled, mirror))
        {
            "mirror property"
        } else {
            continue;
        };
        return Err(Failure::from(Refusal::invalid_request(format!(
            "\"{path}\" asks for the {kind} {name:?}, which nothing can be looked up by here; use another property."
        ))));
    }
    Ok(())
}

/// Whether a mirror shows a property of the one entity that a single relation holds.
fn mirrors_one(compiled: &CompiledBlueprint, mirror: &Value) -> bool {
    let path = mirror["path"].as_str().unwrap_or_default();
    let relation = path.split_once('.').filter(|(_, last)| !last.contains('.'));
    let relation = relation.and_then(|(relation, _)| compiled.schema.relation(relation));
    relation.is_some_and(|relation| !relation.many)
}

fn exactly_one(mut found: Vec<String>, blueprint: &str) -> Result<String, Refusal> {
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Refusal::not_found(format!(
            "identifier: the query finds no entity of {blueprint:?}, and none is made for it; send an identifier to make one."
        ))),
        _ => Err(ambiguous("identifier", blueprint)),
    }
}

fn ambiguous(path: &str, blueprint: &str) -> Refusal {
    Refusal::invalid_request(format!(
        "\"{path}\" finds several entities of {blueprint:?} where one is meant; narrow the query."
    ))
}
