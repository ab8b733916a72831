//! The JSON Schemas of pages, their widgets and their permissions: as bodies and as shown.

use serde_json::{Value, json};

use super::TYPES;
use crate::contract::{
    Components, Object, any_of, anything, choice, flag, list, one_of, or_null, text, text_of, texts,
};
use crate::text::{ENTITY_IDENTIFIER_MAX, ENTITY_IDENTIFIER_PATTERN};

pub(crate) fn contract() -> Components {
    let lists = |object: Object| {
        object
            .may("users", texts())
            .may("roles", texts())
            .may("teams", texts())
    };
    let block = lists(Object::closed()).build();
    let permissions = Object::closed()
        .may("read", block.clone())
        .may("update", block);
    let widget = || Object::open().maybe("id", text());
    let wrapped = Object::open()
        .must("widget", widget().build())
        .may("parentWidgetId", anything());
    let unwrapped = widget().build_with(
        "not",
        json!({
            "required": ["widget"], "properties": { "widget": { "type": "object" } },
        }),
    );
    vec![
        (
            "PageBody",
            body()
                .must("identifier", identifier())
                .must("type", choice(&TYPES))
                .build(),
        ),
        (
            "PageChangeBody",
            body()
                .maybe("identifier", identifier())
                .maybe("type", choice(&TYPES))
                .build(),
        ),
        ("Page", shown().build()),
        ("PagePermissions", permissions.build()),
        ("WidgetBody", one_of([wrapped.build(), unwrapped])),
        ("WidgetChangeBody", Object::open().build()),
    ]
}

fn identifier() -> Value {
    any_of([
        json!({ "type": "string", "const": super::HOME }),
        json!({
            "type": "string", "minLength": 1, "maxLength": ENTITY_IDENTIFIER_MAX,
            "pattern": ENTITY_IDENTIFIER_PATTERN,
        }),
    ])
}

/// Widgets are opaque, and further keys are kept.
fn keys(optional: fn(Value) -> Value) -> Object {
    let texts = ["icon", "description", "parent", "after", "blueprint"];
    let start = Object::open().may("title", optional(text_of(0, 200)));
    texts
        .into_iter()
        .fold(start, |object, key| object.may(key, optional(text())))
        .may("locked", optional(flag()))
        .may("showInSidebar", optional(flag()))
        .may("widgets", optional(list(anything())))
        .may("pageFilters", optional(list(anything())))
}

fn body() -> Object {
    keys(or_null)
}

fn shown() -> Object {
    keys(|schema| schema)
        .must("identifier", text())
        .must("type", choice(&TYPES))
        .stamped()
}
