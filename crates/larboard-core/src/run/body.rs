//! The bodies of the run routes, read strictly (facts/actions.md 1.6 to 1.8).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{FinalStatus, JsonText};
use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::scrub::Scrubber;

/// The body of an execution: POST `/actions/{action}/runs`, and of its legacy forms.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    /// The inputs as submitted.
    pub properties: Map<String, Value>,
    /// The identifier of the entity to execute on.
    pub entity: Option<String>,
}

impl RunRequest {
    /// Reads `{properties, entity?}`.
    ///
    /// # Errors
    /// `invalid_request` for unknown keys, missing or mistyped ones.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&["properties", "entity"])?;
        Ok(Self {
            properties: fields.fields("properties")?.object().clone(),
            entity: fields.find_string("entity")?.map(str::to_owned),
        })
    }
}

/// The body of PATCH `/actions/runs/{run}`: each given key replaces what was there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunPatch {
    /// Ends the run.
    pub status: Option<FinalStatus>,
    /// Replaces the label.
    pub status_label: Option<String>,
    /// Replaces all links; a string or a list of strings, kept as given (A13).
    pub link: Option<JsonText>,
    /// Replaces the summary.
    pub summary: Option<String>,
    /// Replaces the free-form object.
    pub message: Option<JsonText>,
    /// The backend's own identifier.
    pub external_run_id: Option<String>,
}

impl RunPatch {
    /// Reads the body; all keys are optional, others are refused.
    ///
    /// # Errors
    /// `invalid_request` naming the key.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&[
            "status",
            "statusLabel",
            "link",
            "summary",
            "message",
            "externalRunId",
        ])?;
        Ok(Self {
            status: final_status(&fields, "status")?,
            status_label: fields.find_string("statusLabel")?.map(str::to_owned),
            link: link(&fields)?,
            summary: fields.find_string("summary")?.map(str::to_owned),
            message: match fields.find("message").filter(|value| !value.is_null()) {
                Some(value) => {
                    fields.fields("message")?;
                    Some(JsonText::of(value))
                }
                None => None,
            },
            external_run_id: fields.find_string("externalRunId")?.map(str::to_owned),
        })
    }
}

impl RunPatch {
    /// Strikes out secrets that the backend sends back.
    pub fn scrub(&mut self, scrubber: &Scrubber) {
        let texts = [
            &mut self.status_label,
            &mut self.summary,
            &mut self.external_run_id,
        ];
        texts
            .into_iter()
            .for_each(|text| scrub_text(text, scrubber));
        for json in [&mut self.link, &mut self.message].into_iter().flatten() {
            json.scrub(scrubber);
        }
    }
}

/// The body of POST `/actions/runs/{run}/logs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The line, which may itself hold line breaks.
    pub message: String,
    /// Ends the run with this line as its last.
    pub termination_status: Option<FinalStatus>,
    /// Replaces the run's label.
    pub status_label: Option<String>,
}

impl LogEntry {
    /// Reads the body; `message` is required, unknown keys are refused.
    ///
    /// # Errors
    /// `invalid_request` naming the key.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&["message", "terminationStatus", "statusLabel"])?;
        Ok(Self {
            message: fields.string("message")?.to_owned(),
            termination_status: final_status(&fields, "terminationStatus")?,
            status_label: fields.find_string("statusLabel")?.map(str::to_owned),
        })
    }
}

impl LogEntry {
    /// Strikes out secrets that the backend sends back.
    pub fn scrub(&mut self, scrubber: &Scrubber) {
        if let Cow::Owned(struck) = scrubber.text(&self.message) {
            self.message = struck;
        }
        scrub_text(&mut self.status_label, scrubber);
    }
}

fn scrub_text(text: &mut Option<String>, scrubber: &Scrubber) {
    if let Some(text) = text
        && let Cow::Owned(struck) = scrubber.text(text)
    {
        *text = struck;
    }
}

fn final_status(fields: &Fields<'_>, key: &str) -> Result<Option<FinalStatus>, Refusal> {
    let name = fields.find_one_of(key, FinalStatus::NAMES)?;
    Ok(name.and_then(FinalStatus::parse))
}

fn link(fields: &Fields<'_>) -> Result<Option<JsonText>, Refusal> {
    match fields.find("link").filter(|value| !value.is_null()) {
        None => Ok(None),
        Some(value @ Value::String(_)) => Ok(Some(JsonText::of(value))),
        Some(value @ Value::Array(links)) if links.iter().all(Value::is_string) => {
            Ok(Some(JsonText::of(value)))
        }
        Some(value) => Err(fields.wrong("link", value, "it must be a string or a list of strings")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(result: Result<impl std::fmt::Debug, Refusal>) -> String {
        let refusal = result.expect_err("a refusal");
        assert_eq!(refusal.code.as_str(), "invalid_request");
        refusal.message
    }

    #[test]
    fn an_execution_needs_properties_and_may_name_an_entity() {
        let request = RunRequest::parse(&json!({"properties": {}, "entity": "svc"})).unwrap();
        assert_eq!(request.entity.as_deref(), Some("svc"));
        for (body, message) in [
            (json!({}), "\"properties\" is missing."),
            (
                json!({"properties": []}),
                "\"properties\" is []; it must be an object.",
            ),
            (
                json!({"properties": {}, "entity": 5}),
                "\"entity\" is 5; it must be a string.",
            ),
            (
                json!({"properties": {}, "run_as": "a@b.c"}),
                "\"run_as\" is not known here; the keys are properties, entity.",
            ),
        ] {
            assert_eq!(refused(RunRequest::parse(&body)), message);
        }
    }

    #[test]
    fn a_patch_takes_each_of_its_keys_alone_or_none() {
        assert_eq!(RunPatch::parse(&json!({})).unwrap(), RunPatch::default());
        let unset = json!({"status": null, "summary": null, "link": null, "message": null});
        assert_eq!(RunPatch::parse(&unset).unwrap(), RunPatch::default());
        let patch = RunPatch::parse(&json!({"link": "https://ci/1"})).unwrap();
        assert_eq!(patch.link, Some(JsonText::of(&json!("https://ci/1"))));
        let patch = RunPatch::parse(&json!({
            "status": "SUCCESS", "statusLabel": "done", "summary": "s",
            "link": ["https://ci/1"], "message": {"run_status": "ok"}, "externalRunId": "77"
        }))
        .unwrap();
        assert_eq!(patch.status, Some(FinalStatus::Success));
        assert_eq!(patch.external_run_id.as_deref(), Some("77"));
    }

    #[test]
    fn a_patch_refuses_what_the_facts_do_not_list() {
        for (body, message) in [
            (
                json!({"status": "IN_PROGRESS"}),
                "\"status\" is \"IN_PROGRESS\"; it must be SUCCESS or FAILURE.",
            ),
            (
                json!({"link": [1]}),
                "\"link\" is [1]; it must be a string or a list of strings.",
            ),
            (
                json!({"message": "done"}),
                "\"message\" is \"done\"; it must be an object.",
            ),
            (
                json!({"description": "x"}),
                "\"description\" is not known here; the keys are status, statusLabel, link, \
                 summary, message, externalRunId.",
            ),
            (
                json!({"summary": 5}),
                "\"summary\" is 5; it must be a string.",
            ),
            (json!(3), "The body is 3; it must be an object."),
        ] {
            assert_eq!(refused(RunPatch::parse(&body)), message);
        }
    }

    #[test]
    fn a_log_line_needs_a_message_and_may_end_the_run() {
        let entry =
            LogEntry::parse(&json!({"message": "", "terminationStatus": "FAILURE"})).unwrap();
        assert_eq!(entry.termination_status, Some(FinalStatus::Failure));
        for (body, message) in [
            (
                json!({"terminationStatus": "SUCCESS"}),
                "\"message\" is missing.",
            ),
            (
                json!({"message": 1}),
                "\"message\" is 1; it must be a string.",
            ),
            (
                json!({"message": "m", "terminationStatus": "DECLINED"}),
                "\"terminationStatus\" is \"DECLINED\"; it must be SUCCESS or FAILURE.",
            ),
            (
                json!({"message": "m", "level": "info"}),
                "\"level\" is not known here; the keys are message, terminationStatus, \
                 statusLabel.",
            ),
        ] {
            assert_eq!(refused(LogEntry::parse(&body)), message);
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_a_parser_panic(text in "[\\[\\]{}\":,a-z0-9 ]{0,40}", key in "status|link|message|entity|properties") {
            let value: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            for body in [value.clone(), json!({ key: value })] {
                let _ = RunPatch::parse(&body);
                let _ = LogEntry::parse(&body);
                let _ = RunRequest::parse(&body);
            }
        }
    }
}
