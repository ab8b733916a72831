//! Changes of scorecards. `entities.rs` keeps the entities that stand for them in step; what entities reach by them is
//! evaluated in `results.rs`, and shown as entities by `rule_results.rs`; what of that is told without a write is in
//! `announce.rs`.

pub mod announce;
pub mod entities;
pub mod results;
pub mod rule_results;

use super::audit::{Author, Change};
use super::entities::Writer as EntityWriter;
use super::{Failure, Outcome, people};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::blueprint::Stamps;
use larboard_core::blueprint::rename::Renaming;
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use larboard_core::scorecard::Scorecard;
use larboard_core::time::Timestamp;
use larboard_store::audit::EventRow;
use larboard_store::scorecards::{self, ScorecardRow};
use larboard_store::{StoreError, Tx, audit, blueprints};
use serde_json::Value;

/// The scorecard of a row.
///
/// # Errors
/// If the stored document is no scorecard.
pub fn parse(row: &ScorecardRow) -> Outcome<Scorecard> {
    Scorecard::from_stored(&row.doc).ok_or_else(|| {
        Failure::Internal(format!("the stored scorecard {:?} is none", row.identifier))
    })
}

/// A scorecard as the API shows it.
///
/// # Errors
/// If the stored document is no scorecard.
pub fn shape(row: &ScorecardRow) -> Outcome<Value> {
    Ok(parse(row)?.render(&row.id, &row.blueprint, &stamps(row)))
}

fn stamps(row: &ScorecardRow) -> Stamps {
    Stamps {
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        updated_at: row.updated_at,
        updated_by: row.updated_by.clone(),
    }
}

/// The scorecard of an identifier that belongs to `blueprint`.
///
/// # Errors
/// `not_found`, for the blueprint or for the scorecard.
pub fn get(tx: &mut Tx<'_>, blueprint: &str, identifier: &str) -> Outcome<ScorecardRow> {
    super::blueprints::check_exists(tx, blueprint)?;
    scorecards::find(tx, identifier)?
        .filter(|row| row.blueprint == blueprint)
        .ok_or_else(|| {
            Refusal::not_found(format!(
                "The blueprint {blueprint:?} has no scorecard {identifier:?}. \
                 GET /v1/blueprints/{blueprint}/scorecards lists those it has."
            ))
            .into()
        })
}

/// Makes a scorecard.
///
/// # Errors
/// `not_found` for the blueprint, `identifier_taken`.
pub async fn create(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    scorecard: Scorecard,
) -> Outcome<ScorecardRow> {
    let (app_, caller, blueprint) = (app.clone(), caller.clone(), blueprint.to_owned());
    let (id, now) = (app.ids.id(Kind::Scorecard), app.now());
    app.store
        .write(move |tx| {
            check_measurable(tx, &blueprint)?;
            let options = people::unbound();
            let entities = EntityWriter::new(&app_, &caller, now, &options);
            let writer = Writer::alone(&entities);
            writer.insert(tx, &blueprint, &id, &scorecard)
        })
        .await
}

/// Replaces or patches a scorecard, as `change` says; another identifier renames it.
///
/// # Errors
/// `not_found`, `identifier_taken`, and what `change` refuses.
pub async fn update(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    identifier: &str,
    change: impl Fn(&Scorecard) -> Result<Scorecard, Refusal> + Send + Sync + 'static,
) -> Outcome<ScorecardRow> {
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    let (blueprint, identifier) = (blueprint.to_owned(), identifier.to_owned());
    app.store
        .write(move |tx| {
            let before = get(tx, &blueprint, &identifier)?;
            let options = people::unbound();
            let entities = EntityWriter::new(&app_, &caller, now, &options);
            let writer = Writer::alone(&entities);
            writer.rewrite(tx, &before, &change(&parse(&before)?)?)
        })
        .await
}

/// Replaces the scorecards of a blueprint by `list`: those it does not name are deleted.
///
/// # Errors
/// `not_found` for the blueprint, `identifier_taken` for an identifier that another blueprint uses; nothing is changed
/// then.
pub async fn replace_all(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    list: Vec<Scorecard>,
) -> Outcome<Vec<ScorecardRow>> {
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    let blueprint = blueprint.to_owned();
    let fresh: Vec<String> = list.iter().map(|_| app.ids.id(Kind::Scorecard)).collect();
    app.store
        .write(move |tx| {
            check_measurable(tx, &blueprint)?;
            let options = people::unbound();
            let entities = EntityWriter::new(&app_, &caller, now, &options);
            let writer = Writer::alone(&entities);
            let before = scorecards::list_of_blueprint(tx, &blueprint)?;
            let named = |row: &ScorecardRow| list.iter().any(|s| s.identifier() == row.identifier);
            for gone in before.iter().filter(|row| !named(row)) {
                writer.delete(tx, gone)?;
            }
            let mut rows = Vec::with_capacity(list.len());
            for (scorecard, id) in list.iter().zip(&fresh) {
                let known = before
                    .iter()
                    .find(|row| row.identifier == scorecard.identifier());
                rows.push(match known {
                    Some(known) => writer.rewrite(tx, known, scorecard)?,
                    None => writer.insert(tx, &blueprint, id, scorecard)?,
                });
            }
            Ok(rows)
        })
        .await
}

/// Deletes a scorecard.
///
/// # Errors
/// `not_found`.
pub async fn delete(app: &App, caller: &Caller, blueprint: &str, identifier: &str) -> Outcome<()> {
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    let (blueprint, identifier) = (blueprint.to_owned(), identifier.to_owned());
    app.store
        .write(move |tx| {
            let before = get(tx, &blueprint, &identifier)?;
            let options = people::unbound();
            let entities = EntityWriter::new(&app_, &caller, now, &options);
            let writer = Writer::alone(&entities);
            writer.delete(tx, &before)
        })
        .await
}

/// Deletes the scorecards of a blueprint that is being deleted, in its transaction.
///
/// # Errors
/// If the database fails.
pub fn delete_of_blueprint(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    blueprint: &str,
    now: Timestamp,
) -> Outcome<()> {
    let options = people::unbound();
    let entities = EntityWriter::new(app, caller, now, &options);
    let writer = Writer::alone(&entities);
    for row in scorecards::list_of_blueprint(tx, blueprint)? {
        writer.delete(tx, &row)?;
    }
    Ok(())
}

/// Lets the conditions of a blueprint's scorecards follow a property, mirror or relation to its new name, in the transaction
/// of the renaming.
///
/// # Errors
/// If the database fails.
pub fn follow(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    renaming: &Renaming,
    now: Timestamp,
) -> Outcome<()> {
    let options = people::unbound();
    let entities = EntityWriter::new(app, caller, now, &options);
    let writer = Writer::alone(&entities);
    for row in scorecards::list_of_blueprint(tx, &renaming.blueprint)? {
        let after = parse(&row)?.following(renaming.kind, &renaming.from, &renaming.to);
        if let Some(after) = after {
            writer.rewrite(tx, &row, &after)?;
        }
    }
    Ok(())
}

/// The entities of a blueprint's scorecards follow it to its new identifier, in the transaction of the renaming.
///
/// # Errors
/// If the database fails.
pub fn follow_blueprint(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    blueprint: &str,
    now: Timestamp,
) -> Outcome<()> {
    let options = people::unbound();
    let writer = EntityWriter::new(app, caller, now, &options);
    for row in scorecards::list_of_blueprint(tx, blueprint)? {
        entities::mirror(tx, &writer, Some(&row), Some(&row), None)?;
    }
    Ok(())
}

/// Refuses a blueprint that cannot have scorecards.
///
/// # Errors
/// `not_found`, `invalid_request`.
fn check_measurable(tx: &mut Tx<'_>, blueprint: &str) -> Outcome<()> {
    super::blueprints::check_exists(tx, blueprint)?;
    Ok(entities::check_not_result(blueprint)?)
}

/// What all changes of a request have in common.
struct Writer<'a> {
    entities: &'a EntityWriter<'a>,
    /// The entity whose change these follow, if they follow one.
    written: Option<entities::Written<'a>>,
}

impl<'a> Writer<'a> {
    fn alone(entities: &'a EntityWriter<'a>) -> Self {
        Self {
            entities,
            written: None,
        }
    }

    fn insert(
        &self,
        tx: &mut Tx<'_>,
        blueprint: &str,
        id: &str,
        scorecard: &Scorecard,
    ) -> Outcome<ScorecardRow> {
        let row = ScorecardRow {
            identifier: scorecard.identifier().to_owned(),
            id: id.to_owned(),
            blueprint: blueprint.to_owned(),
            doc: scorecard.to_text(),
            revision: self.entities.now.as_millis(),
            created_at: self.entities.now,
            created_by: self.entities.caller.id().to_owned(),
            updated_at: self.entities.now,
            updated_by: self.entities.caller.id().to_owned(),
        };
        entities::check_added(tx, self.entities, scorecard)?;
        // Asked for before the insert, because a failed statement would end a transaction that has more to do.
        if scorecards::find(tx, &row.identifier)?.is_some() {
            return Err(taken(&row.identifier).into());
        }
        match scorecards::insert(tx, &row) {
            Err(StoreError::Unique { .. }) => return Err(taken(&row.identifier).into()),
            other => other?,
        }
        self.append(tx, Change::Create, None, Some(&row))?;
        entities::mirror(tx, self.entities, None, Some(&row), self.written)?;
        Ok(row)
    }

    fn rewrite(
        &self,
        tx: &mut Tx<'_>,
        before: &ScorecardRow,
        scorecard: &Scorecard,
    ) -> Outcome<ScorecardRow> {
        let after = ScorecardRow {
            identifier: scorecard.identifier().to_owned(),
            doc: scorecard.to_text(),
            revision: before.revision + 1,
            updated_at: self.entities.now,
            updated_by: self.entities.caller.id().to_owned(),
            ..before.clone()
        };
        if !scorecard.added().eq(parse(before)?.added()) {
            entities::check_added(tx, self.entities, scorecard)?;
        }
        match scorecards::update(tx, &before.identifier, &after) {
            Err(StoreError::Unique { .. }) => return Err(taken(&after.identifier).into()),
            other => other?,
        };
        if before.doc != after.doc {
            self.append(tx, Change::Update, Some(before), Some(&after))?;
        }
        entities::mirror(tx, self.entities, Some(before), Some(&after), self.written)?;
        Ok(after)
    }

    fn delete(&self, tx: &mut Tx<'_>, before: &ScorecardRow) -> Outcome<()> {
        scorecards::delete(tx, &before.identifier)?;
        self.append(tx, Change::Delete, Some(before), None)?;
        entities::mirror(tx, self.entities, Some(before), None, self.written)
    }

    fn append(
        &self,
        tx: &mut Tx<'_>,
        change: Change,
        before: Option<&ScorecardRow>,
        after: Option<&ScorecardRow>,
    ) -> Outcome<()> {
        let shown = |row: &ScorecardRow| shape(row).map(|value| value.to_string());
        let subject = after.or(before);
        let event = EventRow {
            blueprint: subject.map(|row| row.blueprint.clone()),
            before: before.map(shown).transpose()?,
            after: after.map(shown).transpose()?,
            ..Author::caller(self.entities.caller).event(
                self.entities.app.ids.as_ref(),
                self.entities.now,
                "scorecard",
                change,
            )
        };
        audit::append(tx, &event)?;
        // Processes keep scorecards with their blueprint, compiled once for each of its revisions.
        if let Some(row) = subject {
            blueprints::advance(tx, &row.blueprint)?;
        }
        let EntityWriter {
            app, caller, now, ..
        } = self.entities;
        super::blueprints::relate_results(tx, Some((app, caller)), *now)
    }
}

fn taken(identifier: &str) -> Refusal {
    Refusal::identifier_taken(format!(
        "There is a scorecard {identifier:?} already, possibly of another blueprint; choose another identifier."
    ))
}
