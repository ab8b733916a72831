//! A client of the product's API, which tells an answer from no answer.

use crate::PATIENCE;
use reqwest::Method;
use serde_json::{Value, json};

/// What came back: the status and the body.
pub(crate) type Answer = (u16, Value);

/// Calls one server with one token.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    pub(crate) token: String,
}

impl Client {
    /// A client with a fresh token.
    pub(crate) async fn sign_in(url: &str, id: &str, secret: &str) -> Self {
        let mut client = Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(PATIENCE)
                .build()
                .expect("an HTTP client"),
            url: url.to_owned(),
            token: String::new(),
        };
        let body = json!({ "clientId": id, "clientSecret": secret });
        let reply = client.post("/v1/auth/access_token", &body).await;
        client.token = text(&reply["accessToken"]);
        client
    }

    /// The same token at another server.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// One request; the error if no complete answer came.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    /// A POST that may fail.
    pub(crate) async fn try_post(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Answer, reqwest::Error> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// A POST that must succeed.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        good(path, self.try_post(path, body).await)
    }

    /// A POST of one JSON value a line, all of which must be taken.
    pub(crate) async fn post_lines(&self, path: &str, lines: &[String]) {
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request
            .bearer_auth(&self.token)
            .header("content-type", "application/x-ndjson")
            .body(lines.join("\n"));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 200, "{path}");
        let answers = response.text().await.expect("a whole answer");
        assert!(!answers.contains("\"error\""), "{path}: {answers}");
        assert_eq!(answers.lines().count(), lines.len() + 1, "{path}");
    }

    /// A GET that must succeed.
    pub(crate) async fn get(&self, path: &str) -> Value {
        good(path, self.call(Method::GET, path, None).await)
    }

    /// A counter of the server, over all its labels.
    pub(crate) async fn counter(&self, name: &str) -> f64 {
        let request = self.http.get(format!("{}/metrics", self.url));
        let response = request.send().await.expect("an answer");
        let text = response.text().await.expect("metrics");
        text.lines()
            .filter(|line| line.starts_with(name))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// All pages of a list that pages by `parameter`.
    pub(crate) async fn all(&self, path: &str, key: &str, parameter: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut page = path.to_owned();
        loop {
            let mut reply = self.get(&page).await;
            items.append(reply[key].as_array_mut().expect("a list"));
            match reply["next"].as_str() {
                Some(next) => page = format!("{path}&{parameter}={next}"),
                None => return items,
            }
        }
    }

    /// Opens the live stream of a run.
    pub(crate) async fn watch(&self, run: &str) -> Stream {
        let response = self
            .http
            .get(format!("{}/v1/actions/runs/{run}/events", self.url))
            .bearer_auth(&self.token)
            .send()
            .await
            .expect("a stream");
        assert_eq!(response.status().as_u16(), 200);
        Stream {
            response,
            text: String::new(),
        }
    }

    /// Executes the action of the tests; the run's id.
    pub(crate) async fn execute(&self) -> String {
        let reply = self
            .post("/v1/actions/deploy/runs", &json!({ "properties": {} }))
            .await;
        text(&reply["run"]["id"])
    }

    /// What the tests work on: a blueprint, and an action that calls `hook`.
    pub(crate) async fn prepare(&self, hook: &str) {
        let blueprint = json!({
            "identifier": "service", "title": "Service", "icon": "Microservice",
            "schema": { "properties": { "build": { "type": "number" } }, "required": [] },
        });
        let action = json!({
            "identifier": "deploy",
            "trigger": { "type": "self-service", "operation": "CREATE", "userInputs": { "properties": {} } },
            "invocationMethod": { "type": "WEBHOOK", "url": hook, "body": { "runId": "{{ .run.id }}" } },
        });
        self.post("/v1/blueprints", &blueprint).await;
        self.post("/v1/actions", &action).await;
    }
}

/// One frame of a live stream.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) name: String,
    pub(crate) id: Option<i64>,
    pub(crate) data: Value,
}

/// A live stream that is being read.
pub(crate) struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    /// The next frame; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                match frame(&block) {
                    Some(frame) => return Some(frame),
                    None => continue,
                }
            }
            let read = tokio::time::timeout(PATIENCE, self.response.chunk());
            let chunk = read.await.expect("a frame in time").expect("a stream")?;
            self.text
                .push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }
}

/// A block as a frame; `None` for a comment.
fn frame(block: &str) -> Option<Frame> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    Some(Frame {
        name: field("event: ")?.to_owned(),
        id: field("id: ").and_then(|id| id.parse().ok()),
        data: serde_json::from_str(field("data: ")?).expect("JSON"),
    })
}

/// A JSON string as text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn good(path: &str, answer: Result<Answer, reqwest::Error>) -> Value {
    match answer {
        Ok((200..=299, body)) => body,
        other => panic!("{path}: {other:?}"),
    }
}
