//! TLS with a private certificate authority, and an egress proxy.

use super::receiver::{Behaviour, Receiver};
use super::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

fn ok() -> Behaviour {
    Behaviour::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())
}

/// A certificate authority made for the occasion, as PEM, and a server with a certificate of it for `ci.internal`.
fn authority() -> (Vec<u8>, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
        .expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["ci.internal".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .expect("a server configuration");
    (
        issuer.pem().into_bytes(),
        TlsAcceptor::from(Arc::new(config)),
    )
}

fn internal(ca_bundle: Option<Vec<u8>>) -> WebhookClient {
    let resolver = Script::of(&[&["127.0.0.1"]]);
    client(WebhookOptions {
        ca_bundle,
        resolver,
        ..options("*.internal")
    })
}

#[tokio::test]
async fn a_private_authority_is_trusted_once_its_bundle_is_configured() {
    let (pem, acceptor) = authority();
    let mut receiver = Receiver::start_at("127.0.0.1:0", ok(), Some(acceptor)).await;
    let url = format!("https://ci.internal:{}/hook", receiver.address.port());

    let (status, ..) = answer(send(&internal(Some(pem.clone())), &request(&url)).await);
    assert_eq!(status, 204);
    assert_eq!(receiver.request().await.body, br#"{"a":1}"#);

    let (kind, message) = failure(send(&internal(None), &request(&url)).await);
    assert_eq!(kind, FailureKind::Tls, "{message}");
    assert!(message.contains("ci.internal"), "{message}");

    let other_name = url.replace("ci.internal", "cd.internal");
    let (kind, _) = failure(send(&internal(Some(pem)), &request(other_name)).await);
    assert_eq!(kind, FailureKind::Tls);
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn plain_http_behind_an_https_url_is_a_failed_handshake() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let plain = format!(
        "https://{}/",
        listener.local_addr().expect("the address listened at")
    );
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        if let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            std::future::pending::<()>().await;
        }
    });
    let (kind, message) = failure(send(&local(), &request(plain)).await);
    assert_eq!(kind, FailureKind::Tls, "{message}");
}

#[test]
fn a_bundle_without_a_certificate_is_refused() {
    for bundle in [
        "",
        "not PEM",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let options = WebhookOptions {
            ca_bundle: Some(bundle.as_bytes().to_vec()),
            ..options("")
        };
        assert!(
            matches!(WebhookClient::new(options), Err(SetupError::CaBundle(_))),
            "{bundle}"
        );
    }
}

fn proxied(allow: &str, proxy: &Receiver, resolver: Arc<Script>) -> WebhookClient {
    let proxy = Some(format!("http://{}", proxy.address).parse().expect("a URL"));
    client(WebhookOptions {
        proxy,
        resolver,
        ..options(allow)
    })
}

#[tokio::test]
async fn a_public_destination_goes_through_the_proxy_although_the_proxy_is_private() {
    let mut proxy = Receiver::start(ok()).await;
    let client = proxied("", &proxy, Script::of(&[&["8.8.8.8"]]));
    let (status, ..) = answer(send(&client, &request("http://ci.example/hook")).await);
    assert_eq!(status, 204);
    let received = proxy.request().await;
    assert_eq!(
        received.request_line(),
        "POST http://ci.example/hook HTTP/1.1"
    );
    assert_eq!(received.header("host").as_deref(), Some("ci.example"));
}

#[tokio::test]
async fn a_private_destination_is_refused_before_the_proxy_hears_of_it() {
    let mut proxy = Receiver::start(ok()).await;
    let client = proxied("", &proxy, Script::of(&[&["10.0.0.1"]]));
    for url in [
        "http://ci.example/hook",
        "http://10.0.0.1/",
        "http://127.0.0.1:9/",
    ] {
        let (kind, _) = failure(send(&client, &request(url)).await);
        assert_eq!(kind, FailureKind::Refused);
    }
    assert!(proxy.is_quiet());
}

#[tokio::test]
async fn behind_a_proxy_a_name_on_the_allow_list_need_not_resolve_here() {
    let mut proxy = Receiver::start(ok()).await;
    let client = proxied("ci.internal", &proxy, Script::of(&[&[]]));
    assert_eq!(
        client
            .check_destination(&address("http://ci.internal/hook"))
            .await,
        Ok(())
    );
    let (status, ..) = answer(send(&client, &request("http://ci.internal/hook")).await);
    assert_eq!(status, 204);
    proxy.request().await;
    let (kind, _) = failure(send(&client, &request("http://other.internal/hook")).await);
    assert_eq!(kind, FailureKind::Dns);
}

#[tokio::test]
async fn https_goes_through_the_proxy_as_a_tunnel() {
    let mut proxy = Receiver::start(Behaviour::AnswerAndClose(
        b"HTTP/1.1 403 Forbidden\r\n\r\n".to_vec(),
    ))
    .await;
    let client = proxied("", &proxy, Script::of(&[&["8.8.8.8"]]));
    let (kind, message) = failure(send(&client, &request("https://ci.example/hook")).await);
    assert_eq!(kind, FailureKind::Connect, "{message}");
    assert_eq!(
        proxy.request().await.request_line(),
        "CONNECT ci.example:443 HTTP/1.1"
    );
}

#[test]
fn a_proxy_that_is_not_http_is_refused() {
    let proxy = Some("socks5://127.0.0.1:1080".parse().expect("a URL"));
    assert!(matches!(
        WebhookClient::new(WebhookOptions {
            proxy,
            ..options("")
        }),
        Err(SetupError::Proxy(_))
    ));
}
