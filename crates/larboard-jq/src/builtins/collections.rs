//! Arrays and what works on arrays and objects alike.

use std::cmp::Ordering;

use super::{Native, native};
use crate::error::Stop;
use crate::eval::{CONTAINER, ITEM, Machine, NULL, access};
use crate::syntax::ast::BinaryOp;
use crate::value::{Val, order};

pub(super) const TABLE: &[Native] = &[
    native("length", 0, |_, input, _| length(&input)),
    native("utf8bytelength", 0, |_, input, _| match &input {
        Val::Str(text) => Ok(Val::from(text.len())),
        other => Err(Stop::about(other, "only strings have UTF-8 byte length")),
    }),
    native("not", 0, |_, input, _| Ok(Val::Bool(!input.is_truthy()))),
    native("type", 0, |machine, input, _| {
        machine.string(input.type_name())
    }),
    native("_is_scalar", 0, |_, input, _| {
        Ok(Val::Bool(!matches!(input, Val::Arr(_) | Val::Obj(_))))
    }),
    native("error", 0, |_, input, _| Err(Stop::raise(input))),
    native("add", 0, |machine, input, _| machine.sum(&input)),
    native("sort", 0, |machine, input, _| {
        let keyed = machine.keyed(&input)?;
        machine.sort(keyed)
    }),
    native("unique", 0, |machine, input, _| {
        let keyed = machine.keyed(&input)?;
        machine.unique(keyed)
    }),
    native("min", 0, |machine, input, _| {
        machine.extreme_of(&input, Ordering::Less)
    }),
    native("max", 0, |machine, input, _| {
        machine.extreme_of(&input, Ordering::Greater)
    }),
    native("bsearch", 1, |machine, input, args| {
        machine.binary_search(&input, &args[0])
    }),
    native("reverse", 0, |machine, input, _| machine.reverse(&input)),
    native("flatten", 0, |machine, input, _| {
        machine.flatten(&input, &Val::Num(-1.0))
    }),
    native("flatten", 1, |machine, input, args| {
        if machine.compare(&args[0], &Val::Num(0.0))? == Ordering::Less {
            return Err(Stop::message("flatten depth must not be negative"));
        }
        machine.flatten(&input, &args[0])
    }),
    native("transpose", 0, |machine, input, _| {
        machine.transpose(&input)
    }),
    native("toarray", 0, |machine, input, _| match input {
        Val::Arr(_) => Ok(input),
        other => machine.array(vec![other]),
    }),
    native("contains", 1, |machine, input, args| {
        let same = input.kind() == args[0].kind();
        if !same {
            let what = "cannot have their containment checked";
            return Err(Stop::about_two(&input, &args[0], what));
        }
        let mut steps = machine.meter.steps();
        let found = order::contains(&input, &args[0], &mut steps);
        machine.meter.took(steps, found).map(Val::Bool)
    }),
    native("indices", 1, |machine, input, args| {
        machine.indices(&input, &args[0])
    }),
    native("index", 1, |machine, input, args| {
        let found = machine.indices(&input, &args[0])?;
        machine.index(&found, &Val::Num(0.0))
    }),
    native("rindex", 1, |machine, input, args| {
        let found = machine.indices(&input, &args[0])?;
        let last = machine.slice(&found, &Val::Num(-1.0), &Val::Null)?;
        machine.index(&last, &Val::Num(0.0))
    }),
    native("join", 1, |machine, input, args| {
        machine.join(&input, &args[0])
    }),
];

fn length(input: &Val) -> Result<Val, Stop> {
    Ok(match input {
        Val::Null => Val::Num(0.0),
        Val::Num(n) => Val::Num(n.abs()),
        Val::Dec(d) => Val::Dec(d.magnitude().into()),
        Val::Str(text) => Val::from(text.chars().count()),
        Val::Arr(array) => Val::from(array.len()),
        Val::Obj(object) => Val::from(object.len()),
        other @ Val::Bool(_) => return Err(Stop::about(other, "has no length")),
    })
}

impl Machine<'_> {
    /// `add`: items of an array or values of an object.
    fn sum(&mut self, input: &Val) -> Result<Val, Stop> {
        if let Val::Arr(array) = input
            && array.items().iter().all(|item| matches!(item, Val::Str(_)))
        {
            return self.concat(array.items());
        }
        let mut sum = Val::Null;
        self.for_each(input, |machine, item| {
            let before = std::mem::take(&mut sum);
            sum = machine.add(before, item)?;
            Ok(())
        })?;
        Ok(sum)
    }

    /// The texts in one, without copying for each.
    fn concat(&mut self, texts: &[Val]) -> Result<Val, Stop> {
        if texts.is_empty() {
            return Ok(Val::Null);
        }
        self.meter.work(texts.len() as u64)?;
        let texts: Vec<&str> = texts.iter().filter_map(Val::as_str).collect();
        let len: usize = texts.iter().map(|text| text.len()).sum();
        self.meter.memory(CONTAINER + len as u64)?;
        Ok(Val::from(texts.concat()))
    }

    /// The items of an array with themselves as keys, for sorting.
    fn keyed(&mut self, input: &Val) -> Result<Vec<(Val, Val)>, Stop> {
        let Val::Arr(array) = input else {
            return Err(Stop::about(
                input,
                "cannot be sorted, as it is not an array",
            ));
        };
        self.meter.work(array.len() as u64)?;
        self.meter.memory(2 * ITEM * array.len() as u64)?;
        Ok(array
            .items()
            .iter()
            .map(|item| (item.clone(), item.clone()))
            .collect())
    }

    fn extreme_of(&mut self, input: &Val, wanted: Ordering) -> Result<Val, Stop> {
        match input {
            Val::Arr(_) => {
                let keyed = self.keyed(input)?;
                self.extreme(keyed, wanted)
            }
            other => Err(Stop::about_two(other, other, "cannot be iterated over")),
        }
    }

    fn binary_search(&mut self, input: &Val, wanted: &Val) -> Result<Val, Stop> {
        let Val::Arr(array) = input else {
            return Err(Stop::about(input, "cannot be searched from"));
        };
        let (mut start, mut end) = (0, array.len());
        while start < end {
            let middle = start + (end - start) / 2;
            match self.compare(wanted, &array.items()[middle])? {
                Ordering::Equal => return Ok(Val::from(middle)),
                Ordering::Less => end = middle,
                Ordering::Greater => start = middle + 1,
            }
        }
        Ok(Val::Num(-1.0 - start as f64))
    }

    fn reverse(&mut self, input: &Val) -> Result<Val, Stop> {
        match input {
            Val::Arr(array) => {
                self.meter.work(array.len() as u64 / 8)?;
                self.array(array.items().iter().rev().cloned().collect())
            }
            Val::Null => self.array(Vec::new()),
            Val::Str(text) if text.is_empty() => self.array(Vec::new()),
            Val::Obj(object) if object.is_empty() => self.array(Vec::new()),
            other => match length(other)? {
                Val::Num(0.0) => self.array(Vec::new()),
                length => {
                    let last = Val::Num(length.as_f64().unwrap_or(0.0) - 1.0);
                    Err(access::cannot_index(other, &last))
                }
            },
        }
    }

    /// `depth` is counted down to 0; a negative one never gets there.
    fn flatten(&mut self, input: &Val, depth: &Val) -> Result<Val, Stop> {
        let mut flat = Vec::new();
        self.flatten_into(input, depth, &mut flat)?;
        self.array(flat)
    }

    fn flatten_into(&mut self, input: &Val, depth: &Val, flat: &mut Vec<Val>) -> Result<(), Stop> {
        self.for_each(input, |machine, item| {
            machine.meter.memory(ITEM)?;
            if !matches!(item, Val::Arr(_)) || depth.as_f64() == Some(0.0) {
                flat.push(item);
                return Ok(());
            }
            let one = Val::Num(1.0);
            let below = machine.operate(BinaryOp::Subtract, depth.clone(), one)?;
            machine.nested(|machine| machine.flatten_into(&item, &below, flat))
        })
    }

    fn transpose(&mut self, input: &Val) -> Result<Val, Stop> {
        let mut rows = Vec::new();
        let mut longest = 0.0_f64;
        self.for_each(input, |_, row| {
            longest = longest.max(length(&row)?.as_f64().unwrap_or(0.0));
            rows.push(row);
            Ok(())
        })?;
        let mut columns = Vec::new();
        let mut index = 0.0;
        while index < longest {
            let mut column = Vec::new();
            for row in &rows {
                self.meter.work(1)?;
                column.push(self.index(row, &Val::Num(index))?);
            }
            columns.push(self.array(column)?);
            index += 1.0;
        }
        self.array(columns)
    }

    /// `indices(wanted)`
    pub(crate) fn indices(&mut self, input: &Val, wanted: &Val) -> Result<Val, Stop> {
        match (input, wanted) {
            (Val::Arr(array), Val::Arr(wanted)) => self.occurrences(array, wanted),
            (Val::Arr(array), other) => {
                let wanted = crate::value::Array::from(vec![other.clone()]);
                self.occurrences(array, &wanted)
            }
            (Val::Str(text), Val::Str(wanted)) => self.text_occurrences(text, wanted),
            _ => self.index(input, wanted),
        }
    }

    /// Where a text occurs in another, in characters; occurrences may overlap.
    fn text_occurrences(&mut self, text: &str, wanted: &str) -> Result<Val, Stop> {
        let mut places = Vec::new();
        if wanted.is_empty() {
            return self.array(places);
        }
        self.meter.work(text.len() as u64 / 16)?;
        let (mut from, mut seen, mut chars) = (0, 0, 0);
        while let Some(at) = text[from..].find(wanted) {
            self.meter.work(1 + wanted.len() as u64 / 16)?;
            self.meter.memory(ITEM)?;
            let at = from + at;
            chars += text[seen..at].chars().count();
            seen = at;
            places.push(Val::from(chars));
            from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        }
        self.array(places)
    }

    fn join(&mut self, input: &Val, separator: &Val) -> Result<Val, Stop> {
        let mut text: Option<Val> = None;
        let mut built = String::new();
        self.for_each(input, |machine, item| {
            // In plain cases the text is built in place; the rest adds values, with jq's errors.
            let piece = match &item {
                Val::Num(_) | Val::Dec(_) | Val::Bool(_) => Val::Str(machine.text_of(&item)?),
                Val::Null => NULL.clone(),
                other => other.clone(),
            };
            let before = match &text {
                None => Val::from(""),
                Some(_) => separator.clone(),
            };
            match (&before, &piece) {
                (Val::Str(before), Val::Str(_) | Val::Null) => {
                    let piece = piece.as_str().unwrap_or_default();
                    machine.meter.memory((before.len() + piece.len()) as u64)?;
                    built.push_str(before);
                    built.push_str(piece);
                }
                _ => {
                    let so_far = Val::from(built.as_str());
                    let sum = match text {
                        None => before,
                        Some(_) => machine.add(so_far, before)?,
                    };
                    match machine.add(
                        sum,
                        if matches!(piece, Val::Null) {
                            Val::from("")
                        } else {
                            piece
                        },
                    )? {
                        Val::Str(sum) => built = sum.to_string(),
                        other => return Err(Stop::about_two(&other, &item, "cannot be added")),
                    }
                }
            }
            text = Some(Val::Null);
            Ok(())
        })?;
        self.meter.memory(CONTAINER + built.len() as u64)?;
        Ok(Val::from(built))
    }
}
