//! Writes an action in today's shape or in the legacy one, whichever it was sent in
//! (facts/actions.md 2.2, 2.8; the echo rule of facts/addenda.md).
//!
//! In its own shape an action reads back exactly as sent. In the other, each key keeps its place
//! and nothing is added that the shape does not require; what the shape has no key for is left out.

use serde_json::{Map, Value, json};

use super::{Action, ActionMeta, Origin, invocation};

impl Action {
    /// Today's shape with what the server adds.
    pub fn to_today_json(&self, meta: &ActionMeta) -> Value {
        let mut object = Map::new();
        object.insert("id".into(), meta.id.as_str().into());
        match &self.origin {
            Origin::Today => object.extend(self.doc.clone()),
            Origin::Legacy { blueprint } => self.extend_today(&mut object, blueprint),
        }
        extend_changes(&mut object, meta);
        Value::Object(object)
    }

    /// The legacy shape with what the server adds; `None` for an automation, which has no legacy
    /// shape.
    pub fn to_legacy_json(&self, meta: &ActionMeta) -> Option<Value> {
        let operation = self.operation()?;
        let mut object = Map::new();
        object.insert("id".into(), meta.id.as_str().into());
        match &self.origin {
            Origin::Legacy { .. } => object.extend(self.doc.clone()),
            Origin::Today => self.extend_legacy(&mut object, operation.as_str()),
        }
        if let Some(blueprint) = self.blueprint() {
            object.insert("blueprint".into(), blueprint.into());
        }
        extend_changes(&mut object, meta);
        Some(Value::Object(object))
    }

    fn extend_today(&self, object: &mut Map<String, Value>, blueprint: &str) {
        for (key, value) in &self.doc {
            match key.as_str() {
                "userInputs" => {}
                "trigger" => {
                    let form = self.user_inputs().cloned();
                    let trigger = json!({
                        "type": "self-service",
                        "operation": value,
                        "userInputs": form.unwrap_or_else(|| json!({"properties": {}})),
                        "blueprintIdentifier": blueprint,
                    });
                    object.insert(key.clone(), trigger);
                }
                "invocationMethod" => {
                    object.insert(key.clone(), today_invocation(value, self.invocation_type()));
                }
                _ => {
                    object.insert(key.clone(), value.clone());
                }
            }
        }
    }

    fn extend_legacy(&self, object: &mut Map<String, Value>, operation: &str) {
        for (key, value) in &self.doc {
            match key.as_str() {
                "trigger" => {
                    if let Some(form) = self.user_inputs() {
                        object.insert("userInputs".into(), form.clone());
                    }
                    object.insert(key.clone(), operation.into());
                }
                "invocationMethod" => {
                    object.insert(key.clone(), legacy_invocation(value));
                }
                _ => {
                    object.insert(key.clone(), value.clone());
                }
            }
        }
    }
}

fn today_invocation(legacy: &Value, name: &str) -> Value {
    let mut invocation = legacy.as_object().cloned().unwrap_or_default();
    invocation.retain(|key, _| invocation::has_today_key(name, key));
    if let Some(spelling) = invocation.get_mut("type") {
        *spelling = name.into();
    }
    Value::Object(invocation)
}

fn legacy_invocation(today: &Value) -> Value {
    let mut invocation = today.clone();
    if today.get("type").is_some_and(|name| name == "AZURE_DEVOPS") {
        invocation["type"] = "AZURE-DEVOPS".into();
    }
    invocation
}

fn extend_changes(object: &mut Map<String, Value>, meta: &ActionMeta) {
    object.insert("createdAt".into(), meta.created_at.to_string().into());
    object.insert("createdBy".into(), meta.created_by.as_str().into());
    object.insert("updatedAt".into(), meta.updated_at.to_string().into());
    object.insert("updatedBy".into(), meta.updated_by.as_str().into());
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::time::Timestamp;

    /// What the walkthrough's server added to its CREATE action.
    pub(crate) fn meta() -> ActionMeta {
        let at = Timestamp::parse("2022-12-07T09:48:28.659Z").unwrap();
        let user = "auth0|638879fa62c686d381b36ecb";
        ActionMeta {
            id: "action_ed2B0O9CbEYkuqvN".into(),
            created_at: at,
            created_by: user.into(),
            updated_at: at,
            updated_by: user.into(),
        }
    }

    /// The CREATE action of the walkthrough, as it is sent.
    pub(crate) fn create_microservice() -> Action {
        let body = json!({
            "identifier": "create_microservice",
            "title": "Create Microservice",
            "userInputs": {"properties": {
                "name": {"title": "Service name", "type": "string"},
                "region": {"title": "Cloud Region", "type": "string"}
            }},
            "invocationMethod": {"url": "https://getport.io", "agent": false, "type": "WEBHOOK"},
            "trigger": "CREATE",
            "description": "Create new microservice"
        });
        Action::parse_legacy("microservice", &body).unwrap()
    }

    fn without_server_keys(mut value: Value) -> Value {
        let object = value.as_object_mut().unwrap();
        for key in [
            "id",
            "blueprint",
            "createdAt",
            "createdBy",
            "updatedAt",
            "updatedBy",
        ] {
            object.shift_remove(key);
        }
        value
    }

    #[test]
    fn a_legacy_action_reads_back_in_its_shape_in_the_order_of_the_walkthrough() {
        let value = create_microservice().to_legacy_json(&meta()).unwrap();
        let keys: Vec<_> = value.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "id",
                "identifier",
                "title",
                "userInputs",
                "invocationMethod",
                "trigger",
                "description",
                "blueprint",
                "createdAt",
                "createdBy",
                "updatedAt",
                "updatedBy"
            ]
        );
        assert_eq!(value["trigger"], json!("CREATE"));
        assert_eq!(value["createdAt"], json!("2022-12-07T09:48:28.659Z"));
    }

    #[test]
    fn a_legacy_action_reads_in_todays_shape_and_that_reading_parses() {
        let value = create_microservice().to_today_json(&meta());
        assert_eq!(
            value["trigger"],
            json!({
                "type": "self-service",
                "operation": "CREATE",
                "userInputs": {"properties": {
                    "name": {"title": "Service name", "type": "string"},
                    "region": {"title": "Cloud Region", "type": "string"}
                }},
                "blueprintIdentifier": "microservice"
            })
        );
        assert_eq!(value.get("userInputs"), None);
        assert!(Action::parse_today(&without_server_keys(value)).is_ok());
    }

    #[test]
    fn keys_only_the_legacy_shape_has_are_left_out_of_todays_and_the_spelling_changes() {
        let legacy = |invocation: Value| {
            let body =
                json!({"identifier": "a", "trigger": "DAY-2", "invocationMethod": invocation});
            Action::parse_legacy("b", &body)
                .unwrap()
                .to_today_json(&meta())["invocationMethod"]
                .clone()
        };
        assert_eq!(
            legacy(json!({"type": "AZURE-DEVOPS", "webhook": "w", "org": "o"})),
            json!({"type": "AZURE_DEVOPS", "webhook": "w", "org": "o"})
        );
        assert_eq!(
            legacy(
                json!({"type": "GITHUB", "org": "o", "repo": "r", "workflow": "w", "omitPayload": true})
            ),
            json!({"type": "GITHUB", "org": "o", "repo": "r", "workflow": "w"})
        );
    }

    #[test]
    fn todays_action_reads_back_with_exactly_the_keys_that_were_sent() {
        let body = json!({
            "title": "Deploy",
            "identifier": "deploy",
            "publish": true,
            "invocationMethod": {"url": "u", "type": "WEBHOOK"},
            "trigger": {"operation": "DAY-2", "userInputs": {"properties": {}, "order": []},
                        "type": "self-service", "blueprintIdentifier": "svc"}
        });
        let action = Action::parse_today(&body).unwrap();
        let value = without_server_keys(action.to_today_json(&meta()));
        assert_eq!(value.to_string(), body.to_string());
        let legacy = action.to_legacy_json(&meta()).unwrap();
        assert_eq!(
            without_server_keys(legacy).to_string(),
            json!({
                "title": "Deploy",
                "identifier": "deploy",
                "publish": true,
                "invocationMethod": {"url": "u", "type": "WEBHOOK"},
                "userInputs": {"properties": {}, "order": []},
                "trigger": "DAY-2"
            })
            .to_string()
        );
    }

    #[test]
    fn an_automation_has_no_legacy_shape() {
        let body = json!({
            "identifier": "a",
            "trigger": {"type": "automation", "event": {"type": "RUN_CREATED", "actionIdentifier": "b"}},
            "invocationMethod": {"type": "KAFKA"}
        });
        let action = Action::parse_today(&body).unwrap();
        assert_eq!(action.trigger_type(), "automation");
        assert_eq!(action.to_legacy_json(&meta()), None);
    }
}
