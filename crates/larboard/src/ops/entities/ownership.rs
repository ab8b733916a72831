//! Who owns entities: teams are named by identifier or name and kept by identifier, kept as rows beside the document, and
//! inherited along relations where the blueprint says so (facts/catalog.md 1.8).

use super::{Writer, find};
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::{Outcome, people, scorecards};
use crate::state::App;
use larboard_core::blueprint::system::TEAM;
use larboard_core::entity::{Entity, RelationValue};
use larboard_store::{Tx, entities, entity_teams};

/// Puts identifiers in place of names of teams. What names no team is kept: the team may come later.
pub(super) fn resolve(tx: &mut Tx<'_>, teams: &mut [String]) -> Outcome<()> {
    for team in teams {
        if entities::exists(tx, TEAM, team)? {
            continue;
        }
        if let Some(identifier) = entities::find_titled(tx, TEAM, team, None)? {
            *team = identifier;
        }
    }
    Ok(())
}

/// What follows from a change of an entity for its teams, and for the people, teams, scorecards and rules it may stand for.
pub(super) fn changed(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: Option<&Entity>,
    after: Option<&Entity>,
) -> Outcome<()> {
    match (before, after) {
        (None, Some(after)) if !after.team.is_empty() => {
            entity_teams::insert(tx, &after.blueprint, &after.identifier, &after.team)?;
        }
        (Some(before), Some(after)) if before.team != after.team => {
            entity_teams::replace(tx, &after.blueprint, &after.identifier, &after.team)?;
        }
        _ => {}
    }
    people::follow(tx, writer, before, after)?;
    scorecards::entities::follow(tx, writer, before, after)
}

/// Shows an entity with the teams it inherits, if its blueprint says that it does.
///
/// # Errors
/// If the database fails.
pub fn inherit(
    tx: &mut Tx<'_>,
    app: &App,
    entity: &mut Entity,
    compiled: &CompiledBlueprint,
) -> Outcome<()> {
    if let Some(path) = compiled.blueprint.team_path() {
        entity.team = walk(tx, app, entity, compiled, &path)?;
    }
    Ok(())
}

/// The teams at the end of a path of single relations; none where it breaks off.
fn walk(
    tx: &mut Tx<'_>,
    app: &App,
    entity: &Entity,
    compiled: &CompiledBlueprint,
    path: &[&str],
) -> Outcome<Vec<String>> {
    let mut blueprint = entity.blueprint.clone();
    let mut at = None;
    for step in path {
        let here = at.as_ref().unwrap_or(entity);
        let Some(RelationValue::One(identifier)) = here.relations.get(*step) else {
            return Ok(Vec::new());
        };
        let known = if at.is_none() {
            compiled.schema.relation(step).cloned()
        } else {
            let next = app.catalog.blueprint_in(tx, &blueprint)?;
            next.and_then(|next| next.schema.relation(step).cloned())
        };
        let Some(relation) = known else {
            return Ok(Vec::new());
        };
        let Some(next) = find(tx, &relation.target, identifier)? else {
            return Ok(Vec::new());
        };
        blueprint = relation.target;
        at = Some(next);
    }
    // A relation straight to a team names the team itself.
    Ok(match at {
        Some(end) if end.blueprint == TEAM => vec![end.identifier],
        Some(end) => end.team,
        None => Vec::new(),
    })
}
