//! Objects: keys and entries.

use super::{Native, native};
use crate::error::Stop;
use crate::eval::{ENTRY, ITEM, Machine};
use crate::value::{Object, Str, Val};

pub(super) const TABLE: &[Native] = &[
    native("keys", 0, |machine, input, _| machine.keys(&input, true)),
    native("keys_unsorted", 0, |machine, input, _| {
        machine.keys(&input, false)
    }),
    native("has", 1, |_, input, args| has(&input, &args[0])),
    native("to_entries", 0, |machine, input, _| {
        machine.entries_of(&input)
    }),
    native("from_entries", 0, |machine, input, _| {
        machine.object_of(&input)
    }),
];

fn has(input: &Val, key: &Val) -> Result<Val, Stop> {
    let found = match (input, key) {
        (Val::Null, _) => false,
        (Val::Obj(object), Val::Str(key)) => object.get(key).is_some(),
        (Val::Arr(array), Val::Num(_) | Val::Dec(_)) => {
            let index = key.as_f64().unwrap_or(f64::NAN).trunc();
            index >= 0.0 && index < array.len() as f64
        }
        _ => {
            let (of, key) = (input.type_name(), key.type_name());
            return Err(Stop::message(format!(
                "Cannot check whether {of} has a {key} key"
            )));
        }
    };
    Ok(Val::Bool(found))
}

impl Machine<'_> {
    fn keys(&mut self, input: &Val, sorted: bool) -> Result<Val, Stop> {
        match input {
            Val::Arr(array) => {
                self.meter.work(array.len() as u64 / 4)?;
                self.meter.memory(ITEM * array.len() as u64)?;
                self.array((0..array.len()).map(Val::from).collect())
            }
            Val::Obj(object) => {
                self.meter.work(object.len() as u64)?;
                let mut keys: Vec<&Str> = object.entries().iter().map(|entry| &entry.0).collect();
                if sorted {
                    keys.sort_unstable();
                }
                self.array(keys.into_iter().cloned().map(Val::Str).collect())
            }
            other => Err(Stop::about(other, "has no keys")),
        }
    }

    fn entries_of(&mut self, input: &Val) -> Result<Val, Stop> {
        let object = match input {
            Val::Obj(object) => object,
            // An array has keys, but they are numbers and make the same entries.
            Val::Arr(array) => {
                let entries = array.items().iter().enumerate();
                return self.entries(entries.map(|(place, item)| (Val::from(place), item)));
            }
            other => return Err(Stop::about(other, "has no keys")),
        };
        let entries = object.entries().iter();
        self.entries(entries.map(|(key, value)| (Val::Str(key.clone()), value)))
    }

    fn entries<'v>(&mut self, entries: impl Iterator<Item = (Val, &'v Val)>) -> Result<Val, Stop> {
        let (key_name, value_name): (Str, Str) = ("key".into(), "value".into());
        let mut all = Vec::new();
        for (key, value) in entries {
            self.meter.work(2)?;
            let mut entry = Object::with_capacity(2);
            entry.set(&key_name, key);
            entry.set(&value_name, value.clone());
            all.push(self.object(entry)?);
        }
        self.array(all)
    }

    /// The key of an entry may be called `key`, `Key`, `name` or `Name`, its value `value` or `Value`.
    fn object_of(&mut self, input: &Val) -> Result<Val, Stop> {
        let mut object = Object::default();
        self.for_each(input, |machine, entry| {
            let mut key = Val::Null;
            for name in ["key", "Key", "name", "Name"] {
                key = machine.index(&entry, &Val::from(name))?;
                if key.is_truthy() {
                    break;
                }
            }
            let Val::Str(key) = key else {
                let found = crate::print::describe(&key);
                return Err(Stop::message(format!("Cannot use {found} as object key")));
            };
            let name = match has(&entry, &Val::from("value"))? {
                Val::Bool(true) => "value",
                _ => "Value",
            };
            let value = machine.index(&entry, &Val::from(name))?;
            machine.meter.memory(ENTRY)?;
            object.set(&key, value);
            Ok(())
        })?;
        self.object(object)
    }
}
