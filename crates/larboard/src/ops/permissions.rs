//! Who may do what with the entities of a blueprint: changing it, and holding writes of members against it. Administrators
//! and machines may do everything, so nothing is read for them.

use super::audit::{Author, Change};
use super::blueprints::check_exists;
use super::catalog_cache::CompiledBlueprint;
use super::computed::Computer;
use super::entities::Writer;
use super::{Failure, Outcome};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::blueprint::rename::Renaming;
use larboard_core::entity::Entity;
use larboard_core::permission::BlueprintPermissions;
use larboard_store::audit::EventRow;
use larboard_store::{Tx, audit, blueprint_permissions};
use serde_json::{Value, json};

/// The permissions of a blueprint.
///
/// # Errors
/// `not_found`.
pub fn get(tx: &mut Tx<'_>, blueprint: &str) -> Outcome<BlueprintPermissions> {
    check_exists(tx, blueprint)?;
    read(tx, blueprint)
}

fn read(tx: &mut Tx<'_>, blueprint: &str) -> Outcome<BlueprintPermissions> {
    match blueprint_permissions::find(tx, blueprint)? {
        Some(text) => Ok(BlueprintPermissions::from_stored(&text)?),
        None => Ok(BlueprintPermissions::default()),
    }
}

/// Applies a PATCH to the permissions of a blueprint.
///
/// # Errors
/// What is wrong with the body, `not_found`.
pub async fn update(app: &App, caller: &Caller, blueprint: &str, body: Value) -> Outcome<Value> {
    let (app_, caller, blueprint, now) =
        (app.clone(), caller.clone(), blueprint.to_owned(), app.now());
    app.store
        .write(move |tx| {
            let before = get(tx, &blueprint)?;
            let after = before.patch(&body)?;
            blueprint_permissions::set(tx, &blueprint, &after.to_text())?;
            let (was, is) = (before.render(&blueprint), after.render(&blueprint));
            if was != is {
                let event = EventRow {
                    blueprint: Some(blueprint.clone()),
                    before: Some(json!({ "permissions": was }).to_string()),
                    after: Some(json!({ "permissions": is }).to_string()),
                    ..Author::caller(&caller).event(
                        app_.ids.as_ref(),
                        now,
                        "blueprint",
                        Change::Update,
                    )
                };
                audit::append(tx, &event)?;
            }
            Ok::<_, Failure>(is)
        })
        .await
}

/// Refuses someone who may change nothing of a blueprint's entities, before their request is looked at.
///
/// # Errors
/// `not_found`, `missing_permissions`.
pub async fn check_any(app: &App, caller: &Caller, blueprint: &str) -> Outcome<()> {
    if caller.is_admin() {
        return Ok(());
    }
    let (caller, blueprint) = (caller.clone(), blueprint.to_owned());
    app.store
        .read(move |tx| {
            let permissions = get(tx, &blueprint)?;
            Ok(permissions.check_any(&caller.asker(), &blueprint)?)
        })
        .await
}

/// Permissions of single properties and relations follow their new names.
pub(super) fn follow(tx: &mut Tx<'_>, renaming: &Renaming) -> Outcome<()> {
    if blueprint_permissions::find(tx, &renaming.blueprint)?.is_some() {
        let after = read(tx, &renaming.blueprint)?.renamed(renaming);
        blueprint_permissions::set(tx, &renaming.blueprint, &after.to_text())?;
    }
    Ok(())
}

/// Refuses a write that the caller may not make.
pub(super) fn check_write(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Option<&Entity>,
    after: &Entity,
    compiled: &CompiledBlueprint,
) -> Outcome<()> {
    let caller = writer.caller;
    if caller.is_admin() {
        return Ok(());
    }
    let permissions = read(tx, &after.blueprint)?;
    let mut computer = Computer::new(writer.app, tx);
    let after = computer.owned(after, compiled)?;
    match before {
        None => permissions.check_register(&caller.asker(), &after)?,
        Some(before) => {
            let before = computer.owned(before, compiled)?;
            permissions.check_update(&caller.asker(), &before, &after)?;
        }
    }
    Ok(())
}

/// Refuses a deletion that the caller may not make.
pub(super) fn check_delete(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    entity: &Entity,
    compiled: &CompiledBlueprint,
) -> Outcome<()> {
    let caller = writer.caller;
    if caller.is_admin() {
        return Ok(());
    }
    let permissions = read(tx, &entity.blueprint)?;
    let entity = Computer::new(writer.app, tx).owned(entity, compiled)?;
    Ok(permissions.check_unregister(&caller.asker(), &entity)?)
}
