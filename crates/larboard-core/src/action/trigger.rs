//! What starts an action: a person (self-service) or an event (automation), in today's shape
//! (facts/actions.md 2.3, 6.1).

use super::{Operation, form};
use crate::fields::Fields;
use crate::refusal::Refusal;

/// The longest text on a button, in characters.
pub(super) const BUTTON_TEXT: usize = 15;
/// The shortest: the documented pattern wants a visible character at either end.
pub(super) const BUTTON_TEXT_MIN: usize = 2;
/// How rules and expressions are combined.
pub(super) const COMBINATORS: &[&str] = &["and", "or"];

pub(super) const ENTITY_EVENTS: &[&str] = &[
    "ENTITY_CREATED",
    "ENTITY_UPDATED",
    "ENTITY_DELETED",
    "ANY_ENTITY_CHANGE",
];
pub(super) const RUN_EVENTS: &[&str] = &["RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE"];
pub(super) const TIMER_EVENT: &str = "TIMER_PROPERTY_EXPIRED";

/// Checks `trigger`.
pub(super) fn check(trigger: &Fields<'_>) -> Result<(), Refusal> {
    match trigger.one_of("type", &["self-service", "automation"])? {
        "automation" => check_automation(trigger),
        _ => check_self_service(trigger),
    }
}

fn check_self_service(trigger: &Fields<'_>) -> Result<(), Refusal> {
    let keys = [
        "type",
        "operation",
        "userInputs",
        "blueprintIdentifier",
        "actionCardButtonText",
        "executeActionButtonText",
        "condition",
    ];
    // CREATE has no entity a condition could look at.
    let known = match trigger.one_of("operation", Operation::NAMES)? {
        "CREATE" => &keys[..keys.len() - 1],
        _ => &keys[..],
    };
    trigger.only(known)?;
    form::check(&trigger.fields("userInputs")?)?;
    trigger.find_string("blueprintIdentifier")?;
    check_button(trigger, "actionCardButtonText")?;
    check_button(trigger, "executeActionButtonText")?;
    check_search_condition(trigger)
}

fn check_button(trigger: &Fields<'_>, key: &str) -> Result<(), Refusal> {
    let (Some(text), Some(value)) = (trigger.find_string(key)?, trigger.find(key)) else {
        return Ok(());
    };
    let length = text.chars().count();
    let edges = [text.chars().next(), text.chars().next_back()];
    let padded = edges.into_iter().flatten().any(char::is_whitespace);
    if !(BUTTON_TEXT_MIN..=BUTTON_TEXT).contains(&length) || padded || text.contains(['\n', '\r']) {
        let rule = "it must have 2 to 15 characters in one line and no space at either end";
        return Err(trigger.wrong(key, value, rule));
    }
    Ok(())
}

fn check_search_condition(trigger: &Fields<'_>) -> Result<(), Refusal> {
    let Some(condition) = trigger.find_fields("condition")? else {
        return Ok(());
    };
    if trigger.find("blueprintIdentifier").is_none() {
        return Err(Refusal::invalid_request(
            "\"trigger.condition\" needs \"trigger.blueprintIdentifier\": it is evaluated on an \
             entity of that blueprint.",
        ));
    }
    condition.only(&["type", "rules", "combinator"])?;
    condition.one_of("type", &["SEARCH"])?;
    condition.one_of("combinator", COMBINATORS)?;
    condition.list("rules").map(drop)
}

fn check_automation(trigger: &Fields<'_>) -> Result<(), Refusal> {
    trigger.only(&["type", "event", "condition"])?;
    check_event(&trigger.fields("event")?)?;
    let Some(condition) = trigger.find_fields("condition")? else {
        return Ok(());
    };
    condition.only(&["type", "expressions", "combinator"])?;
    condition.one_of("type", &["JQ"])?;
    condition.required("expressions")?;
    condition.find_strings("expressions")?;
    condition.find_one_of("combinator", COMBINATORS)?;
    Ok(())
}

fn check_event(event: &Fields<'_>) -> Result<(), Refusal> {
    let all = [ENTITY_EVENTS, RUN_EVENTS, &[TIMER_EVENT]].concat();
    let name = event.one_of("type", &all)?;
    let required: &[&str] = match name {
        TIMER_EVENT => &["type", "blueprintIdentifier", "propertyIdentifier"],
        _ if RUN_EVENTS.contains(&name) => &["type", "actionIdentifier"],
        _ => &["type", "blueprintIdentifier"],
    };
    event.only(required)?;
    for key in required {
        event.string(key)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn result(trigger: &Value) -> Result<(), String> {
        check(&Fields::of(trigger, "trigger").unwrap()).map_err(|refusal| refusal.message)
    }

    fn self_service(extra: Value) -> Value {
        let mut trigger = json!({
            "type": "self-service", "operation": "DAY-2", "userInputs": {"properties": {}}
        });
        for (key, value) in extra.as_object().unwrap() {
            trigger[key] = value.clone();
        }
        trigger
    }

    #[test]
    fn every_operation_and_optional_key_of_a_self_service_trigger_is_taken() {
        for extra in [
            json!({"operation": "CREATE"}),
            json!({"operation": "DELETE", "blueprintIdentifier": "svc"}),
            json!({"actionCardButtonText": "Go", "executeActionButtonText": "Fifteen letters"}),
            json!({"blueprintIdentifier": "svc",
                   "condition": {"type": "SEARCH", "rules": [], "combinator": "or"}}),
        ] {
            assert_eq!(result(&self_service(extra)), Ok(()));
        }
    }

    #[test]
    fn a_self_service_trigger_refuses_what_the_facts_exclude() {
        for (extra, start) in [
            (
                json!({"operation": "UPDATE"}),
                "\"trigger.operation\" is \"UPDATE\"; it must be CREATE or DAY-2 or DELETE.",
            ),
            (json!({"event": {}}), "\"trigger.event\" is not known here"),
            (
                json!({"userInputs": null}),
                "\"trigger.userInputs\" is null; it must be an object.",
            ),
            (
                json!({"actionCardButtonText": "x"}),
                "\"trigger.actionCardButtonText\" is \"x\"; it must have 2 to 15",
            ),
            (
                json!({"actionCardButtonText": " ab"}),
                "\"trigger.actionCardButtonText\" is \" ab\"",
            ),
            (
                json!({"executeActionButtonText": "sixteen letters!"}),
                "\"trigger.executeActionButtonText\" is",
            ),
            (
                json!({"condition": {"type": "SEARCH", "rules": [], "combinator": "and"}}),
                "\"trigger.condition\" needs \"trigger.blueprintIdentifier\"",
            ),
            (
                json!({"blueprintIdentifier": "b", "condition": {"type": "JQ", "rules": [], "combinator": "and"}}),
                "\"trigger.condition.type\" is \"JQ\"",
            ),
            (
                json!({"blueprintIdentifier": "b", "condition": {"type": "SEARCH", "rules": []}}),
                "\"trigger.condition.combinator\" is missing.",
            ),
            (
                json!({"blueprintIdentifier": "b", "condition": {"type": "SEARCH", "combinator": "and"}}),
                "\"trigger.condition.rules\" is missing.",
            ),
            (
                json!({"operation": "CREATE", "blueprintIdentifier": "b", "condition": {}}),
                "\"trigger.condition\" is not known here",
            ),
        ] {
            let message = result(&self_service(extra)).unwrap_err();
            assert!(message.starts_with(start), "{message}");
        }
        assert_eq!(
            result(&json!({"type": "schedule"})),
            Err("\"trigger.type\" is \"schedule\"; it must be self-service or automation.".into())
        );
    }

    #[test]
    fn each_event_of_an_automation_takes_exactly_its_keys() {
        let entity = json!({"blueprintIdentifier": "svc"});
        let timer = json!({"blueprintIdentifier": "svc", "propertyIdentifier": "ttl"});
        let run = json!({"actionIdentifier": "deploy"});
        let cases = ENTITY_EVENTS
            .iter()
            .map(|name| (*name, &entity))
            .chain(RUN_EVENTS.iter().map(|name| (*name, &run)))
            .chain([(TIMER_EVENT, &timer)]);
        for (name, keys) in cases {
            let mut event = keys.clone();
            event["type"] = json!(name);
            let trigger = json!({"type": "automation", "event": event});
            assert_eq!(result(&trigger), Ok(()), "{name}");
            for key in keys.as_object().unwrap().keys() {
                let mut short = trigger.clone();
                short["event"].as_object_mut().unwrap().remove(key);
                assert_eq!(
                    result(&short),
                    Err(format!("\"trigger.event.{key}\" is missing."))
                );
            }
            let mut long = trigger.clone();
            long["event"]["extra"] = json!(1);
            assert!(result(&long).is_err());
        }
    }

    #[test]
    fn an_automation_takes_a_condition_of_expressions() {
        let with = |condition: Value| {
            result(&json!({
                "type": "automation",
                "event": {"type": "RUN_UPDATED", "actionIdentifier": "a"},
                "condition": condition
            }))
        };
        assert_eq!(with(json!({"type": "JQ", "expressions": []})), Ok(()));
        assert_eq!(
            with(json!({"type": "JQ", "expressions": [".a"], "combinator": "or"})),
            Ok(())
        );
        assert!(with(json!({"type": "JQ"})).is_err());
        assert!(with(json!({"type": "JQ", "expressions": [1]})).is_err());
        assert!(with(json!({"type": "SEARCH", "expressions": []})).is_err());
        assert!(with(json!({"type": "JQ", "expressions": [], "combinator": "xor"})).is_err());
    }
}
