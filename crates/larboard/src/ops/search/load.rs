//! Reading a blueprint's entities into columns, in one snapshot and outside of every lock.

use crate::ops::Outcome;
use crate::ops::entities::parse;
use crate::state::App;
use larboard_core::index::{Row, Table};
use larboard_store::{entities, entity_changes};

/// Entities read at once.
const PAGE: i64 = 1_000;

/// Loads tables, one after the other, unless someone else has meanwhile. What does not fit into memory is noted instead.
pub(super) async fn all(app: &App, blueprints: Vec<String>) -> Outcome<()> {
    let _place = app.search.loading.lock().await;
    for blueprint in blueprints {
        if app.search.has(&blueprint) {
            continue;
        }
        let (name, budget) = (blueprint.clone(), app.search.budget);
        let loaded = app
            .store
            .read(move |tx| {
                let horizon = entity_changes::horizon(tx)?;
                let seen = entity_changes::since(tx, horizon)?;
                let mut table = Table::new(&name);
                let mut after: Option<String> = None;
                loop {
                    let rows = entities::list_after(tx, &name, after.as_deref(), PAGE)?;
                    let last = (rows.len() as i64) < PAGE;
                    after = rows.last().map(|row| row.identifier.clone());
                    for row in rows {
                        let data_source = row.data_source.clone();
                        let entity = parse(row)?;
                        table.load(
                            [Row {
                                entity: &entity,
                                data_source: &data_source,
                            }]
                            .into_iter(),
                        );
                    }
                    if table.bytes() > budget {
                        return Outcome::Ok(None);
                    }
                    if last {
                        table.settle();
                        return Ok(Some((table, horizon, seen)));
                    }
                }
            })
            .await?;
        let fits = match loaded {
            None => false,
            Some((table, horizon, seen)) => {
                app.search.put(table, horizon, &seen);
                app.search.make_room(&blueprint)
            }
        };
        if !fits {
            tracing::warn!(
                blueprint,
                "its entities do not fit into the memory for searches, so they are looked through one by one; raise LARBOARD_SEARCH_MEMORY"
            );
            app.search.too_big.write().insert(blueprint, app.now());
        }
    }
    Ok(())
}
