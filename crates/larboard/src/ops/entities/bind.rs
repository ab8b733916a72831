//! Binding entity writes to a run (facts/actions.md 1.10): which runs may be bound to, and what the run shows of it.

use super::Writer;
use crate::caller::Caller;
use crate::ops::audit::{Author, Change};
use crate::ops::runs::{not_found, save};
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::entity::Entity;
use larboard_core::run::Run;
use larboard_store::audit::EventRow;
use larboard_store::runs::RunContext;
use larboard_store::{Tx, audit, runs};

/// The run, if entities may be bound to it.
///
/// # Errors
/// `not_found`, 400 `run_exhausted` once it has ended, `run_not_in_progress` before it has begun.
pub(super) fn check(tx: &mut Tx<'_>, run_id: &str) -> Outcome<(Run, RunContext)> {
    let (run, context) = runs::find_with_context(tx, run_id)?.ok_or_else(|| not_found(run_id))?;
    run.check_binding()?;
    Ok((run, context))
}

/// The first entity made under a CREATE run becomes the run's (A8).
pub(super) fn entity(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    run: Run,
    context: &RunContext,
    entity: &Entity,
) -> Outcome<()> {
    let mut after = run.clone();
    if !after.bind_entity(&entity.blueprint, &entity.identifier) {
        return Ok(());
    }
    after.updated_at = writer.now;
    writer.caller.id().clone_into(&mut after.updated_by);
    let mut context = context.clone();
    context.entity = Some(runs::Reference {
        title: entity.title.clone(),
        icon: entity.icon.clone(),
    });
    save(
        tx,
        writer.app,
        &Author::caller(writer.caller),
        &run,
        &after,
        &context,
        writer.now,
    )
}

/// A refused write that named a run is among the run's events, with its reason, in a transaction of its own (invariant 3).
pub(super) async fn record_refusal(
    app: &App,
    caller: &Caller,
    run_id: Option<&str>,
    blueprint: &str,
    identifier: Option<&str>,
    failure: &Failure,
) {
    let (Some(run_id), Failure::Refused(refusal)) = (run_id, failure) else {
        return;
    };
    let (app_, caller, run_id, now) = (app.clone(), caller.clone(), run_id.to_owned(), app.now());
    let (blueprint, identifier, message) = (
        blueprint.to_owned(),
        identifier.map(str::to_owned),
        refusal.message.clone(),
    );
    let recorded = app
        .store
        .write(move |tx| {
            if runs::find(tx, &run_id)?.is_none() {
                return Ok(());
            }
            let event = EventRow {
                status: "FAILURE".into(),
                blueprint: Some(blueprint.clone()),
                entity: identifier.clone(),
                run_id: Some(run_id.clone()),
                message: Some(message.clone()),
                ..Author::caller(&caller).event(app_.ids.as_ref(), now, "entity", Change::Update)
            };
            audit::append(tx, &event)?;
            Ok::<_, Failure>(())
        })
        .await;
    if let Err(error) = recorded {
        tracing::warn!(?error, "a refused write could not be recorded on its run");
    }
}
