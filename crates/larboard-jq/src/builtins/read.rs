//! `fromjson`: a reader of JSON with jq's messages. It keeps the containers that are open in a list, so depth costs no stack.

use std::sync::Arc;

use super::{Native, native};
use crate::error::Stop;
use crate::eval::{CONTAINER, Machine};
use crate::value::{Array, Object, Str, Val};

pub(super) const TABLE: &[Native] = &[native("fromjson", 0, |machine, input, _| match &input {
    Val::Str(text) => machine.read_json(text),
    other => Err(Stop::about(other, "only strings can be parsed")),
})];

impl Machine<'_> {
    fn read_json(&mut self, text: &str) -> Result<Val, Stop> {
        self.meter.work(text.len() as u64 / 4)?;
        // An item takes at least two characters, and at most an entry of an object.
        self.meter.memory(CONTAINER + 32 * text.len() as u64)?;
        let mut reader = Reader::default();
        let read = reader.read(text);
        let value =
            read.map_err(|what| Stop::message(format!("{what} (while parsing '{text}')")))?;
        self.meter.nesting(value.depth())?;
        Ok(value)
    }
}

impl Val {
    /// Reads a JSON text as jq does: numbers keep their spelling, and `nan` is one.
    pub fn parse(text: &str) -> Result<Val, String> {
        let value = Reader::default().read(text)?;
        if value.depth() > NESTING_MAX {
            return Err("Exceeds depth limit for parsing".to_owned());
        }
        Ok(value)
    }
}

/// How deep a value may be nested that is read outside of a run, where no limit is given.
const NESTING_MAX: u32 = 1_000;

/// Containers nested deeper than this are refused, as by jq.
const DEPTH_MAX: usize = 10_000;

enum Open {
    Array(Array),
    Object(Object),
    /// The key of an entry whose value comes next.
    Key(Str),
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    /// The value that was read last and has no place yet.
    next: Option<Val>,
    /// The first whole value.
    done: Option<Val>,
    line: usize,
    column: usize,
}

type Reading = Result<(), &'static str>;

impl Reader {
    fn read(&mut self, text: &str) -> Result<Val, String> {
        self.line = 1;
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            let reading = match bytes[at] {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    at += 1;
                    self.pass(&bytes[start..at]);
                    Ok(())
                }
                b'"' => match end_of_string(bytes, at) {
                    Some(end) => {
                        at = end;
                        self.pass(&bytes[start..at]);
                        self.string(&text[start + 1..at - 1])
                    }
                    None => {
                        self.pass(&bytes[start..]);
                        return Err(self.place("Unfinished string at EOF"));
                    }
                },
                mark @ (b'[' | b'{' | b']' | b'}' | b',' | b':') => {
                    at += 1;
                    self.pass(&bytes[start..at]);
                    self.structure(mark)
                }
                _ => {
                    let rest = &bytes[at..];
                    let len = rest.iter().position(|b| b" \t\r\n\"[]{},:".contains(b));
                    at += len.unwrap_or(rest.len());
                    self.pass(&bytes[start..at]);
                    let read = self.literal(&text[start..at]);
                    // jq notices at the character behind the literal, or at the end.
                    match (read, bytes.get(at)) {
                        (Err(what), Some(_)) => {
                            self.pass(&bytes[at..at + 1]);
                            Err(what)
                        }
                        (Err(what), None) => return Err(self.place(&format!("{what} at EOF"))),
                        (ok, _) => ok,
                    }
                }
            };
            reading.map_err(|what| self.place(what))?;
            self.settle()?;
        }
        if !self.open.is_empty() {
            return Err(self.place("Unfinished JSON term at EOF"));
        }
        self.done
            .take()
            .ok_or_else(|| "Expected JSON value".to_owned())
    }

    /// Moves a whole value out of the way; a second one is an error.
    fn settle(&mut self) -> Result<(), String> {
        if !self.open.is_empty() {
            return Ok(());
        }
        if let Some(value) = self.next.take()
            && self.done.replace(value).is_some()
        {
            return Err("Unexpected extra JSON values".to_owned());
        }
        Ok(())
    }

    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.column += 1;
            if *byte == b'\n' {
                self.line += 1;
                self.column = 0;
            }
        }
    }

    fn place(&self, what: &str) -> String {
        format!("{what} at line {}, column {}", self.line, self.column)
    }

    fn value(&mut self, value: Val) -> Reading {
        if self.next.is_some() {
            return Err("Expected separator between values");
        }
        self.next = Some(value);
        Ok(())
    }

    fn literal(&mut self, text: &str) -> Reading {
        let value = match text {
            "true" => Val::Bool(true),
            "false" => Val::Bool(false),
            "null" => Val::Null,
            _ if text.starts_with('\'') => {
                return Err("Invalid string literal; expected \", but got '");
            }
            _ if text.starts_with(['t', 'f']) || text.starts_with("nu") => {
                return Err("Invalid literal");
            }
            _ => Val::parse_number(text).ok_or("Invalid numeric literal")?,
        };
        self.value(value)
    }

    fn string(&mut self, raw: &str) -> Reading {
        let mut text = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find(|c: char| c == '\\' || c < ' ') {
            text.push_str(&rest[..at]);
            if rest.as_bytes()[at] != b'\\' {
                return Err(
                    "Invalid string: control characters from U+0000 through U+001F must be escaped",
                );
            }
            rest = &rest[at + 1..];
            rest = &rest[unescape(rest, &mut text)?..];
        }
        text.push_str(rest);
        self.value(Val::from(text))
    }

    fn structure(&mut self, mark: u8) -> Reading {
        match mark {
            b'[' | b'{' => {
                if self.open.len() >= DEPTH_MAX {
                    return Err("Exceeds depth limit for parsing");
                }
                if self.next.is_some() {
                    return Err("Expected separator between values");
                }
                self.open.push(match mark {
                    b'[' => Open::Array(Array::default()),
                    _ => Open::Object(Object::default()),
                });
                Ok(())
            }
            b':' => {
                let next = self.next.take().ok_or("Expected string key before ':'")?;
                match (self.open.last(), next) {
                    (Some(Open::Object(_)), Val::Str(key)) => {
                        self.open.push(Open::Key(key));
                        Ok(())
                    }
                    (Some(Open::Object(_)), _) => Err("Object keys must be strings"),
                    _ => Err("':' not as part of an object"),
                }
            }
            b',' => {
                let next = self.next.take().ok_or("Expected value before ','")?;
                self.place_value(next)
            }
            b']' => self.close_array(),
            _ => self.close_object(),
        }
    }

    /// Puts a value into the container that is open.
    fn place_value(&mut self, value: Val) -> Reading {
        match self.open.pop() {
            Some(Open::Array(mut array)) => {
                array.push(value);
                self.open.push(Open::Array(array));
                Ok(())
            }
            Some(Open::Key(key)) => match self.open.last_mut() {
                Some(Open::Object(object)) => {
                    object.set(&key, value);
                    Ok(())
                }
                _ => Err("Objects must consist of key:value pairs"),
            },
            Some(Open::Object(_)) => Err("Objects must consist of key:value pairs"),
            None => Err("',' not as part of an object or array"),
        }
    }

    fn close_array(&mut self) -> Reading {
        let Some(Open::Array(array)) = self.open.last_mut() else {
            return Err("Unmatched ']'");
        };
        match self.next.take() {
            Some(last) => array.push(last),
            None if array.is_empty() => {}
            None => return Err("Expected another array element"),
        }
        let array = std::mem::take(array);
        self.open.pop();
        self.next = Some(Val::Arr(Arc::new(array)));
        Ok(())
    }

    fn close_object(&mut self) -> Reading {
        if let Some(last) = self.next.take() {
            match self.open.last() {
                Some(Open::Key(_)) => self.place_value(last)?,
                Some(_) => return Err("Objects must consist of key:value pairs"),
                None => return Err("Unmatched '}'"),
            }
        } else {
            match self.open.last() {
                Some(Open::Object(object)) if object.is_empty() => {}
                Some(Open::Object(_)) => return Err("Expected another key-value pair"),
                _ => return Err("Unmatched '}'"),
            }
        }
        if let Some(Open::Object(object)) = self.open.pop() {
            self.next = Some(Val::obj(object));
        }
        Ok(())
    }
}

/// Where a string ends, behind its closing quote.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// Reads what follows a backslash, with jq's messages.
fn unescape(rest: &str, out: &mut String) -> Result<usize, &'static str> {
    let simple = match rest.bytes().next() {
        Some(mark @ (b'"' | b'\\' | b'/')) => char::from(mark),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(&rest[1..], out).map(|taken| taken + 1),
        Some(_) => return Err("Invalid escape"),
        None => return Err("Expected escape character at end of string"),
    };
    out.push(simple);
    Ok(1)
}

fn unicode(rest: &str, out: &mut String) -> Result<usize, &'static str> {
    let digits = rest.as_bytes().get(..4).ok_or("Invalid \\uXXXX escape")?;
    let high = hex(digits).ok_or("Invalid characters in \\uXXXX escape")?;
    if !(0xD800..=0xDBFF).contains(&high) {
        out.push(char::from_u32(high).unwrap_or('\u{FFFD}'));
        return Ok(4);
    }
    let low = rest
        .as_bytes()
        .get(4..10)
        .and_then(|low| low.strip_prefix(b"\\u"))
        .and_then(hex);
    match low {
        Some(low) if (0xDC00..=0xDFFF).contains(&low) => {
            let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            out.push(char::from_u32(code).unwrap_or('\u{FFFD}'));
            Ok(10)
        }
        _ => Err("Invalid \\uXXXX\\uXXXX surrogate pair escape"),
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |code, digit| {
        Some(code * 16 + char::from(*digit).to_digit(16)?)
    })
}
