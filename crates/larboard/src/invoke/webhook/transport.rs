//! Builds the HTTP client: guarded name resolution, trusted certificates, proxy, limits. Sends nothing.

use super::super::destination::Guard;
use super::WebhookOptions;
use reqwest::dns::{Addrs, Name, Resolving};
use reqwest::redirect;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Idle connections kept per receiver, and for how long.
const IDLE_CONNECTIONS: usize = 64;
const IDLE_FOR: Duration = Duration::from_secs(60);

/// Why the webhook client cannot be set up. All are matters of configuration.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The bundle holds no certificate, or one that cannot be read.
    #[error("the CA bundle for outgoing calls cannot be used: {0}; give PEM certificates")]
    CaBundle(String),
    /// The proxy's URL cannot be used.
    #[error("the egress proxy cannot be used: {0}; give an http:// or https:// URL")]
    Proxy(String),
    /// The HTTP client or its TLS did not start.
    #[error("the webhook client cannot be set up: {0}")]
    Client(String),
}

pub(super) fn build(
    options: &WebhookOptions,
    guard: &Arc<Guard>,
) -> Result<reqwest::Client, SetupError> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(options.ca_bundle.as_deref())?)
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .http1_only()
        .user_agent(&options.user_agent)
        .timeout(options.timeout)
        .connect_timeout(options.connect_timeout)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .pool_idle_timeout(IDLE_FOR)
        // An answer is stored and shown as it came; a compressed one could also be far larger than it looks.
        .no_gzip();
    builder = match &options.proxy {
        // Only the proxy's own name is resolved then, and the proxy may well be a private machine.
        Some(url) if matches!(url.scheme(), "http" | "https") => {
            let proxy = reqwest::Proxy::all(url.clone())
                .map_err(|error| SetupError::Proxy(error.to_string()))?;
            builder.proxy(proxy)
        }
        Some(url) => {
            return Err(SetupError::Proxy(format!(
                "its scheme is `{}`",
                url.scheme()
            )));
        }
        None => builder.dns_resolver(GuardedDns(Arc::clone(guard))),
    };
    builder
        .build()
        .map_err(|error| SetupError::Client(error.to_string()))
}

/// Resolves names at the moment of connecting and hands over the permitted addresses only.
struct GuardedDns(Arc<Guard>);

impl reqwest::dns::Resolve for GuardedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let found = guard.addresses(name.as_str()).await?;
            let sockets: Addrs =
                Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(sockets)
        })
    }
}

/// The system's certificates and the operator's. A machine without any still starts: plain HTTP works, and HTTPS fails with a
/// sentence about the certificate.
fn tls(ca_bundle: Option<&[u8]>) -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore::empty();
    let (_, unusable) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if unusable > 0 {
        tracing::debug!(unusable, "some certificates of the system cannot be used");
    }
    if let Some(bundle) = ca_bundle {
        add_bundle(&mut roots, bundle)?;
    }
    if roots.is_empty() {
        tracing::warn!("no trusted certificates found: calls to https destinations will fail");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Client(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn add_bundle(roots: &mut RootCertStore, bundle: &[u8]) -> Result<(), SetupError> {
    let mut found = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(bundle) {
        let certificate = certificate.map_err(|error| SetupError::CaBundle(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| SetupError::CaBundle(error.to_string()))?;
        found += 1;
    }
    if found == 0 {
        return Err(SetupError::CaBundle("it holds no certificate".to_owned()));
    }
    Ok(())
}
