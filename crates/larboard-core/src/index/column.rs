//! One property of all rows: a code a row, and the distinct values by code.

use super::cell::Cell;
use crate::search::{Check, Test, parse_instant};
use indexmap::IndexMap;
use std::sync::OnceLock;

/// The code of having no value.
pub(super) const NULL: u32 = 0;
/// Below so many distinct values a test is held against each of them before rows are looked at.
const FEW: usize = 4_096;

/// Finds where a row stands, or would stand, in an ordered list of rows.
pub(super) type Place<'a> = dyn Fn(&[u32]) -> Result<usize, usize> + 'a;

/// A column.
pub(super) struct Column {
    codes: Vec<u32>,
    /// Values, with how many rows have each; a value without rows stays until the column is packed.
    values: IndexMap<Cell, u32>,
    unused: usize,
    lists: usize,
    heap: usize,
    /// Rows by code, in the order of rows; built when first asked for.
    rows_by_code: OnceLock<Vec<Vec<u32>>>,
}

/// Which codes pass a test.
pub(super) enum Codes {
    /// These few.
    Few(Vec<u32>),
    /// A bit for each.
    Bits(Vec<u64>),
    /// Not worked out; each row's value is tested when it is come to.
    Late(Test),
}

impl Column {
    /// A column of `rows` rows without values.
    pub(super) fn new(rows: usize) -> Self {
        let mut values = IndexMap::new();
        values.insert(Cell::Null, u32::try_from(rows).unwrap_or(u32::MAX));
        Self {
            codes: vec![NULL; rows],
            values,
            unused: 0,
            lists: 0,
            heap: 0,
            rows_by_code: OnceLock::new(),
        }
    }

    pub(super) fn push(&mut self) {
        self.codes.push(NULL);
        self.count(NULL, true);
    }

    fn count(&mut self, code: u32, up: bool) {
        if let Some((_, uses)) = self.values.get_index_mut(code as usize) {
            match up {
                true if *uses == 0 && code != NULL => self.unused -= 1,
                false if *uses == 1 && code != NULL => self.unused += 1,
                _ => {}
            }
            *uses = if up {
                uses.saturating_add(1)
            } else {
                uses.saturating_sub(1)
            };
        }
    }

    /// Gives a row a value. `place` finds where the row stands in an ordered list of rows; without it the row is in none.
    pub(super) fn set(&mut self, row: u32, cell: Cell, place: Option<&Place<'_>>) {
        let Some(before) = self.codes.get(row as usize).copied() else {
            return;
        };
        let heap = cell.heap();
        let list = matches!(cell, Cell::List(_));
        let entry = self.values.entry(cell);
        let code = u32::try_from(entry.index()).unwrap_or(u32::MAX);
        if let indexmap::map::Entry::Vacant(vacant) = entry {
            vacant.insert(0);
            self.unused += 1;
            self.lists += usize::from(list);
            self.heap += heap;
        }
        if code == before {
            return;
        }
        self.count(before, false);
        self.count(code, true);
        if let Some(slot) = self.codes.get_mut(row as usize) {
            *slot = code;
        }
        if let Some(lists) = self.rows_by_code.get_mut() {
            if lists.len() < self.values.len() {
                lists.resize_with(self.values.len(), Vec::new);
            }
            if let Some(place) = place {
                move_row(lists, row, before, code, place);
            }
        }
        self.pack_if_worth_it();
    }

    /// Takes the value from a row that ended and is in no list any more.
    pub(super) fn release(&mut self, row: u32) {
        self.set(row, Cell::Null, None);
    }

    fn pack_if_worth_it(&mut self) {
        if self.unused > 1_024 && self.unused > self.values.len() / 2 {
            self.pack();
        }
    }

    /// Drops the values that no row has.
    fn pack(&mut self) {
        self.rows_by_code = OnceLock::new();
        let old = std::mem::take(&mut self.values);
        let mut renamed = vec![NULL; old.len()];
        for (before, (cell, uses)) in old.into_iter().enumerate() {
            if uses > 0 || before == NULL as usize {
                let (code, _) = self.values.insert_full(cell, uses);
                if let Some(name) = renamed.get_mut(before) {
                    *name = u32::try_from(code).unwrap_or(u32::MAX);
                }
            }
        }
        for code in &mut self.codes {
            *code = renamed.get(*code as usize).copied().unwrap_or(NULL);
        }
        self.unused = 0;
        self.lists = self
            .values
            .keys()
            .filter(|cell| matches!(cell, Cell::List(_)))
            .count();
        self.heap = self.values.keys().map(Cell::heap).sum();
    }

    /// Forgets the lists of rows, because rows were added or moved in bulk.
    pub(super) fn forget_lists(&mut self) {
        self.rows_by_code = OnceLock::new();
    }

    /// Puts a new row into the lists, if they are built.
    pub(super) fn enlist(&mut self, row: u32, place: &Place<'_>) {
        let code = self.code(row) as usize;
        if let Some(lists) = self.rows_by_code.get_mut()
            && let Some(rows) = lists.get_mut(code)
            && let Err(at) = place(rows)
        {
            rows.insert(at, row);
        }
    }

    /// Takes a row that ends out of the lists.
    pub(super) fn delist(&mut self, row: u32, place: &Place<'_>) {
        let code = self.code(row) as usize;
        if let Some(lists) = self.rows_by_code.get_mut()
            && let Some(rows) = lists.get_mut(code)
            && let Ok(at) = place(rows)
        {
            rows.remove(at);
        }
    }

    /// The code of a text, if some row has or had it.
    pub(super) fn code_of_text(&self, text: &str) -> Option<u32> {
        let code = self.values.get_index_of(&Cell::text(text))?;
        u32::try_from(code).ok()
    }

    /// Whether some value is a list.
    pub(super) fn has_lists(&self) -> bool {
        self.lists > 0
    }

    pub(super) fn code(&self, row: u32) -> u32 {
        self.codes.get(row as usize).copied().unwrap_or(NULL)
    }

    pub(super) fn cell(&self, row: u32) -> &Cell {
        self.cell_of(self.code(row))
    }

    pub(super) fn cell_of(&self, code: u32) -> &Cell {
        const NONE: &Cell = &Cell::Null;
        self.values
            .get_index(code as usize)
            .map_or(NONE, |(cell, _)| cell)
    }

    /// The rows of a code, in order; `order` is all rows in order.
    pub(super) fn rows_of(&self, code: u32, order: &[u32]) -> &[u32] {
        let lists = self.rows_by_code.get_or_init(|| {
            let mut lists: Vec<Vec<u32>> = Vec::new();
            lists.resize_with(self.values.len(), Vec::new);
            for row in order {
                if let Some(rows) = lists.get_mut(self.code(*row) as usize) {
                    rows.push(*row);
                }
            }
            lists
        });
        lists.get(code as usize).map_or(&[], Vec::as_slice)
    }

    /// The codes that pass a test.
    pub(super) fn codes(&self, test: &Test) -> Codes {
        if let (Check::OneOf(set), 0, false) = (&test.check, self.lists, test.negated) {
            let booleans = [false, true]
                .into_iter()
                .filter(|b| set.booleans[usize::from(*b)]);
            let cells = set
                .texts
                .iter()
                .map(|text| Cell::text(text))
                .chain(set.texts.iter().filter_map(|text| instant(text)))
                .chain(set.numbers.iter().map(|n| Cell::Number(n + 0.0)))
                .chain(booleans.map(Cell::Bool))
                .chain(set.null.then_some(Cell::Null));
            let mut codes: Vec<u32> = cells
                .filter_map(|cell| self.values.get_index_of(&cell))
                .filter_map(|code| u32::try_from(code).ok())
                .collect();
            codes.sort_unstable();
            codes.dedup();
            return Codes::Few(codes);
        }
        if self.values.len() > FEW && self.values.len() > self.codes.len() / 4 {
            return Codes::Late(test.clone());
        }
        self.codes_where(|cell| cell.passes(&test.check, false) ^ test.negated)
    }

    /// The codes whose values pass.
    pub(super) fn codes_where(&self, passes: impl Fn(&Cell) -> bool) -> Codes {
        let mut bits = vec![0_u64; self.values.len().div_ceil(64)];
        let mut few = Vec::new();
        for (code, cell) in self.values.keys().enumerate() {
            if passes(cell) {
                if let Some(word) = bits.get_mut(code / 64) {
                    *word |= 1 << (code % 64);
                }
                few.push(u32::try_from(code).unwrap_or(u32::MAX));
            }
        }
        if few.len() <= 16 {
            Codes::Few(few)
        } else {
            Codes::Bits(bits)
        }
    }

    /// These codes, in the form that is cheap to ask.
    pub(super) fn codes_among(&self, codes: &std::collections::HashSet<u32>) -> Codes {
        if codes.len() <= 16 {
            let mut few: Vec<u32> = codes.iter().copied().collect();
            few.sort_unstable();
            return Codes::Few(few);
        }
        let mut bits = vec![0_u64; self.values.len().div_ceil(64)];
        for code in codes {
            if let Some(word) = bits.get_mut(*code as usize / 64) {
                *word |= 1 << (code % 64);
            }
        }
        Codes::Bits(bits)
    }

    /// Each code whose value passes.
    pub(super) fn each_code_where(&self, passes: impl Fn(&Cell) -> bool) -> Vec<u32> {
        let mut codes = Vec::new();
        for (code, cell) in self.values.keys().enumerate() {
            if passes(cell) {
                codes.push(u32::try_from(code).unwrap_or(u32::MAX));
            }
        }
        codes
    }

    /// Whether a row's value is among the codes.
    pub(super) fn is_in(&self, row: u32, codes: &Codes) -> bool {
        match codes {
            Codes::Few(few) => few.contains(&self.code(row)),
            Codes::Bits(bits) => {
                let code = self.code(row) as usize;
                bits.get(code / 64)
                    .is_some_and(|word| word >> (code % 64) & 1 == 1)
            }
            Codes::Late(test) => self.cell(row).passes(&test.check, false) ^ test.negated,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        const ENTRY: usize = size_of::<Cell>() + 28;
        let lists = self
            .rows_by_code
            .get()
            .map_or(0, |lists| lists.len() * 32 + self.codes.len() * 4);
        self.codes.len() * 4 + self.values.len() * ENTRY + self.heap + lists
    }
}

fn instant(text: &str) -> Option<Cell> {
    parse_instant(text).map(|at| Cell::Instant(at.as_millis()))
}

fn move_row(lists: &mut [Vec<u32>], row: u32, from: u32, to: u32, place: &Place<'_>) {
    if let Some(rows) = lists.get_mut(from as usize)
        && let Ok(at) = place(rows)
    {
        rows.remove(at);
    }
    if let Some(rows) = lists.get_mut(to as usize)
        && let Err(at) = place(rows)
    {
        rows.insert(at, row);
    }
}
