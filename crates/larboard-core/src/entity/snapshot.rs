//! An entity as an audit event keeps it: its values alone, without computed ones, as text.
//!
//! The texts that are stored of an entity hold most of that already, so that a write need not put them into words twice.

use super::{Entity, EntitySchema, RelationValue, StoredTexts, View};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Room that most entities have enough in, in bytes.
const ROOM: usize = 512;

impl Entity {
    /// The entity as an audit event keeps it, with what it reaches by scorecards if its blueprint has some. `stored` are its
    /// own texts, if they are at hand.
    pub fn snapshot(
        &self,
        schema: &EntitySchema,
        stored: Option<StoredTexts<&str>>,
        scorecards: Option<&Map<String, Value>>,
    ) -> String {
        if let Some(texts) = stored.filter(|_| self.is_stored_as_shown(schema)) {
            return self.with_texts(texts, scorecards);
        }
        let view = View {
            exclude_calculated: true,
            only_values: true,
            scorecards,
            ..View::default()
        };
        serde_json::to_string(&view.of(self, schema)).unwrap_or_default()
    }

    /// Whether properties and relations are shown as they are stored: they are all of the blueprint, and what is none or has
    /// become several is not among them.
    fn is_stored_as_shown(&self, schema: &EntitySchema) -> bool {
        let known = |name: &String| schema.properties().contains_key(name);
        let as_stored = |(name, value): (&String, &RelationValue)| {
            schema.relation(name).is_some_and(|relation| match value {
                RelationValue::None => false,
                RelationValue::One(_) => !relation.many,
                RelationValue::Many(_) => true,
            })
        };
        self.properties.keys().all(known) && self.relations.iter().all(as_stored)
    }

    /// What [`View`] shows, for an entity that is stored as it is shown.
    fn with_texts(
        &self,
        texts: StoredTexts<&str>,
        scorecards: Option<&Map<String, Value>>,
    ) -> String {
        let StoredTexts {
            team,
            properties,
            relations,
        } = texts;
        let stored = team.len() + properties.len() + relations.len();
        let mut text = Text(Vec::with_capacity(stored + ROOM));
        let title = self.title.as_ref().unwrap_or(&self.identifier);
        text.value("{\"identifier\":", &self.identifier);
        text.value(",\"title\":", title);
        text.value(",\"icon\":", &self.icon);
        text.value(",\"blueprint\":", &self.blueprint);
        text.json(",\"team\":", team);
        text.json(",\"properties\":", properties);
        text.json(",\"relations\":", relations);
        if let Some(results) = scorecards {
            text.value(
                ",\"scorecards\":",
                &results.iter().collect::<BTreeMap<_, _>>(),
            );
        }
        text.value(",\"createdAt\":", &self.stamps.created_at);
        text.value(",\"createdBy\":", &self.stamps.created_by);
        text.value(",\"updatedAt\":", &self.stamps.updated_at);
        text.value(",\"updatedBy\":", &self.stamps.updated_by);
        text.json("}", "");
        String::from_utf8(text.0).unwrap_or_default()
    }
}

/// JSON as it is written.
struct Text(Vec<u8>);

impl Text {
    fn json(&mut self, key: &str, json: &str) {
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(json.as_bytes());
    }

    fn value(&mut self, key: &str, value: &impl Serialize) {
        self.0.extend_from_slice(key.as_bytes());
        // Texts, instants and maps with texts as keys are always JSON, and memory takes all that is written to it.
        let written = serde_json::to_writer(&mut self.0, value);
        debug_assert!(written.is_ok());
    }
}
