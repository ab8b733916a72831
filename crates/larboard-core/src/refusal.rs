//! The one error table: every code the API answers, its HTTP status and what it means.
//!
//! It holds no HTTP types and no logged causes: what went wrong inside the server never reaches
//! a [`Refusal`], because its sentence is shown to the person who asked.

use std::fmt;

use serde_json::Value;

/// What the API answers instead of doing it: a code of the error table and a sentence for the
/// person.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Which row of the error table.
    pub code: Code,
    /// One or more sentences that name the field, the value and the way out.
    pub message: String,
    /// The same for programs, such as the list of violations; left out of the reply if `None`.
    pub details: Option<Value>,
}

impl Refusal {
    /// A refusal without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: None,
        }
    }

    /// The same refusal with details for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// 404: what the request names does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// 422: the body or a query value does not fit the route.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, message)
    }

    /// 400: the body of an entity POST does not fit the route.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, message)
    }

    /// 409: the identifier is in use.
    pub fn identifier_taken(message: impl Into<String>) -> Self {
        Self::new(Code::IdentifierTaken, message)
    }

    /// 403: the caller may not do this.
    pub fn missing_permissions(message: impl Into<String>) -> Self {
        Self::new(Code::MissingPermissions, message)
    }

    /// 500: something failed inside the server; the sentence says nothing of the cause, which is
    /// logged.
    pub fn internal() -> Self {
        Self::new(
            Code::InternalError,
            "The server could not do this. Its log has the cause under the id of this request.",
        )
    }

    /// The HTTP status the table gives this code.
    pub fn status(&self) -> u16 {
        self.code.status()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Refusal {}

/// Declares the codes and their table rows together, so that no code can lack a row.
macro_rules! codes {
    ($($variant:ident $status:literal $code:literal $meaning:literal;)*) => {
        /// A row of the error table. Two rows may share a code and differ in status, where the
        /// API answers one code with two statuses (facts/addenda.md, Corrections 2 and 3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// Every row, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The value of `error` in the reply.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status of the reply.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// When the API answers this, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    BadRequest 400 "bad_request"
        "The body of an entity POST does not fit the route, or a request cannot be read at all.";
    RunExhaustedEntity 400 "run_exhausted"
        "An entity write names a run that has ended.";
    Unauthorized 401 "unauthorized"
        "The request carries no valid credentials.";
    MissingPermissions 403 "missing_permissions"
        "The caller may not do this.";
    HasDependents 403 "has_dependents"
        "Others depend on what should be deleted.";
    RequiredRelation 403 "required_relation"
        "The write would remove a relation that the blueprint requires.";
    PrivateDestination 403 "private_destination"
        "The webhook's host resolves to a private address that is not allowed.";
    NotResolvableDestination 403 "not_resolvable_destination"
        "The webhook's host does not resolve.";
    NotFound 404 "not_found"
        "What the request names, or what its body relates to, does not exist.";
    MethodNotAllowed 405 "method_not_allowed"
        "The route exists, but not with this method (ours).";
    IdentifierTaken 409 "identifier_taken"
        "The identifier is in use already.";
    RunAlreadyClaimed 409 "run_already_claimed"
        "Another executor has acknowledged this run (ours).";
    IdempotencyConflict 409 "idempotency_conflict"
        "The idempotency key was used for another request (ours).";
    PayloadTooLarge 413 "bad_request"
        "The body is larger than the route accepts, which is 1 MiB unless stated.";
    InvalidRequest 422 "invalid_request"
        "The body or a query value does not fit the route.";
    BlueprintSchemaMismatch 422 "blueprint_schema_mismatch"
        "A value of an entity does not fit its blueprint.";
    RequiredRelationMissing 422 "required_relation"
        "A relation that the blueprint requires has no value.";
    RelationManyViolation 422 "relation_many_violation"
        "A single relation was given a list, or a list relation a single value.";
    TeamInheritanceEnabled 422 "team_inheritance_enabled"
        "The entity's team is inherited and cannot be written.";
    RunExhausted 422 "run_exhausted"
        "The run has ended and cannot be changed any more.";
    RunNotInProgress 422 "run_not_in_progress"
        "The run has not started, so nothing can be bound to it yet (ours).";
    RunSynchronizedError 422 "run_synchronized_error"
        "The status of a synchronized run follows the backend's answer and cannot be written.";
    RunNotWaitingForApproval 422 "run_not_waiting_for_approval"
        "The run waits for no approval.";
    RunNonSelfServiceError 422 "run_non_self_service_error"
        "The action is an automation, which people do not execute.";
    MissingSelfServiceActionEntity 422 "missing_self_service_action_entity"
        "A DAY-2 or DELETE action was executed without an entity.";
    EntityDoesNotPassCondition 422 "entity_does_not_pass_condition"
        "The entity does not fulfil the condition of the action.";
    UserInputsSchemaInvalid 422 "user_inputs_schema_invalid"
        "The inputs do not fit the action's form, or the form itself is not valid.";
    EvaluateInvocationMethodError 422 "evaluate_invocation_method_error"
        "A template of the invocation could not be evaluated.";
    InvalidEvaluatedInvocationMethod 422 "invalid_evaluated_invocation_method"
        "The evaluated invocation is not valid.";
    JqError 422 "jq_error"
        "An expression or template that was to be tried out cannot be compiled or fails (ours).";
    NotSupported 422 "not_supported"
        "It is stored and shown, but this version does not execute it yet (ours).";
    RateLimited 429 "rate_limited"
        "Too many requests or sign-in attempts; the reply says when to try again.";
    InternalError 500 "internal_error"
        "The server failed; its log has the cause.";
    Overloaded 503 "overloaded"
        "The server has more work than it can queue; try again shortly (ours).";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error table as Markdown, ordered by status; `docs/errors.md` is this text.
pub fn render_error_table() -> String {
    let mut text = String::from(
        "# Errors\n\n\
         A refused request is answered with \
         `{\"ok\": false, \"error\": <code>, \"message\": <sentence>}`, and with `details` where \
         there is a list to show. Programs branch on the status and the code; the message is for \
         people. Codes marked \"ours\" exist in Larboard only.\n\n\
         | status | code | meaning |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        text.push_str(&format!(
            "| {} | `{}` | {} |\n",
            code.status(),
            code.as_str(),
            code.meaning()
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_is_ordered_by_status_and_no_row_appears_twice() {
        assert!(Code::ALL.is_sorted_by_key(|code| code.status()));
        let rows: HashSet<_> = Code::ALL.iter().map(|c| (c.as_str(), c.status())).collect();
        assert_eq!(rows.len(), Code::ALL.len());
    }

    #[test]
    fn a_code_with_two_statuses_has_a_row_for_each() {
        let statuses = |code| {
            Code::ALL
                .iter()
                .filter(|c| c.as_str() == code)
                .map(|c| c.status())
                .collect::<Vec<_>>()
        };
        assert_eq!(statuses("run_exhausted"), [400, 422]);
        assert_eq!(statuses("required_relation"), [403, 422]);
        assert_eq!(statuses("bad_request"), [400, 413]);
    }

    #[test]
    fn every_code_is_in_the_rendered_table() {
        let table = render_error_table();
        for code in Code::ALL {
            assert!(table.contains(&format!("| {} | `{}` |", code.status(), code.as_str())));
        }
    }
}
