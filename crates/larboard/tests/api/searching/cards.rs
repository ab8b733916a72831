//! Scorecards of the model: random ones, and a plain reading of what an entity reaches by them.

use super::dice::Dice;
use super::model::Model;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LEVELS: [&str; 4] = ["Zero", "One", "Two", "Three"];

/// None to two scorecards of the blueprint `service`.
pub fn any_cards(dice: &mut Dice) -> Vec<Value> {
    (0..dice.below(3))
        .map(|number| {
            let levels: Vec<Value> = LEVELS
                .iter()
                .map(|title| json!({"title": title, "color": "blue"}))
                .collect();
            let rules: Vec<Value> = (0..dice.below(4))
                .map(|rule| {
                    let level = LEVELS[1 + dice.below(3) as usize];
                    json!({"identifier": format!("r{rule}"), "title": "R", "level": level, "query": any_query(dice)})
                })
                .collect();
            let mut card = json!({"identifier": format!("card{number}"), "title": "Card", "levels": levels, "rules": rules});
            if dice.below(2) == 0 {
                card["filter"] = any_query(dice);
            }
            card
        })
        .collect()
}

fn any_query(dice: &mut Dice) -> Value {
    let combinator = if dice.below(2) == 0 { "and" } else { "or" };
    let conditions: Vec<Value> = (0..1 + dice.below(2))
        .map(|_| any_condition(dice))
        .collect();
    json!({"combinator": combinator, "conditions": conditions})
}

fn any_condition(dice: &mut Dice) -> Value {
    let empty = dice.one(&["isEmpty", "isNotEmpty"]);
    let mut condition = match dice.below(10) {
        8 => json!({"property": "$team", "operator": empty}),
        9 => {
            json!({"property": "$team", "operator": dice.one(&["=", "!=", "contains"]), "value": dice.one(&["red", "Blues"])})
        }
        0 => {
            json!({"property": "tier", "operator": dice.one(&[">=", "<", "=", "!="]), "value": dice.below(4)})
        }
        1 => {
            json!({"property": "name", "operator": dice.one(&["=", "!=", "contains", "doesNotContains", "beginsWith"]), "value": dice.one(&["x", "y"])})
        }
        2 => {
            json!({"property": "area", "operator": dice.one(&["=", "!=", "contains"]), "value": dice.one(&["x", "y"])})
        }
        3 => {
            json!({"property": dice.one(&["needed", "tags", "name", "area"]), "operator": empty})
        }
        4 => json!({"relation": dice.one(&["domain", "needs"]), "operator": empty}),
        5 => {
            json!({"relation": "domain", "operator": dice.one(&["=", "!="]), "value": dice.one(&["a", "b"])})
        }
        6 => json!({"property": "tier", "operator": "isNotEmpty"}),
        _ => {
            json!({"property": "$identifier", "operator": "=", "value": dice.one(&["a", "b", "c"])})
        }
    };
    if dice.below(4) == 0 {
        condition["not"] = true.into();
    }
    condition
}

/// What the entities of `service` should show, by identifier.
pub fn expected(model: &Model, cards: &[Value]) -> Vec<Value> {
    let entity = |id: String| {
        let team = model.teams(&("service".to_owned(), id.clone()));
        if cards.is_empty() {
            return json!({"identifier": id, "team": team});
        }
        let mut results = json!({});
        for card in cards {
            if let Some(result) = result(model, &id, card) {
                results[card["identifier"].as_str().expect("a text")] = result;
            }
        }
        json!({"identifier": id, "team": team, "scorecards": results})
    };
    model.ids("service").into_iter().map(entity).collect()
}

/// The entities that `expected` puts at a level of the card.
pub fn at_level(expected: &[Value], card: &str, level: &str) -> Vec<String> {
    let at = |entity: &&Value| entity["scorecards"][card]["level"] == level;
    let id = |entity: &Value| entity["identifier"].as_str().unwrap_or_default().to_owned();
    expected.iter().filter(at).map(id).collect()
}

/// Whether a rule was passed, by scorecard, rule and entity.
pub type Outcomes = BTreeMap<(String, String, String), bool>;

/// The outcomes that `expected` shows.
pub fn outcomes(expected: &[Value]) -> Outcomes {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut outcomes = Outcomes::new();
    for entity in expected {
        for (card, result) in entity["scorecards"].as_object().into_iter().flatten() {
            for rule in result["rules"].as_array().expect("a list") {
                let key = (
                    card.clone(),
                    text(&rule["identifier"]),
                    text(&entity["identifier"]),
                );
                outcomes.insert(key, rule["status"] == "SUCCESS");
            }
        }
    }
    outcomes
}

fn result(model: &Model, id: &str, card: &Value) -> Option<Value> {
    if card
        .get("filter")
        .is_some_and(|query| !holds(model, id, query))
    {
        return None;
    }
    let mut reached = LEVELS.len() - 1;
    let mut shown = Vec::new();
    for rule in card["rules"].as_array()? {
        let passed = holds(model, id, &rule["query"]);
        if !passed {
            let level = LEVELS.iter().position(|title| rule["level"] == *title)?;
            reached = reached.min(level - 1);
        }
        let status = if passed { "SUCCESS" } else { "FAILURE" };
        shown.push(
            json!({"identifier": rule["identifier"], "status": status, "level": rule["level"]}),
        );
    }
    Some(json!({"level": LEVELS[reached], "rules": shown}))
}

fn holds(model: &Model, id: &str, query: &Value) -> bool {
    let conditions = query["conditions"].as_array().expect("a list");
    let mut outcomes = conditions.iter().map(|condition| {
        let outcome = fulfils(model, id, condition);
        outcome != (condition["not"] == true)
    });
    if query["combinator"] == "and" {
        outcomes.all(|outcome| outcome)
    } else {
        outcomes.any(|outcome| outcome)
    }
}

fn fulfils(model: &Model, id: &str, condition: &Value) -> bool {
    let key = ("service".to_owned(), id.to_owned());
    let value = match condition["relation"].as_str() {
        Some("domain") => json!(model.related(&key, "domain").first()),
        Some(relation) => json!(model.related(&key, relation)),
        None => model.value(&key, condition["property"].as_str().expect("a text")),
    };
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    let wanted = &condition["value"];
    let number = |test: fn(f64, f64) -> bool| {
        value
            .as_f64()
            .zip(wanted.as_f64())
            .is_some_and(|(value, wanted)| test(value, wanted))
    };
    let same = match (value.as_f64(), wanted.as_f64(), &value) {
        (Some(_), Some(_), _) => number(|a, b| a == b),
        (.., Value::Array(items)) => items.contains(wanted),
        _ => value == *wanted,
    };
    let text = value.as_str();
    let part = wanted.as_str().unwrap_or_default();
    match condition["operator"].as_str().expect("a text") {
        "isEmpty" => empty,
        "isNotEmpty" => !empty,
        "=" => same,
        "!=" => !same,
        ">=" => number(|a, b| a >= b),
        "<" => number(|a, b| a < b),
        "contains" if value.is_array() => same,
        "contains" => text.is_some_and(|text| text.contains(part)),
        "doesNotContains" => !text.is_some_and(|text| text.contains(part)),
        "beginsWith" => text.is_some_and(|text| text.starts_with(part)),
        other => unreachable!("{other} is not among the model's operators"),
    }
}
