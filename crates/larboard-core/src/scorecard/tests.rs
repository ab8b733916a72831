//! Which scorecards are accepted, how they are shown, and what is said of the others.

use serde_json::{Value, json};

use super::*;
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
            "rules[0].query.combinator: \"xor\" is not one of and, or",
        ),
        (
            with("/rules/0/query/conditions", json!([])),
            "rules[0].query.conditions: it is empty",
        ),
        (
            with("/rules/0/query/conditions", json!(["x"])),
            "rules[0].query.conditions[0]: it must be an object",
        ),
        (
            bad(json!({"property": "a", "relation": "b", "operator": "isEmpty"})),
            "rules[0].query.conditions[0]: name either",
        ),
        (
            bad(json!({"operator": "isEmpty"})),
            "rules[0].query.conditions[0]: name either",
        ),
        (
            bad(json!({"property": "a", "operator": "~", "value": 1})),
            "operator: \"~\" is not one of =, !=",
        ),
        (
            bad(json!({"property": "a", "operator": "in", "value": "x"})),
            "value: it must be a list of strings, but is \"x\"",
        ),
        (
            bad(json!({"property": "a", "operator": "="})),
            "value: it must be a string, a number",
        ),
        (
            bad(json!({"property": "a", "operator": "isEmpty", "value": 1})),
            "value: it must be left out",
        ),
        (
            bad(json!({"property": "a", "operator": "between", "value": {"preset": "lastDay"}})),
            "value.preset: \"lastDay\" is not one of today",
        ),
        (
            bad(
                json!({"property": "a", "operator": "between", "value": {"from": "x", "to": "2026-01-31T12:00:00Z"}}),
            ),
            "value.from: \"x\" is no instant",
        ),
        (
            bad(json!({"property": "a", "operator": "=", "value": 1, "nope": 1})),
            "nope: there is no such key",
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
fn conditions_of_every_form_are_read() {
    let conditions = json!([
        {"property": "tier", "operator": "=", "value": "gold"},
        {"property": "count", "operator": ">=", "value": 3},
        {"property": "on_call", "operator": "=", "value": true},
        {"property": "tags", "operator": "containsAny", "value": ["a", "b"]},
        {"relation": "domain", "operator": "isNotEmpty"},
        {"property": "$updatedAt", "operator": "between", "value": {"preset": "lastMonth"}},
        {"property": "due", "operator": "notBetween",
         "value": {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}},
        {"property": "title", "operator": "isEmpty", "not": true}
    ]);
    let body = with("/rules/0/query/conditions", conditions);
    let scorecard = Scorecard::parse(body).expect("a scorecard");
    let list = &scorecard.rules()[0].query.list;
    assert_eq!(list.len(), 8);
    assert_eq!(list[4].subject, Subject::Relation("domain".into()));
    assert!(list[7].negated && !list[0].negated);
}
