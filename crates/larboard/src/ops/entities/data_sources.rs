//! Where entities come from: which integrations have written entities, and giving entities to another integration. Both are
//! called by the public tool that moves entities from one integration to another, and are in no published specification.

use crate::caller::Caller;
use crate::ops::blueprints::check_exists;
use crate::ops::scorecards::announce::settle_named;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::entity::{DataSourceWrite, installation_of};
use larboard_store::{Tx, entities};
use std::collections::{BTreeMap, BTreeSet};

/// The blueprints that each installation of an integration has written entities of.
pub type Installations = BTreeMap<String, BTreeSet<String>>;

/// Every installation whose entities are there.
///
/// # Errors
/// If the database fails.
pub fn installations(tx: &mut Tx<'_>) -> Outcome<Installations> {
    let mut found = Installations::new();
    for (source, blueprint) in entities::list_integration_sources(tx)? {
        if let Some(installation) = installation_of(&source) {
            let blueprints = found.entry(installation.to_owned()).or_default();
            blueprints.insert(blueprint);
        }
    }
    Ok(found)
}

/// Gives those of the entities that are there another data source. As after an upsert that changes nothing, `updatedAt` is
/// new and there is no event: what an entity says is the same, but who may find it stale is not.
///
/// # Errors
/// `not_found` for the blueprint.
pub async fn replace(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    write: DataSourceWrite,
) -> Outcome<()> {
    let (by, blueprint, now) = (caller.id().to_owned(), blueprint.to_owned(), app.now());
    let app_ = app.clone();
    app.store
        .write(move |tx| {
            check_exists(tx, &blueprint)?;
            let mut given = Vec::new();
            for identifier in &write.identifiers {
                if let Some(mut row) = entities::find(tx, &blueprint, identifier)? {
                    row.data_source.clone_from(&write.data_source);
                    row.updated_at = now;
                    row.updated_by.clone_from(&by);
                    entities::touch(tx, &row)?;
                    given.push(row.identifier);
                }
            }
            // Conditions may ask where an entity comes from.
            settle_named(&app_, tx, &blueprint, &given)?;
            Ok::<_, Failure>(())
        })
        .await
}
