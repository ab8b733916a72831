//! The values of properties over everything a search finds: what aggregating and grouping read.

use super::current::Current;
use super::judge::Judge;
use super::{CHUNK, Question, Step, attempt};
use crate::ops::computed::{Computer, Memory, meta_value};
use crate::ops::entities::list_after;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::computed::mirror;
use larboard_core::entity::{Entity, RelationValue};
use larboard_core::scorecard::{Scorecard, Standing, status};
use larboard_core::search::Filter;
use larboard_store::Tx;
use serde_json::{Map, Value};

/// Something of an entity that is counted or summed. A value is a property, a meta-property with its `$`, a relation, or
/// `relation.$title` for the titles of what a relation holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facet {
    /// Its name.
    Value(String),
    /// The level it reaches by a scorecard, or with a rule that rule's outcome.
    Scorecard(String, Option<String>),
    /// The place of that level among the scorecard's, or of that outcome, for sorting.
    Place(String, Option<String>),
}

/// What of one entity facets are read from.
struct Source<'a> {
    entity: &'a Entity,
    computed: Map<String, Value>,
    reached: Vec<(&'a Scorecard, Standing<'a>)>,
}

impl Source<'_> {
    fn read(&self, facet: &Facet) -> Value {
        match facet {
            Facet::Value(name) => self.value(name),
            Facet::Scorecard(card, None) => {
                self.standing(card, |standing| Some(standing.level.title.as_str().into()))
            }
            Facet::Place(card, None) => self.standing(card, |standing| Some(standing.place.into())),
            Facet::Scorecard(card, Some(rule)) => self.standing(card, |standing| {
                Some(status(passed(standing, rule)?).into())
            }),
            Facet::Place(card, Some(rule)) => self.standing(card, |standing| {
                Some(u8::from(passed(standing, rule)?).into())
            }),
        }
    }

    fn standing(&self, card: &str, f: impl Fn(&Standing<'_>) -> Option<Value>) -> Value {
        let found = self
            .reached
            .iter()
            .find(|(known, _)| known.identifier() == card);
        found
            .and_then(|(_, standing)| f(standing))
            .unwrap_or_default()
    }

    fn value(&self, name: &str) -> Value {
        if let Some(meta) = name.strip_prefix('$') {
            return meta_value(self.entity, meta);
        }
        let properties = &self.entity.properties;
        if let Some(value) = properties.get(name).or_else(|| self.computed.get(name)) {
            return value.clone();
        }
        match self.entity.relations.get(name) {
            Some(RelationValue::One(target)) => target.as_str().into(),
            Some(RelationValue::Many(targets)) => targets.as_slice().into(),
            _ => Value::Null,
        }
    }
}

fn passed(standing: &Standing<'_>, rule: &str) -> Option<bool> {
    let found = standing
        .rules
        .iter()
        .find(|(known, _)| known.identifier == rule);
    found.map(|(_, passed)| *passed)
}

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
    // Columns know nothing of scorecards.
    let names: Option<Vec<String>> = facets
        .iter()
        .map(|facet| match facet {
            Facet::Value(name) => Some(name.clone()),
            Facet::Scorecard(..) | Facet::Place(..) => None,
        })
        .collect();
    let names = names.filter(|names| {
        let opaque = |name: &String| state.index.is_opaque(blueprint, name, 0);
        !names.iter().any(opaque)
    });
    let Some(names) = names else {
        drop(state);
        return Ok(Step::Done(slowly(app, tx, blueprint, &filter, facets)?));
    };
    for name in &names {
        state.index.mirror_needs(blueprint, name, 0, &mut needed);
    }
    if app.search.is_too_big(app.now(), &needed) {
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
            plan.each_values(&names, &mut |values| found.push(values));
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
    let measured = facets.iter().any(|facet| !matches!(facet, Facet::Value(_)));
    let scoring = measured.then(|| compiled.scoring(app.now()));
    let (mut found, mut after) = (Vec::new(), None::<String>);
    let mut memory = Memory::default();
    loop {
        let rows = list_after(app, tx, blueprint, after.as_deref(), CHUNK)?;
        let last = rows.len() < CHUNK;
        after = rows.last().map(|row| row.entity.identifier.clone());
        let mut passed = Vec::new();
        let mut judge = Judge::new(app, tx, &compiled, filter, Memory::default())?;
        for row in rows {
            passed.extend(judge.judge(row)?);
        }
        for entity in passed {
            let mut computer = Computer::with(app, tx, std::mem::take(&mut memory));
            // Rules may look at any value.
            let wanted = |name: &str| {
                measured
                    || facets
                        .iter()
                        .any(|facet| matches!(facet, Facet::Value(wanted) if wanted == name))
            };
            let entity = computer.owned(&entity, &compiled)?;
            let mut computed = computer.values_of(&entity, &compiled, &wanted)?;
            for facet in facets {
                if let Facet::Value(name) = facet
                    && let Some((relation, "$title")) = name.split_once('.')
                {
                    let title =
                        mirror::mirrored(&mut computer, &entity, &[relation.to_owned()], "$title")?;
                    computed.insert(name.clone(), title);
                }
            }
            memory = computer.into_memory();
            let reached = match &scoring {
                Some(scoring) => {
                    let known = (!memory.stands_on_results()).then_some(&computed);
                    scoring.reached(app, tx, &entity, &compiled, known)?
                }
                None => Vec::new(),
            };
            let source = Source {
                entity: &entity,
                computed,
                reached,
            };
            found.push(facets.iter().map(|facet| source.read(facet)).collect());
        }
        if last {
            return Ok(found);
        }
    }
}
