//! Tests of pages and their widgets.

use serde_json::json;

use super::*;

fn dashboard() -> Page {
    Page::create(json!({
        "identifier": "overview", "type": "dashboard", "title": "Overview",
        "widgets": [{"id": "dash", "type": "dashboard-widget", "widgets": [{"id": "a", "type": "markdown", "markdown": "x"}]}],
    }))
    .unwrap()
}

#[test]
fn a_page_keeps_what_was_sent_and_nothing_else() {
    let body = json!({"identifier": "p", "type": "dashboard", "future": {"a": 1}, "locked": false});
    let page = Page::create(body.clone()).unwrap();
    assert_eq!(Value::Object(page.document.clone()), body);
    assert_eq!(Page::from_stored(&page.to_text()).unwrap(), page);
}

#[test]
fn pages_that_the_server_makes_cannot_be_created() {
    let entity = Page::create(json!({"identifier": "xEntity", "type": "entity", "blueprint": "x"}));
    assert!(
        entity
            .unwrap_err()
            .message
            .starts_with("Entity pages cannot be created")
    );
    assert!(Page::create(json!({"identifier": "$home", "type": "home"})).is_err());
}

#[test]
fn every_fault_of_a_page_is_refused() {
    for bad in [
        json!([]),
        json!({"type": "dashboard"}),
        json!({"identifier": "p"}),
        json!({"identifier": "a b", "type": "dashboard"}),
        json!({"identifier": "$home", "type": "dashboard"}),
        json!({"identifier": "p", "type": "poster"}),
        json!({"identifier": "p", "type": "blueprint-entities"}),
        json!({"identifier": "p", "type": "dashboard", "widgets": {}}),
        json!({"identifier": "p", "type": "dashboard", "locked": "yes"}),
        json!({"identifier": "p", "type": "dashboard", "parent": 1}),
    ] {
        assert!(Page::create(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_replacement_keeps_identifier_and_type_and_a_patch_the_rest() {
    let page = dashboard();
    let replaced = page.replace(json!({"title": "New"})).unwrap();
    assert_eq!(
        (replaced.identifier(), replaced.kind()),
        ("overview", "dashboard")
    );
    assert!(!replaced.document.contains_key("widgets"));
    let patched = page.patch(json!({"locked": true, "title": null})).unwrap();
    assert!(patched.document.contains_key("widgets") && !patched.document.contains_key("title"));
    assert!(
        page.replace(json!({"type": "blueprint-entities", "blueprint": "x"}))
            .is_err()
    );
}

#[test]
fn the_home_page_and_entity_pages_keep_their_names() {
    assert!(
        Page::home()
            .replace(json!({"identifier": "other", "widgets": []}))
            .is_err()
    );
    assert!(
        Page::home()
            .replace(json!({"widgets": [{"id": "w"}]}))
            .is_ok()
    );
}

#[test]
fn the_page_of_a_blueprint_ends_in_s() {
    assert_eq!(catalog_page("service"), "services");
    assert_eq!(catalog_page("services"), "services");
    assert_eq!(entity_page("service"), "serviceEntity");
}

#[test]
fn widgets_are_added_changed_and_removed_wherever_they_are() {
    let mut page = dashboard();
    assert_eq!(
        page.add_widget(json!({"type": "markdown"}), "fresh")
            .unwrap(),
        "fresh"
    );
    assert_eq!(page.document["widgets"][0]["widgets"][1]["id"], "fresh");
    let nested = json!({"parentWidgetId": "a", "widget": {"id": "b", "type": "x"}});
    assert_eq!(page.add_widget(nested, "unused").unwrap(), "b");
    page.patch_widget("b", json!({"type": "y", "id": "ignored", "gone": null}))
        .unwrap();
    assert_eq!(
        page.document["widgets"][0]["widgets"][0]["widgets"],
        json!([{"id": "b", "type": "y"}])
    );
    page.remove_widget("b").unwrap();
    assert!(page.remove_widget("b").is_err());
    assert!(page.patch_widget("nobody", json!({})).is_err());
    assert!(page.add_widget(json!({"id": "a"}), "x").is_err());
    assert!(
        page.add_widget(json!({"parentWidgetId": "z", "widget": {}}), "x")
            .is_err()
    );
    assert!(page.add_widget(json!([]), "x").is_err());
    let parent = json!({"parentWidgetId": "dash", "widget": 1});
    assert!(page.add_widget(parent, "x").is_err());
    let mut plain = Page::create(json!({"identifier": "p", "type": "dashboard"})).unwrap();
    plain.add_widget(json!({"id": "w"}), "x").unwrap();
    assert_eq!(plain.document["widgets"], json!([{"id": "w"}]));
}
