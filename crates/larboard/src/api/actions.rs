//! Actions in today's shape (facts/actions.md 2.1).

use crate::http::auth::Can;
use crate::http::auth::permission::{ReadActions, WriteActions};
use crate::http::body::Json;
use crate::http::openapi::{ActionBody, ActionReply, ActionsReply, AnyActionReply, Done};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::actions as ops;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use axum::extract::{Path, State};
use larboard_core::action::Action;
use larboard_store::actions::ActionRow;
use serde_json::Value;

/// Lists actions; all filters hold at once.
#[utoipa::path(get, path = "/v1/actions", tag = "Actions",
    params(("action_identifier" = Option<Vec<String>>, Query, description = "Any of these identifiers"),
        ("blueprint_identifier" = Option<Vec<String>>, Query, description = "Bound to any of these blueprints"),
        ("operation" = Option<Vec<String>>, Query, description = "CREATE, DAY-2 or DELETE"),
        ("trigger_type" = Option<String>, Query, description = "self-service or automation"),
        ("trigger_event" = Option<Vec<String>>, Query, description = "Started by any of these events"),
        ("trigger_event_action_identifier" = Option<Vec<String>>, Query, description = "Started by events of any of these actions"),
        ("published" = Option<bool>, Query, description = "Automations that are, or are not, published"),
        ("version" = Option<String>, Query, description = "v1 for the legacy shape")),
    responses((status = 200, body = ActionsReply)))]
pub async fn list(
    State(app): State<App>,
    _: Can<ReadActions>,
    query: Query,
) -> Result<Reply, Failure> {
    let rows = app
        .store
        .read_one(|tx| Ok::<_, Failure>(larboard_store::actions::list(tx)?))
        .await?;
    let legacy = query.text("version") == Some("v1");
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        if !passes(&row, &query)? {
            continue;
        }
        match if legacy { ops::legacy(&row)? } else { None } {
            Some(value) => shown.push(value),
            None => shown.push(ops::today(&row)?),
        }
    }
    Ok(Reply::ok("actions", &shown))
}

fn passes(row: &ActionRow, query: &Query) -> Outcome<bool> {
    let any = |name: &str, value: Option<&str>| {
        let wanted = query.list(name);
        wanted.is_empty() || value.is_some_and(|value| wanted.iter().any(|one| one == value))
    };
    if !(any("action_identifier", Some(&row.identifier))
        && any("blueprint_identifier", row.blueprint.as_deref())
        && any("operation", row.operation.as_deref())
        && any("trigger_type", Some(&row.trigger_type)))
    {
        return Ok(false);
    }
    let named = ["trigger_event", "trigger_event_action_identifier"]
        .iter()
        .any(|name| !query.list(name).is_empty());
    if !named && query.find_flag("published").is_none() {
        return Ok(true);
    }
    let action = ops::parse(row)?;
    let event = |key: &str| {
        action
            .event()
            .and_then(|event| event.get(key))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    Ok(any("trigger_event", event("type").as_deref())
        && any(
            "trigger_event_action_identifier",
            event("actionIdentifier").as_deref(),
        )
        && query
            .find_flag("published")
            .is_none_or(|wanted| action.is_published() == wanted))
}

/// Makes an action.
#[utoipa::path(post, path = "/v1/actions", tag = "Actions", request_body = ActionBody, responses((status = 200, body = ActionReply)))]
pub async fn create(
    State(app): State<App>,
    can: Can<WriteActions>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::create(&app, &can.caller, Action::parse_today(&body)?).await?;
    Ok(Reply::ok("action", &ops::today(&row)?))
}

/// Reads an action.
#[utoipa::path(get, path = "/v1/actions/{action}", tag = "Actions",
    params(("action", description = "Identifier"), ("version" = Option<String>, Query, description = "v1 for the legacy shape")),
    responses((status = 200, body = AnyActionReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ReadActions>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Reply, Failure> {
    let row = app
        .store
        .read_one(move |tx| {
            larboard_store::actions::find(tx, &id)?
                .ok_or_else(|| Failure::from(ops::not_found(&id)))
        })
        .await?;
    let legacy = if query.text("version") == Some("v1") {
        ops::legacy(&row)?
    } else {
        None
    };
    Ok(Reply::ok(
        "action",
        &legacy.map_or_else(|| ops::today(&row), Ok)?,
    ))
}

/// Replaces an action; another identifier in the body renames it.
#[utoipa::path(put, path = "/v1/actions/{action}", tag = "Actions", params(("action", description = "Identifier")),
    request_body = ActionBody, responses((status = 200, body = ActionReply)))]
pub async fn replace(
    State(app): State<App>,
    can: Can<WriteActions>,
    Path(id): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let row = ops::replace(&app, &can.caller, &id, Action::parse_today(&body)?).await?;
    app.catalog.forget_action(&id);
    Ok(Reply::ok("action", &ops::today(&row)?))
}

/// Deletes an action; its runs stay.
#[utoipa::path(delete, path = "/v1/actions/{action}", tag = "Actions", params(("action", description = "Identifier")),
    responses((status = 200, body = Done)))]
pub async fn delete(
    State(app): State<App>,
    can: Can<WriteActions>,
    Path(id): Path<String>,
) -> Result<Reply, Failure> {
    ops::delete(&app, &can.caller, None, &id).await?;
    app.catalog.forget_action(&id);
    Ok(Reply::done())
}
