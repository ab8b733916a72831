//! Entities by the thousand, one to a line (ours). Up to 500 lines are one transaction, each line in a savepoint: a crash
//! between two of those leaves whole chunks. Sending the same lines again with `upsert=true&merge=true` is safe.

use super::{options, post_intent};
use crate::http::auth::Can;
use crate::http::auth::permission::WriteEntities;
use crate::http::lines::{Answers, Lines, parse, reply, told};
use crate::http::query::Query;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::entities::{self as ops, Intent, Item, Options};
use crate::ops::{Failure, permissions};
use crate::state::App;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;
use std::sync::Arc;

/// Writes entities, one to a line of the body, and answers each with a line: `{"index", "identifier", "created"}`, or
/// `{"index", "identifier"?, "statusCode", "error", "message"}`. The last line is `{"ok", "lines", "refused"}`.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/bulk/entities/ndjson", tag = "Entities",
    params(("blueprint", description = "Identifier"),
        ("upsert" = Option<bool>, Query, description = "Change entities that are there"),
        ("merge" = Option<bool>, Query, description = "With upsert: change only what each line names"),
        ("validation_only" = Option<bool>, Query, description = "Check and answer, but write nothing"),
        ("create_missing_related_entities" = Option<bool>, Query, description = "Make related entities that are not there"),
        ("run_id" = Option<String>, Query, description = "The run this write belongs to")),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = String, content_type = "application/x-ndjson")),
    extensions(("x-larboard-extension" = json!(true))))]
pub async fn write(
    State(app): State<App>,
    can: Can<WriteEntities>,
    Path(blueprint): Path<String>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    permissions::check_any(&app, &can.caller, &blueprint).await?;
    ops::blueprint(&app, &blueprint).await?;
    let lines = Lines::of(&headers, body, app.config.bulk_body_limit)?;
    let (answers, response) = reply();
    let job = Job {
        intent: post_intent(&query),
        options: options(&query),
        app,
        can,
        blueprint,
    };
    // A task of its own, so that a client which reads nothing before it has sent all does not block itself.
    tokio::spawn(job.run(lines, answers));
    Ok(response)
}

struct Job {
    app: App,
    can: Can<WriteEntities>,
    blueprint: String,
    intent: Intent,
    options: Options,
}

impl Job {
    async fn run(self, mut lines: Lines, answers: Answers) {
        let (mut index, mut refused) = (0, 0);
        let ended_by = loop {
            match lines.next().await {
                Ok(chunk) if chunk.is_empty() => break None,
                Ok(chunk) => {
                    let count = chunk.len();
                    refused += self.chunk(index, chunk, &answers).await;
                    index += count;
                }
                Err(refusal) => break Some(refusal),
            }
        };
        answers.end(index, refused, ended_by);
    }

    /// Writes a chunk and answers its lines; how many were refused.
    async fn chunk(&self, first: usize, lines: Vec<Bytes>, answers: &Answers) -> usize {
        let count = lines.len();
        let done = match self.write(lines).await {
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
        for (index, item) in (first..).zip(done) {
            match item {
                Ok(written) => answers.send(&json!({
                    "index": index, "identifier": written.entity.identifier, "created": written.created,
                })),
                Err((identifier, failure)) => {
                    refused += 1;
                    answers.refused(index, identifier.as_deref(), failure);
                }
            }
        }
        refused
    }

    async fn write(&self, lines: Vec<Bytes>) -> Result<Vec<Item>, Failure> {
        let compiled = ops::blueprint(&self.app, &self.blueprint).await?;
        let mut items = Vec::with_capacity(lines.len());
        for line in lines {
            items.push(self.prepare(&compiled, line).await?);
        }
        let options = self.options.clone();
        ops::write_all(&self.app, &self.can.caller, &self.blueprint, items, options).await
    }

    /// A line ready to be written, or the refusal it is answered with.
    async fn prepare(
        &self,
        compiled: &Arc<CompiledBlueprint>,
        line: Bytes,
    ) -> Result<ops::Read, Failure> {
        let body = match parse(line) {
            Ok(body) => body,
            Err(refusal) => return Ok(Err((None, refusal))),
        };
        let intent = self.intent.clone();
        super::bulk::prepare(&self.app, &self.can.caller, compiled, body, intent).await
    }
}
