//! TLS to the database, where the URL asks for it with `sslmode`. Certificates are always verified.

use crate::backend::error::{Result, StoreError};
use postgres::config::{Config, SslMode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

pub(super) type Tls = tokio_postgres_rustls::MakeRustlsConnect;

/// Replaces the modes the driver does not know (`verify-ca`, `verify-full`) by the one that means
/// the same here, and tells whether the URL names a mode at all.
pub(super) fn split(url: &str) -> (String, bool) {
    let known = url.replace("sslmode=verify-full", "sslmode=require");
    let known = known.replace("sslmode=verify-ca", "sslmode=require");
    let named = known.contains("sslmode=");
    (known, named)
}

/// Without `sslmode` the connection is plain: trying TLS first would fail on servers with a
/// certificate of their own making, which nobody asked to verify.
pub(super) fn configure(
    config: &mut Config,
    wanted: bool,
    roots: Option<&Path>,
) -> Result<Option<Tls>> {
    if !wanted || config.get_ssl_mode() == SslMode::Disable {
        config.ssl_mode(SslMode::Disable);
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::data(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(authorities(roots)?)
        .with_no_client_auth();
    Ok(Some(Tls::new(client)))
}

fn authorities(roots: Option<&Path>) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    let Some(path) = roots else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(store);
    };
    let unreadable = |error: &dyn std::fmt::Display| {
        StoreError::data(format!(
            "the certificates in {} cannot be read: {error}",
            path.display()
        ))
    };
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| unreadable(&e))? {
        let certificate = certificate.map_err(|e| unreadable(&e))?;
        store.add(certificate).map_err(|e| unreadable(&e))?;
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_modes_that_verify_mean_require_because_everything_is_verified() {
        let (url, named) = split("postgres://u@h/d?sslmode=verify-full");
        assert_eq!(
            (url.as_str(), named),
            ("postgres://u@h/d?sslmode=require", true)
        );
        assert!(!split("postgres://u@h/d").1);
    }
}
