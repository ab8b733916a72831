//! Reads an action in the legacy shape: flat, and bound to the blueprint of its route
//! (facts/actions.md 2.8).

use serde_json::Value;

use super::{Action, Operation, Origin, form, invocation, today};
use crate::fields::{Fields, wrong};
use crate::inputs::InputSchema;
use crate::refusal::Refusal;

/// What the server adds; a body that was read before carries it, and it is ignored.
pub(super) const SERVER_KEYS: &[&str] = &["id", "createdAt", "createdBy", "updatedAt", "updatedBy"];

const KEYS: &[&str] = &[
    "identifier",
    "title",
    "icon",
    "description",
    "trigger",
    "userInputs",
    "invocationMethod",
    "requiredApproval",
    "approvalNotification",
];

impl Action {
    /// Reads one action sent to the legacy routes of `blueprint`.
    ///
    /// # Errors
    /// `invalid_request` naming the key that does not fit; `user_inputs_schema_invalid` for a form
    /// whose rules contradict JSON Schema.
    pub fn parse_legacy(blueprint: &str, body: &Value) -> Result<Self, Refusal> {
        parse_at(blueprint, body, "")
    }

    /// Reads the list that PUT `/blueprints/{blueprint}/actions` replaces the legacy-made actions
    /// of the blueprint with.
    ///
    /// # Errors
    /// As [`Action::parse_legacy`], and `invalid_request` for an identifier that appears twice.
    pub fn parse_legacy_list(blueprint: &str, body: &Value) -> Result<Vec<Self>, Refusal> {
        let Some(list) = body.as_array() else {
            return Err(Refusal::invalid_request(
                "The body must be a list of actions.",
            ));
        };
        let mut actions: Vec<Self> = Vec::with_capacity(list.len());
        for (index, item) in list.iter().enumerate() {
            let action = parse_at(blueprint, item, &format!("[{index}]"))?;
            if actions
                .iter()
                .any(|a| a.identifier() == action.identifier())
            {
                return Err(Refusal::invalid_request(format!(
                    "\"[{index}].identifier\" is \"{}\", which the list has already.",
                    action.identifier()
                )));
            }
            actions.push(action);
        }
        Ok(actions)
    }
}

fn parse_at(blueprint: &str, body: &Value, path: &str) -> Result<Action, Refusal> {
    let fields = Fields::of(body, path)?;
    let known = [KEYS, &["blueprint"], SERVER_KEYS].concat();
    fields.only(&known)?;
    today::check_head(&fields)?;
    if let Some(named) = fields.find("blueprint").filter(|named| *named != blueprint) {
        return Err(wrong(
            &fields.path_of("blueprint"),
            named,
            &format!("the route is that of blueprint \"{blueprint}\""),
        ));
    }
    fields.one_of("trigger", Operation::NAMES)?;
    if let Some(inputs) = fields.find_fields("userInputs")? {
        form::check(&inputs)?;
    }
    invocation::check_legacy(&fields.fields("invocationMethod")?)?;
    today::check_approval(&fields)?;
    let mut doc = fields.object().clone();
    doc.retain(|key, _| KEYS.contains(&key.as_str()));
    let action = Action {
        doc,
        origin: Origin::Legacy {
            blueprint: blueprint.to_owned(),
        },
    };
    InputSchema::compile(&action)?;
    Ok(action)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn action() -> Value {
        json!({
            "identifier": "create_microservice",
            "title": "Create Microservice",
            "userInputs": {"properties": {"name": {"title": "Service name", "type": "string"}}},
            "invocationMethod": {"url": "https://ci.example", "agent": false, "type": "WEBHOOK"},
            "trigger": "CREATE",
            "description": "Create new microservice"
        })
    }

    fn with(key: &str, value: Value) -> Value {
        let mut body = action();
        body[key] = value;
        body
    }

    #[test]
    fn the_action_of_the_walkthrough_is_kept_as_it_was_sent() {
        let parsed = Action::parse_legacy("microservice", &action()).unwrap();
        assert_eq!(
            Value::Object(parsed.doc().clone()).to_string(),
            action().to_string()
        );
        assert_eq!(parsed.blueprint(), Some("microservice"));
        assert_eq!(parsed.operation(), Some(Operation::Create));
        assert_eq!(
            parsed.legacy_address().as_deref(),
            Some("microservice_create_microservice")
        );
    }

    #[test]
    fn an_action_that_was_read_can_be_written_back() {
        let mut body = with("id", json!("action_ed2B0O9CbEYkuqvN"));
        body["blueprint"] = json!("microservice");
        body["createdAt"] = json!("2022-12-07T09:48:28.659Z");
        let parsed = Action::parse_legacy("microservice", &body).unwrap();
        assert_eq!(Value::Object(parsed.doc().clone()), action());
    }

    #[test]
    fn what_does_not_fit_the_legacy_shape_is_refused_by_name() {
        for (key, value, start) in [
            (
                "trigger",
                json!({"type": "self-service"}),
                "\"trigger\" is {\"type\":\"self-service\"}; it must be CREATE or",
            ),
            ("identifier", json!("a b"), "\"identifier\" is \"a b\""),
            (
                "blueprint",
                json!("other"),
                "\"blueprint\" is \"other\"; the route is that of blueprint \"microservice\".",
            ),
            ("publish", json!(true), "\"publish\" is not known here"),
            (
                "invocationMethod",
                json!({"type": "WEBHOOK"}),
                "\"invocationMethod.url\" is missing.",
            ),
            (
                "userInputs",
                json!({}),
                "\"userInputs.properties\" is missing.",
            ),
        ] {
            let refusal = Action::parse_legacy("microservice", &with(key, value)).unwrap_err();
            assert_eq!(refusal.code.as_str(), "invalid_request");
            assert!(refusal.message.starts_with(start), "{}", refusal.message);
        }
    }

    #[test]
    fn a_list_names_the_place_of_what_is_wrong_and_refuses_repetition() {
        let list = |items: Value| Action::parse_legacy_list("microservice", &items);
        assert_eq!(list(json!([])).unwrap(), []);
        assert_eq!(list(json!([action()])).unwrap().len(), 1);
        let message = list(json!([action(), with("trigger", json!("X"))]))
            .unwrap_err()
            .message;
        assert!(message.starts_with("\"[1].trigger\" is \"X\""), "{message}");
        let message = list(json!([action(), action()])).unwrap_err().message;
        assert!(message.starts_with("\"[1].identifier\" is \"create_microservice\""));
        assert!(list(action()).is_err());
    }
}
