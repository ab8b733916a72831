//! Keeps people and teams in step with the entities that stand for them: each user is an entity of `_user`, each team one
//! of `_team` (facts/catalog.md 1.10). Who signs in with what stays with the user; names, roles, teams follow both ways.

use super::Outcome;
use super::audit::{Author, Change};
use super::entities::{self as entity_ops, Options, Writer};
use crate::state::App;
use larboard_core::blueprint::Stamps;
use larboard_core::blueprint::system::{TEAM, USER};
use larboard_core::entity::Entity;
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use larboard_core::time::Timestamp;
use larboard_store::audit::EventRow;
use larboard_store::entities::{self, EntityRow};
use larboard_store::users::{self, UserRow};
use larboard_store::{StoreError, Tx, audit, entity_teams, revisions};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Reads the directory again if entities of this blueprint stand for people or teams, so that the next request sees them.
pub(super) async fn reload_after(app: &App, blueprint: &str) {
    if matches!(blueprint, USER | TEAM) {
        super::bootstrap::reload(app).await;
    }
}

/// Counts how often the rows of `entity_teams` were made anew.
const OWNERS: &str = "entity_teams";

/// Gives an entity to every user who has none, and rows to every entity with teams.
///
/// # Errors
/// If the database fails.
pub fn ensure_entities(tx: &mut Tx<'_>, by: &str, now: Timestamp) -> Outcome<()> {
    // Once: entities of a database that an older version made have teams, but no rows of them.
    if revisions::count(tx, OWNERS)? == 0 {
        entity_teams::fill(tx)?;
        revisions::advance(tx, OWNERS)?;
    }
    for user in users::list(tx)? {
        if !entities::exists(tx, USER, &user.email)? {
            entities::insert(tx, &entity_row(&user, by, now))?;
        }
    }
    Ok(())
}

/// Makes the entity of a new user, with its event.
pub(super) fn mirror(
    tx: &mut Tx<'_>,
    app: &App,
    author: &Author<'_>,
    user: &UserRow,
    now: Timestamp,
) -> Outcome<()> {
    if entities::exists(tx, USER, &user.email)? {
        return Ok(());
    }
    let row = entity_row(user, author.actor_id, now);
    entities::insert(tx, &row)?;
    let event = EventRow {
        blueprint: Some(USER.to_owned()),
        entity: Some(user.email.clone()),
        after: Some(properties(user).to_string()),
        ..author.event(app.ids.as_ref(), now, "entity", Change::Create)
    };
    audit::append(tx, &event)?;
    Ok(())
}

fn entity_row(user: &UserRow, by: &str, now: Timestamp) -> EntityRow {
    let name = format!("{} {}", user.first_name, user.last_name);
    EntityRow {
        blueprint: USER.to_owned(),
        identifier: user.email.clone(),
        title: Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
        icon: None,
        team: "[]".to_owned(),
        properties: properties(user)["properties"].to_string(),
        relations: "{}".to_owned(),
        data_source: String::new(),
        created_at: now,
        created_by: by.to_owned(),
        updated_at: now,
        updated_by: by.to_owned(),
    }
}

fn properties(user: &UserRow) -> Value {
    json!({
        "identifier": user.email,
        "blueprint": USER,
        "properties": { "status": user.status, "port_role": user.role, "port_type": "Standard" },
    })
}

/// The teams of every user, by address: identifier and name.
///
/// # Errors
/// If the database fails.
pub fn teams_by_user(tx: &mut Tx<'_>) -> Outcome<Teams> {
    let mut teams = Teams::new();
    for (email, team) in entity_teams::list_of_blueprint(tx, USER)? {
        if let Some(row) = entities::find(tx, TEAM, &team)? {
            teams.entry(email.to_lowercase()).or_default().push(row);
        }
    }
    Ok(teams)
}

/// Entities of teams, by the address of a member.
pub type Teams = HashMap<String, Vec<EntityRow>>;

fn team_name(row: &EntityRow) -> &str {
    row.title.as_deref().unwrap_or(&row.identifier)
}

/// A user as the list shows one (facts/catalog.md 6.2).
pub fn shape_listed(user: &UserRow, teams: &Teams, organization: &str) -> Value {
    let teams = teams
        .get(&user.email)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let teams: Vec<Value> = teams
        .iter()
        .map(|team| {
            json!({
                "name": team_name(team), "provider": "port",
                "createdAt": team.created_at, "updatedAt": team.updated_at,
            })
        })
        .collect();
    let mut shown = base(user, organization);
    shown["teams"] = teams.into();
    shown["roles"] = json!([{
        "name": user.role, "description": null, "isAdmin": user.role == "Admin", "protected": true,
        "createdAt": user.created_at, "updatedAt": user.created_at,
    }]);
    shown["isInvisible"] = false.into();
    shown
}

/// A user as their own route shows one.
pub fn shape(user: &UserRow, teams: &Teams, organization: &str) -> Value {
    let teams = teams
        .get(&user.email)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut shown = base(user, organization);
    shown["orgs"] = json!([{ "id": organization }]);
    shown["teams"] = teams.iter().map(team_name).collect();
    shown["teamsIdentifiers"] = teams.iter().map(|team| team.identifier.as_str()).collect();
    shown["roles"] = json!([{ "name": user.role }]);
    shown["termsAccepted"] = true.into();
    shown
}

fn base(user: &UserRow, organization: &str) -> Value {
    json!({
        "id": user.id, "email": user.email, "firstName": user.first_name, "lastName": user.last_name,
        "picture": null, "status": user.status, "type": "standard", "providers": ["port"],
        "createdAt": user.created_at, "updatedAt": user.updated_at,
        "orgMembers": [{ "orgId": organization, "status": user.status, "lastLoginAt": null }],
    })
}

/// Lets users and teams follow a change of the entity that stands for them.
pub(super) fn follow(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Option<&Entity>,
    after: Option<&Entity>,
) -> Outcome<()> {
    match after.or(before).map(|entity| entity.blueprint.as_str()) {
        Some(USER) => user(tx, writer, before, after)?,
        Some(TEAM) => team(tx, writer, before, after)?,
        _ => return Ok(()),
    }
    crate::directory::changed(tx)?;
    Ok(())
}

fn user(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Option<&Entity>,
    after: Option<&Entity>,
) -> Outcome<()> {
    if let (Some(before), Some(after)) = (before, after)
        && before.identifier != after.identifier
    {
        return Err(Refusal::invalid_request(format!(
            "\"identifier\" is {:?}; a user keeps their e-mail address, {:?}.",
            after.identifier, before.identifier
        ))
        .into());
    }
    let known = match before {
        Some(before) => users::find_by_email(tx, &before.identifier)?,
        None => None,
    };
    match (known, after) {
        (Some(known), Some(after)) => {
            users::update(tx, &of_entity(known, after, writer.now))?;
        }
        (None, Some(after)) => insert(tx, writer, after)?,
        (Some(known), None) => {
            users::delete(tx, &known.id)?;
        }
        (None, None) => {}
    }
    check_administrators(tx)
}

fn insert(tx: &mut Tx<'_>, writer: &Writer<'_>, entity: &Entity) -> Outcome<()> {
    super::users::check_email(&entity.identifier)?;
    let fresh = UserRow {
        id: writer.app.ids.id(Kind::User),
        email: entity.identifier.to_lowercase(),
        first_name: String::new(),
        last_name: String::new(),
        role: "Member".to_owned(),
        status: "Staged".to_owned(),
        password_hash: None,
        created_at: writer.now,
        updated_at: writer.now,
    };
    match users::insert(tx, &of_entity(fresh, entity, writer.now)) {
        Err(StoreError::Unique { .. }) => Err(Refusal::identifier_taken(format!(
            "There is a user {:?} already.",
            entity.identifier
        ))
        .into()),
        other => Ok(other?),
    }
}

/// The user with what their entity says.
fn of_entity(user: UserRow, entity: &Entity, now: Timestamp) -> UserRow {
    let text = |name: &str| {
        let value = entity.properties.get(name).and_then(Value::as_str);
        value.map(str::to_owned)
    };
    let name = entity.title.as_deref().map(|title| {
        let (first, last) = title.trim().split_once(' ').unwrap_or((title.trim(), ""));
        (first.to_owned(), last.trim().to_owned())
    });
    let (first_name, last_name) = name.unwrap_or((user.first_name, user.last_name));
    UserRow {
        first_name,
        last_name,
        role: text("port_role").unwrap_or(user.role),
        status: text("status").unwrap_or(user.status),
        updated_at: now,
        ..user
    }
}

/// Someone must be able to undo what was done.
fn check_administrators(tx: &mut Tx<'_>) -> Outcome<()> {
    let able = |user: &UserRow| user.role == "Admin" && user.status != "Disabled";
    if users::list(tx)?.iter().any(able) {
        return Ok(());
    }
    Err(Refusal::invalid_request(
        "This would leave no administrator who can sign in; make another one first.",
    )
    .into())
}

fn team(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Option<&Entity>,
    after: Option<&Entity>,
) -> Outcome<()> {
    if let Some(after) = after
        && let Some(title) = &after.title
        && entities::find_titled(tx, TEAM, title, Some(&after.identifier))?.is_some()
    {
        return Err(taken(title).into());
    }
    let Some(before) = before else { return Ok(()) };
    match after {
        Some(after) if after.identifier == before.identifier => {}
        other => {
            let name = other.map(|after| after.identifier.as_str());
            replace_owner(tx, writer, &before.identifier, name)?;
        }
    }
    Ok(())
}

/// The refusal of a name that another team has.
pub(super) fn taken(name: &str) -> Refusal {
    Refusal::identifier_taken(format!(
        "There is a team {name:?} already; choose another name."
    ))
}

/// Everything that a team owned belongs to `to`, or to it no more.
fn replace_owner(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    from: &str,
    to: Option<&str>,
) -> Outcome<()> {
    for (blueprint, identifier) in entity_teams::list_owned(tx, from)? {
        let Some(before) = entity_ops::find(tx, &blueprint, &identifier)? else {
            continue;
        };
        let mut team = before.team.clone();
        match to {
            Some(to) => team
                .iter_mut()
                .filter(|team| *team == from)
                .for_each(|team| to.clone_into(team)),
            None => team.retain(|team| team != from),
        }
        set_team(tx, writer, before, team)?;
    }
    Ok(())
}

/// Gives an entity other teams, whatever else its blueprint may ask of it.
pub(super) fn set_team(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Entity,
    team: Vec<String>,
) -> Outcome<()> {
    let Some(compiled) = writer.app.catalog.blueprint_in(tx, &before.blueprint)? else {
        return Ok(());
    };
    let stamps: Stamps = before.stamps.rewritten(writer.now, writer.caller.id());
    let after = Entity {
        team,
        stamps,
        ..before.clone()
    };
    writer.change(tx, &before, &after, &compiled)
}

/// The writes of a request that is bound to no run.
pub(super) fn unbound() -> Options {
    Options::default()
}
