//! Runs as the API writes them, in the shape of the first version and of the second
//! (facts/actions.md 1.2, 1.3).
//!
//! Text goes straight into the reply's buffer: reading runs is the hottest path of the server.

use std::io::Write as _;

use serde_json::Value;

use super::{JsonText, Run};
use crate::time::Timestamp;

/// How something a run names reads today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named<'a> {
    /// Its title, if it has one.
    pub title: Option<&'a str>,
    /// Its icon, if it has one.
    pub icon: Option<&'a str>,
    /// It still exists.
    pub exists: bool,
}

/// A run with what a reader must know of its action, blueprint and entity.
#[derive(Clone, Copy, Debug)]
pub struct RunView<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its action.
    pub action: Named<'a>,
    /// Its blueprint; of no effect if the run has none.
    pub blueprint: Named<'a>,
    /// Its entity; of no effect if the run has none.
    pub entity: Named<'a>,
    /// Keys the reader does not want (`exclude` of the list).
    pub exclude: &'a [String],
}

impl RunView<'_> {
    /// Appends the shape of the first API version, in the order of the walkthrough.
    pub fn write_v1(&self, out: &mut Vec<u8>) {
        let run = self.run;
        let mut object = ObjectWriter::open(out, self.exclude);
        object.text("id", &run.id);
        object.text("status", run.status.as_str());
        if let Some(identifier) = &run.blueprint {
            object.named_v1("blueprint", identifier, self.blueprint);
        }
        if let Some(identifier) = &run.entity {
            object.named_v1("entity", identifier, self.entity);
        }
        object.text("action", &run.action);
        match run.ended_at {
            Some(ended_at) => object.instant("endedAt", ended_at),
            None => object.raw("endedAt", "null"),
        }
        object.text("source", run.source.as_str());
        object.find_json("link", run.link.as_ref());
        object.find_json("message", run.message.as_ref());
        object.find_text("statusLabel", run.status_label.as_deref());
        object.find_text("summary", run.summary.as_deref());
        object.find_text("externalRunId", run.external_run_id.as_deref());
        object.bool(
            "relatedEntityExists",
            run.entity.is_some() && self.entity.exists,
        );
        object.bool(
            "relatedBlueprintExists",
            run.blueprint.is_some() && self.blueprint.exists,
        );
        object.raw("properties", run.properties.as_str());
        object.changes(run);
        object.close();
    }

    /// Appends the shape of the second API version.
    pub fn write_v2(&self, out: &mut Vec<u8>) {
        let run = self.run;
        let mut object = ObjectWriter::open(out, self.exclude);
        object.text("id", &run.id);
        object.text("status", run.status.as_str());
        object.find_text("statusLabel", run.status_label.as_deref());
        if let Some(identifier) = &run.blueprint {
            object.named_v2("blueprint", identifier, self.blueprint);
        }
        if let Some(identifier) = &run.entity {
            object.named_v2("entity", identifier, self.entity);
        }
        object.named_v2("action", &run.action, self.action);
        if let Some(ended_at) = run.ended_at {
            object.instant("endedAt", ended_at);
        }
        object.text("source", run.source.as_str());
        object.links("link", run.link.as_ref());
        object.find_text("summary", run.summary.as_deref());
        object.find_json("message", run.message.as_ref());
        object.find_text("externalRunId", run.external_run_id.as_deref());
        object.raw("properties", run.properties.as_str());
        object.find_json("rawProperties", run.raw_properties.as_ref());
        object.raw("requiredApproval", run.required_approval.as_str());
        object.find_json("approval", run.approval.as_ref());
        object.raw(
            "payload",
            run.payload.as_ref().map_or("null", JsonText::as_str),
        );
        object.find_json("response", run.response.as_ref());
        if let Some(claim) = &run.claim {
            object.bool("pendingExecution", claim.pending_execution);
            if let Some(until) = claim.claimed_until {
                object.instant("claimedUntil", until);
            }
            object.text("installationId", &claim.installation_id);
        }
        object.find_text("impersonatedBy", run.impersonated_by.as_deref());
        object.changes(run);
        object.close();
    }

    /// The second shape as a value, for audit events and automations.
    pub fn to_value(&self) -> Value {
        let mut text = Vec::with_capacity(1024);
        self.write_v2(&mut text);
        serde_json::from_slice(&text).unwrap_or(Value::Null)
    }
}

/// Writes one JSON object key by key, leaving out the keys nobody wants.
struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    exclude: &'a [String],
    first: bool,
}

impl<'a> ObjectWriter<'a> {
    fn open(out: &'a mut Vec<u8>, exclude: &'a [String]) -> Self {
        out.push(b'{');
        Self {
            out,
            exclude,
            first: true,
        }
    }

    fn close(self) {
        self.out.push(b'}');
    }

    /// Writes the key; false if it is excluded. Keys are ours and need no escaping.
    fn key(&mut self, key: &str) -> bool {
        if self.exclude.iter().any(|excluded| excluded == key) {
            return false;
        }
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        true
    }

    fn raw(&mut self, key: &str, json: &str) {
        if self.key(key) {
            self.out.extend_from_slice(json.as_bytes());
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        if self.key(key) {
            push_text(self.out, text);
        }
    }

    fn bool(&mut self, key: &str, flag: bool) {
        self.raw(key, if flag { "true" } else { "false" });
    }

    fn instant(&mut self, key: &str, instant: Timestamp) {
        if self.key(key) {
            // Writing to a Vec cannot fail.
            let _ = write!(self.out, "\"{instant}\"");
        }
    }

    fn find_text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    fn find_json(&mut self, key: &str, json: Option<&JsonText>) {
        if let Some(json) = json {
            self.raw(key, json.as_str());
        }
    }

    /// A list of links, whether one was given, several or none (A13).
    fn links(&mut self, key: &str, link: Option<&JsonText>) {
        let text = link.map_or("[]", JsonText::as_str);
        let single = text.starts_with('"');
        if self.key(key) {
            self.out.extend_from_slice(if single { b"[" } else { b"" });
            self.out.extend_from_slice(text.as_bytes());
            self.out.extend_from_slice(if single { b"]" } else { b"" });
        }
    }

    fn named_v1(&mut self, key: &str, identifier: &str, named: Named<'_>) {
        if self.key(key) {
            self.out.extend_from_slice(b"{\"identifier\":");
            push_text(self.out, identifier);
            self.out.extend_from_slice(b",\"title\":");
            push_text_or_null(self.out, named.title);
            self.out.push(b'}');
        }
    }

    fn named_v2(&mut self, key: &str, identifier: &str, named: Named<'_>) {
        if self.key(key) {
            self.out.extend_from_slice(b"{\"identifier\":");
            push_text(self.out, identifier);
            self.out.extend_from_slice(b",\"title\":");
            push_text_or_null(self.out, named.title);
            self.out.extend_from_slice(b",\"icon\":");
            push_text_or_null(self.out, named.icon);
            self.out.extend_from_slice(if named.exists {
                b",\"deleted\":false}"
            } else {
                b",\"deleted\":true}"
            });
        }
    }

    fn changes(&mut self, run: &Run) {
        self.instant("createdAt", run.created_at);
        self.instant("updatedAt", run.updated_at);
        self.text("createdBy", &run.created_by);
        self.text("updatedBy", &run.updated_by);
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    // A string always serializes; should that ever change, the reply stays valid JSON.
    if serde_json::to_writer(&mut *out, text).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

fn push_text_or_null(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => push_text(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::{Claim, NewRun, RunPatch, Source};

    const USER: &str = "auth0|638879fa62c686d381b36ecb";
    const MACHINE: &str = "KZ5zDPudPshQMShUb4cLopBEE1fNSJGE";

    pub(crate) fn created() -> Timestamp {
        Timestamp::parse("2022-12-07T12:53:52.916Z").unwrap()
    }

    /// The CREATE run of the walkthrough.
    pub(crate) fn run() -> Run {
        Run::start(NewRun {
            id: "r_QOz6WoOB1Q2lmhZZ".into(),
            action: "create_microservice".into(),
            blueprint: Some("microservice".into()),
            entity: None,
            source: Source::Ui,
            properties: JsonText::of(&json!({"name": "my-microservice", "region": "eu-west-1"})),
            raw_properties: None,
            required_approval: JsonText::of(&json!(false)),
            needs_approval: false,
            payload: None,
            synchronized: false,
            agent: false,
            created_by: USER.into(),
            impersonated_by: None,
            created_at: created(),
        })
    }

    fn view<'a>(run: &'a Run, exclude: &'a [String]) -> RunView<'a> {
        RunView {
            run,
            action: Named {
                title: Some("Create Microservice"),
                icon: None,
                exists: true,
            },
            blueprint: Named {
                title: Some("Service"),
                icon: Some("Microservice"),
                exists: true,
            },
            entity: Named {
                title: Some("my-microservice"),
                icon: None,
                exists: true,
            },
            exclude,
        }
    }

    fn v1(view: RunView<'_>) -> String {
        let mut out = Vec::new();
        view.write_v1(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_open_create_run_reads_in_version_one_as_the_walkthrough_shows_it() {
        let run = run();
        let expected = json!({
            "id": "r_QOz6WoOB1Q2lmhZZ",
            "status": "IN_PROGRESS",
            "blueprint": {"identifier": "microservice", "title": "Service"},
            "action": "create_microservice",
            "endedAt": null,
            "source": "UI",
            "relatedEntityExists": false,
            "relatedBlueprintExists": true,
            "properties": {"name": "my-microservice", "region": "eu-west-1"},
            "createdAt": "2022-12-07T12:53:52.916Z",
            "updatedAt": "2022-12-07T12:53:52.916Z",
            "createdBy": USER,
            "updatedBy": USER
        });
        assert_eq!(v1(view(&run, &[])), expected.to_string());
    }

    #[test]
    fn a_day_2_run_shows_its_entity_in_version_one() {
        let run = Run {
            entity: Some("my-microservice".into()),
            ..run()
        };
        let text = v1(view(&run, &[]));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value["entity"],
            json!({"identifier": "my-microservice", "title": "my-microservice"})
        );
        assert_eq!(value["relatedEntityExists"], json!(true));
        let keys: Vec<_> = value.as_object().unwrap().keys().take(5).collect();
        assert_eq!(keys, ["id", "status", "blueprint", "entity", "action"]);
    }

    #[test]
    fn a_patched_run_reads_in_version_one_as_the_walkthrough_shows_it() {
        let mut run = run();
        let patch = RunPatch::parse(&json!({
            "status": "SUCCESS",
            "link": ["https://ci.example/1", "https://ci.example/2"],
            "message": {"run_status": "Run completed successfully!"}
        }))
        .unwrap();
        let now = Timestamp::parse("2022-12-07T14:51:52.796Z").unwrap();
        run.patch(&patch, MACHINE, now).unwrap();
        let expected = json!({
            "id": "r_QOz6WoOB1Q2lmhZZ",
            "status": "SUCCESS",
            "blueprint": {"identifier": "microservice", "title": "Service"},
            "action": "create_microservice",
            "endedAt": "2022-12-07T14:51:52.796Z",
            "source": "UI",
            "link": ["https://ci.example/1", "https://ci.example/2"],
            "message": {"run_status": "Run completed successfully!"},
            "relatedEntityExists": false,
            "relatedBlueprintExists": true,
            "properties": {"name": "my-microservice", "region": "eu-west-1"},
            "createdAt": "2022-12-07T12:53:52.916Z",
            "updatedAt": "2022-12-07T14:51:52.796Z",
            "createdBy": USER,
            "updatedBy": MACHINE
        });
        assert_eq!(v1(view(&run, &[])), expected.to_string());
    }

    #[test]
    fn version_two_has_objects_a_list_of_links_and_no_end_while_open() {
        let mut run = run();
        let value = view(&run, &[]).to_value();
        assert_eq!(
            value,
            json!({
                "id": "r_QOz6WoOB1Q2lmhZZ",
                "status": "IN_PROGRESS",
                "blueprint": {
                    "identifier": "microservice", "title": "Service", "icon": "Microservice",
                    "deleted": false
                },
                "action": {
                    "identifier": "create_microservice", "title": "Create Microservice",
                    "icon": null, "deleted": false
                },
                "source": "UI",
                "link": [],
                "properties": {"name": "my-microservice", "region": "eu-west-1"},
                "requiredApproval": false,
                "payload": null,
                "createdAt": "2022-12-07T12:53:52.916Z",
                "updatedAt": "2022-12-07T12:53:52.916Z",
                "createdBy": USER,
                "updatedBy": USER
            })
        );
        let patch = RunPatch::parse(&json!({"link": "https://ci.example/1"})).unwrap();
        run.patch(&patch, MACHINE, created()).unwrap();
        assert_eq!(
            view(&run, &[]).to_value()["link"],
            json!(["https://ci.example/1"])
        );
        assert!(v1(view(&run, &[])).contains("\"link\":\"https://ci.example/1\""));
    }

    #[test]
    fn what_was_deleted_keeps_its_identifier_and_is_marked() {
        let run = Run {
            entity: Some("gone".into()),
            ..run()
        };
        let gone = RunView {
            action: Named::default(),
            blueprint: Named::default(),
            entity: Named::default(),
            ..view(&run, &[])
        };
        let value = gone.to_value();
        let deleted = |identifier: &str| json!({"identifier": identifier, "title": null, "icon": null, "deleted": true});
        assert_eq!(value["action"], deleted("create_microservice"));
        assert_eq!(value["blueprint"], deleted("microservice"));
        assert_eq!(value["entity"], deleted("gone"));
        let text = v1(gone);
        assert!(text.contains("\"relatedEntityExists\":false,\"relatedBlueprintExists\":false"));
    }

    #[test]
    fn version_two_shows_what_has_been_set() {
        let run = Run {
            response: Some(JsonText::trusted("{\"id\":1}")),
            payload: Some(JsonText::trusted("{\"type\":\"WEBHOOK\"}")),
            approval: Some(JsonText::trusted("{\"state\":\"APPROVED\"}")),
            status_label: Some("Build \"1\"".into()),
            ended_at: Some(created()),
            impersonated_by: Some(MACHINE.into()),
            claim: Some(Claim {
                installation_id: "_PORT_EXEC_AGENT".into(),
                pending_execution: true,
                claimed_until: Some(created()),
            }),
            ..run()
        };
        let value = view(&run, &[]).to_value();
        assert_eq!(value["response"], json!({"id": 1}));
        assert_eq!(value["payload"], json!({"type": "WEBHOOK"}));
        assert_eq!(value["approval"], json!({"state": "APPROVED"}));
        assert_eq!(value["statusLabel"], json!("Build \"1\""));
        assert_eq!(value["endedAt"], json!("2022-12-07T12:53:52.916Z"));
        assert_eq!(value["impersonatedBy"], json!(MACHINE));
        assert_eq!(value["pendingExecution"], json!(true));
        assert_eq!(value["installationId"], json!("_PORT_EXEC_AGENT"));
    }

    #[test]
    fn excluded_keys_are_left_out_of_both_shapes() {
        let run = run();
        let exclude = [
            "id".to_owned(),
            "properties".to_owned(),
            "updatedBy".to_owned(),
        ];
        let one: Value = serde_json::from_str(&v1(view(&run, &exclude))).unwrap();
        let two = view(&run, &exclude).to_value();
        for key in exclude {
            assert_eq!((one.get(&key), two.get(&key)), (None, None), "{key}");
        }
        assert!(one.get("status").is_some());
    }
}
