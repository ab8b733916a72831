//! What a receiver gets, and what becomes of good and bad answers.

use super::receiver::{Behaviour, Receiver};
use super::*;

fn http(head: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn ok() -> Behaviour {
    Behaviour::Answer(http("200 OK", "fine"))
}

#[tokio::test]
async fn a_receiver_gets_the_exact_body_signed_with_the_published_signature() {
    let mut receiver = Receiver::start(ok()).await;
    let client = local();
    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let outcome = client
        .send(
            &request(receiver.url()),
            3,
            "test-secret",
            &Still,
            Some(context),
        )
        .await;
    assert_eq!(answer(outcome.result), (200, b"fine".to_vec(), false));
    assert_eq!(outcome.started_at, Still.now());

    let received = receiver.request().await;
    assert_eq!(received.request_line(), "POST /hook HTTP/1.1");
    assert_eq!(received.body, br#"{"a":1}"#);
    let expected = [
        ("x-port-timestamp", "1700000000"),
        (
            "x-port-signature",
            "v1,jLLDNV/KOI6awsrsAE9NXXBF10k3q1+q1h3BFoIkep8=",
        ),
        ("x-larboard-delivery", "dlv_AAAAAAAAAAAAAAAA"),
        ("x-larboard-attempt", "3"),
        ("traceparent", context),
        ("content-type", "application/json"),
        ("content-length", "7"),
        (
            "user-agent",
            concat!("larboard/", env!("CARGO_PKG_VERSION")),
        ),
        ("host", &receiver.address.to_string()),
    ];
    for (name, value) in expected {
        assert_eq!(received.header(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn the_authors_headers_are_kept_except_those_of_the_connection_and_ours() {
    let mut receiver = Receiver::start(ok()).await;
    let mut request = request(receiver.url());
    let authors = [
        ("RUN_ID", "r_1"),
        ("Content-Type", "application/vnd.ci+json"),
        ("X-Tag", "a"),
        ("X-Tag", "b"),
        ("X-Name", "Zoë"),
        ("Host", "elsewhere.example"),
        ("Content-Length", "3"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("X-Port-Signature", "v1,forged"),
        ("x-larboard-delivery", "forged"),
    ];
    request.headers = authors
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    send(&local(), &request).await;

    let received = receiver.request().await;
    assert_eq!(received.header("run_id").as_deref(), Some("r_1"));
    assert_eq!(
        received.header("content-type").as_deref(),
        Some("application/vnd.ci+json")
    );
    assert_eq!(received.header("x-tag").as_deref(), Some("a, b"));
    assert_eq!(received.header("x-name").as_deref(), Some("Zoë"));
    assert_eq!(received.header("host"), Some(receiver.address.to_string()));
    assert_eq!(received.header("content-length").as_deref(), Some("7"));
    assert_eq!(received.header("transfer-encoding"), None);
    assert_eq!(received.header("connection"), None);
    assert!(
        received
            .header("x-port-signature")
            .is_some_and(|value| value.starts_with("v1,jLLD"))
    );
    assert_eq!(
        received.header("x-larboard-delivery").as_deref(),
        Some("dlv_AAAAAAAAAAAAAAAA")
    );
}

#[tokio::test]
async fn a_get_carries_no_body_and_signs_the_empty_string() {
    let mut receiver = Receiver::start(ok()).await;
    let request = RenderedRequest {
        method: "get".to_owned(),
        ..request(receiver.url())
    };
    send(&local(), &request).await;

    let received = receiver.request().await;
    assert_eq!(received.request_line(), "GET /hook HTTP/1.1");
    assert!(received.body.is_empty());
    assert_eq!(received.header("content-type"), None);
    let signature = signature::sign("test-secret", 1_700_000_000, b"");
    assert_eq!(received.header("x-port-signature"), Some(signature));
}

#[tokio::test]
async fn credentials_in_the_url_become_an_authorization_header() {
    let mut receiver = Receiver::start(ok()).await;
    let mut request = request(format!("http://bot:p%40ss@{}/hook", receiver.address));
    send(&local(), &request).await;
    let received = receiver.request().await;
    assert_eq!(received.request_line(), "POST /hook HTTP/1.1");
    assert_eq!(
        received.header("authorization").as_deref(),
        Some("Basic Ym90OnBAc3M=")
    );

    request.headers = vec![("Authorization".to_owned(), "Bearer t".to_owned())];
    send(&local(), &request).await;
    assert_eq!(
        receiver.request().await.header("authorization").as_deref(),
        Some("Bearer t")
    );
}

#[tokio::test]
async fn connections_are_reused() {
    let mut receiver = Receiver::start(ok()).await;
    let client = local();
    for _ in 0..3 {
        send(&client, &request(receiver.url())).await;
        assert_eq!(receiver.request().await.connection, 1);
    }
}

#[tokio::test]
async fn an_error_answer_is_recorded_with_the_pause_it_asks_for() {
    let cases = [
        ("7", Some(7_000)),
        ("Tue, 14 Nov 2023 22:13:30 GMT", Some(9_001)),
        ("Tue, 14 Nov 2000 22:13:30 GMT", Some(0)),
        ("99999999999999999999", Some(86_400_000)),
        ("soon", None),
        ("", None),
    ];
    for (value, asked) in cases {
        let head = format!("503 Service Unavailable\r\nretry-after: {value}\r\nset-cookie: s=1");
        let receiver = Receiver::start(Behaviour::Answer(http(&head, "busy"))).await;
        let result = send(&local(), &request(receiver.url())).await;
        let AttemptResult::Answered {
            status: 503,
            headers_excerpt,
            body,
            retry_after_ms,
            ..
        } = result
        else {
            panic!("expected a 503 for {value}: {result:?}");
        };
        assert_eq!(body, b"busy");
        assert_eq!(retry_after_ms, asked, "{value}");
        assert!(headers_excerpt.contains(&("retry-after".to_owned(), value.to_owned())));
        assert!(!headers_excerpt.iter().any(|(name, _)| name == "set-cookie"));
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let mut receiver = Receiver::start(Behaviour::Answer(http(
        "307 Temporary Redirect\r\nlocation: /elsewhere",
        "",
    )))
    .await;
    let (status, ..) = answer(send(&local(), &request(receiver.url())).await);
    assert_eq!(status, 307);
    receiver.request().await;
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn a_receiver_that_hangs_ends_in_a_timeout_that_names_it() {
    for first in ["", "HTTP/1.1 200"] {
        let receiver = Receiver::start(Behaviour::Hang(first.as_bytes().to_vec())).await;
        let (kind, message) = failure(send(&hasty(), &request(receiver.url())).await);
        assert_eq!(kind, FailureKind::Timeout);
        assert_eq!(
            message,
            format!("`{}` did not answer in time.", receiver.address)
        );
    }
}

#[tokio::test]
async fn a_head_that_drips_ends_in_a_timeout() {
    let receiver = Receiver::start(Behaviour::Drip(b"HTTP/1.1 200 OK\r\nx: ".to_vec())).await;
    let (kind, _) = failure(send(&hasty(), &request(receiver.url())).await);
    assert_eq!(kind, FailureKind::Timeout);
}

#[tokio::test]
async fn a_body_that_drips_is_cut_at_the_timeout_and_the_status_counts() {
    let head = b"HTTP/1.1 202 Accepted\r\ncontent-length: 1000000\r\n\r\n";
    let receiver = Receiver::start(Behaviour::Drip(head.to_vec())).await;
    let (status, body, truncated) = answer(send(&hasty(), &request(receiver.url())).await);
    assert_eq!((status, truncated), (202, true));
    assert!(body.len() < 1_000_000);
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_the_status_that_came_before() {
    let bytes = b"HTTP/1.1 201 Created\r\ncontent-length: 10\r\n\r\nhalf".to_vec();
    let receiver = Receiver::start(Behaviour::AnswerAndClose(bytes)).await;
    let result = answer(send(&local(), &request(receiver.url())).await);
    assert_eq!(result, (201, b"half".to_vec(), true));
}

#[tokio::test]
async fn of_fifty_megabytes_only_the_limit_is_read() {
    let mut receiver = Receiver::start(Behaviour::Flood(50_000_000)).await;
    let client = client(WebhookOptions {
        max_response_bytes: 100_000,
        ..options("127.0.0.0/8")
    });
    let (status, body, truncated) = answer(send(&client, &request(receiver.url())).await);
    assert_eq!((status, body.len(), truncated), (200, 100_000, true));
    let taken = receiver.taken().await;
    assert!(taken < 25_000_000, "{taken} bytes were taken");
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole() {
    let receiver = Receiver::start(ok()).await;
    let client = client(WebhookOptions {
        max_response_bytes: 4,
        ..options("127.0.0.0/8")
    });
    assert_eq!(
        answer(send(&client, &request(receiver.url())).await),
        (200, b"fine".to_vec(), false)
    );
}

#[tokio::test]
async fn an_answer_that_is_not_http_fails_with_a_sentence_that_names_the_receiver() {
    for bytes in ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "\0\u{1}\u{2}", ""] {
        let receiver = Receiver::start(Behaviour::AnswerAndClose(bytes.as_bytes().to_vec())).await;
        let url = format!("{}?token=t0p", receiver.url());
        let (kind, message) = failure(send(&local(), &request(url)).await);
        assert_eq!(kind, FailureKind::Protocol, "{message}");
        assert!(
            message.starts_with(&format!("`{}` gave no HTTP answer: ", receiver.address)),
            "{message}"
        );
        assert!(!message.contains("t0p"), "{message}");
    }
}

#[tokio::test]
async fn an_endless_head_is_too_large() {
    let head = format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(2_000_000));
    let receiver = Receiver::start(Behaviour::Hang(head.into_bytes())).await;
    let (kind, message) = failure(send(&local(), &request(receiver.url())).await);
    assert_eq!(kind, FailureKind::TooLarge, "{message}");
}

#[tokio::test]
async fn a_request_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let mut receiver = Receiver::start(ok()).await;
    let with_header = |name: &str, value: &str| {
        let headers = vec![(name.to_owned(), value.to_owned())];
        RenderedRequest {
            headers,
            ..request(receiver.url())
        }
    };
    let requests = [
        with_header("x y", "1"),
        with_header("", "1"),
        with_header("x", "s3cret\r\nx-port-signature: v1,forged"),
        RenderedRequest {
            method: "TRACE".to_owned(),
            ..request(receiver.url())
        },
        request("ftp://ci.example/"),
    ];
    for request in requests {
        let (kind, message) = failure(send(&local(), &request).await);
        assert_eq!(kind, FailureKind::Refused);
        assert!(!message.contains("s3cret"));
        assert_eq!(request.check(), Err(message));
    }
    assert!(receiver.is_quiet());
}
