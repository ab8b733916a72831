//! What an action does: the invocation methods, their keys and types (facts/actions.md section 3).
//!
//! Any string may be a template; templates are neither parsed nor evaluated here.

use serde_json::Value;

use crate::fields::Fields;
use crate::refusal::Refusal;

/// What may stand under a key.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// A boolean, or a template that becomes one.
    Flag,
    TextMap,
    Object,
    ObjectOrList,
}

/// A method: its name, its required keys, its optional keys.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) required: &'static [(&'static str, Kind)],
    pub(super) optional: &'static [(&'static str, Kind)],
}

use Kind::{Flag, Object, ObjectOrList, Text, TextMap};

pub(super) const TODAY: &[Method] = &[
    Method {
        name: "WEBHOOK",
        required: &[("url", Text)],
        optional: &[
            ("agent", Flag),
            ("synchronized", Flag),
            ("method", Text),
            ("headers", TextMap),
            ("body", ObjectOrList),
        ],
    },
    Method {
        name: "KAFKA",
        required: &[],
        optional: &[("payload", ObjectOrList)],
    },
    Method {
        name: "GITHUB",
        required: &[("org", Text), ("repo", Text), ("workflow", Text)],
        optional: &[("workflowInputs", Object), ("reportWorkflowStatus", Flag)],
    },
    Method {
        name: "GITLAB",
        required: &[("projectName", Text), ("groupName", Text)],
        optional: &[("defaultRef", Text), ("pipelineVariables", Object)],
    },
    Method {
        name: "AZURE_DEVOPS",
        required: &[("webhook", Text), ("org", Text)],
        optional: &[("payload", ObjectOrList)],
    },
    Method {
        name: "UPSERT_ENTITY",
        required: &[("blueprintIdentifier", Text), ("mapping", Object)],
        optional: &[],
    },
    Method {
        name: "INTEGRATION_ACTION",
        required: &[
            ("installationId", Text),
            // Integrations bring executors of their own, so the type is no closed list.
            ("integrationActionType", Text),
            ("integrationActionExecutionProperties", Object),
        ],
        optional: &[],
    },
];

pub(super) const LEGACY: &[Method] = &[
    Method {
        name: "WEBHOOK",
        required: &[("url", Text)],
        optional: &[("agent", Flag), ("synchronized", Flag), ("method", Text)],
    },
    Method {
        name: "KAFKA",
        required: &[],
        optional: &[],
    },
    Method {
        name: "GITHUB",
        required: &[("org", Text), ("repo", Text), ("workflow", Text)],
        optional: &[
            ("omitPayload", Flag),
            ("omitUserInputs", Flag),
            ("reportWorkflowStatus", Flag),
        ],
    },
    Method {
        name: "GITLAB",
        required: &[("projectName", Text), ("groupName", Text)],
        optional: &[
            ("defaultRef", Text),
            ("omitPayload", Flag),
            ("omitUserInputs", Flag),
            ("agent", Flag),
        ],
    },
    LEGACY_AZURE,
    Method {
        name: "AZURE_DEVOPS",
        ..LEGACY_AZURE
    },
];

const LEGACY_AZURE: Method = Method {
    name: "AZURE-DEVOPS",
    required: &[("webhook", Text), ("org", Text)],
    optional: &[],
};

/// Checks `invocationMethod` in today's shape.
pub(super) fn check(invocation: &Fields<'_>) -> Result<(), Refusal> {
    check_among(TODAY, invocation)
}

/// Checks `invocationMethod` in the legacy shape.
pub(super) fn check_legacy(invocation: &Fields<'_>) -> Result<(), Refusal> {
    check_among(LEGACY, invocation)
}

/// Whether a method of today's shape has this key.
pub(super) fn has_today_key(method: &str, key: &str) -> bool {
    has_key(TODAY, method, key)
}

fn has_key(methods: &[Method], name: &str, key: &str) -> bool {
    let method = methods.iter().find(|method| method.name == name);
    key == "type" || method.is_some_and(|method| method.keys().any(|(known, _)| *known == key))
}

impl Method {
    fn keys(&self) -> impl Iterator<Item = &'static (&'static str, Kind)> {
        self.required.iter().chain(self.optional)
    }
}

fn check_among(methods: &[Method], invocation: &Fields<'_>) -> Result<(), Refusal> {
    let names: Vec<_> = methods.iter().map(|method| method.name).collect();
    let name = invocation.one_of("type", &names)?;
    let Some(method) = methods.iter().find(|method| method.name == name) else {
        return Ok(());
    };
    let mut known = vec!["type"];
    known.extend(method.keys().map(|(key, _)| *key));
    invocation.only(&known)?;
    for (key, _) in method.required {
        invocation.required(key)?;
    }
    for (key, kind) in method.keys() {
        if let Some(value) = invocation.find(key) {
            check_kind(invocation, key, value, *kind)?;
        }
    }
    Ok(())
}

fn check_kind(fields: &Fields<'_>, key: &str, value: &Value, kind: Kind) -> Result<(), Refusal> {
    let (fits, rule) = match kind {
        Text => (value.is_string(), "it must be a string"),
        Flag => (
            value.is_boolean() || value.is_string(),
            "it must be true, false or a template",
        ),
        TextMap => (
            value
                .as_object()
                .is_some_and(|map| map.values().all(Value::is_string)),
            "it must be an object of strings",
        ),
        Object => (value.is_object(), "it must be an object"),
        ObjectOrList => (
            value.is_object() || value.is_array(),
            "it must be an object or a list",
        ),
    };
    if fits {
        Ok(())
    } else {
        Err(fields.wrong(key, value, rule))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A value of the kind, and one that is not.
    fn samples(kind: Kind) -> (Value, Value) {
        match kind {
            Text => (json!("{{ .inputs.x }}"), json!(1)),
            Flag => (json!("{{ .inputs.sync }}"), json!(1)),
            TextMap => (json!({"RUN_ID": "{{ .run.id }}"}), json!({"RUN_ID": 1})),
            Object => (json!({"a": [1]}), json!([1])),
            ObjectOrList => (json!([{"a": 1}]), json!("text")),
        }
    }

    fn result(methods: &[Method], invocation: &Value) -> Result<(), String> {
        let fields = Fields::of(invocation, "invocationMethod").unwrap();
        check_among(methods, &fields).map_err(|refusal| refusal.message)
    }

    #[test]
    fn each_method_takes_its_keys_and_refuses_others_missing_ones_and_wrong_types() {
        for methods in [TODAY, LEGACY] {
            for method in methods {
                let mut full = json!({"type": method.name});
                for (key, kind) in method.keys() {
                    full[key] = samples(*kind).0;
                }
                assert_eq!(result(methods, &full), Ok(()), "{}", method.name);
                for (key, _) in method.required {
                    let mut short = full.clone();
                    short.as_object_mut().unwrap().remove(*key);
                    let message = format!("\"invocationMethod.{key}\" is missing.");
                    assert_eq!(result(methods, &short), Err(message));
                }
                for (key, kind) in method.keys() {
                    let mut wrong = full.clone();
                    wrong[key] = samples(*kind).1;
                    let message = result(methods, &wrong).unwrap_err();
                    assert!(message.starts_with(&format!("\"invocationMethod.{key}\" is ")));
                }
                full["surprise"] = json!(1);
                let message = result(methods, &full).unwrap_err();
                assert!(message.starts_with("\"invocationMethod.surprise\" is not known here"));
            }
        }
    }

    #[test]
    fn there_are_seven_methods_today_and_the_legacy_azure_spelling_is_legacy_only() {
        assert_eq!(TODAY.len(), 7);
        let azure = json!({"type": "AZURE-DEVOPS", "webhook": "w", "org": "o"});
        assert_eq!(result(LEGACY, &azure), Ok(()));
        assert!(result(TODAY, &azure).is_err());
        assert_eq!(
            result(LEGACY, &json!({"type": "SLACK"})),
            Err(
                "\"invocationMethod.type\" is \"SLACK\"; it must be WEBHOOK or KAFKA or GITHUB or \
                 GITLAB or AZURE-DEVOPS or AZURE_DEVOPS."
                    .into()
            )
        );
    }
}
