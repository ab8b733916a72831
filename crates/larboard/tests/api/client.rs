//! Callers of the API with the credentials they have, and the replies they get.

use crate::contract::{self, Exchange};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// The credentials of a caller.
#[derive(Clone, Debug)]
pub enum Auth {
    /// None at all.
    Nobody,
    /// An access token.
    Token(String),
    /// A session of the portal.
    Session { cookie: String, csrf: String },
}

/// Someone who calls the API.
#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub base: String,
    pub auth: Auth,
}

impl Client {
    /// A request with this caller's credentials, not sent yet.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().expect("a method");
        let safe = method.is_safe();
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.auth {
            Auth::Nobody => request,
            Auth::Token(token) => request.bearer_auth(token),
            Auth::Session { cookie, csrf } => {
                let request = request.header("cookie", cookie);
                if safe {
                    request
                } else {
                    request.header("x-larboard-csrf", csrf)
                }
            }
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        send(self.request("GET", path)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        send(self.request("DELETE", path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        send(self.request("POST", path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        send(self.request("PUT", path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        send(self.request("PATCH", path).json(body)).await
    }
}

/// A reply, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// What was asked, for the message of a failing test.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Reply {
    /// The body, if the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(
            self.status, status,
            "{} answered {}: {}",
            self.asked, self.status, self.text
        );
        self.body
    }

    /// The message of a refusal, if status and code are the expected ones.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> String {
        let asked = self.asked.clone();
        let body = self.expect(status);
        assert_eq!(body["ok"], Value::Bool(false), "{asked}: {body}");
        assert_eq!(body["error"], code, "{asked}: {body}");
        body["message"].as_str().expect("a sentence").to_owned()
    }
}

/// Sends a request and reads the reply, which must keep to the OpenAPI document.
pub async fn send(request: RequestBuilder) -> Reply {
    let (client, request) = request.build_split();
    let request = request.expect("a request that can be sent");
    let asked = format!("{} {}", request.method(), request.url());
    let (method, url) = (request.method().clone(), request.url().clone());
    let sent = request
        .body()
        .and_then(|body| body.as_bytes())
        .map(<[u8]>::to_vec);
    let response = client
        .execute(request)
        .await
        .unwrap_or_else(|error| panic!("{asked} got no reply: {error:?}"));
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response
        .text()
        .await
        .unwrap_or_else(|error| panic!("{asked} got no whole reply: {error:?}"));
    let faults = contract::faults(&Exchange {
        method: method.as_str(),
        path: url.path(),
        query: url.query().unwrap_or_default(),
        sent: sent.as_deref(),
        status,
        content_type: headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
        text: &text,
    });
    assert!(
        faults.is_empty(),
        "{asked} breaks the OpenAPI document: {}\n  sent: {}\n  got:  {status} {text}",
        faults.join("; "),
        sent.as_deref()
            .map(String::from_utf8_lossy)
            .unwrap_or_default()
    );
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply {
        asked,
        status,
        headers,
        text,
        body,
    }
}

/// Adds headers given as texts.
pub fn with_headers<'h>(
    mut request: RequestBuilder,
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
) -> RequestBuilder {
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a header name");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
        request = request.header(name, value);
    }
    request
}
