//! What a filter means for one table: predicates over rows, and the shortest list of rows to look through.

use super::cell::Cell;
use super::column::{Codes, Column};
use super::rows::Source;
use super::table::Table;
use super::teams::{Edge, TEAM_STEP};
use super::{Index, Shape};
use crate::blueprint::system::TEAM;
use crate::search::{Attribute, Check, Filter, Test, schema_matches};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

/// How deep mirrors of mirrors are followed.
const DEEPEST_MIRROR: usize = 8;

/// A filter, made ready for one table.
pub struct Plan<'a> {
    pub(super) index: &'a Index,
    pub(super) table: &'a Table,
    pub(super) predicate: Predicate<'a>,
    /// Whether every row it lets through passes the filter. Otherwise each must be looked at again with its computed
    /// values; none that passes is missing.
    pub exact: bool,
}

/// A condition on a row.
pub(super) enum Predicate<'a> {
    Constant(bool),
    All(Vec<Predicate<'a>>),
    Any(Vec<Predicate<'a>>),
    /// The value is among these.
    Codes(&'a Column, Codes),
    /// The row is one of these.
    Rows(HashSet<u32>),
    /// The identifier passes.
    Identifier(Test),
    /// The other fails.
    Not(Box<Predicate<'a>>),
}

impl Index {
    /// Makes a filter ready for a blueprint's table, which must be loaded, as must be what [`Index::needs`] names.
    pub fn plan(&self, blueprint: &str, filter: &Filter) -> Option<Plan<'_>> {
        let table = self.table(blueprint)?;
        let shape = self.shape(blueprint)?;
        let mut compiler = Compiler {
            index: self,
            table,
            shape,
            exact: true,
        };
        let predicate = compiler.predicate(&filter.in_blueprint(blueprint));
        Some(Plan {
            index: self,
            table,
            exact: compiler.exact,
            predicate,
        })
    }

    /// The blueprints whose tables a filter needs to be answered for a blueprint, its own included.
    pub fn needs(&self, blueprint: &str, filter: &Filter) -> BTreeSet<String> {
        let mut needed = BTreeSet::from([blueprint.to_owned()]);
        let filter = filter.in_blueprint(blueprint);
        for leaf in filter.leaves() {
            match leaf {
                Filter::RelatedTo(rule) => needed.extend(self.connected(rule)),
                Filter::Path(rule) => self.path_needs(blueprint, rule, &mut needed),
                Filter::Test {
                    attribute: Attribute::RelationTitles(name),
                    ..
                } => {
                    let relation = self
                        .shape(blueprint)
                        .and_then(|shape| shape.relations.get(name));
                    needed.extend(relation.map(|relation| relation.target.clone()));
                }
                Filter::Test {
                    attribute: Attribute::Property(name),
                    ..
                } if name == TEAM_STEP => {
                    needed.insert(TEAM.to_owned());
                    self.team_needs(blueprint, &mut needed);
                }
                Filter::Test {
                    attribute: Attribute::Property(name),
                    ..
                } => self.mirror_needs(blueprint, name, 0, &mut needed),
                _ => {}
            }
        }
        needed.retain(|name| self.shapes.contains_key(name));
        needed
    }

    /// The tables that the value of a mirror, or of `$team`, is read from.
    pub fn mirror_needs(
        &self,
        blueprint: &str,
        name: &str,
        depth: usize,
        needed: &mut BTreeSet<String>,
    ) {
        if name == TEAM_STEP {
            self.team_needs(blueprint, needed);
            return;
        }
        if let Some((relation, "$title")) = name.split_once('.') {
            needed.extend(self.step_target(blueprint, relation));
            return;
        }
        let Some((path, last)) = self
            .shape(blueprint)
            .and_then(|shape| shape.mirrors.get(name))
        else {
            return;
        };
        let mut at = blueprint.to_owned();
        for step in path {
            if step == TEAM_STEP {
                self.team_needs(&at, needed);
            }
            match self.step_target(&at, step) {
                Some(next) => at = next,
                None => return,
            }
            needed.insert(at.clone());
        }
        if depth < DEEPEST_MIRROR {
            self.mirror_needs(&at, last, depth + 1, needed);
        }
    }

    /// Whether a property's value is not in the index: computed in a way it does not know, or mirrored from such.
    pub fn is_opaque(&self, blueprint: &str, name: &str, depth: usize) -> bool {
        let Some(shape) = self.shape(blueprint) else {
            return false;
        };
        if shape.opaque.iter().any(|opaque| opaque == name) {
            return true;
        }
        let Some((path, last)) = shape.mirrors.get(name) else {
            return false;
        };
        let mut at = blueprint.to_owned();
        for step in path {
            match self.step_target(&at, step) {
                Some(next) => at = next,
                None => return false,
            }
        }
        depth >= DEEPEST_MIRROR || self.is_opaque(&at, last, depth + 1)
    }

    /// The blueprint that a relation, or `$team`, leads to.
    pub(super) fn step_target(&self, blueprint: &str, step: &str) -> Option<String> {
        if step == TEAM_STEP {
            return Some(TEAM.to_owned());
        }
        let relation = self.shape(blueprint)?.relations.get(step)?;
        Some(relation.target.clone())
    }

    /// The value of a property, meta-property, relation or mirror of a row; `relation.$title` is the title of what a
    /// relation holds.
    pub(super) fn value<'a>(
        &'a self,
        table: &'a Table,
        row: u32,
        name: &str,
        depth: usize,
    ) -> Cow<'a, Cell> {
        let Some(shape) = self.shape(table.blueprint()) else {
            return Cow::Owned(Cell::Null);
        };
        if name == "$identifier" {
            return Cow::Owned(Cell::text(table.identifier(row)));
        }
        if name == "$blueprint" {
            return Cow::Owned(Cell::text(table.blueprint()));
        }
        if name == TEAM_STEP {
            let edge = self.edge(table, name);
            return edge.map_or(Cow::Owned(Cell::Null), |edge| edge.cell(row));
        }
        if let Some(column) = table.meta(name) {
            return Cow::Borrowed(column.cell(row));
        }
        if shape.properties.contains_key(name) {
            return match table.property(name) {
                Some(column) => Cow::Borrowed(column.cell(row)),
                None => Cow::Owned(Cell::Null),
            };
        }
        if let Some((path, last)) = shape.mirrors.get(name) {
            return Cow::Owned(self.follow(table, row, path, last, depth));
        }
        if let Some((relation, "$title")) = name.split_once('.') {
            return Cow::Owned(self.follow(table, row, &[relation.to_owned()], "$title", depth));
        }
        match table
            .relation(name)
            .filter(|_| shape.relations.contains_key(name))
        {
            Some(column) => Cow::Borrowed(column.cell(row)),
            None => Cow::Owned(Cell::Null),
        }
    }

    /// The value at the end of a mirror's path: one value through single relations, else the list of those there are.
    fn follow(&self, table: &Table, row: u32, path: &[String], last: &str, depth: usize) -> Cell {
        let Some((step, rest)) = path.split_first() else {
            return if depth < DEEPEST_MIRROR {
                self.value(table, row, last, depth + 1).into_owned()
            } else {
                Cell::Null
            };
        };
        let target = self
            .step_target(table.blueprint(), step)
            .and_then(|target| self.table(&target));
        let (Some(edge), Some(target)) = (self.edge(table, step), target) else {
            return Cell::Null;
        };
        let at = |identifier: &str| match self.team_or_row(target, identifier) {
            Some(row) => self.follow(target, row, rest, last, depth),
            None => Cell::Null,
        };
        match &*edge.cell(row) {
            Cell::Text(identifier) => at(identifier),
            Cell::List(items) => {
                let values = items.iter().filter_map(|item| match item {
                    Cell::Text(identifier) => Some(at(identifier)),
                    _ => None,
                });
                let values: Box<[Cell]> = values.filter(|value| *value != Cell::Null).collect();
                if values.is_empty() {
                    Cell::Null
                } else {
                    Cell::List(values)
                }
            }
            _ => Cell::Null,
        }
    }

    /// The row of an identifier; a team may be named by its title.
    pub(super) fn team_or_row(&self, table: &Table, identifier: &str) -> Option<u32> {
        table.number(identifier).or_else(|| {
            if table.blueprint() != TEAM {
                return None;
            }
            let titles = table.meta("$title")?;
            titles
                .rows_of(titles.code_of_text(identifier)?, &table.order)
                .first()
                .copied()
        })
    }
}

struct Compiler<'a> {
    index: &'a Index,
    table: &'a Table,
    shape: &'a Shape,
    exact: bool,
}

impl<'a> Compiler<'a> {
    fn predicate(&mut self, filter: &Filter) -> Predicate<'a> {
        match filter {
            Filter::Constant(known) => Predicate::Constant(*known),
            Filter::All(filters) => {
                Predicate::All(filters.iter().map(|f| self.predicate(f)).collect())
            }
            Filter::Any(filters) => {
                Predicate::Any(filters.iter().map(|f| self.predicate(f)).collect())
            }
            Filter::RelatedTo(rule) => self.index.related_predicate(self.table, rule),
            Filter::Path(rule) => self.index.path_predicate(self.table, rule),
            Filter::Test { attribute, test } => self.test(attribute, test),
        }
    }

    fn test(&mut self, attribute: &Attribute, test: &Test) -> Predicate<'a> {
        match attribute {
            Attribute::Property(name) => self.property(name, test),
            Attribute::Relation(name) => match self.relation(name) {
                Some(column) => Predicate::Codes(column, column.codes(test)),
                None => Predicate::Constant(test.holds(&Value::Null)),
            },
            Attribute::RelationTitles(name) => match self.relation(name) {
                Some(column) => {
                    let path = std::slice::from_ref(name);
                    self.through(&Edge::of_column(column), path, "$title", test)
                }
                None => Predicate::Constant(test.holds(&Value::Null)),
            },
            Attribute::Schema(schema) => {
                let names = self
                    .shape
                    .properties
                    .iter()
                    .filter(|(_, definition)| schema_matches(definition, schema));
                let plain = Test {
                    negated: false,
                    check: test.check.clone(),
                };
                let names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
                let any = Predicate::Any(
                    names
                        .iter()
                        .map(|name| self.property(name, &plain))
                        .collect(),
                );
                if test.negated {
                    Predicate::Not(Box::new(any))
                } else {
                    any
                }
            }
            Attribute::Level(_) | Attribute::ScorecardRule(..) => self.unknown(),
        }
    }

    /// What only evaluation can tell.
    fn unknown(&mut self) -> Predicate<'a> {
        self.exact = false;
        Predicate::Constant(true)
    }

    fn relation(&self, name: &str) -> Option<&'a Column> {
        self.shape
            .relations
            .get(name)
            .and(self.table.relation(name))
    }

    fn property(&mut self, name: &str, test: &Test) -> Predicate<'a> {
        if name == "$identifier" {
            return self.identifier(test);
        }
        if name == TEAM_STEP {
            return self.team(test);
        }
        let column = match self.table.meta(name) {
            Some(column) => Some(column),
            None if self.shape.properties.contains_key(name) => self.table.property(name),
            None if self.index.is_opaque(self.table.blueprint(), name, 0) => return self.unknown(),
            None => {
                if let Some((path, last)) = self.shape.mirrors.get(name) {
                    return self.mirror(path, last, test);
                }
                None
            }
        };
        match column {
            Some(column) => Predicate::Codes(column, column.codes(test)),
            None => Predicate::Constant(test.holds(&Value::Null)),
        }
    }

    fn identifier(&self, test: &Test) -> Predicate<'a> {
        if let (Check::OneOf(set), false) = (&test.check, test.negated) {
            return Predicate::Rows(
                set.texts
                    .iter()
                    .filter_map(|id| self.table.number(id))
                    .collect(),
            );
        }
        Predicate::Identifier(test.clone())
    }

    /// Teams pass by identifier or by title.
    fn team(&self, test: &Test) -> Predicate<'a> {
        let Some(edge) = self.index.edge(self.table, TEAM_STEP) else {
            return Predicate::Constant(test.holds(&Value::Null));
        };
        let teams = self.index.table(TEAM);
        let title = |identifier: &str| {
            let teams = teams?;
            Some(teams.meta("$title")?.cell(teams.number(identifier)?))
        };
        let codes = edge.column.codes_where(|cell| {
            let cell = &*edge.of(cell);
            let by_title = match cell {
                Cell::List(items) => items.iter().any(|item| match item {
                    Cell::Text(identifier) => {
                        title(identifier).is_some_and(|title| title.passes(&test.check, true))
                    }
                    _ => false,
                }),
                _ => false,
            };
            let by_title = by_title && !matches!(test.check, Check::Empty | Check::Blank);
            (cell.passes(&test.check, false) || by_title) ^ test.negated
        });
        Predicate::Codes(edge.column, codes)
    }

    fn mirror(&self, path: &'a [String], last: &str, test: &Test) -> Predicate<'a> {
        let edge = path
            .first()
            .and_then(|step| self.index.edge(self.table, step));
        match edge {
            Some(edge) => self.through(&edge, path, last, test),
            None => Predicate::Constant(test.holds(&Value::Null)),
        }
    }

    /// Tests what lies at the end of a path once for each distinct value of its first relation.
    fn through(&self, edge: &Edge<'a>, path: &[String], last: &str, test: &Test) -> Predicate<'a> {
        let step = path.first().map_or("", String::as_str);
        let rest = path.get(1..).unwrap_or_default();
        let target = self
            .index
            .step_target(self.table.blueprint(), step)
            .and_then(|target| self.index.table(&target));
        let Some(target) = target else {
            return Predicate::Constant(test.holds(&Value::Null));
        };
        let at = |identifier: &str| match self.index.team_or_row(target, identifier) {
            Some(row) => self.index.follow(target, row, rest, last, 0),
            None => Cell::Null,
        };
        let codes = edge.column.codes_where(|cell| {
            let passes = match &*edge.of(cell) {
                Cell::Text(identifier) => at(identifier).passes(&test.check, false),
                Cell::List(items) => {
                    let values = items.iter().filter_map(|item| match item {
                        Cell::Text(identifier) => Some(at(identifier)),
                        _ => None,
                    });
                    let values: Box<[Cell]> = values.filter(|value| *value != Cell::Null).collect();
                    if values.is_empty() {
                        Cell::Null.passes(&test.check, false)
                    } else {
                        Cell::List(values).passes(&test.check, false)
                    }
                }
                _ => Cell::Null.passes(&test.check, false),
            };
            passes ^ test.negated
        });
        Predicate::Codes(edge.column, codes)
    }
}

impl Predicate<'_> {
    pub(super) fn holds(&self, table: &Table, row: u32) -> bool {
        match self {
            Self::Constant(known) => *known,
            Self::All(parts) => parts.iter().all(|part| part.holds(table, row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(table, row)),
            Self::Codes(column, codes) => column.is_in(row, codes),
            Self::Rows(rows) => rows.contains(&row),
            Self::Identifier(test) => {
                test.check
                    .one(crate::search::Seen::Text(table.identifier(row)), false)
                    ^ test.negated
            }
            Self::Not(part) => !part.holds(table, row),
        }
    }

    /// The rows to look through: a list that holds every row that passes.
    pub(super) fn source<'t>(&'t self, table: &'t Table) -> Source<'t> {
        match self {
            Self::Constant(false) => Source::none(),
            Self::Rows(rows) => Source::of_rows(rows, table),
            Self::Codes(column, Codes::Few(codes)) => Source::of_lists(
                codes
                    .iter()
                    .map(|code| column.rows_of(*code, &table.order))
                    .collect(),
            ),
            Self::All(parts) => {
                let sources = parts.iter().map(|part| part.source(table));
                sources
                    .min_by_key(Source::len)
                    .unwrap_or_else(|| Source::all(table))
            }
            Self::Any(parts) => {
                Source::union(parts.iter().map(|part| part.source(table)).collect(), table)
            }
            _ => Source::all(table),
        }
    }
}
