//! What a write leaves behind beside the entity: its audit event with what was and what is, and what the entity was last
//! known to reach by scorecards (docs/decisions/0010).

use super::Writer;
use crate::ops::Outcome;
use crate::ops::audit::Change;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::Computer;
use crate::ops::scorecards::announce::{self, Memory};
use crate::ops::scorecards::results;
use crate::state::App;
use larboard_core::entity::{Entity, StoredTexts};
use larboard_core::scorecard::Outcomes;
use larboard_store::audit::EventRow;
use larboard_store::entity_results::{self, ResultsRow};
use larboard_store::{Tx, audit};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An entity as an audit event keeps it.
pub(in crate::ops) struct Snapshot {
    /// As text, with what it reaches by scorecards.
    pub(in crate::ops) text: String,
    /// What that is; `None` if its blueprint has no scorecards.
    pub(in crate::ops) outcomes: Option<Outcomes>,
}

/// An entity, and the texts that are stored of it if they are at hand.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Told<'a> {
    pub(super) entity: &'a Entity,
    texts: Option<StoredTexts<&'a str>>,
}

impl<'a> Told<'a> {
    pub(super) fn of(entity: &'a Entity, texts: Option<StoredTexts<&'a str>>) -> Self {
        Self { entity, texts }
    }
}

impl<'a> From<&'a Entity> for Told<'a> {
    fn from(entity: &'a Entity) -> Self {
        Self::of(entity, None)
    }
}

/// An entity as it is now.
///
/// # Errors
/// If the database fails.
pub(in crate::ops) fn snapshot(
    app: &App,
    tx: &mut Tx<'_>,
    told: Told<'_>,
    compiled: &CompiledBlueprint,
) -> Outcome<Snapshot> {
    let owned = Computer::new(app, tx).owned(told.entity, compiled)?;
    // Teams that are inherited are not among what is stored.
    let stored = told.texts.filter(|_| matches!(owned, Cow::Borrowed(_)));
    let reached = results::reached(app, tx, &owned, compiled)?;
    let (shown, outcomes) = match reached {
        Some(reached) => (Some(reached.shown), Some(reached.outcomes)),
        None => (None, None),
    };
    Ok(Snapshot {
        text: owned.snapshot(&compiled.schema, stored, shown.as_ref()),
        outcomes,
    })
}

/// What is to be known of an entity before it is changed.
pub(in crate::ops) struct Before {
    pub(in crate::ops) text: String,
    memory: Option<Memory>,
}

/// What is known of the results of entities within a transaction, so that many share statements.
#[derive(Default)]
pub(super) struct Results {
    /// Read ahead, by blueprint and entity, until they are used.
    ahead: BTreeMap<(String, String), Option<ResultsRow>>,
    /// To be written together; `None` if each is written at once.
    gathered: Option<BTreeMap<(String, String), ResultsRow>>,
}

impl Writer<'_> {
    /// An entity that is about to be changed or deleted, while its rows are as they were. What it reaches by now, because
    /// something else changed, is told first, so that the event of this write tells of this write.
    pub(in crate::ops) fn before<'e>(
        &self,
        tx: &mut Tx<'_>,
        entity: impl Into<Told<'e>>,
        compiled: &CompiledBlueprint,
    ) -> Outcome<Before> {
        let told = entity.into();
        let (was, entity) = (snapshot(self.app, tx, told, compiled)?, told.entity);
        let stored = match &was.outcomes {
            Some(_) => self.stored_results(tx, entity)?,
            None => None,
        };
        let memory = announce::catch_up(self.app, tx, self.now, entity, compiled, stored, &was)?;
        Ok(Before {
            text: was.text,
            memory,
        })
    }

    /// Appends the event of an entity that was made or changed, once its rows are what they are to be, and remembers what it
    /// reaches.
    pub(in crate::ops) fn record<'e>(
        &self,
        tx: &mut Tx<'_>,
        change: Change,
        entity: impl Into<Told<'e>>,
        compiled: &CompiledBlueprint,
        before: Option<Before>,
    ) -> Outcome<()> {
        let event = self.recorded(tx, change, entity, compiled, before)?;
        Ok(audit::append_later(tx, event)?)
    }

    /// [`Self::record`] for an event that says more: it is returned instead of being appended.
    pub(super) fn recorded<'e>(
        &self,
        tx: &mut Tx<'_>,
        change: Change,
        entity: impl Into<Told<'e>>,
        compiled: &CompiledBlueprint,
        before: Option<Before>,
    ) -> Outcome<EventRow> {
        let told = entity.into();
        let (is, entity) = (snapshot(self.app, tx, told, compiled)?, told.entity);
        let (was, memory) = match before {
            Some(before) => (Some(before.text), before.memory),
            None => (None, None),
        };
        if let Some(outcomes) = &is.outcomes {
            let memory = match memory {
                Some(memory) => memory.changed(outcomes, self.now),
                None => Memory::first(outcomes),
            };
            if let Some(row) = memory.to_write(entity, compiled)? {
                self.put_results(tx, row)?;
            }
        }
        Ok(self.event(change, entity, was, Some(is.text)))
    }

    /// Tells what an entity reaches by now, and remembers it: for what changes an entity without an event of its own.
    pub(in crate::ops) fn settle(
        &self,
        tx: &mut Tx<'_>,
        entity: &Entity,
        compiled: &CompiledBlueprint,
    ) -> Outcome<()> {
        self.write_results(tx)?;
        let entities = std::slice::from_ref(entity);
        announce::settle(self.app, tx, self.now, entities, compiled)
    }

    /// [`Self::settle`] for an entity of which only the time of its last write and its writer are others.
    pub(super) fn settle_touched(
        &self,
        tx: &mut Tx<'_>,
        entity: &Entity,
        compiled: &CompiledBlueprint,
    ) -> Outcome<()> {
        if compiled.scorecards.is_empty() || !compiled.scoring(self.now).sees_touches() {
            return Ok(());
        }
        self.settle(tx, entity, compiled)
    }

    /// Appends the event of a change, with what was and what is.
    pub(in crate::ops) fn append(
        &self,
        tx: &mut Tx<'_>,
        change: Change,
        subject: &Entity,
        before: Option<String>,
        after: Option<String>,
    ) -> Outcome<()> {
        let event = self.event(change, subject, before, after);
        Ok(audit::append_later(tx, event)?)
    }

    fn event(
        &self,
        change: Change,
        subject: &Entity,
        before: Option<String>,
        after: Option<String>,
    ) -> EventRow {
        EventRow {
            blueprint: Some(subject.blueprint.clone()),
            entity: Some(subject.identifier.clone()),
            run_id: self.options.run_id.clone(),
            before,
            after,
            ..self
                .author
                .event(self.app.ids.as_ref(), self.now, "entity", change)
        }
    }

    /// Reads what is known of entities of a blueprint at once, and lets what is to be known wait to be written at once. Not
    /// for a transaction that undoes some of what it did.
    pub(super) fn read_results_ahead(
        &self,
        tx: &mut Tx<'_>,
        compiled: &CompiledBlueprint,
        entities: &[String],
    ) -> Outcome<()> {
        if compiled.scorecards.is_empty() {
            return Ok(());
        }
        let blueprint = compiled.blueprint.identifier();
        let mut results = self.results.borrow_mut();
        let key = |entity: &str| (blueprint.to_owned(), entity.to_owned());
        results.ahead = entities.iter().map(|entity| (key(entity), None)).collect();
        for row in entity_results::find_many(tx, blueprint, entities)? {
            results.ahead.insert(key(&row.entity), Some(row));
        }
        results.gathered = Some(BTreeMap::new());
        Ok(())
    }

    fn stored_results(&self, tx: &mut Tx<'_>, entity: &Entity) -> Outcome<Option<ResultsRow>> {
        let key = (entity.blueprint.clone(), entity.identifier.clone());
        let mut results = self.results.borrow_mut();
        if let Some(row) = results.gathered.as_ref().and_then(|rows| rows.get(&key)) {
            return Ok(Some(row.clone()));
        }
        match results.ahead.remove(&key) {
            Some(known) => Ok(known),
            None => Ok(entity_results::find(tx, &key.0, &key.1)?),
        }
    }

    fn put_results(&self, tx: &mut Tx<'_>, row: ResultsRow) -> Outcome<()> {
        match self.results.borrow_mut().gathered.as_mut() {
            Some(gathered) => {
                gathered.insert((row.blueprint.clone(), row.entity.clone()), row);
            }
            None => entity_results::put_many(tx, &[row])?,
        }
        Ok(())
    }

    /// Writes the results that wait. Whoever reads them, or renames or deletes an entity, calls this before.
    pub(super) fn write_results(&self, tx: &mut Tx<'_>) -> Outcome<()> {
        if let Some(gathered) = self.results.borrow_mut().gathered.as_mut() {
            let rows: Vec<ResultsRow> = std::mem::take(gathered).into_values().collect();
            entity_results::put_many(tx, &rows)?;
        }
        Ok(())
    }
}
