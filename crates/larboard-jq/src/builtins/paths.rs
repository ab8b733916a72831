//! Reading, writing and deleting at paths.

use std::sync::Arc;

use super::{Native, native, native_first};
use crate::error::{LimitKind, Stop};
use crate::eval::{ENTRY, ITEM, Machine, access};
use crate::value::{Array, Object, Str, Val, order};

pub(super) const TABLE: &[Native] = &[
    native_first("setpath", 2, |machine, input, args| {
        let keys = keys(&args[0])?.to_vec();
        machine.set_keys(input, &keys, args[1].clone())
    }),
    native("delpaths", 1, |machine, input, args| {
        let Val::Arr(paths) = &args[0] else {
            return Err(Stop::message("Paths must be specified as an array"));
        };
        let mut all = Vec::new();
        for path in paths.items() {
            match path {
                Val::Arr(keys) => all.push(keys.items().to_vec()),
                other => {
                    let found = other.type_name();
                    return Err(Stop::message(format!(
                        "Path must be specified as array, not {found}"
                    )));
                }
            }
        }
        machine.delete_paths(input, all)
    }),
];

fn keys(path: &Val) -> Result<&[Val], Stop> {
    match path {
        Val::Arr(keys) => Ok(keys.items()),
        _ => Err(Stop::message("Path must be specified as an array")),
    }
}

/// The largest array that may be filled up to an index, as in jq.
const INDEX_MAX: f64 = 536_870_911.0;

impl Machine<'_> {
    /// `getpath(path)`
    pub(crate) fn get_path(&mut self, value: &Val, path: &Val) -> Result<Val, Stop> {
        self.get_keys(value, keys(path)?)
    }

    pub(crate) fn get_keys(&mut self, value: &Val, keys: &[Val]) -> Result<Val, Stop> {
        let mut found = value.clone();
        for key in keys {
            self.meter.work(1)?;
            found = self.index(&found, key)?;
        }
        Ok(found)
    }

    /// `setpath(path; value)`
    pub(crate) fn set_keys(&mut self, value: Val, keys: &[Val], new: Val) -> Result<Val, Stop> {
        let Some((key, rest)) = keys.split_first() else {
            return Ok(new);
        };
        self.nested(|machine| {
            let (value, child) = machine.lift(value, key)?;
            let child = machine.set_keys(child, rest, new)?;
            machine.put(value, key, child)
        })
    }

    /// Takes the value of a key out of a container, so that it may be changed in place. What is missing is null.
    pub(crate) fn lift(&mut self, value: Val, key: &Val) -> Result<(Val, Val), Stop> {
        self.meter.work(1)?;
        match (value, key) {
            (Val::Obj(mut object), Val::Str(key)) => {
                if object.get(key).is_none() {
                    return Ok((Val::Obj(object), Val::Null));
                }
                let child = self.own_object(&mut object)?.lift(key).unwrap_or_default();
                Ok((Val::Obj(object), child))
            }
            (Val::Arr(mut array), Val::Num(_) | Val::Dec(_)) => {
                let index = key.as_f64().unwrap_or(f64::NAN);
                let Some(place) = access::place(index, array.len()) else {
                    return Ok((Val::Arr(array), Val::Null));
                };
                let child = self.own_array(&mut array)?.set(place, Val::Null);
                Ok((Val::Arr(array), child))
            }
            (value, key) => {
                let child = self.index(&value, key)?;
                Ok((value, child))
            }
        }
    }

    /// Puts a value under a key of a container. Null becomes the container that the key needs.
    pub(crate) fn put(&mut self, value: Val, key: &Val, child: Val) -> Result<Val, Stop> {
        let value = match (value, key) {
            (Val::Null, Val::Str(_)) => Val::Obj(Arc::default()),
            (Val::Null, Val::Num(_) | Val::Dec(_) | Val::Obj(_)) => Val::Arr(Arc::default()),
            (value, _) => value,
        };
        let changed = match (value, key) {
            (Val::Obj(mut object), Val::Str(key)) => {
                let owned = self.own_object(&mut object)?;
                if owned.set(key, child).is_none() {
                    self.meter.memory(ENTRY + key.len() as u64)?;
                }
                Val::Obj(object)
            }
            (Val::Arr(array), Val::Num(_) | Val::Dec(_)) => {
                self.put_at(array, key.as_f64().unwrap_or(f64::NAN), child)?
            }
            (Val::Arr(array), Val::Obj(ends)) => self.splice(array, ends, child)?,
            (Val::Str(_), Val::Obj(_)) => {
                return Err(Stop::message("Cannot update string slices"));
            }
            (value, key) => {
                let (key, of) = (key.type_name(), value.type_name());
                return Err(Stop::message(format!(
                    "Cannot update field at {key} index of {of}"
                )));
            }
        };
        self.meter.nesting(changed.depth())?;
        Ok(changed)
    }

    fn put_at(&mut self, mut array: Arc<Array>, index: f64, child: Val) -> Result<Val, Stop> {
        if index.is_nan() {
            return Err(Stop::message("Cannot set array element at NaN index"));
        }
        let index = index.trunc();
        let place = if index < 0.0 {
            index + array.len() as f64
        } else {
            index
        };
        if place < 0.0 {
            return Err(Stop::message("Out of bounds negative array index"));
        }
        if place > INDEX_MAX {
            return Err(Stop::message("Array index too large"));
        }
        let place = place as usize;
        let more = (place + 1).saturating_sub(array.len()) as u64;
        if ITEM * more > self.meter.memory_left() as u64 {
            return Err(Stop::Limit(LimitKind::Memory));
        }
        self.meter.memory(ITEM * more)?;
        self.meter.work(more / 8)?;
        self.own_array(&mut array)?.set(place, child);
        Ok(Val::Arr(array))
    }

    /// Replaces a slice of an array by another array.
    fn splice(&mut self, array: Arc<Array>, ends: &Object, child: Val) -> Result<Val, Stop> {
        let (from, to) = access::ends_of(ends)?;
        let (from, to) = access::range(from, to, array.len())?;
        let Val::Arr(insert) = child else {
            return Err(Stop::message(
                "A slice of an array can only be assigned another array",
            ));
        };
        let items = array.items();
        self.meter.work((items.len() + insert.len()) as u64 / 8)?;
        let parts = [&items[..from], insert.items(), &items[to..]];
        self.array(parts.concat())
    }

    /// `delpaths(paths)`
    pub(crate) fn delete_paths(&mut self, value: Val, paths: Vec<Vec<Val>>) -> Result<Val, Stop> {
        if paths.is_empty() {
            return Ok(value);
        }
        let keyed = paths.into_iter().map(|path| (Val::arr(path), ())).collect();
        let mut steps = self.meter.steps();
        let sorted = order::sort(keyed, &mut steps);
        let sorted = self.meter.took(steps, sorted)?;
        let paths: Vec<&[Val]> = (sorted.iter())
            .map(|(path, ())| path.as_array().map_or(&[][..], Array::items))
            .collect();
        if paths[0].is_empty() {
            return Ok(Val::Null);
        }
        self.delete_sorted(value, &paths)
    }

    /// Deletes paths that are sorted and not empty.
    fn delete_sorted(&mut self, mut value: Val, paths: &[&[Val]]) -> Result<Val, Stop> {
        let mut whole = Vec::new();
        let mut rest = paths;
        while let Some(first) = rest.first() {
            let key = &first[0];
            let mut count = 1;
            while count < rest.len() && self.equal(key, &rest[count][0])? {
                count += 1;
            }
            let (same, others) = rest.split_at(count);
            rest = others;
            if first.len() == 1 {
                whole.push(key.clone());
                continue;
            }
            let child = self.index(&value, key)?;
            if matches!(child, Val::Null) {
                continue;
            }
            drop(child);
            let below: Vec<&[Val]> = same.iter().map(|path| &path[1..]).collect();
            value = self.nested(|machine| {
                let (value, child) = machine.lift(value, key)?;
                let child = machine.delete_sorted(child, &below)?;
                machine.put(value, key, child)
            })?;
        }
        self.delete_keys(value, &whole)
    }

    /// Deletes keys of one container.
    fn delete_keys(&mut self, value: Val, keys: &[Val]) -> Result<Val, Stop> {
        if keys.is_empty() {
            return Ok(value);
        }
        self.meter.work(keys.len() as u64)?;
        match value {
            Val::Null => Ok(Val::Null),
            Val::Obj(mut object) => {
                let mut names: Vec<Str> = Vec::new();
                for key in keys {
                    match key {
                        Val::Str(name) => names.push(name.clone()),
                        other => {
                            let found = other.type_name();
                            return Err(Stop::message(format!(
                                "Cannot delete {found} field of object"
                            )));
                        }
                    }
                }
                self.meter.work(object.len() as u64 / 4)?;
                self.own_object(&mut object)?.remove_all(&names);
                Ok(Val::Obj(object))
            }
            Val::Arr(array) => self.delete_items(&array, keys),
            other => {
                let found = other.type_name();
                Err(Stop::message(format!("Cannot delete fields from {found}")))
            }
        }
    }

    fn delete_items(&mut self, array: &Array, keys: &[Val]) -> Result<Val, Stop> {
        let mut gone = vec![false; array.len()];
        self.meter.work(array.len() as u64 / 4)?;
        for key in keys {
            match key {
                Val::Num(_) | Val::Dec(_) => {
                    let index = key.as_f64().unwrap_or(f64::NAN);
                    if let Some(place) = access::place(index, array.len()) {
                        gone[place] = true;
                    }
                }
                Val::Obj(ends) => {
                    let (from, to) = access::ends_of(ends)?;
                    let (from, to) = access::range(from, to, array.len())?;
                    self.meter.work((to - from) as u64 / 8)?;
                    gone[from..to].fill(true);
                }
                other => {
                    let found = other.type_name();
                    return Err(Stop::message(format!(
                        "Cannot delete {found} element of array"
                    )));
                }
            }
        }
        let kept = array.items().iter().zip(&gone).filter(|(_, gone)| !**gone);
        let kept = kept.map(|(item, _)| item.clone()).collect();
        self.array(kept)
    }
}
