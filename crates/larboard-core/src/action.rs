//! Actions: self-service actions and automations, in today's shape and in the legacy one
//! (facts/actions.md section 2).
//!
//! An action is kept as the document its author sent, with a mark of the shape it was sent in;
//! both shapes are made from it when it is read. What matters only at execution (templates,
//! reachable targets, existing blueprints) is not checked here (facts/addenda.md).

mod form;
mod invocation;
mod legacy;
mod shapes;
mod today;
mod trigger;

use std::fmt;

use serde_json::{Map, Value};

use crate::time::Timestamp;

/// An action as it was defined.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    doc: Map<String, Value>,
    origin: Origin,
}

/// Which shape an action's document has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Sent to `/actions`.
    Today,
    /// Sent to the legacy routes of a blueprint.
    Legacy {
        /// That blueprint.
        blueprint: String,
    },
}

/// What the server adds to an action's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionMeta {
    /// `action_…`, which never changes.
    pub id: String,
    /// When made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: String,
}

/// What a self-service action is for. It decides nothing about entities by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// For something new; bound to no entity.
    Create,
    /// Changes an existing entity.
    Day2,
    /// Removes an existing entity.
    Delete,
}

impl Operation {
    /// The names of all, as the API writes them.
    pub const NAMES: &'static [&'static str] = &["CREATE", "DAY-2", "DELETE"];

    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Day2 => "DAY-2",
            Self::Delete => "DELETE",
        }
    }

    /// The operation of this name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "CREATE" => Some(Self::Create),
            "DAY-2" => Some(Self::Day2),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Action {
    /// An action read back from its stored document; `legacy_blueprint` is set if it was made
    /// through the legacy routes. `None` if the document is no object.
    pub fn from_stored(doc: Value, legacy_blueprint: Option<String>) -> Option<Self> {
        let Value::Object(doc) = doc else { return None };
        let origin = match legacy_blueprint {
            Some(blueprint) => Origin::Legacy { blueprint },
            None => Origin::Today,
        };
        Some(Self { doc, origin })
    }

    /// The document as it is stored: as sent, without what the server adds.
    pub fn doc(&self) -> &Map<String, Value> {
        &self.doc
    }

    /// Which shape the document has.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The blueprint whose legacy routes made it.
    pub fn legacy_blueprint(&self) -> Option<&str> {
        match &self.origin {
            Origin::Today => None,
            Origin::Legacy { blueprint } => Some(blueprint),
        }
    }

    /// Its identifier: one namespace for all actions.
    pub fn identifier(&self) -> &str {
        self.text("identifier").unwrap_or_default()
    }

    /// The second name of a legacy action, `<blueprint>_<identifier>` (facts/addenda.md).
    pub fn legacy_address(&self) -> Option<String> {
        let blueprint = self.legacy_blueprint()?;
        Some(format!("{blueprint}_{}", self.identifier()))
    }

    /// Its title, if it has one.
    pub fn title(&self) -> Option<&str> {
        self.text("title")
    }

    /// Its icon, if it has one.
    pub fn icon(&self) -> Option<&str> {
        self.text("icon")
    }

    /// The blueprint it is bound to: that of its trigger, of its event or of the legacy route.
    pub fn blueprint(&self) -> Option<&str> {
        match &self.origin {
            Origin::Legacy { blueprint } => Some(blueprint),
            Origin::Today => {
                let trigger = self.doc.get("trigger")?;
                let holder = trigger.get("event").unwrap_or(trigger);
                holder.get("blueprintIdentifier")?.as_str()
            }
        }
    }

    /// `self-service` or `automation`.
    pub fn trigger_type(&self) -> &'static str {
        match self.operation() {
            Some(_) => "self-service",
            None => "automation",
        }
    }

    /// What it is for; `None` for an automation.
    pub fn operation(&self) -> Option<Operation> {
        let trigger = self.doc.get("trigger")?;
        let name = match &self.origin {
            Origin::Legacy { .. } => trigger,
            Origin::Today => trigger.get("operation")?,
        };
        Operation::parse(name.as_str()?)
    }

    /// What starts an automation: `{type, blueprintIdentifier | actionIdentifier, …}`.
    pub fn event(&self) -> Option<&Value> {
        self.doc.get("trigger")?.get("event")
    }

    /// The form: `{properties, required, …}`; `None` for an automation.
    pub fn user_inputs(&self) -> Option<&Value> {
        match &self.origin {
            Origin::Legacy { .. } => self.doc.get("userInputs"),
            Origin::Today => self.doc.get("trigger")?.get("userInputs"),
        }
    }

    /// The inputs whose values must not be readable (`encryption`), in the order of the form.
    pub fn encrypted_inputs(&self) -> Vec<String> {
        let properties = self.user_inputs().and_then(|form| form.get("properties"));
        let Some(properties) = properties.and_then(Value::as_object) else {
            return Vec::new();
        };
        properties
            .iter()
            .filter(|(_, input)| input.get("encryption").is_some_and(|e| !e.is_null()))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Those of them that the server encrypts; the others come encrypted from the client.
    pub fn server_encrypted_inputs(&self) -> Vec<String> {
        let form = self.user_inputs();
        let by_server = |name: &String| {
            form.is_some_and(|form| form["properties"][name]["encryption"].is_string())
        };
        let mut names = self.encrypted_inputs();
        names.retain(by_server);
        names
    }

    /// The condition of its trigger, if it has one.
    pub fn condition(&self) -> Option<&Value> {
        self.doc.get("trigger")?.get("condition")
    }

    /// What it does, as its author wrote it: templates are not evaluated.
    pub fn invocation(&self) -> &Value {
        self.doc.get("invocationMethod").unwrap_or(&Value::Null)
    }

    /// The type of the invocation in today's spelling, such as `WEBHOOK` or `AZURE_DEVOPS`.
    pub fn invocation_type(&self) -> &str {
        match self.invocation().get("type").and_then(Value::as_str) {
            Some("AZURE-DEVOPS") => "AZURE_DEVOPS",
            Some(name) => name,
            None => "",
        }
    }

    /// `requiredApproval` as it was sent; `false` if it was not.
    pub fn required_approval(&self) -> Value {
        let sent = self.doc.get("requiredApproval");
        sent.cloned().unwrap_or(Value::Bool(false))
    }

    /// Somebody must approve before anything is sent.
    pub fn needs_approval(&self) -> bool {
        match self.doc.get("requiredApproval") {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(_) => true,
        }
    }

    /// An automation that is not published does nothing; published is the default.
    pub fn is_published(&self) -> bool {
        self.doc.get("publish").and_then(Value::as_bool) != Some(false)
    }

    /// Every member may see its runs; the default.
    pub fn anyone_may_view_runs(&self) -> bool {
        let sent = self.doc.get("allowAnyoneToViewRuns");
        sent.and_then(Value::as_bool) != Some(false)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.doc.get(key)?.as_str()
    }
}

/// What a `boolean | string` key of an evaluated invocation means: `true` and `"true"` are true
/// (facts/actions.md section 3).
pub fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.trim() == "true",
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) use super::shapes::tests::{create_microservice, meta};

    #[test]
    fn an_evaluated_flag_may_be_a_boolean_or_its_name() {
        for yes in [json!(true), json!("true")] {
            assert!(is_true(Some(&yes)));
        }
        for no in [
            json!(false),
            json!("false"),
            json!(null),
            json!(1),
            json!("yes"),
        ] {
            assert!(!is_true(Some(&no)));
        }
        assert!(!is_true(None));
    }

    #[test]
    fn an_action_is_bound_by_its_trigger_its_event_or_its_legacy_route() {
        let bound = |trigger: Value, legacy: Option<&str>| {
            let doc = json!({"identifier": "a", "trigger": trigger});
            let action = Action::from_stored(doc, legacy.map(str::to_owned)).unwrap();
            action.blueprint().map(str::to_owned)
        };
        let trigger = json!({"operation": "CREATE", "blueprintIdentifier": "svc"});
        assert_eq!(bound(trigger, None).as_deref(), Some("svc"));
        let event = json!({"event": {"type": "ENTITY_CREATED", "blueprintIdentifier": "svc"}});
        assert_eq!(bound(event, None).as_deref(), Some("svc"));
        assert_eq!(bound(json!({"operation": "CREATE"}), None), None);
        assert_eq!(bound(json!("CREATE"), Some("svc")).as_deref(), Some("svc"));
    }
}
