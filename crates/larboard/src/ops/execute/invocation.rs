//! Rendering an invocation: what will be sent, and what may be shown of it.

mod method;

use super::Needed;
use crate::invoke::{DestinationRefusal, RenderedRequest, destination};
use crate::lanes::Stopwatch;
use crate::ops::catalog_cache::CompiledAction;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use aws_lc_rs::digest::{SHA256, digest};
use larboard_core::envelope::{Trigger, legacy_envelope};
use larboard_core::id::Kind;
use larboard_core::inputs::Checked;
use larboard_core::refusal::{Code, Refusal};
use larboard_core::run::Run;
use larboard_core::scrub::Scrubber;
use larboard_core::template::{
    Meter, Rendered as Both, RunContext, Scope, TemplateError, TemplateLimits,
};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;
use url::Url;

/// An invocation ready to be sent.
pub(super) struct Rendered {
    /// What is sent; holds secrets.
    pub(super) request: RenderedRequest,
    /// The evaluated invocation method with secrets struck out: the run's payload.
    pub(super) payload: Value,
    /// The URL with secrets struck out.
    pub(super) url: String,
    /// What concurrency is limited by.
    pub(super) destination: String,
    /// The URL of the request, read.
    address: Url,
}

/// What an invocation is rendered for.
pub(super) struct Occasion<'a> {
    pub(super) compiled: &'a Arc<CompiledAction>,
    pub(super) run: &'a Run,
    pub(super) trigger: &'a Trigger,
    /// The inputs as the backend gets them: encrypted ones as they travel.
    pub(super) inputs: &'a Checked,
    pub(super) needed: &'a Needed,
    /// What encrypted inputs were before.
    pub(super) plain_inputs: &'a [String],
}

/// Renders the invocation of a run and looks at its destination.
///
/// # Errors
/// `evaluate_invocation_method_error` for a template that fails, `invalid_evaluated_invocation_method` for a result that
/// is no request, and what a destination is refused with. No sentence shows a secret.
pub(super) async fn prepare(app: &App, occasion: &Occasion<'_>) -> Outcome<Rendered> {
    let secrets = occasion.needed.secrets.values();
    let mut secrets: Vec<String> = secrets
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    secrets.extend_from_slice(occasion.plain_inputs);
    let directory = app.directory.load_full();
    let scrubber = directory.scrubber_with(&secrets);
    let struck_out = |failure| match failure {
        Failure::Refused(refusal) => Failure::Refused(scrubber.refusal(refusal)),
        other => other,
    };
    let (mut rendered, derived) = render(app, occasion).await.map_err(struck_out)?;
    let scrubber = directory.scrubber_with(&[secrets, derived.clone()].concat());
    let checked = app.webhooks.check_destination(&rendered.address).await;
    checked.map_err(|refusal| scrubber.refusal(refuse_destination(refusal)))?;

    let mut carried = secrets_in(&rendered.request, &scrubber);
    carried.extend_from_slice(occasion.plain_inputs);
    carried.extend(derived);
    carried.sort_unstable();
    carried.dedup();
    rendered.request.secrets = carried;
    // What the templates read is struck out already; this is for secrets that an author wrote out.
    scrubber.json(&mut rendered.payload);
    rendered.url = scrubber.text(&rendered.url).into_owned();
    if let Cow::Owned(_) = scrubber.text(&rendered.destination) {
        rendered.destination = hidden(&rendered.destination);
    }
    Ok(rendered)
}

/// The secrets that a request carries to its receiver.
fn secrets_in(request: &RenderedRequest, scrubber: &Scrubber) -> Vec<String> {
    let headers = request.headers.iter();
    let texts = headers
        .flat_map(|(name, value)| [name.as_str(), value.as_str()])
        .chain([request.url.as_str()])
        .map(Cow::Borrowed)
        .chain([String::from_utf8_lossy(&request.body)]);
    texts
        .flat_map(|text| {
            let found = scrubber.found_in(&text);
            found.into_iter().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// A name for a destination whose host is a secret: the limits need one, and it is stored in the clear.
fn hidden(destination: &str) -> String {
    let digest = digest(&SHA256, destination.as_bytes());
    let digits = digest.as_ref().iter().take(8);
    digits.fold("hidden:".to_owned(), |name, byte| {
        format!("{name}{byte:02x}")
    })
}

/// The rendered invocation, and the texts that templates made of secrets.
async fn render(app: &App, occasion: &Occasion<'_>) -> Outcome<(Rendered, Vec<String>)> {
    let compiled = occasion.compiled;
    let entity = occasion.needed.entity.as_ref().map(|(_, value)| value);
    let inputs = occasion
        .inputs
        .expand(|input| occasion.needed.find_entity(input));
    let context = RunContext {
        inputs: &inputs,
        trigger: occasion.trigger,
        entity,
        action: &compiled.action,
        run_id: &occasion.run.id,
        secrets: &occasion.needed.secrets,
    }
    .to_value(compiled.context_keys.as_deref());
    let mut both = evaluate(app, compiled, context).await?;
    if compiled.action.legacy_blueprint().is_some() {
        let meta = crate::ops::actions::meta(&compiled.row);
        let properties = &occasion.inputs.properties;
        let envelope = legacy_envelope(
            &compiled.action,
            &meta,
            occasion.run,
            occasion.trigger,
            entity,
            properties,
        );
        for method in [&mut both.sent, &mut both.shown] {
            if let Some(method) = method.as_object_mut() {
                method.insert("body".into(), envelope.clone());
            }
        }
    }
    let method = method::read(&both)?;
    let request = RenderedRequest {
        method: method.method,
        url: method.url,
        headers: method.headers,
        body: method.body.into_bytes(),
        synchronized: method.synchronized,
        delivery_id: app.ids.id(Kind::Delivery),
        run_id: occasion.run.id.clone(),
        traceparent: None,
        secrets: Vec::new(),
    };
    let address = request.check().map_err(method::unfit)?;
    let destination = destination::receiver_of(&address);
    let url = both.shown.get("url").and_then(Value::as_str);
    let rendered = Rendered {
        url: url.unwrap_or_default().to_owned(),
        request,
        payload: both.shown,
        destination,
        address,
    };
    Ok((rendered, both.derived))
}

/// Evaluates the templates of an action: at once if that costs next to nothing, else in the lanes.
async fn evaluate(app: &App, compiled: &Arc<CompiledAction>, context: Value) -> Outcome<Both> {
    let now = app.now();
    let template = compiled
        .template
        .as_ref()
        .map_err(|error| Refusal::from(error.clone()))?;
    let rendered = if template.is_plain() {
        metrics::counter!("larboard_jq_evaluations_total", "lane" => "plain").increment(1);
        let mut meter = Meter::new(app.lanes.limits(), now, None);
        template.render(&Scope::new(&context), &mut meter)
    } else {
        let template = template.clone();
        let work = move |limits: &TemplateLimits, stopwatch: Stopwatch<'_>| {
            let mut meter = Meter::new(limits, now, Some(stopwatch));
            template.render(&Scope::new(&context), &mut meter)
        };
        app.lanes
            .run(work, |error: &TemplateError| error.limit)
            .await?
    };
    Ok(rendered.map_err(Refusal::from)?)
}

/// The refusal of a destination, with the codes of facts/actions.md 1.5.
fn refuse_destination(refusal: DestinationRefusal) -> Refusal {
    let code = match &refusal {
        DestinationRefusal::Private { .. } => Code::PrivateDestination,
        DestinationRefusal::NotResolvable { .. } => Code::NotResolvableDestination,
        DestinationRefusal::BadUrl(_) => Code::InvalidEvaluatedInvocationMethod,
    };
    Refusal::new(code, refusal.to_string())
}
