//! The values of properties over everything a search finds: what aggregating and grouping read.

use super::current::Current;
use super::judge::Judge;
use super::{CHUNK, Question, Step, attempt};
use crate::ops::computed::{Computer, meta_value};
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::computed::mirror;
use larboard_core::entity::RelationValue;
use larboard_core::search::Filter;
use larboard_store::{Tx, entities};
use serde_json::Value;

/// Something of an entity that is counted or summed: a property, a meta-property with its `$`, a relation, or
/// `relation.$title` for the titles of what a relation holds.
pub type Facet = String;

/// Every value tuple of the facets, one for each entity that passes, in the order of identifiers.
///
/// # Errors
/// `not_found` for the blueprint, or if the database fails.
pub async fn values(app: &App, question: Question, facets: Vec<Facet>) -> Outcome<Vec<Vec<Value>>> {
    attempt(app, move |app, tx| values_in(app, tx, &question, &facets)).await
}

fn values_in(
    app: &App,
    tx: &mut Tx<'_>,
    question: &Question,
    facets: &[Facet],
) -> Outcome<Step<Vec<Vec<Value>>>> {
    let blueprint = &question.blueprint;
    let state = match app.search.current(tx)? {
        Current::Now(state) => state,
        Current::Behind => return Ok(Step::Again),
    };
    if app.catalog.blueprint_in(tx, blueprint)?.is_none() {
        return Err(crate::ops::blueprints::not_found(blueprint).into());
    }
    let filter = question.filter.in_blueprint(blueprint);
    let mut needed = state.index.needs(blueprint, &filter);
    for facet in facets {
        state.index.mirror_needs(blueprint, facet, 0, &mut needed);
    }
    let opaque = facets
        .iter()
        .any(|facet| state.index.is_opaque(blueprint, facet, 0));
    if opaque || app.search.is_too_big(app.now(), &needed) {
        drop(state);
        return Ok(Step::Done(slowly(app, tx, blueprint, &filter, facets)?));
    }
    let missing: Vec<String> = needed
        .into_iter()
        .filter(|name| state.index.table(name).is_none())
        .collect();
    if !missing.is_empty() {
        return Ok(Step::Load(missing));
    }
    match state.index.plan(blueprint, &filter) {
        Some(plan) if plan.exact => {
            let mut found = Vec::new();
            plan.each_values(facets, &mut |values| found.push(values));
            Ok(Step::Done(found))
        }
        _ => {
            drop(state);
            Ok(Step::Done(slowly(app, tx, blueprint, &filter, facets)?))
        }
    }
}

fn slowly(
    app: &App,
    tx: &mut Tx<'_>,
    blueprint: &str,
    filter: &Filter,
    facets: &[Facet],
) -> Outcome<Vec<Vec<Value>>> {
    let compiled = app
        .catalog
        .blueprint_in(tx, blueprint)?
        .ok_or_else(|| Failure::from(crate::ops::blueprints::not_found(blueprint)))?;
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let rows = entities::list_after(tx, blueprint, after.as_deref(), CHUNK as i64)?;
        let last = rows.len() < CHUNK;
        after = rows.last().map(|row| row.identifier.clone());
        let mut passed = Vec::new();
        let mut judge = Judge::new(app, tx, &compiled, filter)?;
        for row in rows {
            passed.extend(judge.judge(row)?);
        }
        for entity in passed {
            let mut computer = Computer::new(app, tx);
            let mut computed = computer.values(&entity, &compiled)?;
            for facet in facets {
                if let Some((relation, "$title")) = facet.split_once('.') {
                    let title =
                        mirror::mirrored(&mut computer, &entity, &[relation.to_owned()], "$title")?;
                    computed.insert(facet.clone(), title);
                }
            }
            let value = |facet: &Facet| {
                if let Some(meta) = facet.strip_prefix('$') {
                    return meta_value(&entity, meta);
                }
                if let Some(value) = entity.properties.get(facet).or_else(|| computed.get(facet)) {
                    return value.clone();
                }
                match entity.relations.get(facet) {
                    Some(RelationValue::One(target)) => target.as_str().into(),
                    Some(RelationValue::Many(targets)) => targets.as_slice().into(),
                    _ => Value::Null,
                }
            };
            found.push(facets.iter().map(value).collect());
        }
        if last {
            return Ok(found);
        }
    }
}
