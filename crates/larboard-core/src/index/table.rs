//! The rows of one blueprint. A row keeps its number for as long as it lives; the order of rows is kept apart.

use super::cell::Cell;
use super::column::{Column, Place};
use crate::entity::{Entity, RelationValue};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Past so many changes at once, lists of rows are built anew rather than mended.
const MANY: usize = 512;

/// The entities of a blueprint.
pub struct Table {
    blueprint: String,
    identifiers: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    /// Rows that were deleted, to be used again.
    free: Vec<u32>,
    /// Living rows by identifier.
    pub(super) order: Vec<u32>,
    metas: HashMap<&'static str, Column>,
    properties: HashMap<String, Column>,
    relations: HashMap<String, Column>,
    /// Whether `order` and the lists of rows wait for [`Table::settle`].
    unsettled: bool,
    text: usize,
    /// What rows are shown as, kept by whoever shows them until the row changes.
    kept: Vec<OnceLock<Box<[u8]>>>,
    kept_bytes: AtomicUsize,
}

/// Bytes of shown rows that are kept of a table; past that they are all let go.
const KEPT: usize = 64 * 1024 * 1024;

/// An entity as a row.
pub struct Row<'a> {
    /// The entity.
    pub entity: &'a Entity,
    /// Its data source.
    pub data_source: &'a str,
}

const METAS: [&str; 9] = [
    "$title",
    "$icon",
    "$team",
    "$createdAt",
    "$updatedAt",
    "$createdBy",
    "$updatedBy",
    "$datasource",
    "$identifier",
];

impl Table {
    /// An empty table.
    pub fn new(blueprint: &str) -> Self {
        Self {
            blueprint: blueprint.to_owned(),
            identifiers: Vec::new(),
            numbers: HashMap::new(),
            free: Vec::new(),
            order: Vec::new(),
            metas: METAS
                .into_iter()
                .filter(|name| *name != "$identifier")
                .map(|name| (name, Column::new(0)))
                .collect(),
            properties: HashMap::new(),
            relations: HashMap::new(),
            unsettled: false,
            text: 0,
            kept: Vec::new(),
            kept_bytes: AtomicUsize::new(0),
        }
    }

    /// The blueprint's identifier.
    pub fn blueprint(&self) -> &str {
        &self.blueprint
    }

    /// How many entities it has.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Its entities by identifier.
    pub fn identifiers(&self) -> impl Iterator<Item = &Arc<str>> {
        self.order
            .iter()
            .filter_map(|row| self.identifiers.get(*row as usize))
    }

    pub(super) fn identifier(&self, row: u32) -> &str {
        self.identifiers.get(row as usize).map_or("", |id| id)
    }

    pub(super) fn shared_identifier(&self, row: u32) -> Option<&Arc<str>> {
        self.identifiers.get(row as usize)
    }

    pub(super) fn number(&self, identifier: &str) -> Option<u32> {
        self.numbers.get(identifier).copied()
    }

    pub(super) fn meta(&self, name: &str) -> Option<&Column> {
        self.metas.get(name)
    }

    pub(super) fn property(&self, name: &str) -> Option<&Column> {
        self.properties.get(name)
    }

    pub(super) fn relation(&self, name: &str) -> Option<&Column> {
        self.relations.get(name)
    }

    /// Writes rows, over those of the same identifiers; many at once are cheaper than one by one.
    pub fn put_all<'a>(&mut self, rows: impl ExactSizeIterator<Item = Row<'a>>) {
        let many = rows.len() > MANY || self.unsettled;
        rows.for_each(|row| self.put(&row, many));
        self.settle();
    }

    /// Writes rows in bulk; [`Table::settle`] must follow before anything is looked for.
    pub fn load<'a>(&mut self, rows: impl Iterator<Item = Row<'a>>) {
        for row in rows {
            self.put(&row, true);
        }
    }

    fn put(&mut self, row: &Row<'_>, many: bool) {
        let identifier = row.entity.identifier.as_str();
        let (number, new) = match self.number(identifier) {
            Some(number) => (number, false),
            None => (self.add(identifier), true),
        };
        self.let_go_of(number);
        if many {
            self.unsettle();
            if new {
                self.order.push(number);
            }
        }
        self.fill(number, row, new || many);
        if new && !many {
            let identifiers = &self.identifiers;
            let place = |rows: &[u32]| find(identifiers, identifier, rows);
            if let Err(at) = place(&self.order) {
                self.order.insert(at, number);
            }
            self.metas
                .values_mut()
                .chain(self.properties.values_mut())
                .chain(self.relations.values_mut())
                .for_each(|column| column.enlist(number, &place));
        }
    }

    fn unsettle(&mut self) {
        if !self.unsettled {
            self.unsettled = true;
            self.columns_mut().for_each(Column::forget_lists);
        }
    }

    /// Puts rows that were written in bulk into order. Nothing is found before that.
    pub fn settle(&mut self) {
        if !std::mem::take(&mut self.unsettled) {
            return;
        }
        let mut order = std::mem::take(&mut self.order);
        order.retain(|row| self.number(self.identifier(*row)) == Some(*row));
        let identifiers = &self.identifiers;
        let name = |row: &u32| identifiers.get(*row as usize);
        // Rows come from the database in nearly this order already, which this kind of sort makes use of.
        order.sort_by(|a, b| name(a).cmp(&name(b)));
        order.dedup();
        self.order = order;
    }

    /// What a row was kept as since it last changed.
    pub fn kept(&self, row: u32) -> Option<&[u8]> {
        self.kept.get(row as usize)?.get().map(|text| &**text)
    }

    /// Keeps what a row is shown as.
    pub fn keep(&self, row: u32, text: &[u8]) {
        if self.kept_bytes.load(Ordering::Relaxed) < KEPT
            && let Some(place) = self.kept.get(row as usize)
            && place.set(text.into()).is_ok()
        {
            self.kept_bytes.fetch_add(text.len(), Ordering::Relaxed);
        }
    }

    /// Lets go of everything that was kept.
    pub fn let_go(&mut self) {
        self.kept.iter_mut().for_each(|place| drop(place.take()));
        self.kept_bytes = AtomicUsize::new(0);
    }

    fn let_go_of(&mut self, row: u32) {
        if self.kept_bytes.load(Ordering::Relaxed) >= KEPT {
            self.let_go();
        }
        if let Some(text) = self.kept.get_mut(row as usize).and_then(OnceLock::take) {
            self.kept_bytes.fetch_sub(text.len(), Ordering::Relaxed);
        }
    }

    fn add(&mut self, identifier: &str) -> u32 {
        let shared: Arc<str> = identifier.into();
        self.text += identifier.len();
        let number = match self.free.pop() {
            Some(number) => {
                if let Some(slot) = self.identifiers.get_mut(number as usize) {
                    *slot = shared.clone();
                }
                number
            }
            None => {
                self.identifiers.push(shared.clone());
                self.kept.push(OnceLock::new());
                self.columns_mut().for_each(Column::push);
                u32::try_from(self.identifiers.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.numbers.insert(shared, number);
        number
    }

    /// Sets every column of a row. A new row is not in the lists yet, so nothing is looked up there.
    fn fill(&mut self, number: u32, row: &Row<'_>, unlisted: bool) {
        let (entity, rows) = (row.entity, self.identifiers.len());
        let stamps = &entity.stamps;
        let identifiers = &self.identifiers;
        let place = |rows: &[u32]| find(identifiers, &entity.identifier, rows);
        let place: Option<&Place<'_>> = if unlisted { None } else { Some(&place) };
        let optional = |text: Option<&str>| text.map_or(Cell::Null, Cell::text);
        let metas = [
            (
                "$title",
                Cell::text(entity.title.as_deref().unwrap_or(&entity.identifier)),
            ),
            ("$icon", optional(entity.icon.as_deref())),
            ("$team", Cell::texts(entity.team.iter().map(String::as_str))),
            ("$createdAt", Cell::Instant(stamps.created_at.as_millis())),
            ("$updatedAt", Cell::Instant(stamps.updated_at.as_millis())),
            ("$createdBy", Cell::text(&stamps.created_by)),
            ("$updatedBy", Cell::text(&stamps.updated_by)),
            ("$datasource", Cell::text(row.data_source)),
        ];
        for (name, cell) in metas {
            if let Some(column) = self.metas.get_mut(name) {
                column.set(number, cell, place);
            }
        }
        for (name, value) in &entity.properties {
            if !self.properties.contains_key(name) {
                self.properties.insert(name.clone(), Column::new(rows));
            }
            if let Some(column) = self.properties.get_mut(name) {
                column.set(number, Cell::of(value), place);
            }
        }
        for (name, column) in &mut self.properties {
            if !entity.properties.contains_key(name) {
                column.set(number, Cell::Null, place);
            }
        }
        for (name, value) in &entity.relations {
            if !self.relations.contains_key(name) {
                self.relations.insert(name.clone(), Column::new(rows));
            }
            let cell = match value {
                RelationValue::One(target) => Cell::text(target),
                other => Cell::texts(other.targets().iter().map(String::as_str)),
            };
            if let Some(column) = self.relations.get_mut(name) {
                column.set(number, cell, place);
            }
        }
        for (name, column) in &mut self.relations {
            if !entity.relations.contains_key(name) {
                column.set(number, Cell::Null, place);
            }
        }
    }

    /// Takes an entity out, if it is there.
    pub fn remove(&mut self, identifier: &str) {
        let Some((shared, number)) = self.numbers.remove_entry(identifier) else {
            return;
        };
        self.text = self.text.saturating_sub(shared.len());
        self.let_go_of(number);
        let identifiers = &self.identifiers;
        let place = |rows: &[u32]| find(identifiers, identifier, rows);
        if !self.unsettled {
            if let Ok(at) = place(&self.order) {
                self.order.remove(at);
            }
            self.metas
                .values_mut()
                .chain(self.properties.values_mut())
                .chain(self.relations.values_mut())
                .for_each(|column| column.delist(number, &place));
        }
        self.columns_mut().for_each(|column| column.release(number));
        self.free.push(number);
    }

    fn columns_mut(&mut self) -> impl Iterator<Item = &mut Column> {
        self.metas
            .values_mut()
            .chain(self.properties.values_mut())
            .chain(self.relations.values_mut())
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let columns = self
            .metas
            .values()
            .chain(self.properties.values())
            .chain(self.relations.values());
        // A shared text is counted once; its two holders and its row in the order beside it.
        self.text
            + self.kept_bytes.load(Ordering::Relaxed)
            + self.identifiers.len() * 88
            + columns.map(Column::bytes).sum::<usize>()
    }
}

/// Where an identifier stands in a list of rows.
pub(super) fn find(
    identifiers: &[Arc<str>],
    identifier: &str,
    rows: &[u32],
) -> Result<usize, usize> {
    rows.binary_search_by(|row| {
        identifiers
            .get(*row as usize)
            .map_or("", |id| id)
            .cmp(identifier)
    })
}
