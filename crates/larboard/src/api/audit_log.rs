//! The audit log (facts/actions.md 8.4).

use crate::caller::Caller;
use crate::http::auth::Can;
use crate::http::auth::permission::ReadAuditLog;
use crate::http::openapi::AuditLogReply;
use crate::http::query::Query;
use crate::http::reply::{Reply, raw_json};
use crate::ops::Failure;
use crate::state::App;
use axum::extract::State;
use larboard_core::refusal::Refusal;
use larboard_store::audit::{self, EventRow, Filter};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Events a page has unless asked otherwise (A24).
const PAGE: i64 = 100;

/// What is left out unless `includes` names it: nothing.
const PARTS: &[&str] = &[
    "action",
    "context",
    "diff",
    "identifier",
    "resourceType",
    "status",
    "trigger",
    "additionalData",
    "message",
];

/// Lists events, newest first; all filters hold at once.
#[utoipa::path(get, path = "/v1/audit-log", tag = "Audit log",
    params(("identifier" = Option<String>, Query, description = "One event"),
        ("entity" = Option<String>, Query, description = "Of this entity"),
        ("blueprint" = Option<String>, Query, description = "Of this blueprint and what belongs to it"),
        ("run_id" = Option<String>, Query, description = "Of this run and the entities changed with it"),
        ("origin" = Option<Vec<String>>, Query, description = "UI, API or an integration"),
        ("resources" = Option<Vec<String>>, Query, description = "entity, blueprint, run, action, …"),
        ("includes" = Option<Vec<String>>, Query, description = "Only these parts of each event"),
        ("action" = Option<String>, Query, description = "CREATE, UPDATE or DELETE"),
        ("status" = Option<String>, Query, description = "SUCCESS or FAILURE"),
        ("from" = Option<String>, Query, format = DateTime, description = "Not before this instant"),
        ("to" = Option<String>, Query, format = DateTime, description = "Not after this instant"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "1 to 1000, 100 by default"),
        ("next" = Option<String>, Query, description = "Ours: the `next` of the page before")),
    responses((status = 200, body = AuditLogReply)))]
pub async fn list(
    State(app): State<App>,
    can: Can<ReadAuditLog>,
    query: Query,
) -> Result<Reply, Failure> {
    check_reader(&can.caller, &query)?;
    let limit = query.number("limit", 1..=1000, PAGE)?;
    let filter = filter(&query)?;
    let includes = query.list("includes");
    let mut page = app
        .store
        .read(move |tx| Ok::<_, Failure>(audit::list(tx, &filter, limit + 1)?))
        .await?;
    let more = page.len() as i64 > limit;
    page.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = page.last().filter(|_| more).map(|(seq, _)| seq.to_string());
    let shown = page
        .into_iter()
        .map(|(_, event)| serde_json::to_string(&shape(event, &includes)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Reply::list("audits", &shown, next.as_deref()))
}

/// Members may look at one event, one entity or one run, not at everything.
fn check_reader(caller: &Caller, query: &Query) -> Result<(), Refusal> {
    if caller.is_admin()
        || ["identifier", "entity", "run_id"]
            .iter()
            .any(|name| query.text(name).is_some())
    {
        return Ok(());
    }
    Err(Refusal::missing_permissions(
        "Reading the whole audit log needs the role Admin; name an identifier, an entity or a run_id instead.",
    ))
}

fn filter(query: &Query) -> Result<Filter, Refusal> {
    let text = |name: &str| query.text(name).map(str::to_owned);
    let before_seq = match query.text("next") {
        None => None,
        Some(token) => Some(token.parse().map_err(|_| {
            Refusal::invalid_request("Query parameter `next` is not the `next` of an earlier page; leave it out for the first.")
        })?),
    };
    Ok(Filter {
        id: text("identifier"),
        entity: text("entity"),
        blueprint: text("blueprint"),
        run_id: text("run_id"),
        origins: query.list("origin"),
        resources: query.list("resources"),
        from: query.time("from")?,
        to: query.time("to")?,
        action: text("action"),
        status: text("status"),
        before_seq,
    })
}

/// An event as the API shows it; diffs are passed on as the text they are stored as.
fn shape(event: EventRow, includes: &[String]) -> Shown {
    let context: Map<String, Value> = [
        ("blueprint", event.blueprint),
        ("entity", event.entity),
        ("runId", event.run_id),
        ("action", event.action_identifier),
    ]
    .into_iter()
    .filter_map(|(key, value)| value.map(|value| (key.to_owned(), Value::String(value))))
    .collect();
    let raw = |text: Option<String>| raw_json(text.unwrap_or_else(|| "null".into()));
    let plain = |value: Value| raw_json(value.to_string());
    let trigger = format!(
        r#"{{"by":{},"origin":{},"at":{},"address":{}}}"#,
        event.actor,
        json!(event.origin),
        json!(event.at),
        json!(event.address)
    );
    let diff = format!(
        r#"{{"before":{},"after":{}}}"#,
        event.before.as_deref().unwrap_or("null"),
        event.after.as_deref().unwrap_or("null")
    );
    let parts = [
        plain(json!(event.action)),
        plain(Value::Object(context)),
        raw_json(diff),
        plain(json!(event.id)),
        plain(json!(event.resource_type)),
        plain(json!(event.status)),
        raw_json(trigger),
        raw(event.additional),
        plain(json!(event.message)),
    ];
    let wanted =
        |part: &&str| includes.is_empty() || includes.iter().any(|include| include == part);
    PARTS
        .iter()
        .copied()
        .zip(parts)
        .filter(|(part, _)| wanted(part))
        .collect()
}

type Shown = indexmap::IndexMap<&'static str, Box<RawValue>>;
