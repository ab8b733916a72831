//! Who asks, as rules with a context see it: the caller's `_user` entity and its `_team` entities, or what the account tells
//! where there are none.

use crate::caller::{Caller, Identity};
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::{Computer, meta_value};
use crate::ops::{Outcome, entities};
use crate::state::App;
use larboard_core::blueprint::system::TEAM;
use larboard_core::entity::{Entity, RelationValue};
use larboard_core::search::{Contexts, Person};
use larboard_store::{Tx, entities as rows};
use serde_json::Value;
use std::sync::Arc;

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
    let app_ = app.clone();
    let found = app
        .store
        .read(move |tx| {
            let Some((user, compiled)) = owned(&app_, tx, "_user", &email)? else {
                return Outcome::Ok(None);
            };
            let mut named: Vec<String> = user.team.clone();
            for (_, _, blueprint, identifier) in user.links(&compiled.schema) {
                if blueprint == TEAM {
                    named.push(identifier.to_owned());
                }
            }
            let mut teams = Vec::new();
            for name in named {
                let identifier = match rows::exists(tx, TEAM, &name)? {
                    true => Some(name),
                    false => rows::find_titled(tx, TEAM, &name, None)?,
                };
                if let Some(identifier) = identifier
                    && let Some((team, _)) = owned(&app_, tx, TEAM, &identifier)?
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

/// An entity with the teams that own it, and its blueprint.
fn owned(
    app: &App,
    tx: &mut Tx<'_>,
    blueprint: &str,
    id: &str,
) -> Outcome<Option<(Entity, Arc<CompiledBlueprint>)>> {
    let compiled = app.catalog.blueprint_in(tx, blueprint)?;
    let (Some(compiled), Some(entity)) = (compiled, entities::find(tx, blueprint, id)?) else {
        return Ok(None);
    };
    let entity = Computer::new(app, tx)
        .owned(&entity, &compiled)?
        .into_owned();
    Ok(Some((entity, compiled)))
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
