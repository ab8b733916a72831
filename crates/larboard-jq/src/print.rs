//! Values as text: JSON without spaces, as `tojson` writes it.

use std::fmt;

use crate::value::Val;
use crate::value::order::Steps;

/// How many characters of a value an error message shows, its closing mark included.
const EXCERPT: usize = 29;

/// What prints gives up with when it would be longer than allowed.
#[derive(Debug)]
pub(crate) struct TooLong;

/// Appends a value as JSON, at most `limit` bytes of it.
pub(crate) fn write_json(value: &Val, out: &mut String, limit: usize) -> Result<(), TooLong> {
    if out.len() > limit {
        return Err(TooLong);
    }
    match value {
        Val::Null => out.push_str("null"),
        Val::Bool(true) => out.push_str("true"),
        Val::Bool(false) => out.push_str("false"),
        Val::Num(n) => crate::value::write_f64(*n, out),
        Val::Dec(d) => d.write(out),
        Val::Str(s) => write_string(s, out),
        Val::Arr(array) => {
            out.push('[');
            for (place, item) in array.items().iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_json(item, out, limit)?;
            }
            out.push(']');
        }
        Val::Obj(object) => {
            out.push('{');
            for (place, (key, item)) in object.entries().iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write_json(item, out, limit)?;
            }
            out.push('}');
        }
    }
    if out.len() > limit {
        return Err(TooLong);
    }
    Ok(())
}

/// As JSON. A value that shares parts with itself may take very long to print; what a run gives out is bounded by its limits.
impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        let _ = write_json(self, &mut text, usize::MAX);
        f.write_str(&text)
    }
}

/// Appends a string in quotes, escaped as jq does it (DEL included).
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|b| b < 0x20 || matches!(b, b'"' | b'\\' | 0x7f))
    {
        out.push_str(&rest[..at]);
        write_escape(rest.as_bytes()[at], out);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

fn write_escape(byte: u8, out: &mut String) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\t' => out.push_str("\\t"),
        b'\r' => out.push_str("\\r"),
        8 => out.push_str("\\b"),
        12 => out.push_str("\\f"),
        other => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(other >> 4)]));
            out.push(char::from(HEX[usize::from(other & 15)]));
        }
    }
}

/// The start of a value for an error message: as JSON, cut after 29 bytes with dots and the closing mark.
pub(crate) fn excerpt(value: &Val) -> String {
    let mut text = String::new();
    match value {
        Val::Str(s) if s.len() > EXCERPT + 1 => {
            let head: String = s.chars().take(EXCERPT + 1).collect();
            write_string(&head, &mut text);
        }
        other => {
            // A little more than is shown is enough.
            let _ = write_json(other, &mut text, EXCERPT + 1);
        }
    }
    if text.len() <= EXCERPT {
        return text;
    }
    let close = match text.as_bytes()[0] {
        b'"' => "\"",
        b'[' => "]",
        b'{' => "}",
        _ => "",
    };
    let mut end = EXCERPT - 3 - close.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text + "..." + close
}

/// `type (excerpt)`, as most of jq's messages name a value.
pub(crate) fn describe(value: &Val) -> String {
    format!("{} ({})", value.type_name(), excerpt(value))
}

/// How many steps a walk through the whole value takes, for charging it beforehand.
pub(crate) fn steps(value: &Val) -> Steps {
    value.weight() / 8 + 1
}
