//! TLS served by the binary itself, with certificates the operator gives it.

use crate::authority::Authority;
use crate::client::Client;
use crate::place::{CLIENT_ID, CLIENT_SECRET, EMAIL, PASSWORD, Place};
use reqwest::Method;

#[tokio::test]
async fn tls_is_served_to_clients_that_trust_the_certificate_and_plain_http_is_refused() {
    let (authority, mut place) = (Authority::new(), Place::sqlite());
    let identity = authority.identity();
    place.set(
        "TLS_CERTIFICATE",
        &place.write("certificate.pem", &identity.certificate),
    );
    place.set("TLS_KEY", &place.write("key.pem", &identity.key));
    let server = place.serve().await;
    let url = format!("https://127.0.0.1:{}", place.port);
    assert!(
        server
            .said
            .iter()
            .any(|line| line.contains(&format!("serves {url} "))),
        "{:?}",
        server.said
    );

    let client = Client::over(authority.client(), &url);
    assert_eq!(client.get("/health/ready").await.status, 200);
    let signed_in = client.signed_in(CLIENT_ID, CLIENT_SECRET).await;
    assert_eq!(signed_in.get("/v1/organization").await.status, 200);
    let session = client.session(EMAIL, PASSWORD).await;
    assert!(
        session.header("set-cookie").ends_with("; Secure"),
        "{session:?}"
    );

    let stranger = Client::over(Authority::new().client(), &url);
    let refused = stranger.try_call(Method::GET, "/health/ready", None).await;
    assert!(
        refused.is_err_and(|error| error.is_connect()),
        "a client that trusts somebody else"
    );
    let plain = Client::new(&format!("http://127.0.0.1:{}", place.port));
    assert!(
        plain
            .try_call(Method::GET, "/health/ready", None)
            .await
            .is_err(),
        "plain HTTP"
    );
    // Neither has harmed the server.
    assert_eq!(client.get("/health/ready").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn certificate_files_that_cannot_be_used_end_the_start_with_a_sentence_that_names_them() {
    let authority = Authority::new();
    let (ours, other) = (authority.identity(), authority.identity());
    let cases = [
        (None, Some(ours.key.as_str()), "tls-certificate"),
        (Some(""), Some(ours.key.as_str()), "tls-certificate"),
        (
            Some("no PEM at all"),
            Some(ours.key.as_str()),
            "tls-certificate",
        ),
        (Some(ours.certificate.as_str()), None, "tls-key"),
        (
            Some(ours.certificate.as_str()),
            Some(ours.certificate.as_str()),
            "tls-key",
        ),
        (
            Some(ours.certificate.as_str()),
            Some(other.key.as_str()),
            "tls-certificate",
        ),
    ];
    for (certificate, key, named) in cases {
        let mut place = Place::sqlite();
        for (setting, name, content) in [
            ("TLS_CERTIFICATE", "c.pem", certificate),
            ("TLS_KEY", "k.pem", key),
        ] {
            let path = place.file(name).display().to_string();
            place.set(setting, &path);
            if let Some(content) = content {
                place.write(name, content);
            }
        }
        let file = if named == "tls-key" { "k.pem" } else { "c.pem" };
        place.run(&["serve"]).await.refused(&[named, file]);
        assert!(!place.data().exists(), "nothing was made");
        let doctor = place.run(&["doctor"]).await;
        assert!(
            !doctor.ok && doctor.out.contains("WRONG   TLS: ") && doctor.out.contains(file),
            "{doctor:?}"
        );
    }
    let half = Place::sqlite().with("TLS_KEY", "key.pem");
    half.run(&["serve"])
        .await
        .refused(&["tls-certificate and tls-key"]);
}
