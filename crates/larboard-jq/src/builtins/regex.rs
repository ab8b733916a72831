//! Regular expressions: `test`, `match`, `capture`, `scan`, `split`, `splits`; `sub` is in [`crate::eval`].

use std::sync::Arc;

use super::{Native, native, native_first};
use crate::error::{LimitKind, Stop};
use crate::eval::{CONTAINER, ENTRY, Machine};
use crate::value::{Object, Str, Val};

mod cache;
mod syntax;

use cache::Regex;
pub(crate) use cache::Regexes;

pub(super) const TABLE: &[Native] = &[
    native("_match", 1, |machine, input, args| {
        let (regex, flags) = unpack(&args[0])?;
        machine.match_array(&input, &regex, &flags)
    }),
    native("_match", 2, |machine, input, args| {
        machine.match_array(&input, &args[0], &args[1])
    }),
    native("test", 1, |machine, input, args| {
        let (regex, flags) = unpack(&args[0])?;
        machine.test(&input, &regex, &flags)
    }),
    native("test", 2, |machine, input, args| {
        machine.test(&input, &args[0], &args[1])
    }),
    native("_scan", 1, |machine, input, args| {
        machine.scan(&input, &args[0], &Val::from("g"))
    }),
    native_first("_scan", 2, |machine, input, args| {
        let flags = machine.add(Val::from("g"), args[1].clone())?;
        machine.scan(&input, &args[0], &flags)
    }),
    native("_splits", 1, |machine, input, args| {
        machine.splits(&input, &args[0], &Val::from("g"))
    }),
    native_first("_splits", 2, |machine, input, args| {
        let flags = machine.add(args[1].clone(), Val::from("g"))?;
        machine.splits(&input, &args[0], &flags)
    }),
    native_first("split", 2, |machine, input, args| {
        let flags = machine.add(args[1].clone(), Val::from("g"))?;
        machine.splits(&input, &args[0], &flags)
    }),
    native("_capture", 2, |machine, input, args| {
        machine.captures(&input, &args[0], &args[1])
    }),
    native("_capture", 1, |machine, input, args| {
        let (regex, flags) = unpack(&args[0])?;
        machine.captures(&input, &regex, &flags)
    }),
];

/// `regex`, `[regex]` or `[regex, flags]`, as the functions with one argument take it.
fn unpack(arg: &Val) -> Result<(Val, Val), Stop> {
    match arg {
        Val::Str(_) => Ok((arg.clone(), Val::Null)),
        Val::Arr(array) if !array.is_empty() => {
            let flags = array.get(1).cloned().unwrap_or_default();
            Ok((array.items()[0].clone(), flags))
        }
        other => {
            let found = other.type_name();
            Err(Stop::message(format!("{found} not a string or array")))
        }
    }
}

/// Steps that compiling a regex counts as, at least: a short pattern can make a large machine.
const COMPILE: u64 = 20_000;

/// Bytes that a compiled regex counts as.
const COMPILED: u64 = 32 << 10;

/// A match, in bytes.
pub(crate) struct Match {
    pub(crate) start: usize,
    pub(crate) end: usize,
    text: Str,
    /// The groups: where they matched, and their names.
    groups: Vec<Option<(usize, usize)>>,
    names: Arc<[Option<Str>]>,
}

/// What the flags ask for besides what the regex itself must know.
#[derive(Clone, Copy, Default)]
struct Flags {
    global: bool,
    not_empty: bool,
}

impl Machine<'_> {
    /// All matches of a regex in a text: one, or all of them with the flag `g`.
    pub(crate) fn matches(
        &mut self,
        input: &Val,
        regex: &Val,
        flags: &Val,
    ) -> Result<Vec<Match>, Stop> {
        let (text, regex, flags) = self.prepare(input, regex, flags)?;
        let mut matches = Vec::new();
        let mut from = 0;
        while from <= text.len() {
            let Some(found) = self.search(&regex, text, from)? else {
                break;
            };
            let empty = found.start == found.end;
            // After an empty match the next search starts one character on.
            from = match text[found.end..].chars().next() {
                _ if !empty => found.end,
                Some(c) => found.end + c.len_utf8(),
                None => text.len() + 1,
            };
            if empty && flags.not_empty {
                continue;
            }
            matches.push(found);
            if !flags.global {
                break;
            }
        }
        Ok(matches)
    }

    fn prepare<'v>(
        &mut self,
        input: &'v Val,
        regex: &Val,
        flags: &Val,
    ) -> Result<(&'v Str, Arc<Regex>, Flags), Stop> {
        let Val::Str(text) = input else {
            return Err(Stop::about(
                input,
                "cannot be matched, as it is not a string",
            ));
        };
        let Val::Str(pattern) = regex else {
            return Err(Stop::about(regex, "is not a string"));
        };
        let flags = match flags {
            Val::Null => "",
            Val::Str(flags) => flags,
            other => return Err(Stop::about(other, "is not a string")),
        };
        let mut known = Flags::default();
        for flag in flags.chars() {
            match flag {
                'g' => known.global = true,
                'n' => known.not_empty = true,
                'i' | 'x' | 'm' | 's' | 'p' | 'l' => {}
                _ => {
                    return Err(Stop::message(format!(
                        "{flags} is not a valid modifier string"
                    )));
                }
            }
        }
        let limit = self.meter.limits.regex_backtracks;
        let (regex, compiled) = self
            .regexes
            .get(pattern, flags, text.ends_with('\n'), limit)?;
        if compiled {
            let times = if regex.backtracks { 4 } else { 1 };
            self.meter
                .work(times * (COMPILE + 20 * pattern.len() as u64))?;
            self.meter.memory(times * COMPILED)?;
        }
        Ok((text, regex, known))
    }

    /// The first match from a place on. A search that may backtrack costs more, as it may take much longer.
    fn search(&mut self, regex: &Regex, text: &Str, from: usize) -> Result<Option<Match>, Stop> {
        let cost = if regex.backtracks {
            self.meter.limits.regex_backtracks as u64 / 200
        } else {
            4
        };
        self.meter.work(cost + (text.len() - from) as u64 / 16)?;
        let captures = match regex.inner.captures_from_pos(&**text, from) {
            Ok(captures) => captures,
            Err(_) => return Err(Stop::Limit(LimitKind::Regex)),
        };
        let Some(captures) = captures else {
            return Ok(None);
        };
        let groups: Vec<Option<(usize, usize)>> = (captures.iter().skip(1))
            .map(|group| group.map(|group| (group.start(), group.end())))
            .collect();
        let (start, end) = captures
            .get(0)
            .map_or((from, from), |m| (m.start(), m.end()));
        self.meter.memory(CONTAINER + 24 * groups.len() as u64)?;
        Ok(Some(Match {
            start,
            end,
            text: text.clone(),
            groups,
            names: regex.names.clone(),
        }))
    }

    fn test(&mut self, input: &Val, regex: &Val, flags: &Val) -> Result<Val, Stop> {
        let (text, regex, flags) = self.prepare(input, regex, flags)?;
        if !flags.not_empty {
            return Ok(Val::Bool(self.search(&regex, text, 0)?.is_some()));
        }
        let mut from = 0;
        while let Some(found) = self.search(&regex, text, from)? {
            if found.start != found.end {
                return Ok(Val::Bool(true));
            }
            match text[found.end..].chars().next() {
                Some(c) => from = found.end + c.len_utf8(),
                None => break,
            }
        }
        Ok(Val::Bool(false))
    }

    fn match_array(&mut self, input: &Val, regex: &Val, flags: &Val) -> Result<Val, Stop> {
        let mut places = Places::default();
        let mut objects = Vec::new();
        for found in self.matches(input, regex, flags)? {
            objects.push(self.match_object(&found, &mut places)?);
        }
        self.array(objects)
    }

    fn match_object(&mut self, found: &Match, places: &mut Places) -> Result<Val, Stop> {
        let start = places.chars(&found.text, found.start);
        let empty = found.start == found.end;
        let mut captures = Vec::new();
        for (group, name) in found.groups.iter().zip(&*found.names) {
            let name = name.clone().map_or(Val::Null, Val::Str);
            let mut capture = Object::with_capacity(4);
            let mut set = |key: &str, value: Val| capture.set(&Str::from(key), value);
            match group {
                None => {
                    set("offset", Val::Num(-1.0));
                    set("string", Val::Null);
                    set("length", Val::Num(0.0));
                }
                Some((from, to)) if from == to => {
                    let at = if empty {
                        start
                    } else {
                        found.text[..*from].chars().count()
                    };
                    set("offset", Val::from(at));
                    set("string", Val::from(""));
                    set("length", Val::Num(0.0));
                }
                Some((from, to)) => {
                    let part = &found.text[*from..*to];
                    self.meter.memory(part.len() as u64)?;
                    set(
                        "offset",
                        Val::from(start + chars_between(&found.text, found.start, *from)),
                    );
                    set("length", Val::from(part.chars().count()));
                    set("string", Val::from(part));
                }
            }
            set("name", name);
            captures.push(self.object(capture)?);
        }
        let part = &found.text[found.start..found.end];
        let captures = self.array(captures)?;
        let mut object = Object::with_capacity(4);
        object.set(&Str::from("offset"), Val::from(start));
        object.set(&Str::from("length"), Val::from(part.chars().count()));
        object.set(&Str::from("string"), self.string(part)?);
        object.set(&Str::from("captures"), captures);
        self.object(object)
    }

    /// The named groups of a match as an object.
    pub(crate) fn capture_object(&mut self, found: &Match) -> Result<Val, Stop> {
        let mut object = Object::default();
        for (group, name) in found.groups.iter().zip(&*found.names) {
            let Some(name) = name else { continue };
            let part = match group {
                Some((from, to)) => self.string(&found.text[*from..*to])?,
                None => Val::Null,
            };
            self.meter.memory(ENTRY)?;
            object.set(name, part);
        }
        self.object(object)
    }

    fn captures(&mut self, input: &Val, regex: &Val, flags: &Val) -> Result<Val, Stop> {
        let mut objects = Vec::new();
        for found in self.matches(input, regex, flags)? {
            objects.push(self.capture_object(&found)?);
        }
        self.array(objects)
    }

    fn scan(&mut self, input: &Val, regex: &Val, flags: &Val) -> Result<Val, Stop> {
        let mut all = Vec::new();
        for found in self.matches(input, regex, flags)? {
            if found.groups.is_empty() {
                all.push(self.string(&found.text[found.start..found.end])?);
                continue;
            }
            let mut parts = Vec::with_capacity(found.groups.len());
            for group in &found.groups {
                parts.push(match group {
                    Some((from, to)) => self.string(&found.text[*from..*to])?,
                    None => Val::Null,
                });
            }
            all.push(self.array(parts)?);
        }
        self.array(all)
    }

    fn splits(&mut self, input: &Val, regex: &Val, flags: &Val) -> Result<Val, Stop> {
        let mut parts = Vec::new();
        let mut from = 0;
        let matches = self.matches(input, regex, flags)?;
        let text = input.as_str().unwrap_or_default();
        for found in matches {
            parts.push(self.string(&text[from.min(found.start)..found.start])?);
            from = found.end;
        }
        parts.push(self.string(&text[from..])?);
        self.array(parts)
    }
}

fn chars_between(text: &str, from: usize, to: usize) -> usize {
    if to >= from {
        text[from..to].chars().count()
    } else {
        // A group of a look-behind.
        0
    }
}

/// Counts characters up to places that only grow, without starting over.
#[derive(Default)]
struct Places {
    byte: usize,
    chars: usize,
}

impl Places {
    fn chars(&mut self, text: &str, byte: usize) -> usize {
        self.chars += text[self.byte..byte].chars().count();
        self.byte = byte;
        self.chars
    }
}
