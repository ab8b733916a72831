//! Reads an action in today's shape (facts/actions.md 2.2, 2.7).

use std::sync::LazyLock;

use fancy_regex::Regex;
use serde_json::Value;
use url::Url;

use super::{Action, Origin, invocation, trigger};
use crate::fields::Fields;
use crate::inputs::InputSchema;
use crate::refusal::Refusal;

/// What an identifier of an action looks like.
pub(super) const IDENTIFIER_PATTERN: &str = r"^(?!\.{1,2}$)[\p{L}0-9@_.+:=-]+$";
/// How many of the approvers must agree.
pub(super) const APPROVALS: &[&str] = &["ANY", "ALL"];
/// How a notification's body is written.
pub(super) const NOTIFICATION_FORMATS: &[&str] = &["json", "slack"];

impl Action {
    /// Reads the body of POST `/actions` and PUT `/actions/{action}`.
    ///
    /// # Errors
    /// `invalid_request` naming the key that does not fit; `user_inputs_schema_invalid` for a form
    /// whose rules contradict JSON Schema.
    pub fn parse_today(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&[
            "identifier",
            "title",
            "icon",
            "description",
            "trigger",
            "invocationMethod",
            "requiredApproval",
            "approvalNotification",
            "publish",
            "allowAnyoneToViewRuns",
        ])?;
        check_head(&fields)?;
        trigger::check(&fields.fields("trigger")?)?;
        invocation::check(&fields.fields("invocationMethod")?)?;
        check_approval(&fields)?;
        fields.find_bool("publish")?;
        fields.find_bool("allowAnyoneToViewRuns")?;
        let action = Self {
            doc: fields.object().clone(),
            origin: Origin::Today,
        };
        InputSchema::compile(&action)?;
        Ok(action)
    }
}

/// The keys both shapes begin with: identifier, title, icon, description.
pub(super) fn check_head(fields: &Fields<'_>) -> Result<(), Refusal> {
    let identifier = fields.string("identifier")?;
    if !is_identifier(identifier) {
        return Err(fields.wrong(
            "identifier",
            fields.required("identifier")?,
            "it may hold letters, digits and @ _ . + : = - and must not be . or ..",
        ));
    }
    for key in ["title", "icon", "description"] {
        fields.find_string(key)?;
    }
    Ok(())
}

/// `requiredApproval` and `approvalNotification`, which both shapes share.
pub(super) fn check_approval(fields: &Fields<'_>) -> Result<(), Refusal> {
    match fields.find("requiredApproval") {
        None | Some(Value::Bool(_)) => {}
        Some(Value::Object(_)) => {
            let approval = fields.fields("requiredApproval")?;
            approval.only(&["type"])?;
            approval.one_of("type", APPROVALS)?;
        }
        Some(value) => {
            return Err(fields.wrong(
                "requiredApproval",
                value,
                "it must be true, false or an object with \"type\"",
            ));
        }
    }
    match fields.find_fields("approvalNotification")? {
        None => Ok(()),
        Some(notification) => check_notification(&notification),
    }
}

fn check_notification(notification: &Fields<'_>) -> Result<(), Refusal> {
    if notification.one_of("type", &["webhook", "email"])? == "email" {
        return notification.only(&["type"]);
    }
    notification.only(&["type", "url", "format"])?;
    if Url::parse(notification.string("url")?).is_err() {
        let url = notification.required("url")?;
        return Err(notification.wrong("url", url, "it must be a URL"));
    }
    notification.find_one_of("format", NOTIFICATION_FORMATS)?;
    Ok(())
}

fn is_identifier(text: &str) -> bool {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(IDENTIFIER_PATTERN).ok());
    PATTERN
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(text).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn action() -> Value {
        json!({
            "identifier": "deploy",
            "trigger": {
                "type": "self-service", "operation": "DAY-2", "userInputs": {"properties": {}}
            },
            "invocationMethod": {"type": "WEBHOOK", "url": "https://ci.example"}
        })
    }

    fn with(key: &str, value: Value) -> Value {
        let mut body = action();
        body[key] = value;
        body
    }

    #[test]
    fn a_minimal_action_is_kept_as_it_was_sent() {
        let parsed = Action::parse_today(&action()).unwrap();
        assert_eq!(Value::Object(parsed.doc().clone()), action());
        assert_eq!(parsed.origin(), &Origin::Today);
        assert!(!parsed.needs_approval());
    }

    #[test]
    fn identifiers_take_unicode_letters_and_the_listed_signs() {
        for good in ["a", "été", "動作", "a@b_c.d+e:f=g-h", "...", "A1"] {
            assert!(
                Action::parse_today(&with("identifier", json!(good))).is_ok(),
                "{good}"
            );
        }
        for bad in ["", ".", "..", "a b", "a/b", "a\n", "a,b", "😀"] {
            let refusal = Action::parse_today(&with("identifier", json!(bad))).unwrap_err();
            assert_eq!(refusal.code.as_str(), "invalid_request", "{bad}");
            assert!(refusal.message.starts_with("\"identifier\" is "), "{bad}");
        }
    }

    #[test]
    fn the_optional_keys_are_taken_in_their_documented_forms() {
        for (key, value) in [
            ("requiredApproval", json!(true)),
            ("requiredApproval", json!({"type": "ALL"})),
            ("approvalNotification", json!({"type": "email"})),
            (
                "approvalNotification",
                json!({"type": "webhook", "url": "https://hooks.example/x", "format": "slack"}),
            ),
            ("publish", json!(false)),
            ("allowAnyoneToViewRuns", json!(true)),
            ("title", json!("")),
        ] {
            assert!(
                Action::parse_today(&with(key, value.clone())).is_ok(),
                "{key} {value}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        for (key, value, message) in [
            (
                "blueprint",
                json!("svc"),
                "\"blueprint\" is not known here; the keys are identifier, title, icon, description, trigger, invocationMethod, requiredApproval, approvalNotification, publish, allowAnyoneToViewRuns.",
            ),
            ("title", json!(1), "\"title\" is 1; it must be a string."),
            (
                "publish",
                json!("yes"),
                "\"publish\" is \"yes\"; it must be true or false.",
            ),
            (
                "requiredApproval",
                json!("ANY"),
                "\"requiredApproval\" is \"ANY\"; it must be true, false or an object with \"type\".",
            ),
            (
                "requiredApproval",
                json!({"type": "SOME"}),
                "\"requiredApproval.type\" is \"SOME\"; it must be ANY or ALL.",
            ),
            (
                "requiredApproval",
                json!({"type": "ANY", "of": 2}),
                "\"requiredApproval.of\" is not known here; the keys are type.",
            ),
            (
                "approvalNotification",
                json!({"type": "sms"}),
                "\"approvalNotification.type\" is \"sms\"; it must be webhook or email.",
            ),
            (
                "approvalNotification",
                json!({"type": "webhook"}),
                "\"approvalNotification.url\" is missing.",
            ),
            (
                "approvalNotification",
                json!({"type": "webhook", "url": "here"}),
                "\"approvalNotification.url\" is \"here\"; it must be a URL.",
            ),
            (
                "trigger",
                json!("CREATE"),
                "\"trigger\" is \"CREATE\"; it must be an object.",
            ),
        ] {
            let refusal = Action::parse_today(&with(key, value)).unwrap_err();
            assert_eq!(refusal.message, message);
        }
    }

    #[test]
    fn the_three_required_keys_are_required() {
        for key in ["identifier", "trigger", "invocationMethod"] {
            let mut body = action();
            body.as_object_mut().unwrap().remove(key);
            let refusal = Action::parse_today(&body).unwrap_err();
            assert_eq!(refusal.message, format!("\"{key}\" is missing."));
        }
    }

    #[test]
    fn what_matters_only_at_execution_is_not_checked() {
        for invocation in [
            json!({"type": "WEBHOOK", "url": "not a url {{ .nowhere"}),
            json!({"type": "UPSERT_ENTITY", "blueprintIdentifier": "none", "mapping": {"x": 1}}),
            json!({"type": "AZURE_DEVOPS", "webhook": "any text", "org": "o"}),
        ] {
            assert!(Action::parse_today(&with("invocationMethod", invocation)).is_ok());
        }
    }
}
