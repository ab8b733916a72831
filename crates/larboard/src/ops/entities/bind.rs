//! Binding entity writes to a run (facts/actions.md 1.10): which runs may be bound to, and what the run shows of it.

use super::Writer;
use crate::caller::Caller;
use crate::ops::audit::{Author, Change};
use crate::ops::runs::{get, not_found, save};
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::entity::Entity;
use larboard_core::run::Run;
use larboard_store::audit::EventRow;
use larboard_store::runs::Binding;
use larboard_store::{Tx, audit, runs};

/// What is to be known of a run that entities may be bound to.
///
/// # Errors
/// `not_found`, 400 `run_exhausted` once it has ended, `run_not_in_progress` before it has begun.
pub(in crate::ops) fn check(tx: &mut Tx<'_>, run_id: &str) -> Outcome<Binding> {
    let binding = runs::find_binding(tx, run_id)?.ok_or_else(|| not_found(run_id))?;
    Run::check_binding_to(run_id, binding.status)?;
    Ok(binding)
}

/// The first entity made under a CREATE run becomes the run's (A8). Whether the run has its entity now.
pub(super) fn entity(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    run_id: &str,
    entity: &Entity,
) -> Outcome<bool> {
    let (mut run, mut context) = get(tx, run_id)?;
    let before = run.clone();
    if !run.bind_entity(&entity.blueprint, &entity.identifier) {
        return Ok(run.entity.is_some());
    }
    run.updated_at = writer.now;
    writer.caller.id().clone_into(&mut run.updated_by);
    context.entity = Some(runs::Reference {
        title: entity.title.clone(),
        icon: entity.icon.clone(),
    });
    let author = &writer.author;
    save(tx, writer.app, author, &before, &run, &context, writer.now)?;
    Ok(true)
}

/// A write that was refused: what it would have done, to which entity as far as that is known, and why not.
pub(super) struct RefusedWrite {
    pub(super) change: Change,
    pub(super) identifier: Option<String>,
    pub(super) message: String,
}

impl RefusedWrite {
    /// The record of a refused write; `None` if the failure was the server's own.
    pub(super) fn of(
        change: Change,
        identifier: Option<String>,
        failure: &Failure,
    ) -> Option<Self> {
        match failure {
            Failure::Refused(refusal) => Some(Self {
                change,
                identifier,
                message: refusal.message.clone(),
            }),
            _ => None,
        }
    }
}

/// Refused writes that named a run are among the run's events, with their reasons, in a transaction
/// of their own (invariant 3).
pub(super) async fn record_refusals(
    app: &App,
    caller: &Caller,
    run_id: Option<&str>,
    blueprint: &str,
    refused: Vec<RefusedWrite>,
) {
    let Some(run_id) = run_id.filter(|_| !refused.is_empty()) else {
        return;
    };
    let (app_, caller, run_id, now) = (app.clone(), caller.clone(), run_id.to_owned(), app.now());
    let blueprint = blueprint.to_owned();
    let scrubber = app.directory.load().scrubber.clone();
    let recorded = app
        .store
        .write(move |tx| {
            if runs::find(tx, &run_id)?.is_none() {
                return Ok(());
            }
            for write in &refused {
                let author = Author::caller(&caller);
                let event = EventRow {
                    status: "FAILURE".into(),
                    blueprint: Some(blueprint.clone()),
                    entity: write.identifier.clone(),
                    run_id: Some(run_id.clone()),
                    message: Some(scrubber.text(&write.message).into_owned()),
                    ..author.event(app_.ids.as_ref(), now, "entity", write.change)
                };
                audit::append(tx, &event)?;
            }
            Ok::<_, Failure>(())
        })
        .await;
    if let Err(error) = recorded {
        tracing::warn!(?error, "refused writes could not be recorded on their run");
    }
}
