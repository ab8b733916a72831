//! Where entities come from: which integrations have written entities, and giving entities to another integration. Both are
//! called by the public tool that moves entities from one integration to another, and are in no published specification.

use super::{Options, Writer, parse, row};
use crate::caller::Caller;
use crate::ops::audit::Change;
use crate::ops::blueprints::not_found;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::entity::{DataSourceWrite, Entity, installation_of};
use larboard_store::audit::EventRow;
use larboard_store::{Tx, audit, entities};
use serde_json::json;
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

/// Gives those of the entities that are there another data source, each with an event that says so, for what its snapshots
/// hold is the same but for the time. One that has the data source already is only touched.
///
/// # Errors
/// `not_found` for the blueprint.
pub async fn replace(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    write: DataSourceWrite,
) -> Outcome<()> {
    let (app_, caller, blueprint, now) =
        (app.clone(), caller.clone(), blueprint.to_owned(), app.now());
    let named: BTreeSet<String> = write.identifiers.into_iter().collect();
    let (named, is) = (Vec::from_iter(named), write.data_source);
    app.store
        .write(move |tx| {
            let compiled = app_.catalog.blueprint_in(tx, &blueprint)?;
            let compiled = compiled.ok_or_else(|| not_found(&blueprint))?;
            let options = Options::default();
            let writer = Writer::new(&app_, &caller, now, &options);
            let mut rows = entities::find_many(tx, &blueprint, &named)?;
            rows.sort_by(|a, b| a.identifier.cmp(&b.identifier));
            for stored in rows {
                let was = stored.data_source.clone();
                let before = parse(stored)?;
                let after = Entity {
                    stamps: before.stamps.rewritten(now, caller.id()),
                    ..before.clone()
                };
                if was == is {
                    entities::touch(tx, &row(&after, &is))?;
                    writer.settle_touched(tx, &after, &compiled)?;
                    continue;
                }
                let before = writer.before(tx, &before, &compiled)?;
                entities::touch(tx, &row(&after, &is))?;
                let event = EventRow {
                    additional: Some(
                        json!({ "datasource": { "before": was, "after": is } }).to_string(),
                    ),
                    ..writer.recorded(tx, Change::Update, &after, &compiled, Some(before))?
                };
                audit::append_later(tx, event)?;
            }
            Ok::<_, Failure>(())
        })
        .await
}
