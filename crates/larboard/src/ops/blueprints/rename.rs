//! Renaming a blueprint, or a property, mirror or relation of one: values, documents that name it, and events follow, all in
//! one transaction, so that no reader sees half of it.

use super::{append, not_found, row, stamps, taken};
use crate::caller::Caller;
use crate::ops::audit::Change;
use crate::ops::{Failure, Outcome, actions as action_ops, permissions, scorecards};
use crate::state::App;
use larboard_core::action::Action;
use larboard_core::blueprint::Blueprint;
use larboard_core::blueprint::rename::{Renamed, Renaming};
use larboard_core::names::replace_blueprint;
use larboard_core::time::Timestamp;
use larboard_store::blueprints::{self, BlueprintRow};
use larboard_store::{Tx, actions, entities, migrations, relations, runs};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Entities rewritten at once.
const PAGE: i64 = 500;

/// What follows a blueprint to its new identifier: other blueprints, actions, runs, migrations. Its entities follow by key.
pub(super) fn follow_blueprint(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    from: &str,
    to: &str,
    now: Timestamp,
) -> Outcome<()> {
    if blueprints::find_revision(tx, to)?.is_some() {
        return Err(taken(to).into());
    }
    for before in blueprints::list(tx)?
        .iter()
        .filter(|row| row.identifier != from)
    {
        if let Some(after) = Blueprint::from_stored(&before.doc)?.retargeted(from, to) {
            save(tx, app, caller, before, &after, now)?;
        }
    }
    for before in actions::list(tx)? {
        let mut document: Map<String, Value> = serde_json::from_str(&before.doc)?;
        let named = follow_in_action(&mut document, from, to);
        let legacy = before.legacy_blueprint.as_deref() == Some(from);
        if !named && !legacy {
            continue;
        }
        let legacy = if legacy {
            Some(to.to_owned())
        } else {
            before.legacy_blueprint.clone()
        };
        let action = Action::from_stored(Value::Object(document), legacy);
        let action =
            action.ok_or_else(|| Failure::Internal("a stored action is no object".into()))?;
        action_ops::rewrite(tx, app, caller, &before, &action, now)?;
    }
    for before in migrations::list(tx)? {
        let mut mapping: Value = serde_json::from_str(&before.mapping)?;
        let named = replace_blueprint(&mut mapping, from, to);
        if named || before.source_blueprint == from {
            let source = if before.source_blueprint == from {
                to
            } else {
                &before.source_blueprint
            };
            let after = migrations::MigrationRow {
                source_blueprint: source.to_owned(),
                mapping: mapping.to_string(),
                ..before.clone()
            };
            migrations::update(tx, &after)?;
        }
    }
    runs::rename_blueprint(tx, from, to)?;
    Ok(())
}

/// The parts of an action in which a blueprint is named as such; bodies and templates are the author's own text.
fn follow_in_action(document: &mut Map<String, Value>, from: &str, to: &str) -> bool {
    let mut named = false;
    for key in ["trigger", "userInputs"] {
        if let Some(part) = document.get_mut(key) {
            named |= replace_blueprint(part, from, to);
        }
    }
    for path in [
        &["blueprint"][..],
        &["invocationMethod", "blueprintIdentifier"],
    ] {
        let mut steps = path.iter();
        let first = steps.next().and_then(|key| document.get_mut(*key));
        let place = steps.fold(first, |at, key| at.and_then(|value| value.get_mut(*key)));
        if let Some(place) = place
            && *place == *from
        {
            *place = to.into();
            named = true;
        }
    }
    named
}

/// Renames a property, mirror or relation.
///
/// # Errors
/// `not_found`, `identifier_taken` for a name in use.
pub async fn name(
    app: &App,
    caller: &Caller,
    identifier: &str,
    kind: Renamed,
    from: &str,
    to: String,
) -> Outcome<BlueprintRow> {
    let renaming = Renaming {
        blueprint: identifier.to_owned(),
        kind,
        from: from.to_owned(),
        to,
    };
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    let row = app
        .store
        .write(move |tx| apply(tx, &app_, &caller, &renaming, now))
        .await?;
    app.catalog.forget_blueprint(identifier);
    Ok(row)
}

fn apply(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    renaming: &Renaming,
    now: Timestamp,
) -> Outcome<BlueprintRow> {
    let id = &renaming.blueprint;
    let rows = blueprints::list(tx)?;
    let mut known = HashMap::new();
    for row in &rows {
        known.insert(row.identifier.clone(), Blueprint::from_stored(&row.doc)?);
    }
    let before = rows
        .iter()
        .find(|row| row.identifier == *id)
        .ok_or_else(|| not_found(id))?;
    let own = known
        .get(id)
        .ok_or_else(|| not_found(id))?
        .renamed(renaming)?;
    if renaming.from == renaming.to {
        return Ok(before.clone());
    }
    let target_of = |blueprint: &str, relation: &str| {
        let relation = known.get(blueprint)?.relations().get(relation)?;
        Some(relation.target.clone())
    };
    let own = own.following(renaming, &target_of).unwrap_or(own);
    let after = save(tx, app, caller, before, &own, now)?;
    for row in rows.iter().filter(|row| row.identifier != *id) {
        let other = known.get(&row.identifier);
        if let Some(other) = other.and_then(|other| other.following(renaming, &target_of)) {
            save(tx, app, caller, row, &other, now)?;
        }
    }
    permissions::follow(tx, renaming)?;
    scorecards::follow(tx, app, caller, renaming, now)?;
    move_values(tx, renaming)?;
    Ok(after)
}

fn save(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    before: &BlueprintRow,
    after: &Blueprint,
    now: Timestamp,
) -> Outcome<BlueprintRow> {
    let stamps = stamps(before).rewritten(now, caller.id());
    let after = row(after, before.revision + 1, &stamps);
    blueprints::update(tx, &before.identifier, &after)?;
    append(
        tx,
        app,
        caller,
        Change::Update,
        Some(before),
        Some(&after),
        now,
    )?;
    Ok(after)
}

/// Stored values and links get the new name; a mirror has none.
fn move_values(tx: &mut Tx<'_>, renaming: &Renaming) -> Outcome<()> {
    if renaming.kind == Renamed::Mirror {
        return Ok(());
    }
    let (blueprint, from, to) = (&renaming.blueprint, &renaming.from, &renaming.to);
    let mut after: Option<String> = None;
    loop {
        let page = entities::list_after(tx, blueprint, after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.identifier.clone());
        for mut row in page {
            let text = match renaming.kind {
                Renamed::Relation => &mut row.relations,
                _ => &mut row.properties,
            };
            if let Some(moved) = with_key_renamed(text, from, to)? {
                *text = moved;
                entities::update(tx, &row)?;
            }
        }
    }
    if renaming.kind == Renamed::Relation {
        relations::rename_relation(tx, blueprint, from, to)?;
    }
    Ok(())
}

/// The object with a key renamed in its place; `None` if it has no such key.
fn with_key_renamed(text: &str, from: &str, to: &str) -> Outcome<Option<String>> {
    let object: Map<String, Value> = serde_json::from_str(text)?;
    if !object.contains_key(from) {
        return Ok(None);
    }
    let renamed: Map<String, Value> = object
        .into_iter()
        .map(|(key, value)| {
            if key == from {
                (to.to_owned(), value)
            } else {
                (key, value)
            }
        })
        .collect();
    Ok(Some(Value::Object(renamed).to_string()))
}
