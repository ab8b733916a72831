//! Values of calculation properties: what their programs see.

use super::Computer;
use crate::ops::Outcome;
use crate::ops::catalog_cache::CompiledBlueprint;
use larboard_core::blueprint::system::ENTITY_LINK;
use larboard_core::entity::{Entity, View};
use serde_json::{Map, Value};

impl Computer<'_, '_> {
    /// The value of a calculation of an entity.
    pub(super) fn calculation(
        &mut self,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        name: &str,
    ) -> Outcome<Value> {
        let Some(calculation) = compiled.calculations.get(name) else {
            return Ok(Value::Null);
        };
        let mut known = Map::new();
        if calculation.reads_properties() {
            let (mirrors, aggregations) = (
                compiled.blueprint.mirrors(),
                compiled.blueprint.aggregations(),
            );
            for name in mirrors.keys().chain(aggregations.keys()) {
                let value = self.one(entity, compiled, name)?;
                known.insert(name.clone(), value);
            }
        }
        let entity = self.owned(entity, compiled)?;
        let value = calculation.value(&input(&entity, compiled, known), self.app.now());
        // The definition is the same everywhere, but where people find the portal is not.
        match value {
            Value::String(path) if (compiled.blueprint.identifier(), name) == ENTITY_LINK => {
                Ok(format!("{}{path}", self.app.config.public_url).into())
            }
            value => Ok(value),
        }
    }
}

/// The entity as a calculation sees it: as it is read, with mirrors and aggregations and without other calculations.
fn input(entity: &Entity, compiled: &CompiledBlueprint, known: Map<String, Value>) -> Value {
    let view = View {
        exclude_calculated: true,
        ..View::default()
    };
    let mut shown = view.render(entity, &compiled.schema);
    if let Some(Value::Object(properties)) = shown.get_mut("properties") {
        properties.extend(known);
    }
    shown
}
