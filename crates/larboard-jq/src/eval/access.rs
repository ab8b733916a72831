//! Getting into values: `.key`, `.[index]`, `.[from:to]`, `.[]`.

use crate::error::Stop;
use crate::eval::{Machine, NULL};
use crate::print;
use crate::value::{Array, Object, Val, order};

/// The value of a key. `None`: the value has no keys.
pub(crate) fn field<'v>(value: &'v Val, key: &str) -> Option<&'v Val> {
    match value {
        Val::Obj(object) => Some(object.get(key).unwrap_or(&NULL)),
        Val::Null => Some(&NULL),
        _ => None,
    }
}

#[cold]
pub(crate) fn cannot_index(value: &Val, key: &Val) -> Stop {
    let (of, key) = (value.type_name(), print::describe(key));
    Stop::message(format!("Cannot index {of} with {key}"))
}

#[cold]
pub(crate) fn cannot_iterate(value: &Val) -> Stop {
    Stop::message(format!("Cannot iterate over {}", print::describe(value)))
}

/// The place of an index in an array, counted from the end if it is negative.
pub(crate) fn place(index: f64, len: usize) -> Option<usize> {
    let index = index.trunc();
    let index = if index < 0.0 {
        index + len as f64
    } else {
        index
    };
    (index >= 0.0 && index < len as f64).then_some(index as usize)
}

/// Whether a container has something under a key. A slice has no place of its own.
pub(crate) fn is_present(value: &Val, key: &Val) -> bool {
    match (value, key) {
        (Val::Obj(object), Val::Str(key)) => object.get(key).is_some(),
        (Val::Arr(array), Val::Num(_) | Val::Dec(_)) => {
            place(key.as_f64().unwrap_or(f64::NAN), array.len()).is_some()
        }
        _ => false,
    }
}

/// Start and end of a slice of something with `len` parts: the start is rounded down, the end up.
pub(crate) fn range(from: &Val, to: &Val, len: usize) -> Result<(usize, usize), Stop> {
    let end = |value: &Val, default: f64| match value {
        Val::Null => Ok(default),
        other => other.as_f64().ok_or_else(no_range),
    };
    let count = len as f64;
    let (from, to) = (end(from, 0.0)?, end(to, count)?);
    let from = if from.is_nan() { 0.0 } else { from };
    let to = if to.is_nan() { count } else { to };
    let from = if from < 0.0 { from + count } else { from };
    let from = from.clamp(0.0, count).floor();
    let to = if to < 0.0 { to + count } else { to };
    let to = if to < 0.0 { from } else { to.ceil().min(count) };
    Ok((from as usize, to.max(from) as usize))
}

/// The key of a slice, as it stands in a path.
pub(crate) fn slice_key(from: Val, to: Val) -> Val {
    let mut key = Object::with_capacity(2);
    key.set(&"start".into(), from);
    key.set(&"end".into(), to);
    Val::obj(key)
}

/// Start and end of a slice that is given as an object.
pub(crate) fn ends_of(key: &Object) -> Result<(&Val, &Val), Stop> {
    match (key.get("start"), key.get("end")) {
        (Some(from), Some(to)) => Ok((from, to)),
        _ => Err(no_range()),
    }
}

fn no_range() -> Stop {
    Stop::message("Array/string slice indices must be integers")
}

/// The part of a text between two places, in characters.
pub(crate) fn substring(text: &str, from: usize, to: usize) -> &str {
    if text.is_ascii() {
        return &text[from..to];
    }
    let mut places = text.char_indices().map(|(at, _)| at);
    let start = places.nth(from).unwrap_or(text.len());
    let end = match to - from {
        0 => start,
        count => places.nth(count - 1).unwrap_or(text.len()),
    };
    &text[start..end]
}

impl Machine<'_> {
    /// `value[key]`
    pub(crate) fn index(&mut self, value: &Val, key: &Val) -> Result<Val, Stop> {
        match (value, key) {
            (Val::Obj(object), Val::Str(key)) => Ok(object.get(key).cloned().unwrap_or_default()),
            (Val::Arr(array), Val::Num(_) | Val::Dec(_)) => {
                let index = key.as_f64().unwrap_or(f64::NAN);
                let place = place(index, array.len());
                Ok(place.map_or(Val::Null, |place| array.items()[place].clone()))
            }
            (Val::Null, Val::Str(_) | Val::Num(_) | Val::Dec(_) | Val::Obj(_)) => Ok(Val::Null),
            (Val::Arr(_) | Val::Str(_), Val::Obj(ends)) => {
                let (from, to) = ends_of(ends)?;
                self.slice(value, from, to)
            }
            (Val::Arr(array), Val::Arr(wanted)) => self.occurrences(array, wanted),
            _ => Err(cannot_index(value, key)),
        }
    }

    /// `value[from:to]`
    pub(crate) fn slice(&mut self, value: &Val, from: &Val, to: &Val) -> Result<Val, Stop> {
        match value {
            Val::Null => Ok(Val::Null),
            Val::Arr(array) => {
                let (from, to) = range(from, to, array.len())?;
                if (from, to) == (0, array.len()) {
                    return Ok(value.clone());
                }
                self.meter.work((to - from) as u64 / 8)?;
                self.array(array.items()[from..to].to_vec())
            }
            Val::Str(text) => {
                self.meter.work(text.len() as u64 / 64)?;
                let count = match text.is_ascii() {
                    true => text.len(),
                    false => text.chars().count(),
                };
                let (from, to) = range(from, to, count)?;
                self.string(substring(text, from, to))
            }
            _ => Err(cannot_index(value, &slice_key(from.clone(), to.clone()))),
        }
    }

    /// Where an array occurs in another.
    pub(crate) fn occurrences(&mut self, array: &Array, wanted: &Array) -> Result<Val, Stop> {
        let mut found = Vec::new();
        if wanted.is_empty() {
            return self.array(found);
        }
        let mut steps = self.meter.steps();
        for (place, window) in array.items().windows(wanted.len()).enumerate() {
            let mut same = Some(true);
            for (a, b) in window.iter().zip(wanted.items()) {
                same = order::equal(a, b, &mut steps);
                if same != Some(true) {
                    break;
                }
            }
            match same {
                Some(true) => found.push(Val::from(place)),
                Some(false) => {}
                None => return self.meter.took(0, None),
            }
        }
        self.meter.took(steps, Some(()))?;
        self.array(found)
    }
}
