//! Runs and log lines as replies and live frames show them.

use crate::http::query::Query;
use crate::ops::runs::view;
use larboard_core::run::Run;
use larboard_store::run_logs::RunLogRow;
use larboard_store::runs::RunContext;
use serde::Serialize;
use std::borrow::Cow;

/// Which of the two shapes (facts/actions.md A2): the walkthrough's unless `version=v2` is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `action` is a string.
    V1,
    /// `action` is an object.
    V2,
}

impl Version {
    /// What the query asks for.
    pub fn of(query: &Query) -> Self {
        match query.text("version") {
            Some(text) if text.eq_ignore_ascii_case("v2") => Self::V2,
            _ => Self::V1,
        }
    }
}

/// Appends a run.
pub fn write(
    run: &Run,
    context: &RunContext,
    version: Version,
    exclude: &[String],
    out: &mut Vec<u8>,
) {
    let view = view(run, context, exclude);
    match version {
        Version::V1 => view.write_v1(out),
        Version::V2 => view.write_v2(out),
    }
}

/// A run in its second shape, as text.
pub fn v2(run: &Run, context: &RunContext) -> String {
    crate::ops::runs::v2(run, context)
}

/// A reply with one run.
pub fn reply(run: &Run, context: &RunContext, version: Version) -> Vec<u8> {
    let mut body = Vec::with_capacity(1024);
    body.extend_from_slice(br#"{"ok":true,"run":"#);
    write(run, context, version, &[], &mut body);
    body.push(b'}');
    body
}

/// A log line as the API shows it (facts/actions.md 1.8).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Log<'a> {
    id: &'a str,
    run_id: &'a str,
    message: &'a str,
    created_at: larboard_core::time::Timestamp,
    created_by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
}

/// A log line.
pub fn log<'a>(run_id: &'a str, row: &'a RunLogRow) -> Log<'a> {
    Log {
        id: &row.id,
        run_id,
        message: &row.message,
        created_at: row.created_at,
        created_by: &row.created_by,
        seq: None,
    }
}

/// A log line with its number, as text: what live frames carry.
pub fn log_with_seq(run_id: &str, row: &RunLogRow) -> Cow<'static, str> {
    let log = Log {
        seq: Some(row.seq),
        ..log(run_id, row)
    };
    serde_json::to_string(&log).map_or(Cow::Borrowed("{}"), Cow::Owned)
}
