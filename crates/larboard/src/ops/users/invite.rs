//! Inviting people, changing their role and teams, and deleting them, as the API's own routes do (facts/catalog.md 6.2). A
//! user is the entity of `_user` that stands for them, so each of these is a write of that entity and of nothing else.

use super::check_email;
use crate::caller::Caller;
use crate::ops::entities::{self as entity_ops, Intent, Writer, prepare};
use crate::ops::{Failure, Outcome, bootstrap, people};
use crate::state::App;
use larboard_core::blueprint::system::{TEAM, USER};
use larboard_core::entity::{EntityWrite, Verb};
use larboard_core::refusal::Refusal;
use larboard_core::user::{Grants, Invitation};
use larboard_store::users::{self, UserRow};
use larboard_store::{Tx, entities};
use serde_json::{Map, Value, json};

/// Invites somebody.
///
/// # Errors
/// `invalid_request` for an address that is none, `identifier_taken` for a user there is, `not_found` for an unknown team.
pub async fn invite(app: &App, caller: &Caller, invitation: Invitation) -> Outcome<()> {
    check_email(&invitation.email)?;
    let (app_, caller_) = (app.clone(), caller.clone());
    app.store
        .write(move |tx| {
            let email = &invitation.email;
            if users::find_by_email(tx, email)?.is_some() {
                return Err(Refusal::identifier_taken(format!(
                    "There is a user {email:?} already; PATCH /v1/users/{email} changes their role and teams."
                ))
                .into());
            }
            let mut body = body(tx, &invitation.grants)?;
            body.insert("identifier".into(), email.as_str().into());
            let properties = body.entry("properties").or_insert_with(|| json!({}));
            properties["status"] = "Invited".into();
            write(tx, &app_, &caller_, body, Intent::Create)
        })
        .await?;
    bootstrap::reload(app).await;
    Ok(())
}

/// Changes the role and the teams of a user, and shows them.
///
/// # Errors
/// `not_found` for the user and for an unknown team, `invalid_request` if no administrator would be left.
pub async fn update(app: &App, caller: &Caller, email: &str, grants: Grants) -> Outcome<Value> {
    let (app_, caller_, email) = (app.clone(), caller.clone(), email.to_owned());
    let shown = app
        .store
        .write(move |tx| {
            get(tx, &email)?;
            let body = body(tx, &grants)?;
            let intent = Intent::Patch(entity_of(tx, &email)?);
            write(tx, &app_, &caller_, body, intent)?;
            let user = get(tx, &email)?;
            let teams = people::teams_by_user(tx)?;
            Ok::<_, Failure>(people::shape(&user, &teams, &caller_.organization))
        })
        .await?;
    bootstrap::reload(app).await;
    Ok(shown)
}

/// Deletes a user; their sessions and tokens end with them.
///
/// # Errors
/// `not_found`, `has_dependents` while an entity requires them, `invalid_request` if no administrator would be left.
pub async fn delete(app: &App, caller: &Caller, email: &str) -> Outcome<()> {
    let email = email.to_owned();
    let identifier = app
        .store
        .read(move |tx| {
            get(tx, &email)?;
            entity_of(tx, &email)
        })
        .await?;
    entity_ops::delete::one(app, caller, USER, &identifier, false, people::unbound()).await
}

/// The user of an e-mail address.
///
/// # Errors
/// `not_found`.
pub fn get(tx: &mut Tx<'_>, email: &str) -> Outcome<UserRow> {
    Ok(users::find_by_email(tx, email)?.ok_or_else(|| {
        Refusal::not_found(format!(
            "There is no user {email:?}. GET /v1/users lists those there are."
        ))
    })?)
}

/// The identifier of a user's entity: the address as it was written when it was made.
fn entity_of(tx: &mut Tx<'_>, email: &str) -> Outcome<String> {
    Ok(match entities::exists(tx, USER, email)? {
        true => email.to_owned(),
        false => email.to_lowercase(),
    })
}

fn body(tx: &mut Tx<'_>, grants: &Grants) -> Outcome<Map<String, Value>> {
    let mut body = Map::new();
    if let Some(role) = &grants.role {
        body.insert("properties".into(), json!({ "port_role": role }));
    }
    if let Some(teams) = &grants.teams {
        for team in teams {
            if !entities::exists(tx, TEAM, team)?
                && entities::find_titled(tx, TEAM, team, None)?.is_none()
            {
                return Err(Refusal::not_found(format!(
                    "\"teams\" names {team:?}; there is no such team. GET /v1/teams lists those there are."
                ))
                .into());
            }
        }
        body.insert("team".into(), teams.as_slice().into());
    }
    Ok(body)
}

fn write(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    body: Map<String, Value>,
    intent: Intent,
) -> Outcome<()> {
    let options = people::unbound();
    let writer = Writer::new(app, caller, app.now(), &options);
    let compiled = app
        .catalog
        .blueprint_in(tx, USER)?
        .ok_or_else(|| crate::ops::blueprints::not_found(USER))?;
    let verb = match intent {
        Intent::Create => Verb::Post,
        _ => Verb::Patch,
    };
    let write = EntityWrite::parse(Value::Object(body), verb)?;
    let prepared = prepare(app, &compiled, write, intent)?;
    writer.write(tx, &prepared)?;
    Ok(())
}
