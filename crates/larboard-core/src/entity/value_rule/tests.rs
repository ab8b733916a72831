//! Which values fit which definition, and what the sentences say.

use serde_json::{Value, json};

use super::{Flaw, ValueRule};

fn rule(definition: &Value) -> ValueRule {
    ValueRule::compile(definition.as_object().expect("an object")).expect("a valid definition")
}

fn flaws(definition: &Value, value: &Value) -> Vec<Flaw> {
    let mut found = Vec::new();
    rule(definition).check(value, &mut |flaw| found.push(flaw));
    found
}

#[test]
fn each_keyword_accepts_and_refuses_by_its_rule() {
    let table = [
        (json!({"type": "string"}), json!("x"), json!(1), "type"),
        (json!({"type": "number"}), json!(1.5), json!("1"), "type"),
        (
            json!({"type": "boolean"}),
            json!(true),
            json!("true"),
            "type",
        ),
        (json!({"type": "object"}), json!({}), json!([]), "type"),
        (json!({"type": "array"}), json!([1]), json!({}), "type"),
        (
            json!({"type": "string", "minLength": 2}),
            json!("éé"),
            json!("é"),
            "minLength",
        ),
        (
            json!({"type": "string", "maxLength": 2}),
            json!("éé"),
            json!("ééé"),
            "maxLength",
        ),
        (
            json!({"type": "string", "pattern": "^v\\d+$"}),
            json!("v1"),
            json!("1"),
            "pattern",
        ),
        (
            json!({"type": "string", "pattern": "^(?!x)"}),
            json!("a"),
            json!("x"),
            "pattern",
        ),
        (
            json!({"type": "string", "enum": ["a"]}),
            json!("a"),
            json!("b"),
            "enum",
        ),
        (
            json!({"type": "number", "enum": [1, 2]}),
            json!(1.0),
            json!(3),
            "enum",
        ),
        (
            json!({"type": "string", "format": "url"}),
            json!("https://x"),
            json!("x"),
            "format",
        ),
        (
            json!({"type": "number", "minimum": 0}),
            json!(0),
            json!(-1),
            "minimum",
        ),
        (
            json!({"type": "number", "maximum": 2.5}),
            json!(2.5),
            json!(2.6),
            "maximum",
        ),
        (
            json!({"type": "number", "exclusiveMinimum": 0}),
            json!(0.1),
            json!(0),
            "exclusiveMinimum",
        ),
        (
            json!({"type": "number", "exclusiveMaximum": 1}),
            json!(0.9),
            json!(1),
            "exclusiveMaximum",
        ),
        (
            json!({"type": "array", "minItems": 1}),
            json!([0]),
            json!([]),
            "minItems",
        ),
        (
            json!({"type": "array", "maxItems": 1}),
            json!([0]),
            json!([0, 1]),
            "maxItems",
        ),
        (
            json!({"type": "array", "uniqueItems": true}),
            json!([1, "1"]),
            json!([1, 1.0]),
            "uniqueItems",
        ),
        (
            json!({"type": "array", "items": {"type": "number", "minimum": 1}}),
            json!([1]),
            json!([1, 0]),
            "minimum",
        ),
        (
            json!({"type": "array", "items": {"type": "object", "required": ["a"]}}),
            json!([{"a": 1}]),
            json!([{}]),
            "schema",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string", "format": "ipv4"}}}),
            json!({"a": "192.0.2.1", "b": 1}),
            json!({"a": "x"}),
            "schema",
        ),
        (
            json!({"type": "object", "additionalProperties": false, "patternProperties": {"^x": {}}}),
            json!({"x1": 1}),
            json!({"y": 1}),
            "schema",
        ),
        (
            json!({"type": "object", "format": "labeled-url"}),
            json!({"url": "https://x.io", "displayText": "X", "label": "more"}),
            json!({"displayText": "X"}),
            "format",
        ),
    ];
    for (definition, good, bad, keyword) in table {
        assert_eq!(
            flaws(&definition, &good),
            [],
            "{definition} should accept {good}"
        );
        let found = flaws(&definition, &bad);
        assert_eq!(
            found.first().map(|flaw| flaw.rule),
            Some(keyword),
            "{definition} and {bad}"
        );
    }
}

#[test]
fn a_sentence_names_the_value_and_the_rule() {
    let sentence = |definition: Value, value: Value| {
        let flaw = flaws(&definition, &value).remove(0);
        format!("{}: {}", flaw.place, flaw.message)
    };
    assert_eq!(
        sentence(json!({"type": "number", "minimum": 0}), json!(-1)),
        ": -1 is less than the minimum 0"
    );
    assert_eq!(
        sentence(json!({"type": "string", "maxLength": 2}), json!("abc")),
        ": \"abc\" has 3 characters; the most is 2"
    );
    assert_eq!(
        sentence(
            json!({"type": "array", "items": {"type": "string"}}),
            json!(["a", 1])
        ),
        "[1]: 1 is not a string"
    );
    assert_eq!(
        sentence(json!({"type": "string", "enum": ["a", "b"]}), json!("c")),
        ": \"c\" is not one of \"a\", \"b\""
    );
    let inside = json!({"type": "object", "properties": {"a": {"type": "number"}}});
    assert!(sentence(inside, json!({"a": "x"})).starts_with(".a: "));
}

#[test]
fn items_without_a_type_are_strings_and_items_without_a_keyword_say_nothing() {
    let untyped = json!({"type": "array", "items": {"maxLength": 1}});
    assert_eq!(flaws(&untyped, &json!([1])).len(), 1);
    assert_eq!(
        flaws(&json!({"type": "array", "items": {}}), &json!([1, "a"])),
        []
    );
    assert_eq!(flaws(&json!({"type": "array"}), &json!([1, "a"])), []);
}

#[test]
fn a_definition_that_makes_no_sense_is_refused_by_keyword() {
    let table = [
        (json!({"type": "string", "minLength": -1}), "minLength"),
        (json!({"type": "string", "maxLength": "3"}), "maxLength"),
        (
            json!({"type": "string", "minLength": 3, "maxLength": 2}),
            "minLength",
        ),
        (json!({"type": "string", "pattern": "("}), "pattern"),
        (json!({"type": "string", "pattern": 1}), "pattern"),
        (json!({"type": "string", "enum": []}), "enum"),
        (json!({"type": "string", "enum": [1]}), "enum"),
        (json!({"type": "boolean", "enum": [true]}), "enum"),
        (json!({"type": "number", "minimum": "0"}), "minimum"),
        (json!({"type": "array", "uniqueItems": 1}), "uniqueItems"),
        (json!({"type": "array", "maxItems": 1.5}), "maxItems"),
        (
            json!({"type": "array", "items": {"type": "string", "pattern": "["}}),
            "items.pattern",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "nothing"}}}),
            "properties",
        ),
        (
            json!({"type": "object", "properties": {"a": {"$ref": "#"}}}),
            "properties",
        ),
        (json!({"type": "object", "required": "a"}), "properties"),
    ];
    for (definition, place) in table {
        let found = ValueRule::compile(definition.as_object().expect("an object"));
        let found = found.expect_err(&definition.to_string());
        assert_eq!(found[0].place, place, "{definition}");
    }
}

#[test]
fn a_pattern_that_backtracks_without_end_refuses_the_value_instead_of_hanging() {
    let definition = json!({"type": "string", "pattern": "^(?=(a+)+$)b"});
    assert_eq!(flaws(&definition, &json!("a".repeat(60))).len(), 1);
}

#[test]
fn compiled_rules_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<ValueRule>();
    shared::<crate::entity::EntitySchema>();
}

#[test]
fn the_place_of_a_flaw_inside_an_object_is_a_path_of_dots_and_places() {
    let places = |definition: Value, value: Value| -> Vec<String> {
        let found = flaws(&definition, &value);
        found.into_iter().map(|flaw| flaw.place).collect()
    };
    let ports = json!({"type": "array", "items": {"type": "number"}});
    let shape = json!({"type": "object", "properties": {"a/b": {"type": "number"}, "ports": ports}, "required": ["ports"]});
    assert_eq!(places(shape.clone(), json!({})), [""]);
    assert_eq!(places(shape.clone(), json!({"ports": 1})), [".ports"]);
    assert_eq!(
        places(shape.clone(), json!({"ports": [1, "2"]})),
        [".ports[1]"]
    );
    assert_eq!(places(shape, json!({"ports": [], "a/b": "x"})), [".a/b"]);
}
