//! Changes of runs: the PATCH of a backend, and what its lines and answers end.

use super::audit::{Author, Change};
use super::{Failure, Outcome};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::refusal::{Code, Refusal};
use larboard_core::run::{Run, RunPatch, RunView};
use larboard_core::time::Timestamp;
use larboard_store::audit::EventRow;
use larboard_store::runs::RunContext;
use larboard_store::{StoreError, Tx, audit, deliveries, runs};

/// A run and what it refers to, or a refusal that names the id.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Outcome<(Run, RunContext)> {
    runs::find_with_context(tx, id)?.ok_or_else(|| not_found(id).into())
}

/// The refusal of an unknown run.
pub fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!(
        "There is no run {id:?}. GET /v1/actions/runs lists those there are."
    ))
}

/// Whether `caller` may report on `run`: machines and administrators on any, members on their own.
///
/// # Errors
/// `missing_permissions`.
pub fn check_reporter(caller: &Caller, run: &Run) -> Result<(), Refusal> {
    if caller.is_admin() || run.created_by == caller.id() {
        return Ok(());
    }
    Err(Refusal::new(
        Code::MissingPermissions,
        format!(
            "Run {:?} was started by someone else; only they, administrators and apps may change it.",
            run.id
        ),
    ))
}

/// Applies a PATCH.
///
/// # Errors
/// What the state of the run forbids; nothing is changed then.
pub async fn patch(
    app: &App,
    caller: &Caller,
    id: &str,
    mut patch: RunPatch,
) -> Outcome<(Run, RunContext)> {
    patch.scrub(&app.directory.load().scrubber);
    let (app_, caller, id) = (app.clone(), caller.clone(), id.to_owned());
    let now = app.now();
    app.store
        .write(move |tx| {
            let (before, context) = get(tx, &id)?;
            check_reporter(&caller, &before)?;
            let mut after = before.clone();
            after.patch(&patch, caller.id(), now)?;
            save(
                tx,
                &app_,
                &Author::caller(&caller),
                &before,
                &after,
                &context,
                now,
            )?;
            Ok((after, context))
        })
        .await
}

/// Writes a changed run with its event; a run that ends cancels what was still to be delivered. A change that changes
/// nothing but `updatedAt` appends no event.
pub fn save(
    tx: &mut Tx<'_>,
    app: &App,
    author: &Author<'_>,
    before: &Run,
    after: &Run,
    context: &RunContext,
    now: Timestamp,
) -> Outcome<()> {
    if !runs::update_open(tx, after)? {
        // It ended between the read and this write, which only a database without serial writes could do.
        return Err(Failure::Store(StoreError::Conflict));
    }
    let touched = Run {
        updated_at: after.updated_at,
        updated_by: after.updated_by.clone(),
        ..before.clone()
    };
    if touched != *after {
        audit::append(tx, &event(app, author, Some(before), after, context, now))?;
    }
    if after.ended_at.is_some() {
        deliveries::cancel_of_run(tx, &after.id, now)?;
    }
    Ok(())
}

/// The event of a run's creation (`before` is `None`) or change.
pub fn event(
    app: &App,
    author: &Author<'_>,
    before: Option<&Run>,
    after: &Run,
    context: &RunContext,
    now: Timestamp,
) -> EventRow {
    let change = if before.is_some() {
        Change::Update
    } else {
        Change::Create
    };
    EventRow {
        blueprint: after.blueprint.clone(),
        entity: after.entity.clone(),
        run_id: Some(after.id.clone()),
        action_identifier: Some(after.action.clone()),
        before: before.map(|run| v2(run, context)),
        after: Some(v2(after, context)),
        ..author.event(app.ids.as_ref(), now, "run", change)
    }
}

/// A run in its second shape, as text.
pub fn v2(run: &Run, context: &RunContext) -> String {
    let mut text = Vec::with_capacity(1024);
    view(run, context, &[]).write_v2(&mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// A run with what it refers to, ready to be written.
pub fn view<'a>(run: &'a Run, context: &'a RunContext, exclude: &'a [String]) -> RunView<'a> {
    RunView {
        run,
        action: super::named(context.action.as_ref()),
        blueprint: super::named(context.blueprint.as_ref()),
        entity: super::named(context.entity.as_ref()),
        exclude,
    }
}
