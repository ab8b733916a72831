//! Migrations: long jobs over all entities of a blueprint, made here and carried out by `worker/migrate.rs`, a chunk at a
//! time. A chunk's changes, their events, the job's position and its counts are one transaction. What a mapping makes of an
//! entity is in `migrations/mapping.rs`.

mod mapping;

use super::audit::{Author, Change, named};
use super::computed::Computer;
use super::entities::{Intent, Options, Stored, Writer, bind, delete, list_after, prepare};
use super::scorecards::results;
use super::{Failure, Outcome, blueprints as blueprint_ops};
use crate::caller::{Caller, Identity, Role};
use crate::state::App;
use larboard_core::blueprint::Blueprint;
use larboard_core::entity::{Entity, EntityWrite, Verb, View};
use larboard_core::id::Kind;
use larboard_core::refusal::{Code, Refusal};
use larboard_core::time::Timestamp;
use larboard_store::migrations::{self, MigrationRow};
use larboard_store::{Notice, Tx, audit, blueprints, relations};
use mapping::Mapping;
use serde_json::{Value, json};

/// The name of the notice that tells workers of a new migration.
pub const NOTICE: &str = "migrations";

/// Entities deleted in one transaction.
const CHUNK: usize = 100;

/// Entities mapped in one transaction: fewer, because expressions run in it.
const MAPPED: usize = 25;

/// Statuses of a migration that has ended.
const ENDED: [&str; 3] = ["COMPLETED", "FAILURE", "CANCELLED"];

/// A migration as the API shows it.
///
/// # Errors
/// If the stored mapping is no JSON.
pub fn shape(row: &MigrationRow) -> Outcome<Value> {
    let mapping: Value = serde_json::from_str(&row.mapping)?;
    let mut shown = json!({
        "id": row.id, "actor": row.created_by, "sourceBlueprint": row.source_blueprint, "mapping": mapping,
        "status": row.status, "deleteBlueprint": row.delete_blueprint, "deleteEntities": row.delete_entities,
        "failureCount": row.failure_count, "successCount": row.success_count,
        "createdAt": row.created_at, "createdBy": row.created_by,
        "updatedAt": row.updated_at, "updatedBy": row.updated_by,
    });
    if let Some(reason) = &row.reason {
        shown["reason"] = reason.as_str().into();
    }
    Ok(shown)
}

/// The migration of an id.
///
/// # Errors
/// `not_found`.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Outcome<MigrationRow> {
    migrations::find(tx, id)?.ok_or_else(|| {
        Refusal::not_found(format!(
            "There is no migration {id:?}. GET /v1/migrations lists those there are."
        ))
        .into()
    })
}

/// Begins to delete every entity of a blueprint, and then the blueprint if asked for.
///
/// # Errors
/// `not_found`, `has_dependents` while entities of other blueprints require them, and what refuses deleting the blueprint.
pub async fn delete_all(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    delete_blueprint: bool,
    run_id: Option<String>,
) -> Outcome<MigrationRow> {
    let (app_, caller, blueprint) = (app.clone(), caller.clone(), blueprint.to_owned());
    let (id, now) = (app.ids.id(Kind::Migration), app.now());
    app.store
        .write(move |tx| {
            blueprint_ops::check_exists(tx, &blueprint)?;
            delete::check_deletable(&blueprint)?;
            if let Some(run_id) = &run_id {
                bind::check(tx, run_id)?;
            }
            if delete_blueprint {
                blueprint_ops::check_deletable(&blueprint)?;
                blueprint_ops::check_unrelated(tx, &blueprint)?;
            }
            check_not_required(tx, &blueprint)?;
            let row = MigrationRow {
                delete_entities: true,
                delete_blueprint,
                run_id: run_id.clone(),
                ..new_row(&id, &blueprint, &json!({}), &caller, now)
            };
            begin(tx, &app_, &caller, &row, now)?;
            Ok::<_, Failure>(row)
        })
        .await
}

/// Begins to map every entity of a blueprint.
///
/// # Errors
/// What is wrong with the body, `not_found` for an unknown blueprint.
pub async fn create(app: &App, caller: &Caller, body: Value) -> Outcome<MigrationRow> {
    let (source, mapping) = mapping::parse_body(body)?;
    let (app_, caller) = (app.clone(), caller.clone());
    let (id, now) = (app.ids.id(Kind::Migration), app.now());
    app.store
        .write(move |tx| {
            blueprint_ops::check_exists(tx, &source)?;
            let target = mapping["blueprint"].as_str().unwrap_or_default();
            blueprint_ops::check_exists(tx, target)?;
            let row = new_row(&id, &source, &mapping, &caller, now);
            begin(tx, &app_, &caller, &row, now)?;
            Ok::<_, Failure>(row)
        })
        .await
}

fn new_row(
    id: &str,
    source: &str,
    mapping: &Value,
    caller: &Caller,
    now: Timestamp,
) -> MigrationRow {
    MigrationRow {
        id: id.to_owned(),
        source_blueprint: source.to_owned(),
        mapping: mapping.to_string(),
        status: "INITIALIZING".to_owned(),
        delete_entities: false,
        delete_blueprint: false,
        success_count: 0,
        failure_count: 0,
        reason: None,
        position: String::new(),
        run_id: None,
        caller: remember(caller).to_string(),
        created_at: now,
        created_by: caller.id().to_owned(),
        updated_at: now,
        updated_by: caller.id().to_owned(),
    }
}

fn begin(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    row: &MigrationRow,
    now: Timestamp,
) -> Outcome<()> {
    migrations::insert(tx, row)?;
    append(tx, app, caller, None, row, now)?;
    tx.notify(Notice::Reload(NOTICE.to_owned()));
    Ok(())
}

/// Refuses while entities of another blueprint must relate to one of this one.
fn check_not_required(tx: &mut Tx<'_>, blueprint: &str) -> Outcome<()> {
    for row in blueprints::list(tx)? {
        if row.identifier == blueprint || delete::goes_along(&row.identifier, blueprint) {
            continue;
        }
        let other = Blueprint::from_stored(&row.doc)?;
        for (name, relation) in other.relations() {
            let required = relation.required && relation.target == blueprint;
            if required && relations::has_any(tx, &row.identifier, name)? {
                return Err(Refusal::new(
                    Code::HasDependents,
                    format!(
                        "Entities of {blueprint:?} have dependant entities (has_dependents): those of {:?} require them in the relation {name:?}. Delete those first.",
                        row.identifier
                    ),
                )
                .into());
            }
        }
    }
    Ok(())
}

/// Ends a migration before it is through; what was done stays done. It is over once the worker has seen it.
///
/// # Errors
/// `not_found`, `invalid_request` if it has ended.
pub async fn cancel(
    app: &App,
    caller: &Caller,
    id: &str,
    reason: Option<String>,
) -> Outcome<MigrationRow> {
    let (app_, caller, id, now) = (app.clone(), caller.clone(), id.to_owned(), app.now());
    app.store
        .write(move |tx| {
            let before = get(tx, &id)?;
            if ENDED.contains(&before.status.as_str()) {
                return Err(Refusal::invalid_request(format!(
                    "The migration {id:?} has ended ({}) and cannot be cancelled.",
                    before.status
                ))
                .into());
            }
            let after = MigrationRow {
                status: "PENDING_CANCELLATION".to_owned(),
                reason: reason.clone().or(before.reason.clone()),
                updated_at: now,
                updated_by: caller.id().to_owned(),
                ..before.clone()
            };
            migrations::update(tx, &after)?;
            append(tx, &app_, &caller, Some(&before), &after, now)?;
            tx.notify(Notice::Reload(NOTICE.to_owned()));
            Ok::<_, Failure>(after)
        })
        .await
}

/// Works on one chunk of a leased migration. Whether there is more to do.
///
/// # Errors
/// If the database fails; the chunk is then as if it had not been begun.
pub async fn step(app: &App, id: &str, lease_until: Timestamp) -> Outcome<bool> {
    let (app_, id, now) = (app.clone(), id.to_owned(), app.now());
    let (more, blueprint) = app
        .store
        .write(move |tx| {
            let owner = &app_.outbox.owner;
            let Some(before) = migrations::find_leased(tx, &id, owner)? else {
                return Ok((false, String::new()));
            };
            let caller = recall(&before.caller, &app_)?;
            let mut after = before.clone();
            chunk(tx, &app_, &caller, &mut after, now)?;
            after.updated_at = now;
            migrations::update(tx, &after)?;
            migrations::renew(tx, &id, owner, lease_until)?;
            let ended = ENDED.contains(&after.status.as_str());
            if ended {
                append(tx, &app_, &caller, Some(&before), &after, now)?;
            }
            Ok::<_, Failure>((!ended, after.source_blueprint))
        })
        .await?;
    super::people::reload_after(app, &blueprint).await;
    if !more {
        app.catalog.forget_blueprint(&blueprint);
    }
    Ok(more)
}

fn chunk(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    row: &mut MigrationRow,
    now: Timestamp,
) -> Outcome<()> {
    match row.status.as_str() {
        "PENDING_CANCELLATION" => {
            row.status = "CANCELLED".to_owned();
            return Ok(());
        }
        status if ENDED.contains(&status) => return Ok(()),
        _ => row.status = "RUNNING".to_owned(),
    }
    let options = Options {
        run_id: row.run_id.clone(),
        ..Options::default()
    };
    let writer = Writer::new(app, caller, now, &options);
    let after = Some(row.position.as_str()).filter(|position| !position.is_empty());
    let mapping = match mapping_of(row) {
        Ok(mapping) => mapping,
        Err(refusal) => {
            row.status = "FAILURE".to_owned();
            row.reason = Some(refusal.message);
            return Ok(());
        }
    };
    let limit = if mapping.is_some() { MAPPED } else { CHUNK };
    let page = list_after(app, tx, &row.source_blueprint, after, limit)?;
    let Some(last) = page.last() else {
        return finish(tx, app, caller, row, now);
    };
    row.position.clone_from(&last.entity.identifier);
    for Stored { entity, .. } in page {
        let result = match &mapping {
            // What the migration itself has made is not gone through again.
            Some(_) if entity.stamps.created_at > row.created_at => continue,
            Some(mapping) => tx.savepoint(|tx| map(tx, &writer, mapping, entity)),
            None => tx.savepoint(|tx| {
                delete::for_good(tx, &writer, &entity.blueprint, &entity.identifier)
            }),
        };
        match result {
            Ok(()) => row.success_count += 1,
            Err(Failure::Refused(refusal)) => {
                row.failure_count += 1;
                row.reason.get_or_insert(refusal.message);
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// The mapping of a migration, if it has one.
fn mapping_of(row: &MigrationRow) -> Result<Option<Mapping>, Refusal> {
    if row.delete_entities {
        return Ok(None);
    }
    let stored: Value = serde_json::from_str(&row.mapping).map_err(|_| Refusal::internal())?;
    Mapping::compile(&stored).map(Some)
}

/// Writes what a mapping makes of an entity.
fn map(tx: &mut Tx<'_>, writer: &Writer<'_>, mapping: &Mapping, entity: Entity) -> Outcome<()> {
    let catalog = &writer.app.catalog;
    let Some(source) = catalog.blueprint_in(tx, &entity.blueprint)? else {
        return Ok(());
    };
    let entity = Computer::new(writer.app, tx).owned(&entity, &source)?;
    let computed = Computer::new(writer.app, tx).values(&entity, &source)?;
    let scorecards = results::of(writer.app, tx, &entity, &source, Some(&computed))?;
    let view = View {
        computed: Some(&computed),
        scorecards: scorecards.as_ref(),
        ..View::default()
    };
    let input = view.render(&entity, &source.schema);
    for body in mapping.bodies(&input, writer.now)? {
        let target = catalog
            .blueprint_in(tx, &mapping.blueprint)?
            .ok_or_else(|| blueprint_ops::not_found(&mapping.blueprint))?;
        let write = EntityWrite::parse(body, Verb::Post)?;
        writer.write(tx, &prepare(writer.app, &target, write, Intent::Merge)?)?;
    }
    Ok(())
}

fn finish(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    row: &mut MigrationRow,
    now: Timestamp,
) -> Outcome<()> {
    let mut done = row.failure_count == 0;
    if done && row.delete_blueprint {
        let blueprint = row.source_blueprint.clone();
        let removed =
            tx.savepoint(|tx| blueprint_ops::remove(tx, app, caller, &blueprint, false, now));
        match removed {
            Ok(()) => {}
            Err(Failure::Refused(refusal)) => {
                done = false;
                row.reason = Some(refusal.message);
            }
            Err(failure) => return Err(failure),
        }
    }
    row.status = if done { "COMPLETED" } else { "FAILURE" }.to_owned();
    Ok(())
}

/// The caller as a later chunk acts for them.
fn remember(caller: &Caller) -> Value {
    let identity = match &caller.identity {
        Identity::User {
            id,
            email,
            first_name,
            last_name,
        } => json!({ "id": id, "email": email, "firstName": first_name, "lastName": last_name }),
        Identity::Machine { id, name } => json!({ "id": id, "name": name }),
    };
    json!({
        "identity": identity, "role": caller.role.as_str(), "origin": caller.origin,
        "userAgent": caller.user_agent, "address": caller.address, "teams": &*caller.teams,
    })
}

fn recall(text: &str, app: &App) -> Outcome<Caller> {
    let value: Value = serde_json::from_str(text)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let who = &value["identity"];
    let identity = match who["name"].as_str() {
        Some(name) => Identity::Machine {
            id: text(&who["id"]),
            name: name.to_owned(),
        },
        None => Identity::User {
            id: text(&who["id"]),
            email: text(&who["email"]),
            first_name: text(&who["firstName"]),
            last_name: text(&who["lastName"]),
        },
    };
    let teams: Vec<String> = serde_json::from_value(value["teams"].clone())?;
    Ok(Caller {
        identity,
        role: Role::parse(&text(&value["role"])).unwrap_or(Role::Member),
        organization: app.directory.load().organization.clone(),
        origin: text(&value["origin"]),
        user_agent: text(&value["userAgent"]),
        address: text(&value["address"]),
        teams: teams.into(),
        trace: String::new(),
    })
}

fn append(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    before: Option<&MigrationRow>,
    after: &MigrationRow,
    now: Timestamp,
) -> Outcome<()> {
    let change = if before.is_some() {
        Change::Update
    } else {
        Change::Create
    };
    let mut event = Author::caller(caller).event(app.ids.as_ref(), now, "migration", change);
    event.before = before
        .map(|row| shape(row).map(|v| v.to_string()))
        .transpose()?;
    event.after = Some(shape(after)?.to_string());
    audit::append(tx, &named(event, "migration", &after.id))?;
    Ok(())
}
