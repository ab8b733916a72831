//! Tables of the rule grammar and of what each operator means, and properties over random queries.

use super::graph::{Graph, Node, on_path, related};
use super::*;
use crate::blueprint::Stamps;
use crate::entity::{Entity, RelationValue};
use crate::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::convert::Infallible;

const NOW: &str = "2026-03-15T12:00:00.000Z";

fn now() -> Timestamp {
    Timestamp::parse(NOW).expect("an instant")
}

fn contexts() -> Contexts {
    let user =
        json!({"$identifier": "ada@x.test", "$title": "Ada", "tier": 2, "teams": ["red", "blue"]});
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
    ];
    for (property, operator, value) in fails {
        let written = json!({"property": property, "operator": operator, "value": value});
        assert!(!rule(written.clone()), "{written}");
    }
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
fn what_cannot_be_read_is_refused_with_its_place_and_a_way_out() {
    for (rule_, wanted) in [
        (
            json!({"property": "a", "operator": "like", "value": 1}),
            "\"query.rules[0].operator\" is \"like\"; there is no such operator",
        ),
        (
            json!({"property": "a", "operator": "="}),
            "\"query.rules[0].value\" is missing.",
        ),
        (
            json!({"operator": "=", "value": 1}),
            "\"query.rules[0].property\" is missing.",
        ),
        (
            json!({"property": 1, "operator": "=", "value": 1}),
            "must be the name of a property",
        ),
        (
            json!({"property": "", "operator": "=", "value": 1}),
            "must be the name of a property",
        ),
        (
            json!({"property": "a", "operator": "=", "value": 1, "x": 1}),
            "\"query.rules[0].x\" is not known here",
        ),
        (
            json!({"property": "a", "operator": "=", "value": [1]}),
            "for several values use \"in\"",
        ),
        (
            json!({"property": "a", "operator": "!=", "value": {"preset": "today"}}),
            "the operator \"!=\" cannot use",
        ),
        (
            json!({"property": "a", "operator": ">", "value": "soon"}),
            "a number or an ISO 8601 instant",
        ),
        (
            json!({"property": "a", "operator": ">", "value": null}),
            "a number or an ISO 8601 instant",
        ),
        (
            json!({"property": "a", "operator": "contains", "value": 1}),
            "it takes a string",
        ),
        (
            json!({"property": "a", "operator": "beginsWith", "value": ["x", 1]}),
            "a string or a list of strings",
        ),
        (
            json!({"property": "a", "operator": "in", "value": "x"}),
            "it takes a list",
        ),
        (
            json!({"property": "a", "operator": "in", "value": [{}]}),
            "a list of strings, numbers or booleans",
        ),
        (
            json!({"property": "a", "operator": "isEmpty", "value": 1}),
            "it takes no value",
        ),
        (
            json!({"property": "a", "operator": "between", "value": "today"}),
            "{\"from\", \"to\"} or {\"preset\"}",
        ),
        (
            json!({"property": "a", "operator": "between", "value": {"preset": "lastYear"}}),
            "there is no such preset",
        ),
        (
            json!({"property": "a", "operator": "between", "value": {"from": "2026-01-01"}}),
            "\"query.rules[0].value.to\" is missing",
        ),
        (
            json!({"property": "a", "operator": "between", "value": {"from": "x", "to": "2026-01-01"}}),
            "value.from\" is \"x\"",
        ),
        (
            json!({"property": "a", "operator": "=", "value": {"context": "team", "property": "x"}}),
            "must be user or userTeams",
        ),
        (
            json!({"operator": "relatedTo", "value": "x"}),
            "\"query.rules[0].blueprint\" is missing",
        ),
        (
            json!({"operator": "relatedTo", "blueprint": "b", "value": 1}),
            "it takes a string",
        ),
        (
            json!({"operator": "relatedTo", "blueprint": "b", "value": "x", "direction": "up"}),
            "upstream or downstream",
        ),
        (
            json!({"operator": "relatedTo", "blueprint": "b", "value": "x", "required": 1}),
            "true or false",
        ),
        (
            json!({"operator": "matchAny", "value": "x"}),
            "\"query.rules[0].property\" is missing",
        ),
        (
            json!({"operator": "matchAny", "property": {"path": []}, "value": "x"}),
            "at least one relation",
        ),
        (
            json!({"operator": "matchAny", "property": {"path": [1]}, "value": "x"}),
            "it must be a relation",
        ),
        (
            json!({"operator": "matchAny", "property": {"path": [{"relation": "a", "maxHops": 16}]}, "value": "x"}),
            "from 1 to 15",
        ),
        (
            json!({"operator": "matchAny", "property": {"path": [{"relation": "a", "maxHops": 2}, {"relation": "b", "maxHops": 2}]}, "value": "x"}),
            "one step of a path only",
        ),
        (
            json!({"propertySchema": {"type": "text"}, "operator": "=", "value": 1}),
            "query.rules[0].propertySchema.type",
        ),
        (
            json!({"combinator": "xor", "rules": []}),
            "\"query.rules[0].combinator\" is \"xor\"; it must be and or or",
        ),
        (
            json!({"combinator": "and", "rules": [], "not": true}),
            "\"query.rules[0].not\" is not known here",
        ),
        (
            json!("x"),
            "\"query.rules[0]\" is \"x\"; it must be an object",
        ),
    ] {
        let message = refused_rule(rule_.clone());
        assert!(message.contains(wanted), "{rule_}: {message}");
    }
    assert!(refused(&json!({"rules": []})).contains("\"query.combinator\" is missing"));
    assert!(refused(&json!([])).contains("\"query\" is []; it must be an object"));
}

#[test]
fn rules_by_relation_and_scorecard_belong_to_one_blueprint() {
    for rule in [
        json!({"relation": "a", "operator": "=", "value": "x"}),
        json!({"scorecard": "a", "operator": "=", "value": "x"}),
    ] {
        let query = json!({"combinator": "and", "rules": [rule]});
        assert!(
            Query::parse(&query, "", Dialect::Global).is_err(),
            "{query}"
        );
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |depth: usize| {
        let mut query = json!({"combinator": "and", "rules": []});
        for _ in 1..depth {
            query = json!({"combinator": "and", "rules": [query]});
        }
        query
    };
    assert!(Query::parse(&nested(DEEPEST), "", Dialect::Global).is_ok());
    assert!(refused(&nested(DEEPEST + 1)).contains("flatten the query"));
    let wide = |rules: usize| {
        let rule = json!({"property": "a", "operator": "isEmpty"});
        json!({"combinator": "or", "rules": vec![rule; rules]})
    };
    assert!(Query::parse(&wide(MOST_RULES), "", Dialect::Global).is_ok());
    assert!(refused(&wide(MOST_RULES + 1)).contains("split it"));
}

#[test]
fn conditions_of_scorecards_are_flat_and_can_be_turned_around() {
    let holds = |conditions: Value| {
        let conditions =
            parse_conditions(&conditions, "query").unwrap_or_else(|refusal| panic!("{refusal}"));
        let entity = entity();
        let subject = EntitySubject {
            entity: Some(&entity),
            ..EntitySubject::default()
        };
        conditions.resolve(now()).matches(&subject)
    };
    let one = |condition: Value| json!({"combinator": "and", "conditions": [condition]});
    for (condition, expected) in [
        (json!({"property": "text", "operator": "isEmpty"}), true),
        (
            json!({"property": "none_left", "operator": "isEmpty"}),
            true,
        ),
        (json!({"property": "void", "operator": "isNotEmpty"}), false),
        (
            json!({"property": "language", "operator": "isEmpty", "not": true}),
            true,
        ),
        (
            json!({"property": "text", "operator": "isNotEmpty", "not": true}),
            true,
        ),
        (
            json!({"relation": "domain", "operator": "isNotEmpty"}),
            true,
        ),
        (
            json!({"relation": "uses", "operator": "contains", "value": "db"}),
            true,
        ),
        (
            json!({"property": "tier", "operator": ">", "value": 2, "not": true}),
            false,
        ),
        (
            json!({"property": "due", "operator": "between", "value": {"preset": "yesterday"}}),
            true,
        ),
    ] {
        assert_eq!(holds(one(condition.clone())), expected, "{condition}");
    }
    for (condition, wanted) in [
        (
            json!({"property": "a", "operator": "relatedTo", "value": "x"}),
            "conditions of scorecards do not have this operator",
        ),
        (
            json!({"operator": "=", "value": "x"}),
            "either a property or a relation",
        ),
        (
            json!({"property": "a", "relation": "b", "operator": "=", "value": "x"}),
            "either a property or a relation",
        ),
        (
            json!({"property": "a", "operator": "=", "value": {"context": "user", "property": "x"}}),
            "fixed values only",
        ),
        (
            json!({"property": "a", "operator": ">", "value": "x"}),
            "\"query.conditions[0].value\"",
        ),
        (
            json!({"combinator": "and", "conditions": []}),
            "query.conditions[0].combinator",
        ),
    ] {
        let message = parse_conditions(&one(condition.clone()), "query")
            .expect_err("a refusal")
            .message;
        assert!(message.contains(wanted), "{condition}: {message}");
    }
    assert!(parse_conditions(&json!({"combinator": "and", "conditions": []}), "query").is_err());
}

#[test]
fn lookups_know_four_operators() {
    let query = |rule: Value| json!({"combinator": "and", "rules": [rule]});
    for operator in ["=", "contains"] {
        assert!(
            parse_lookup(
                &query(json!({"property": "a", "operator": operator, "value": "x"})),
                "identifier"
            )
            .is_ok()
        );
    }
    for operator in ["in", "containsAny"] {
        assert!(
            parse_lookup(
                &query(json!({"property": "a", "operator": operator, "value": ["x"]})),
                "identifier"
            )
            .is_ok()
        );
    }
    let refusal = parse_lookup(
        &query(json!({"property": "a", "operator": "!=", "value": "x"})),
        "relations.a",
    );
    assert!(
        refusal
            .expect_err("a refusal")
            .message
            .contains("\"relations.a.rules[0]\"")
    );
    assert!(parse_lookup(&json!({"combinator": "and", "rules": []}), "identifier").is_err());
}

/// services use databases; databases run on hosts; a host backs up to a host.
struct Sketch;

const EDGES: &[(&str, &str, &str, &str, &str, bool)] = &[
    ("service", "a", "uses", "database", "d", true),
    ("service", "b", "uses", "database", "d", false),
    ("database", "d", "on", "host", "h1", false),
    ("host", "h1", "backup", "host", "h2", false),
    ("host", "h2", "backup", "host", "h3", false),
    ("host", "h3", "backup", "host", "h1", false),
];

impl Graph for Sketch {
    type Error = Infallible;

    fn targets(
        &mut self,
        node: &Node,
        relation: Option<&str>,
    ) -> Result<Vec<(Node, bool)>, Infallible> {
        let edges = EDGES
            .iter()
            .filter(|e| (e.0, e.1) == (&node.0, &node.1) && relation.is_none_or(|r| r == e.2));
        Ok(edges
            .map(|e| ((e.3.to_owned(), e.4.to_owned()), e.5))
            .collect())
    }

    fn sources(
        &mut self,
        node: &Node,
        relation: Option<&str>,
    ) -> Result<Vec<(Node, bool)>, Infallible> {
        let edges = EDGES
            .iter()
            .filter(|e| (e.3, e.4) == (&node.0, &node.1) && relation.is_none_or(|r| r == e.2));
        Ok(edges
            .map(|e| ((e.0.to_owned(), e.1.to_owned()), e.5))
            .collect())
    }
}

fn names(nodes: &BTreeSet<Node>) -> String {
    nodes
        .iter()
        .map(|node| node.1.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn related_entities_are_found_in_each_direction() {
    let find = |blueprint: &str, id: &str, direction, required| {
        let rule = RelatedTo {
            blueprint: blueprint.into(),
            identifiers: vec![id.into()],
            reach: Reach {
                direction,
                required,
            },
        };
        related(&mut Sketch, &rule)
            .map(|nodes| names(&nodes))
            .unwrap_or_default()
    };
    assert_eq!(
        find("service", "a", Some(Direction::Upstream), None),
        "d h1 h2 h3"
    );
    assert_eq!(
        find("database", "d", Some(Direction::Downstream), None),
        "a b"
    );
    assert_eq!(find("database", "d", None, None), "h1 h2 h3 a b");
    assert_eq!(find("database", "d", None, Some(true)), "a");
    assert_eq!(find("database", "d", None, Some(false)), "h1 h2 h3 b");
    assert_eq!(find("service", "a", None, Some(true)), "d");
    assert_eq!(find("host", "h1", Some(Direction::Upstream), None), "h2 h3");
    assert_eq!(find("host", "none", None, None), "");
}

#[test]
fn paths_are_walked_from_either_end() {
    let find = |path: &[(&str, u64)], from: Option<&str>, id: &str, blueprints: &[&str]| {
        let rule = PathMatch {
            path: path
                .iter()
                .map(|(relation, hops)| Step {
                    relation: (*relation).into(),
                    hops: *hops,
                })
                .collect(),
            from: from.map(str::to_owned),
            identifiers: vec![id.into()],
        };
        let blueprints: Vec<String> = blueprints.iter().map(|b| (*b).to_owned()).collect();
        on_path(&mut Sketch, &rule, &blueprints)
            .map(|nodes| names(&nodes))
            .unwrap_or_default()
    };
    let path = &[("uses", 1), ("on", 1)];
    let through = &["service", "database", "host"];
    assert_eq!(find(path, None, "h1", through), "a b");
    assert_eq!(find(path, Some("service"), "a", through), "h1");
    assert_eq!(
        find(&[("backup", 2)], Some("host"), "h1", &["host", "host"]),
        "h2 h3"
    );
    assert_eq!(find(&[("backup", 1)], None, "h1", &["host", "host"]), "h3");
    assert_eq!(
        find(&[("backup", 15)], None, "h1", &["host", "host"]),
        "h1 h2 h3"
    );
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
