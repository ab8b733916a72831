//! Which blueprints are accepted, what a reply echoes, and which changes are refused.

mod edges;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// The blueprint of the walkthrough.
fn microservice() -> Value {
    json!({
        "identifier": "microservice",
        "description": "This blueprint represents service in our software catalog",
        "title": "Service",
        "icon": "Microservice",
        "schema": {"properties": {"region": {"type": "string", "title": "Region"}}, "required": []},
        "mirrorProperties": {},
        "calculationProperties": {},
        "relations": {}
    })
}

/// The smallest blueprint with `changes` laid over its top level.
fn with(changes: Value) -> Value {
    let mut document = json!({"identifier": "b", "title": "B", "schema": {"properties": {}}});
    if let (Some(document), Value::Object(changes)) = (document.as_object_mut(), changes) {
        document.extend(changes);
    }
    document
}

/// The smallest blueprint with one property `p`.
fn with_property(definition: Value) -> Value {
    with(json!({"schema": {"properties": {"p": definition}}}))
}

fn valid(body: Value) -> Blueprint {
    Blueprint::create(body.clone()).unwrap_or_else(|refusal| panic!("{body}: {refusal}"))
}

fn refused_at(result: Result<Blueprint, Refusal>) -> Vec<String> {
    let refusal = result.expect_err("a refusal");
    assert_eq!(refusal.code, Code::InvalidRequest, "{refusal}");
    let details = refusal.details.unwrap_or_default();
    let paths = details.as_array().into_iter().flatten();
    paths
        .filter_map(|v| v["path"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn a_reply_echoes_the_document_and_adds_nothing_but_the_stamps() {
    let blueprint = valid(microservice());
    let mut expected = microservice();
    let at = Timestamp::from_millis(0);
    for key in ["createdAt", "updatedAt"] {
        expected[key] = json!("1970-01-01T00:00:00.000Z");
    }
    for key in ["createdBy", "updatedBy"] {
        expected[key] = json!("user_1");
    }
    assert_eq!(blueprint.render(&Stamps::new(at, "user_1")), expected);
    let small = valid(with(json!({"description": ""})));
    assert_eq!(
        Value::Object(small.document().clone()),
        with(json!({"description": ""}))
    );
}

#[test]
fn a_relation_always_shows_its_two_booleans() {
    let blueprint = valid(with(json!({"relations": {"r": {"target": "team"}}})));
    let expected = json!({"target": "team", "required": false, "many": false});
    assert_eq!(blueprint.document()["relations"]["r"], expected);
    assert_eq!(
        blueprint.relation_targets().collect::<Vec<_>>(),
        [("r", "team")]
    );
}

#[test]
fn unknown_keys_survive_at_the_top_and_inside_properties() {
    let body = with(json!({
        "custom": {"x": [1, null]},
        "schema": {"properties": {"p": {"type": "string", "x-mine": null, "identifier": "p"}}}
    }));
    assert_eq!(Value::Object(valid(body.clone()).document().clone()), body);
}

#[test]
fn every_kind_of_definition_in_its_full_form_is_accepted_and_echoed() {
    let body = with(json!({
        "icon": "Server",
        "schema": {
            "properties": {
                "text": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a", "default": "abc"},
                "tier": {"type": "string", "enum": ["a", "b"], "enumColors": {"a": "red", "b": "paleBlue"}},
                "url": {"type": "string", "format": "url", "spec": "embedded-url", "specAuthentication": {
                    "clientId": "c", "authorizationUrl": "https://a", "tokenUrl": "https://t", "authorizationScope": ["openid"]}},
                "until": {"type": "string", "format": "timer"},
                "count": {"type": "number", "exclusiveMinimum": 0, "enum": [1.5, 2]},
                "on": {"type": "boolean", "default": false},
                "api": {"type": "object", "spec": "open-api"},
                "link": {"type": "object", "format": "labeled-url"},
                "shape": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false},
                "list": {"type": "array", "items": {"type": "string", "format": "user"}, "uniqueItems": true, "default": ["x"]}
            },
            "required": ["text"]
        },
        "relations": {"owner": {"target": "team", "title": "Owner", "description": "", "required": true, "many": false}},
        "mirrorProperties": {"m": {"path": "owner.$team.$title", "title": "M"}},
        "calculationProperties": {"c": {"calculation": ".identifier + ", "type": "string", "colorized": true,
            "colors": {"x": "brown"}, "format": "url"}},
        "aggregationProperties": {"a": {"title": "A", "target": "b", "type": "number",
            "calculationSpec": {"calculationBy": "property", "func": "average", "property": "count", "averageOf": "total"},
            "query": {"combinator": "and", "rules": []}, "pathFilter": [{"path": ["r"], "fromBlueprint": "b"}]}},
        "ownership": {"type": "Inherited", "path": "owner.parent"},
        "changelogDestination": {"type": "WEBHOOK", "url": "https://x.io", "agent": true},
        "includeInGlobalSearch": false
    }));
    let blueprint = valid(body.clone());
    assert_eq!(Value::Object(blueprint.document().clone()), body);
    assert_eq!(
        Blueprint::from_stored(&blueprint.to_text()),
        Ok(blueprint.clone())
    );
    assert!(blueprint.inherits_team());
    assert_eq!(blueprint.required().collect::<Vec<_>>(), ["text"]);
}

#[test]
fn every_broken_constraint_is_refused_at_its_place() {
    let long = "x".repeat(101);
    let relation = |definition: Value| with(json!({"relations": {"r": definition}}));
    let mirror = |path: &str| with(json!({"mirrorProperties": {"m": {"path": path}}}));
    let calculation = |definition: Value| with(json!({"calculationProperties": {"c": definition}}));
    let aggregation = |spec: Value| {
        with(
            json!({"aggregationProperties": {"a": {"title": "A", "target": "b", "calculationSpec": spec}}}),
        )
    };
    let table = [
        (with(json!({"identifier": "a b"})), "identifier"),
        (with(json!({"identifier": long})), "identifier"),
        (with(json!({"identifier": null})), "identifier"),
        (with(json!({"title": ""})), "title"),
        (with(json!({"title": long})), "title"),
        (with(json!({"title": 1})), "title"),
        (with(json!({"description": "x".repeat(201)})), "description"),
        (with(json!({"icon": 1})), "icon"),
        (with(json!({"schema": []})), "schema"),
        (with(json!({"schema": {}})), "schema.properties"),
        (
            with(json!({"schema": {"properties": {}, "more": 1}})),
            "schema.more",
        ),
        (
            with(json!({"schema": {"properties": {}, "required": ["p"]}})),
            "schema.required[0]",
        ),
        (
            with(json!({"schema": {"properties": {}, "required": "p"}})),
            "schema.required",
        ),
        (
            with(json!({"schema": {"properties": {"a.b": {"type": "string"}}}})),
            "schema.properties.a.b",
        ),
        (with_property(json!("string")), "schema.properties.p"),
        (with_property(json!({})), "schema.properties.p.type"),
        (
            with_property(json!({"type": "integer"})),
            "schema.properties.p.type",
        ),
        (
            with_property(json!({"type": "string", "title": long})),
            "schema.properties.p.title",
        ),
        (
            with_property(json!({"type": "string", "format": "uri"})),
            "schema.properties.p.format",
        ),
        (
            with_property(json!({"type": "number", "format": "url"})),
            "schema.properties.p.format",
        ),
        (
            with_property(json!({"type": "string", "spec": "x"})),
            "schema.properties.p.spec",
        ),
        (
            with_property(json!({"type": "string", "default": 1})),
            "schema.properties.p.default",
        ),
        (
            with_property(json!({"type": "string", "enum": []})),
            "schema.properties.p.enum",
        ),
        (
            with_property(json!({"type": "string", "enumColors": {"a": "mauve"}})),
            "schema.properties.p.enumColors.a",
        ),
        (
            with_property(json!({"type": "string", "pattern": "("})),
            "schema.properties.p.pattern",
        ),
        (
            with_property(json!({"type": "number", "minimum": "1"})),
            "schema.properties.p.minimum",
        ),
        (
            with_property(json!({"type": "array", "items": 1})),
            "schema.properties.p.items",
        ),
        (
            with_property(json!({"type": "array", "items": {"type": "x"}})),
            "schema.properties.p.items.type",
        ),
        (
            with_property(json!({"type": "string", "specAuthentication": {
            "clientId": "c", "authorizationUrl": "https://a", "tokenUrl": "https://t"}})),
            "schema.properties.p.specAuthentication",
        ),
        (relation(json!({})), "relations.r.target"),
        (
            relation(json!({"target": "t", "required": true, "many": true})),
            "relations.r",
        ),
        (
            relation(json!({"target": "t", "required": 1})),
            "relations.r.required",
        ),
        (
            relation(json!({"target": "t", "mandatory": true})),
            "relations.r.mandatory",
        ),
        (relation(json!({"target": "a b"})), "relations.r.target"),
        (with(json!({"relations": []})), "relations"),
        (mirror("title"), "mirrorProperties.m.path"),
        (mirror("a..b"), "mirrorProperties.m.path"),
        (mirror("a b.c"), "mirrorProperties.m.path"),
        (mirror("a."), "mirrorProperties.m.path"),
        (
            calculation(json!({"type": "string"})),
            "calculationProperties.c.calculation",
        ),
        (
            calculation(json!({"calculation": ".", "type": "string", "x": 1})),
            "calculationProperties.c.x",
        ),
        (
            calculation(json!({"calculation": ".", "type": "string", "format": "timer"})),
            "calculationProperties.c.format",
        ),
        (
            calculation(json!({"calculation": ".", "type": "string", "colors": {"a": "b"}})),
            "calculationProperties.c.colors.a",
        ),
        (
            aggregation(json!({"calculationBy": "entities", "func": "sum"})),
            "aggregationProperties.a.calculationSpec.func",
        ),
        (
            aggregation(json!({"calculationBy": "property", "func": "sum"})),
            "aggregationProperties.a.calculationSpec.property",
        ),
        (
            aggregation(json!({"calculationBy": "entities", "func": "average"})),
            "aggregationProperties.a.calculationSpec.averageOf",
        ),
        (
            aggregation(json!({"calculationBy": "entities", "func": "count", "x": "y"})),
            "aggregationProperties.a.calculationSpec.x",
        ),
        (
            with(json!({"ownership": {"type": "Shared"}})),
            "ownership.type",
        ),
        (
            with(json!({"ownership": {"type": "Inherited"}})),
            "ownership.path",
        ),
        (
            with(json!({"ownership": {"type": "Inherited", "path": "a..b"}})),
            "ownership.path",
        ),
        (
            with(json!({"ownership": {"type": "Direct", "path": "a"}})),
            "ownership.path",
        ),
        (
            with(json!({"changelogDestination": {"type": "WEBHOOK"}})),
            "changelogDestination.url",
        ),
        (
            with(json!({"changelogDestination": {"type": "WEBHOOK", "url": "x"}})),
            "changelogDestination.url",
        ),
        (
            with(json!({"includeInGlobalSearch": "yes"})),
            "includeInGlobalSearch",
        ),
        (
            with(
                json!({"schema": {"properties": {"m": {"type": "string"}}}, "mirrorProperties": {"m": {"path": "a.b"}}}),
            ),
            "mirrorProperties.m",
        ),
    ];
    for (body, place) in table {
        assert_eq!(
            refused_at(Blueprint::create(body.clone())),
            [place],
            "{body}"
        );
    }
}

#[test]
fn the_type_enum_is_read_as_a_string_if_there_is_a_list() {
    let body = with_property(json!({"type": "enum", "enum": ["Successful", "Failed"]}));
    let blueprint = valid(body.clone());
    assert_eq!(Value::Object(blueprint.document().clone()), body);
    let bare = Blueprint::create(with_property(json!({"type": "enum"})));
    assert_eq!(refused_at(bare), ["schema.properties.p.type"]);
}

#[test]
fn a_body_that_is_no_object_is_refused_with_a_sentence() {
    let refusal = Blueprint::create(json!([1])).expect_err("a refusal");
    assert_eq!(refusal.code, Code::InvalidRequest);
    assert!(refusal.message.contains("[1]"), "{refusal}");
}

#[test]
fn a_put_takes_a_get_body_back_and_drops_what_it_leaves_out() {
    let before = valid(microservice());
    let shown = before.render(&Stamps::new(Timestamp::from_millis(5), "user_1"));
    assert_eq!(before.replace(shown), Ok(before.clone()));
    let after = before
        .replace(json!({"title": "S", "schema": {"properties": {}}}))
        .expect("a valid replacement");
    assert_eq!(after.identifier(), "microservice");
    assert!(!after.document().contains_key("description"));
    assert_eq!(after.changes_since(&before).removed_properties, ["region"]);
}

#[test]
fn a_put_with_another_identifier_renames_and_takes_its_own_relations_along() {
    let before = valid(with(json!({"relations": {"parent": {"target": "b"}}})));
    let body = with(json!({"identifier": "c", "relations": {"parent": {"target": "b"}}}));
    let after = before.replace(body).expect("a rename");
    assert_eq!(
        after.changes_since(&before).renamed_from.as_deref(),
        Some("b")
    );
    assert_eq!(after.relations()["parent"].target, "c");
    assert_eq!(after.document()["relations"]["parent"]["target"], "c");
}

#[test]
fn those_who_relate_to_a_renamed_blueprint_can_be_pointed_at_its_new_name() {
    let other = valid(with(json!({"relations": {"r": {"target": "old"}}})));
    let after = other.retargeted("old", "new").expect("a relation to it");
    assert_eq!(after.relations()["r"].target, "new");
    assert_eq!(other.retargeted("absent", "new"), None);
}

#[test]
fn a_type_changes_only_by_way_of_a_write_without_the_property() {
    let before = valid(with_property(json!({"type": "string"})));
    let other_type = with_property(json!({"type": "number"}));
    assert_eq!(
        refused_at(before.replace(other_type.clone())),
        ["schema.properties.p.type"]
    );
    let without = before
        .replace(with(json!({})))
        .expect("a write without the property");
    assert_eq!(without.changes_since(&before).removed_properties, ["p"]);
    assert!(without.replace(other_type).is_ok());
}

#[test]
fn a_relation_keeps_its_target_and_a_list_stays_a_list() {
    let relation = |target: &str, many: bool| {
        with(json!({"relations": {"r": {"target": target, "many": many}}}))
    };
    let single = valid(relation("t", false));
    assert_eq!(
        refused_at(single.replace(relation("u", false))),
        ["relations.r.target"]
    );
    let list = single
        .replace(relation("t", true))
        .expect("a single relation made a list");
    assert_eq!(
        refused_at(list.replace(relation("t", false))),
        ["relations.r.many"]
    );
    let without = list
        .replace(with(json!({})))
        .expect("a write without the relation");
    assert_eq!(without.changes_since(&list).removed_relations, ["r"]);
}

#[test]
fn a_patch_merges_definition_by_definition_and_key_by_key() {
    let before = valid(json!({
        "identifier": "b", "title": "B", "description": "d",
        "schema": {"properties": {"p": {"type": "string", "title": "P"}, "q": {"type": "number"}}, "required": ["p"]},
        "relations": {"r": {"target": "t"}}
    }));
    let after = before
        .patch(json!({
            "description": null,
            "schema": {"properties": {"p": {"title": "New"}, "q": null, "s": {"type": "boolean"}}},
            "relations": {"r": {"required": true}, "u": {"target": "t"}},
            "calculationProperties": {"c": {"calculation": ".x", "type": "string"}},
            "createdAt": "ignored"
        }))
        .expect("a valid patch");
    let expected = json!({
        "identifier": "b", "title": "B",
        "schema": {"properties": {"p": {"type": "string", "title": "New"}, "s": {"type": "boolean"}}, "required": ["p"]},
        "relations": {
            "r": {"target": "t", "required": true, "many": false},
            "u": {"target": "t", "required": false, "many": false}
        },
        "calculationProperties": {"c": {"calculation": ".x", "type": "string"}}
    });
    assert_eq!(Value::Object(after.document().clone()), expected);
    assert_eq!(before.patch(json!({})), Ok(before.clone()));
}

#[test]
fn a_patch_that_breaks_the_whole_is_refused() {
    let before = valid(with(
        json!({"schema": {"properties": {"p": {"type": "string"}}, "required": ["p"]}}),
    ));
    let without = before.patch(json!({"schema": {"properties": {"p": null}}}));
    assert_eq!(refused_at(without), ["schema.required[0]"]);
    assert_eq!(refused_at(before.patch(json!({"title": null}))), ["title"]);
    assert!(before.patch(json!({"schema": 1})).is_err());
    assert!(before.patch(json!({"relations": []})).is_err());
    assert!(before.patch(json!("x")).is_err());
}

/// Any JSON, with the keys of a blueprint more often than chance would have it.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("identifier".to_owned()),
        Just("title".to_owned()),
        Just("schema".to_owned()),
        Just("properties".to_owned()),
        Just("required".to_owned()),
        Just("relations".to_owned()),
        Just("type".to_owned()),
        Just("target".to_owned()),
        Just("items".to_owned()),
        Just("ownership".to_owned()),
        Just("pattern".to_owned()),
        "\\PC{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        Just(json!("string")),
        Just(json!("array")),
        Just(json!("object")),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A valid definition of a property.
fn any_property() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_u8..5, 5_u8..9)
            .prop_map(|(a, b)| json!({"type": "string", "minLength": a, "maxLength": b})),
        "[a-z]{1,5}".prop_map(|choice| json!({"type": "string", "enum": [choice]})),
        any::<i32>().prop_map(|least| json!({"type": "number", "minimum": least, "x": [null]})),
        Just(json!({"type": "array", "items": {"type": "string", "format": "url"}})),
        any::<bool>().prop_map(|on| json!({"type": "boolean", "default": on})),
    ]
}

proptest! {
    #[test]
    fn no_body_makes_the_reading_panic(body in any_json(), patch in any_json()) {
        if let Ok(blueprint) = Blueprint::create(body) {
            let again = Blueprint::create(Value::Object(blueprint.document().clone()));
            prop_assert_eq!(again, Ok(blueprint));
        }
        let before = valid(microservice());
        if let Ok(after) = before.patch(patch.clone()) {
            prop_assert_eq!(Blueprint::from_stored(&after.to_text()), Ok(after));
        }
        let _ = before.replace(patch);
    }

    #[test]
    fn what_is_accepted_is_echoed(
        identifier in "[\\p{L}0-9@_+:\\\\/-][\\p{L}0-9@_.+:\\\\/-]{0,30}",
        title in "\\PC{1,50}",
        properties in proptest::collection::hash_map("[A-Za-z0-9@_=\\\\-]{1,12}", any_property(), 0..5),
    ) {
        let body = json!({"identifier": identifier, "title": title, "schema": {"properties": properties}});
        let blueprint = valid(body.clone());
        prop_assert_eq!(Value::Object(blueprint.document().clone()), body);
        prop_assert!(crate::entity::EntitySchema::compile(&blueprint).is_ok());
    }
}
