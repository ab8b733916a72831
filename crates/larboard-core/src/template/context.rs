//! What the templates of a self-service run see (facts/actions.md 10, Context).

use serde_json::{Map, Value, json};

use crate::action::Action;
use crate::envelope::Trigger;

/// The parts of the context of a self-service run.
#[derive(Clone, Copy, Debug)]
pub struct RunContext<'a> {
    /// The checked inputs, entities as objects (A7).
    pub inputs: &'a Map<String, Value>,
    /// Who executed the action, from where and when.
    pub trigger: &'a Trigger,
    /// The whole entity the action is executed on; `None` for CREATE.
    pub entity: Option<&'a Value>,
    /// The action.
    pub action: &'a Action,
    /// The run.
    pub run_id: &'a str,
    /// The organization's secrets by name; only those the templates may need.
    pub secrets: &'a Map<String, Value>,
}

/// What a context holds, in order.
const KEYS: [&str; 7] = [
    "inputs", "trigger", "event", "entity", "action", "run", "secrets",
];

impl RunContext<'_> {
    /// The object that expressions are evaluated on, with all its keys or, if they are known, those that will be looked up.
    pub fn to_value(&self, keys: Option<&[String]>) -> Value {
        let is_wanted =
            |key: &&str| keys.is_none_or(|keys| keys.iter().any(|wanted| wanted == *key));
        KEYS.into_iter()
            .filter(is_wanted)
            .map(|key| (key.to_owned(), self.part(key)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn part(&self, key: &str) -> Value {
        match key {
            "inputs" => self.inputs.clone().into(),
            "trigger" => {
                let operation = self.action.operation().map(|operation| operation.as_str());
                json!({
                    "by": self.trigger.by.to_context_json(),
                    "origin": self.trigger.origin,
                    "at": self.trigger.at,
                    "operation": operation,
                })
            }
            "entity" => self.entity.cloned().unwrap_or_else(|| json!({})),
            "action" => json!({
                "identifier": self.action.identifier(),
                "blueprint": self.action.blueprint(),
                "encryptedProperties": self.action.encrypted_inputs(),
            }),
            "run" => json!({"id": self.run_id}),
            "secrets" => self.secrets.clone().into(),
            // There is no event behind a run that a person starts.
            _ => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::tests::trigger;

    #[test]
    fn the_context_has_the_documented_keys() {
        let doc = json!({
            "identifier": "deploy",
            "trigger": {
                "type": "self-service", "operation": "CREATE", "blueprintIdentifier": "svc",
                "userInputs": {"properties": {
                    "token": {"type": "string", "encryption": "aes256-gcm"}
                }}
            }
        });
        let action = Action::from_stored(doc, None).unwrap();
        let inputs = json!({"name": "x"});
        let secrets = json!({"TOKEN": "s"});
        let trigger = trigger();
        let context = RunContext {
            inputs: inputs.as_object().unwrap(),
            trigger: &trigger,
            entity: None,
            action: &action,
            run_id: "r_QOz6WoOB1Q2lmhZZ",
            secrets: secrets.as_object().unwrap(),
        };
        let value = context.to_value(None);
        assert_eq!(
            value["action"],
            json!({"identifier": "deploy", "blueprint": "svc", "encryptedProperties": ["token"]})
        );
        assert_eq!(value["entity"], json!({}));
        assert_eq!(value["event"], json!(null));
        assert_eq!(value["run"], json!({"id": "r_QOz6WoOB1Q2lmhZZ"}));
        assert_eq!(value["inputs"], inputs);
        assert_eq!(value["secrets"], secrets);
        assert_eq!(value["trigger"]["operation"], json!("CREATE"));
        assert_eq!(value["trigger"]["at"], json!("2022-12-07T12:53:52.916Z"));
        assert_eq!(
            value["trigger"]["by"]["user"],
            json!({
                "email": "test@test.com", "firstName": "test", "lastName": "test",
                "phoneNumber": null, "picture": null, "providers": [], "status": "ACTIVE",
                "id": "auth0|638879fa62c686d381b36ecb", "createdAt": null, "updatedAt": null
            })
        );
        let entity = json!({"identifier": "my-microservice"});
        let bound = RunContext {
            entity: Some(&entity),
            ..context
        };
        assert_eq!(bound.to_value(None)["entity"], entity);
        let some = bound.to_value(Some(&["run".to_owned(), "no such key".to_owned()]));
        assert_eq!(some, json!({"run": value["run"]}));
    }
}
