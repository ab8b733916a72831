//! What a legacy action's backend receives: one fixed envelope instead of a body of the author's
//! (facts/actions.md 4.2, in the order of the walkthrough).

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::action::{Action, ActionMeta};
use crate::run::Run;
use crate::time::Timestamp;

/// Who executed an action, from where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Who.
    pub by: Actor,
    /// `UI`, `API` or the name of an integration.
    pub origin: String,
    /// When.
    pub at: Timestamp,
}

/// A person or a machine that executes actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `org_…`.
    pub org_id: String,
    /// The user's id, or the client id of a machine.
    pub id: String,
    /// The user's e-mail address; a machine has none.
    pub email: Option<String>,
    /// The user's first name, or the name of the machine's app.
    pub first_name: Option<String>,
    /// The user's last name; a machine has none.
    pub last_name: Option<String>,
    /// When the user was made, if known.
    pub created_at: Option<Timestamp>,
    /// When the user was last changed, if known.
    pub updated_at: Option<Timestamp>,
}

impl Actor {
    /// As templates see it: with every key of a user, so that a path never fails.
    pub(crate) fn to_context_json(&self) -> Value {
        json!({
            "orgId": self.org_id,
            "userId": self.id,
            "user": {
                "email": self.email,
                "firstName": self.first_name,
                "lastName": self.last_name,
                "phoneNumber": null,
                "picture": null,
                "providers": [],
                "status": "ACTIVE",
                "id": self.id,
                "createdAt": self.created_at,
                "updatedAt": self.updated_at,
            },
        })
    }

    /// As the envelope, audit events and automations show it.
    pub fn to_envelope_json(&self) -> Value {
        serde_json::to_value(self.envelope()).unwrap_or_default()
    }

    /// The text of [`Actor::to_envelope_json`], which every audit event holds.
    pub fn to_envelope_text(&self) -> String {
        serde_json::to_string(&self.envelope()).unwrap_or_else(|_| "null".into())
    }

    fn envelope(&self) -> ActorEnvelope<'_> {
        ActorEnvelope {
            org_id: &self.org_id,
            user_id: &self.id,
            user: UserEnvelope {
                email: self.email.as_deref(),
                first_name: self.first_name.as_deref(),
                last_name: self.last_name.as_deref(),
                id: &self.id,
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActorEnvelope<'a> {
    org_id: &'a str,
    user_id: &'a str,
    user: UserEnvelope<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserEnvelope<'a> {
    email: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    id: &'a str,
}

/// The envelope of one run of a legacy action; `entity` is the whole entity the action is executed
/// on, `None` for CREATE. `properties` are the inputs as they travel, encrypted ones encrypted.
pub fn legacy_envelope(
    action: &Action,
    meta: &ActionMeta,
    run: &Run,
    trigger: &Trigger,
    entity: Option<&Value>,
    properties: &Map<String, Value>,
) -> Value {
    let mut payload = Map::new();
    payload.insert("entity".into(), entity.cloned().unwrap_or(Value::Null));
    let definition = action.to_legacy_json(meta);
    payload.insert("action".into(), definition.unwrap_or(Value::Null));
    payload.insert("properties".into(), properties.clone().into());
    let encrypted = action.encrypted_inputs();
    if !encrypted.is_empty() {
        payload.insert("censoredProperties".into(), encrypted.into());
    }
    json!({
        "action": action.identifier(),
        "resourceType": "run",
        "status": "TRIGGERED",
        "trigger": {
            "by": trigger.by.to_envelope_json(),
            "origin": trigger.origin,
            "at": trigger.at,
        },
        "context": {
            "entity": run.entity,
            "blueprint": action.blueprint(),
            "runId": run.id,
        },
        "payload": payload,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::action::tests::{create_microservice, meta};
    use crate::run::tests::run;
    use crate::template::js_json;

    const USER: &str = "auth0|638879fa62c686d381b36ecb";

    /// How the walkthrough's CREATE run was started.
    pub(crate) fn trigger() -> Trigger {
        Trigger {
            by: Actor {
                org_id: "org_7SDeR821bunhS8es".into(),
                id: USER.into(),
                email: Some("test@test.com".into()),
                first_name: Some("test".into()),
                last_name: Some("test".into()),
                created_at: None,
                updated_at: None,
            },
            origin: "UI".into(),
            at: Timestamp::parse("2022-12-07T12:53:52.916Z").unwrap(),
        }
    }

    fn properties() -> Map<String, Value> {
        let properties = run().properties.to_value();
        properties.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_create_run_sends_the_envelope_of_the_walkthrough_key_by_key() {
        let envelope = legacy_envelope(
            &create_microservice(),
            &meta(),
            &run(),
            &trigger(),
            None,
            &properties(),
        );
        let expected = json!({
            "action": "create_microservice",
            "resourceType": "run",
            "status": "TRIGGERED",
            "trigger": {
                "by": {
                    "orgId": "org_7SDeR821bunhS8es",
                    "userId": USER,
                    "user": {
                        "email": "test@test.com", "firstName": "test", "lastName": "test",
                        "id": USER
                    }
                },
                "origin": "UI",
                "at": "2022-12-07T12:53:52.916Z"
            },
            "context": {
                "entity": null, "blueprint": "microservice", "runId": "r_QOz6WoOB1Q2lmhZZ"
            },
            "payload": {
                "entity": null,
                "action": {
                    "id": "action_ed2B0O9CbEYkuqvN",
                    "identifier": "create_microservice",
                    "title": "Create Microservice",
                    "userInputs": {"properties": {
                        "name": {"title": "Service name", "type": "string"},
                        "region": {"title": "Cloud Region", "type": "string"}
                    }},
                    "invocationMethod": {
                        "url": "https://getport.io", "agent": false, "type": "WEBHOOK"
                    },
                    "trigger": "CREATE",
                    "description": "Create new microservice",
                    "blueprint": "microservice",
                    "createdAt": "2022-12-07T09:48:28.659Z",
                    "createdBy": USER,
                    "updatedAt": "2022-12-07T09:48:28.659Z",
                    "updatedBy": USER
                },
                "properties": {"name": "my-microservice", "region": "eu-west-1"}
            }
        });
        assert_eq!(js_json(&envelope), js_json(&expected));
    }

    #[test]
    fn a_day_2_run_carries_its_entity_and_no_outer_payload() {
        let run = Run {
            entity: Some("my-microservice".into()),
            ..run()
        };
        let entity = json!({"identifier": "my-microservice", "icon": null, "properties": {}});
        let envelope = legacy_envelope(
            &create_microservice(),
            &meta(),
            &run,
            &trigger(),
            Some(&entity),
            &properties(),
        );
        assert_eq!(envelope["context"]["entity"], json!("my-microservice"));
        assert_eq!(envelope["payload"]["entity"], entity);
        assert_eq!(envelope["action"], json!("create_microservice"));
    }

    #[test]
    fn a_machine_has_the_keys_of_a_user_too() {
        let machine = Actor {
            org_id: "org_7SDeR821bunhS8es".into(),
            id: "KZ5zDPudPshQMShUb4cLopBEE1fNSJGE".into(),
            email: None,
            first_name: Some("CI".into()),
            last_name: None,
            created_at: None,
            updated_at: None,
        };
        let trigger = Trigger {
            by: machine,
            ..trigger()
        };
        let envelope = legacy_envelope(
            &create_microservice(),
            &meta(),
            &run(),
            &trigger,
            None,
            &properties(),
        );
        assert_eq!(
            envelope["trigger"]["by"]["user"],
            json!({
                "email": null, "firstName": "CI", "lastName": null,
                "id": "KZ5zDPudPshQMShUb4cLopBEE1fNSJGE"
            })
        );
    }

    #[test]
    fn censored_properties_appear_only_with_an_encrypted_input() {
        let body = json!({
            "identifier": "a",
            "trigger": "CREATE",
            "userInputs": {"properties": {
                "token": {"type": "string", "encryption": "aes256-gcm"},
                "name": {"type": "string"}
            }},
            "invocationMethod": {"type": "KAFKA"}
        });
        let action = Action::parse_legacy("b", &body).unwrap();
        let envelope = legacy_envelope(&action, &meta(), &run(), &trigger(), None, &properties());
        assert_eq!(envelope["payload"]["censoredProperties"], json!(["token"]));
    }
}
