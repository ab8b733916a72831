//! Strings.

use std::sync::Arc;

use super::{Native, native};
use crate::error::{LimitKind, Stop};
use crate::eval::{CONTAINER, ITEM, Machine};
use crate::print;
use crate::value::{Str, Val};

pub(super) const TABLE: &[Native] = &[
    native("tostring", 0, |machine, input, _| match input {
        Val::Str(_) => Ok(input),
        other => machine.text_of(&other).map(Val::Str),
    }),
    native("tojson", 0, |machine, input, _| {
        machine.json_text(&input).map(Val::Str)
    }),
    native("tonumber", 0, |machine, input, _| to_number(machine, input)),
    native("toboolean", 0, |_, input, _| match input.as_str() {
        Some("true") => Ok(Val::Bool(true)),
        Some("false") => Ok(Val::Bool(false)),
        _ if matches!(input, Val::Bool(_)) => Ok(input),
        _ => Err(Stop::about(&input, "cannot be parsed as a boolean")),
    }),
    native("ascii_downcase", 0, |machine, input, _| {
        let text = exploded(&input)?.to_ascii_lowercase();
        machine.string(&text)
    }),
    native("ascii_upcase", 0, |machine, input, _| {
        let text = exploded(&input)?.to_ascii_uppercase();
        machine.string(&text)
    }),
    native("startswith", 1, |_, input, args| {
        let (text, start) = two(&input, &args[0], "startswith() requires string inputs")?;
        Ok(Val::Bool(text.starts_with(start)))
    }),
    native("endswith", 1, |_, input, args| {
        let (text, end) = two(&input, &args[0], "endswith() requires string inputs")?;
        Ok(Val::Bool(text.ends_with(end)))
    }),
    native("ltrimstr", 1, |machine, input, args| {
        trim_start(machine, input, &args[0])
    }),
    native("rtrimstr", 1, |machine, input, args| {
        trim_end(machine, input, &args[0])
    }),
    native("trimstr", 1, |machine, input, args| {
        let trimmed = trim_start(machine, input, &args[0])?;
        trim_end(machine, trimmed, &args[0])
    }),
    native("trim", 0, |machine, input, _| {
        trim(machine, input, str::trim_matches)
    }),
    native("ltrim", 0, |machine, input, _| {
        trim(machine, input, str::trim_start_matches)
    }),
    native("rtrim", 0, |machine, input, _| {
        trim(machine, input, trim_end_blanks)
    }),
    native("explode", 0, |machine, input, _| {
        let text = exploded(&input)?;
        machine.meter.work(text.len() as u64 / 4)?;
        machine.meter.memory(ITEM * text.len() as u64)?;
        machine.array(
            text.chars()
                .map(|c| Val::Num(f64::from(u32::from(c))))
                .collect(),
        )
    }),
    native("implode", 0, |machine, input, _| implode(machine, &input)),
    native("split", 1, |machine, input, args| {
        let what = "split input and separator must be strings";
        let (text, separator) = two(&input, &args[0], what)?;
        machine.split(text, separator)
    }),
    native("ascii", 0, |machine, input, _| {
        let code = input.as_f64().filter(|code| (0.0..128.0).contains(code));
        match code {
            Some(code) => machine.string(&char::from(code as u8).to_string()),
            None => Err(Stop::about(&input, "is no ASCII code")),
        }
    }),
];

/// The text, or jq's error for case conversions and `explode`.
fn exploded(input: &Val) -> Result<&str, Stop> {
    input
        .as_str()
        .ok_or_else(|| Stop::message("explode input must be a string"))
}

fn two<'v>(a: &'v Val, b: &'v Val, what: &str) -> Result<(&'v str, &'v str), Stop> {
    match (a, b) {
        (Val::Str(a), Val::Str(b)) => Ok((a, b)),
        _ => Err(Stop::message(what)),
    }
}

fn to_number(machine: &mut Machine<'_>, input: Val) -> Result<Val, Stop> {
    match &input {
        Val::Num(_) | Val::Dec(_) => Ok(input),
        Val::Str(text) => {
            machine.meter.work(text.len() as u64 / 8)?;
            machine.meter.memory(text.len() as u64)?;
            let number = Val::parse_number(text);
            number.ok_or_else(|| Stop::about(&input, "cannot be parsed as a number"))
        }
        other => Err(Stop::about(other, "cannot be parsed as a number")),
    }
}

fn trim_start(machine: &mut Machine<'_>, input: Val, start: &Val) -> Result<Val, Stop> {
    let (text, start) = two(&input, start, "startswith() requires string inputs")?;
    match text.strip_prefix(start) {
        Some(rest) if !start.is_empty() => machine.string(rest),
        _ => Ok(input),
    }
}

fn trim_end(machine: &mut Machine<'_>, input: Val, end: &Val) -> Result<Val, Stop> {
    let (text, end) = two(&input, end, "endswith() requires string inputs")?;
    match text.strip_suffix(end) {
        Some(rest) if !end.is_empty() => machine.string(rest),
        _ => Ok(input),
    }
}

/// Whether a character is cut off.
type Blank = fn(char) -> bool;

fn trim_end_blanks(text: &str, blank: Blank) -> &str {
    text.trim_end_matches(blank)
}

fn trim(
    machine: &mut Machine<'_>,
    input: Val,
    cut: for<'t> fn(&'t str, Blank) -> &'t str,
) -> Result<Val, Stop> {
    let Val::Str(text) = &input else {
        return Err(Stop::message("trim input must be a string"));
    };
    let trimmed = cut(text, is_blank);
    if trimmed.len() == text.len() {
        return Ok(input);
    }
    machine.string(trimmed)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
}

fn implode(machine: &mut Machine<'_>, input: &Val) -> Result<Val, Stop> {
    let Val::Arr(codes) = input else {
        return Err(Stop::message("implode input must be an array"));
    };
    machine.meter.work(codes.len() as u64)?;
    machine.meter.memory(CONTAINER + 4 * codes.len() as u64)?;
    let mut text = String::with_capacity(codes.len());
    for code in codes.items() {
        match code.as_f64() {
            Some(n) if !n.is_nan() => {
                let code = u32::try_from(n as i64).ok().and_then(char::from_u32);
                text.push(code.unwrap_or('\u{FFFD}'));
            }
            _ => {
                let what = "can't be imploded, unicode codepoint needs to be numeric";
                return Err(Stop::about(code, what));
            }
        }
    }
    Ok(Val::from(text))
}

impl Machine<'_> {
    /// What `tojson` gives.
    pub(crate) fn json_text(&mut self, value: &Val) -> Result<Str, Stop> {
        self.meter.work(print::steps(value))?;
        let limit = self.meter.memory_left();
        let mut text = String::new();
        print::write_json(value, &mut text, limit).map_err(|_| Stop::Limit(LimitKind::Memory))?;
        self.meter.memory(CONTAINER + text.len() as u64)?;
        Ok(Arc::from(text))
    }

    /// What `tostring` gives.
    pub(crate) fn text_of(&mut self, value: &Val) -> Result<Str, Stop> {
        match value {
            Val::Str(text) => Ok(text.clone()),
            other => self.json_text(other),
        }
    }

    /// `split(separator)`, `text / separator`
    pub(crate) fn split(&mut self, text: &str, separator: &str) -> Result<Val, Stop> {
        let mut parts = Vec::new();
        self.meter.work(text.len() as u64 / 16)?;
        let mut push = |machine: &mut Self, part: &str| {
            parts.push(machine.string(part)?);
            machine.meter.work(1)
        };
        if text.is_empty() {
            return self.array(parts);
        }
        if separator.is_empty() {
            let mut buffer = [0; 4];
            for c in text.chars() {
                push(self, c.encode_utf8(&mut buffer))?;
            }
        } else {
            for part in text.split(separator) {
                push(self, part)?;
            }
        }
        self.array(parts)
    }
}
