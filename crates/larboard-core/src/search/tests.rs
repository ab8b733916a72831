//! Tables of the rule grammar and of what each operator means, and properties over random queries.

mod flat;
mod reading;
mod spans;
mod subject;
mod walking;

use super::*;
use crate::blueprint::Stamps;
use crate::entity::{Entity, RelationValue};
use crate::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: &str = "2026-03-15T12:00:00.000Z";

fn now() -> Timestamp {
    Timestamp::parse(NOW).expect("an instant")
}

fn contexts() -> Contexts {
    let user = json!({"$identifier": "ada@x.test", "$title": "Ada", "tier": 2, "teams": ["red", "blue"],
            "since": "2026-03-14T13:00:00+01:00"});
    let team = |id: &str| json!({"$identifier": id, "$title": id.to_uppercase()});
    let map = |value: Value| value.as_object().cloned().unwrap_or_default();
    Contexts {
        now: now().as_millis(),
        user: map(user),
        teams: vec![map(team("red")), map(team("blue"))],
    }
}

fn entity() -> Entity {
    let at = Timestamp::parse("2026-03-10T00:00:00.000Z").expect("an instant");
    let properties = json!({
        "language": "Rust", "tier": 3, "ratio": 2.5, "live": true, "tags": ["a", "bc"], "none_left": [],
        "due": "2026-03-14T12:00:00Z", "later": "2026-04-01T00:00:00.000Z", "text": "", "link": {"url": "x"}, "void": {},
        "nested": [["deep"]], "counts": [1, 2]
    });
    let mut entity = Entity {
        identifier: "shop".into(),
        blueprint: "service".into(),
        title: Some("Web Shop".into()),
        icon: None,
        team: vec!["red".into()],
        properties: properties.as_object().cloned().expect("an object"),
        relations: indexmap::IndexMap::new(),
        stamps: Stamps::new(at, "me"),
    };
    entity
        .relations
        .insert("domain".into(), RelationValue::One("d-1".into()));
    entity.relations.insert(
        "uses".into(),
        RelationValue::Many(vec!["db".into(), "queue".into()]),
    );
    entity
        .relations
        .insert("none".into(), RelationValue::Many(vec![]));
    entity
}

fn matches(query: &Value) -> bool {
    let query =
        Query::parse(query, "", Dialect::Blueprint).unwrap_or_else(|refusal| panic!("{refusal}"));
    let entity = entity();
    let subject = EntitySubject {
        entity: Some(&entity),
        data_source: "port-ocean/jira/1.0/main/exporter",
        team_titles: [("red".to_owned(), "The Reds".to_owned())].into(),
        titles: [(
            ("domain".to_owned(), "d-1".to_owned()),
            "Commerce".to_owned(),
        )]
        .into(),
        scorecards: [
            (("ready".to_owned(), None), json!("Gold")),
            (
                ("ready".to_owned(), Some("tested".to_owned())),
                json!("SUCCESS"),
            ),
        ]
        .into(),
        of_schema: [(
            PropertySchema {
                kind: "string".into(),
                format: None,
                items: None,
            },
            vec!["language".to_owned(), "text".to_owned()],
        )]
        .into(),
        ..EntitySubject::default()
    };
    query.resolve(&contexts()).matches(&subject)
}

fn rule(rule: Value) -> bool {
    matches(&json!({"combinator": "and", "rules": [rule]}))
}

fn refused(query: &Value) -> String {
    Query::parse(query, "query", Dialect::Blueprint)
        .expect_err("a refusal")
        .message
}

fn refused_rule(rule: Value) -> String {
    refused(&json!({"combinator": "and", "rules": [rule]}))
}

#[test]
fn each_operator_means_what_the_table_says() {
    let holds = [
        ("language", "=", json!("Rust")),
        ("tier", "=", json!(3.0)),
        ("live", "=", json!(true)),
        ("missing", "=", json!(null)),
        ("language", "!=", json!("rust")),
        ("missing", "!=", json!("Rust")),
        ("language", "!=", json!(null)),
        ("tier", "!=", json!("3")),
        ("tags", "=", json!("bc")),
        ("counts", "=", json!(2)),
        ("counts", ">", json!(1)),
        ("nested", "=", json!("deep")),
        ("tier", ">", json!(2)),
        ("tier", ">=", json!(3)),
        ("tier", "<", json!(3.5)),
        ("tier", "<=", json!(3)),
        ("due", "<", json!("2026-03-14T12:00:00.001Z")),
        ("due", ">=", json!("2026-03-14T14:00:00+02:00")),
        ("due", ">", json!("2026-03-14")),
        ("$createdAt", "<=", json!("2026-03-10T00:00:00Z")),
        ("$createdAt", "=", json!("2026-03-10T00:00:00Z")),
        ("language", "contains", json!("us")),
        ("tags", "contains", json!("bc")),
        ("language", "doesNotContains", json!("RUST")),
        ("tags", "doesNotContains", json!("b")),
        ("missing", "doesNotContains", json!("x")),
        ("tags", "containsAny", json!(["z", "a"])),
        ("tags", "containsAny", json!("a")),
        ("language", "beginsWith", json!("Ru")),
        ("language", "doesNotBeginsWith", json!("ru")),
        ("language", "endsWith", json!("st")),
        ("language", "doesNotEndsWith", json!("Ru")),
        ("tags", "endsWith", json!("c")),
        ("language", "in", json!(["Go", "Rust"])),
        ("tier", "in", json!([1, 3])),
        ("language", "notIn", json!(["Go"])),
        ("missing", "notIn", json!(["Go"])),
        (
            "due",
            "between",
            json!({"from": "2026-03-14T12:00:00Z", "to": "2026-03-15T00:00:00Z"}),
        ),
        ("due", "between", json!({"preset": "yesterday"})),
        ("due", "=", json!({"preset": "lastDay"})),
        ("due", "notBetween", json!({"preset": "today"})),
        ("missing", "notBetween", json!({"preset": "today"})),
        ("later", "between", json!({"preset": "nextMonth"})),
        ("$createdAt", "between", json!({"preset": "lastWeek"})),
        ("$identifier", "=", json!("shop")),
        ("$identifier", "matchAny", json!(["shop", "x"])),
        ("$title", "contains", json!("Shop")),
        ("$icon", "=", json!(null)),
        ("$blueprint", "=", json!("service")),
        ("$createdBy", "=", json!("me")),
        ("$team", "=", json!("red")),
        ("$team", "containsAny", json!(["The Reds"])),
        ("$team", "contains", json!("red")),
        ("$team", "!=", json!("blue")),
        ("$datasource", "beginsWith", json!("port-ocean/jira/")),
        ("$datasource", "contains", json!("/main/exporter")),
    ];
    for (property, operator, value) in holds {
        let written = json!({"property": property, "operator": operator, "value": value});
        assert!(rule(written.clone()), "{written}");
    }
    let fails = [
        ("language", "=", json!("rust")),
        ("language", "=", json!(null)),
        ("tier", "=", json!("3")),
        ("tier", "!=", json!(3)),
        ("missing", ">", json!(0)),
        ("missing", "<", json!(0)),
        ("language", ">", json!(0)),
        ("tier", ">", json!(3)),
        ("tier", "<", json!(3)),
        ("tier", "<=", json!(2.5)),
        ("missing", "contains", json!("")),
        ("tags", "contains", json!("b")),
        ("missing", "in", json!(["a"])),
        ("missing", "beginsWith", json!("")),
        ("tags", "!=", json!("a")),
        ("tags", "notIn", json!(["a"])),
        ("due", "between", json!({"preset": "today"})),
        ("due", "notBetween", json!({"preset": "yesterday"})),
        ("later", "between", json!({"preset": "lastMonth"})),
        ("$team", "!=", json!("The Reds")),
        ("link", "=", json!("x")),
        // Instants among the values are compared as text.
        ("later", "=", json!("2026-04-01T00:00:00Z")),
        ("later", "=", json!("2026-04-01T02:00:00.000+02:00")),
    ];
    for (property, operator, value) in fails {
        let written = json!({"property": property, "operator": operator, "value": value});
        assert!(!rule(written.clone()), "{written}");
    }
}

#[test]
fn a_time_of_the_entity_lies_in_a_span_with_its_ends_and_is_a_text_for_texts() {
    let span = Check::Within(5, 10);
    for (at, within) in [(4, false), (5, true), (10, true), (11, false)] {
        assert_eq!(span.one(Seen::Instant(at), false), within, "{at}");
    }
    let begins = Check::BeginsWith(vec!["1970-01-01T00:00:00.004".into()]);
    assert!(begins.one(Seen::Instant(4), false) && !begins.one(Seen::Instant(5), false));
}

#[test]
fn operators_without_a_value_look_at_its_being_there() {
    for (property, operator, expected) in [
        ("missing", "isEmpty", true),
        ("missing", "isNotEmpty", false),
        ("language", "isEmpty", false),
        ("language", "isNotEmpty", true),
        ("text", "isEmpty", false),
        ("none_left", "isEmpty", false),
        ("link", "isNotEmpty", true),
        ("due", "isExpired", true),
        ("due", "isNotExpired", false),
        ("later", "isExpired", false),
        ("later", "isNotExpired", true),
        ("missing", "isExpired", false),
    ] {
        let written = json!({"property": property, "operator": operator});
        assert_eq!(rule(written.clone()), expected, "{written}");
    }
}

#[test]
fn a_group_without_rules_matches_everything() {
    assert!(matches(&json!({"combinator": "and", "rules": []})));
    assert!(matches(&json!({"combinator": "or", "rules": []})));
}

#[test]
fn groups_lie_in_groups() {
    let yes = json!({"property": "language", "operator": "=", "value": "Rust"});
    let no = json!({"property": "language", "operator": "=", "value": "Go"});
    let group =
        |combinator: &str, rules: Vec<Value>| json!({"combinator": combinator, "rules": rules});
    assert!(!matches(&group("and", vec![yes.clone(), no.clone()])));
    assert!(matches(&group("or", vec![yes.clone(), no.clone()])));
    let inner = group("or", vec![no.clone(), yes.clone()]);
    assert!(matches(&group("and", vec![yes, inner])));
}

#[test]
fn contexts_stand_for_values_of_the_caller() {
    let context = |who: &str, property: &str| json!({"context": who, "property": property});
    for (rule_, expected) in [
        (
            json!({"property": "tier", "operator": ">", "value": context("user", "tier")}),
            true,
        ),
        (
            json!({"property": "$team", "operator": "containsAny", "value": context("userTeams", "$identifier")}),
            true,
        ),
        (
            json!({"property": "$team", "operator": "in", "value": context("user", "teams")}),
            true,
        ),
        (
            json!({"property": "language", "operator": "=", "value": context("user", "none")}),
            false,
        ),
        (
            json!({"property": "language", "operator": "!=", "value": context("user", "none")}),
            true,
        ),
        (
            json!({"property": context("user", "tier"), "operator": "=", "value": 2}),
            true,
        ),
        (
            json!({"property": context("userTeams", "$identifier"), "operator": "=", "value": "blue"}),
            true,
        ),
        (
            json!({"property": context("userTeams", "$identifier"), "operator": "!=", "value": "blue"}),
            false,
        ),
        (
            json!({"property": context("user", "none"), "operator": "isEmpty"}),
            true,
        ),
        // One value is no list: this is a part of the text.
        (
            json!({"property": context("user", "$title"), "operator": "contains", "value": "Ad"}),
            true,
        ),
        (
            json!({"property": "due", "operator": "between", "value": context("user", "since")}),
            true,
        ),
        (
            json!({"property": "due", "operator": "notBetween", "value": context("user", "since")}),
            false,
        ),
        (
            json!({"property": "later", "operator": "between", "value": context("user", "since")}),
            false,
        ),
        (
            json!({"property": "due", "operator": "between", "value": context("user", "tier")}),
            false,
        ),
    ] {
        assert_eq!(rule(rule_.clone()), expected, "{rule_}");
    }
}

#[test]
fn rules_by_relation_scorecard_and_schema_are_understood() {
    for (rule_, expected) in [
        (
            json!({"relation": "domain", "operator": "=", "value": "d-1"}),
            true,
        ),
        (
            json!({"relation": "domain", "targetProperty": "$title", "operator": "beginsWith", "value": "Comm"}),
            true,
        ),
        (
            json!({"relation": "uses", "operator": "in", "value": ["queue"]}),
            true,
        ),
        (
            json!({"relation": "uses", "operator": "!=", "value": "db"}),
            false,
        ),
        (json!({"relation": "none", "operator": "isEmpty"}), true),
        (
            json!({"relation": "domain", "operator": "isNotEmpty"}),
            true,
        ),
        (
            json!({"scorecard": "ready", "operator": "=", "value": "Gold"}),
            true,
        ),
        (json!({"scorecard": "other", "operator": "isEmpty"}), true),
        (
            json!({"scorecard": "ready", "scorecardRule": "tested", "operator": "!=", "value": "SUCCESS"}),
            false,
        ),
        (
            json!({"propertySchema": {"type": "string"}, "operator": "=", "value": "Rust"}),
            true,
        ),
        (
            json!({"propertySchema": {"type": "string"}, "operator": "!=", "value": "Rust"}),
            false,
        ),
        (
            json!({"propertySchema": {"type": "number"}, "operator": "=", "value": 3}),
            false,
        ),
    ] {
        assert_eq!(rule(rule_.clone()), expected, "{rule_}");
    }
}

#[test]
fn a_filter_for_one_blueprint_decides_what_names_blueprints() {
    let query = json!({"combinator": "or", "rules": [
        {"combinator": "and", "rules": [
            {"property": "$blueprint", "operator": "=", "value": "service"},
            {"property": "tier", "operator": "=", "value": 1}]},
        {"property": "$blueprint", "operator": "in", "value": ["host"]}]});
    let filter = Query::parse(&query, "", Dialect::Global)
        .expect("a query")
        .resolve(&contexts());
    assert_eq!(filter.in_blueprint("host"), Filter::Constant(true));
    assert_eq!(filter.in_blueprint("other"), Filter::Constant(false));
    assert!(matches!(
        filter.in_blueprint("service"),
        Filter::Test { .. }
    ));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "ab", "2026-03-14T12:00:00Z", "2026-03-14"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(Value::from)
    })
}

proptest! {
    #[test]
    fn an_operator_and_its_opposite_never_agree(stored in any_value(), value in any_value()) {
        for (operator, opposite) in [
            ("=", "!="), ("contains", "doesNotContains"), ("beginsWith", "doesNotBeginsWith"), ("endsWith", "doesNotEndsWith"),
            ("in", "notIn"), ("isEmpty", "isNotEmpty"), ("isExpired", "isNotExpired"), ("between", "notBetween"),
        ] {
            let verdict = |operator: &str| {
                let mut rule = json!({"property": "x", "operator": operator});
                if !operator.starts_with("is") {
                    rule["value"] = value.clone();
                }
                let query = json!({"combinator": "and", "rules": [rule]});
                let query = Query::parse(&query, "", Dialect::Global).ok()?;
                let mut entity = entity();
                entity.properties.insert("x".into(), stored.clone());
                let subject = EntitySubject { entity: Some(&entity), ..EntitySubject::default() };
                Some(query.resolve(&contexts()).matches(&subject))
            };
            if let (Some(one), Some(other)) = (verdict(operator), verdict(opposite)) {
                prop_assert_ne!(one, other, "{} and {} of {} and {}", operator, opposite, stored, value);
            }
        }
    }

    #[test]
    fn no_body_makes_the_reader_panic(value in any_value(), operator in ".{0,8}", property in any_value()) {
        let query = json!({"combinator": "and", "rules": [{"property": property, "operator": operator, "value": value}, value]});
        let _ = Query::parse(&query, "query", Dialect::Blueprint);
        let _ = parse_conditions(&query, "query");
        let _ = parse_lookup(&query, "query");
    }
}
