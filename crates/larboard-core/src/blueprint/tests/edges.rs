//! Edges of definitions that the fixtures of the API do not come to by themselves.

use super::*;

fn calculation(items: Value) -> Value {
    let definition = json!({"calculation": ".a", "type": "array", "items": items});
    with(json!({"calculationProperties": {"c": definition}}))
}

#[test]
fn the_misspelt_format_of_items_is_taken_in_calculations_alone() {
    valid(calculation(
        json!({"type": "string", "format": "idn-format"}),
    ));
    valid(calculation(json!({"type": "string", "format": "url"})));
    for format in ["timer", "blueprints", "uri"] {
        let refused = Blueprint::create(calculation(json!({"type": "string", "format": format})));
        assert_eq!(
            refused_at(refused),
            ["calculationProperties.c.items.format"],
            "{format}"
        );
    }
    let property = json!({"type": "array", "items": {"type": "string", "format": "idn-format"}});
    assert!(Blueprint::create(with_property(property)).is_err());
}

#[test]
fn a_blueprint_has_its_title_and_a_rewritten_stamp_a_new_writer() {
    assert_eq!(valid(with(json!({"title": "Service"}))).title(), "Service");
    let stamps = Stamps::new(Timestamp::from_millis(1), "ada");
    let rewritten = stamps.rewritten(Timestamp::from_millis(2), "bob");
    let expected = Stamps {
        created_at: Timestamp::from_millis(1),
        created_by: "ada".into(),
        updated_at: Timestamp::from_millis(2),
        updated_by: "bob".into(),
    };
    assert_eq!(rewritten, expected);
}

#[test]
fn null_in_a_patch_keeps_what_no_blueprint_is_without_and_removes_the_rest() {
    let body = json!({"identifier": "b", "title": "B", "icon": "Box",
        "schema": {"properties": {"p": {"type": "string"}}, "required": ["p"]}});
    let before = valid(body);
    let kept = json!({"identifier": null, "schema": null});
    assert_eq!(before.patch(kept).as_ref(), Ok(&before));
    let kept = json!({"schema": {"properties": null}});
    assert_eq!(before.patch(kept).as_ref(), Ok(&before));
    let after = before.patch(json!({"icon": null, "schema": {"required": null}}));
    let after = after.expect("a blueprint");
    assert_eq!(after.document().get("icon"), None);
    assert_eq!(
        after.document()["schema"],
        json!({"properties": {"p": {"type": "string"}}})
    );
    assert_eq!(refused_at(before.patch(json!({"title": null}))), ["title"]);
}

#[test]
fn null_in_a_definition_counts_as_absent_unless_its_key_is_unknown() {
    let definition =
        json!({"type": "string", "title": null, "format": null, "default": null, "future": null});
    let property = valid(with_property(definition)).properties()["p"].clone();
    assert_eq!(property, json!({"type": "string", "future": null}));
    let relation = json!({"relations": {"r": {"target": "b", "title": null, "many": null}}});
    let relation = valid(with(relation)).document()["relations"]["r"].clone();
    assert_eq!(
        relation,
        json!({"target": "b", "required": false, "many": false})
    );
}

#[test]
fn a_default_is_of_the_type_of_its_property() {
    let defaults = [
        ("string", json!("a")),
        ("number", json!(1.5)),
        ("boolean", json!(false)),
        ("object", json!({})),
        ("array", json!([])),
    ];
    for (kind, _) in &defaults {
        for (of, default) in &defaults {
            let definition = json!({"type": kind, "default": default});
            let result = Blueprint::create(with_property(definition));
            if kind == of {
                assert!(result.is_ok(), "{kind} {default}");
            } else {
                let place = "schema.properties.p.default";
                assert_eq!(refused_at(result), [place], "{kind} {default}");
            }
        }
    }
}

#[test]
fn a_relation_to_itself_is_no_way_to_another_target() {
    let to = |target: &str| with(json!({"relations": {"r": {"target": target}}}));
    let before = valid(to("b"));
    assert_eq!(
        refused_at(before.replace(to("other"))),
        ["relations.r.target"]
    );
    let mut renamed = to("other");
    renamed["identifier"] = json!("c");
    assert_eq!(refused_at(before.replace(renamed)), ["relations.r.target"]);
    // Where another blueprint takes the name that a relation leads to, the relation would change.
    let before = valid(to("other"));
    let mut renamed = to("c");
    renamed["identifier"] = json!("c");
    assert_eq!(refused_at(before.replace(renamed)), ["relations.r.target"]);
}

#[test]
fn the_start_of_an_aggregations_path_follows_a_rename_and_others_stay() {
    let aggregation = |from: &str| {
        json!({"title": "A", "target": "t", "calculationSpec": {"calculationBy": "entities", "func": "count"},
            "pathFilter": [{"path": ["r"], "fromBlueprint": from}]})
    };
    let of = |from: &str, other: &str| {
        let aggregations = json!({"a": aggregation(from), "o": aggregation(other)});
        valid(with(json!({"aggregationProperties": aggregations})))
    };
    assert_eq!(of("x", "y").retargeted("x", "z"), Some(of("z", "y")));
    assert_eq!(of("x", "y").retargeted("q", "z"), None);
}
