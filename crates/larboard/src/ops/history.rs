//! What the audit log tells of an entity's values.

use super::{Failure, Outcome, entities};
use crate::state::App;
use larboard_core::time::Timestamp;
use larboard_store::audit::{self, Filter};
use serde_json::{Map, Value};

/// Events read at once.
const PAGE: i64 = 500;

/// The properties of an entity after each of its changes up to an instant, oldest first.
///
/// # Errors
/// `not_found` for the entity, or if the database fails.
pub async fn of_entity(
    app: &App,
    blueprint: String,
    entity: String,
    until: i64,
) -> Outcome<Vec<(i64, Map<String, Value>)>> {
    let app_ = app.clone();
    app.store
        .read(move |tx| {
            super::blueprints::check_exists(tx, &blueprint)?;
            if !entities::exists(&app_, tx, &blueprint, &entity)? {
                return Err(Failure::from(entities::not_found(&blueprint, &entity)));
            }
            let mut filter = Filter {
                entity: Some(entity.clone()),
                blueprint: Some(blueprint.clone()),
                resources: vec!["entity".to_owned()],
                status: Some("SUCCESS".to_owned()),
                to: Some(Timestamp::from_millis(until)),
                ..Filter::default()
            };
            let mut written = Vec::new();
            loop {
                let page = audit::list(tx, &filter, PAGE)?;
                let last = (page.len() as i64) < PAGE;
                filter.before_seq = page.last().map(|(seq, _)| *seq);
                for (_, event) in page {
                    let after: Value = event
                        .after
                        .as_deref()
                        .map_or(Ok(Value::Null), serde_json::from_str)?;
                    let properties = after.get("properties").and_then(Value::as_object);
                    written.push((
                        event.at.as_millis(),
                        properties.cloned().unwrap_or_default(),
                    ));
                }
                if last {
                    written.reverse();
                    return Ok(written);
                }
            }
        })
        .await
}
