//! An array that knows its depth and weight.

use super::{SHALLOW, Val, drop_flat, heavier, lighter};

/// The items of an array.
#[derive(Clone, Debug, Default)]
pub struct Array {
    items: Vec<Val>,
    depth: u32,
    weight: u64,
}

impl Array {
    /// The items.
    pub fn items(&self) -> &[Val] {
        &self.items
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The item at an index, if it exists.
    pub fn get(&self, index: usize) -> Option<&Val> {
        self.items.get(index)
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depth.max(1)
    }

    pub(crate) fn weight(&self) -> u64 {
        heavier(self.weight, 2)
    }

    pub(crate) fn push(&mut self, item: Val) {
        self.count(&item);
        self.items.push(item);
    }

    pub(crate) fn extend(&mut self, items: &[Val]) {
        self.items.reserve(items.len());
        for item in items {
            self.push(item.clone());
        }
    }

    /// Puts an item at an index, filling up with nulls. The old item is given back.
    pub(crate) fn set(&mut self, index: usize, item: Val) -> Val {
        while self.items.len() <= index {
            self.push(Val::Null);
        }
        self.count(&item);
        let old = std::mem::replace(&mut self.items[index], item);
        self.weight = lighter(self.weight, old.weight() + 1);
        old
    }

    pub(crate) fn take(&mut self) -> Vec<Val> {
        self.depth = 0;
        self.weight = 0;
        std::mem::take(&mut self.items)
    }

    fn count(&mut self, item: &Val) {
        self.depth = self.depth.max(item.depth() + 1);
        self.weight = heavier(self.weight, item.weight() + 1);
    }
}

impl From<Vec<Val>> for Array {
    fn from(items: Vec<Val>) -> Array {
        let mut array = Array {
            items: Vec::new(),
            depth: 1,
            weight: 0,
        };
        for item in &items {
            array.count(item);
        }
        array.items = items;
        array
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if self.depth > SHALLOW {
            drop_flat(self.take());
        }
    }
}
