//! What entities are evaluated again for, and how often at most.

use crate::ops::Outcome;
use crate::ops::computed::depends::Dependencies;
use crate::ops::history::record;
use crate::ops::scorecards::announce;
use crate::ops::sweep::Page;
use crate::state::App;
use larboard_core::time::Timestamp;
use larboard_store::sweeps::Sweep;
use larboard_store::{Tx, entity_results, scorecards, value_history};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Entities evaluated on one snapshot.
const PAGE: i64 = 200;
/// Entities written in one transaction, so that writers do not wait long.
const AT_ONCE: usize = 50;
const MINUTE_MS: i64 = 60 * 1000;

/// What entities are evaluated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To tell of results of scorecards that something else than a write of the entity changed.
    Results,
    /// To record the numbers that computed properties had.
    Values,
}

/// What is to be evaluated of the entities of a blueprint.
pub(super) struct Job {
    /// The revision of the blueprint that it is of.
    pub(super) revision: i64,
    /// The properties, if values are evaluated.
    names: Vec<String>,
    /// What it depends on.
    pub(super) depends: Dependencies,
}

/// A page of entities that was evaluated.
pub(super) struct Evaluated {
    /// The last entity of it; `None` if there is none after it.
    pub(super) last: Option<String>,
    /// When what differs was still to be written.
    pub(super) at: Timestamp,
}

/// Looks at a page on a snapshot, and settles what differs, some in one transaction.
async fn evaluate<T: Clone + Send + 'static>(
    app: &App,
    look: impl FnMut(&mut Tx<'_>) -> Outcome<Page<T>> + Send + 'static,
    settle: impl Fn(&mut Tx<'_>, &[T]) -> Outcome<()> + Clone + Send + 'static,
) -> Outcome<Evaluated> {
    let page = app.store.read(look).await?;
    let at = app.now();
    for some in page.differing.chunks(AT_ONCE) {
        let (settle, some) = (settle.clone(), some.to_vec());
        app.store.write(move |tx| settle(tx, &some)).await?;
    }
    Ok(Evaluated {
        last: page.last,
        at,
    })
}

impl Purpose {
    /// What it is stored as.
    pub fn name(self) -> &'static str {
        match self {
            Self::Results => "results",
            Self::Values => "values",
        }
    }

    /// The sweep of a blueprint.
    pub(super) fn sweep(self, blueprint: &str) -> Sweep<'_> {
        Sweep {
            purpose: self.name(),
            blueprint,
        }
    }

    /// Between two looks at the feed, so that a busy server is not asked at each write.
    pub(super) fn gap(self) -> Duration {
        match self {
            Self::Results => Duration::from_millis(250),
            Self::Values => Duration::from_secs(2),
        }
    }

    /// How much longer than the evaluation of a page took is rested after it: somebody may wait for an event a little,
    /// and nobody waits for a record.
    pub(super) fn rest(self) -> u32 {
        match self {
            Self::Results => 3,
            Self::Values => 9,
        }
    }

    /// The milliseconds between two sweeps of a blueprint if something has changed, and if time alone can have changed
    /// what is evaluated. A history has a point an hour at most.
    pub(super) fn pauses(self) -> (i64, i64) {
        match self {
            Self::Results => (0, 10 * MINUTE_MS),
            Self::Values => (15 * MINUTE_MS, 60 * MINUTE_MS),
        }
    }

    pub(super) fn waker(self, app: &App) -> &Notify {
        match self {
            Self::Results => &app.wakers.results,
            Self::Values => &app.wakers.values,
        }
    }

    /// Those of some blueprints whose entities are to be evaluated, with what for.
    pub(super) fn concerned(
        self,
        app: &App,
        tx: &mut Tx<'_>,
        blueprints: &[String],
    ) -> Outcome<HashMap<String, Arc<Job>>> {
        let mut found = HashMap::new();
        match self {
            Self::Results => {
                let measured = scorecards::list_blueprints(tx)?;
                for name in blueprints.iter().filter(|name| measured.contains(name)) {
                    if let Some(compiled) = app.catalog.blueprint_in(tx, name)?
                        && !compiled.scorecards.is_empty()
                    {
                        let depends = Dependencies::of_results(app, tx, &compiled)?;
                        let job = Job {
                            revision: compiled.revision,
                            names: Vec::new(),
                            depends,
                        };
                        found.insert(name.clone(), Arc::new(job));
                    }
                }
            }
            Self::Values => {
                for of in record::recorded(app, tx, blueprints)? {
                    let job = Job {
                        revision: of.compiled.revision,
                        names: of.names,
                        depends: of.depends,
                    };
                    let name = of.compiled.blueprint.identifier();
                    found.insert(name.to_owned(), Arc::new(job));
                }
            }
        }
        Ok(found)
    }

    /// Evaluates some entities of a blueprint after the identifier `after`, and writes what differs.
    pub(super) async fn page(
        self,
        app: &App,
        blueprint: &str,
        job: Arc<Job>,
        after: String,
    ) -> Outcome<Evaluated> {
        let (app_, name) = (app.clone(), blueprint.to_owned());
        match self {
            Self::Results => {
                let (app_too, name_too) = (app_.clone(), name.clone());
                let look = move |tx: &mut Tx<'_>| announce::look(&app_, tx, &name, &after, PAGE);
                let settle = move |tx: &mut Tx<'_>, names: &[String]| {
                    announce::settle_named(&app_too, tx, &name_too, names)
                };
                evaluate(app, look, settle).await
            }
            Self::Values => {
                let look =
                    move |tx: &mut Tx<'_>| record::look(&app_, tx, &name, &job.names, &after, PAGE);
                evaluate(app, look, record::put).await
            }
        }
    }

    /// Forgets some of what is known of the entities of a blueprint, unless there is something to evaluate again. Whether
    /// the sweep is to be kept.
    pub(super) fn forget(self, app: &App, tx: &mut Tx<'_>, blueprint: &str) -> Outcome<bool> {
        let blueprints = [blueprint.to_owned()];
        if !self.concerned(app, tx, &blueprints)?.is_empty() {
            return Ok(true);
        }
        let forgotten = match self {
            Self::Results => entity_results::delete_some(tx, blueprint, PAGE)?,
            Self::Values => value_history::delete_some(tx, blueprint, PAGE)?,
        };
        Ok(forgotten > 0)
    }
}
