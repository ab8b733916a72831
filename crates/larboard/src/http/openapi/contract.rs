//! The schemas of the OpenAPI document that are exact where a derived one could not be: those the core writes beside its
//! parsers (`larboard_core::contract`), and those of what only this crate knows. The types here carry their names, so
//! that an operation can be annotated with them; nothing is parsed or written through them.

#![allow(missing_docs, reason = "a type here stands for the schema of its name")]

use crate::ops::{apps, organization, secrets};
use larboard_core::contract::{
    Components, Object, any_object, any_of, anything, choice, flag, instant, list, one_of, or_null,
    pattern, reference, some_text, text, text_of, whole,
};
use serde_json::{Value, json};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! named {
    ($($name:ident)*) => {
        $(
            #[derive(serde::Serialize)]
            pub struct $name;
            impl ToSchema for $name {}
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    // The schema itself takes this one's place when the document is finished.
                    ObjectBuilder::new().into()
                }
            }
        )*
    };
}

named! {
    ActionBody LegacyActionBody LegacyActionsBody Action LegacyAction AnyAction
    BlueprintBody BlueprintPermissionsBody BlueprintReplacementBody BlueprintPatchBody Blueprint
    EntityBody EntityPatchBody EntitiesBody BulkDeleteBody Entity AnyEntity
    RunRequestBody RunPatchBody RunLogBody ApprovalBody Run AnyRun ListedRun RunLog
    AuditEvent ListedAuditEvent
    Organization OrganizationBody OrganizationPatchBody
    AppName App ListedApp NewSecretBody SecretPatchBody Secret
    Credentials SignIn SessionUser
    SearchQuery SearchBody SearchCountBody DataSourceBody DataSourceWriteBody AggregationBody SeriesBody HistoryBody GroupBody TopSearchBody
    PageBody PageChangeBody Page PagePermissions WidgetBody WidgetChangeBody
    FolderBody FolderPatchBody Folder Sidebar
    ScorecardBody ScorecardOfBlueprintBody ScorecardsBody ScorecardPatchBody Scorecard
    Delivery BulkError
}

/// Every schema that takes the place of a derived one.
pub(super) fn components() -> Components {
    let mut all = larboard_core::contract::components();
    all.extend(unions());
    all.extend(audit());
    all.extend(organization::contract());
    all.extend(credentials());
    all.extend(secret());
    all.extend(delivery());
    all
}

/// What a reply holds whose shape the query decides.
fn unions() -> Components {
    let any = |names: &[&str]| any_of(names.iter().map(|name| reference(name)));
    let one = |names: &[&str]| one_of(names.iter().map(|name| reference(name)));
    vec![
        ("AnyAction", one(&["Action", "LegacyAction"])),
        ("AnyRun", one(&["Run", "RunV1"])),
        ("ListedRun", any(&["Run", "RunV1", "RunPart"])),
        ("AnyEntity", any(&["Entity", "EntityPart"])),
        ("ListedAuditEvent", any(&["AuditEvent", "AuditEventPart"])),
        ("ListedApp", any(&["App", "AppPart"])),
        (
            "BlueprintPermissionsBody",
            Object::closed().must("entities", any_object()).build(),
        ),
        (
            "ApprovalBody",
            Object::closed()
                .must("status", choice(&["APPROVE", "DECLINE"]))
                .maybe("description", text())
                .build(),
        ),
    ]
}

fn audit() -> Components {
    let person = Object::closed()
        .must("id", text())
        .must("email", or_null(text()))
        .must("firstName", or_null(text()))
        .must("lastName", or_null(text()));
    // The server's own changes have no user, and a refused sign-in is nobody's.
    let actor = Object::closed()
        .must("orgId", text())
        .may("userId", or_null(text()))
        .may("user", person.build())
        .may("byPort", json!({ "const": true }));
    let trigger = Object::closed()
        .must("by", reference("Actor"))
        .must("origin", text())
        .must("at", instant())
        .must("address", or_null(text()));
    let context = ["blueprint", "entity", "runId", "action"];
    let context = context
        .into_iter()
        .fold(Object::closed(), |object, key| object.may(key, text()));
    let diff = Object::closed()
        .must("before", or_null(any_object()))
        .must("after", or_null(any_object()));
    let event = Object::closed()
        .must("identifier", pattern("^event_[A-Za-z0-9]{16}$"))
        .must("action", text())
        .must("resourceType", text())
        .must("status", choice(&["SUCCESS", "FAILURE"]))
        .must("trigger", trigger.build())
        .must("context", context.build())
        .must("diff", diff.build())
        .must("additionalData", or_null(any_object()))
        .must("message", or_null(text()));
    vec![
        ("Actor", actor.build()),
        ("AuditEvent", event.clone().build()),
        ("AuditEventPart", event.part().build()),
    ]
}

fn credentials() -> Components {
    let app = Object::closed()
        .must("id", text())
        .must("name", text())
        .must("enabled", flag())
        .may("secret", text_of(32, 256))
        .must("createdAt", instant())
        .must("updatedAt", instant());
    let user = Object::closed()
        .must("id", text())
        .must("email", text())
        .must("firstName", text())
        .must("lastName", text())
        .must("role", choice(&["Admin", "Member"]));
    let two = |first, second| {
        Object::closed()
            .must(first, text())
            .must(second, text())
            .build()
    };
    vec![
        ("Credentials", two("clientId", "clientSecret")),
        ("SignIn", two("email", "password")),
        ("SessionUser", user.build()),
        (
            "AppName",
            Object::closed()
                .must("name", pattern(apps::NAME_PATTERN))
                .build(),
        ),
        ("App", app.clone().build()),
        ("AppPart", app.part().build()),
    ]
}

fn secret() -> Components {
    let description = || text_of(0, secrets::DESCRIPTION_MAX);
    let body = Object::closed()
        .must("secretName", pattern(secrets::NAME_PATTERN))
        .must("secretValue", text())
        .maybe("description", description());
    let patch = Object::closed()
        .maybe("secretValue", text())
        .maybe("description", description());
    let shown = Object::closed()
        .must("secretName", text())
        .may("description", description())
        .must("createdAt", instant())
        .must("updatedAt", instant());
    vec![
        ("NewSecretBody", body.build()),
        ("SecretPatchBody", patch.build()),
        ("Secret", shown.build()),
    ]
}

fn delivery() -> Components {
    let attempt = Object::closed()
        .must("number", json!({ "type": "integer", "minimum": 1 }))
        .must("startedAt", instant())
        .must("durationMs", whole())
        .must("statusCode", or_null(json!({ "type": "integer" })))
        .must("error", or_null(text()))
        .must("responseExcerpt", or_null(text()));
    let delivery = Object::closed()
        .must("id", text())
        .must(
            "state",
            choice(&["PENDING", "SUCCEEDED", "FAILED", "CANCELLED"]),
        )
        .must("method", text())
        .must("url", text())
        .must("attempts", list(reference("Attempt")))
        .must("nextAttemptAt", or_null(instant()))
        .must("triesUntil", instant())
        .must("createdAt", instant())
        .must("updatedAt", instant());
    // An item whose identifier could not be read is called "unknown".
    let error = Object::closed()
        .must("identifier", text())
        .must("index", whole())
        .must("statusCode", json!({ "type": "integer" }))
        .must("error", text())
        .must("message", some_text());
    vec![
        ("Attempt", attempt.build()),
        ("Delivery", delivery.build()),
        ("BulkError", error.build()),
    ]
}

/// A refusal with this status: one of the codes the table has for it.
pub(super) fn refusal(codes: &[&str]) -> Value {
    Object::closed()
        .must("ok", json!({ "type": "boolean", "const": false }))
        .must("error", choice(codes))
        .must("message", some_text())
        .may("details", anything())
        .build()
}
