//! What rows lead to in one step: a relation's column, the teams written in rows, or the teams they inherit.
//!
//! Inherited teams are no column of their own: they follow from the value of the first relation of their path, so they are
//! looked up for each distinct value of it, and are right whatever changed at the other end.

use super::Index;
use super::cell::Cell;
use super::column::Column;
use super::table::Table;
use crate::blueprint::system::TEAM;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

/// The step of a path that leads to teams, and the meta-property that names them.
pub(super) const TEAM_STEP: &str = "$team";

/// Past so many names a column is gone through rather than asked for each.
const MANY: usize = 10_000;

/// One step from the rows of a table.
pub(super) struct Edge<'a> {
    /// What the step follows from: a code for each row.
    pub(super) column: &'a Column,
    inherited: Option<Inherited<'a>>,
}

/// How the teams at the end of a path follow from its first relation.
struct Inherited<'a> {
    index: &'a Index,
    /// Whose entities the first relation names.
    first: &'a Table,
    rest: &'a [String],
}

impl<'a> Edge<'a> {
    /// The step along a column's own values.
    pub(super) fn of_column(column: &'a Column) -> Self {
        Self {
            column,
            inherited: None,
        }
    }

    /// What a row leads to.
    pub(super) fn cell(&self, row: u32) -> Cow<'a, Cell> {
        self.of(self.column.cell(row))
    }

    /// What rows with this value of the column lead to.
    pub(super) fn of<'c>(&self, value: &'c Cell) -> Cow<'c, Cell> {
        match (&self.inherited, value) {
            (None, value) => Cow::Borrowed(value),
            (Some(inherited), Cell::Text(identifier)) => {
                let Inherited { index, first, rest } = inherited;
                Cow::Owned(index.teams_at(first, identifier, rest))
            }
            (Some(_), _) => Cow::Owned(Cell::Null),
        }
    }

    /// The codes of the rows that lead to one of these.
    pub(super) fn codes_naming(&self, names: &HashSet<&str>) -> Vec<u32> {
        let column = self.column;
        if self.inherited.is_none() && !column.has_lists() && names.len() < MANY {
            return names
                .iter()
                .filter_map(|name| column.code_of_text(name))
                .collect();
        }
        column.each_code_where(|value| {
            let mut named = false;
            self.of(value)
                .each_text(&mut |text| named |= names.contains(text));
            named
        })
    }
}

impl Index {
    /// A step from the rows of a table; `None` if they lead nowhere.
    pub(super) fn edge<'a>(&'a self, table: &'a Table, step: &str) -> Option<Edge<'a>> {
        let shape = self.shape(table.blueprint())?;
        if step != TEAM_STEP {
            let known = shape.relations.contains_key(step);
            return table.relation(step).filter(|_| known).map(Edge::of_column);
        }
        let Some(path) = &shape.team_path else {
            return table.meta(TEAM_STEP).map(Edge::of_column);
        };
        let (step, rest) = path.split_first()?;
        let target = &shape.relations.get(step)?.target;
        Some(Edge {
            column: table.relation(step)?,
            inherited: Some(Inherited {
                index: self,
                first: self.table(target)?,
                rest,
            }),
        })
    }

    /// The teams at the end of a path that begins at an entity, as `computed/teams.rs` has them.
    fn teams_at(&self, table: &Table, identifier: &str, path: &[String]) -> Cell {
        let (Some(row), Some(shape)) = (table.number(identifier), self.shape(table.blueprint()))
        else {
            return Cell::Null;
        };
        let Some((step, rest)) = path.split_first() else {
            return match table.meta(TEAM_STEP) {
                _ if table.blueprint() == TEAM => Cell::texts([identifier].into_iter()),
                Some(column) if shape.team_path.is_none() => column.cell(row).clone(),
                _ => Cell::Null,
            };
        };
        let target = shape.relations.get(step);
        let target = target.and_then(|relation| self.table(&relation.target));
        match (table.relation(step).map(|column| column.cell(row)), target) {
            (Some(Cell::Text(next)), Some(target)) => self.teams_at(target, next, rest),
            _ => Cell::Null,
        }
    }

    /// The tables that the teams of a blueprint's entities are read from beside its own.
    pub(super) fn team_needs(&self, blueprint: &str, needed: &mut BTreeSet<String>) {
        let path = self
            .shape(blueprint)
            .and_then(|shape| shape.team_path.as_ref());
        let mut at = blueprint.to_owned();
        for step in path.into_iter().flatten() {
            match self.step_target(&at, step) {
                Some(next) => at = next,
                None => return,
            }
            needed.insert(at.clone());
        }
    }
}
