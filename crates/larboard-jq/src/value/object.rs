//! An object that keeps the order of its keys and knows its depth and weight.
//!
//! Small objects are searched from the front; larger ones have an index from key to place.

use std::collections::HashMap;

use super::{SHALLOW, Str, Val, drop_flat, heavier, lighter};

/// Objects with more keys than this have an index.
const SMALL: usize = 12;

/// The entries of an object.
#[derive(Clone, Debug, Default)]
pub struct Object {
    entries: Vec<(Str, Val)>,
    index: Option<HashMap<Str, usize>>,
    depth: u32,
    weight: u64,
}

impl Object {
    pub(crate) fn with_capacity(capacity: usize) -> Object {
        let mut object = Object::default();
        object.entries.reserve_exact(capacity);
        object
    }

    /// Keys and values, in the order of insertion.
    pub fn entries(&self) -> &[(Str, Val)] {
        &self.entries
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key, if it exists.
    pub fn get(&self, key: &str) -> Option<&Val> {
        self.place(key).map(|place| &self.entries[place].1)
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depth.max(1)
    }

    pub(crate) fn weight(&self) -> u64 {
        heavier(self.weight, 2)
    }

    /// Sets a key, at its old place or at the end. The old value is given back.
    pub(crate) fn set(&mut self, key: &Str, value: Val) -> Option<Val> {
        self.depth = self.depth.max(value.depth() + 1);
        self.weight = heavier(self.weight, value.weight());
        if let Some(place) = self.place(key) {
            let old = std::mem::replace(&mut self.entries[place].1, value);
            self.weight = lighter(self.weight, old.weight());
            return Some(old);
        }
        self.weight = heavier(self.weight, key.len() as u64 + 4);
        self.entries.push((key.clone(), value));
        match &mut self.index {
            Some(index) => {
                index.insert(key.clone(), self.entries.len() - 1);
            }
            None if self.entries.len() > SMALL => self.reindex(),
            None => {}
        }
        None
    }

    /// Replaces a value that exists by null and gives it out, so that its owner may change it in place.
    pub(crate) fn lift(&mut self, key: &str) -> Option<Val> {
        let place = self.place(key)?;
        let value = std::mem::take(&mut self.entries[place].1);
        self.weight = heavier(lighter(self.weight, value.weight()), Val::Null.weight());
        Some(value)
    }

    /// Removes keys; the order of the others stays.
    pub(crate) fn remove_all(&mut self, keys: &[Str]) {
        if keys.len() == 1 {
            if let Some(place) = self.place(&keys[0]) {
                self.entries.remove(place);
            }
        } else {
            let gone: std::collections::HashSet<&str> = keys.iter().map(|k| &**k).collect();
            self.entries.retain(|(key, _)| !gone.contains(&**key));
        }
        self.weight = (self.entries.iter()).fold(0, |weight, (key, value)| {
            heavier(weight, value.weight() + key.len() as u64 + 4)
        });
        self.index = None;
        if self.entries.len() > SMALL {
            self.reindex();
        }
    }

    /// The entries, sorted by key.
    pub(crate) fn sorted(&self) -> Vec<&(Str, Val)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        entries
    }

    pub(crate) fn take_values(&mut self) -> impl Iterator<Item = Val> + use<> {
        self.depth = 0;
        self.index = None;
        std::mem::take(&mut self.entries).into_iter().map(|e| e.1)
    }

    fn place(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|(k, _)| **k == *key),
        }
    }

    fn reindex(&mut self) {
        let places = self.entries.iter().enumerate();
        let index = places.map(|(place, (key, _))| (key.clone(), place));
        self.index = Some(index.collect());
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if self.depth > SHALLOW {
            drop_flat(self.take_values().collect());
        }
    }
}
