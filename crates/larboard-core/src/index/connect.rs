//! Following relations over rows: `relatedTo` and paths.
//!
//! What is reached is kept as sets of rows by blueprint. The last step into the searched table is not carried out where it
//! need not be: it becomes a condition on the relation's column, so that a page of what a hundred thousand entities relate
//! to costs a page.

use super::Index;
use super::cell::Cell;
use super::plan::Predicate;
use super::table::Table;
use super::teams::TEAM_STEP;
use crate::blueprint::system::TEAM;
use crate::search::{Direction, PathMatch, Reach, RelatedTo, Step};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Rows by blueprint.
type Sets = BTreeMap<String, HashSet<u32>>;

impl Index {
    /// The blueprints whose entities can be connected as the rule says.
    pub(super) fn connected(&self, rule: &RelatedTo) -> BTreeSet<String> {
        let mut found = BTreeSet::from([rule.blueprint.clone()]);
        for direction in [Direction::Upstream, Direction::Downstream] {
            if rule.reach.direction.is_some_and(|only| only != direction) {
                continue;
            }
            let mut pending = vec![rule.blueprint.clone()];
            let mut met = BTreeSet::from([rule.blueprint.clone()]);
            while let Some(at) = pending.pop() {
                for (source, _, target) in self.edges(rule.reach) {
                    let next = match direction {
                        Direction::Upstream if source == at => target,
                        Direction::Downstream if target == at => source,
                        _ => continue,
                    };
                    if met.insert(next.to_owned()) {
                        pending.push(next.to_owned());
                    }
                }
            }
            found.append(&mut met);
        }
        found
    }

    /// Every relation of every blueprint that a rule follows: whose, its name, where to.
    fn edges(&self, reach: Reach) -> impl Iterator<Item = (&str, &str, &str)> {
        self.shapes.iter().flat_map(move |(blueprint, shape)| {
            let relations = shape.relations.iter();
            let relations = relations
                .filter(move |(_, r)| reach.required.is_none_or(|wanted| wanted == r.required));
            relations.map(move |(name, relation)| {
                (blueprint.as_str(), name.as_str(), relation.target.as_str())
            })
        })
    }

    /// Rows connected to the given entities.
    pub(super) fn related_predicate<'a>(
        &'a self,
        table: &'a Table,
        rule: &RelatedTo,
    ) -> Predicate<'a> {
        let Some(given_in) = self.table(&rule.blueprint) else {
            return Predicate::Constant(false);
        };
        let given: HashSet<u32> = rule
            .identifiers
            .iter()
            .filter_map(|id| given_in.number(id))
            .collect();
        let mut parts = Vec::new();
        for direction in [Direction::Upstream, Direction::Downstream] {
            if rule.reach.direction.is_none_or(|only| only == direction) {
                parts.push(self.closure(table, &rule.blueprint, &given, direction, rule.reach));
            }
        }
        let mut parts: Vec<Predicate<'a>> = parts.into_iter().flatten().collect();
        if table.blueprint() == rule.blueprint {
            // The given entities themselves are not in the result.
            parts = vec![Predicate::All(vec![
                Predicate::Any(parts),
                Predicate::Not(Box::new(Predicate::Rows(given))),
            ])];
        }
        match parts.len() {
            1 => parts.remove(0),
            _ => Predicate::Any(parts),
        }
    }

    fn closure<'a>(
        &'a self,
        table: &'a Table,
        from: &str,
        given: &HashSet<u32>,
        direction: Direction,
        reach: Reach,
    ) -> Vec<Predicate<'a>> {
        let wanted = table.blueprint();
        // Nothing lies behind the searched table, so it is never walked through.
        let ends = direction == Direction::Downstream
            && self.edges(reach).all(|(_, _, target)| target != wanted);
        let mut met: Sets = BTreeMap::from([(from.to_owned(), given.clone())]);
        let mut edge = met.clone();
        let mut parts = Vec::new();
        while !edge.is_empty() {
            let mut next = Sets::new();
            for (blueprint, rows) in &edge {
                for (source, name, target) in self.edges(reach) {
                    match direction {
                        Direction::Upstream if source == blueprint => {
                            next.entry(target.to_owned())
                                .or_default()
                                .extend(self.targets(blueprint, rows, name, target));
                        }
                        Direction::Downstream
                            if target == blueprint && ends && source == wanted =>
                        {
                            parts.extend(self.sources_predicate(table, name, blueprint, rows));
                        }
                        Direction::Downstream if target == blueprint => {
                            next.entry(source.to_owned())
                                .or_default()
                                .extend(self.sources(source, name, blueprint, rows));
                        }
                        _ => {}
                    }
                }
            }
            edge = Sets::new();
            for (blueprint, rows) in next {
                let seen = met.entry(blueprint.clone()).or_default();
                let fresh: HashSet<u32> =
                    rows.into_iter().filter(|row| seen.insert(*row)).collect();
                if !fresh.is_empty() {
                    edge.insert(blueprint, fresh);
                }
            }
        }
        if let Some(rows) = met.remove(wanted) {
            parts.push(Predicate::Rows(rows));
        }
        parts
    }

    /// The blueprints a path leads through, its start first; shorter than the path if it breaks off.
    pub fn path_chain(&self, start: &str, path: &[Step]) -> Vec<String> {
        let mut chain = vec![start.to_owned()];
        for step in path {
            let next = chain
                .last()
                .and_then(|at| self.step_target(at, &step.relation));
            match next {
                Some(next) => chain.push(next),
                None => break,
            }
        }
        chain
    }

    /// The tables a path is walked over.
    pub(super) fn path_needs(
        &self,
        blueprint: &str,
        rule: &PathMatch,
        needed: &mut BTreeSet<String>,
    ) {
        let chain = self.path_blueprints(blueprint, rule);
        for (step, at) in rule.path.iter().zip(&chain) {
            if step.relation == TEAM_STEP {
                self.team_needs(at, needed);
                // A second hop goes on from the teams themselves.
                self.team_needs(TEAM, needed);
            }
        }
        needed.extend(chain);
    }

    pub(super) fn path_blueprints(&self, blueprint: &str, rule: &PathMatch) -> Vec<String> {
        self.path_chain(rule.from.as_deref().unwrap_or(blueprint), &rule.path)
    }

    /// Rows at the end of a path from the given entities, or whose own path ends at them.
    pub(super) fn path_predicate<'a>(
        &'a self,
        table: &'a Table,
        rule: &PathMatch,
    ) -> Predicate<'a> {
        let chain = self.path_blueprints(table.blueprint(), rule);
        let ends = if rule.from.is_some() {
            chain.last()
        } else {
            chain.first()
        };
        let starts = if rule.from.is_some() {
            chain.first()
        } else {
            chain.last()
        };
        if chain.len() != rule.path.len() + 1 || ends.map(String::as_str) != Some(table.blueprint())
        {
            return Predicate::Constant(false);
        }
        let Some(start) = starts.and_then(|start| self.table(start)) else {
            return Predicate::Constant(false);
        };
        let mut rows: HashSet<u32> = rule
            .identifiers
            .iter()
            .filter_map(|id| start.number(id))
            .collect();
        let mut at = start.blueprint().to_owned();
        let pairs = rule.path.iter().zip(chain.windows(2));
        if rule.from.is_some() {
            for (step, pair) in pairs {
                let Some(next) = pair.get(1) else { break };
                rows = self.hop(&at, rows, step, true, next);
                at.clone_from(next);
            }
            return Predicate::Rows(rows);
        }
        for (place, (step, pair)) in pairs.enumerate().collect::<Vec<_>>().into_iter().rev() {
            let Some(next) = pair.first() else { break };
            if place == 0 && step.hops == 1 {
                let parts = self.sources_predicate(table, &step.relation, &at, &rows);
                return parts.unwrap_or(Predicate::Constant(false));
            }
            rows = self.hop(&at, rows, step, false, next);
            at.clone_from(next);
        }
        Predicate::Rows(rows)
    }

    /// What is reached by taking a step 1 to its `hops` times and is of the blueprint `wanted`.
    fn hop(
        &self,
        at: &str,
        rows: HashSet<u32>,
        step: &Step,
        forward: bool,
        wanted: &str,
    ) -> HashSet<u32> {
        let mut edge: Sets = BTreeMap::from([(at.to_owned(), rows)]);
        let mut met = Sets::new();
        for _ in 0..step.hops {
            let mut next = Sets::new();
            for (blueprint, rows) in &edge {
                if forward {
                    if let Some(target) = self.step_target(blueprint, &step.relation) {
                        let found = self.targets(blueprint, rows, &step.relation, &target);
                        next.entry(target).or_default().extend(found);
                    }
                    continue;
                }
                for source in self.tables.keys() {
                    if self.step_target(source, &step.relation).as_deref() == Some(blueprint) {
                        let found = self.sources(source, &step.relation, blueprint, rows);
                        next.entry(source.clone()).or_default().extend(found);
                    }
                }
            }
            edge = Sets::new();
            for (blueprint, rows) in next {
                let seen = met.entry(blueprint.clone()).or_default();
                let fresh: HashSet<u32> =
                    rows.into_iter().filter(|row| seen.insert(*row)).collect();
                if !fresh.is_empty() {
                    edge.insert(blueprint, fresh);
                }
            }
        }
        met.remove(wanted).unwrap_or_default()
    }

    /// What rows relate to.
    fn targets(
        &self,
        blueprint: &str,
        rows: &HashSet<u32>,
        step: &str,
        target: &str,
    ) -> HashSet<u32> {
        let mut found = HashSet::new();
        let (Some(table), Some(target)) = (self.table(blueprint), self.table(target)) else {
            return found;
        };
        let Some(edge) = self.edge(table, step) else {
            return found;
        };
        for row in rows {
            edge.cell(*row)
                .each_text(&mut |identifier| found.extend(self.team_or_row(target, identifier)));
        }
        found
    }

    /// The names under which others may relate to rows: their identifiers and, of teams, their titles.
    fn names(&self, blueprint: &str, rows: &HashSet<u32>, step: &str) -> HashSet<&str> {
        let mut names = HashSet::new();
        let Some(table) = self.table(blueprint) else {
            return names;
        };
        for row in rows {
            names.insert(table.identifier(*row));
            if step == TEAM_STEP
                && let Some(Cell::Text(title)) =
                    table.meta("$title").map(|column| column.cell(*row))
            {
                names.insert(title);
            }
        }
        names
    }

    /// The rows of `source` that relate to rows of `blueprint`.
    fn sources(
        &self,
        source: &str,
        step: &str,
        blueprint: &str,
        rows: &HashSet<u32>,
    ) -> HashSet<u32> {
        let Some(table) = self.table(source) else {
            return HashSet::new();
        };
        let Some(edge) = self.edge(table, step) else {
            return HashSet::new();
        };
        let names = self.names(blueprint, rows, step);
        let codes = edge.codes_naming(&names);
        codes
            .iter()
            .flat_map(|code| edge.column.rows_of(*code, &table.order))
            .copied()
            .collect()
    }

    fn sources_predicate<'a>(
        &'a self,
        table: &'a Table,
        step: &str,
        blueprint: &str,
        rows: &HashSet<u32>,
    ) -> Option<Predicate<'a>> {
        let edge = self.edge(table, step)?;
        let names = self.names(blueprint, rows, step);
        let codes: HashSet<u32> = edge.codes_naming(&names).into_iter().collect();
        Some(Predicate::Codes(
            edge.column,
            edge.column.codes_among(&codes),
        ))
    }
}
