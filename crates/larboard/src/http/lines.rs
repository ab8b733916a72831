//! Requests and replies of newline-delimited JSON: lines are read as they arrive and answered as they are done, so that
//! neither side holds the whole in memory.

use super::body::LIMIT;
use super::error;
use crate::ops::Failure;
use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use larboard_core::refusal::{Code, Refusal};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Lines of one chunk, which is one transaction.
pub const CHUNK: usize = 500;

/// The lines of a request.
pub struct Lines {
    stream: BodyDataStream,
    held: BytesMut,
    read: usize,
    limit: usize,
    ended: bool,
    /// What ended the reading, told once the lines before it have been handed out.
    broken: Option<Refusal>,
}

impl Lines {
    /// The lines of a body of at most `limit` bytes.
    ///
    /// # Errors
    /// 413 if the body declares that it is longer.
    pub fn of(headers: &HeaderMap, body: Body, limit: usize) -> Result<Self, Refusal> {
        let declared = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse::<usize>().ok());
        if declared.is_some_and(|declared| declared > limit) {
            return Err(too_large(limit));
        }
        Ok(Self {
            stream: body.into_data_stream(),
            held: BytesMut::new(),
            read: 0,
            limit,
            ended: false,
            broken: None,
        })
    }

    /// Up to [`CHUNK`] lines, or as many as make up 1 MiB; empty at the end. Empty lines are left out.
    ///
    /// # Errors
    /// What ends the reading: a line over 1 MiB, a body over its limit, a body that breaks off.
    pub async fn next(&mut self) -> Result<Vec<Bytes>, Refusal> {
        let (mut lines, mut size) = (Vec::new(), 0);
        while self.broken.is_none() && lines.len() < CHUNK && size < LIMIT {
            let line = match self.line().await {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(refusal) => {
                    self.broken = Some(refusal);
                    break;
                }
            };
            if !line.iter().all(u8::is_ascii_whitespace) {
                size += line.len();
                lines.push(line);
            }
        }
        match self.broken.clone() {
            Some(refusal) if lines.is_empty() => {
                self.drain().await;
                Err(refusal)
            }
            _ => Ok(lines),
        }
    }

    /// Reads what is left of a body that is read no further, so that a client which is still sending gets to read why: a
    /// connection closed under it would lose the answer. A body over its limit is left unread.
    async fn drain(&mut self) {
        self.held = BytesMut::new();
        while let Some(Ok(bytes)) = self.stream.next().await {
            self.read += bytes.len();
            if self.read > self.limit {
                break;
            }
        }
    }

    async fn line(&mut self) -> Result<Option<Bytes>, Refusal> {
        let mut looked = 0;
        loop {
            let found = self.held[looked..].iter().position(|byte| *byte == b'\n');
            let length = found.map_or(self.held.len(), |place| looked + place);
            if length > LIMIT {
                return Err(Refusal::new(
                    Code::PayloadTooLarge,
                    "A line is longer than 1 MiB; the lines before it were handled, it and those after it were not.",
                ));
            }
            if let Some(place) = found {
                let line = self.held.split_to(looked + place);
                self.held.advance(1);
                return Ok(Some(line.freeze()));
            }
            looked = self.held.len();
            if self.ended {
                let rest = self.held.split().freeze();
                return Ok(Some(rest).filter(|rest| !rest.is_empty()));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<(), Refusal> {
        match self.stream.next().await {
            Some(Ok(bytes)) => {
                self.read += bytes.len();
                if self.read > self.limit {
                    return Err(too_large(self.limit));
                }
                self.held.extend_from_slice(&bytes);
            }
            Some(Err(_)) => {
                return Err(Refusal::bad_request(
                    "The body ended before it was complete; the lines that were answered were handled.",
                ));
            }
            None => self.ended = true,
        }
        Ok(())
    }
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(
        Code::PayloadTooLarge,
        format!(
            "The body is longer than {limit} bytes; split it, or raise the setting bulk-body-limit."
        ),
    )
}

/// A line as JSON.
///
/// # Errors
/// `bad_request` that says where it stops being JSON.
pub fn parse(line: Bytes) -> Result<Value, Refusal> {
    super::body::Body(line).json(Code::BadRequest)
}

/// What a line is answered with; the log is told the rest.
pub fn told(failure: Failure) -> Refusal {
    let (refusal, cause) = error::told(failure);
    if let Some(cause) = cause {
        tracing::error!(cause, "lines of a request could not be written");
    }
    refusal
}

/// Where answers go, line by line.
pub struct Answers(UnboundedSender<Bytes>);

impl Answers {
    /// Sends one line. That nobody reads it any more is no error: what was begun is finished.
    pub fn send(&self, value: &Value) {
        let mut line = value.to_string().into_bytes();
        line.push(b'\n');
        drop(self.0.send(line.into()));
    }

    /// Sends the answer to a line that was refused.
    pub fn refused(&self, index: usize, identifier: Option<&str>, failure: Failure) {
        let refusal = told(failure);
        let mut answer = json!({ "index": index });
        if let Some(identifier) = identifier {
            answer["identifier"] = identifier.into();
        }
        answer["statusCode"] = refusal.status().into();
        answer["error"] = refusal.code.as_str().into();
        answer["message"] = refusal.message.into();
        self.send(&answer);
    }

    /// Sends the last line: whether every line was handled and none refused, and how many there were.
    pub fn end(&self, lines: usize, refused: usize, ended_by: Option<Refusal>) {
        let mut last = json!({
            "ok": refused == 0 && ended_by.is_none(), "lines": lines, "refused": refused,
        });
        if let Some(refusal) = ended_by {
            last["error"] = refusal.code.as_str().into();
            last["message"] = refusal.message.into();
        }
        self.send(&last);
    }
}

/// A reply whose lines are sent as they come. They wait in memory if the client sends its whole body before it reads; that
/// is bounded by the limit of the body.
pub fn reply() -> (Answers, Response) {
    let (sender, receiver) = unbounded_channel();
    let lines = futures_util::stream::unfold(
        receiver,
        |mut receiver: UnboundedReceiver<Bytes>| async move {
            let line = receiver.recv().await?;
            Some((Ok::<_, std::convert::Infallible>(line), receiver))
        },
    );
    let mut response = Response::new(Body::from_stream(lines.fuse()));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    (Answers(sender), response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: String) -> Lines {
        Lines::of(&HeaderMap::new(), Body::from(text), 4 * LIMIT).expect("a body that may be read")
    }

    #[tokio::test]
    async fn a_line_over_a_mebibyte_ends_the_reading_after_the_lines_before_it() {
        for end in ["", "\n", "\nc\n"] {
            let mut lines = lines(format!("a\nb\n{}{end}", "x".repeat(LIMIT + 1)));
            assert_eq!(
                lines.next().await,
                Ok(vec![Bytes::from("a"), Bytes::from("b")])
            );
            for _ in 0..2 {
                let refusal = lines.next().await.expect_err("a line that is too long");
                assert_eq!(refusal.code, Code::PayloadTooLarge);
            }
        }
        let mut longest = lines("x".repeat(LIMIT));
        assert_eq!(longest.next().await.map(|lines| lines.len()), Ok(1));
    }

    #[tokio::test]
    async fn a_chunk_holds_so_many_lines_or_bytes_and_no_empty_ones() {
        let mut many = lines("1\n \n\r\n".repeat(CHUNK + 1));
        let counts = [many.next().await, many.next().await, many.next().await];
        assert_eq!(
            counts.map(|chunk| chunk.map(|lines| lines.len())),
            [Ok(CHUNK), Ok(1), Ok(0)]
        );
        let mut large = lines(format!("{0}\n{0}\n{0}\n", "x".repeat(LIMIT / 2)));
        assert_eq!(large.next().await.map(|lines| lines.len()), Ok(2));
        assert_eq!(large.next().await.map(|lines| lines.len()), Ok(1));
    }
}
