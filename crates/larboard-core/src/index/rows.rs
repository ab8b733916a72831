//! Walking through rows in the order of identifiers, from a place on, without looking at more than needed.

use super::plan::Plan;
use super::table::Table;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::Arc;

/// Ordered lists of rows that together hold every row that may pass.
pub(super) struct Source<'t> {
    lists: Vec<List<'t>>,
}

enum List<'t> {
    Borrowed(&'t [u32]),
    Owned(Vec<u32>),
}

impl List<'_> {
    fn rows(&self) -> &[u32] {
        match self {
            Self::Borrowed(rows) => rows,
            Self::Owned(rows) => rows,
        }
    }
}

impl<'t> Source<'t> {
    pub(super) fn none() -> Self {
        Self { lists: Vec::new() }
    }

    pub(super) fn all(table: &'t Table) -> Self {
        Self::of_lists(vec![&table.order])
    }

    pub(super) fn of_lists(lists: Vec<&'t [u32]>) -> Self {
        let lists = lists.into_iter().filter(|rows| !rows.is_empty());
        Self {
            lists: lists.map(List::Borrowed).collect(),
        }
    }

    pub(super) fn of_rows(rows: &HashSet<u32>, table: &'t Table) -> Self {
        // Sorting costs more than looking through all rows once they are many.
        if rows.len() > 10_000 && rows.len() > table.len() / 8 {
            return Self::all(table);
        }
        let mut rows: Vec<u32> = rows.iter().copied().collect();
        rows.sort_unstable_by(|a, b| table.identifier(*a).cmp(table.identifier(*b)));
        Self {
            lists: vec![List::Owned(rows)],
        }
    }

    /// Either of several.
    pub(super) fn union(sources: Vec<Self>, table: &'t Table) -> Self {
        let total: usize = sources.iter().map(Self::len).sum();
        let lists: Vec<List<'t>> = sources
            .into_iter()
            .flat_map(|source| source.lists)
            .collect();
        if total >= table.order.len() || lists.len() > 256 {
            return Self::all(table);
        }
        Self { lists }
    }

    /// How many rows there are to look through, some perhaps twice.
    pub(super) fn len(&self) -> usize {
        self.lists.iter().map(|list| list.rows().len()).sum()
    }

    /// Calls `f` for each row after the identifier `after`, in order and once, until it says stop.
    fn walk(&self, table: &Table, after: Option<&str>, f: &mut dyn FnMut(u32) -> bool) {
        let begin = |rows: &[u32]| match after {
            None => 0,
            Some(after) => rows.partition_point(|row| table.identifier(*row) <= after),
        };
        if let [list] = self.lists.as_slice() {
            let rows = list.rows();
            for row in rows.get(begin(rows)..).unwrap_or_default() {
                if !f(*row) {
                    return;
                }
            }
            return;
        }
        let mut places: Vec<usize> = self.lists.iter().map(|list| begin(list.rows())).collect();
        let head = |list: usize, place: usize| {
            let row = self.lists.get(list)?.rows().get(place).copied()?;
            Some(Reverse((table.identifier(row), row, list)))
        };
        let mut heads: BinaryHeap<_> = places
            .iter()
            .enumerate()
            .filter_map(|(list, place)| head(list, *place))
            .collect();
        let mut last = None;
        while let Some(Reverse((_, row, list))) = heads.pop() {
            if let Some(place) = places.get_mut(list) {
                *place += 1;
                heads.extend(head(list, *place));
            }
            if last != Some(row) && !f(row) {
                return;
            }
            last = Some(row);
        }
    }
}

/// Some of the entities that pass, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Their identifiers.
    pub identifiers: Vec<Arc<str>>,
    /// Their rows.
    pub rows: Vec<u32>,
    /// Whether there are more.
    pub more: bool,
}

impl Plan<'_> {
    /// Up to `limit` entities that pass, after the identifier `after`.
    pub fn page(&self, after: Option<&str>, limit: usize) -> Page {
        let mut page = Page::default();
        self.each(after, &mut |row| {
            if page.identifiers.len() == limit {
                page.more = true;
                return false;
            }
            page.rows.push(row);
            page.identifiers
                .extend(self.table.shared_identifier(row).cloned());
            true
        });
        page
    }

    /// How many entities pass.
    pub fn count(&self) -> usize {
        let mut count = 0;
        self.each(None, &mut |_| {
            count += 1;
            true
        });
        count
    }

    /// The values of properties, meta-properties, relations or mirrors of each entity that passes, in order.
    pub fn each_values(&self, names: &[String], f: &mut dyn FnMut(Vec<serde_json::Value>)) {
        self.each(None, &mut |row| {
            let value = |name: &String| self.index.value(self.table, row, name, 0).json();
            f(names.iter().map(value).collect());
            true
        });
    }

    pub(super) fn each(&self, after: Option<&str>, f: &mut dyn FnMut(u32) -> bool) {
        self.predicate
            .source(self.table)
            .walk(self.table, after, &mut |row| {
                !self.predicate.holds(self.table, row) || f(row)
            });
    }
}
