//! The JSON Schemas of the bodies of the run routes and of runs as they are shown.

use serde_json::Value;

use super::{FinalStatus, Source, Status};
use crate::contract::{
    Components, Object, any_object, any_of, anything, choice, flag, instant, one_of, or_null,
    pattern, reference, text, texts,
};

/// What an id of a run looks like.
pub const ID_PATTERN: &str = "^r_[A-Za-z0-9]{16}$";

pub(crate) fn contract() -> Components {
    vec![
        ("RunRequestBody", request()),
        ("RunPatchBody", patch()),
        ("RunLogBody", log_entry()),
        ("Run", today().build()),
        ("RunV1", first().build()),
        ("RunReference", named()),
        ("RunPart", part()),
        ("RunLog", log().build()),
    ]
}

fn request() -> Value {
    Object::closed()
        .must("properties", any_object())
        .maybe("entity", text())
        .build()
}

fn patch() -> Value {
    Object::closed()
        .maybe("status", choice(FinalStatus::NAMES))
        .maybe("statusLabel", text())
        .maybe("link", link())
        .maybe("summary", text())
        .maybe("message", any_object())
        .maybe("externalRunId", text())
        .build()
}

fn log_entry() -> Value {
    Object::closed()
        .must("message", text())
        .maybe("terminationStatus", choice(FinalStatus::NAMES))
        .maybe("statusLabel", text())
        .build()
}

fn link() -> Value {
    one_of([text(), texts()])
}

/// The second shape, which the portal reads too.
fn today() -> Object {
    Object::closed()
        .must("id", pattern(ID_PATTERN))
        .must("status", choice(Status::NAMES))
        .may("statusLabel", text())
        .may("blueprint", reference("RunReference"))
        .may("entity", reference("RunReference"))
        .must("action", reference("RunReference"))
        .may("endedAt", instant())
        .must("source", choice(Source::NAMES))
        .must("link", texts())
        .may("summary", text())
        .may("message", any_object())
        .may("externalRunId", text())
        .must("properties", any_object())
        .may("rawProperties", any_object())
        .must("requiredApproval", reference("RequiredApproval"))
        .may("approval", approval())
        .must("payload", or_null(any_object()))
        .may("response", anything())
        .may("pendingExecution", flag())
        .may("claimedUntil", instant())
        .may("installationId", text())
        .may("impersonatedBy", text())
        .stamped()
}

/// The first shape, that of the walkthrough.
fn first() -> Object {
    let named = Object::closed()
        .must("identifier", text())
        .must("title", or_null(text()))
        .build();
    Object::closed()
        .must("id", pattern(ID_PATTERN))
        .must("status", choice(Status::NAMES))
        .may("blueprint", named.clone())
        .may("entity", named)
        .must("action", text())
        .must("endedAt", or_null(instant()))
        .must("source", choice(Source::NAMES))
        .may("link", link())
        .may("message", any_object())
        .may("statusLabel", text())
        .may("summary", text())
        .may("externalRunId", text())
        .must("relatedEntityExists", flag())
        .must("relatedBlueprintExists", flag())
        .must("properties", any_object())
        .stamped()
}

/// A run of a list that was asked to leave keys out.
fn part() -> Value {
    any_of([today().part().build(), first().part().build()])
}

fn named() -> Value {
    Object::closed()
        .must("identifier", text())
        .must("title", or_null(text()))
        .must("icon", or_null(text()))
        .must("deleted", flag())
        .build()
}

fn approval() -> Value {
    Object::closed()
        .must("state", text())
        .may("description", text())
        .must("userId", or_null(text()))
        .build()
}

fn log() -> Object {
    Object::closed()
        .must("id", pattern("^log_[A-Za-z0-9]{16}$"))
        .must("runId", pattern(ID_PATTERN))
        .must("message", text())
        .must("createdAt", instant())
        .must("createdBy", text())
}
