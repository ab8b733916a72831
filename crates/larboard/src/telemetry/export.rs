//! The exporter: OTLP over HTTP, in batches, from a thread of its own. The four crates of OpenTelemetry used here are
//! bumped together.

use super::{ON, TARGET};
use crate::config::Config;
use crate::start::StartError;
use opentelemetry::KeyValue;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// How long ending waits for what was not exported yet.
const FLUSH: Duration = Duration::from_secs(5);

/// The exporter. Dropping it exports what is left.
pub struct Telemetry(SdkTracerProvider);

impl Drop for Telemetry {
    fn drop(&mut self) {
        ON.store(false, Ordering::Relaxed);
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH) {
            tracing::warn!(%error, "the last traces could not be exported");
        }
    }
}

/// The layer that hands spans to the exporter, and the exporter; `None` if no endpoint is set.
///
/// # Errors
/// If the endpoint cannot be used.
pub fn layer<S>(config: &Config) -> Result<Option<(impl Layer<S> + use<S>, Telemetry)>, StartError>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let Some(endpoint) = &config.otlp_endpoint else {
        return Ok(None);
    };
    // Headers of the exporter (a collector's credentials) come from the standard variable, which the exporter reads.
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(endpoint.as_str())
        .with_headers(std::collections::HashMap::new())
        .build()
        .map_err(|error| StartError(format!("otlp-endpoint {endpoint}: {error}")))?;
    let service = Resource::builder()
        .with_service_name(config.otlp_service_name.clone())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let sampler = Sampler::TraceIdRatioBased(config.otlp_sampling);
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(service)
        .with_sampler(Sampler::ParentBased(Box::new(sampler)))
        .build();
    let targets = Targets::new()
        .with_target(TARGET, Level::INFO)
        .with_target("larboard_store::operation", Level::DEBUG);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("larboard"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(targets);
    ON.store(true, Ordering::Relaxed);
    Ok(Some((layer, Telemetry(provider))))
}

/// Puts the span below the one that a `traceparent` names; what is no `traceparent` is ignored.
pub(super) fn continue_from(span: &Span, traceparent: Option<&str>) {
    if let Some(context) = traceparent.and_then(parse) {
        let parent = opentelemetry::Context::new().with_remote_span_context(context);
        if let Err(error) = span.set_parent(parent) {
            tracing::debug!(%error, "a span has no parent");
        }
    }
}

/// The span's context as a `traceparent`.
pub(super) fn context_of(span: &Span) -> Option<String> {
    let context = span.context();
    let context = context.span().span_context().clone();
    context.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            context.trace_id(),
            context.span_id(),
            context.trace_flags().to_u8()
        )
    })
}

fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.trim().split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version.len() != 2 || version == "ff" || trace.len() != 32 || span.len() != 16 {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags.get(..2)?, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_and_what_is_none_is_not() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let read = parse(&format!("00-{trace}-b7ad6b7169203331-01")).expect("a context");
        assert_eq!(read.trace_id().to_string(), trace);
        assert!(read.is_sampled() && read.is_remote());
        for text in [
            "",
            "00",
            "00-0-0-0",
            &format!("ff-{trace}-b7ad6b7169203331-01"),
            &format!("00-{trace}-0000000000000000-01"),
            &format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            &format!("00-{trace}-b7ad6b7169203331-é1"),
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
