//! Builds the audit event of a change. Operations append it in the transaction of the change itself (invariant 3).

use crate::caller::Caller;
use larboard_core::id::{IdSource, Kind};
use larboard_core::time::Timestamp;
use larboard_store::audit::EventRow;
use serde_json::json;

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It was deleted.
    Delete,
}

impl Change {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// Who makes events, and when: everything of one that is the same for all changes of a request.
pub struct Author<'a> {
    /// Their origin.
    pub origin: &'a str,
    /// User id or client id.
    pub actor_id: &'a str,
    /// `trigger.by`, as text: the same in all events of a request.
    pub actor: String,
    /// The address the request came from.
    pub address: Option<&'a str>,
}

impl<'a> Author<'a> {
    /// The author of a caller's changes.
    pub fn caller(caller: &'a Caller) -> Self {
        Self {
            origin: &caller.origin,
            actor_id: caller.id(),
            actor: caller.trigger_by(),
            address: Some(caller.address.as_str()).filter(|address| !address.is_empty()),
        }
    }

    /// The server itself, as when a backend's answer ends a run (facts/actions.md 6.4 has the form).
    pub fn server(organization: &str) -> Author<'static> {
        Author {
            origin: "API",
            actor_id: "larboard",
            actor: json!({ "orgId": organization, "byPort": true }).to_string(),
            address: None,
        }
    }

    /// A successful event of `resource_type`, without diff and context.
    pub fn event(
        &self,
        ids: &dyn IdSource,
        at: Timestamp,
        resource_type: &'static str,
        change: Change,
    ) -> EventRow {
        EventRow {
            id: ids.id(Kind::AuditEvent),
            at,
            resource_type: resource_type.into(),
            action: change.as_str().into(),
            status: "SUCCESS".into(),
            origin: self.origin.to_owned(),
            actor_id: self.actor_id.to_owned(),
            actor: self.actor.clone(),
            address: self.address.map(str::to_owned),
            blueprint: None,
            entity: None,
            run_id: None,
            action_identifier: None,
            before: None,
            after: None,
            additional: None,
            message: None,
        }
    }
}

/// The event of something that has no context column of its own: an app, a secret, a user, a session.
pub fn named(event: EventRow, key: &str, identifier: &str) -> EventRow {
    EventRow {
        additional: Some(json!({ key: identifier }).to_string()),
        ..event
    }
}
