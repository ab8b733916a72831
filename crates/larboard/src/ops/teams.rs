//! Teams as the API's own routes see them: addressed by name, with their members. A team is an entity of `_team`, and its
//! members are the users whose entities it owns; there is no second record of either.

use super::entities::{self as entity_ops, Intent, Writer, parse, prepare};
use super::{Failure, Outcome, people};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::blueprint::system::{TEAM, USER};
use larboard_core::entity::{Entity, EntityWrite, Verb};
use larboard_core::refusal::Refusal;
use larboard_core::team::{TeamWrite, identifier_of};
use larboard_store::users::{self, UserRow};
use larboard_store::{Tx, entities, entity_teams};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Teams read at once.
const PAGE: i64 = 500;

/// A team with its members.
pub struct Team {
    /// The entity that stands for it.
    pub entity: Entity,
    /// Its members, by address.
    pub members: Vec<UserRow>,
}

impl Team {
    /// The team as a reply to a GET shows it.
    pub fn shape(&self) -> Value {
        let mut shown = self.shape_written();
        shown["users"] = self.members.iter().map(member).collect();
        shown
    }

    /// The team as a reply to a write shows it: members by address alone (facts/addenda.md, Corrections 8).
    pub fn shape_written(&self) -> Value {
        let description = self.entity.properties.get("description");
        json!({
            "id": self.entity.identifier,
            "name": self.entity.title.as_deref().unwrap_or(&self.entity.identifier),
            "createdAt": self.entity.stamps.created_at,
            "updatedAt": self.entity.stamps.updated_at,
            "provider": "port",
            "description": description,
            "users": self.members.iter().map(|user| user.email.as_str()).collect::<Vec<_>>(),
        })
    }
}

fn member(user: &UserRow) -> Value {
    json!({
        "email": user.email, "firstName": user.first_name, "lastName": user.last_name,
        "picture": null, "status": user.status,
    })
}

/// Every team with its members, by identifier.
///
/// # Errors
/// If the database fails.
pub fn list(tx: &mut Tx<'_>) -> Outcome<Vec<Team>> {
    let mut teams = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = entities::list_after(tx, TEAM, after.as_deref(), PAGE)?;
        let Some(last) = page.last() else {
            return Ok(teams);
        };
        after = Some(last.identifier.clone());
        for row in page {
            teams.push(with_members(tx, parse(row)?)?);
        }
    }
}

/// The team of a name; an identifier is understood as well.
///
/// # Errors
/// `not_found`.
pub fn get(tx: &mut Tx<'_>, name: &str) -> Outcome<Team> {
    let identifier = entities::find_titled(tx, TEAM, name, None)?;
    let identifier = identifier.as_deref().unwrap_or(name);
    match entity_ops::find(tx, TEAM, identifier)? {
        Some(entity) => with_members(tx, entity),
        None => Err(Refusal::not_found(format!(
            "There is no team {name:?}. GET /v1/teams lists those there are."
        ))
        .into()),
    }
}

fn with_members(tx: &mut Tx<'_>, entity: Entity) -> Outcome<Team> {
    let mut members = Vec::new();
    for (blueprint, email) in entity_teams::list_owned(tx, &entity.identifier)? {
        if blueprint == USER
            && let Some(user) = users::find_by_email(tx, &email)?
        {
            members.push(user);
        }
    }
    Ok(Team { entity, members })
}

/// Makes a team.
///
/// # Errors
/// `identifier_taken` for a name in use, `not_found` for an unknown member.
pub async fn create(app: &App, caller: &Caller, write: TeamWrite) -> Outcome<Team> {
    apply(app, caller, None, write).await
}

/// Changes a team.
///
/// # Errors
/// As for [`create`], `not_found`.
pub async fn update(app: &App, caller: &Caller, name: &str, write: TeamWrite) -> Outcome<Team> {
    apply(app, caller, Some(name.to_owned()), write).await
}

async fn apply(
    app: &App,
    caller: &Caller,
    name: Option<String>,
    write: TeamWrite,
) -> Outcome<Team> {
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    let team = app
        .store
        .write(move |tx| {
            let options = people::unbound();
            let writer = Writer::new(&app_, &caller, now, &options);
            let (intent, identifier) = match &name {
                Some(name) => {
                    let identifier = get(tx, name)?.entity.identifier;
                    (Intent::Patch(identifier.clone()), identifier)
                }
                None => (Intent::Create, free_identifier(tx, &write)?),
            };
            let body = body(&write, &identifier);
            let compiled = app_
                .catalog
                .blueprint_in(tx, TEAM)?
                .ok_or_else(|| super::blueprints::not_found(TEAM))?;
            let verb = match intent {
                Intent::Create => Verb::Post,
                _ => Verb::Patch,
            };
            let prepared = prepare(&app_, &compiled, EntityWrite::parse(body, verb)?, intent)?;
            let entity = writer.write(tx, &prepared)?.entity;
            if let Some(members) = &write.users {
                set_members(tx, &writer, &identifier, members)?;
            }
            with_members(tx, entity)
        })
        .await?;
    super::bootstrap::reload(app).await;
    Ok(team)
}

fn body(write: &TeamWrite, identifier: &str) -> Value {
    let mut body = Map::new();
    body.insert("identifier".into(), identifier.into());
    if let Some(name) = &write.name {
        body.insert("title".into(), name.as_str().into());
    }
    if let Some(description) = &write.description {
        body.insert("properties".into(), json!({ "description": description }));
    }
    Value::Object(body)
}

/// An identifier for a new team that no team has, made of its name.
fn free_identifier(tx: &mut Tx<'_>, write: &TeamWrite) -> Outcome<String> {
    let name = write.name.as_deref().unwrap_or_default();
    if entities::find_titled(tx, TEAM, name, None)?.is_some() {
        return Err(people::taken(name).into());
    }
    let wanted = identifier_of(name);
    let mut identifier = wanted.clone();
    let mut number = 1;
    while entities::exists(tx, TEAM, &identifier)? {
        number += 1;
        identifier = format!("{wanted}_{number}");
    }
    Ok(identifier)
}

/// Those named are in the team, and nobody else.
fn set_members(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    team: &str,
    members: &[String],
) -> Outcome<()> {
    let wanted: BTreeSet<&str> = members.iter().map(String::as_str).collect();
    for email in &wanted {
        if users::find_by_email(tx, email)?.is_none() {
            return Err(Refusal::not_found(format!(
                "\"users\" names {email:?}; there is no such user. Make the user first."
            ))
            .into());
        }
    }
    let owned = entity_teams::list_owned(tx, team)?;
    let present: BTreeSet<String> = owned
        .into_iter()
        .filter(|(blueprint, _)| blueprint == USER)
        .map(|(_, email)| email)
        .collect();
    for email in present
        .iter()
        .filter(|email| !wanted.contains(email.as_str()))
    {
        change_teams(tx, writer, email, |teams| {
            teams.retain(|other| other != team)
        })?;
    }
    for email in wanted.iter().filter(|email| !present.contains(**email)) {
        change_teams(tx, writer, email, |teams| teams.push(team.to_owned()))?;
    }
    Ok(())
}

fn change_teams(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    email: &str,
    change: impl Fn(&mut Vec<String>),
) -> Outcome<()> {
    let Some(before) = entity_ops::find(tx, USER, email)? else {
        return Ok(());
    };
    let mut teams = before.team.clone();
    change(&mut teams);
    people::set_team(tx, writer, before, teams)
}

/// Deletes a team; what it owned belongs to it no more.
///
/// # Errors
/// `not_found`, and `has_dependents` while an entity requires it in a relation.
pub async fn delete(app: &App, caller: &Caller, name: &str) -> Outcome<()> {
    let name = name.to_owned();
    let identifier = app
        .store
        .read(move |tx| Ok::<_, Failure>(get(tx, &name)?.entity.identifier))
        .await?;
    entity_ops::delete::one(app, caller, TEAM, &identifier, false, people::unbound()).await
}
