//! What an entity's values were: what was written, and calculations that follow from that alone, from the audit log; numbers
//! by other computed properties from what was recorded of them (docs/decisions/0011).

pub mod record;

use super::catalog_cache::CompiledBlueprint;
use super::computed::Computer;
use super::{Failure, Outcome, entities};
use crate::state::App;
use larboard_core::blueprint::Stamps;
use larboard_core::computed::calculation::Calculation;
use larboard_core::entity::{Entity, StoredTexts};
use larboard_core::time::Timestamp;
use larboard_jq::{Dialect, Reads, reads};
use larboard_store::Tx;
use larboard_store::audit::{self, Filter};
use serde_json::{Map, Value};

/// Events read at once.
const PAGE: i64 = 500;

/// Those of the properties `names` of an entity that can be told, after each of their changes up to the instant `until`, and
/// as they are `now` if that is no later; oldest first.
///
/// # Errors
/// `not_found` for the entity, or if the database fails.
pub async fn of_entity(
    app: &App,
    blueprint: String,
    entity: String,
    names: Vec<String>,
    until: Timestamp,
    now: Timestamp,
) -> Outcome<Vec<(i64, Map<String, Value>)>> {
    let app_ = app.clone();
    app.store
        .read(move |tx| {
            let compiled = app_.catalog.blueprint_in(tx, &blueprint)?;
            let compiled = compiled.ok_or_else(|| super::blueprints::not_found(&blueprint))?;
            let Some(found) = entities::get(&app_, tx, &blueprint, &entity)? else {
                return Err(Failure::from(entities::not_found(&blueprint, &entity)));
            };
            let written = written(&app_, tx, &compiled, &entity, &names, until)?;
            let mut recorded = record::numbers_from_elsewhere(&app_, tx, &compiled)?;
            recorded.retain(|name| names.contains(name));
            if recorded.is_empty() {
                return Ok(written);
            }
            let mut told = record::of_entity(tx, &found, &recorded, until.min(now))?;
            if until >= now {
                let mut computer = Computer::new(&app_, tx);
                let values = record::numbers(&mut computer, &found, &compiled, &recorded)?;
                told.push((now.as_millis(), values));
            }
            Ok(merged(written, told))
        })
        .await
}

/// What events of an entity hold: its own properties, and those calculations of `names` that follow from them.
fn written(
    app: &App,
    tx: &mut Tx<'_>,
    compiled: &CompiledBlueprint,
    entity: &str,
    names: &[String],
    until: Timestamp,
) -> Outcome<Vec<(i64, Map<String, Value>)>> {
    let blueprint = compiled.blueprint.identifier();
    let told = |name: &str| {
        names.iter().any(|wanted| wanted == name) && follows_from_events(compiled, name)
    };
    let calculates = names.iter().any(|name| told(name));
    let mut filter = Filter {
        entity: Some(entity.to_owned()),
        blueprint: Some(blueprint.to_owned()),
        resources: vec!["entity".to_owned()],
        status: Some("SUCCESS".to_owned()),
        to: Some(until),
        ..Filter::default()
    };
    let mut written = Vec::new();
    loop {
        let page = audit::list(tx, &filter, PAGE)?;
        let last = (page.len() as i64) < PAGE;
        filter.before_seq = page.last().map(|(seq, _)| *seq);
        for (_, event) in page {
            let after: Value = event
                .after
                .as_deref()
                .map_or(Ok(Value::Null), serde_json::from_str)?;
            let properties = after.get("properties").and_then(Value::as_object);
            let wanted = |name: &String| Some((name.clone(), properties?.get(name)?.clone()));
            let mut values: Map<String, Value> = names.iter().filter_map(wanted).collect();
            if calculates && let Some(then) = held(blueprint, &after)? {
                // Anew for each event: what it remembers is by the entity's name.
                let mut computer = Computer::new(app, tx);
                values.extend(computer.values_of(&then, compiled, &told)?);
            }
            written.push((event.at.as_millis(), values));
        }
        if last {
            written.reverse();
            return Ok(written);
        }
    }
}

/// Two histories of different properties as one, both in order.
fn merged(
    written: Vec<(i64, Map<String, Value>)>,
    recorded: Vec<(i64, Map<String, Value>)>,
) -> Vec<(i64, Map<String, Value>)> {
    let mut all = Vec::with_capacity(written.len() + recorded.len());
    let (mut own, mut computed) = (Map::new(), Map::new());
    let (mut written, mut recorded) = (
        written.into_iter().peekable(),
        recorded.into_iter().peekable(),
    );
    loop {
        let at = match (written.peek(), recorded.peek()) {
            (Some((one, _)), Some((other, _))) => *one.min(other),
            (Some((at, _)), None) | (None, Some((at, _))) => *at,
            (None, None) => return all,
        };
        while let Some((_, values)) = written.next_if(|(then, _)| *then == at) {
            own = values;
        }
        while let Some((_, values)) = recorded.next_if(|(then, _)| *then == at) {
            computed = values;
        }
        let mut values = own.clone();
        values.extend(computed.clone());
        all.push((at, values));
    }
}

/// Whether a calculation is of nothing but what events hold of its entity: no mirror, no aggregation, no inherited team, not
/// the time, and not the stamps of a write that leaves no event.
fn follows_from_events(compiled: &CompiledBlueprint, name: &str) -> bool {
    let blueprint = &compiled.blueprint;
    let Some(definition) = blueprint.calculations().get(name) else {
        return false;
    };
    let text = definition["calculation"].as_str().unwrap_or_default();
    let ignores = |key: &str| reads(text, Dialect::Portal, key) == Ok(Reads::Never);
    let related = !blueprint.mirrors().is_empty() || !blueprint.aggregations().is_empty();
    !Calculation::may_tell_time(definition)
        && ignores("updatedAt")
        && ignores("updatedBy")
        && (!related || ignores("properties"))
        && (!blueprint.inherits_team() || ignores("team"))
}

/// The entity that an event holds; `None` if it was deleted.
fn held(blueprint: &str, after: &Value) -> Outcome<Option<Entity>> {
    let text = |key: &str| after[key].as_str().map(str::to_owned);
    let Some(identifier) = text("identifier") else {
        return Ok(None);
    };
    let parts = StoredTexts {
        team: after["team"].to_string(),
        properties: after["properties"].to_string(),
        relations: after["relations"].to_string(),
    }
    .parse()?;
    let at = |key: &str| after[key].as_str().and_then(Timestamp::parse);
    let (Some(created_at), Some(updated_at)) = (at("createdAt"), at("updatedAt")) else {
        return Ok(None);
    };
    Ok(Some(Entity {
        identifier,
        blueprint: blueprint.to_owned(),
        title: text("title"),
        icon: text("icon"),
        team: parts.team,
        properties: parts.properties,
        relations: parts.relations,
        stamps: Stamps {
            created_at,
            created_by: text("createdBy").unwrap_or_default(),
            updated_at,
            updated_by: text("updatedBy").unwrap_or_default(),
        },
    }))
}
