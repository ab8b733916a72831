//! Outgoing webhooks through a company's proxy, and to hosts with certificates of a company's own authority.

use crate::authority::Authority;
use crate::backend::{backend, proxy};
use crate::place::Place;

#[tokio::test]
async fn a_webhook_to_a_private_authority_arrives_with_its_bundle_and_fails_with_a_reason_without()
{
    let authority = Authority::new();
    let mut target = backend(Some(authority.identity().acceptor())).await;
    let hook = format!("https://{}/hook", target.address);
    let mut place = Place::sqlite();
    place.set("CA_BUNDLE", &place.write("ca.pem", &authority.pem()));
    let server = place.serve().await;
    let client = server.client().await;
    client.prepare(&hook).await;
    let run = client.execute().await;
    assert!(target.next().await.body.contains(&run));
    assert_eq!(client.delivered(&run).await["state"], "SUCCEEDED");
    server.stop().await;

    place.unset("CA_BUNDLE");
    let server = place.serve().await;
    let client = server.client().await;
    let run = client.execute().await;
    let delivery = client.delivered(&run).await;
    let error = delivery["attempts"][0]["error"]
        .as_str()
        .unwrap_or_default();
    assert!(error.contains("certificate"), "{delivery}");
    assert!(target.is_quiet());
    server.stop().await;
}

#[tokio::test]
async fn webhooks_go_through_the_egress_proxy_plain_ones_forwarded_and_https_in_a_tunnel() {
    let authority = Authority::new();
    let mut secure = backend(Some(authority.identity().acceptor())).await;
    let mut plain = backend(None).await;
    let mut proxy = proxy().await;
    let mut place = Place::sqlite().with("EGRESS_PROXY", &format!("http://{}", proxy.address));
    place.set("CA_BUNDLE", &place.write("ca.pem", &authority.pem()));
    let server = place.serve().await;
    let client = server.client().await;
    let hook = format!("http://{}/hook", plain.address);
    client.prepare(&hook).await;
    let run = client.execute().await;
    assert_eq!(proxy.next().await.line(), format!("POST {hook} HTTP/1.1"));
    assert!(plain.next().await.body.contains(&run));
    assert_eq!(client.delivered(&run).await["state"], "SUCCEEDED");

    let action = serde_json::json!({
        "identifier": "deploy",
        "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {} } },
        "invocationMethod": {
            "type": "WEBHOOK", "url": format!("https://{}/hook", secure.address), "body": { "runId": "{{ .run.id }}" },
        },
    });
    client
        .call(reqwest::Method::PUT, "/v1/actions/deploy", Some(action))
        .await
        .good();
    let run = client.execute().await;
    assert_eq!(
        proxy.next().await.line(),
        format!("CONNECT {} HTTP/1.1", secure.address)
    );
    let received = secure.next().await;
    assert!(
        received.body.contains(&run) && received.line() == "POST /hook HTTP/1.1",
        "{received:?}"
    );
    assert_eq!(client.delivered(&run).await["state"], "SUCCEEDED");
    server.stop().await;
}

#[tokio::test]
async fn a_bundle_or_proxy_that_cannot_be_used_ends_the_start_with_a_sentence() {
    let mut place = Place::sqlite();
    place.set("CA_BUNDLE", &place.write("ca.pem", "no certificate"));
    place.run(&["serve"]).await.refused(&["CA bundle", "PEM"]);
    place.set("CA_BUNDLE", "/nowhere/ca.pem");
    place
        .run(&["serve"])
        .await
        .refused(&["ca-bundle", "/nowhere/ca.pem"]);
    let place = Place::sqlite().with("EGRESS_PROXY", "socks5://127.0.0.1:1080");
    place
        .run(&["serve"])
        .await
        .refused(&["egress-proxy", "http://"]);
}
