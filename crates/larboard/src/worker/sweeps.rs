//! Evaluates the entities of a blueprint again, all of them a page at a time, when one of the blueprints that what is
//! evaluated depends on has changed, when its definition has, and now and then if time alone can change it: by following
//! the feed of changes. What for, and how often at most, is in `purpose.rs` (docs/decisions/0010 and 0011).
//!
//! Promised: what is other than was known is written once, by whichever server comes first, because it is compared again by
//! the transaction that writes it. A sweep goes on where it was after a crash, and what came in its middle makes another. Pages
//! are evaluated on a snapshot; only entities that differ are looked at by a write. Not promised: that what was another for
//! a moment is noticed.

mod purpose;

use purpose::Job;
pub use purpose::Purpose;

use super::give_back;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::time::Timestamp;
use larboard_store::entity_changes::{self, Change, KEPT};
use larboard_store::sweeps::{self, SweepRow};
use larboard_store::{Tx, blueprints};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// The slow poll that finds what no notice told of, and what the passing of time brought.
const SAFETY_NET: Duration = Duration::from_secs(10);
/// Pages of one blueprint before another has its turn.
const TURN: usize = 10;
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
    /// Whether something that it has seen makes a sweep, which waits for its time.
    owed: bool,
}

/// What this process remembers between its looks.
struct Watch {
    purpose: Purpose,
    /// Every blueprint with its revision, as of which the next holds.
    shapes: Vec<(String, i64)>,
    /// The blueprints whose entities are evaluated.
    concerned: HashMap<String, Arc<Job>>,
    looked: HashMap<String, Looked>,
    /// Whose turn was last, so that one that changes all the time leaves others theirs.
    turns: HashMap<String, u64>,
    turn: u64,
}

/// What is to be done.
enum Due {
    /// Entities of this blueprint are to be evaluated.
    Sweep(String),
    /// This blueprint has nothing to evaluate any more.
    Forget(String),
}

/// Works for one purpose until the server stops.
pub async fn run(app: App, purpose: Purpose) {
    let mut watch = Watch::new(purpose);
    // A server that has just started has more pressing things to do.
    tokio::select! {
        () = tokio::time::sleep(purpose.gap()) => {}
        () = app.stopping.cancelled() => {}
    }
    loop {
        let done = work(&app, &mut watch).await;
        if let Err(error) = done {
            tracing::warn!(
                ?error,
                "the {} could not be looked at and are tried again shortly",
                purpose.name()
            );
            watch = Watch::new(purpose);
        }
        let paused = async {
            tokio::time::sleep(purpose.gap()).await;
            tokio::select! {
                () = tokio::time::sleep(SAFETY_NET) => {}
                () = purpose.waker(&app).notified() => {}
            }
        };
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = paused => {}
        }
    }
    // Of both purposes, which stop together.
    give_back(&app, "a sweep", sweeps::release).await;
}

/// Works until nothing is to be done.
async fn work(app: &App, watch: &mut Watch) -> Outcome<()> {
    while !app.stopping.is_cancelled() {
        let purpose = watch.purpose;
        let (app_, mut held) = (
            app.clone(),
            Some(std::mem::replace(watch, Watch::new(purpose))),
        );
        let looked: Outcome<(Watch, Option<Due>)> = app
            .store
            .read(move |tx| {
                // Run again after a lost connection, it looks with nothing remembered: more work, and as right.
                let mut watch = held.take().unwrap_or_else(|| Watch::new(purpose));
                let due = watch.look(&app_, tx)?;
                Ok((watch, due))
            })
            .await;
        let (looked, due) = looked?;
        *watch = looked;
        match due {
            None => return Ok(()),
            Some(Due::Forget(blueprint)) => forget(app, purpose, blueprint).await?,
            Some(Due::Sweep(blueprint)) => sweep(app, watch, blueprint).await?,
        }
    }
    Ok(())
}

impl Watch {
    fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            shapes: Vec::new(),
            concerned: HashMap::new(),
            looked: HashMap::new(),
            turns: HashMap::new(),
            turn: 0,
        }
    }

    /// What is to be done next, if anything is.
    fn look(&mut self, app: &App, tx: &mut Tx<'_>) -> Outcome<Option<Due>> {
        let shapes = blueprints::list_revisions(tx)?;
        if shapes != self.shapes {
            let names: Vec<String> = shapes.iter().map(|(name, _)| name.clone()).collect();
            self.concerned = self.purpose.concerned(app, tx, &names)?;
            self.shapes = shapes;
        }
        let mut sweeps: HashMap<String, SweepRow> = sweeps::list(tx, self.purpose.name())?
            .into_iter()
            .map(|row| (row.blueprint.clone(), row))
            .collect();
        self.looked
            .retain(|name, _| self.concerned.contains_key(name));
        let (owner, now) = (app.outbox.owner.as_str(), app.now());
        let mut due = Vec::new();
        let mut waiting = Vec::new();
        for (name, job) in self.concerned.clone() {
            match sweeps.remove(&name) {
                Some(row) if is_leased(&row, owner, now) => {}
                Some(row) if row.position.is_none() && row.revision == job.revision => {
                    waiting.push((row, job));
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
        waiting: Vec<(SweepRow, Arc<Job>)>,
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
                    ..Looked::default()
                };
            }
        }
        let from = |(row, _): &(SweepRow, _)| {
            let looked = self.looked.get(&row.blueprint);
            looked.map_or(0, |looked| looked.horizon)
        };
        let floor = waiting.iter().map(from).min().unwrap_or_default();
        let changes = entity_changes::since(tx, floor)?;
        for (row, job) in waiting {
            let (name, depends) = (row.blueprint, &job.depends);
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
            let owed = looked.owed || lost || changes.iter().any(concerns);
            let elapsed = app.now().as_millis() - row.swept_at.as_millis();
            let (pause, by_time) = self.purpose.pauses();
            if owed && elapsed >= pause || depends.time && elapsed >= by_time {
                due.push(name);
                continue;
            }
            let seen = changes.iter().filter(|change| change.mark >= horizon);
            *looked = Looked {
                horizon,
                last_seq,
                seen: seen.map(|change| change.seq).collect(),
                owed,
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
    let purpose = watch.purpose;
    watch.turn += 1;
    watch.turns.insert(blueprint.clone(), watch.turn);
    let Some(job) = watch.concerned.get(&blueprint).cloned() else {
        return Ok(());
    };
    let Some((mut position, begun)) = claim(app, purpose, &blueprint).await? else {
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
        let page = purpose
            .page(app, &blueprint, job.clone(), position.clone())
            .await?;
        let Some(last) = page.last else {
            return finish(app, purpose, blueprint).await;
        };
        position = last;
        let now = app.now();
        if now.as_millis() - kept.as_millis() > LEASE_MS / 4 {
            if !keep(app, purpose, &blueprint, &position).await? {
                return Ok(());
            }
            kept = now;
        }
        rest(app, purpose, began, page.at).await;
    }
    keep(app, purpose, &blueprint, &position).await.map(drop)
}

/// Rests after work of this time, unless the server stops.
async fn rest(app: &App, purpose: Purpose, from: Timestamp, until: Timestamp) {
    let took = u64::try_from(until.as_millis() - from.as_millis()).unwrap_or_default();
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(took).saturating_mul(purpose.rest())) => {}
        () = app.stopping.cancelled() => {}
    }
}

/// Leases a sweep, and begins it unless it is to go on: where it is, and what was seen when it began now. `None` if another
/// server is at it, or the blueprint is gone.
async fn claim(
    app: &App,
    purpose: Purpose,
    blueprint: &str,
) -> Outcome<Option<(String, Option<Looked>)>> {
    let (app_, blueprint, now) = (app.clone(), blueprint.to_owned(), app.now());
    app.store
        .write(move |tx| {
            let owner = app_.outbox.owner.as_str();
            let Some(revision) = blueprints::find_revision(tx, &blueprint)? else {
                return Ok(None);
            };
            let (sweep, until) = (purpose.sweep(&blueprint), lease_end(now));
            let Some(row) = sweeps::claim(tx, sweep, owner, now, until)? else {
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
                owed: false,
            };
            sweeps::begin(tx, sweep, owner, revision, horizon, last_seq)?;
            Ok::<_, Failure>(Some((String::new(), Some(begun))))
        })
        .await
}

/// Notes how far a sweep is. Whether this server still has it.
async fn keep(app: &App, purpose: Purpose, blueprint: &str, position: &str) -> Outcome<bool> {
    let (owner, until) = (app.outbox.owner.clone(), lease_end(app.now()));
    let (blueprint, position) = (blueprint.to_owned(), position.to_owned());
    app.store
        .write(move |tx| {
            let kept = sweeps::keep(tx, purpose.sweep(&blueprint), &owner, &position, until)?;
            Ok::<_, Failure>(kept)
        })
        .await
}

async fn finish(app: &App, purpose: Purpose, blueprint: String) -> Outcome<()> {
    let (owner, now) = (app.outbox.owner.clone(), app.now());
    app.store
        .write(move |tx| {
            sweeps::finish(tx, purpose.sweep(&blueprint), &owner, now)?;
            Ok(())
        })
        .await
}

/// Forgets what was known of the entities of a blueprint that has nothing to evaluate any more, some at a time.
async fn forget(app: &App, purpose: Purpose, blueprint: String) -> Outcome<()> {
    let (began, app_) = (app.now(), app.clone());
    let forgotten: Outcome<()> = app
        .store
        .write(move |tx| {
            if !purpose.forget(&app_, tx, &blueprint)? {
                sweeps::delete(tx, purpose.sweep(&blueprint))?;
            }
            Ok(())
        })
        .await;
    rest(app, purpose, began, app.now()).await;
    forgotten
}
