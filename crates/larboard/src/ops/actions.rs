//! Changes of actions, in today's shape and through the legacy routes of a blueprint.

use super::audit::{Author, Change};
use super::{Failure, Outcome};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::action::{Action, ActionMeta};
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use larboard_store::actions::{self, ActionRow};
use larboard_store::audit::EventRow;
use larboard_store::{StoreError, Tx, audit, blueprints};
use serde_json::Value;

/// What the server adds to an action's document.
pub fn meta(row: &ActionRow) -> ActionMeta {
    ActionMeta {
        id: row.id.clone(),
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        updated_at: row.updated_at,
        updated_by: row.updated_by.clone(),
    }
}

/// The action of a row.
///
/// # Errors
/// If the stored document is no action.
pub fn parse(row: &ActionRow) -> Outcome<Action> {
    Action::from_stored(
        serde_json::from_str(&row.doc)?,
        row.legacy_blueprint.clone(),
    )
    .ok_or_else(|| {
        Failure::Internal(format!(
            "the stored action {:?} is no object",
            row.identifier
        ))
    })
}

/// An action in today's shape.
///
/// # Errors
/// If the stored document is no action.
pub fn today(row: &ActionRow) -> Outcome<Value> {
    Ok(parse(row)?.to_today_json(&meta(row)))
}

/// An action in the legacy shape; `None` for an automation.
///
/// # Errors
/// If the stored document is no action.
pub fn legacy(row: &ActionRow) -> Outcome<Option<Value>> {
    Ok(parse(row)?.to_legacy_json(&meta(row)))
}

/// The refusal of an unknown action.
pub fn not_found(identifier: &str) -> Refusal {
    Refusal::not_found(format!(
        "There is no action {identifier:?}. GET /v1/actions lists those there are."
    ))
}

/// The action of an identifier that belongs to `blueprint`, as the legacy routes see it.
///
/// # Errors
/// `not_found`.
pub fn get_of_blueprint(tx: &mut Tx<'_>, blueprint: &str, identifier: &str) -> Outcome<ActionRow> {
    actions::find(tx, identifier)?
        .filter(|row| row.blueprint.as_deref() == Some(blueprint))
        .ok_or_else(|| {
            Refusal::not_found(format!(
                "The blueprint {blueprint:?} has no action {identifier:?}."
            ))
            .into()
        })
}

/// Makes an action.
///
/// # Errors
/// `identifier_taken`, and `not_found` if a legacy action's blueprint is not there.
pub async fn create(app: &App, caller: &Caller, action: Action) -> Outcome<ActionRow> {
    let (app_, caller, id, now) = (
        app.clone(),
        caller.clone(),
        app.ids.id(Kind::Action),
        app.now(),
    );
    app.store
        .write(move |tx| {
            check_blueprint(tx, &action)?;
            if actions::find(tx, action.identifier())?.is_some() {
                return Err(taken(action.identifier()).into());
            }
            let row = row(&action, &id, now, caller.id());
            insert(tx, &row)?;
            append(tx, &app_, &caller, Change::Create, None, Some(&row))?;
            Ok(row)
        })
        .await
}

/// Replaces an action, which the body may rename.
///
/// # Errors
/// `not_found`, and `identifier_taken` if the new identifier is in use.
pub async fn replace(
    app: &App,
    caller: &Caller,
    identifier: &str,
    action: Action,
) -> Outcome<ActionRow> {
    let (app_, caller, identifier, now) = (
        app.clone(),
        caller.clone(),
        identifier.to_owned(),
        app.now(),
    );
    let row = app
        .store
        .write(move |tx| {
            check_blueprint(tx, &action)?;
            let before = actions::find(tx, &identifier)?.ok_or_else(|| not_found(&identifier))?;
            if action.identifier() != before.identifier
                && actions::find(tx, action.identifier())?.is_some()
            {
                return Err(taken(action.identifier()).into());
            }
            rewrite(tx, &app_, &caller, &before, &action, now)
        })
        .await?;
    app.catalog.forget_action(&row.identifier);
    Ok(row)
}

/// Replaces the legacy actions of a blueprint by `list` (facts/addenda.md: actions made elsewhere stay).
///
/// # Errors
/// `not_found` for the blueprint, `identifier_taken` for an identifier in use elsewhere; nothing is changed then.
pub async fn replace_legacy(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    list: Vec<Action>,
) -> Outcome<Vec<ActionRow>> {
    let (app_, caller, blueprint, now) =
        (app.clone(), caller.clone(), blueprint.to_owned(), app.now());
    let fresh: Vec<String> = list.iter().map(|_| app.ids.id(Kind::Action)).collect();
    app.store
        .write(move |tx| {
            super::blueprints::check_exists(tx, &blueprint)?;
            let before = actions::list_legacy(tx, &blueprint)?;
            for gone in before.iter().filter(|row| {
                !list
                    .iter()
                    .any(|action| action.identifier() == row.identifier)
            }) {
                actions::delete(tx, &gone.identifier)?;
                append(tx, &app_, &caller, Change::Delete, Some(gone), None)?;
            }
            let mut rows = Vec::with_capacity(list.len());
            for (action, id) in list.iter().zip(&fresh) {
                match before
                    .iter()
                    .find(|row| row.identifier == action.identifier())
                {
                    Some(known) => rows.push(rewrite(tx, &app_, &caller, known, action, now)?),
                    None => {
                        if actions::find(tx, action.identifier())?.is_some() {
                            return Err(taken(action.identifier()).into());
                        }
                        let row = row(action, id, now, caller.id());
                        insert(tx, &row)?;
                        append(tx, &app_, &caller, Change::Create, None, Some(&row))?;
                        rows.push(row);
                    }
                }
            }
            Ok(rows)
        })
        .await
}

/// Deletes an action; its runs stay. `blueprint` is set by the legacy route, which reaches only its own actions.
///
/// # Errors
/// `not_found`.
pub async fn delete(
    app: &App,
    caller: &Caller,
    blueprint: Option<&str>,
    identifier: &str,
) -> Outcome<()> {
    let (app_, caller, identifier) = (app.clone(), caller.clone(), identifier.to_owned());
    let blueprint = blueprint.map(str::to_owned);
    app.store
        .write(move |tx| {
            let before = match &blueprint {
                Some(blueprint) => get_of_blueprint(tx, blueprint, &identifier)?,
                None => actions::find(tx, &identifier)?.ok_or_else(|| not_found(&identifier))?,
            };
            actions::delete(tx, &before.identifier)?;
            append(tx, &app_, &caller, Change::Delete, Some(&before), None)
        })
        .await
}

pub(super) fn rewrite(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    before: &ActionRow,
    action: &Action,
    now: larboard_core::time::Timestamp,
) -> Outcome<ActionRow> {
    let after = ActionRow {
        revision: before.revision + 1,
        created_at: before.created_at,
        created_by: before.created_by.clone(),
        ..row(action, &before.id, now, caller.id())
    };
    match actions::update(tx, &before.identifier, &after) {
        Err(StoreError::Unique { .. }) => return Err(taken(&after.identifier).into()),
        other => other?,
    };
    if (&before.doc, &before.legacy_blueprint) != (&after.doc, &after.legacy_blueprint) {
        append(tx, app, caller, Change::Update, Some(before), Some(&after))?;
    }
    Ok(after)
}

fn row(action: &Action, id: &str, now: larboard_core::time::Timestamp, by: &str) -> ActionRow {
    ActionRow {
        identifier: action.identifier().to_owned(),
        id: id.to_owned(),
        title: action.title().map(str::to_owned),
        icon: action.icon().map(str::to_owned),
        blueprint: action.blueprint().map(str::to_owned),
        trigger_type: action.trigger_type().to_owned(),
        operation: action
            .operation()
            .map(|operation| operation.as_str().to_owned()),
        legacy_blueprint: action.legacy_blueprint().map(str::to_owned),
        doc: Value::Object(action.doc().clone()).to_string(),
        revision: now.as_millis(),
        created_at: now,
        created_by: by.to_owned(),
        updated_at: now,
        updated_by: by.to_owned(),
    }
}

fn insert(tx: &mut Tx<'_>, row: &ActionRow) -> Outcome<()> {
    match actions::insert(tx, row) {
        Err(StoreError::Unique { .. }) => Err(taken(&row.identifier).into()),
        other => Ok(other?),
    }
}

fn check_blueprint(tx: &mut Tx<'_>, action: &Action) -> Outcome<()> {
    // Only the legacy route names its blueprint in the path; elsewhere it matters at execution alone.
    match action.legacy_blueprint() {
        Some(blueprint) if blueprints::find_revision(tx, blueprint)?.is_none() => {
            Err(super::blueprints::not_found(blueprint).into())
        }
        _ => Ok(()),
    }
}

fn taken(identifier: &str) -> Refusal {
    Refusal::identifier_taken(format!(
        "There is an action {identifier:?} already; choose another identifier or PUT that one."
    ))
}

fn append(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    change: Change,
    before: Option<&ActionRow>,
    after: Option<&ActionRow>,
) -> Outcome<()> {
    let shown = |row: &ActionRow| today(row).map(|value| value.to_string());
    let subject = after.or(before);
    let event = EventRow {
        blueprint: subject.and_then(|row| row.blueprint.clone()),
        action_identifier: subject.map(|row| row.identifier.clone()),
        before: before.map(shown).transpose()?,
        after: after.map(shown).transpose()?,
        ..Author::caller(caller).event(app.ids.as_ref(), app.now(), "action", change)
    };
    audit::append(tx, &event)?;
    Ok(())
}
