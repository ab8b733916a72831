//! What reverse proxies say about a caller is believed from trusted networks alone.

use crate::client::Client;
use crate::place::{EMAIL, PASSWORD, Place, Server};
use reqwest::Method;
use serde_json::json;

/// The addresses in the audit events of a change and of a sign-in made with these headers, and whether the session's cookie
/// is for HTTPS only.
async fn seen(server: &Server, headers: &[(&'static str, &str)]) -> (String, String, bool) {
    let app = server.client().await;
    let dress = |client: &Client| {
        let headers = headers.iter();
        headers.fold(client.clone(), |client, (name, value)| {
            client.with(name, value)
        })
    };
    let blueprint = json!({ "identifier": "service", "title": "x", "schema": { "properties": {}, "required": [] } });
    dress(&app).post("/v1/blueprints", blueprint).await.good();
    let session = dress(&Client::new(&server.url))
        .session(EMAIL, PASSWORD)
        .await;
    assert_eq!(session.status, 200);
    let log = app.get("/v1/audit-log?limit=1000").await.json();
    let newest = |of: &str| {
        let mut events = log["audits"].as_array().expect("events").iter();
        let newest = events.find(|event| event["resourceType"] == of);
        let newest = newest.unwrap_or_else(|| panic!("no event of a {of}: {log}"));
        assert_eq!(newest["action"], "CREATE", "the newest comes first");
        newest["trigger"]["address"]
            .as_str()
            .expect("an address")
            .to_owned()
    };
    let secure = session.header("set-cookie").contains("; Secure");
    app.call(Method::DELETE, "/v1/blueprints/service", None)
        .await
        .good();
    (newest("blueprint"), newest("session"), secure)
}

#[tokio::test]
async fn forwarded_addresses_are_taken_from_trusted_proxies_and_what_a_client_wrote_itself_is_not()
{
    let place = Place::sqlite().with("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8");
    let server = place.serve().await;
    let client = "203.0.113.9";
    let cases: [&[(&str, &str)]; 5] = [
        &[("x-forwarded-for", "203.0.113.9")],
        &[
            ("x-forwarded-for", "198.51.100.7, 203.0.113.9, 10.2.3.4"),
            ("x-forwarded-proto", "https"),
        ],
        &[
            ("x-forwarded-for", "198.51.100.7"),
            ("x-forwarded-for", "203.0.113.9"),
        ],
        &[
            ("x-forwarded-for", "203.0.113.9:4431"),
            ("x-forwarded-proto", "http"),
        ],
        &[],
    ];
    for headers in cases {
        let expected = if headers.is_empty() {
            "127.0.0.1"
        } else {
            client
        };
        let https = headers.contains(&("x-forwarded-proto", "https"));
        let expected = (expected.to_owned(), expected.to_owned(), https);
        assert_eq!(seen(&server, headers).await, expected, "{headers:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn without_trusted_proxies_forged_headers_change_nothing() {
    for trusted in [None, Some("10.0.0.0/8")] {
        let mut place = Place::sqlite();
        if let Some(trusted) = trusted {
            place.set("TRUSTED_PROXIES", trusted);
        }
        let server = place.serve().await;
        let forged = [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-proto", "https"),
        ];
        let local = "127.0.0.1".to_owned();
        assert_eq!(
            seen(&server, &forged).await,
            (local.clone(), local, false),
            "{trusted:?}"
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn a_network_that_is_none_is_refused_with_an_example() {
    let place = Place::sqlite().with("TRUSTED_PROXIES", "10.0.0.0/8,proxy");
    place
        .run(&["serve"])
        .await
        .refused(&["trusted-proxies", "\"proxy\"", "10.0.0.0/8"]);
}
