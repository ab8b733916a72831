//! Finding entities by rules: the catalog's columns in memory (`larboard_core::index`), kept in step with the database, and
//! what is done where they do not reach.
//!
//! `current.rs` brings the columns up to the snapshot of a transaction, `load.rs` reads a blueprint's entities into them,
//! `judge.rs` evaluates single entities, with their computed values, where columns are not exact or too large to be kept.
//! The database stays the only truth: nothing here is written anywhere (docs/decisions/0006).

pub mod contexts;
mod current;
pub(super) mod judge;
mod load;
pub(super) mod sql_graph;
mod values;

use super::catalog_cache::CompiledBlueprint;
use super::computed::Memory;
use super::entities::{Stored, list_after};
use super::{Failure, Outcome};
use crate::state::App;
use current::{Current, State};
use judge::Judge;
use larboard_core::blueprint::system::RULE_RESULT;
use larboard_core::entity::Entity;
use larboard_core::refusal::Refusal;
use larboard_core::search::{Attribute, Check, Filter, OneOf, Scalar, Test};
use larboard_core::time::Timestamp;
use larboard_store::{Tx, entities};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

pub use values::{Facet, values};

/// How often a search starts over because others moved the columns on meanwhile.
const ATTEMPTS: usize = 100;
/// Rows evaluated at once where columns do not decide.
const CHUNK: usize = 500;

/// The columns of this process.
pub struct Searches {
    state: RwLock<State>,
    /// One table is loaded at a time.
    loading: tokio::sync::Mutex<()>,
    /// Blueprints that do not fit into memory, and since when that is known.
    too_big: RwLock<HashMap<String, Timestamp>>,
    /// The bytes all tables may take together.
    budget: usize,
}

/// A search in one blueprint.
#[derive(Clone)]
pub struct Question {
    /// The blueprint.
    pub blueprint: String,
    /// What its entities must fulfil.
    pub filter: Arc<Filter>,
    /// Only entities after this identifier.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// A part of what a search found, in the order of identifiers.
pub struct Found {
    /// The blueprint, to show them.
    pub compiled: Arc<CompiledBlueprint>,
    /// The entities.
    pub entities: Vec<Entity>,
    /// The identifier to go on after, if there are more.
    pub next: Option<String>,
}

/// What an attempt came to.
enum Step<T> {
    Done(T),
    /// Others moved the columns past the snapshot of this attempt.
    Again,
    /// These must be loaded first.
    Load(Vec<String>),
}

impl Searches {
    /// Empty columns that may grow to `budget` bytes.
    pub fn new(budget: usize) -> Self {
        Self {
            state: RwLock::new(State::default()),
            loading: tokio::sync::Mutex::new(()),
            too_big: RwLock::new(HashMap::new()),
            budget,
        }
    }

    /// About how many bytes the columns take.
    pub fn bytes(&self) -> usize {
        self.state.read().index.bytes()
    }
}

/// Finds entities and hands them, in the transaction they were read in, to `f`.
///
/// # Errors
/// `not_found` for the blueprint, or if the database fails.
pub async fn find<T, F>(app: &App, question: Question, f: F) -> Outcome<T>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, Found) -> Outcome<T> + Clone + Send + 'static,
{
    attempt(app, move |app, tx| {
        let found = match find_in(app, tx, &question)? {
            Step::Done(found) => found,
            Step::Again => return Ok(Step::Again),
            Step::Load(wanted) => return Ok(Step::Load(wanted)),
        };
        Ok(Step::Done(f(tx, found)?))
    })
    .await
}

/// A page as it is shown.
pub struct Shown {
    /// The entities as JSON texts, joined by commas.
    pub text: Vec<u8>,
    /// The identifier to go on after, if there are more.
    pub next: Option<String>,
}

/// Finds entities and shows them. With `keep`, which is only right if `show` depends on nothing but the entity and its
/// blueprint, what was shown before of an unchanged entity is shown again.
///
/// # Errors
/// `not_found` for the blueprint, or if the database fails.
pub async fn show<F>(app: &App, question: Question, keep: bool, show: F) -> Outcome<Shown>
where
    F: Fn(&mut Tx<'_>, &mut Memory, &Entity, &CompiledBlueprint, &mut Vec<u8>) -> Outcome<()>
        + Clone
        + Send
        + 'static,
{
    attempt(app, move |app, tx| {
        if keep {
            match show_kept(app, tx, &question, &show)? {
                Some(Step::Done(shown)) => return Ok(Step::Done(shown)),
                Some(other) => return Ok(other),
                None => {}
            }
        }
        let found = match find_in(app, tx, &question)? {
            Step::Done(found) => found,
            Step::Again => return Ok(Step::Again),
            Step::Load(wanted) => return Ok(Step::Load(wanted)),
        };
        let mut text = Vec::with_capacity(found.entities.len() * 512);
        let mut memory = Memory::default();
        for entity in &found.entities {
            if !text.is_empty() {
                text.push(b',');
            }
            show(tx, &mut memory, entity, &found.compiled, &mut text)?;
        }
        Ok(Step::Done(Shown {
            text,
            next: found.next,
        }))
    })
    .await
}

/// A page of entities that stand alone, as far as possible from what was kept of them; `None` if this is not how it goes.
fn show_kept<F>(
    app: &App,
    tx: &mut Tx<'_>,
    question: &Question,
    show: &F,
) -> Outcome<Option<Step<Shown>>>
where
    F: Fn(&mut Tx<'_>, &mut Memory, &Entity, &CompiledBlueprint, &mut Vec<u8>) -> Outcome<()>,
{
    let blueprint = &question.blueprint;
    let state = match app.search.current(tx)? {
        Current::Now(state) => state,
        Current::Behind => return Ok(Some(Step::Again)),
    };
    let needed = state.index.needs(blueprint, &question.filter);
    let loaded = needed.iter().all(|name| state.index.table(name).is_some());
    if !loaded || !state.index.stands_alone(blueprint) {
        return Ok(None);
    }
    let (Some(plan), Some(table)) = (
        state.index.plan(blueprint, &question.filter),
        state.index.table(blueprint),
    ) else {
        return Ok(None);
    };
    if !plan.exact {
        return Ok(None);
    }
    let page = plan.page(question.after.as_deref(), question.limit);
    let pairs = page.rows.iter().zip(&page.identifiers);
    let unkept = pairs.filter(|(row, _)| table.kept(**row).is_none());
    let unkept: Vec<Arc<str>> = unkept.map(|(_, identifier)| identifier.clone()).collect();
    let mut read = in_order(tx, blueprint, &unkept)?.into_iter();
    let mut text = Vec::with_capacity(page.rows.len() * 512);
    let mut memory = Memory::default();
    for (row, identifier) in page.rows.iter().zip(&page.identifiers) {
        if !text.is_empty() {
            text.push(b',');
        }
        if let Some(kept) = table.kept(*row) {
            text.extend_from_slice(kept);
            continue;
        }
        let compiled = app
            .catalog
            .blueprint_in(tx, blueprint)?
            .ok_or_else(|| super::blueprints::not_found(blueprint))?;
        let found = read.find(|stored| *stored.entity.identifier == **identifier);
        let entity = found.map(|stored| stored.entity).ok_or_else(|| {
            Failure::Internal(format!(
                "the columns name {identifier:?}, which is not there"
            ))
        })?;
        let begin = text.len();
        show(tx, &mut memory, &entity, &compiled, &mut text)?;
        table.keep(*row, text.get(begin..).unwrap_or_default());
    }
    let next = page
        .identifiers
        .last()
        .filter(|_| page.more)
        .map(|id| id.to_string());
    Ok(Some(Step::Done(Shown { text, next })))
}

/// Runs `f` until it is done, loading what it asks for.
async fn attempt<T, F>(app: &App, f: F) -> Outcome<T>
where
    T: Send + 'static,
    F: Fn(&App, &mut Tx<'_>) -> Outcome<Step<T>> + Clone + Send + 'static,
{
    for _ in 0..ATTEMPTS {
        let (app_, f) = (app.clone(), f.clone());
        match app.store.read(move |tx| f(&app_, tx)).await? {
            Step::Done(value) => return Ok(value),
            Step::Again => {}
            Step::Load(wanted) => load::all(app, wanted).await?,
        }
    }
    Err(Failure::Internal(
        "a search started over too often, because the catalog changed faster than it".to_owned(),
    ))
}

fn find_in(app: &App, tx: &mut Tx<'_>, question: &Question) -> Outcome<Step<Found>> {
    let blueprint = &question.blueprint;
    let state = match app.search.current(tx)? {
        Current::Now(state) => state,
        Current::Behind => return Ok(Step::Again),
    };
    let compiled = app
        .catalog
        .blueprint_in(tx, blueprint)?
        .ok_or_else(|| super::blueprints::not_found(blueprint))?;
    let filter = question.filter.in_blueprint(blueprint);
    let needed = state.index.needs(blueprint, &filter);
    let after = question.after.as_deref();
    if app.search.is_too_big(app.now(), &needed) {
        drop(state);
        return Ok(Step::Done(scan(
            app,
            tx,
            compiled,
            &filter,
            after,
            question.limit,
        )?));
    }
    let missing: Vec<String> = needed
        .into_iter()
        .filter(|name| state.index.table(name).is_none())
        .collect();
    if !missing.is_empty() {
        return Ok(Step::Load(missing));
    }
    let plan = state
        .index
        .plan(blueprint, &filter)
        .ok_or_else(|| Failure::Internal(format!("the table of {blueprint:?} vanished")))?;
    if plan.exact {
        let page = plan.page(after, question.limit);
        let rows = in_order(tx, blueprint, &page.identifiers)?;
        let entities = rows.into_iter().map(|row| row.entity).collect();
        let next = page
            .identifiers
            .last()
            .filter(|_| page.more)
            .map(|id| id.to_string());
        return Ok(Step::Done(Found {
            compiled,
            entities,
            next,
        }));
    }
    let (mut entities, mut after) = (Vec::new(), question.after.clone());
    loop {
        let page = plan.page(after.as_deref(), CHUNK);
        let rows = in_order(tx, blueprint, &page.identifiers)?;
        let mut judge = Judge::new(app, tx, &compiled, &filter, Memory::default())?;
        for row in rows {
            after = Some(row.entity.identifier.clone());
            if let Some(entity) = judge.judge(row)? {
                entities.push(entity);
            }
            if entities.len() > question.limit {
                break;
            }
        }
        if entities.len() > question.limit || !page.more {
            return Ok(Step::Done(cut(compiled, entities, question.limit)));
        }
    }
}

/// The entities of these identifiers, in their order, with few statements.
fn in_order(tx: &mut Tx<'_>, blueprint: &str, identifiers: &[Arc<str>]) -> Outcome<Vec<Stored>> {
    let names: Vec<String> = identifiers.iter().map(|name| name.to_string()).collect();
    let mut rows = entities::find_many(tx, blueprint, &names)?;
    // Pages come in the order of identifiers.
    rows.sort_by(|a, b| a.identifier.cmp(&b.identifier));
    rows.into_iter().map(Stored::of).collect()
}

/// Looks through the rows of the database themselves: slow, and right.
fn scan(
    app: &App,
    tx: &mut Tx<'_>,
    compiled: Arc<CompiledBlueprint>,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Outcome<Found> {
    let blueprint = compiled.blueprint.identifier();
    let (mut found, mut after) = (Vec::new(), after.map(str::to_owned));
    loop {
        let rows = list_after(app, tx, blueprint, after.as_deref(), CHUNK)?;
        let last = rows.len() < CHUNK;
        after = rows
            .last()
            .map(|row| row.entity.identifier.clone())
            .or(after);
        let mut judge = Judge::new(app, tx, &compiled, filter, Memory::default())?;
        for row in rows {
            found.extend(judge.judge(row)?);
            if found.len() > limit {
                break;
            }
        }
        if last || found.len() > limit {
            return Ok(cut(compiled, found, limit));
        }
    }
}

fn cut(compiled: Arc<CompiledBlueprint>, mut entities: Vec<Entity>, limit: usize) -> Found {
    let more = entities.len() > limit;
    entities.truncate(limit);
    let next = entities
        .last()
        .filter(|_| more)
        .map(|entity| entity.identifier.clone());
    Found {
        compiled,
        entities,
        next,
    }
}

/// The blueprints that a filter over everything may find entities in, in order.
///
/// # Errors
/// If the database fails.
pub async fn blueprints_of(app: &App, filter: Arc<Filter>) -> Outcome<Vec<String>> {
    attempt(app, move |app, tx| {
        let state = match app.search.current(tx)? {
            Current::Now(state) => state,
            Current::Behind => return Ok(Step::Again),
        };
        let mut names = state.index.blueprints();
        names.retain(|name| filter.in_blueprint(name) != Filter::Constant(false));
        // Results of rules are many, and found only by those who name them.
        let unnamed = filter.in_blueprint("");
        names.retain(|name| name != RULE_RESULT || filter.in_blueprint(name) != unnamed);
        Ok(Step::Done(names))
    })
    .await
}

/// Entities that a lookup query of a write means; at most `most + 1`, so that too many show.
///
/// # Errors
/// If the database fails, or the blueprint is unknown.
pub async fn identifiers(
    app: &App,
    blueprint: &str,
    filter: Arc<Filter>,
    most: usize,
) -> Outcome<Vec<String>> {
    let question = Question {
        blueprint: blueprint.to_owned(),
        filter,
        after: None,
        limit: most + 1,
    };
    find(app, question, |_, found| {
        Ok(found
            .entities
            .into_iter()
            .map(|entity| entity.identifier)
            .collect())
    })
    .await
}

/// A filter that these entities alone pass.
pub fn named(identifiers: Vec<String>) -> Filter {
    let set = OneOf::new(identifiers.into_iter().map(Scalar::Text));
    Filter::Test {
        attribute: Attribute::Property("$identifier".to_owned()),
        test: Test {
            negated: false,
            check: Check::OneOf(set),
        },
    }
}

/// Reads entities, in the order of the identifiers, and hands them to `f`.
///
/// # Errors
/// `not_found` for the blueprint, or if the database fails.
pub async fn exactly<T, F>(
    app: &App,
    blueprint: String,
    identifiers: Vec<String>,
    f: F,
) -> Outcome<T>
where
    T: Send + 'static,
    F: Fn(&mut Tx<'_>, Found) -> Outcome<T> + Send + 'static,
{
    let app_ = app.clone();
    app.store
        .read(move |tx| {
            let compiled = app_
                .catalog
                .blueprint_in(tx, &blueprint)?
                .ok_or_else(|| super::blueprints::not_found(&blueprint))?;
            let mut entities = Vec::with_capacity(identifiers.len());
            for identifier in &identifiers {
                entities.extend(super::entities::get(&app_, tx, &blueprint, identifier)?);
            }
            let found = Found {
                compiled,
                entities,
                next: None,
            };
            f(tx, found)
        })
        .await
}

/// The refusal of a `from` that no page gave out.
pub fn bad_cursor(from: &str) -> Refusal {
    Refusal::invalid_request(format!(
        "\"from\" is {from:?}; send the `next` of the page before with the same query, or leave it out for the first page."
    ))
}
