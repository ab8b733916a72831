//! Action runs: what one is, and which changes of it are legal (facts/actions.md 1.2 to 1.8).
//!
//! It does not find runs, send anything or decide who may do what; the instant and the actor of a
//! change are parameters.

mod body;
mod contract;
mod json_text;
mod render;
mod state;
mod status;

pub use body::{LogEntry, RunPatch, RunRequest};
pub use contract::ID_PATTERN;
pub(crate) use contract::contract;
pub use json_text::JsonText;
pub use render::{Named, RunView};
pub use state::Outcome;
pub use status::{FinalStatus, Source, Status};

use crate::time::Timestamp;

/// One execution of an action.
///
/// It outlives its action, blueprint and entity, so it names them by identifier only; their titles
/// come in when it is rendered ([`RunView`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// `r_…`.
    pub id: String,
    /// The identifier of the action.
    pub action: String,
    /// The identifier of the blueprint the action is bound to, if any.
    pub blueprint: Option<String>,
    /// The identifier of the entity: that of the execution (DAY-2, DELETE), or the first one
    /// created under the run (A8).
    pub entity: Option<String>,
    /// Where the run stands.
    pub status: Status,
    /// Free text shown in the place of the status.
    pub status_label: Option<String>,
    /// Where it was started from.
    pub source: Source,
    /// The checked inputs, defaults applied, as a JSON object.
    pub properties: JsonText,
    /// The inputs as they were submitted, if they differ in spelling.
    pub raw_properties: Option<JsonText>,
    /// `true`, `false` or `{"type": …}`, copied from the action when it was executed.
    pub required_approval: JsonText,
    /// The decisive approval: `{state, description, userId}`.
    pub approval: Option<JsonText>,
    /// Links as they were given: a string or a list of strings (A13).
    pub link: Option<JsonText>,
    /// Markdown for the person who watches the run.
    pub summary: Option<String>,
    /// The free-form object of the first API version.
    pub message: Option<JsonText>,
    /// The evaluated invocation method with secrets struck out (A14).
    pub payload: Option<JsonText>,
    /// What a synchronized backend answered.
    pub response: Option<JsonText>,
    /// The backend's own identifier for this run.
    pub external_run_id: Option<String>,
    /// The status follows the answer of the backend.
    pub synchronized: bool,
    /// Delivered by an execution agent, which reports the status itself.
    pub agent: bool,
    /// How an agent or integration stands to this run; `None` if none may claim it.
    pub claim: Option<Claim>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who it belongs to.
    pub created_by: String,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: String,
    /// The real caller, if it was executed on behalf of another.
    pub impersonated_by: Option<String>,
    /// When it ended; `None` while it is open.
    pub ended_at: Option<Timestamp>,
    /// The number of its log lines.
    pub log_count: i64,
}

/// How an agent or integration stands to a run that it may execute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who may claim the run.
    pub installation_id: String,
    /// The run waits to be claimed.
    pub pending_execution: bool,
    /// Until when the present claim hides the run from others.
    pub claimed_until: Option<Timestamp>,
}

/// What is known when an action is executed.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// `r_…`.
    pub id: String,
    /// The identifier of the action.
    pub action: String,
    /// The blueprint the action is bound to.
    pub blueprint: Option<String>,
    /// The entity it is executed on.
    pub entity: Option<String>,
    /// Where it was started from.
    pub source: Source,
    /// The checked inputs.
    pub properties: JsonText,
    /// The inputs as submitted, if they differ.
    pub raw_properties: Option<JsonText>,
    /// Copied from the action.
    pub required_approval: JsonText,
    /// The action asks for an approval before anything is sent.
    pub needs_approval: bool,
    /// Evaluated invocation method, secrets struck out.
    pub payload: Option<JsonText>,
    /// The status follows the answer of the backend.
    pub synchronized: bool,
    /// Delivered by an execution agent.
    pub agent: bool,
    /// Who the run belongs to.
    pub created_by: String,
    /// The real caller, if another.
    pub impersonated_by: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

impl Run {
    /// A run as execution creates it: waiting for approval if the action demands one, else in
    /// progress (facts 1.4).
    pub fn start(new: NewRun) -> Self {
        Self {
            id: new.id,
            action: new.action,
            blueprint: new.blueprint,
            entity: new.entity,
            status: if new.needs_approval {
                Status::WaitingForApproval
            } else {
                Status::InProgress
            },
            status_label: None,
            source: new.source,
            properties: new.properties,
            raw_properties: new.raw_properties,
            required_approval: new.required_approval,
            approval: None,
            link: None,
            summary: None,
            message: None,
            payload: new.payload,
            response: None,
            external_run_id: None,
            synchronized: new.synchronized,
            agent: new.agent,
            claim: None,
            created_at: new.created_at,
            updated_by: new.created_by.clone(),
            created_by: new.created_by,
            updated_at: new.created_at,
            impersonated_by: new.impersonated_by,
            ended_at: None,
            log_count: 0,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::render::tests::{created, run};
}
