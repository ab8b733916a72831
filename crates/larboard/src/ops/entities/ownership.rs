//! The teams that are written in entities: named by identifier or name, kept by identifier, and as rows beside the document
//! (facts/catalog.md 1.8). Those that are inherited are worked out in `ops/computed.rs`.

use super::Writer;
use crate::ops::{Outcome, people, scorecards};
use larboard_core::blueprint::system::TEAM;
use larboard_core::entity::Entity;
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
