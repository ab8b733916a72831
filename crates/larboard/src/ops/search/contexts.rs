//! Who asks, as rules with a context see it: the caller's `_user` entity and its `_team` entities, or what the account tells
//! where there are none.

use crate::caller::{Caller, Identity};
use crate::ops::computed::meta_value;
use crate::ops::{Outcome, entities};
use crate::state::App;
use larboard_core::entity::{Entity, RelationValue};
use larboard_core::search::{Contexts, Person};
use larboard_store::entities as rows;
use serde_json::Value;

/// The contexts of a caller.
///
/// # Errors
/// If the database fails.
pub async fn of(app: &App, caller: &Caller) -> Outcome<Contexts> {
    let mut contexts = Contexts::at(app.now());
    let Identity::User {
        email,
        first_name,
        last_name,
        ..
    } = &caller.identity
    else {
        return Ok(contexts);
    };
    let email = email.clone();
    contexts
        .user
        .insert("$identifier".to_owned(), email.as_str().into());
    contexts.user.insert(
        "$title".to_owned(),
        format!("{first_name} {last_name}").trim().into(),
    );
    let found = app
        .store
        .read(move |tx| {
            let Some(user) = entities::find(tx, "_user", &email)? else {
                return Outcome::Ok(None);
            };
            let mut named: Vec<String> = user.team.clone();
            let related = user.relations.values().flat_map(RelationValue::targets);
            named.extend(related.cloned());
            let mut teams = Vec::new();
            for name in named {
                let identifier = match rows::exists(tx, "_team", &name)? {
                    true => Some(name),
                    false => rows::find_titled(tx, "_team", &name, None)?,
                };
                if let Some(identifier) = identifier
                    && let Some(team) = entities::find(tx, "_team", &identifier)?
                    && !teams.contains(&team)
                {
                    teams.push(team);
                }
            }
            Ok(Some((user, teams)))
        })
        .await?;
    if let Some((user, teams)) = found {
        contexts.user = person(&user);
        contexts.teams = teams.iter().map(person).collect();
    }
    Ok(contexts)
}

fn person(entity: &Entity) -> Person {
    let mut person = entity.properties.clone();
    for (name, value) in &entity.relations {
        let value = match value {
            RelationValue::One(target) => Value::from(target.as_str()),
            other => Value::from(other.targets()),
        };
        person.insert(name.clone(), value);
    }
    for meta in [
        "identifier",
        "title",
        "icon",
        "team",
        "blueprint",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
    ] {
        person.insert(format!("${meta}"), meta_value(entity, meta));
    }
    person
}
