//! The flat conditions of scorecards: how they are joined, turned around, and when a value counts as empty.

use super::*;

fn holds(combinator: &str, conditions: Value) -> bool {
    let value = json!({"combinator": combinator, "conditions": conditions});
    let conditions =
        parse_conditions(&value, "query").unwrap_or_else(|refusal| panic!("{refusal}"));
    let entity = entity();
    let subject = EntitySubject {
        entity: Some(&entity),
        ..EntitySubject::default()
    };
    conditions.resolve(now()).matches(&subject)
}

fn one(condition: Value) -> bool {
    holds("and", json!([condition]))
}

/// The condition, and the same turned around.
fn both(condition: Value) -> (bool, bool) {
    let mut turned = condition.clone();
    turned["not"] = json!(true);
    (one(condition), one(turned))
}

#[test]
fn and_wants_every_condition_and_or_wants_one() {
    let yes = json!({"property": "tier", "operator": "=", "value": 3});
    let no = json!({"property": "tier", "operator": "=", "value": 4});
    for (first, second, all, any) in [
        (&yes, &yes, true, true),
        (&yes, &no, false, true),
        (&no, &yes, false, true),
        (&no, &no, false, false),
    ] {
        let conditions = json!([first, second]);
        assert_eq!(holds("and", conditions.clone()), all, "and {conditions}");
        assert_eq!(holds("or", conditions.clone()), any, "or {conditions}");
    }
}

#[test]
fn not_turns_a_condition_around_whatever_its_operator() {
    for (condition, expected) in [
        (
            json!({"property": "tier", "operator": "=", "value": 3}),
            true,
        ),
        (
            json!({"property": "tier", "operator": "!=", "value": 3}),
            false,
        ),
        (
            json!({"property": "missing", "operator": "=", "value": 3}),
            false,
        ),
        (
            json!({"property": "missing", "operator": "!=", "value": 3}),
            true,
        ),
        (
            json!({"property": "tier", "operator": ">", "value": 2}),
            true,
        ),
        (
            json!({"property": "language", "operator": "contains", "value": ["x", "us"]}),
            true,
        ),
        (
            json!({"property": "language", "operator": "doesNotContains", "value": ["x", "us"]}),
            false,
        ),
        (
            json!({"property": "language", "operator": "in", "value": ["Rust", "Go"]}),
            true,
        ),
        (
            json!({"property": "tags", "operator": "containsAny", "value": ["bc", "d"]}),
            true,
        ),
        (
            json!({"property": "due", "operator": "between", "value": {"preset": "yesterday"}}),
            true,
        ),
        (
            json!({"property": "due", "operator": "notBetween", "value": {"preset": "yesterday"}}),
            false,
        ),
        (
            json!({"relation": "domain", "operator": "=", "value": "d-1"}),
            true,
        ),
        (
            json!({"relation": "uses", "operator": "contains", "value": "db"}),
            true,
        ),
    ] {
        assert_eq!(
            both(condition.clone()),
            (expected, !expected),
            "{condition}"
        );
    }
}

#[test]
fn values_may_be_texts_numbers_booleans_or_lists_of_them() {
    for (operator, value, expected) in [
        ("=", json!([4, 3]), true),
        ("=", json!(["3"]), false),
        ("!=", json!([4, 3]), false),
        ("!=", json!([4, 5]), true),
        (">", json!([9, 2]), true),
        (">", json!([9, 3]), false),
        ("<=", json!([1, 3]), true),
        (">", json!("high"), false),
        ("<", json!("high"), false),
        (">", json!(true), false),
        (">", json!([]), false),
        ("contains", json!(3), true),
        ("contains", json!(["x", 3]), true),
        ("contains", json!(4), false),
        ("doesNotContains", json!(3), false),
        ("doesNotContains", json!(["x", 4]), true),
        ("beginsWith", json!(3), false),
    ] {
        let condition = json!({"property": "tier", "operator": operator, "value": value});
        assert_eq!(
            both(condition.clone()),
            (expected, !expected),
            "{condition}"
        );
    }
    for (operator, value, expected) in [
        ("contains", json!(14), true),
        ("contains", json!([15, true]), false),
        ("beginsWith", json!(2026), true),
        ("beginsWith", json!(2.5), false),
        ("endsWith", json!([7, "Z"]), true),
        ("doesNotEndsWith", json!([7, "Z"]), false),
        ("endsWith", json!(false), false),
    ] {
        let condition = json!({"property": "due", "operator": operator, "value": value});
        let expected_of = (expected, !expected);
        assert_eq!(both(condition.clone()), expected_of, "{condition}");
    }
    let live = |value: Value| one(json!({"property": "live", "operator": "=", "value": value}));
    assert!(live(json!([true])) && live(json!(true)) && !live(json!("true")));
}

#[test]
fn nothing_an_empty_text_an_empty_list_and_an_empty_object_count_as_empty() {
    for (name, empty) in [
        ("missing", true),
        ("text", true),
        ("none_left", true),
        ("void", true),
        ("language", false),
        ("tags", false),
        ("link", false),
        ("live", false),
    ] {
        let is = |operator: &str| both(json!({"property": name, "operator": operator}));
        assert_eq!(is("isEmpty"), (empty, !empty), "{name}");
        assert_eq!(is("isNotEmpty"), (!empty, empty), "{name}");
    }
    for (relation, empty) in [("none", true), ("uses", false)] {
        let condition = json!({"relation": relation, "operator": "isEmpty"});
        assert_eq!(both(condition), (empty, !empty), "{relation}");
    }
    // Being equal to nothing is not being empty.
    assert!(!one(
        json!({"property": "text", "operator": "=", "value": null})
    ));
}
