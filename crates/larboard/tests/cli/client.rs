//! A client of the product's API that also sees headers and cookies.

use crate::PATIENCE;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body of a success.
    pub(crate) fn good(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json()
    }
}

#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        Self::over(reqwest::Client::builder(), url)
    }

    /// With other trust than the usual.
    pub(crate) fn over(builder: reqwest::ClientBuilder, url: &str) -> Self {
        let http = builder
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .expect("an HTTP client");
        Self {
            http,
            url: url.to_owned(),
            headers: HeaderMap::new(),
        }
    }

    /// With one more header on every request.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut client = self.clone();
        let value = HeaderValue::from_str(value).expect("a header");
        client.headers.append(HeaderName::from_static(name), value);
        client
    }

    /// With the token of an app.
    pub(crate) async fn signed_in(&self, id: &str, secret: &str) -> Self {
        let answer = self.token(id, secret).await.good();
        let token = answer["accessToken"].as_str().expect("a token");
        self.with("authorization", token)
    }

    /// Asks for a token.
    pub(crate) async fn token(&self, id: &str, secret: &str) -> Answer {
        self.post(
            "/v1/auth/access_token",
            json!({ "clientId": id, "clientSecret": secret }),
        )
        .await
    }

    /// Signs in to the portal.
    pub(crate) async fn session(&self, email: &str, password: &str) -> Answer {
        self.post(
            "/v1/auth/session",
            json!({ "email": email, "password": password }),
        )
        .await
    }

    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .headers(self.headers.clone());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await?,
        })
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let answer = self.try_call(method, path, body).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// A blueprint, and an action that calls `hook`.
    pub(crate) async fn prepare(&self, hook: &str) {
        let blueprint = json!({
            "identifier": "service", "title": "Service",
            "schema": { "properties": { "build": { "type": "number" } }, "required": [] },
        });
        let action = json!({
            "identifier": "deploy",
            "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {} } },
            "invocationMethod": { "type": "WEBHOOK", "url": hook, "body": { "runId": "{{ .run.id }}" } },
        });
        self.post("/v1/blueprints", blueprint).await.good();
        self.post("/v1/actions", action).await.good();
    }

    /// Executes the action; the run's id.
    pub(crate) async fn execute(&self) -> String {
        let answer = self
            .post("/v1/actions/deploy/runs", json!({ "properties": {} }))
            .await
            .good();
        answer["run"]["id"].as_str().expect("an id").to_owned()
    }

    /// Waits until the delivery of a run is no longer under way; the delivery.
    pub(crate) async fn delivered(&self, run: &str) -> Value {
        self.until(&format!("/v1/actions/runs/{run}/deliveries"), |reply| {
            let delivery = &reply["deliveries"][0];
            (!delivery["attempts"].as_array().is_none_or(Vec::is_empty)).then(|| delivery.clone())
        })
        .await
    }

    /// Asks again until the answer holds what is looked for.
    pub(crate) async fn until<T>(&self, path: &str, look: impl Fn(&Value) -> Option<T>) -> T {
        let looking = async {
            loop {
                if let Some(found) = look(&self.get(path).await.json()) {
                    return found;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking)
            .await
            .unwrap_or_else(|_| panic!("{path} never became so"))
    }
}
