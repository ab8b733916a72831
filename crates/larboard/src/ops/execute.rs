//! Executing an action: from a request to a run, its event and its delivery in one transaction.
//!
//! Everything that needs the network or the processor (inputs, templates, the look at the destination) happens before the
//! transaction; inside it the action's revision is compared again. `invocation.rs` renders what will be sent.

mod encryption;
pub mod invocation;

use super::audit::Author;
use super::catalog_cache::CompiledAction;
use super::computed::Computer;
use super::{Failure, Outcome, runs as run_ops};
use crate::caller::Caller;
use crate::directory::purpose;
use crate::state::App;
use crate::worker::deliver::{self, Job};
use aws_lc_rs::hmac;
use invocation::{Occasion, Rendered};
use larboard_core::action::Operation;
use larboard_core::envelope::Trigger;
use larboard_core::id::Kind;
use larboard_core::inputs::{Checked, EntityInput};
use larboard_core::refusal::{Code, Refusal};
use larboard_core::run::{JsonText, NewRun, Run, RunRequest, Source};
use larboard_store::deliveries::{self, DeliveryRow};
use larboard_store::idempotency::{self, FirstUse};
use larboard_store::runs::{self, Reference, RunContext};
use larboard_store::{Notice, Tx, actions, audit};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A wish to execute an action.
pub struct Execution {
    /// The action's identifier.
    pub action: String,
    /// The blueprint a legacy route names; the action must belong to it.
    pub blueprint: Option<String>,
    /// Inputs and entity.
    pub request: RunRequest,
    /// The user to act for.
    pub run_as: Option<String>,
    /// What makes repeating this request safe.
    pub idempotency_key: Option<String>,
}

/// Executes an action.
///
/// # Errors
/// As facts/actions.md 1.5 lists them; no run is made then. `not_supported` for what this version stores but does not
/// execute: a guard is never ignored.
pub async fn execute(
    app: &App,
    caller: &Caller,
    execution: Execution,
) -> Outcome<(Run, RunContext)> {
    // An action may change between reading it and writing its run, but hardly twice.
    for _ in 0..3 {
        // A repeated request is answered with its first run even if the action has changed since.
        if let Some(first) = first_run(app, caller, &execution).await? {
            return Ok(first);
        }
        let compiled = find(app, &execution).await?;
        match attempt(app, caller, &execution, &compiled).await {
            Ok(Attempt::Done(run, context)) => return Ok((*run, context)),
            Ok(Attempt::Stale) => {}
            // Nothing is refused because of an action as it was.
            Err(Failure::Refused(refusal)) => {
                if app.catalog.is_current_action(app, &compiled).await? {
                    return Err(refusal.into());
                }
            }
            Err(failure) => return Err(failure),
        }
        app.catalog.forget_action(&execution.action);
    }
    Err(Refusal::new(
        Code::Overloaded,
        "The action keeps changing; try again shortly.",
    )
    .into())
}

enum Attempt {
    Done(Box<Run>, RunContext),
    Stale,
}

async fn attempt(
    app: &App,
    caller: &Caller,
    execution: &Execution,
    compiled: &Arc<CompiledAction>,
) -> Outcome<Attempt> {
    if execution.blueprint.is_some() && compiled.row.blueprint != execution.blueprint {
        return Err(not_found(execution).into());
    }
    let supported = compiled.supported.get_or_init(|| check_supported(compiled));
    supported.clone()?;
    let owner = owner(app, caller, execution)?;
    let now = app.now();
    let target = target(compiled, execution)?;
    let submitted = &execution.request.properties;
    let mut checked = compiled.inputs.check(submitted)?;
    let (properties, raw_properties) = shown(compiled, &checked, submitted);
    let plain_inputs = if compiled.encrypts {
        encryption::encrypt(
            &compiled.action,
            &mut checked.properties,
            &app.directory.load().signing_secret,
            app.ids.as_ref(),
        )?
    } else {
        Vec::new()
    };
    let needed = Needed::read(app, compiled, target, &checked).await?;
    let trigger = Trigger {
        by: owner.actor(),
        origin: owner.run_source().to_owned(),
        at: now,
    };
    let id = app.ids.id(Kind::Run);
    let mut run = Run::start(NewRun {
        id,
        action: compiled.row.identifier.clone(),
        blueprint: compiled.row.blueprint.clone(),
        entity: needed
            .entity
            .as_ref()
            .map(|(identifier, _)| identifier.clone()),
        source: if owner.run_source() == "UI" {
            Source::Ui
        } else {
            Source::Api
        },
        properties,
        raw_properties,
        required_approval: JsonText::of(&compiled.action.required_approval()),
        needs_approval: false,
        payload: None,
        synchronized: false,
        agent: false,
        created_by: owner.id().to_owned(),
        impersonated_by: (owner.id() != caller.id()).then(|| caller.id().to_owned()),
        created_at: now,
    });
    let occasion = Occasion {
        compiled,
        run: &run,
        trigger: &trigger,
        inputs: &checked,
        needed: &needed,
        plain_inputs: &plain_inputs,
    };
    let mut rendered = invocation::prepare(app, &occasion).await?;
    rendered.request.traceparent = traceparent(app, caller);
    run.payload = Some(JsonText::of(&rendered.payload));
    run.synchronized = rendered.request.synchronized;
    commit(app, &owner, caller, execution, compiled, run, rendered).await
}

/// The action as this process last saw it.
async fn find(app: &App, execution: &Execution) -> Outcome<Arc<CompiledAction>> {
    let found = app.catalog.find_action(app, &execution.action).await?;
    Ok(found.ok_or_else(|| not_found(execution))?)
}

fn not_found(execution: &Execution) -> Refusal {
    match &execution.blueprint {
        Some(blueprint) => Refusal::not_found(format!(
            "The blueprint {blueprint:?} has no action {:?}.",
            execution.action
        )),
        None => super::actions::not_found(&execution.action),
    }
}

/// Refuses what this version keeps but cannot carry out.
fn check_supported(compiled: &CompiledAction) -> Result<(), Refusal> {
    let action = &compiled.action;
    let name = action.identifier();
    if action.operation().is_none() {
        return Err(Refusal::new(
            Code::RunNonSelfServiceError,
            format!(
                "The action {name:?} is an automation, which its event starts and nobody executes."
            ),
        ));
    }
    let lacking = if action.needs_approval() {
        "asks for an approval"
    } else if action.condition().is_some() {
        "has a condition on its entity"
    } else if compiled
        .inputs
        .skipped()
        .iter()
        .any(|skipped| GUARDS.contains(&skipped.keyword.as_str()))
    {
        "has inputs whose rules are jq expressions"
    } else if action.invocation_type() != "WEBHOOK" {
        "has a backend other than a webhook"
    } else if larboard_core::action::is_true(action.invocation().get("agent")) {
        "is delivered by an execution agent"
    } else {
        return Ok(());
    };
    Err(Refusal::new(
        Code::NotSupported,
        format!(
            "The action {name:?} {lacking}, which this version of Larboard stores but does not execute yet."
        ),
    ))
}

/// Keywords that decide whether an input is accepted, so that an unevaluated one must not pass for fulfilled.
const GUARDS: &[&str] = &["required", "enum", "pattern", "minItems", "maxItems"];

/// Who the run belongs to: the caller, or the user a machine acts for.
fn owner(app: &App, caller: &Caller, execution: &Execution) -> Result<Caller, Refusal> {
    let Some(email) = &execution.run_as else {
        return Ok(caller.clone());
    };
    if !caller.is_machine() {
        return Err(Refusal::missing_permissions(
            "`run_as` is for machine credentials; sign in as that user or leave it out.",
        ));
    }
    app.directory
        .load()
        .impersonate(caller, email)
        .ok_or_else(|| {
            Refusal::invalid_request(format!(
                "Query parameter `run_as` is {email:?}; there is no active user of that address."
            ))
        })
}

/// The entity an execution is about, as blueprint and identifier.
fn target(
    compiled: &CompiledAction,
    execution: &Execution,
) -> Result<Option<(String, String)>, Refusal> {
    let operation = compiled.action.operation();
    match (
        operation,
        &compiled.row.blueprint,
        &execution.request.entity,
    ) {
        (Some(Operation::Create), _, _) | (_, None, _) => Ok(None),
        (_, Some(blueprint), Some(entity)) => Ok(Some((blueprint.clone(), entity.clone()))),
        (_, Some(blueprint), None) => Err(Refusal::new(
            Code::MissingSelfServiceActionEntity,
            format!(
                "The action {:?} works on an entity of {blueprint:?}; name one in \"entity\".",
                compiled.row.identifier
            ),
        )),
    }
}

/// The run that this request's idempotency key was first used for.
async fn first_run(
    app: &App,
    caller: &Caller,
    execution: &Execution,
) -> Outcome<Option<(Run, RunContext)>> {
    let Some(key) = execution.idempotency_key.clone() else {
        return Ok(None);
    };
    let (caller, fingerprint) = (caller.id().to_owned(), fingerprint(app, execution));
    app.store
        .read(move |tx| match idempotency::find(tx, &caller, &key)? {
            Some(first) => repeated(tx, &first, &fingerprint).map(Some),
            None => Ok(None),
        })
        .await
}

/// What an execution needs from the database before it is written.
pub(super) struct Needed {
    /// The entity it is about: identifier and the whole of it.
    pub(super) entity: Option<(String, Value)>,
    /// Entities that inputs name.
    pub(super) input_entities: Vec<(EntityInput, Value)>,
    /// Secrets, if templates read any.
    pub(super) secrets: Map<String, Value>,
}

impl Needed {
    /// The entity an input names.
    pub(super) fn find_entity(&self, input: &EntityInput) -> Option<Value> {
        self.input_entities
            .iter()
            .find(|(known, _)| known == input)
            .map(|(_, value)| value.clone())
    }

    async fn read(
        app: &App,
        compiled: &CompiledAction,
        entity: Option<(String, String)>,
        checked: &Checked,
    ) -> Outcome<Self> {
        let mut needed = Self {
            entity: None,
            input_entities: Vec::new(),
            secrets: Map::new(),
        };
        if entity.is_none() && checked.entities.is_empty() && !compiled.uses_secrets {
            return Ok(needed);
        }
        let (app_, inputs, uses_secrets) =
            (app.clone(), checked.entities.clone(), compiled.uses_secrets);
        app.store
            .read(move |tx| {
                if let Some((blueprint, identifier)) = &entity {
                    needed.entity = Some((identifier.clone(), whole(tx, &app_, blueprint, identifier)?));
                }
                for input in &inputs {
                    let Some(blueprint) = &input.blueprint else { continue };
                    let found = super::entities::exists(&app_, tx, blueprint, &input.identifier)?;
                    if !found {
                        return Err(Refusal::new(
                            Code::UserInputsSchemaInvalid,
                            format!(
                                "Input \"{}\" is {:?}; the blueprint {blueprint:?} has no such entity.",
                                input.input, input.identifier
                            ),
                        )
                        .into());
                    }
                    let value = whole(tx, &app_, blueprint, &input.identifier)?;
                    needed.input_entities.push((input.clone(), value));
                }
                if uses_secrets {
                    let values = super::secrets::values(tx, &app_)?;
                    needed.secrets = values.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
                }
                Ok::<_, Failure>(Self {
                    entity: needed.entity.clone(),
                    input_entities: needed.input_entities.clone(),
                    secrets: needed.secrets.clone(),
                })
            })
            .await
    }
}

/// An entity as templates and envelopes carry it.
fn whole(tx: &mut Tx<'_>, app: &App, blueprint: &str, identifier: &str) -> Outcome<Value> {
    let entity = super::entities::get(app, tx, blueprint, identifier)?
        .ok_or_else(|| super::entities::not_found(blueprint, identifier))?;
    let compiled = app
        .catalog
        .blueprint_in(tx, blueprint)?
        .ok_or_else(|| super::blueprints::not_found(blueprint))?;
    let entity = Computer::new(app, tx).owned(&entity, &compiled)?;
    let computed = Computer::new(app, tx).values(&entity, &compiled)?;
    let scorecards = super::scorecards::results::of(app, tx, &entity, &compiled, Some(&computed))?;
    let view = larboard_core::entity::View {
        computed: Some(&computed),
        scorecards: scorecards.as_ref(),
        ..Default::default()
    };
    Ok(view.render(&entity, &compiled.schema))
}

/// The caller's trace with a span of the delivery, in the form of the W3C recommendation.
fn traceparent(app: &App, caller: &Caller) -> Option<String> {
    if let Some(context) = crate::telemetry::traceparent(&tracing::Span::current()) {
        return Some(context);
    }
    let mut span = [0_u8; 8];
    app.ids.fill(&mut span);
    let span = u64::from_be_bytes(span);
    (!caller.trace.is_empty()).then(|| format!("00-{}-{span:016x}-01", caller.trace))
}

/// The inputs as the run shows them and, if they differ, as they were submitted.
fn shown(
    compiled: &CompiledAction,
    checked: &Checked,
    submitted: &Map<String, Value>,
) -> (JsonText, Option<JsonText>) {
    let (mut inputs, mut sent) = (Cow::Borrowed(&checked.properties), Cow::Borrowed(submitted));
    if compiled.encrypts {
        inputs = Cow::Owned(encryption::censored(&compiled.action, &inputs));
        sent = Cow::Owned(encryption::censored(&compiled.action, &sent));
    }
    (object(&inputs), (sent != inputs).then(|| object(&sent)))
}

fn object(map: &Map<String, Value>) -> JsonText {
    JsonText::trusted(serde_json::to_string(map).unwrap_or_else(|_| "{}".into()))
}

/// What the transaction came to.
enum Written {
    /// The run is there.
    New(Box<Run>, RunContext),
    /// The key was used before, for this run.
    Repeated(Box<Run>, RunContext),
    /// The action changed meanwhile.
    Stale,
}

async fn commit(
    app: &App,
    owner: &Caller,
    caller: &Caller,
    execution: &Execution,
    compiled: &Arc<CompiledAction>,
    run: Run,
    rendered: Rendered,
) -> Outcome<Attempt> {
    let request = rendered.request;
    let place = deliver::reserve(app, &rendered.destination);
    let row = delivery_row(
        app,
        &run,
        &request,
        &rendered.destination,
        rendered.url,
        place.is_some(),
    )?;
    let (window_end, lease_until) = (row.window_end, row.lease_until);
    let key = execution
        .idempotency_key
        .clone()
        .map(|key| (caller.id().to_owned(), key, fingerprint(app, execution)));
    let leased = place.is_some();
    let written = {
        let (app_, owner, compiled, run) =
            (app.clone(), owner.clone(), compiled.clone(), run.clone());
        app.store
            .write(move |tx| {
                if let Some((caller, key, fingerprint)) = &key
                    && let Some(first) = idempotency::find(tx, caller, key)?
                {
                    let (run, context) = repeated(tx, &first, fingerprint)?;
                    return Ok(Written::Repeated(Box::new(run), context));
                }
                if actions::find_revision(tx, &compiled.row.identifier)?
                    != Some(compiled.row.revision)
                {
                    return Ok(Written::Stale);
                }
                runs::insert(tx, &run)?;
                let context = if run.blueprint.is_none() {
                    // Its action alone, which is known as it stands in this transaction.
                    RunContext {
                        action: Some(Reference {
                            title: compiled.row.title.clone(),
                            icon: compiled.row.icon.clone(),
                        }),
                        ..RunContext::default()
                    }
                } else {
                    runs::get_context(tx, &run.id)?
                };
                let event = run_ops::event(
                    &app_,
                    &Author::caller(&owner),
                    None,
                    &run,
                    &context,
                    run.created_at,
                );
                audit::append_later(tx, event)?;
                deliveries::insert(tx, &row)?;
                if let Some((caller, key, fingerprint)) = &key {
                    let first = FirstUse {
                        fingerprint: fingerprint.clone(),
                        run_id: run.id.clone(),
                    };
                    idempotency::insert(tx, caller, key, &first, run.created_at)?;
                }
                if !leased {
                    tx.notify(Notice::Deliveries);
                }
                Ok::<_, Failure>(Written::New(Box::new(run.clone()), context))
            })
            .await?
    };
    match written {
        Written::New(run, context) => {
            if let (Some(place), Some(lease_until)) = (place, lease_until) {
                let job = Job {
                    id: request.delivery_id.clone(),
                    destination: rendered.destination,
                    request,
                    attempts: 0,
                    window_end,
                    lease_until,
                };
                deliver::send(place, job);
            }
            Ok(Attempt::Done(run, context))
        }
        Written::Repeated(run, context) => Ok(Attempt::Done(run, context)),
        Written::Stale => Ok(Attempt::Stale),
    }
}

fn delivery_row(
    app: &App,
    run: &Run,
    request: &crate::invoke::RenderedRequest,
    destination: &str,
    url: String,
    leased: bool,
) -> Outcome<DeliveryRow> {
    let now = run.created_at;
    let window = i64::try_from(app.config.delivery_window.as_millis()).unwrap_or(i64::MAX);
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(request)?);
    Ok(DeliveryRow {
        id: request.delivery_id.clone(),
        run_id: run.id.clone(),
        state: "PENDING".into(),
        method: request.method.to_uppercase(),
        url,
        destination: destination.to_owned(),
        request_enc: Some(app.keys.seal(purpose::REQUEST, &plain)),
        due_at: now,
        window_end: now.plus_millis(window),
        lease_owner: leased.then(|| app.outbox.owner.clone()),
        lease_until: leased.then(|| app.outbox.lease_until(now)),
        attempts: 0,
        created_at: now,
        updated_at: now,
    })
}

fn repeated(tx: &mut Tx<'_>, first: &FirstUse, fingerprint: &[u8]) -> Outcome<(Run, RunContext)> {
    if first.fingerprint != fingerprint {
        return Err(Refusal::new(
            Code::IdempotencyConflict,
            "This Idempotency-Key was used for another request; use a new key for a new execution.",
        )
        .into());
    }
    run_ops::get(tx, &first.run_id)
}

/// What makes two requests the same. Under a key, because the inputs may be secrets that are short enough to guess.
fn fingerprint(app: &App, execution: &Execution) -> Vec<u8> {
    let properties = serde_json::to_string(&execution.request.properties).unwrap_or_default();
    let text = format!(
        "{}\n{:?}\n{:?}\n{:?}\n{properties}",
        execution.action, execution.blueprint, execution.request.entity, execution.run_as
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, &app.keys.token);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}
