//! Rendering an invocation: what will be sent, and what may be shown of it.

use super::Needed;
use crate::invoke::{DestinationRefusal, RenderedRequest, destination};
use crate::ops::catalog_cache::CompiledAction;
use larboard_core::action::is_true;
use larboard_core::envelope::{Trigger, legacy_envelope};
use larboard_core::inputs::Checked;
use larboard_core::refusal::{Code, Refusal};
use larboard_core::run::Run;
use larboard_core::template::{PlainPaths, Redaction, RunContext, js_json};
use serde_json::{Map, Value};

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

/// Renders the invocation of a run.
///
/// # Errors
/// `evaluate_invocation_method_error` for a template that fails, `invalid_evaluated_invocation_method` for a result that
/// is no request.
pub(super) fn render(
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
pub(super) fn refuse_destination(refusal: DestinationRefusal) -> Refusal {
    let code = match &refusal {
        DestinationRefusal::Private { .. } => Code::PrivateDestination,
        DestinationRefusal::NotResolvable { .. } => Code::NotResolvableDestination,
        DestinationRefusal::BadUrl(_) => Code::InvalidEvaluatedInvocationMethod,
    };
    Refusal::new(code, refusal.to_string())
}
