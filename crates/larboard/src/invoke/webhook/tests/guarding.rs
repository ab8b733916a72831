//! The guard at work: private destinations, mixed answers, and names that change their mind.

use super::receiver::{Behaviour, Receiver};
use super::*;

fn ok() -> Behaviour {
    Behaviour::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())
}

fn resolving(allow: &str, resolver: Arc<Script>) -> WebhookClient {
    client(WebhookOptions {
        resolver,
        ..options(allow)
    })
}

#[tokio::test]
async fn a_private_address_in_the_url_is_refused_without_a_connection() {
    let mut receiver = Receiver::start(ok()).await;
    let client = client(options("127.0.0.2"));
    let (kind, message) = failure(send(&client, &request(receiver.url())).await);
    assert_eq!(kind, FailureKind::Refused);
    assert!(
        message.contains("`127.0.0.1`") && message.contains("LARBOARD_WEBHOOK_ALLOW"),
        "{message}"
    );
    let refusal = client.check_destination(&address(&receiver.url())).await;
    assert!(matches!(refusal, Err(DestinationRefusal::Private { .. })));
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused_at_connect_time() {
    let mut receiver = Receiver::start(ok()).await;
    let client = resolving("", Script::of(&[&["127.0.0.1", "::1", "169.254.169.254"]]));
    let url = format!("http://ci.example:{}/", receiver.address.port());
    let (kind, message) = failure(send(&client, &request(url)).await);
    assert_eq!(kind, FailureKind::Refused, "{message}");
    assert!(message.contains("`ci.example`"), "{message}");
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn of_a_mixed_answer_only_the_permitted_address_is_called() {
    let mut permitted = Receiver::start_at("127.0.0.2:0", ok(), None).await;
    let port = permitted.address.port();
    let mut forbidden = Receiver::start_at(&format!("127.0.0.1:{port}"), ok(), None).await;
    let client = resolving("127.0.0.2", Script::of(&[&["127.0.0.1", "127.0.0.2"]]));
    let (status, ..) = answer(send(&client, &request(format!("http://ci.example:{port}/"))).await);
    assert_eq!(status, 204);
    assert_eq!(
        permitted.request().await.header("host"),
        Some(format!("ci.example:{port}"))
    );
    assert!(forbidden.is_quiet());
}

#[tokio::test]
async fn a_name_that_turns_private_after_the_check_is_refused_when_connecting() {
    let mut receiver = Receiver::start(ok()).await;
    let client = resolving("", Script::of(&[&["8.8.8.8"], &["127.0.0.1"]]));
    let url = format!("http://ci.example:{}/", receiver.address.port());
    assert_eq!(client.check_destination(&address(&url)).await, Ok(()));
    let (kind, _) = failure(send(&client, &request(url)).await);
    assert_eq!(kind, FailureKind::Refused);
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn a_name_on_the_allow_list_is_called_wherever_it_leads() {
    let mut receiver = Receiver::start(ok()).await;
    let client = resolving("*.internal", Script::of(&[&["127.0.0.1"]]));
    let url = format!("http://CI.internal:{}/", receiver.address.port());
    assert_eq!(client.check_destination(&address(&url)).await, Ok(()));
    let (status, ..) = answer(send(&client, &request(url)).await);
    assert_eq!(status, 204);
    receiver.request().await;
}

#[tokio::test]
async fn a_name_without_addresses_is_not_resolvable() {
    let client = resolving("", Script::of(&[&[]]));
    let (kind, message) =
        failure(send(&client, &request("https://gone.example/hook?token=t0p")).await);
    assert_eq!(kind, FailureKind::Dns);
    assert!(
        message.contains("`gone.example` was not found") && !message.contains("t0p"),
        "{message}"
    );
}

#[tokio::test]
async fn the_systems_resolver_does_not_open_a_way_to_localhost() {
    let refusal = client(options(""))
        .check_destination(&address("http://localhost:8080/"))
        .await;
    assert_eq!(
        refusal,
        Err(DestinationRefusal::Private {
            host: "localhost".to_owned()
        })
    );
}

#[tokio::test]
async fn a_port_nobody_listens_at_is_a_failed_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("the address listened at");
    drop(listener);
    let (kind, message) = failure(send(&local(), &request(format!("http://{address}/"))).await);
    assert_eq!(kind, FailureKind::Connect);
    assert!(
        message.starts_with(&format!("No connection to `{address}` was made: ")),
        "{message}"
    );
}
