//! The JSON Schemas of the bodies of entity writes and of entities as they are shown.

use serde_json::{Value, json};

use crate::contract::{
    Components, Object, any_object, any_of, anything, keyed, list, map_of, or_null, pattern_of,
    reference, text, text_of, texts,
};
use crate::text::{ENTITY_IDENTIFIER_MAX, ENTITY_IDENTIFIER_PATTERN};

use super::data_source;
use super::write::{BULK_DELETE_MOST, BULK_WRITE_MOST};

pub(crate) fn contract() -> Components {
    vec![
        // The server ignores further keys, so that what a GET answered can be sent back.
        ("EntityBody", body(Object::open(), any_object()).build()),
        (
            "EntityPatchBody",
            body(Object::closed(), keyed(anything()))
                .may("blueprint", anything())
                .build(),
        ),
        (
            "EntitiesBody",
            entities(reference("EntityBody"), BULK_WRITE_MOST),
        ),
        ("BulkDeleteBody", entities(text(), BULK_DELETE_MOST)),
        (
            "DataSourceWriteBody",
            Object::closed()
                .must("entitiesIdentifiers", some(text(), data_source::MOST))
                .must("datasource", text_of(1, data_source::LONGEST))
                .build(),
        ),
        ("Entity", shown(related()).build()),
        (
            "EntityPart",
            shown(any_of([related(), titled()])).part().build(),
        ),
    ]
}

fn body(object: Object, properties: Value) -> Object {
    let identifier = or_null(pattern_of(ENTITY_IDENTIFIER_PATTERN, ENTITY_IDENTIFIER_MAX));
    object
        .may("identifier", any_of([identifier, lookup()]))
        .maybe("title", text())
        .maybe("icon", text())
        .may("team", any_of([related(), lookup()]))
        .maybe("properties", properties)
        .maybe("relations", map_of(any_of([related(), lookup()])))
}

/// Whatever a search finds stands for its identifier.
fn lookup() -> Value {
    reference("SearchQuery")
}

/// One, several or none.
fn related() -> Value {
    json!({ "type": ["string", "array", "null"], "items": text() })
}

/// The same with titles, as `attach_title_to_relation` asks.
fn titled() -> Value {
    let one = Object::closed()
        .must("identifier", text())
        .must("title", text())
        .build();
    any_of([one.clone(), list(one)])
}

fn entities(items: Value, most: usize) -> Value {
    Object::closed().must("entities", some(items, most)).build()
}

/// A list of one to so many.
fn some(items: Value, most: usize) -> Value {
    json!({ "type": "array", "minItems": 1, "maxItems": most, "items": items })
}

fn shown(relation: Value) -> Object {
    Object::closed()
        .must("identifier", text())
        .must("title", text())
        .must("icon", or_null(text()))
        .must("blueprint", text())
        .must("team", texts())
        .must("properties", any_object())
        .must("relations", map_of(relation))
        .may("scorecards", map_of(reference("ScorecardResult")))
        .stamped()
}
