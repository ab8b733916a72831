//! Writing entities: create, upsert, replace, merge and delete, alone or many at once, bound to a run or not.
//!
//! The body is read and held against its blueprint before the transaction; inside it only what may have changed
//! meanwhile is looked at again. `bulk.rs` writes many, `links.rs` keeps relations, `lookup.rs` looks up queries that stand
//! for identifiers, `delete.rs` deletes, `bind.rs` ties writes to runs, `record.rs` appends events and remembers results,
//! `data_sources.rs` says where entities come from.

pub mod bind;
mod bulk;
pub mod data_sources;
pub mod delete;
pub mod links;
pub mod lookup;
pub mod ownership;
pub(in crate::ops) mod record;
mod stored;

pub use bulk::{Item, Read, write_all};
pub use stored::{Stored, count, exists, find, get, list_after, parse, row};

use super::audit::{Author, Change};
use super::catalog_cache::CompiledBlueprint;
use super::computed::Computer;
use super::scorecards;
use super::{Failure, Outcome};
use crate::caller::Caller;
use crate::state::App;
use bind::RefusedWrite;
use larboard_core::blueprint::system::RULE_RESULT;
use larboard_core::entity::{CheckedWrite, Entity, EntityWrite, StoredTexts};
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use larboard_core::time::Timestamp;
use larboard_store::entities::{self, EntityRow};
use larboard_store::runs::Binding;
use larboard_store::{StoreError, Tx, relations, runs};
use record::Told;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// What a write does about an entity that is or is not there (facts/catalog.md 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// POST: it must not be there.
    Create,
    /// POST with `upsert`: reset it, or make it.
    Override,
    /// POST with `upsert` and `merge`: change what the body names, or make it.
    Merge,
    /// PUT of this identifier: it must be there; reset it.
    Replace(String),
    /// PATCH of this identifier: it must be there; change what the body names.
    Patch(String),
}

impl Intent {
    /// The identifier a write is about, given the one in its body.
    fn subject(&self, in_body: Option<&str>) -> Option<String> {
        match self {
            Self::Replace(identifier) | Self::Patch(identifier) => Some(identifier.clone()),
            Self::Create | Self::Override | Self::Merge => in_body.map(str::to_owned),
        }
    }

    /// What the write would have done, for the record of a refusal.
    fn change(&self) -> Change {
        match self {
            Self::Create => Change::Create,
            _ => Change::Update,
        }
    }
}

/// What the query of a write asks besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Validate and answer, but write nothing.
    pub validation_only: bool,
    /// Make entities that relations name and that are not there.
    pub create_missing: bool,
    /// The run this write belongs to.
    pub run_id: Option<String>,
}

impl Options {
    /// The run that is told of a refusal: none if nothing was to be written anyway.
    fn bound_run(&self) -> Option<&str> {
        self.run_id.as_deref().filter(|_| !self.validation_only)
    }
}

/// A write that was carried out.
pub struct Written {
    /// The entity as it now is.
    pub entity: Entity,
    /// Whether it was made by this write.
    pub created: bool,
    /// What shows it.
    pub compiled: Arc<CompiledBlueprint>,
}

/// A write that has been read and checked and waits for its transaction.
#[derive(Clone)]
pub struct Prepared {
    compiled: Arc<CompiledBlueprint>,
    checked: CheckedWrite,
    intent: Intent,
    generated: String,
}

/// Reads and checks a body before its transaction.
///
/// # Errors
/// What does not fit the blueprint.
pub fn prepare(
    app: &App,
    compiled: &Arc<CompiledBlueprint>,
    write: EntityWrite,
    intent: Intent,
) -> Outcome<Prepared> {
    let checked = compiled.schema.check(write)?;
    Ok(Prepared::new(app, compiled, checked, intent))
}

/// [`prepare`] that refuses nothing because of a blueprint as it was: another server may have changed it, and word of that
/// takes a moment. What a former blueprint allowed is looked at again in the transaction.
///
/// # Errors
/// What does not fit the blueprint as it is now.
pub async fn prepare_current(
    app: &App,
    compiled: &Arc<CompiledBlueprint>,
    write: EntityWrite,
    intent: Intent,
) -> Outcome<Prepared> {
    let (refusal, write) = match compiled.schema.check_keeping(write) {
        Ok(checked) => return Ok(Prepared::new(app, compiled, checked, intent)),
        Err(refused) => refused,
    };
    let blueprint = compiled.blueprint.identifier();
    match app.catalog.current_blueprint(app, blueprint).await? {
        Some(current) if current.revision != compiled.revision => {
            prepare(app, &current, *write, intent)
        }
        _ => Err(refusal.into()),
    }
}

/// The blueprint of a path.
///
/// # Errors
/// `not_found`.
pub async fn blueprint(app: &App, identifier: &str) -> Outcome<Arc<CompiledBlueprint>> {
    app.catalog
        .find_blueprint(app, identifier)
        .await?
        .ok_or_else(|| super::blueprints::not_found(identifier).into())
}

/// Checks a body and writes its entity.
///
/// # Errors
/// As the facts say of each intent. A refused write that names a run leaves a FAILURE event on it.
pub async fn apply(
    app: &App,
    caller: &Caller,
    compiled: &Arc<CompiledBlueprint>,
    body: EntityWrite,
    intent: Intent,
    options: Options,
) -> Outcome<Written> {
    let subject = intent.subject(body.identifier.as_deref());
    let change = intent.change();
    match prepare_current(app, compiled, body, intent).await {
        Ok(prepared) => write(app, caller, prepared, options).await,
        Err(failure) => {
            let blueprint = compiled.blueprint.identifier();
            let refused = RefusedWrite::of(change, subject, &failure)
                .into_iter()
                .collect();
            bind::record_refusals(app, caller, options.bound_run(), blueprint, refused).await;
            Err(failure)
        }
    }
}

async fn write(
    app: &App,
    caller: &Caller,
    prepared: Prepared,
    options: Options,
) -> Outcome<Written> {
    let (app_, caller_, now) = (app.clone(), caller.clone(), app.now());
    let (subject, change) = (prepared.subject(), prepared.intent.change());
    let blueprint = prepared.compiled.blueprint.identifier().to_owned();
    let run_id = options.bound_run().map(str::to_owned);
    let result = app
        .store
        .write(move |tx| {
            let writer = Writer::new(&app_, &caller_, now, &options);
            let written = writer.write(tx, &prepared)?;
            if options.validation_only {
                return Err(Halt::Undone(Box::new(written)));
            }
            Ok(written)
        })
        .await;
    match result {
        Ok(written) => {
            super::people::reload_after(app, &blueprint).await;
            Ok(written)
        }
        Err(Halt::Undone(written)) => Ok(*written),
        Err(Halt::Failed(failure)) => {
            let refused = RefusedWrite::of(change, subject, &failure)
                .into_iter()
                .collect();
            bind::record_refusals(app, caller, run_id.as_deref(), &blueprint, refused).await;
            Err(failure)
        }
    }
}

/// Why a write transaction is not committed.
enum Halt<T> {
    /// It was not to be kept; this is what came of it.
    Undone(T),
    /// It failed.
    Failed(Failure),
}

impl<T> From<StoreError> for Halt<T> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl<T> From<Failure> for Halt<T> {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Prepared {
    fn new(
        app: &App,
        compiled: &Arc<CompiledBlueprint>,
        checked: CheckedWrite,
        intent: Intent,
    ) -> Self {
        Self {
            compiled: compiled.clone(),
            checked,
            intent,
            generated: app.ids.id(Kind::Entity),
        }
    }

    /// The identifier the write is about, as far as it is known.
    fn subject(&self) -> Option<String> {
        self.intent.subject(self.checked.identifier())
    }
}

/// What all writes of a request have in common.
pub(in crate::ops) struct Writer<'a> {
    pub(in crate::ops) app: &'a App,
    pub(in crate::ops) caller: &'a Caller,
    pub(in crate::ops) now: Timestamp,
    pub(in crate::ops) options: &'a Options,
    author: Author<'a>,
    /// What is the same for all writes of a transaction is looked up once.
    blueprint: RefCell<Option<Arc<CompiledBlueprint>>>,
    run: RefCell<Option<Binding>>,
    /// Entities of the blueprint as they were read ahead, with their texts, until they are used or written by another way.
    known: RefCell<HashMap<String, Option<(Entity, StoredTexts)>>>,
    /// Rows to be written over those that are there, together; `None` if each is written at once.
    updates: RefCell<Option<Vec<EntityRow>>>,
    /// What entities were last known to reach, as far as it was read ahead or waits.
    results: RefCell<record::Results>,
    /// Whether anything was written since this was last cleared.
    pub(in crate::ops) wrote: Cell<bool>,
    /// Whether it writes what stands for a scorecard that was changed, which that scorecard need not follow.
    pub(in crate::ops) mirroring: Cell<bool>,
}

impl<'a> Writer<'a> {
    /// A writer of one transaction.
    pub(in crate::ops) fn new(
        app: &'a App,
        caller: &'a Caller,
        now: Timestamp,
        options: &'a Options,
    ) -> Self {
        Self {
            app,
            caller,
            now,
            options,
            author: Author::caller(caller),
            blueprint: RefCell::default(),
            run: RefCell::default(),
            known: RefCell::default(),
            updates: RefCell::default(),
            results: RefCell::default(),
            wrote: Cell::new(false),
            mirroring: Cell::new(false),
        }
    }

    /// The blueprint as this transaction sees it.
    fn blueprint(&self, tx: &mut Tx<'_>, identifier: &str) -> Outcome<Arc<CompiledBlueprint>> {
        let mut known = self.blueprint.borrow_mut();
        if let Some(known) = known.as_ref()
            && known.blueprint.identifier() == identifier
        {
            return Ok(known.clone());
        }
        let found = self
            .app
            .catalog
            .blueprint_in(tx, identifier)?
            .ok_or_else(|| super::blueprints::not_found(identifier))?;
        *known = Some(found.clone());
        Ok(found)
    }

    /// The entity as this transaction sees it, with its texts if it has a row.
    fn find(
        &self,
        tx: &mut Tx<'_>,
        blueprint: &str,
        identifier: &str,
    ) -> Outcome<(Option<Entity>, Option<StoredTexts>)> {
        let read_ahead = self.known.borrow_mut().remove(identifier);
        let known = match read_ahead {
            Some(known) => known,
            None => {
                self.write_updates(tx)?;
                if blueprint == RULE_RESULT {
                    return Ok((get(self.app, tx, blueprint, identifier)?, None));
                }
                let row = entities::find(tx, blueprint, identifier)?;
                row.map(stored::parse_keeping).transpose()?
            }
        };
        Ok(known.unzip())
    }

    /// Checks that entities may be bound to the run the request names, if it names one.
    pub(super) fn check_run(&self, tx: &mut Tx<'_>) -> Outcome<()> {
        let mut run = self.run.borrow_mut();
        if let Some(id) = self.options.run_id.as_deref()
            && run.is_none()
        {
            *run = Some(bind::check(tx, id)?);
        }
        Ok(())
    }

    /// Carries out a prepared write.
    pub(in crate::ops) fn write(&self, tx: &mut Tx<'_>, prepared: &Prepared) -> Outcome<Written> {
        let blueprint = prepared.compiled.blueprint.identifier();
        let compiled = self.blueprint(tx, blueprint)?;
        // The blueprint changed since the body was held against it, so it is held against the new one.
        let checked = if compiled.revision == prepared.compiled.revision {
            Cow::Borrowed(&prepared.checked)
        } else {
            Cow::Owned(compiled.schema.check(prepared.checked.write().clone())?)
        };
        self.check_run(tx)?;
        let identifier = match &prepared.intent {
            Intent::Replace(identifier) | Intent::Patch(identifier) => identifier.as_str(),
            _ => checked.identifier().unwrap_or(&prepared.generated),
        };
        let (stored, texts) = self.find(tx, blueprint, identifier)?;
        let (by, schema) = (self.caller.id(), &compiled.schema);
        let mut entity = match (&prepared.intent, &stored) {
            (Intent::Create, Some(_)) => return Err(taken(blueprint, identifier).into()),
            (Intent::Create | Intent::Override | Intent::Merge, None) => {
                checked.create(schema, identifier, self.now, by)?
            }
            (Intent::Override | Intent::Replace(_), Some(stored)) => {
                checked.replace(schema, stored, self.now, by)?
            }
            (Intent::Merge | Intent::Patch(_), Some(stored)) => {
                checked.merge(schema, stored, self.now, by)?
            }
            (Intent::Replace(_) | Intent::Patch(_), None) => {
                return Err(not_found(blueprint, identifier).into());
            }
        };
        ownership::resolve(tx, &mut entity.team)?;
        scorecards::entities::complete(self.app, tx, stored.as_ref(), &mut entity)?;
        super::permissions::check_write(tx, self, stored.as_ref(), &entity, &compiled)?;
        match &stored {
            None => self.create(tx, &entity, &compiled)?,
            Some(stored) => {
                let texts = texts.as_ref().map(StoredTexts::lend);
                self.change(tx, Told::of(stored, texts), &entity, &compiled)?;
            }
        }
        if let (Some(run), Some(id)) = (self.run.borrow_mut().as_mut(), &self.options.run_id)
            && stored.is_none()
            && !run.has_entity
        {
            self.write_updates(tx)?;
            run.has_entity = bind::entity(tx, self, id, &entity)?;
        }
        if compiled.schema.inherits_team() {
            let owned = Computer::new(self.app, tx).owned(&entity, &compiled)?;
            entity = owned.into_owned();
        }
        Ok(Written {
            entity,
            created: stored.is_none(),
            compiled,
        })
    }

    /// Writes an entity that is not there yet, with everything that follows from it.
    pub(in crate::ops) fn create(
        &self,
        tx: &mut Tx<'_>,
        entity: &Entity,
        compiled: &CompiledBlueprint,
    ) -> Outcome<()> {
        let links = links::of(tx, self, entity, &compiled.schema)?;
        self.wrote.set(true);
        let row = self.row(entity);
        match entities::insert(tx, &row) {
            Err(StoreError::Unique { .. }) => {
                return Err(taken(&entity.blueprint, &entity.identifier).into());
            }
            other => other?,
        }
        relations::insert(tx, &entity.blueprint, &entity.identifier, &links)?;
        ownership::changed(tx, self, None, Some(entity))?;
        let told = Told::of(entity, Some(stored::texts(&row)));
        self.record(tx, Change::Create, told, compiled, None)
    }

    /// Writes an entity over what it was, with everything that follows from it.
    pub(in crate::ops) fn change<'e>(
        &self,
        tx: &mut Tx<'_>,
        before: impl Into<Told<'e>>,
        after: &Entity,
        compiled: &CompiledBlueprint,
    ) -> Outcome<()> {
        let told = before.into();
        let before = told.entity;
        if after.blueprint == RULE_RESULT {
            return scorecards::rule_results::write(tx, self, before, after, compiled);
        }
        if before.same_content(after) {
            self.wrote.set(true);
            entities::touch(tx, &self.row(after))?;
            return self.settle_touched(tx, after, compiled);
        }
        let was = self.before(tx, told, compiled)?;
        if before.identifier != after.identifier {
            if entities::exists(tx, &after.blueprint, &after.identifier)? {
                return Err(taken(&after.blueprint, &after.identifier).into());
            }
            self.wrote.set(true);
            self.write_results(tx)?;
            entities::rename(tx, &before.blueprint, &before.identifier, &after.identifier)?;
            links::follow_rename(tx, self, before, &after.identifier)?;
            runs::rename_entity(tx, &before.blueprint, &before.identifier, &after.identifier)?;
        }
        let links = (before.relations != after.relations)
            .then(|| links::of(tx, self, after, &compiled.schema))
            .transpose()?;
        self.wrote.set(true);
        let row = self.row(after);
        // Nothing that follows reads the row then.
        let waits = self.updates.borrow().is_some() && before.identifier == after.identifier;
        if !waits {
            entities::update(tx, &row)?;
        }
        if let Some(links) = links {
            relations::replace(tx, &after.blueprint, &after.identifier, &links)?;
        }
        ownership::changed(tx, self, Some(before), Some(after))?;
        let told = Told::of(after, Some(stored::texts(&row)));
        self.record(tx, Change::Update, told, compiled, Some(was))?;
        if let Some(updates) = self.updates.borrow_mut().as_mut().filter(|_| waits) {
            updates.push(row);
        }
        Ok(())
    }

    pub(in crate::ops) fn row(&self, entity: &Entity) -> EntityRow {
        row(entity, &self.caller.user_agent)
    }
}

/// The refusal of an unknown entity.
pub fn not_found(blueprint: &str, identifier: &str) -> Refusal {
    Refusal::not_found(format!(
        "The blueprint {blueprint:?} has no entity {identifier:?}."
    ))
}

fn taken(blueprint: &str, identifier: &str) -> Refusal {
    Refusal::identifier_taken(format!(
        "The blueprint {blueprint:?} has an entity {identifier:?} already; add upsert=true to change it, or choose another identifier."
    ))
}
