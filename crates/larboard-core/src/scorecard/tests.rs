//! Which scorecards are accepted, how they are shown, and what is said of the others.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::entity::Entity;
use crate::search::EntitySubject;
use crate::time::Timestamp;

fn owned() -> Value {
    json!({
        "identifier": "ownership",
        "title": "Ownership",
        "rules": [{
            "identifier": "has_team",
            "title": "Has a team",
            "level": "Bronze",
            "query": {
                "combinator": "and",
                "conditions": [{"property": "$team", "operator": "isNotEmpty"}]
            }
        }]
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut body = owned();
    *body.pointer_mut(path).expect("a place in the sample") = value;
    body
}

fn faults(body: Value) -> String {
    let refusal = Scorecard::parse(body).expect_err("a refusal");
    assert_eq!(refusal.code, Code::InvalidRequest);
    refusal.message
}

#[test]
fn a_scorecard_without_levels_has_the_four_of_the_api() {
    let scorecard = Scorecard::parse(owned()).expect("a scorecard");
    let titles: Vec<&str> = scorecard
        .levels()
        .iter()
        .map(|l| l.title.as_str())
        .collect();
    assert_eq!(titles, ["Basic", "Bronze", "Silver", "Gold"]);
    assert_eq!(scorecard.rules()[0].level, 1);
}

#[test]
fn a_reply_holds_what_was_sent_the_levels_and_the_meta_keys_and_can_be_sent_back() {
    let scorecard = Scorecard::parse(owned()).expect("a scorecard");
    let at = Timestamp::parse("2026-01-31T12:00:00Z").expect("an instant");
    let shown = scorecard.render("scorecard_1", "service", &Stamps::new(at, "me"));
    let keys: Vec<&str> = shown
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "identifier",
            "title",
            "rules",
            "levels",
            "blueprint",
            "id",
            "createdAt",
            "createdBy",
            "updatedAt",
            "updatedBy"
        ]
    );
    assert_eq!(Scorecard::parse(shown), Ok(scorecard));
}

#[test]
fn what_is_stored_is_read_back() {
    let scorecard = Scorecard::parse(owned()).expect("a scorecard");
    assert_eq!(
        Scorecard::from_stored(&scorecard.to_text()),
        Some(scorecard)
    );
    assert_eq!(Scorecard::from_stored("[]"), None);
}

#[test]
fn a_patch_replaces_the_keys_it_names() {
    let scorecard = Scorecard::parse(owned()).expect("a scorecard");
    let patched = scorecard
        .patch(json!({"title": "Owners"}))
        .expect("a scorecard");
    assert_eq!(patched.document()["title"], "Owners");
    assert_eq!(patched.rules(), scorecard.rules());
    let refusal = scorecard.patch(json!({"rules": 3})).expect_err("a refusal");
    assert!(refusal.message.contains("rules: it must be a list"));
}

#[test]
fn conditions_follow_what_they_name_to_its_new_name_and_nothing_else_does() {
    let mut body = owned();
    body["rules"][0]["query"]["conditions"] = json!([
        {"property": "tier", "operator": "=", "value": "tier"},
        {"relation": "tier", "operator": "isEmpty"}
    ]);
    body["filter"] = json!({"combinator": "and", "conditions": [
        {"property": "tier", "operator": "isNotEmpty"}
    ]});
    let scorecard = Scorecard::parse(body).expect("a scorecard");
    let renamed = |kind| scorecard.following(kind, "tier", "level");
    let document = |renamed: Option<Scorecard>| renamed.expect("a change").document().clone();
    let after = document(renamed(Renamed::Property));
    assert_eq!(
        after["rules"][0]["query"]["conditions"],
        json!([
            {"property": "level", "operator": "=", "value": "tier"},
            {"relation": "tier", "operator": "isEmpty"}
        ])
    );
    assert_eq!(after["filter"]["conditions"][0]["property"], "level");
    let after = document(renamed(Renamed::Relation));
    assert_eq!(
        after["rules"][0]["query"]["conditions"][1]["relation"],
        "level"
    );
    assert_eq!(after["filter"], scorecard.document()["filter"]);
    assert_eq!(scorecard.following(Renamed::Property, "other", "x"), None);
}

#[test]
fn every_fault_is_named_with_its_place_and_the_way_out() {
    let condition = "/rules/0/query/conditions/0";
    let bad = |value: Value| with(condition, value);
    for (body, sentence) in [
        (json!(3), "The body must be a scorecard"),
        (
            json!({}),
            "identifier: it is missing; add it; title: it is missing",
        ),
        (
            with("/identifier", json!("a b")),
            "identifier: \"a b\" contains ' '",
        ),
        (
            with("/identifier", json!("x".repeat(101))),
            "identifier: it has 101 characters",
        ),
        (with("/title", json!("")), "title: it is empty"),
        (
            with("/rules/0/level", json!("Basic")),
            "rules[0].level: \"Basic\" is not one of Bronze, Silver, Gold",
        ),
        (
            with("/rules/0/query/combinator", json!("xor")),
            "\"rules[0].query.combinator\" is \"xor\"; it must be and or or",
        ),
        (
            with("/rules/0/query/conditions", json!([])),
            "\"rules[0].query.conditions\" is []; write at least one condition",
        ),
        (
            with("/rules/0/query/conditions", json!(["x"])),
            "\"rules[0].query.conditions[0]\" is \"x\"",
        ),
        (
            bad(json!({"property": "a", "relation": "b", "operator": "isEmpty"})),
            "\"rules[0].query.conditions[0]\" must name either",
        ),
        (
            bad(json!({"operator": "isEmpty"})),
            "\"rules[0].query.conditions[0]\" must name either",
        ),
        (
            bad(json!({"property": "a", "operator": "~", "value": 1})),
            "rules[0].query.conditions[0].operator\" is \"~\"",
        ),
        (
            bad(json!({"property": "a", "operator": "in", "value": "x"})),
            "rules[0].query.conditions[0].value\" is \"x\"",
        ),
        (
            bad(json!({"property": "a", "operator": "="})),
            "rules[0].query.conditions[0].value\" is missing",
        ),
        (
            bad(json!({"property": "a", "operator": "isEmpty", "value": 1})),
            "rules[0].query.conditions[0].value\" is 1",
        ),
        (
            bad(json!({"property": "a", "operator": "between", "value": {"preset": "lastDay"}})),
            "rules[0].query.conditions[0].value.preset\" is \"lastDay\"",
        ),
        (
            bad(
                json!({"property": "a", "operator": "between", "value": {"from": "x", "to": "2026-01-31T12:00:00Z"}}),
            ),
            "rules[0].query.conditions[0].value.from\" is \"x\"",
        ),
        (
            bad(json!({"property": "a", "operator": "=", "value": 1, "nope": 1})),
            "rules[0].query.conditions[0].nope\" is not known here",
        ),
    ] {
        let said = faults(body);
        assert!(
            said.contains(sentence),
            "{said:?} does not say {sentence:?}"
        );
    }
}

#[test]
fn levels_and_rules_are_told_apart_by_their_names() {
    let mut body = owned();
    body["levels"] = json!([
        {"title": "Low", "color": "red"}, {"title": "Low", "color": "mauve"}
    ]);
    let said = faults(body);
    assert!(said.contains("levels[1].title: \"Low\" is the title of another level"));
    assert!(said.contains("levels[1].color: \"mauve\" is not one of"));
    let mut body = owned();
    let rule = body["rules"][0].clone();
    body["rules"] = json!([rule, rule]);
    assert!(faults(body).contains("rules[1].identifier: \"has_team\" is another rule's"));
    let mut body = owned();
    body["levels"] = json!([]);
    assert!(faults(body).contains("levels: there is no level"));
}

#[test]
fn an_entity_climbs_until_a_level_has_a_rule_that_it_fails() {
    let rule = |identifier: &str, level: &str| {
        json!({
            "identifier": identifier, "title": identifier, "level": level,
            "query": {"combinator": "and", "conditions": [
                {"property": identifier, "operator": "=", "value": true}
            ]}
        })
    };
    let mut body = owned();
    body["rules"] = json!([
        rule("a", "Bronze"),
        rule("b", "Silver"),
        rule("c", "Gold"),
        rule("d", "Bronze")
    ]);
    body["filter"] = json!({"combinator": "or", "conditions": [
        {"property": "skip", "operator": "isEmpty"}
    ]});
    let scorecard = Arc::new(Scorecard::parse(body).expect("a scorecard"));
    let now = Timestamp::parse("2026-01-31T12:00:00Z").expect("an instant");
    let evaluator = scorecard.at(now);
    let reached = |properties: Value| {
        let subject = EntitySubject {
            entity: Some(&entity(properties)),
            ..EntitySubject::default()
        };
        evaluator
            .evaluate(&subject)
            .map(|standing| standing.level.title.clone())
    };
    for (properties, level) in [
        (json!({}), Some("Basic")),
        (json!({"a": true}), Some("Basic")),
        (json!({"a": true, "d": true}), Some("Bronze")),
        (json!({"b": true, "c": true, "a": true}), Some("Basic")),
        (json!({"a": true, "d": true, "c": true}), Some("Bronze")),
        (json!({"a": true, "d": true, "b": true}), Some("Silver")),
        (
            json!({"a": true, "b": true, "c": true, "d": true}),
            Some("Gold"),
        ),
        (json!({"a": true, "skip": 1}), None),
    ] {
        assert_eq!(
            reached(properties.clone()).as_deref(),
            level,
            "{properties}"
        );
    }
    let outcomes = |properties: Value| {
        let subject = EntitySubject {
            entity: Some(&entity(properties)),
            ..EntitySubject::default()
        };
        [0, 1, 4].map(|place| evaluator.outcome(place, &subject))
    };
    let one_passes = [Some(true), Some(false), None];
    assert_eq!(outcomes(json!({"a": true})), one_passes);
    assert_eq!(outcomes(json!({"a": true, "skip": 1})), [None; 3]);
    let subject = EntitySubject {
        entity: Some(&entity(json!({"a": true}))),
        ..EntitySubject::default()
    };
    let standing = evaluator.evaluate(&subject).expect("a standing");
    assert_eq!(
        standing.render(&scorecard),
        json!({"level": "Basic", "rules": [
            {"identifier": "a", "status": "SUCCESS", "level": "Bronze"},
            {"identifier": "b", "status": "FAILURE", "level": "Silver"},
            {"identifier": "c", "status": "FAILURE", "level": "Gold"},
            {"identifier": "d", "status": "FAILURE", "level": "Bronze"}
        ]})
    );
}

#[test]
fn a_scorecard_without_rules_is_passed_to_its_top() {
    let mut body = owned();
    body["rules"] = json!([]);
    let scorecard = Arc::new(Scorecard::parse(body).expect("a scorecard"));
    let now = Timestamp::parse("2026-01-31T12:00:00Z").expect("an instant");
    let subject = EntitySubject::default();
    let evaluator = scorecard.at(now);
    let standing = evaluator.evaluate(&subject).expect("a standing");
    assert_eq!(standing.level.title, "Gold");
}

fn entity(properties: Value) -> Entity {
    let at = Timestamp::parse("2026-01-31T12:00:00Z").expect("an instant");
    Entity {
        identifier: "shop".into(),
        blueprint: "service".into(),
        title: None,
        icon: None,
        team: Vec::new(),
        properties: serde_json::from_value(properties).expect("a map"),
        relations: indexmap::IndexMap::new(),
        stamps: Stamps::new(at, "me"),
    }
}
