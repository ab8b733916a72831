//! The entities of a blueprint as columns in memory, which answer filters fast. It is a copy: the database is the truth,
//! and whoever owns an [`Index`] keeps it current. No I/O here.
//!
//! Each property is a [`column::Column`]: a code per row and a dictionary of the distinct values, so that a test is held
//! against each distinct value once, by the very code that evaluates a single entity (`search/test.rs`). Lists of rows by
//! value are built when a rule first asks for equality. Rows come in the order of their identifiers.

mod cell;
mod column;
mod connect;
mod plan;
mod rows;
mod table;
mod teams;

use crate::blueprint::Relation;
use indexmap::IndexMap;
use std::collections::HashMap;

pub use plan::Plan;
pub use rows::Page;
pub use table::{Row, Table};

/// What an index knows of a blueprint.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Its relations.
    pub relations: IndexMap<String, Relation>,
    /// Definitions of its properties.
    pub properties: serde_json::Map<String, serde_json::Value>,
    /// Its mirror properties as the relations to follow and the property at the end.
    pub mirrors: HashMap<String, (Vec<String>, String)>,
    /// The relations along which its entities inherit their teams; `None` if teams are their own.
    pub team_path: Option<Vec<String>>,
    /// Properties that are computed in ways the index does not know.
    pub opaque: Vec<String>,
    /// Whether nothing that an entity shows comes from other entities or from the time.
    pub stands_alone: bool,
}

/// Tables by blueprint. What a filter needs must be loaded; [`Index::needs`] says what that is.
#[derive(Default)]
pub struct Index {
    tables: HashMap<String, Table>,
    shapes: HashMap<String, Shape>,
}

impl Index {
    /// The blueprints there are, with their shapes. What rows are shown as depends on these, so nothing of it is kept.
    pub fn set_shapes(&mut self, shapes: HashMap<String, Shape>) {
        self.shapes = shapes;
        self.tables.values_mut().for_each(Table::let_go);
        self.tables.retain(|name, _| self.shapes.contains_key(name));
    }

    /// Whether what an entity of the blueprint is shown as follows from the entity alone.
    pub fn stands_alone(&self, blueprint: &str) -> bool {
        self.shape(blueprint)
            .is_some_and(|shape| shape.stands_alone)
    }

    /// The shape of a blueprint.
    pub fn shape(&self, blueprint: &str) -> Option<&Shape> {
        self.shapes.get(blueprint)
    }

    /// Every blueprint, in order.
    pub fn blueprints(&self) -> Vec<String> {
        let mut names: Vec<String> = self.shapes.keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// The table of a blueprint, if it is loaded.
    pub fn table(&self, blueprint: &str) -> Option<&Table> {
        self.tables.get(blueprint)
    }

    /// The same, to change it.
    pub fn table_mut(&mut self, blueprint: &str) -> Option<&mut Table> {
        self.tables.get_mut(blueprint)
    }

    /// Puts a table in, over one of the same blueprint.
    pub fn put(&mut self, table: Table) {
        self.tables.insert(table.blueprint().to_owned(), table);
    }

    /// Forgets the table of a blueprint.
    pub fn forget(&mut self, blueprint: &str) {
        self.tables.remove(blueprint);
    }

    /// The blueprints whose tables are loaded.
    pub fn loaded(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// About how many bytes all tables take.
    pub fn bytes(&self) -> usize {
        self.tables.values().map(Table::bytes).sum()
    }
}

#[cfg(test)]
mod tests;
