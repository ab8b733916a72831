//! The JSON Schemas of the sidebar and its folders: as bodies and as shown.

use serde_json::Value;

use crate::contract::{
    Components, Object, choice, list, pattern_of, reference, some_text, text, text_of,
};
use crate::text::{ENTITY_IDENTIFIER_MAX, ENTITY_IDENTIFIER_PATTERN};

pub(crate) fn contract() -> Components {
    let shown = Object::closed()
        .must("identifier", text())
        .must("title", text())
        .may("parent", text())
        .may("after", text());
    let item = Object::closed()
        .must("identifier", text())
        .must("title", text())
        .must("sidebar", text())
        .may("after", text())
        .may("parent", text())
        .must("sidebarType", choice(&["page", "folder"]));
    let sidebar = Object::closed()
        .must("identifier", text())
        .must("items", list(reference("SidebarItem")));
    vec![
        ("FolderBody", body().must("title", title()).build()),
        ("FolderPatchBody", body().maybe("title", title()).build()),
        ("Folder", shown.build()),
        ("Sidebar", sidebar.build()),
        ("SidebarItem", item.build()),
    ]
}

fn title() -> Value {
    text_of(1, 200)
}

fn body() -> Object {
    Object::closed()
        .maybe(
            "identifier",
            pattern_of(ENTITY_IDENTIFIER_PATTERN, ENTITY_IDENTIFIER_MAX),
        )
        .maybe("parent", some_text())
        .maybe("after", some_text())
}
