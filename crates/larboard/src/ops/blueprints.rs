//! Changes of blueprints, and what follows from them for entities, other blueprints and runs. `blueprints/rename.rs` renames.

pub mod rename;

use super::audit::{Author, Change};
use super::{Failure, Outcome, pages};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::blueprint::paths::Known;
use larboard_core::blueprint::{Blueprint, BlueprintChanges, Stamps, system};
use larboard_core::refusal::{Code, Refusal};
use larboard_core::time::Timestamp;
use larboard_store::audit::EventRow;
use larboard_store::blueprints::{self, BlueprintRow};
use larboard_store::{StoreError, Tx, actions, audit, entities, relations, scorecards};
use serde_json::{Map, Value};

/// Entities rewritten at once when a blueprint drops a property.
const PAGE: i64 = 500;

/// How the body of a change is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// PUT.
    Replace,
    /// PATCH.
    Merge,
}

/// A blueprint as the API shows it.
///
/// # Errors
/// If the stored document is no blueprint.
pub fn shape(row: &BlueprintRow) -> Outcome<Value> {
    Ok(Blueprint::from_stored(&row.doc)?.render(&stamps(row)))
}

fn stamps(row: &BlueprintRow) -> Stamps {
    Stamps {
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        updated_at: row.updated_at,
        updated_by: row.updated_by.clone(),
    }
}

/// The refusal of an unknown blueprint.
pub fn not_found(identifier: &str) -> Refusal {
    Refusal::not_found(format!(
        "There is no blueprint {identifier:?}. GET /v1/blueprints lists those there are."
    ))
}

/// Refuses an unknown blueprint.
///
/// # Errors
/// `not_found`.
pub fn check_exists(tx: &mut Tx<'_>, identifier: &str) -> Outcome<()> {
    match blueprints::find_revision(tx, identifier)? {
        Some(_) => Ok(()),
        None => Err(not_found(identifier).into()),
    }
}

/// Makes a blueprint with the page of its entities, and with the page of its catalog if asked for.
///
/// # Errors
/// What is wrong with the body, `identifier_taken`, `not_found` for an unknown relation target.
pub async fn create(
    app: &App,
    caller: &Caller,
    body: Value,
    with_catalog_page: bool,
) -> Outcome<BlueprintRow> {
    let blueprint = Blueprint::create(body)?;
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    app.store
        .write(move |tx| {
            let row = row(&blueprint, now.as_millis(), &Stamps::new(now, caller.id()));
            if blueprints::find_revision(tx, &row.identifier)?.is_some() {
                return Err(taken(&row.identifier).into());
            }
            check_targets(tx, &blueprint)?;
            check_mirrors(tx, &blueprint, None)?;
            check_ownership(tx, &blueprint)?;
            match blueprints::insert(tx, &row) {
                Err(StoreError::Unique { .. }) => return Err(taken(&row.identifier).into()),
                other => other?,
            }
            append(tx, &app_, &caller, Change::Create, None, Some(&row), now)?;
            pages::of_new_blueprint(tx, &app_, &caller, &blueprint, with_catalog_page, now)?;
            Ok(row)
        })
        .await
}

/// Applies a PUT or PATCH, with everything that follows from it.
///
/// # Errors
/// What is wrong with the body, `not_found`, `identifier_taken` for the new identifier of a rename.
pub async fn update(
    app: &App,
    caller: &Caller,
    identifier: &str,
    body: Value,
    mode: Mode,
) -> Outcome<BlueprintRow> {
    let (app_, caller, id, now) = (
        app.clone(),
        caller.clone(),
        identifier.to_owned(),
        app.now(),
    );
    let row = app
        .store
        .write(move |tx| {
            let before = blueprints::find(tx, &id)?.ok_or_else(|| not_found(&id))?;
            let old = Blueprint::from_stored(&before.doc)?;
            let new = match mode {
                Mode::Replace => old.replace(body.clone())?,
                Mode::Merge => old.patch(body.clone())?,
            };
            let changes = new.changes_since(&old);
            let after = row(
                &new,
                before.revision + 1,
                &stamps(&before).rewritten(now, caller.id()),
            );
            if let Some(from) = &changes.renamed_from {
                rename::follow_blueprint(tx, &app_, &caller, from, &after.identifier, now)?;
            }
            check_targets(tx, &new)?;
            check_mirrors(tx, &new, Some(&old))?;
            if new.changes_ownership(&old) {
                check_ownership(tx, &new)?;
            }
            match blueprints::update(tx, &id, &after) {
                Err(StoreError::Unique { .. }) => return Err(taken(&after.identifier).into()),
                other => other?,
            };
            drop_values(tx, &after.identifier, &changes)?;
            if let Some(from) = &changes.renamed_from {
                pages::of_renamed_blueprint(tx, &app_, &caller, from, &after.identifier, now)?;
                super::scorecards::follow_blueprint(tx, &app_, &caller, &after.identifier, now)?;
            }
            if before.doc != after.doc {
                append(
                    tx,
                    &app_,
                    &caller,
                    Change::Update,
                    Some(&before),
                    Some(&after),
                    now,
                )?;
            }
            Ok::<_, Failure>(after)
        })
        .await?;
    app.catalog.forget_blueprint(identifier);
    app.catalog.forget_blueprint(&row.identifier);
    Ok(row)
}

/// Deletes a blueprint that has no entities and that no other relates to.
///
/// # Errors
/// `not_found`, `has_dependents`.
pub async fn delete(
    app: &App,
    caller: &Caller,
    identifier: &str,
    delete_actions: bool,
) -> Outcome<()> {
    let (app_, caller, id, now) = (
        app.clone(),
        caller.clone(),
        identifier.to_owned(),
        app.now(),
    );
    app.store
        .write(move |tx| remove(tx, &app_, &caller, &id, delete_actions, now))
        .await?;
    app.catalog.forget_blueprint(identifier);
    Ok(())
}

/// Deletes a blueprint with its pages, and with its actions if asked for.
///
/// # Errors
/// As for [`delete`].
pub(super) fn remove(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    id: &str,
    delete_actions: bool,
    now: Timestamp,
) -> Outcome<()> {
    let before = blueprints::find(tx, id)?.ok_or_else(|| not_found(id))?;
    check_deletable(id)?;
    let count = entities::count(tx, id)?;
    if count > 0 {
        return Err(dependents(format!(
            "The blueprint {id:?} has dependant entities (has_dependents): {count} of them. Delete those first."
        ))
        .into());
    }
    check_unrelated(tx, id)?;
    if delete_actions {
        for row in actions::list_of_blueprint(tx, id)? {
            actions::delete(tx, &row.identifier)?;
            let event = EventRow {
                blueprint: Some(id.to_owned()),
                action_identifier: Some(row.identifier.clone()),
                before: Some(super::actions::today(&row)?.to_string()),
                ..Author::caller(caller).event(app.ids.as_ref(), now, "action", Change::Delete)
            };
            audit::append(tx, &event)?;
        }
    }
    super::scorecards::delete_of_blueprint(tx, app, caller, id, now)?;
    pages::of_deleted_blueprint(tx, app, caller, id, now)?;
    blueprints::delete(tx, id)?;
    append(tx, app, caller, Change::Delete, Some(&before), None, now)
}

/// Refuses while a relation of another blueprint points to this one.
pub(super) fn check_unrelated(tx: &mut Tx<'_>, id: &str) -> Outcome<()> {
    for row in blueprints::list(tx)?
        .iter()
        .filter(|row| row.identifier != id)
    {
        let other = Blueprint::from_stored(&row.doc)?;
        let mut results = system::target_relations(&other);
        let mut targets = other.relation_targets();
        // The relation of results goes with the scorecards of the blueprint.
        if let Some((relation, _)) = targets
            .find(|(name, target)| *target == id && !results.any(|(result, _)| result == *name))
        {
            return Err(dependents(format!(
                "The relation {relation:?} of the blueprint {:?} points to {id:?} (has_dependents). Remove that relation first.",
                row.identifier
            ))
            .into());
        }
    }
    Ok(())
}

/// Refuses to delete what is always there.
///
/// # Errors
/// `invalid_request` for a system blueprint.
pub fn check_deletable(identifier: &str) -> Result<(), Refusal> {
    if system::is_system(identifier) {
        return Err(Refusal::invalid_request(format!(
            "{identifier:?} is a system blueprint and cannot be deleted; remove what was added to it instead."
        )));
    }
    Ok(())
}

fn check_targets(tx: &mut Tx<'_>, blueprint: &Blueprint) -> Outcome<()> {
    for (relation, target) in blueprint.relation_targets() {
        if target == system::RULE_RESULT {
            return Err(Refusal::new(
                Code::NotSupported,
                format!(
                    "relations.{relation}.target: results of rules are worked out when they are asked for, so nothing can \
                     relate to {target:?}; relate to {:?} and to the entity instead.",
                    system::RULE
                ),
            )
            .into());
        }
        if target != blueprint.identifier() && blueprints::find_revision(tx, target)?.is_none() {
            return Err(Refusal::not_found(format!(
                "relations.{relation}.target: there is no blueprint {target:?}; create it first."
            ))
            .into());
        }
    }
    Ok(())
}

/// Refuses mirrors that would stand on themselves.
fn check_mirrors(
    tx: &mut Tx<'_>,
    blueprint: &Blueprint,
    before: Option<&Blueprint>,
) -> Outcome<()> {
    let is_plain = blueprint.relations().is_empty() && blueprint.mirrors().is_empty();
    if is_plain || before.is_some_and(|before| !blueprint.leads_elsewhere(before)) {
        return Ok(());
    }
    let mut known = Known::new();
    for row in blueprints::list(tx)? {
        if before.is_none_or(|before| before.identifier() != row.identifier) {
            let other = Blueprint::from_stored(&row.doc)?;
            known.insert(row.identifier, other);
        }
    }
    known.insert(blueprint.identifier().to_owned(), blueprint.clone());
    Ok(blueprint.check_mirrors(&known)?)
}

/// Refuses teams inherited from where there are none.
fn check_ownership(tx: &mut Tx<'_>, blueprint: &Blueprint) -> Outcome<()> {
    blueprint.check_ownership(|identifier| {
        let row = blueprints::find(tx, identifier)?;
        let found = row.map(|row| Blueprint::from_stored(&row.doc)).transpose();
        found.map_err(Failure::from)
    })
}

/// Drops the stored values of what the blueprint no longer has.
fn drop_values(tx: &mut Tx<'_>, blueprint: &str, changes: &BlueprintChanges) -> Outcome<()> {
    for relation in &changes.removed_relations {
        relations::delete_relation(tx, blueprint, relation)?;
    }
    if changes.removed_relations.is_empty() && changes.removed_properties.is_empty() {
        return Ok(());
    }
    let mut after: Option<String> = None;
    loop {
        let page = entities::list_after(tx, blueprint, after.as_deref(), PAGE)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.identifier.clone());
        for mut row in page {
            let kept_properties = without(&row.properties, &changes.removed_properties)?;
            let kept_relations = without(&row.relations, &changes.removed_relations)?;
            if kept_properties.is_some() || kept_relations.is_some() {
                row.properties = kept_properties.unwrap_or(row.properties);
                row.relations = kept_relations.unwrap_or(row.relations);
                entities::update(tx, &row)?;
            }
        }
    }
}

/// The object without the keys; `None` if it has none of them.
fn without(text: &str, keys: &[String]) -> Outcome<Option<String>> {
    let mut object: Map<String, Value> = serde_json::from_str(text)?;
    let before = object.len();
    object.retain(|key, _| !keys.contains(key));
    Ok((object.len() < before).then(|| Value::Object(object).to_string()))
}

/// A system blueprint as it is without what was added to it.
///
/// # Errors
/// `not_found` for any other blueprint.
pub fn structure(tx: &mut Tx<'_>, identifier: &str) -> Outcome<Value> {
    let row = blueprints::find(tx, identifier)?;
    match (system::find(identifier), row) {
        (Some(blueprint), Some(row)) => Ok(blueprint.render(&stamps(&row))),
        _ => Err(Refusal::not_found(format!(
            "There is no system blueprint {identifier:?}; there are _user, _team, _scorecard, _rule and _rule_result."
        ))
        .into()),
    }
}

/// Gives results of rules a relation to each blueprint that has scorecards, and to no others. It is recorded as a change by
/// somebody, unless the server does it when it starts.
///
/// # Errors
/// If the database fails.
pub fn relate_results(tx: &mut Tx<'_>, by: Option<(&App, &Caller)>, now: Timestamp) -> Outcome<()> {
    let Some(before) = blueprints::find(tx, system::RULE_RESULT)? else {
        return Ok(());
    };
    let mut measured: Vec<(String, String)> = Vec::new();
    for scorecard in scorecards::list(tx)? {
        if !measured
            .iter()
            .any(|(known, _)| *known == scorecard.blueprint)
            && let Some(row) = blueprints::find(tx, &scorecard.blueprint)?
        {
            measured.push((row.identifier, row.title.unwrap_or_default()));
        }
    }
    let known = Blueprint::from_stored(&before.doc)?;
    let Some(grown) = system::with_targets(&known, &measured)? else {
        return Ok(());
    };
    let stamps = match by {
        Some((_, caller)) => stamps(&before).rewritten(now, caller.id()),
        None => stamps(&before),
    };
    let after = row(&grown, before.revision + 1, &stamps);
    blueprints::update(tx, &before.identifier, &after)?;
    match by {
        Some((app, caller)) => append(
            tx,
            app,
            caller,
            Change::Update,
            Some(&before),
            Some(&after),
            now,
        ),
        None => Ok(()),
    }
}

/// Makes the system blueprints that are not there, and gives those that an older version made what they come with now.
///
/// # Errors
/// If the database fails.
pub fn ensure_system(tx: &mut Tx<'_>, by: &str, now: Timestamp) -> Outcome<()> {
    for blueprint in system::all() {
        let Some(known) = blueprints::find(tx, blueprint.identifier())? else {
            let stamps = Stamps::new(now, by);
            blueprints::insert(tx, &row(&blueprint, now.as_millis(), &stamps))?;
            continue;
        };
        match Blueprint::from_stored(&known.doc)?.patch(Value::Object(Map::new())) {
            Ok(grown) if grown.to_text() != known.doc => {
                let after = row(&grown, known.revision + 1, &stamps(&known));
                blueprints::update(tx, &known.identifier, &after)?;
            }
            Ok(_) => {}
            // What was added under a name that it comes with now is the organization's to rename.
            Err(refusal) => tracing::warn!(
                blueprint = known.identifier,
                why = refusal.message,
                "a system blueprint lacks what it should come with"
            ),
        }
    }
    Ok(())
}

fn row(blueprint: &Blueprint, revision: i64, stamps: &Stamps) -> BlueprintRow {
    BlueprintRow {
        identifier: blueprint.identifier().to_owned(),
        title: Some(blueprint.title().to_owned()),
        icon: blueprint
            .document()
            .get("icon")
            .and_then(Value::as_str)
            .map(str::to_owned),
        doc: blueprint.to_text(),
        revision,
        created_at: stamps.created_at,
        created_by: stamps.created_by.clone(),
        updated_at: stamps.updated_at,
        updated_by: stamps.updated_by.clone(),
    }
}

fn taken(identifier: &str) -> Refusal {
    Refusal::identifier_taken(format!(
        "There is a blueprint {identifier:?} already; choose another identifier."
    ))
}

fn dependents(message: String) -> Refusal {
    Refusal::new(Code::HasDependents, message)
}

fn append(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    change: Change,
    before: Option<&BlueprintRow>,
    after: Option<&BlueprintRow>,
    now: Timestamp,
) -> Outcome<()> {
    let event = EventRow {
        blueprint: after.or(before).map(|row| row.identifier.clone()),
        before: before
            .map(|row| shape(row).map(|value| value.to_string()))
            .transpose()?,
        after: after
            .map(|row| shape(row).map(|value| value.to_string()))
            .transpose()?,
        ..Author::caller(caller).event(app.ids.as_ref(), now, "blueprint", change)
    };
    audit::append(tx, &event)?;
    Ok(())
}
