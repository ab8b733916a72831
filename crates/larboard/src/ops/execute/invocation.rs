//! Rendering an invocation: what will be sent, and what may be shown of it.

use super::Needed;
use crate::invoke::{DestinationRefusal, RenderedRequest, destination};
use crate::ops::catalog_cache::CompiledAction;
use crate::state::App;
use aws_lc_rs::digest::{SHA256, digest};
use larboard_core::action::is_true;
use larboard_core::envelope::{Trigger, legacy_envelope};
use larboard_core::id::Kind;
use larboard_core::inputs::Checked;
use larboard_core::refusal::{Code, Refusal};
use larboard_core::run::Run;
use larboard_core::scrub::Scrubber;
use larboard_core::template::{PlainPaths, Redaction, RunContext, js_json};
use serde_json::{Map, Value};
use std::borrow::Cow;

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
}

/// Renders the invocation of a run and looks at its destination.
///
/// # Errors
/// As [`render`], and for a destination that is not called. No sentence shows a secret.
pub(super) async fn prepare(
    app: &App,
    compiled: &CompiledAction,
    run: &Run,
    trigger: &Trigger,
    checked: &Checked,
    needed: &Needed,
) -> Result<Rendered, Refusal> {
    let secrets: Vec<String> = needed
        .secrets
        .values()
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    let scrubber = app.directory.load().scrubber_with(&secrets);
    let prepared = async {
        let delivery_id = app.ids.id(Kind::Delivery);
        let rendered = render(compiled, run, trigger, checked, needed, delivery_id)?;
        let checked = app.webhooks.check_destination(&rendered.request.url).await;
        checked.map_err(refuse_destination)?;
        Ok(rendered)
    };
    let mut rendered = prepared
        .await
        .map_err(|refusal| scrubber.refusal(refusal))?;
    rendered.request.secrets = secrets_in(&rendered.request, &scrubber);
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
    let mut found: Vec<String> = texts
        .flat_map(|text| {
            let found = scrubber.found_in(&text);
            found.into_iter().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// A name for a destination whose host is a secret: the limits need one, and it is stored in the clear.
fn hidden(destination: &str) -> String {
    let digest = digest(&SHA256, destination.as_bytes());
    let digits = digest.as_ref().iter().take(8);
    digits.fold("hidden:".to_owned(), |name, byte| {
        format!("{name}{byte:02x}")
    })
}

/// Renders the invocation of a run.
///
/// # Errors
/// `evaluate_invocation_method_error` for a template that fails, `invalid_evaluated_invocation_method` for a result that
/// is no request.
fn render(
    compiled: &CompiledAction,
    run: &Run,
    trigger: &Trigger,
    checked: &Checked,
    needed: &Needed,
    delivery_id: String,
) -> Result<Rendered, Refusal> {
    let template = compiled
        .template
        .as_ref()
        .map_err(|error| Refusal::from(error.clone()))?;
    let entity = needed.entity.as_ref().map(|(_, value)| value);
    let inputs = checked.expand(|input| needed.find_entity(input));
    let context = RunContext {
        inputs: &inputs,
        trigger,
        entity,
        action: &compiled.action,
        run_id: &run.id,
        secrets: &needed.secrets,
    }
    .to_value();
    let mut method = object(template.render(&PlainPaths, &context, Redaction::Reveal)?)?;
    let mut payload = if compiled.uses_secrets {
        object(template.render(&PlainPaths, &context, Redaction::Redact)?)?
    } else {
        method.clone()
    };
    if compiled.action.legacy_blueprint().is_some() {
        let meta = crate::ops::actions::meta(&compiled.row);
        let envelope = legacy_envelope(&compiled.action, &meta, run, trigger, entity);
        method.insert("body".into(), envelope.clone());
        payload.insert("body".into(), envelope);
    }
    let request = request(&method, run, delivery_id)?;
    request.check().map_err(invalid)?;
    let destination =
        destination::receiver(&request.url).ok_or_else(|| invalid("the URL has no host".into()))?;
    let url = payload
        .get("url")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    Ok(Rendered {
        request,
        payload: Value::Object(payload),
        url,
        destination,
    })
}

fn request(
    method: &Map<String, Value>,
    run: &Run,
    delivery_id: String,
) -> Result<RenderedRequest, Refusal> {
    let text = |key: &str| match method.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(invalid(format!("\"{key}\" is {other}; it must be a text"))),
    };
    let url = text("url")?.ok_or_else(|| invalid("\"url\" has no value".into()))?;
    let headers = match method.get("headers") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(headers)) => headers.iter().map(header).collect::<Result<_, _>>()?,
        Some(other) => {
            return Err(invalid(format!(
                "\"headers\" is {other}; it must be an object"
            )));
        }
    };
    let body = match method.get("body") {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(body @ (Value::Object(_) | Value::Array(_))) => js_json(body),
        Some(other) => {
            return Err(invalid(format!(
                "\"body\" is {other}; it must be an object or a list"
            )));
        }
    };
    Ok(RenderedRequest {
        method: text("method")?.unwrap_or_else(|| "POST".into()),
        url,
        headers,
        body: body.into_bytes(),
        synchronized: is_true(method.get("synchronized")),
        delivery_id,
        run_id: run.id.clone(),
        traceparent: None,
        secrets: Vec::new(),
    })
}

fn header((name, value): (&String, &Value)) -> Result<(String, String), Refusal> {
    match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        Value::Number(_) | Value::Bool(_) => Ok((name.clone(), value.to_string())),
        // The value may come from a secret, so it is not shown.
        _ => Err(invalid(format!("the header \"{name}\" is no text"))),
    }
}

fn object(value: Value) -> Result<Map<String, Value>, Refusal> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(invalid("the evaluated invocation is no object".into())),
    }
}

fn invalid(what: String) -> Refusal {
    Refusal::new(
        Code::InvalidEvaluatedInvocationMethod,
        format!("The evaluated invocation cannot be sent: {what}."),
    )
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
