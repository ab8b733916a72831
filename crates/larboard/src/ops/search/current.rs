//! Keeping the columns in step with the database: before a search looks at them, they are brought to exactly the snapshot
//! of its transaction, by the feed of changes that every write leaves (`larboard_store::entity_changes`).
//!
//! A snapshot older than the columns is given up and the search starts over with a new one. So a search sees whatever was
//! committed before it began, by any replica, and rows read in its transaction are those that the columns speak of.

use super::Searches;
use crate::ops::entities::parse;
use crate::ops::{Failure, Outcome};
use larboard_core::blueprint::Blueprint;
use larboard_core::blueprint::system::RULE_RESULT;
use larboard_core::computed::calculation::Calculation;
use larboard_core::computed::mirror;
use larboard_core::index::{Index, Row, Shape, Table};
use larboard_core::time::Timestamp;
use larboard_store::entity_changes::{self, Change, KEPT};
use larboard_store::{Tx, blueprints, entities, scorecards};
use parking_lot::{RwLockReadGuard, RwLockWriteGuard};
use std::collections::{BTreeSet, HashMap, HashSet};

/// How long a blueprint that did not fit is not tried again.
const TRIED_AGAIN_MS: i64 = 10 * 60 * 1000;
/// Past so many changed entities of a table it is forgotten and read anew.
const TOO_MANY: usize = 100_000;

/// The columns, and which changes they contain.
#[derive(Default)]
pub(super) struct State {
    pub(super) index: Index,
    /// Whether the blueprints were ever read.
    shaped: bool,
    /// Changes from this mark on may not be contained.
    floor: i64,
    /// No snapshot with a lower horizon is as new as the columns.
    at_least: i64,
    /// Nor is one that does not see these changes.
    must_see: HashSet<i64>,
    /// Changes from the floor on that are contained.
    applied: HashSet<i64>,
    /// The highest number there was.
    last_seq: i64,
}

/// The columns as a transaction finds them.
pub(super) enum Current<'a> {
    /// They are what its snapshot holds.
    Now(RwLockReadGuard<'a, State>),
    /// Its snapshot is older than they are.
    Behind,
}

enum Verdict {
    Same,
    Older,
    Newer,
}

impl Searches {
    /// Brings the columns to the snapshot of a transaction that has read nothing before.
    pub(super) fn current(&self, tx: &mut Tx<'_>) -> Outcome<Current<'_>> {
        // The lock comes before the snapshot, which the first statement takes: so it is at least as new as the columns,
        // unless others wait for the lock between the two.
        let state = self.state.read();
        let horizon = entity_changes::horizon(tx)?;
        let changes = entity_changes::since(tx, state.floor)?;
        match state.compare(horizon, &changes) {
            Verdict::Same => return Ok(Current::Now(state)),
            Verdict::Older => return Ok(Current::Behind),
            Verdict::Newer => drop(state),
        }
        let mut state = self.state.write();
        let changes = entity_changes::since(tx, state.floor)?;
        match state.compare(horizon, &changes) {
            Verdict::Older => return Ok(Current::Behind),
            Verdict::Same => {}
            Verdict::Newer => {
                if let Err(failure) = state.apply(tx, horizon, &changes) {
                    *state = State::default();
                    return Err(failure);
                }
            }
        }
        Ok(Current::Now(RwLockWriteGuard::downgrade(state)))
    }

    /// Puts a table in that was read in a snapshot of this horizon, which saw these changes from the horizon on.
    pub(super) fn put(&self, table: Table, horizon: i64, seen: &[Change]) {
        let mut state = self.state.write();
        state.index.put(table);
        state.floor = state.floor.min(horizon);
        state.at_least = state.at_least.max(horizon);
        state.must_see.extend(seen.iter().map(|change| change.seq));
        // What was contained before may not be in this table.
        state.applied.clear();
    }

    /// Whether a table is there already.
    pub(super) fn has(&self, blueprint: &str) -> bool {
        self.state.read().index.table(blueprint).is_some()
    }

    /// Makes room: forgets tables, those in `keep` last. Whether it all fits now.
    pub(super) fn make_room(&self, keep: &str) -> bool {
        let mut state = self.state.write();
        while state.index.bytes() > self.budget {
            let Some(other) = state
                .index
                .loaded()
                .find(|name| *name != keep)
                .map(str::to_owned)
            else {
                state.index.forget(keep);
                return false;
            };
            state.index.forget(&other);
        }
        true
    }

    /// Whether one of the blueprints does not fit into memory: it is too big, or has no rows that could be kept.
    pub(super) fn is_too_big(&self, now: Timestamp, needed: &BTreeSet<String>) -> bool {
        let too_big = self.too_big.read();
        let fresh = |since: &Timestamp| now.as_millis() - since.as_millis() < TRIED_AGAIN_MS;
        needed.contains(RULE_RESULT)
            || !too_big.is_empty()
                && needed
                    .iter()
                    .any(|name| too_big.get(name).is_some_and(fresh))
    }
}

impl State {
    fn compare(&self, horizon: i64, changes: &[Change]) -> Verdict {
        if horizon < self.at_least {
            return Verdict::Older;
        }
        if !self.must_see.is_empty() {
            let seen: HashSet<i64> = changes.iter().map(|change| change.seq).collect();
            if !self.must_see.is_subset(&seen) {
                return Verdict::Older;
            }
        }
        if self.shaped
            && changes
                .iter()
                .all(|change| self.applied.contains(&change.seq))
        {
            Verdict::Same
        } else {
            Verdict::Newer
        }
    }

    fn apply(&mut self, tx: &mut Tx<'_>, horizon: i64, changes: &[Change]) -> Outcome<()> {
        let bounds = entity_changes::bounds(tx)?;
        let lost =
            bounds.is_some_and(|(lowest, _)| lowest > 1 && lowest > self.last_seq - KEPT / 2);
        if lost {
            self.forget_all();
        }
        let mut shaped = self.shaped;
        let mut changed: HashMap<&str, HashSet<&str>> = HashMap::new();
        for change in changes
            .iter()
            .filter(|change| !self.applied.contains(&change.seq))
        {
            match change.entity.as_deref() {
                None => shaped = false,
                Some("") => {
                    shaped = false;
                    self.index.forget(&change.blueprint);
                }
                Some(entity) => {
                    changed.entry(&change.blueprint).or_default().insert(entity);
                }
            }
        }
        if !shaped {
            self.index.set_shapes(shapes(tx)?);
            self.shaped = true;
        }
        for (blueprint, identifiers) in changed {
            self.refresh(tx, blueprint, &identifiers)?;
        }
        self.floor = horizon;
        self.at_least = horizon;
        self.last_seq = bounds.map_or(0, |(_, highest)| highest);
        self.applied = changes
            .iter()
            .filter(|change| change.mark >= horizon)
            .map(|change| change.seq)
            .collect();
        self.must_see.clone_from(&self.applied);
        Ok(())
    }

    fn forget_all(&mut self) {
        let loaded: Vec<String> = self.index.loaded().map(str::to_owned).collect();
        loaded.iter().for_each(|name| self.index.forget(name));
    }

    /// Reads entities again that changed.
    fn refresh(
        &mut self,
        tx: &mut Tx<'_>,
        blueprint: &str,
        identifiers: &HashSet<&str>,
    ) -> Outcome<()> {
        if identifiers.len() > TOO_MANY {
            self.index.forget(blueprint);
        }
        let Some(table) = self.index.table_mut(blueprint) else {
            return Ok(());
        };
        let mut present = Vec::new();
        for identifier in identifiers {
            match entities::find(tx, blueprint, identifier)? {
                None => table.remove(identifier),
                Some(row) => {
                    let source = row.data_source.clone();
                    present.push((parse(row)?, source));
                }
            }
        }
        table.put_all(present.iter().map(|(entity, data_source)| Row {
            entity,
            data_source,
        }));
        Ok(())
    }
}

/// What the index must know of every blueprint.
fn shapes(tx: &mut Tx<'_>) -> Outcome<HashMap<String, Shape>> {
    let mut shapes = HashMap::new();
    let measured: HashSet<String> = scorecards::list(tx)?
        .into_iter()
        .map(|scorecard| scorecard.blueprint)
        .collect();
    for row in blueprints::list(tx)? {
        let blueprint = Blueprint::from_stored(&row.doc).map_err(Failure::from)?;
        let mirrors = blueprint.mirrors().iter().filter_map(|(name, definition)| {
            let path = definition.get("path")?.as_str()?;
            Some((name.clone(), mirror::split_path(path)?))
        });
        // Nothing relates to results of rules, so no search that leads through their relations can be answered by tables.
        let relations = match blueprint.identifier() {
            RULE_RESULT => Default::default(),
            _ => blueprint.relations().clone(),
        };
        let shape = Shape {
            relations,
            properties: blueprint.properties().clone(),
            mirrors: mirrors.collect(),
            team_path: blueprint
                .team_path()
                .map(|path| path.into_iter().map(str::to_owned).collect()),
            opaque: blueprint
                .calculations()
                .keys()
                .chain(blueprint.aggregations().keys())
                .cloned()
                .collect(),
            stands_alone: blueprint.mirrors().is_empty()
                && blueprint.aggregations().is_empty()
                && !blueprint
                    .calculations()
                    .values()
                    .any(Calculation::may_tell_time)
                && !blueprint.inherits_team()
                && !measured.contains(&row.identifier),
        };
        shapes.insert(row.identifier, shape);
    }
    Ok(shapes)
}
