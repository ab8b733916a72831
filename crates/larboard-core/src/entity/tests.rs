//! How bodies are read, held against a blueprint, applied and shown.

mod snapshot;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::blueprint::Blueprint;
use crate::refusal::Code;
use crate::time::Timestamp;

const THEN: Timestamp = Timestamp::from_millis(1_000);
const NOW: Timestamp = Timestamp::from_millis(2_000);

/// A blueprint with every kind of property and relation that a write meets.
fn service() -> Value {
    json!({
        "identifier": "service",
        "title": "Service",
        "schema": {
            "properties": {
                "tier": {"type": "number", "minimum": 0},
                "language": {"type": "string", "default": "rust"},
                "url": {"type": "string", "format": "url"},
                "config": {"type": "object"}
            },
            "required": ["tier"]
        },
        "relations": {
            "domain": {"target": "domain", "required": true},
            "parent": {"target": "service"},
            "uses": {"target": "library", "many": true}
        },
        "mirrorProperties": {"domain_title": {"path": "domain.$title"}},
        "calculationProperties": {"shout": {"calculation": ".title", "type": "string"}}
    })
}

fn schema() -> EntitySchema {
    schema_of(service())
}

fn schema_of(blueprint: Value) -> EntitySchema {
    let blueprint = Blueprint::create(blueprint).expect("a valid blueprint");
    EntitySchema::compile(&blueprint).expect("a schema")
}

fn checked(body: Value, verb: Verb) -> Result<CheckedWrite, Refusal> {
    schema().check(EntityWrite::parse(body, verb)?)
}

fn create(body: Value) -> Result<Entity, Refusal> {
    checked(body, Verb::Post)?.create(&schema(), "a", THEN, "user_1")
}

fn replace(stored: &Entity, body: Value) -> Result<Entity, Refusal> {
    checked(body, Verb::Put)?.replace(&schema(), stored, NOW, "user_2")
}

fn merge(stored: &Entity, body: Value) -> Result<Entity, Refusal> {
    checked(body, Verb::Patch)?.merge(&schema(), stored, NOW, "user_2")
}

/// An entity with a value almost everywhere.
fn stored() -> Entity {
    create(json!({
        "title": "A",
        "icon": "Service",
        "team": "core",
        "properties": {"tier": 1, "url": "https://x.io", "config": {"a": {"b": 1}, "c": 2}},
        "relations": {"domain": "shop", "uses": ["z", "y"]}
    }))
    .expect("a valid entity")
}

fn shown(entity: &Entity) -> Value {
    View::default().render(entity, &schema())
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Code {
    result.expect_err("a refusal").code
}

// Reading bodies.

#[test]
fn a_body_of_the_wrong_shape_is_a_bad_request_on_post_and_an_invalid_one_otherwise() {
    let table = [
        json!([]),
        json!({"identifier": "a b"}),
        json!({"identifier": ""}),
        json!({"identifier": "x".repeat(1001)}),
        json!({"identifier": 1}),
        json!({"title": 1}),
        json!({"icon": {}}),
        json!({"team": 1}),
        json!({"team": ["a", null]}),
        json!({"properties": []}),
        json!({"relations": []}),
        json!({"relations": {"domain": 1}}),
        json!({"relations": {"uses": ["a", null]}}),
        json!({"relations": {"domain": {"identifier": "a"}}}),
    ];
    for body in table {
        for (verb, expected) in [
            (Verb::Post, Code::BadRequest),
            (Verb::Put, Code::InvalidRequest),
            (Verb::Patch, Code::InvalidRequest),
        ] {
            assert_eq!(
                code(EntityWrite::parse(body.clone(), verb)),
                expected,
                "{body}"
            );
        }
    }
}

#[test]
fn post_and_put_ignore_unknown_keys_and_patch_ignores_blueprint_alone() {
    let body = json!({"title": "A", "createdAt": "x", "scorecards": {}});
    assert!(EntityWrite::parse(body.clone(), Verb::Post).is_ok());
    assert!(EntityWrite::parse(body.clone(), Verb::Put).is_ok());
    assert_eq!(
        code(EntityWrite::parse(body, Verb::Patch)),
        Code::InvalidRequest
    );
    assert!(EntityWrite::parse(json!({"blueprint": "service"}), Verb::Patch).is_ok());
    let bad_key = json!({"properties": {"a.b": 1}});
    assert_eq!(
        code(EntityWrite::parse(bad_key, Verb::Patch)),
        Code::InvalidRequest
    );
}

#[test]
fn a_search_query_that_was_not_looked_up_beforehand_is_refused() {
    let query = json!({"combinator": "and", "rules": []});
    for body in [
        json!({"identifier": query}),
        json!({"team": query}),
        json!({"relations": {"domain": query}}),
    ] {
        let refusal = EntityWrite::parse(body, Verb::Post).expect_err("a refusal");
        assert_eq!(refusal.code, Code::InvalidRequest);
        assert!(
            refusal.message.contains("a search query cannot stand here"),
            "{refusal}"
        );
    }
}

#[test]
fn a_team_is_a_text_a_list_or_nothing() {
    let team = |team: Value| {
        EntityWrite::parse(json!({"team": team}), Verb::Post)
            .expect("a valid body")
            .team
    };
    assert_eq!(team(json!("a")), Some(vec!["a".to_owned()]));
    assert_eq!(
        team(json!(["b", "a"])),
        Some(vec!["b".to_owned(), "a".to_owned()])
    );
    assert_eq!(team(json!(null)), Some(vec![]));
    assert_eq!(team(json!("")), Some(vec![]));
    let silent = EntityWrite::parse(json!({}), Verb::Post).expect("a valid body");
    assert_eq!(silent, EntityWrite::default());
}

#[test]
fn a_bulk_wrapper_holds_one_to_twenty_bodies_or_one_to_a_hundred_identifiers() {
    let bodies = |n: usize| json!({"entities": vec![json!({}); n]});
    let ids = |n: usize| json!({"entities": vec!["a"; n]});
    assert_eq!(
        parse_bulk_write(bodies(20)).map(|items| items.len()),
        Ok(20)
    );
    assert_eq!(
        parse_bulk_delete(ids(100)).map(|items| items.len()),
        Ok(100)
    );
    for body in [
        bodies(0),
        bodies(21),
        json!([]),
        json!({}),
        json!({"entities": {}}),
    ] {
        assert_eq!(code(parse_bulk_write(body)), Code::InvalidRequest);
    }
    for body in [
        ids(0),
        ids(101),
        bodies(1),
        json!({"entities": ["a"], "more": 1}),
    ] {
        assert_eq!(code(parse_bulk_delete(body)), Code::InvalidRequest);
    }
}

// Holding them against the blueprint.

#[test]
fn a_value_that_does_not_fit_is_named_with_its_property_and_rule() {
    let refusal = create(json!({"properties": {"tier": -1}})).expect_err("a refusal");
    assert_eq!(refusal.code, Code::BlueprintSchemaMismatch);
    assert_eq!(
        refusal.message,
        "property \"tier\": -1 is less than the minimum 0"
    );
    let details = refusal.details.expect("details");
    assert_eq!(details[0]["path"], "properties.tier");
    assert_eq!(details[0]["rule"], "minimum");
}

#[test]
fn unknown_and_computed_names_are_a_mismatch() {
    for (body, word) in [
        (json!({"properties": {"nope": 1}}), "no such property"),
        (json!({"relations": {"nope": "a"}}), "no such relation"),
        (json!({"properties": {"domain_title": "x"}}), "mirror"),
        (json!({"properties": {"shout": "x"}}), "calculation"),
        (json!({"properties": {"nope": null}}), "no such property"),
    ] {
        let refusal = create(body).expect_err("a refusal");
        assert_eq!(refusal.code, Code::BlueprintSchemaMismatch);
        assert!(refusal.message.contains(word), "{refusal}");
    }
}

#[test]
fn a_get_body_can_be_sent_back() {
    let entity = stored();
    let again = replace(&entity, shown(&entity)).expect("the same entity");
    assert_eq!(shown(&again)["properties"], shown(&entity)["properties"]);
    assert_eq!(again.relations.get("uses"), entity.relations.get("uses"));
}

#[test]
fn a_relation_of_the_wrong_cardinality_is_a_many_violation() {
    for relations in [json!({"domain": ["a"]}), json!({"uses": "a"})] {
        let body = json!({"properties": {"tier": 1}, "relations": relations});
        assert_eq!(code(create(body)), Code::RelationManyViolation);
    }
}

#[test]
fn an_inherited_team_cannot_be_written() {
    let mut blueprint = service();
    blueprint["ownership"] = json!({"type": "Inherited", "path": "domain"});
    let schema = schema_of(blueprint);
    let check = |team: Value| schema.check(EntityWrite::parse(json!({"team": team}), Verb::Put)?);
    assert_eq!(code(check(json!("a"))), Code::TeamInheritanceEnabled);
    assert!(check(json!([])).is_ok());
}

// Applying them.

#[test]
fn a_new_entity_gets_its_defaults_and_keeps_the_order_of_lists() {
    let entity = stored();
    assert_eq!(entity.properties["language"], "rust");
    assert_eq!(entity.relations["uses"].targets(), ["z", "y"]);
    assert_eq!(entity.stamps, Stamps::new(THEN, "user_1"));
    let explicit =
        json!({"properties": {"tier": 1, "language": null}, "relations": {"domain": "d"}});
    let entity = create(explicit).expect("a valid entity");
    assert!(
        !entity.properties.contains_key("language"),
        "null refuses the default"
    );
}

#[test]
fn what_the_blueprint_requires_must_be_there() {
    let lacking_property = create(json!({"relations": {"domain": "d"}}));
    assert_eq!(code(lacking_property), Code::BlueprintSchemaMismatch);
    let null_property = json!({"properties": {"tier": null}, "relations": {"domain": "d"}});
    assert_eq!(code(create(null_property)), Code::BlueprintSchemaMismatch);
    let lacking_relation = create(json!({"properties": {"tier": 1}}));
    assert_eq!(code(lacking_relation), Code::RequiredRelationMissing);
    assert!(!schema().allows_stubs());
}

#[test]
fn a_replacement_resets_what_it_leaves_out() {
    let body = json!({"properties": {"tier": 2}, "relations": {"domain": "shop"}});
    let after = replace(&stored(), body).expect("a valid entity");
    assert_eq!((after.title, after.icon, after.team), (None, None, vec![]));
    assert_eq!(
        Value::Object(after.properties),
        json!({"tier": 2, "language": "rust"})
    );
    assert!(!after.relations.contains_key("uses"));
    assert_eq!(
        after.stamps,
        Stamps::new(THEN, "user_1").rewritten(NOW, "user_2")
    );
    let renaming =
        json!({"identifier": "b", "properties": {"tier": 2}, "relations": {"domain": "d"}});
    assert_eq!(
        replace(&stored(), renaming)
            .expect("a valid entity")
            .identifier,
        "b"
    );
}

#[test]
fn a_merge_keeps_what_it_leaves_out_clears_null_and_replaces_objects_whole() {
    let body = json!({
        "title": null,
        "properties": {"url": null, "config": {"a": 1}},
        "relations": {"uses": null, "parent": "p"}
    });
    let after = merge(&stored(), body).expect("a valid entity");
    assert_eq!(after.title, None);
    assert_eq!(after.icon.as_deref(), Some("Service"));
    assert_eq!(after.team, ["core"]);
    let expected = json!({"tier": 1, "language": "rust", "config": {"a": 1}});
    assert_eq!(Value::Object(after.properties), expected);
    assert_eq!(after.relations["uses"], RelationValue::None);
    assert_eq!(
        after.relations["parent"],
        RelationValue::One("p".to_owned())
    );
    assert_eq!(
        after.relations["domain"],
        RelationValue::One("shop".to_owned())
    );
    let no_default = merge(&stored(), json!({"properties": {"language": null}}));
    assert!(
        !no_default
            .expect("a valid entity")
            .properties
            .contains_key("language")
    );
}

#[test]
fn a_required_relation_cannot_be_cleared_and_leaving_it_out_of_a_replacement_misses_it() {
    let clearing = json!({"relations": {"domain": null}});
    assert_eq!(
        code(merge(&stored(), clearing.clone())),
        Code::RequiredRelation
    );
    assert_eq!(code(replace(&stored(), clearing)), Code::RequiredRelation);
    let silent = replace(&stored(), json!({"properties": {"tier": 1}}));
    assert_eq!(code(silent), Code::RequiredRelationMissing);
}

#[test]
fn a_write_that_changes_nothing_is_recognised_whatever_its_order_and_author() {
    let entity = stored();
    let same = json!({"properties": {"config": {"c": 2, "a": {"b": 1}}, "tier": 1}, "relations": {"domain": "shop"}});
    let after = merge(&entity, same).expect("a valid entity");
    assert!(after.same_content(&entity) && after != entity);
    let other = merge(&entity, json!({"relations": {"uses": ["y", "z"]}})).expect("a valid entity");
    assert!(!other.same_content(&entity));
}

// Showing them.

#[test]
fn a_read_shows_null_for_every_property_without_a_value() {
    let body = json!({"properties": {"tier": 1}, "relations": {"parent": null, "domain": "shop"}});
    let entity = create(body).expect("a valid entity");
    let expected = json!({
        "identifier": "a",
        "title": "a",
        "icon": null,
        "blueprint": "service",
        "team": [],
        "properties": {
            "tier": 1, "language": "rust", "url": null, "config": null, "domain_title": null, "shout": null
        },
        "relations": {"parent": null, "domain": "shop", "uses": []},
        "createdAt": "1970-01-01T00:00:01.000Z",
        "createdBy": "user_1",
        "updatedAt": "1970-01-01T00:00:01.000Z",
        "updatedBy": "user_1"
    });
    assert_eq!(shown(&entity), expected);
    let view = View {
        exclude_calculated: true,
        ..View::default()
    };
    let without = view.render(&entity, &schema());
    let keys: Vec<_> = without["properties"]
        .as_object()
        .expect("a map")
        .keys()
        .collect();
    assert_eq!(keys, ["tier", "language", "url", "config"]);
}

#[test]
fn a_checked_write_says_what_its_body_says() {
    let body = json!({"identifier": "b", "title": "B", "properties": {"tier": 1}});
    let read = EntityWrite::parse(body.clone(), Verb::Patch).expect("a write");
    let write = checked(body, Verb::Patch).expect("a fitting write");
    assert_eq!((write.identifier(), write.write()), (Some("b"), &read));
    let silent = checked(json!({}), Verb::Patch).expect("a fitting write");
    assert_eq!(silent.identifier(), None);
}

#[test]
fn stubs_are_allowed_where_an_identifier_alone_is_an_entity() {
    let stubs = |properties: Value, required: Value, relation: Value| {
        let schema = json!({"properties": properties, "required": required});
        let body = json!({"identifier": "b", "title": "B", "schema": schema, "relations": {"r": relation}});
        schema_of(body).allows_stubs()
    };
    let (plain, with_default) = (
        json!({"type": "string"}),
        json!({"type": "string", "default": "x"}),
    );
    let (optional, needed) = (
        json!({"target": "b"}),
        json!({"target": "b", "required": true}),
    );
    for (property, required, relation, allowed) in [
        (&plain, json!([]), &optional, true),
        (&plain, json!(["p"]), &optional, false),
        (&with_default, json!(["p"]), &optional, true),
        (&plain, json!([]), &needed, false),
        (&with_default, json!(["p"]), &needed, false),
    ] {
        let is = stubs(json!({"p": property}), required.clone(), relation.clone());
        assert_eq!(is, allowed, "{property} {required} {relation}");
    }
}

#[test]
fn a_relation_can_be_shown_with_the_titles_of_what_it_relates_to() {
    let title_of = |blueprint: &str, identifier: &str| {
        (identifier != "y").then(|| format!("{blueprint}/{identifier}"))
    };
    let view = View {
        titles: Some(&title_of),
        ..View::default()
    };
    let relations = &view.render(&stored(), &schema())["relations"];
    let expected = json!({
        "domain": {"identifier": "shop", "title": "domain/shop"},
        "uses": [{"identifier": "z", "title": "library/z"}, {"identifier": "y", "title": "y"}],
        "parent": null
    });
    assert_eq!(*relations, expected);
}

#[test]
fn include_and_exclude_choose_keys_by_path() {
    let select = |include: &[&str], exclude: &[&str]| {
        let own = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        let selection = Selection::new(own(include), own(exclude));
        View {
            selection,
            ..View::default()
        }
        .render(&stored(), &schema())
    };
    assert_eq!(
        select(
            &["identifier", "properties.tier", "relations"],
            &["relations.uses"]
        ),
        json!({
            "identifier": "a",
            "properties": {"tier": 1},
            "relations": {"domain": "shop", "parent": null}
        })
    );
    assert_eq!(select(&["$title"], &[]), json!({"title": "A"}));
    assert_eq!(
        select(&["properties.config.a"], &[])["properties"],
        json!({"config": {"a": {"b": 1}, "c": 2}})
    );
    let without = select(&[], &["properties", "createdAt"]);
    assert!(without.get("properties").is_none() && without.get("createdAt").is_none());
    assert_eq!(without["identifier"], "a");
}

#[test]
fn links_name_relation_place_and_target() {
    let (entity, schema) = (stored(), schema());
    let links: Vec<_> = entity.links(&schema).collect();
    let expected = [
        ("domain", 0, "domain", "shop"),
        ("uses", 0, "library", "z"),
        ("uses", 1, "library", "y"),
    ];
    assert_eq!(links, expected);
}

#[test]
fn stored_texts_read_back_as_what_was_stored() {
    let entity = merge(&stored(), json!({"relations": {"parent": null}})).expect("valid");
    let parts = entity.stored_texts().parse().expect("what was stored");
    assert_eq!(parts.team, entity.team);
    assert_eq!(parts.properties, entity.properties);
    assert_eq!(parts.relations, entity.relations);
}

#[test]
fn a_single_relation_made_a_list_shows_its_link_as_a_list() {
    let mut blueprint = service();
    blueprint["relations"]["domain"] = json!({"target": "domain", "many": true});
    let view = View::default().render(&stored(), &schema_of(blueprint));
    assert_eq!(view["relations"]["domain"], json!(["shop"]));
}

/// Any JSON, with the keys of an entity more often than chance would have it.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        "identifier|title|icon|team|properties|relations|entities|combinator",
        "tier|language|url|config|domain|parent|uses|shout",
        "\\PC{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_makes_a_write_panic(body in any_json()) {
        let _ = parse_bulk_write(body.clone());
        let _ = parse_bulk_delete(body.clone());
        let _ = create(body.clone());
        for entity in [replace(&stored(), body.clone()), merge(&stored(), body)].into_iter().flatten() {
            prop_assert_eq!(entity.stored_texts().parse().map(|parts| parts.properties), Ok(entity.properties));
        }
    }

    #[test]
    fn values_that_fit_are_shown_as_they_were_sent(
        tier in 0_u32..1000,
        language in "\\PC{0,20}",
        config in proptest::collection::hash_map("\\PC{0,5}", any::<i64>(), 0..4),
        uses in proptest::collection::vec("[a-z]{1,8}", 0..4),
    ) {
        let body = json!({
            "properties": {"tier": tier, "language": language, "config": config},
            "relations": {"domain": "d", "uses": uses}
        });
        let shown = shown(&create(body.clone()).expect("a valid entity"));
        for (name, value) in body["properties"].as_object().expect("a map") {
            prop_assert_eq!(&shown["properties"][name], value);
        }
        prop_assert_eq!(&shown["relations"]["uses"], &body["relations"]["uses"]);
    }
}
