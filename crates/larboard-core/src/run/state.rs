//! Which changes of a run are legal (facts/actions.md 1.4 to 1.8, 1.10, A1, A12, A19, A26).
//!
//! Every change checks first and writes after, so a refused one leaves the run as it was.

use super::{FinalStatus, JsonText, LogEntry, Run, RunPatch, Status};
use crate::refusal::{Code, Refusal};
use crate::time::Timestamp;

/// How an invocation ended, as the server itself saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The status the run ends with; `None` if its backend will report it.
    pub status: Option<FinalStatus>,
    /// A sentence for the person who watches the run; `None` keeps what is there.
    pub summary: Option<String>,
    /// What a synchronized backend answered.
    pub response: Option<JsonText>,
}

impl Run {
    /// Applies the body of a PATCH: each given key replaces what was there.
    ///
    /// # Errors
    /// `run_exhausted` if the run has ended (A1); `run_synchronized_error` for a status of a
    /// synchronized run, unless an agent delivers it (A26); `run_not_in_progress` for SUCCESS
    /// while the run waits for approval, where FAILURE withdraws it.
    pub fn patch(&mut self, patch: &RunPatch, actor: &str, now: Timestamp) -> Result<(), Refusal> {
        self.refuse_if_ended()?;
        if let Some(status) = patch.status {
            self.refuse_reported_status(status)?;
        }
        replace(&mut self.status_label, &patch.status_label);
        replace(&mut self.link, &patch.link);
        replace(&mut self.summary, &patch.summary);
        replace(&mut self.message, &patch.message);
        replace(&mut self.external_run_id, &patch.external_run_id);
        self.touch(actor, now);
        if let Some(status) = patch.status {
            self.end(status.into(), now);
        }
        Ok(())
    }

    /// Counts a log line in and applies what else it says; returns the line's number, dense
    /// from 1.
    ///
    /// A line that changes neither status nor label leaves `updatedAt` alone.
    ///
    /// # Errors
    /// `run_exhausted` if the run has ended, so a terminating line works once; for a terminating
    /// line also what [`Run::patch`] refuses of a status.
    pub fn append_log(
        &mut self,
        entry: &LogEntry,
        actor: &str,
        now: Timestamp,
    ) -> Result<i64, Refusal> {
        self.refuse_if_ended()?;
        if let Some(status) = entry.termination_status {
            self.refuse_reported_status(status)?;
        }
        self.log_count += 1;
        replace(&mut self.status_label, &entry.status_label);
        if entry.termination_status.is_some() || entry.status_label.is_some() {
            self.touch(actor, now);
        }
        if let Some(status) = entry.termination_status {
            self.end(status.into(), now);
        }
        Ok(self.log_count)
    }

    /// Ends the run on a report from its backend, as a PATCH of the status alone would.
    ///
    /// # Errors
    /// As [`Run::patch`].
    pub fn terminate(
        &mut self,
        status: FinalStatus,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let patch = RunPatch {
            status: Some(status),
            ..RunPatch::default()
        };
        self.patch(&patch, actor, now)
    }

    /// Records what came of the invocation, synchronized or not; the server's own report, which
    /// the rule on synchronized runs does not concern.
    ///
    /// # Errors
    /// `run_exhausted` if the run has ended meanwhile; `run_not_in_progress` if it waits for
    /// approval, when nothing can have been sent.
    pub fn settle(
        &mut self,
        outcome: &Outcome,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.refuse_if_ended()?;
        refuse_if_waiting(&self.id, self.status)?;
        replace(&mut self.summary, &outcome.summary);
        replace(&mut self.response, &outcome.response);
        self.touch(actor, now);
        if let Some(status) = outcome.status {
            self.end(status.into(), now);
        }
        Ok(())
    }

    /// The last approval needed has been given: the run may be invoked.
    ///
    /// # Errors
    /// `run_not_waiting_for_approval` in any other state.
    pub fn approve(
        &mut self,
        approval: JsonText,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.refuse_unless_waiting()?;
        self.approval = Some(approval);
        self.status = Status::InProgress;
        self.touch(actor, now);
        Ok(())
    }

    /// An approver said no: the run ends as DECLINED (A12: with `endedAt`).
    ///
    /// # Errors
    /// `run_not_waiting_for_approval` in any other state.
    pub fn decline(
        &mut self,
        approval: JsonText,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.refuse_unless_waiting()?;
        self.approval = Some(approval);
        self.touch(actor, now);
        self.end(Status::Declined, now);
        Ok(())
    }

    /// Why this run cannot be approved or declined: it does not wait for that, or, if it does, this
    /// version cannot go on with it.
    pub fn refuse_approval(&self) -> Refusal {
        match self.refuse_unless_waiting() {
            Err(refusal) => refusal,
            Ok(()) => Refusal::new(
                Code::NotSupported,
                format!(
                    "Run \"{}\" waits for approval, which this version stores but cannot decide on.",
                    self.id
                ),
            ),
        }
    }

    /// Whether an entity write may name this run in `run_id` (facts 1.10, A19).
    ///
    /// # Errors
    /// `run_exhausted` with status 400 if it has ended, `run_not_in_progress` if it waits for
    /// approval.
    pub fn check_binding(&self) -> Result<(), Refusal> {
        Self::check_binding_to(&self.id, self.status)
    }

    /// As [`Run::check_binding`], where no more is known of the run than its id and status.
    ///
    /// # Errors
    /// The same.
    pub fn check_binding_to(id: &str, status: Status) -> Result<(), Refusal> {
        if status.is_terminal() {
            return Err(Refusal::new(
                Code::RunExhaustedEntity,
                format!(
                    "Run \"{id}\" ended as {status}, so nothing can be bound to it any more; \
                     leave out run_id or name a run in progress."
                ),
            ));
        }
        refuse_if_waiting(id, status)
    }

    /// Notes the first entity created under a run that has none (A8); true if it changed the run.
    pub fn bind_entity(&mut self, blueprint: &str, entity: &str) -> bool {
        if self.entity.is_some() {
            return false;
        }
        // The page of the run shows the entity under the action's own blueprint, so an entity of
        // another blueprint made along the way is not the run's.
        if self
            .blueprint
            .as_deref()
            .is_some_and(|own| own != blueprint)
        {
            return false;
        }
        self.entity = Some(entity.to_owned());
        true
    }

    fn refuse_if_ended(&self) -> Result<(), Refusal> {
        if !self.status.is_terminal() {
            return Ok(());
        }
        Err(Refusal::new(
            Code::RunExhausted,
            format!(
                "Run \"{}\" ended as {} and cannot be changed any more; execute the action again \
                 for a new run.",
                self.id, self.status
            ),
        ))
    }

    fn refuse_unless_waiting(&self) -> Result<(), Refusal> {
        if self.status == Status::WaitingForApproval {
            return Ok(());
        }
        Err(Refusal::new(
            Code::RunNotWaitingForApproval,
            format!(
                "Run \"{}\" is {} and waits for no approval.",
                self.id, self.status
            ),
        ))
    }

    /// Refuses a status reported from outside where the state or the invocation forbids it.
    fn refuse_reported_status(&self, status: FinalStatus) -> Result<(), Refusal> {
        if self.status == Status::WaitingForApproval {
            // Nothing was sent yet, so FAILURE is the requester's way to withdraw.
            return match status {
                FinalStatus::Failure => Ok(()),
                FinalStatus::Success => refuse_if_waiting(&self.id, self.status),
            };
        }
        if self.synchronized && !self.agent {
            return Err(Refusal::new(
                Code::RunSynchronizedError,
                format!(
                    "Run \"{}\" is synchronized: its status follows the backend's answer. Leave \
                     the status out.",
                    self.id
                ),
            ));
        }
        Ok(())
    }

    fn touch(&mut self, actor: &str, now: Timestamp) {
        self.updated_at = now;
        actor.clone_into(&mut self.updated_by);
    }

    fn end(&mut self, status: Status, now: Timestamp) {
        self.status = status;
        self.ended_at = Some(now);
        if let Some(claim) = &mut self.claim {
            claim.pending_execution = false;
        }
    }
}

fn replace<T: Clone>(slot: &mut Option<T>, given: &Option<T>) {
    if given.is_some() {
        slot.clone_from(given);
    }
}

fn refuse_if_waiting(id: &str, status: Status) -> Result<(), Refusal> {
    if status != Status::WaitingForApproval {
        return Ok(());
    }
    Err(Refusal::new(
        Code::RunNotInProgress,
        format!("Run \"{id}\" waits for approval and is not in progress; approve it first."),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::run::tests::{created, run};

    fn at(millis: i64) -> Timestamp {
        created().plus_millis(millis)
    }

    fn in_status(status: Status) -> Run {
        Run { status, ..run() }
    }

    fn code(result: Result<impl std::fmt::Debug, Refusal>) -> Code {
        result.expect_err("a refusal").code
    }

    fn line(termination: Option<FinalStatus>) -> LogEntry {
        LogEntry {
            message: "m".into(),
            termination_status: termination,
            status_label: None,
        }
    }

    #[test]
    fn a_patch_replaces_the_keys_it_names_and_keeps_the_others() {
        let mut run = run();
        let first = RunPatch::parse(&json!({"link": ["a", "b"], "summary": "s"})).unwrap();
        run.patch(&first, "ci", at(1)).unwrap();
        let second = RunPatch::parse(&json!({"link": "c", "statusLabel": "Building"})).unwrap();
        run.patch(&second, "ci", at(2)).unwrap();
        assert_eq!(run.link.as_ref().map(JsonText::as_str), Some("\"c\""));
        assert_eq!(run.summary.as_deref(), Some("s"));
        assert_eq!(run.status_label.as_deref(), Some("Building"));
        assert_eq!((run.status, run.ended_at), (Status::InProgress, None));
        assert_eq!((run.updated_by.as_str(), run.updated_at), ("ci", at(2)));
    }

    #[test]
    fn ending_a_run_sets_its_end_to_the_instant_of_the_change_and_keeps_its_creator() {
        let mut run = run();
        run.terminate(FinalStatus::Success, "ci", at(9)).unwrap();
        assert_eq!(run.status, Status::Success);
        assert_eq!((run.ended_at, run.updated_at), (Some(at(9)), at(9)));
        assert_ne!(run.created_by, "ci");
    }

    #[test]
    fn an_ended_run_refuses_every_change_and_stays_as_it_was() {
        for status in [Status::Success, Status::Failure, Status::Declined] {
            let before = in_status(status);
            let mut run = before.clone();
            let label = RunPatch::parse(&json!({"link": "x"})).unwrap();
            assert_eq!(code(run.patch(&label, "ci", at(1))), Code::RunExhausted);
            assert_eq!(
                code(run.append_log(&line(None), "ci", at(1))),
                Code::RunExhausted
            );
            let outcome = Outcome {
                status: Some(FinalStatus::Failure),
                summary: None,
                response: None,
            };
            assert_eq!(code(run.settle(&outcome, "ci", at(1))), Code::RunExhausted);
            assert_eq!(code(run.check_binding()), Code::RunExhaustedEntity);
            assert_eq!(run, before);
        }
    }

    #[test]
    fn a_terminating_line_is_stored_as_the_last_and_works_once() {
        let mut run = run();
        assert_eq!(run.append_log(&line(None), "ci", at(1)), Ok(1));
        assert_eq!(run.updated_at, created(), "a plain line is no change");
        let last = line(Some(FinalStatus::Success));
        assert_eq!(run.append_log(&last, "ci", at(2)), Ok(2));
        assert_eq!((run.status, run.ended_at), (Status::Success, Some(at(2))));
        assert_eq!(code(run.append_log(&last, "ci", at(3))), Code::RunExhausted);
        assert_eq!(run.log_count, 2);
    }

    #[test]
    fn a_synchronized_run_takes_other_keys_but_no_status() {
        let mut run = Run {
            synchronized: true,
            ..run()
        };
        let links = RunPatch::parse(&json!({"link": "x"})).unwrap();
        run.patch(&links, "ci", at(1)).unwrap();
        let both = RunPatch::parse(&json!({"summary": "s", "status": "SUCCESS"})).unwrap();
        assert_eq!(
            code(run.patch(&both, "ci", at(2))),
            Code::RunSynchronizedError
        );
        assert_eq!(run.summary, None, "nothing of a refused patch is written");
        assert_eq!(
            code(run.append_log(&line(Some(FinalStatus::Failure)), "ci", at(2))),
            Code::RunSynchronizedError
        );
        assert_eq!(run.log_count, 0);
    }

    #[test]
    fn an_agent_may_set_the_status_of_a_synchronized_run_it_delivers() {
        let mut run = Run {
            synchronized: true,
            agent: true,
            ..run()
        };
        run.terminate(FinalStatus::Failure, "agent", at(1)).unwrap();
        assert_eq!(run.status, Status::Failure);
    }

    #[test]
    fn a_waiting_run_can_be_withdrawn_but_not_succeed() {
        let mut run = Run {
            synchronized: true,
            ..in_status(Status::WaitingForApproval)
        };
        assert_eq!(
            code(run.terminate(FinalStatus::Success, "u", at(1))),
            Code::RunNotInProgress
        );
        assert_eq!(code(run.check_binding()), Code::RunNotInProgress);
        run.terminate(FinalStatus::Failure, "u", at(1)).unwrap();
        assert_eq!((run.status, run.ended_at), (Status::Failure, Some(at(1))));
        assert_eq!(
            code(run.approve(JsonText::trusted("{}"), "boss", at(2))),
            Code::RunNotWaitingForApproval
        );
    }

    #[test]
    fn approving_starts_a_waiting_run_and_declining_ends_it() {
        let mut approved = in_status(Status::WaitingForApproval);
        approved
            .approve(JsonText::trusted("{}"), "boss", at(1))
            .unwrap();
        assert_eq!(
            (approved.status, approved.ended_at),
            (Status::InProgress, None)
        );
        let mut declined = in_status(Status::WaitingForApproval);
        declined
            .decline(JsonText::trusted("{}"), "boss", at(1))
            .unwrap();
        assert_eq!(
            (declined.status, declined.ended_at),
            (Status::Declined, Some(at(1)))
        );
    }

    #[test]
    fn the_server_settles_a_synchronized_run_with_the_backends_answer() {
        let mut run = Run {
            synchronized: true,
            ..run()
        };
        let outcome = Outcome {
            status: Some(FinalStatus::Success),
            summary: Some("answered 200".into()),
            response: Some(JsonText::trusted("{\"id\":1}")),
        };
        run.settle(&outcome, "c", at(3)).unwrap();
        assert_eq!(run.status, Status::Success);
        assert_eq!(run.response, Some(JsonText::trusted("{\"id\":1}")));
    }

    #[test]
    fn the_first_entity_created_under_a_run_becomes_its_entity() {
        let mut run = run();
        assert!(!run.bind_entity("cluster", "c1"), "another blueprint");
        assert!(run.bind_entity("microservice", "svc"));
        assert!(!run.bind_entity("microservice", "other"));
        assert_eq!(run.entity.as_deref(), Some("svc"));
    }
}
