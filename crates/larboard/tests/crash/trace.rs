//! Traces of system calls, read back: what was called, and when it began and ended.

use std::collections::HashMap;
use std::path::Path;

/// A finished system call.
pub(crate) struct Call {
    /// Moments: places in the trace, which is in the order of events, or microseconds if it was made with `-ttt -T`.
    pub(crate) began: u64,
    pub(crate) ended: u64,
    /// Who called.
    pub(crate) thread: String,
    /// As the tracer writes it, without what it was told to add.
    pub(crate) text: String,
}

impl Call {
    /// A 201 on its way to a client.
    pub(crate) fn answers(&self) -> bool {
        let sends = ["write", "send"]
            .iter()
            .any(|name| self.text.starts_with(name));
        sends && self.text.contains("\"HTTP/1.1 201 Created")
    }

    /// A success on its way to the client that made this request.
    pub(crate) fn answers_to(&self, asked: &Call) -> bool {
        let sends = ["write", "send"]
            .iter()
            .any(|name| self.text.starts_with(name));
        let answers = sends && self.text.contains("\"HTTP/1.1 20") && self.began > asked.ended;
        answers && self.socket() == asked.socket()
    }

    fn socket(&self) -> Option<&str> {
        let (_, arguments) = self.text.split_once('(')?;
        arguments.split_once(',').map(|(socket, _)| socket)
    }

    /// The arrival of a request with this in it.
    pub(crate) fn asks(&self, mark: &str) -> bool {
        let reads = ["read", "recv"]
            .iter()
            .any(|name| self.text.starts_with(name));
        reads && self.text.contains(mark)
    }

    /// A sync that succeeded of a file whose path holds this.
    pub(crate) fn syncs(&self, path: &str) -> bool {
        let syncs = self.text.starts_with("fdatasync(") || self.text.starts_with("fsync(");
        // The tracer says so where it was told to have a call take longer.
        let result = self.text.trim_end_matches(" (DELAYED)");
        syncs && self.text.contains(path) && result.ends_with("= 0")
    }

    /// A write at a place in a file whose path holds this.
    pub(crate) fn writes(&self, path: &str) -> bool {
        self.text.starts_with("pwrite") && self.text.contains(path)
    }

    /// Whether it writes the header of the page that ends a commit to a log of SQLite: the second of its numbers, the
    /// size of the database, is only there.
    pub(crate) fn begins_the_end_of_a_commit(&self, log: &str) -> bool {
        let text = self.text.split_once('"').filter(|_| self.writes(log));
        let header = text.and_then(|(_, text)| text.rsplit_once("\", 24, "));
        header.is_some_and(|(header, _)| bytes(header)[4..8] != [0; 4])
    }
}

/// The request of a mark, and the answer that the server sent next.
pub(crate) fn asked_and_answered<'c>(calls: &'c [Call], mark: &str) -> (&'c Call, &'c Call) {
    let asked = calls.iter().find(|call| call.asks(mark));
    let asked = asked.unwrap_or_else(|| panic!("the trace has no request with {mark:?}"));
    let answers = calls
        .iter()
        .filter(|call| call.answers() && call.began > asked.ended);
    let answered = answers.min_by_key(|call| call.began);
    (
        asked,
        answered.unwrap_or_else(|| panic!("the trace has no answer to {mark:?}")),
    )
}

/// The bytes of a string as the tracer writes it.
fn bytes(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::new();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let digits = rest
            .iter()
            .take(3)
            .take_while(|byte| (b'0'..=b'7').contains(byte));
        let digits = digits.count();
        let octal = rest[..digits]
            .iter()
            .fold(0, |sum: u32, digit| sum * 8 + u32::from(digit - b'0'));
        let (byte, length) = match rest.first() {
            _ if digits > 0 => (u8::try_from(octal).expect("a byte"), digits),
            Some(b'n') => (b'\n', 1),
            Some(b't') => (b'\t', 1),
            Some(b'r') => (b'\r', 1),
            Some(b'v') => (0x0b, 1),
            Some(b'f') => (0x0c, 1),
            Some(other) => (*other, 1),
            None => (b'\\', 0),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes
}

/// Lines of the trace as calls; two lines that another thread's call came between are put together.
pub(crate) fn read(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<&str, (u64, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (place, line) in (0..).zip(trace.lines()) {
        let Some((thread, text)) = line.split_once(' ') else {
            continue;
        };
        let (moment, text) = timed(text.trim_start()).unwrap_or((place, text.trim_start()));
        if let Some(start) = text.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, (moment, start.to_owned()));
            continue;
        }
        let resumed = text
            .strip_prefix("<... ")
            .and_then(|rest| rest.split_once(" resumed>"));
        let (began, text) = match resumed {
            Some((_, end)) => {
                let (began, start) = begun.remove(thread).unwrap_or((moment, String::new()));
                (began, start + end)
            }
            None => (moment, text.to_owned()),
        };
        let (text, took) = without_duration(&text);
        calls.push(Call {
            began,
            // The line that resumes a call is written when it ends; one that was not interrupted, when it begins.
            ended: if resumed.is_some() {
                moment
            } else {
                moment + took
            },
            thread: thread.to_owned(),
            text: text.to_owned(),
        });
    }
    calls
}

/// `1700000000.123456 write(…` as microseconds and the rest.
fn timed(text: &str) -> Option<(u64, &str)> {
    let (stamp, rest) = text.split_once(' ')?;
    let (seconds, micros) = stamp.split_once('.')?;
    let (seconds, micros) = (seconds.parse::<u64>().ok()?, micros.parse::<u64>().ok()?);
    Some((seconds * 1_000_000 + micros, rest))
}

/// `… = 0 <0.001234>` as the call and the microseconds it took.
fn without_duration(text: &str) -> (&str, u64) {
    let parts = text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once(" <"));
    let micros = parts.and_then(|(call, took)| {
        let (seconds, micros) = took.split_once('.')?;
        Some((
            call,
            seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?,
        ))
    });
    micros.unwrap_or((text, 0))
}

/// The traced process, which would outlive a tracer that a failed test kills.
pub(crate) struct Traced(pub(crate) u32);

impl Traced {
    /// The first traced call is the one that made the server.
    pub(crate) fn find(trace: &Path) -> Self {
        let text = std::fs::read_to_string(trace).expect("a trace");
        let pid = text.split_once(' ').and_then(|(pid, _)| pid.parse().ok());
        Self(pid.expect("a process id"))
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let kill = format!("kill -KILL {}", self.0);
            drop(
                std::process::Command::new("sh")
                    .args(["-c", &kill])
                    .status(),
            );
        }
    }
}
