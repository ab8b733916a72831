//! The lines of a run's log by the thousand, one to a line (ours). Up to 500 of them are one transaction; each is accepted
//! or refused alone, and the accepted ones are numbered in the order they came. A repeated request appends again: nothing
//! tells two equal lines apart, so a client that lost its answer goes on after the last line the log has.

use crate::http::auth::Can;
use crate::http::auth::permission::UpdateRuns;
use crate::http::lines::{Answers, Lines, parse, reply, told};
use crate::ops::{Failure, run_logs as ops, runs as run_ops};
use crate::state::App;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use larboard_core::run::LogEntry;
use serde_json::json;

/// Appends lines to a run's log, one to a line of the body, and answers each with a line: `{"index", "id", "seq"}`, or
/// `{"index", "statusCode", "error", "message"}`. The last line is `{"ok", "lines", "refused"}`.
#[utoipa::path(post, path = "/v1/actions/runs/{run}/logs/ndjson", tag = "Runs", params(("run", description = "r_…")),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = String, content_type = "application/x-ndjson")),
    extensions(("x-larboard-extension" = json!(true))))]
pub async fn append(
    State(app): State<App>,
    can: Can<UpdateRuns>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let (run, caller) = (id.clone(), can.caller.clone());
    app.store
        .read(move |tx| {
            let (run, _) = run_ops::get(tx, &run)?;
            Ok::<_, Failure>(run_ops::check_reporter(&caller, &run)?)
        })
        .await?;
    let lines = Lines::of(&headers, body, app.config.bulk_body_limit)?;
    let (answers, response) = reply();
    tokio::spawn(work(app, can, id, lines, answers));
    Ok(response)
}

async fn work(app: App, can: Can<UpdateRuns>, id: String, mut lines: Lines, answers: Answers) {
    let (mut index, mut refused) = (0, 0);
    let ended_by = loop {
        match lines.next().await {
            Ok(chunk) if chunk.is_empty() => break None,
            Ok(chunk) => {
                let count = chunk.len();
                refused += append_chunk(&app, &can, &id, index, chunk, &answers).await;
                index += count;
            }
            Err(refusal) => break Some(refusal),
        }
    };
    answers.end(index, refused, ended_by);
}

async fn append_chunk(
    app: &App,
    can: &Can<UpdateRuns>,
    id: &str,
    first: usize,
    lines: Vec<Bytes>,
    answers: &Answers,
) -> usize {
    let count = lines.len();
    let entries = lines
        .into_iter()
        .map(|line| parse(line).and_then(|body| LogEntry::parse(&body)))
        .collect();
    let done = match ops::append_many(app, &can.caller, id, entries).await {
        Ok(done) => done,
        Err(failure) => {
            let refusal = told(failure);
            for index in first..first + count {
                answers.refused(index, None, refusal.clone().into());
            }
            return count;
        }
    };
    let mut refused = 0;
    for (index, line) in (first..).zip(done) {
        match line {
            Ok(row) => answers.send(&json!({ "index": index, "id": row.id, "seq": row.seq })),
            Err(refusal) => {
                refused += 1;
                answers.refused(index, None, refusal.into());
            }
        }
    }
    refused
}
