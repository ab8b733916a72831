//! Many writes of one request, in one transaction: each is accepted or refused alone.

use super::bind::{self, RefusedWrite};
use super::stored::parse_keeping;
use super::{Halt, Options, Prepared, Writer, Written};
use crate::caller::Caller;
use crate::ops::audit::Change;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::{Failure, Outcome, people};
use crate::state::App;
use larboard_core::blueprint::system;
use larboard_core::refusal::Refusal;
use larboard_store::{Tx, entities};
use std::collections::HashMap;
use std::sync::Arc;

/// One item of a bulk write as it was read: ready to be written, or refused already, with the identifier as far as it is
/// known.
pub type Read = Result<Prepared, (Option<String>, Refusal)>;

/// One item of a bulk write: what was done, or why it was not, with the identifier as far as it is known.
pub type Item = Result<Written, (Option<String>, Failure)>;

/// Writes many entities in one transaction; one that is refused leaves the others alone.
///
/// # Errors
/// If the database fails, or nothing can be bound to the run; then nothing is written.
pub async fn write_all(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    items: Vec<Read>,
    options: Options,
) -> Outcome<Vec<Item>> {
    let run_id = options.bound_run().map(str::to_owned);
    let (items, options) = (Arc::new(items), Arc::new(options));
    // A savepoint for each item costs more than the item. Hardly any item is refused after it has written something,
    // so it is tried without them first.
    let result = match transact(app, caller, blueprint, &items, &options, Undo::Everything).await {
        Ok(None) => transact(app, caller, blueprint, &items, &options, Undo::Item).await,
        other => other,
    };
    let refused = |identifier: &Option<String>, failure: &Failure| {
        RefusedWrite::of(Change::Update, identifier.clone(), failure)
    };
    match result {
        Ok(done) => {
            let done = done.unwrap_or_default();
            let all = done.iter().filter_map(|item| item.as_ref().err());
            let refused = all
                .filter_map(|(id, failure)| refused(id, failure))
                .collect();
            bind::record_refusals(app, caller, run_id.as_deref(), blueprint, refused).await;
            people::reload_after(app, blueprint).await;
            Ok(done)
        }
        Err(failure) => {
            let refused = refused(&None, &failure).into_iter().collect();
            bind::record_refusals(app, caller, run_id.as_deref(), blueprint, refused).await;
            Err(failure)
        }
    }
}

/// What is undone of a bulk write when one of its items is refused after it has written something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undo {
    Everything,
    Item,
}

/// Writes the items. `None` if nothing was written because one of them has to be undone alone.
async fn transact(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    items: &Arc<Vec<Read>>,
    options: &Arc<Options>,
    undo: Undo,
) -> Outcome<Option<Vec<Item>>> {
    let (app_, caller_, now) = (app.clone(), caller.clone(), app.now());
    let (items, options, blueprint) = (items.clone(), options.clone(), blueprint.to_owned());
    let result = app
        .store
        .write(move |tx| {
            let writer = Writer::new(&app_, &caller_, now, &options);
            writer.check_run(tx)?;
            writer.read_ahead(tx, &blueprint, &items)?;
            writer.gather_updates(tx, &blueprint, undo)?;
            let mut done: Vec<Item> = Vec::with_capacity(items.len());
            for item in items.iter() {
                let prepared = match item {
                    Ok(prepared) => prepared,
                    Err((identifier, refusal)) => {
                        done.push(Err((identifier.clone(), refusal.clone().into())));
                        continue;
                    }
                };
                writer.wrote.set(false);
                let written = match undo {
                    Undo::Everything => writer.write(tx, prepared),
                    Undo::Item => tx.savepoint(|tx| writer.write(tx, prepared)),
                };
                done.push(match written {
                    Ok(written) => Ok(written),
                    Err(Failure::Refused(_)) if undo == Undo::Everything && writer.wrote.get() => {
                        return Err(Halt::Undone(None));
                    }
                    Err(failure @ Failure::Refused(_)) => Err((prepared.subject(), failure)),
                    Err(failure) => return Err(Halt::Failed(failure)),
                });
            }
            writer.write_updates(tx)?;
            writer.write_results(tx)?;
            if options.validation_only {
                return Err(Halt::Undone(Some(done)));
            }
            Ok(Some(done))
        })
        .await;
    match result {
        Ok(done) | Err(Halt::Undone(done)) => Ok(done),
        Err(Halt::Failed(failure)) => Err(failure),
    }
}

impl Writer<'_> {
    /// Reads what is stored of the entities of many writes to one blueprint at once.
    fn read_ahead(&self, tx: &mut Tx<'_>, blueprint: &str, items: &[Read]) -> Outcome<()> {
        let prepared = items.iter().filter_map(|item| item.as_ref().ok());
        let named: Vec<String> = prepared.filter_map(Prepared::subject).collect();
        // Writing one that stands for a person or a team may change others.
        if named.len() < 2 || system::is_system(blueprint) {
            return Ok(());
        }
        let found = entities::find_many(tx, blueprint, &named)?;
        let mut known: HashMap<_, _> = named.into_iter().map(|name| (name, None)).collect();
        for row in found {
            let (entity, texts) = parse_keeping(row)?;
            known.insert(entity.identifier.clone(), Some((entity, texts)));
        }
        self.known.replace(known);
        Ok(())
    }

    /// Lets the rows of entities that are there wait for one another where nothing in between reads them: scorecards and
    /// inherited teams may depend on other entities of the request.
    fn gather_updates(&self, tx: &mut Tx<'_>, blueprint: &str, undo: Undo) -> Outcome<()> {
        if undo == Undo::Item || system::is_system(blueprint) {
            return Ok(());
        }
        let compiled = self.app.catalog.blueprint_in(tx, blueprint)?;
        let depends = |compiled: &CompiledBlueprint| {
            !compiled.scorecards.is_empty() || compiled.blueprint.team_path().is_some()
        };
        if compiled
            .as_deref()
            .is_some_and(|compiled| !depends(compiled))
        {
            self.updates.replace(Some(Vec::new()));
        }
        if let Some(compiled) = compiled
            .as_ref()
            .filter(|compiled| !compiled.scorecards.is_empty())
        {
            let named: Vec<String> = self.known.borrow().keys().cloned().collect();
            self.read_results_ahead(tx, compiled, &named)?;
        }
        self.blueprint.replace(compiled);
        Ok(())
    }

    /// Writes the rows that wait. Whoever reads an entity calls this before.
    pub(super) fn write_updates(&self, tx: &mut Tx<'_>) -> Outcome<()> {
        if let Some(updates) = self.updates.borrow_mut().as_mut() {
            entities::update_many(tx, &std::mem::take(updates))?;
        }
        Ok(())
    }
}
