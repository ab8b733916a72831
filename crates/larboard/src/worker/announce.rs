//! Tells of what entities reach by scorecards when something else than a write of theirs changed it. Follows the feed of
//! changes, and evaluates the entities of a blueprint with scorecards again, all of them a page at a time, when one of the
//! blueprints that its results depend on has changed, when its definition has, and now and then if time alone can change
//! them (docs/decisions/0010).
//!
//! Promised: each result that is another than was told is told once, by whichever server comes first, because it is
//! compared and written in one transaction. A sweep goes on where it was after a crash, and what came in its middle makes
//! another. Pages are evaluated on a snapshot; only entities that differ are looked at by a write. Not promised: that a
//! result which was another for a moment is told of.

use super::give_back;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::scorecards::announce;
use crate::ops::scorecards::depends::Dependencies;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::time::Timestamp;
use larboard_store::entity_changes::{self, Change, KEPT};
use larboard_store::result_sweeps::{self, SweepRow};
use larboard_store::{Tx, entity_results, scorecards};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// The slow poll that finds what no notice told of, and what the passing of time brought.
const SAFETY_NET: Duration = Duration::from_secs(10);
/// Between two looks at the feed, so that a busy server is not asked at each write.
const GAP: Duration = Duration::from_millis(250);
/// Entities evaluated on one snapshot.
const PAGE: i64 = 200;
/// Entities written in one transaction, so that writers do not wait long.
const AT_ONCE: usize = 50;
/// Pages of one blueprint before another has its turn.
const TURN: usize = 10;
/// How much longer than the evaluation of a page took is rested after it: this is work that nobody waits for.
const REST: u32 = 3;
/// How long what time alone can change is left alone.
const TIME_MS: i64 = 10 * 60 * 1000;
/// How long a lease holds without a page that keeps it.
const LEASE_MS: i64 = 10_000;

/// How far this process has looked through the feed for a blueprint.
#[derive(Default)]
struct Looked {
    /// From this mark on it may not have seen all.
    horizon: i64,
    /// The highest number of a change there was.
    last_seq: i64,
    /// What it has seen of what lies past the mark.
    seen: HashSet<i64>,
}

/// What this process remembers between its looks.
#[derive(Default)]
struct Watch {
    looked: HashMap<String, Looked>,
    /// What results depend on, by blueprint, with its revision.
    dependencies: HashMap<String, (i64, Dependencies)>,
    /// The mark from which on changes of blueprints may not have been seen.
    shaped: i64,
    /// Whose turn was last, so that one that changes all the time leaves others theirs.
    turns: HashMap<String, u64>,
    turn: u64,
}

/// What is to be done.
enum Due {
    /// Entities of this blueprint are to be evaluated.
    Sweep(String),
    /// This blueprint has no scorecards any more.
    Forget(String),
}

/// Works until the server stops.
pub async fn run(app: App) {
    let mut watch = Watch::default();
    loop {
        let done = work(&app, &mut watch).await;
        if let Err(error) = done {
            tracing::warn!(
                ?error,
                "results of scorecards could not be looked at and are tried again shortly"
            );
            watch = Watch::default();
        }
        let paused = async {
            tokio::time::sleep(GAP).await;
            tokio::select! {
                () = tokio::time::sleep(SAFETY_NET) => {}
                () = app.wakers.announce.notified() => {}
            }
        };
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = paused => {}
        }
    }
    give_back(&app, "a sweep", result_sweeps::release).await;
}

/// Works until nothing is to be done.
async fn work(app: &App, watch: &mut Watch) -> Outcome<()> {
    while !app.stopping.is_cancelled() {
        let (app_, mut held) = (app.clone(), Some(std::mem::take(watch)));
        let looked: Outcome<(Watch, Option<Due>)> = app
            .store
            .read(move |tx| {
                // Run again after a lost connection, it looks with nothing remembered: more work, and as right.
                let mut watch = held.take().unwrap_or_default();
                let due = watch.look(&app_, tx)?;
                Ok((watch, due))
            })
            .await;
        let (looked, due) = looked?;
        *watch = looked;
        match due {
            None => return Ok(()),
            Some(Due::Forget(blueprint)) => forget(app, blueprint).await?,
            Some(Due::Sweep(blueprint)) => sweep(app, watch, blueprint).await?,
        }
    }
    Ok(())
}

impl Watch {
    /// What is to be done next, if anything is.
    fn look(&mut self, app: &App, tx: &mut Tx<'_>) -> Outcome<Option<Due>> {
        let measured = scorecards::list_blueprints(tx)?;
        let mut sweeps: HashMap<String, SweepRow> = result_sweeps::list(tx)?
            .into_iter()
            .map(|row| (row.blueprint.clone(), row))
            .collect();
        self.looked.retain(|name, _| measured.contains(name));
        let (owner, now) = (app.outbox.owner.as_str(), app.now());
        let mut due = Vec::new();
        let mut waiting = Vec::new();
        for name in measured {
            let row = sweeps.remove(&name);
            let Some(compiled) = app.catalog.blueprint_in(tx, &name)? else {
                continue;
            };
            match row {
                Some(row) if is_leased(&row, owner, now) => {}
                Some(row) if row.position.is_none() && row.revision == compiled.revision => {
                    waiting.push((row, compiled));
                }
                _ => due.push(name),
            }
        }
        if let Some((name, _)) = sweeps
            .into_iter()
            .find(|(_, row)| !is_leased(row, owner, now))
        {
            return Ok(Some(Due::Forget(name)));
        }
        if !waiting.is_empty() {
            self.look_at_feed(app, tx, waiting, &mut due)?;
        }
        let turn = |name: &String| self.turns.get(name).copied().unwrap_or_default();
        Ok(due.into_iter().min_by_key(turn).map(Due::Sweep))
    }

    /// Which of the blueprints whose entities were all evaluated have to be again.
    fn look_at_feed(
        &mut self,
        app: &App,
        tx: &mut Tx<'_>,
        waiting: Vec<(SweepRow, Arc<CompiledBlueprint>)>,
        due: &mut Vec<String>,
    ) -> Outcome<()> {
        let horizon = entity_changes::horizon(tx)?;
        let bounds = entity_changes::bounds(tx)?;
        let (lowest, last_seq) = bounds.unwrap_or_default();
        for (row, _) in &waiting {
            let looked = self.looked.entry(row.blueprint.clone()).or_default();
            if looked.horizon < row.horizon {
                *looked = Looked {
                    horizon: row.horizon,
                    last_seq: row.last_seq,
                    seen: HashSet::new(),
                };
            }
        }
        let from = |name: &str| self.looked.get(name).map_or(0, |looked| looked.horizon);
        let floor = waiting.iter().map(|(row, _)| from(&row.blueprint)).min();
        let floor = match (floor.unwrap_or_default(), self.dependencies.is_empty()) {
            (floor, true) => floor,
            (floor, false) => floor.min(self.shaped),
        };
        let changes = entity_changes::since(tx, floor)?;
        let shape = |change: &Change| matches!(change.entity.as_deref(), None | Some(""));
        if changes.iter().any(shape) {
            self.dependencies.clear();
        }
        self.shaped = horizon;
        for (row, compiled) in waiting {
            let name = row.blueprint;
            let known = self.dependencies.get(&name);
            let known = known.filter(|(revision, _)| *revision == compiled.revision);
            let depends = match known {
                Some((_, known)) => known.clone(),
                None => {
                    let depends = Dependencies::of(app, tx, &compiled)?;
                    let known = (compiled.revision, depends.clone());
                    self.dependencies.insert(name.clone(), known);
                    depends
                }
            };
            let Some(looked) = self.looked.get_mut(&name) else {
                continue;
            };
            // A mark ahead of all is of another database. Where rows were pruned, those that are gone may have been of
            // changes that this process has not seen.
            let pruned = last_seq - lowest >= KEPT / 2;
            let lost = looked.horizon > horizon || pruned && lowest > looked.last_seq - KEPT / 2;
            let fresh = |change: &Change| {
                change.mark >= looked.horizon && !looked.seen.contains(&change.seq)
            };
            let concerns = |change: &Change| fresh(change) && depends.concern(change);
            let elapsed = app.now().as_millis() - row.swept_at.as_millis();
            if lost || depends.time && elapsed >= TIME_MS || changes.iter().any(concerns) {
                due.push(name);
                continue;
            }
            let seen = changes.iter().filter(|change| change.mark >= horizon);
            *looked = Looked {
                horizon,
                last_seq,
                seen: seen.map(|change| change.seq).collect(),
            };
        }
        Ok(())
    }

    /// Notes that a sweep began with a snapshot that saw these changes.
    fn begun(&mut self, blueprint: &str, begun: Looked) {
        self.looked.insert(blueprint.to_owned(), begun);
    }
}

fn is_leased(row: &SweepRow, by_other_than: &str, now: Timestamp) -> bool {
    let other = row.lease_owner.as_deref();
    other.is_some_and(|owner| owner != by_other_than)
        && row.lease_until.is_some_and(|until| until > now)
}

fn lease_end(now: Timestamp) -> Timestamp {
    now.plus_millis(LEASE_MS)
}

/// Evaluates some pages of the entities of a blueprint.
async fn sweep(app: &App, watch: &mut Watch, blueprint: String) -> Outcome<()> {
    watch.turn += 1;
    watch.turns.insert(blueprint.clone(), watch.turn);
    let Some((mut position, begun)) = claim(app, &blueprint).await? else {
        return Ok(());
    };
    if let Some(begun) = begun {
        watch.begun(&blueprint, begun);
    }
    let mut kept = app.now();
    for _ in 0..TURN {
        if app.stopping.is_cancelled() {
            return Ok(());
        }
        let began = app.now();
        let (app_, name, after) = (app.clone(), blueprint.clone(), position.clone());
        let page: Outcome<announce::Page> = app
            .store
            .read(move |tx| announce::look(&app_, tx, &name, &after, PAGE))
            .await;
        let page = page?;
        let evaluated = app.now();
        for names in page.differing.chunks(AT_ONCE) {
            let (app_, name, names) = (app.clone(), blueprint.clone(), names.to_vec());
            let settled: Outcome<()> = app
                .store
                .write(move |tx| announce::settle_named(&app_, tx, &name, &names))
                .await;
            settled?;
        }
        let Some(last) = page.last else {
            return finish(app, blueprint).await;
        };
        position = last;
        let now = app.now();
        if now.as_millis() - kept.as_millis() > LEASE_MS / 4 {
            if !keep(app, &blueprint, &position).await? {
                return Ok(());
            }
            kept = now;
        }
        rest(app, began, evaluated).await;
    }
    keep(app, &blueprint, &position).await.map(drop)
}

/// Rests after work of this time, unless the server stops.
async fn rest(app: &App, from: Timestamp, until: Timestamp) {
    let took = u64::try_from(until.as_millis() - from.as_millis()).unwrap_or_default();
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(took).saturating_mul(REST)) => {}
        () = app.stopping.cancelled() => {}
    }
}

/// Leases a sweep, and begins it unless it is to go on: where it is, and what was seen when it began now. `None` if another
/// server is at it, or there is nothing to sweep.
async fn claim(app: &App, blueprint: &str) -> Outcome<Option<(String, Option<Looked>)>> {
    let (app_, blueprint, now) = (app.clone(), blueprint.to_owned(), app.now());
    app.store
        .write(move |tx| {
            let owner = app_.outbox.owner.as_str();
            let compiled = app_.catalog.blueprint_in(tx, &blueprint)?;
            let Some(compiled) = compiled.filter(|compiled| !compiled.scorecards.is_empty()) else {
                return Ok(None);
            };
            let until = lease_end(now);
            let Some(row) = result_sweeps::claim(tx, &blueprint, owner, now, until)? else {
                return Ok(None);
            };
            if let Some(position) = row.position {
                return Ok(Some((position, None)));
            }
            let horizon = entity_changes::horizon(tx)?;
            let last_seq = entity_changes::bounds(tx)?.map_or(0, |(_, highest)| highest);
            let seen = entity_changes::since(tx, horizon)?.into_iter();
            let begun = Looked {
                horizon,
                last_seq,
                seen: seen.map(|change| change.seq).collect(),
            };
            let revision = compiled.revision;
            result_sweeps::begin(tx, &blueprint, owner, revision, horizon, last_seq)?;
            Ok::<_, Failure>(Some((String::new(), Some(begun))))
        })
        .await
}

/// Notes how far a sweep is. Whether this server still has it.
async fn keep(app: &App, blueprint: &str, position: &str) -> Outcome<bool> {
    let (owner, until) = (app.outbox.owner.clone(), lease_end(app.now()));
    let (blueprint, position) = (blueprint.to_owned(), position.to_owned());
    app.store
        .write(move |tx| {
            let kept = result_sweeps::keep(tx, &blueprint, &owner, &position, until)?;
            Ok::<_, Failure>(kept)
        })
        .await
}

async fn finish(app: &App, blueprint: String) -> Outcome<()> {
    let (owner, now) = (app.outbox.owner.clone(), app.now());
    app.store
        .write(move |tx| {
            result_sweeps::finish(tx, &blueprint, &owner, now)?;
            Ok(())
        })
        .await
}

/// Forgets what was remembered of the entities of a blueprint that has no scorecards any more, some at a time.
async fn forget(app: &App, blueprint: String) -> Outcome<()> {
    let began = app.now();
    let forgotten: Outcome<()> = app
        .store
        .write(move |tx| {
            // Another scorecard may have come.
            if scorecards::list_of_blueprint(tx, &blueprint)?.is_empty()
                && entity_results::delete_some(tx, &blueprint, PAGE)? == 0
            {
                result_sweeps::delete(tx, &blueprint)?;
            }
            Ok(())
        })
        .await;
    rest(app, began, app.now()).await;
    forgotten
}
