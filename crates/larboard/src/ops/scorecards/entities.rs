//! Keeps scorecards in step with the entities that stand for them: each scorecard is an entity of `_scorecard`, each of its
//! rules one of `_rule` (facts/catalog.md 1.10). A change of either side is one of the other, in its transaction. What an
//! organization adds to these blueprints is kept with the entities alone.

use super::{Writer as Scorecards, parse, rule_results};
use crate::ops::Outcome;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::entities::{Writer, delete, find, row as row_of};
use crate::state::App;
use larboard_core::blueprint::Stamps;
use larboard_core::blueprint::system::{RULE, RULE_RESULT, SCORECARD};
use larboard_core::entity::{Entity, EntityWrite, RelationValue, Verb};
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use larboard_core::scorecard::{RULE_IDENTIFIER, Scorecard, is_built_in};
use larboard_store::relations::RelationRow;
use larboard_store::scorecards::{self, ScorecardRow};
use larboard_store::{Tx, entities, relations};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The relation of a rule's entity to its scorecard.
const TO_SCORECARD: &str = "scorecard";

/// An entity that is being written already, by the change that a scorecard follows.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    blueprint: &'a str,
    identifier: &'a str,
}

impl<'a> Written<'a> {
    fn of(entity: &'a Entity) -> Self {
        Self {
            blueprint: &entity.blueprint,
            identifier: &entity.identifier,
        }
    }

    fn is(self, blueprint: &str, identifier: &str) -> bool {
        (self.blueprint, self.identifier) == (blueprint, identifier)
    }
}

/// Makes the entities of scorecards that have none: those of a database that an older version made.
///
/// # Errors
/// If the database fails.
pub fn ensure(tx: &mut Tx<'_>) -> Outcome<()> {
    for row in scorecards::list(tx)? {
        let card = parse(&row)?;
        let stamps = super::stamps(&row);
        if !entities::exists(tx, SCORECARD, &row.identifier)? {
            let mut entity = blank(SCORECARD, &row.identifier, stamps.clone());
            write_scorecard(&mut entity, &card, &row.blueprint);
            entities::insert(tx, &row_of(&entity, ""))?;
        }
        let known = rules_of(tx, &row.identifier)?;
        for rule in card.rules() {
            if known.contains_key(&rule.identifier) {
                continue;
            }
            let identifier = free_identifier(tx, &row.identifier, &rule.identifier)?;
            let mut entity = blank(RULE, &identifier, stamps.clone());
            write_rule(&mut entity, &card, &rule.identifier);
            entities::insert(tx, &row_of(&entity, ""))?;
            let link = RelationRow {
                relation: TO_SCORECARD.to_owned(),
                position: 0,
                target_blueprint: SCORECARD.to_owned(),
                target: row.identifier.clone(),
            };
            relations::insert(tx, RULE, &identifier, &[link])?;
        }
    }
    Ok(())
}

fn blank(blueprint: &str, identifier: &str, stamps: Stamps) -> Entity {
    Entity {
        identifier: identifier.to_owned(),
        blueprint: blueprint.to_owned(),
        title: None,
        icon: None,
        team: Vec::new(),
        properties: Map::new(),
        relations: indexmap::IndexMap::new(),
        stamps,
    }
}

fn write_scorecard(entity: &mut Entity, card: &Scorecard, blueprint: &str) {
    entity.title = Some(card.title().to_owned());
    card.put_into(blueprint, &mut entity.properties);
}

fn write_rule(entity: &mut Entity, card: &Scorecard, rule: &str) {
    let known = card.rules().iter().find(|known| known.identifier == rule);
    if let Some(known) = known {
        entity.title = Some(known.title.clone());
    }
    card.put_rule_into(rule, &mut entity.properties);
    let scorecard = RelationValue::One(card.identifier().to_owned());
    entity.relations.insert(TO_SCORECARD.to_owned(), scorecard);
}

/// The entities of a scorecard's rules, by what the scorecard calls them.
///
/// # Errors
/// If the database fails.
pub fn rules_of(tx: &mut Tx<'_>, scorecard: &str) -> Outcome<BTreeMap<String, Entity>> {
    let mut rules = BTreeMap::new();
    for dependent in relations::dependents(tx, SCORECARD, scorecard)? {
        if dependent.blueprint == RULE
            && dependent.relation == TO_SCORECARD
            && let Some(entity) = find(tx, RULE, &dependent.entity)?
        {
            rules.insert(rule_of(&entity).to_owned(), entity);
        }
    }
    Ok(rules)
}

/// What the scorecard calls the rule that an entity stands for.
pub(in crate::ops) fn rule_of(entity: &Entity) -> &str {
    let named = entity
        .properties
        .get(RULE_IDENTIFIER)
        .and_then(Value::as_str);
    named.unwrap_or(&entity.identifier)
}

/// The scorecard that a rule's entity belongs to.
pub(in crate::ops) fn scorecard_of(entity: &Entity) -> Option<&str> {
    let value = entity.relations.get(TO_SCORECARD)?;
    value.targets().first().map(String::as_str)
}

/// An identifier for a rule's entity that no other has: the rule's own, because that is what most people name, unless
/// another scorecard has a rule of that name.
fn free_identifier(tx: &mut Tx<'_>, scorecard: &str, rule: &str) -> Outcome<String> {
    let mut identifier = rule.to_owned();
    let mut number = 1;
    while entities::exists(tx, RULE, &identifier)? {
        identifier = match number {
            1 => format!("{scorecard}.{rule}"),
            number => format!("{scorecard}.{rule}_{number}"),
        };
        number += 1;
    }
    Ok(identifier)
}

/// Brings the entities of a scorecard to what it is now, with their events; all but the one that is being written already.
pub(super) fn mirror(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Option<&ScorecardRow>,
    after: Option<&ScorecardRow>,
    written: Option<Written<'_>>,
) -> Outcome<()> {
    let was = writer.mirroring.replace(true);
    let done = match (before, after) {
        (before, Some(after)) => put_all(tx, writer, before, after, written),
        (Some(before), None) => {
            delete_rules(tx, writer, &before.identifier)?;
            remove(tx, writer, SCORECARD, &before.identifier, written)
        }
        (None, None) => Ok(()),
    };
    writer.mirroring.set(was);
    done
}

fn put_all(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Option<&ScorecardRow>,
    after: &ScorecardRow,
    written: Option<Written<'_>>,
) -> Outcome<()> {
    let card = parse(after)?;
    let is_written = |blueprint: &str, id: &str| written.is_some_and(|it| it.is(blueprint, id));
    if !is_written(SCORECARD, &after.identifier) {
        let stored = match before {
            Some(before) => find(tx, SCORECARD, &before.identifier)?,
            None => None,
        };
        put(tx, writer, stored, SCORECARD, &after.identifier, |entity| {
            write_scorecard(entity, &card, &after.blueprint);
        })?;
    }
    let mut known = rules_of(tx, &after.identifier)?;
    let is_rule = |name: &str| card.rules().iter().any(|rule| rule.identifier == name);
    for gone in known.iter().filter(|(name, _)| !is_rule(name)) {
        remove(tx, writer, RULE, &gone.1.identifier, written)?;
    }
    for rule in card.rules() {
        let stored = known.remove(&rule.identifier);
        let identifier = match &stored {
            Some(stored) => stored.identifier.clone(),
            None => free_identifier(tx, &after.identifier, &rule.identifier)?,
        };
        if !is_written(RULE, &identifier) {
            put(tx, writer, stored, RULE, &identifier, |entity| {
                write_rule(entity, &card, &rule.identifier);
            })?;
        }
    }
    Ok(())
}

/// Writes an entity of a system blueprint as `change` makes it, if that changes anything.
fn put(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    stored: Option<Entity>,
    blueprint: &str,
    identifier: &str,
    change: impl Fn(&mut Entity),
) -> Outcome<()> {
    let compiled = compiled(tx, writer, blueprint)?;
    let by = writer.caller.id();
    match stored {
        None => {
            let mut entity = blank(blueprint, identifier, Stamps::new(writer.now, by));
            change(&mut entity);
            writer.create(tx, &entity, &compiled)
        }
        Some(stored) => {
            let mut entity = stored.clone();
            identifier.clone_into(&mut entity.identifier);
            change(&mut entity);
            if entity.same_content(&stored) {
                return Ok(());
            }
            entity.stamps = stored.stamps.rewritten(writer.now, by);
            writer.change(tx, &stored, &entity, &compiled)
        }
    }
}

fn remove(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    blueprint: &str,
    identifier: &str,
    written: Option<Written<'_>>,
) -> Outcome<()> {
    let is_written = written.is_some_and(|it| it.is(blueprint, identifier));
    if is_written || !entities::exists(tx, blueprint, identifier)? {
        return Ok(());
    }
    delete::within(tx, writer, blueprint, identifier)
}

/// Deletes the entities of a scorecard's rules, which go with it.
pub(in crate::ops) fn delete_rules(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    scorecard: &str,
) -> Outcome<()> {
    let was = writer.mirroring.replace(true);
    for rule in rules_of(tx, scorecard)?.values() {
        delete::within(tx, writer, RULE, &rule.identifier)?;
    }
    writer.mirroring.set(was);
    Ok(())
}

fn compiled(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    blueprint: &str,
) -> Outcome<Arc<CompiledBlueprint>> {
    let found = writer.app.catalog.blueprint_in(tx, blueprint)?;
    Ok(found.ok_or_else(|| crate::ops::blueprints::not_found(blueprint))?)
}

/// Holds what a scorecard sets of properties that were added to `_scorecard` against that blueprint.
///
/// # Errors
/// `blueprint_schema_mismatch`, `invalid_request` for what the scorecard itself says.
pub(super) fn check_added(tx: &mut Tx<'_>, writer: &Writer<'_>, card: &Scorecard) -> Outcome<()> {
    if let Some((name, _)) = card.added().find(|(name, _)| is_built_in(name)) {
        return Err(Refusal::invalid_request(format!(
            "properties.{name}: the scorecard says this itself, beside its title; leave it out here"
        ))
        .into());
    }
    let added: Map<String, Value> = card.added().map(|(k, v)| (k.clone(), v.clone())).collect();
    if !added.is_empty() {
        let body = EntityWrite::parse(json!({ "properties": added }), Verb::Patch)?;
        compiled(tx, writer, SCORECARD)?.schema.check(body)?;
    }
    Ok(())
}

/// Completes an entity that stands for a scorecard or a rule, or is to: what the scorecard adds when it is read, such as its
/// levels, is in the entity too.
///
/// # Errors
/// What is wrong with the scorecard, `not_found` for its blueprint or for the scorecard of a rule, `invalid_request` for
/// what cannot change.
pub(in crate::ops) fn complete(
    app: &App,
    tx: &mut Tx<'_>,
    before: Option<&Entity>,
    after: &mut Entity,
) -> Outcome<()> {
    match after.blueprint.as_str() {
        SCORECARD => {
            check_kept(before, after, "identifier", |entity| {
                Some(&entity.identifier)
            })?;
            check_kept(before, after, "properties.blueprint", blueprint_of)?;
            let blueprint = blueprint_of(after).unwrap_or_default().to_owned();
            super::check_measurable(tx, &blueprint)?;
            let card = asked_for(tx, before, after)?;
            // Its own values are written already, so that only what the scorecard says itself is taken over.
            write_scorecard(after, &card, &blueprint);
        }
        RULE => {
            check_kept(before, after, "identifier", |entity| {
                Some(&entity.identifier)
            })?;
            check_kept(before, after, "relations.scorecard", scorecard_of)?;
            let name = before.map_or(after.identifier.as_str(), rule_of).to_owned();
            match after.properties.get(RULE_IDENTIFIER) {
                Some(sent) if *sent != *name => {
                    return Err(kept("properties.rule_identifier", &sent.to_string(), &name).into());
                }
                _ => {}
            }
            after
                .properties
                .insert(RULE_IDENTIFIER.to_owned(), name.as_str().into());
            let row = scorecard_row(tx, after)?;
            let known = before.map(|_| name.as_str());
            let card = parse(&row)?.with_rule(known, after)?;
            write_rule(after, &card, &name);
        }
        RULE_RESULT => rule_results::check_change(app, tx, before, after)?,
        _ => {}
    }
    Ok(())
}

fn blueprint_of(entity: &Entity) -> Option<&str> {
    entity.properties.get("blueprint").and_then(Value::as_str)
}

/// Refuses another value of what cannot change.
fn check_kept<'a>(
    before: Option<&'a Entity>,
    after: &'a Entity,
    place: &str,
    of: impl Fn(&'a Entity) -> Option<&'a str>,
) -> Result<(), Refusal> {
    match before.map(&of) {
        Some(was) if was != of(after) => Err(kept(
            place,
            of(after).unwrap_or("empty"),
            was.unwrap_or_default(),
        )),
        _ => Ok(()),
    }
}

fn kept(place: &str, sent: &str, was: &str) -> Refusal {
    Refusal::invalid_request(format!(
        "{place}: it is {sent:?}, but stays {was:?}; make another scorecard or rule instead"
    ))
}

fn asked_for(tx: &mut Tx<'_>, before: Option<&Entity>, after: &Entity) -> Outcome<Scorecard> {
    let known = match before {
        Some(before) => scorecards::find(tx, &before.identifier)?,
        None => None,
    };
    let known = known.as_ref().map(parse).transpose()?;
    Ok(Scorecard::of_entity(known.as_ref(), after)?)
}

fn scorecard_row(tx: &mut Tx<'_>, rule: &Entity) -> Outcome<ScorecardRow> {
    let named = scorecard_of(rule).unwrap_or_default();
    let found = scorecards::find(tx, named)?;
    Ok(found.ok_or_else(|| {
        Refusal::not_found(format!(
            "relations.scorecard: there is no scorecard {named:?}; create it first."
        ))
    })?)
}

/// Lets scorecards follow a change of the entity that stands for one, or for one of its rules.
pub(in crate::ops) fn follow(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Option<&Entity>,
    after: Option<&Entity>,
) -> Outcome<()> {
    let Some(subject) = after.or(before).filter(|_| !writer.mirroring.get()) else {
        return Ok(());
    };
    let scorecards = Scorecards {
        entities: writer,
        written: Some(Written::of(subject)),
    };
    match subject.blueprint.as_str() {
        SCORECARD => follow_scorecard(tx, &scorecards, before, after),
        RULE => follow_rule(tx, &scorecards, before, after),
        _ => Ok(()),
    }
}

fn follow_scorecard(
    tx: &mut Tx<'_>,
    writer: &Scorecards<'_>,
    before: Option<&Entity>,
    after: Option<&Entity>,
) -> Outcome<()> {
    let known = match before {
        Some(before) => scorecards::find(tx, &before.identifier)?,
        None => None,
    };
    let Some(after) = after else {
        return known.map_or(Ok(()), |known| writer.delete(tx, &known));
    };
    let card = asked_for(tx, before, after)?;
    match known {
        Some(known) => writer.rewrite(tx, &known, &card)?,
        None => {
            let id = writer.entities.app.ids.id(Kind::Scorecard);
            writer.insert(tx, blueprint_of(after).unwrap_or_default(), &id, &card)?
        }
    };
    Ok(())
}

fn follow_rule(
    tx: &mut Tx<'_>,
    writer: &Scorecards<'_>,
    before: Option<&Entity>,
    after: Option<&Entity>,
) -> Outcome<()> {
    let subject = after.or(before).and_then(scorecard_of).unwrap_or_default();
    let Some(row) = scorecards::find(tx, subject)? else {
        return Ok(());
    };
    let card = parse(&row)?;
    let changed = match (before, after) {
        (before, Some(after)) => card.with_rule(before.map(rule_of), after)?,
        (Some(before), None) => card.without_rule(rule_of(before))?,
        (None, None) => return Ok(()),
    };
    writer.rewrite(tx, &row, &changed)?;
    Ok(())
}

/// Refuses a scorecard of what scorecards say themselves, which would have no end.
pub(super) fn check_not_result(blueprint: &str) -> Result<(), Refusal> {
    if blueprint == RULE_RESULT {
        return Err(Refusal::invalid_request(format!(
            "blueprint: {RULE_RESULT:?} holds what scorecards say, so it cannot have one itself; name another blueprint"
        )));
    }
    Ok(())
}
