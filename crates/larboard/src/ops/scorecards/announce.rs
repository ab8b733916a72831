//! Telling of what entities reach by scorecards when something else than a write of theirs changed it: a related entity, a
//! team, the time. What was told last is remembered; what is reached now is always evaluated (docs/decisions/0010).
//!
//! A result that is another because the scorecards or the blueprint are others makes no event: one definition would make as
//! many events as there are entities.

use super::results;
use crate::ops::Outcome;
use crate::ops::audit::{Author, Change};
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::{self, Computer};
use crate::ops::entities::parse;
use crate::ops::entities::record::{self, Snapshot};
use crate::ops::sweep::Page;
use crate::state::App;
use larboard_core::entity::Entity;
use larboard_core::scorecard::{Outcomes, Remembered};
use larboard_core::time::Timestamp;
use larboard_store::audit::EventRow;
use larboard_store::entity_results::{self, ResultsRow};
use larboard_store::{Tx, audit, entities};
use std::collections::HashMap;

/// What is known of an entity's results, as a transaction goes on with it.
pub(in crate::ops) struct Memory {
    /// As it is stored.
    stored: Option<(i64, String)>,
    known: Remembered,
}

impl Memory {
    /// Of an entity that nothing was known of.
    pub(in crate::ops) fn first(outcomes: &Outcomes) -> Self {
        Self {
            stored: None,
            known: Remembered::first(outcomes),
        }
    }

    /// With what a write made of it.
    pub(in crate::ops) fn changed(self, outcomes: &Outcomes, now: Timestamp) -> Self {
        Self {
            known: self.known.changed(outcomes, now),
            ..self
        }
    }

    /// What is to be stored; `None` if it is stored already.
    pub(in crate::ops) fn to_write(
        &self,
        entity: &Entity,
        compiled: &CompiledBlueprint,
    ) -> Outcome<Option<ResultsRow>> {
        let results = self.known.to_text()?;
        let stored = self.stored.as_ref();
        let is_stored = stored
            .is_some_and(|(revision, text)| *revision == compiled.revision && *text == results);
        Ok((!is_stored).then(|| ResultsRow {
            blueprint: entity.blueprint.clone(),
            entity: entity.identifier.clone(),
            revision: compiled.revision,
            results,
        }))
    }
}

/// Compares what is stored of an entity with what it reaches, which is in its snapshot; `None` if its blueprint has no
/// scorecards. If something else than the definition made the difference, the server's event of it is appended.
///
/// # Errors
/// If the database fails.
pub(in crate::ops) fn catch_up(
    app: &App,
    tx: &mut Tx<'_>,
    now: Timestamp,
    entity: &Entity,
    compiled: &CompiledBlueprint,
    stored: Option<ResultsRow>,
    is: &Snapshot,
) -> Outcome<Option<Memory>> {
    let Some(outcomes) = &is.outcomes else {
        return Ok(None);
    };
    let Some(row) = stored else {
        return Ok(Some(Memory::first(outcomes)));
    };
    let before = Remembered::parse(&row.results)?;
    let known = if row.revision != compiled.revision {
        before.redefined(outcomes, now)
    } else if before.agrees(outcomes) {
        before
    } else {
        let owned = Computer::new(app, tx).owned(entity, compiled)?;
        let was = results::shown(compiled, &before);
        let event = EventRow {
            blueprint: Some(entity.blueprint.clone()),
            entity: Some(entity.identifier.clone()),
            before: Some(owned.snapshot(&compiled.schema, None, Some(&was))),
            after: Some(is.text.clone()),
            ..Author::server(&app.directory.load().organization).event(
                app.ids.as_ref(),
                now,
                "entity",
                Change::Update,
            )
        };
        audit::append_later(tx, event)?;
        before.changed(outcomes, now)
    };
    Ok(Some(Memory {
        stored: Some((row.revision, row.results)),
        known,
    }))
}

/// Tells what entities of a blueprint reach by now, where that is not known yet, and remembers it.
///
/// # Errors
/// If the database fails.
pub(in crate::ops) fn settle(
    app: &App,
    tx: &mut Tx<'_>,
    now: Timestamp,
    entities: &[Entity],
    compiled: &CompiledBlueprint,
) -> Outcome<()> {
    let blueprint = compiled.blueprint.identifier();
    let names: Vec<String> = entities.iter().map(|e| e.identifier.clone()).collect();
    let stored = entity_results::find_many(tx, blueprint, &names)?;
    let mut stored: HashMap<_, _> = stored
        .into_iter()
        .map(|row| (row.entity.clone(), row))
        .collect();
    let mut rows = Vec::new();
    for entity in entities {
        let is = record::snapshot(app, tx, entity.into(), compiled)?;
        let row = stored.remove(&entity.identifier);
        if let Some(memory) = catch_up(app, tx, now, entity, compiled, row, &is)? {
            rows.extend(memory.to_write(entity, compiled)?);
        }
    }
    Ok(entity_results::put_many(tx, &rows)?)
}

/// [`settle`] of those of the entities that are there.
///
/// # Errors
/// If the database fails.
pub fn settle_named(app: &App, tx: &mut Tx<'_>, blueprint: &str, names: &[String]) -> Outcome<()> {
    let compiled = app.catalog.blueprint_in(tx, blueprint)?;
    let Some(compiled) = compiled.filter(|compiled| !compiled.scorecards.is_empty()) else {
        return Ok(());
    };
    let rows = entities::find_many(tx, blueprint, names)?;
    let found: Vec<Entity> = rows.into_iter().map(parse).collect::<Outcome<_>>()?;
    settle(app, tx, app.now(), &found, &compiled)
}

/// Evaluates up to `limit` entities of a blueprint after the identifier `after`; nothing if it has no scorecards.
///
/// # Errors
/// If the database fails.
pub fn look(
    app: &App,
    tx: &mut Tx<'_>,
    blueprint: &str,
    after: &str,
    limit: i64,
) -> Outcome<Page<String>> {
    let compiled = app.catalog.blueprint_in(tx, blueprint)?;
    let Some(compiled) = compiled.filter(|compiled| !compiled.scorecards.is_empty()) else {
        return Ok(Page::of(&[], limit));
    };
    let rows = entities::list_after(tx, blueprint, Some(after), limit)?;
    let mut page = Page::of(&rows, limit);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(page);
    };
    let stored = entity_results::list_between(tx, blueprint, &first.identifier, &last.identifier)?;
    let stored: HashMap<String, ResultsRow> = stored
        .into_iter()
        .map(|row| (row.entity.clone(), row))
        .collect();
    let scoring = compiled.scoring(app.now());
    // What one entity's values stand on is looked up once for all.
    let mut memory = computed::Memory::measuring();
    for row in rows {
        let entity = parse(row)?;
        let mut computer = Computer::with(app, tx, memory);
        let values = match scoring.sees_computed() {
            true => Some(computer.values(&entity, &compiled)?),
            false => None,
        };
        memory = computer.into_memory();
        let reached = scoring.reached(app, tx, &entity, &compiled, values.as_ref())?;
        let outcomes = results::outcomes(&compiled, &reached);
        let same = match stored.get(&entity.identifier) {
            Some(row) if row.revision == compiled.revision => {
                Remembered::parse(&row.results)?.agrees(&outcomes)
            }
            _ => false,
        };
        if !same {
            page.differing.push(entity.identifier);
        }
    }
    Ok(page)
}
