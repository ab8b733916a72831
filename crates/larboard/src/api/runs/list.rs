//! Listing runs, newest first, page by page (facts/actions.md 1.9).

use super::shape::{Version, write};
use crate::http::auth::Can;
use crate::http::auth::permission::ReadRuns;
use crate::http::openapi::RunsReply;
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::Failure;
use crate::state::App;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use larboard_core::refusal::Refusal;
use larboard_core::time::Timestamp;
use larboard_store::runs::{self, Filter};

/// Runs a page has unless asked otherwise (A24).
const PAGE: i64 = 50;

/// Lists runs; all filters hold at once.
#[utoipa::path(get, path = "/v1/actions/runs", tag = "Runs",
    params(("action" = Option<String>, Query, description = "Of this action"),
        ("blueprint" = Option<String>, Query, description = "Of this blueprint"),
        ("entity" = Option<String>, Query, description = "About this entity"),
        ("active" = Option<bool>, Query, description = "Only runs in progress"),
        ("user_email" = Option<String>, Query, description = "Started by the user of this address"),
        ("user_id" = Option<String>, Query, description = "Started by this user or app"),
        ("external_run_id" = Option<String>, Query, description = "With this id of the backend"),
        ("source" = Option<Vec<String>>, Query, description = "UI, API or AUTOMATION"),
        ("status" = Option<Vec<String>>, Query, description = "Ours: in any of these states"),
        ("exclude" = Option<Vec<String>>, Query, description = "Keys to leave out"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "1 to 1000, 50 by default"),
        ("from" = Option<String>, Query, description = "The `next` of the page before"),
        ("version" = Option<String>, Query, description = "v2 for today's shape")),
    responses((status = 200, body = RunsReply)))]
pub async fn list(
    State(app): State<App>,
    _: Can<ReadRuns>,
    query: Query,
) -> Result<Reply, Failure> {
    let limit = query.number("limit", 1..=1000, PAGE)?;
    let filter = filter(&app, &query)?;
    let (version, exclude) = (Version::of(&query), query.list("exclude"));
    let Some(filter) = filter else {
        return Ok(Reply::list("runs", &[], None));
    };
    let body = app
        .store
        .read_one(move |tx| {
            let mut page = runs::list(tx, &filter, limit + 1)?;
            let more = page.len() as i64 > limit;
            page.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let mut body = Vec::with_capacity(64 + page.len() * 700);
            body.extend_from_slice(br#"{"ok":true,"runs":["#);
            for (position, (run, context)) in page.iter().enumerate() {
                if position > 0 {
                    body.push(b',');
                }
                write(run, context, version, &exclude, &mut body);
            }
            body.push(b']');
            if let Some((last, _)) = page.last().filter(|_| more) {
                body.extend_from_slice(
                    format!(r#","next":"{}""#, token(last.created_at, &last.id)).as_bytes(),
                );
            }
            body.push(b'}');
            Ok::<_, Failure>(body)
        })
        .await?;
    Ok(Reply::raw(axum::http::StatusCode::OK, body))
}

/// The conditions of a query; `None` if no run can fulfil them.
fn filter(app: &App, query: &Query) -> Result<Option<Filter>, Refusal> {
    let text = |name: &str| query.text(name).map(str::to_owned);
    let mut created_by = text("user_id");
    if let Some(email) = query.text("user_email") {
        let directory = app.directory.load();
        match directory.find_user_by_email(email) {
            Some((id, _)) if created_by.as_deref().is_none_or(|wanted| wanted == id) => {
                created_by = Some(id.to_owned())
            }
            _ => return Ok(None),
        }
    }
    let mut statuses: Vec<String> = query
        .list("status")
        .iter()
        .map(|status| status.to_uppercase())
        .collect();
    // "Active" means running: a run that waits for approval is not (A3).
    let open = query.find_flag("active").filter(|active| *active);
    if open.is_some() && statuses.is_empty() {
        statuses.push("IN_PROGRESS".into());
    }
    let before = query
        .text("from")
        .or_else(|| query.text("next"))
        .map(read_token)
        .transpose()?;
    Ok(Some(Filter {
        action: text("action"),
        blueprint: text("blueprint"),
        entity: text("entity"),
        created_by,
        external_run_id: text("external_run_id"),
        statuses,
        sources: query.list("source"),
        open,
        before,
    }))
}

/// Where the next page begins, opaque to clients.
fn token(created_at: Timestamp, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{id}", created_at.as_millis()))
}

fn read_token(token: &str) -> Result<(Timestamp, String), Refusal> {
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (millis, id) = text.split_once('.')?;
        Some((Timestamp::from_millis(millis.parse().ok()?), id.to_owned()))
    };
    read().ok_or_else(|| {
        Refusal::invalid_request("Query parameter `from` is not a `next` of an earlier page; leave it out for the first.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_is_read_back_and_garbage_is_refused() {
        let at = Timestamp::from_millis(1_700_000_000_123);
        assert_eq!(read_token(&token(at, "r_1")), Ok((at, "r_1".to_owned())));
        assert!(read_token("garbage!").is_err());
        assert!(read_token(&URL_SAFE_NO_PAD.encode("x.y")).is_err());
    }
}
