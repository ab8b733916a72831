//! Deleting entities and what depends on them (facts/catalog.md 2.6).

use super::bind::RefusedWrite;
use super::{Options, Writer, bind, find, links, not_found, ownership};
use crate::caller::Caller;
use crate::ops::audit::Change;
use crate::ops::{Failure, Outcome, scorecards};
use crate::state::App;
use larboard_core::blueprint::system::{RULE, RULE_RESULT, SCORECARD};
use larboard_core::refusal::{Code, Refusal};
use larboard_store::{Tx, entities, relations};

/// Entities one deletion may take with it: a bound, because a cycle of dependents is the whole catalog.
const MOST: usize = 10_000;

/// Refuses to delete what is worked out.
///
/// # Errors
/// `invalid_request` for results of rules.
pub(in crate::ops) fn check_deletable(blueprint: &str) -> Result<(), Refusal> {
    match blueprint {
        RULE_RESULT => Err(scorecards::rule_results::made_by_server()),
        _ => Ok(()),
    }
}

/// Deletes one entity.
///
/// # Errors
/// `not_found`, and `has_dependents` while others relate to it through a required relation and `with_dependents` is not set.
pub async fn one(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    identifier: &str,
    with_dependents: bool,
    options: Options,
) -> Outcome<()> {
    check_deletable(blueprint)?;
    let (app_, caller_, now) = (app.clone(), caller.clone(), app.now());
    let (blueprint_, identifier_, run_id) = (
        blueprint.to_owned(),
        identifier.to_owned(),
        options.run_id.clone(),
    );
    let result = app
        .store
        .write(move |tx| {
            let writer = Writer::new(&app_, &caller_, now, &options);
            writer.check_run(tx)?;
            crate::ops::blueprints::check_exists(tx, &blueprint_)?;
            if !entities::exists(tx, &blueprint_, &identifier_)? {
                return Err(not_found(&blueprint_, &identifier_).into());
            }
            delete(tx, &writer, &blueprint_, &identifier_, with_dependents)
        })
        .await;
    crate::ops::people::reload_after(app, blueprint).await;
    if let Err(failure) = &result {
        let refused = RefusedWrite::of(Change::Delete, Some(identifier.to_owned()), failure);
        let refused = refused.into_iter().collect();
        bind::record_refusals(app, caller, run_id.as_deref(), blueprint, refused).await;
    }
    result
}

/// Deletes those of the identifiers that are there, all or none.
///
/// # Errors
/// `not_found` for the blueprint, `has_dependents` as for one.
pub async fn many(
    app: &App,
    caller: &Caller,
    blueprint: &str,
    identifiers: Vec<String>,
    with_dependents: bool,
    options: Options,
) -> Outcome<Vec<String>> {
    check_deletable(blueprint)?;
    let (app_, caller_, now) = (app.clone(), caller.clone(), app.now());
    let (blueprint_, run_id) = (blueprint.to_owned(), options.run_id.clone());
    let result = app
        .store
        .write(move |tx| {
            let writer = Writer::new(&app_, &caller_, now, &options);
            writer.check_run(tx)?;
            crate::ops::blueprints::check_exists(tx, &blueprint_)?;
            let mut deleted = Vec::new();
            for identifier in &identifiers {
                if entities::exists(tx, &blueprint_, identifier)? {
                    delete(tx, &writer, &blueprint_, identifier, with_dependents)?;
                    deleted.push(identifier.clone());
                }
            }
            Ok::<_, Failure>(deleted)
        })
        .await;
    crate::ops::people::reload_after(app, blueprint).await;
    if let Err(failure) = &result {
        let refused = RefusedWrite::of(Change::Delete, None, failure)
            .into_iter()
            .collect();
        bind::record_refusals(app, caller, run_id.as_deref(), blueprint, refused).await;
    }
    result
}

/// Deletes an entity that is there, in a transaction that has more to do.
///
/// # Errors
/// `has_dependents` while others relate to it through a required relation.
pub(in crate::ops) fn within(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    blueprint: &str,
    identifier: &str,
) -> Outcome<()> {
    delete(tx, writer, blueprint, identifier, false)
}

/// Deletes an entity that is there, and first what depends on it if that is asked for.
fn delete(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    blueprint: &str,
    identifier: &str,
    with_dependents: bool,
) -> Outcome<()> {
    // Depth first without recursion: an entity goes when all that depend on it have gone. Whoever is met again is part of
    // a cycle and is unlinked instead.
    let mut pending = vec![(blueprint.to_owned(), identifier.to_owned(), false)];
    let mut met = std::collections::HashSet::new();
    while let Some((blueprint, identifier, ready)) = pending.pop() {
        if ready {
            remove(tx, writer, &blueprint, &identifier)?;
            continue;
        }
        if !met.insert((blueprint.clone(), identifier.clone())) {
            continue;
        }
        if met.len() > MOST {
            return Err(dependents(format!(
                "More than {MOST} entities depend on this one (has_dependents); delete them in smaller parts."
            ))
            .into());
        }
        pending.push((blueprint.clone(), identifier.clone(), true));
        for dependent in relations::dependents(tx, &blueprint, &identifier)? {
            if (&dependent.blueprint, &dependent.entity) == (&blueprint, &identifier) {
                continue;
            }
            if dependent.blueprint == RULE_RESULT {
                continue;
            }
            if with_dependents {
                pending.push((dependent.blueprint, dependent.entity, false));
            } else {
                check_optional(tx, writer, &dependent, &blueprint, &identifier)?;
            }
        }
    }
    Ok(())
}

/// Whether entities of a blueprint are parts of those of another, and are deleted with them.
pub(in crate::ops) fn goes_along(part: &str, whole: &str) -> bool {
    part == RULE_RESULT || (part, whole) == (RULE, SCORECARD)
}

fn check_optional(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    dependent: &relations::Dependent,
    blueprint: &str,
    identifier: &str,
) -> Outcome<()> {
    if goes_along(&dependent.blueprint, blueprint) {
        return Ok(());
    }
    let compiled = writer.app.catalog.blueprint_in(tx, &dependent.blueprint)?;
    let required = compiled
        .and_then(|compiled| {
            compiled
                .schema
                .relation(&dependent.relation)
                .map(|relation| relation.required)
        })
        .unwrap_or(false);
    if !required {
        return Ok(());
    }
    Err(dependents(format!(
        "The entity {identifier:?} of {blueprint:?} has dependant entities (has_dependents): {:?} of {:?} requires it in its relation {:?}. \
         Delete that first, or send delete_dependents=true.",
        dependent.entity, dependent.blueprint, dependent.relation
    ))
    .into())
}

/// Deletes an entity that goes with all others of its blueprint, unless an entity of another blueprint requires it.
pub(in crate::ops) fn for_good(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    blueprint: &str,
    identifier: &str,
) -> Outcome<()> {
    for dependent in relations::dependents(tx, blueprint, identifier)? {
        if dependent.blueprint != blueprint {
            check_optional(tx, writer, &dependent, blueprint, identifier)?;
        }
    }
    remove(tx, writer, blueprint, identifier)
}

/// Takes an entity out of what still relates to it and deletes it.
fn remove(tx: &mut Tx<'_>, writer: &Writer<'_>, blueprint: &str, identifier: &str) -> Outcome<()> {
    let Some(before) = find(tx, blueprint, identifier)? else {
        return Ok(());
    };
    let compiled = writer
        .app
        .catalog
        .blueprint_in(tx, blueprint)?
        .ok_or_else(|| crate::ops::blueprints::not_found(blueprint))?;
    crate::ops::permissions::check_delete(tx, writer, &before, &compiled)?;
    let was = writer.before(tx, &before, &compiled)?.text;
    if blueprint == SCORECARD {
        scorecards::entities::delete_rules(tx, writer, identifier)?;
    }
    for dependent in relations::dependents(tx, blueprint, identifier)? {
        if (dependent.blueprint.as_str(), dependent.entity.as_str()) == (blueprint, identifier) {
            // Its own relation to itself goes with its rows.
            relations::replace(tx, blueprint, identifier, &[])?;
        } else if !scorecards::rule_results::forget(tx, &dependent)? {
            links::unlink(tx, writer, &dependent, identifier)?;
        }
    }
    ownership::changed(tx, writer, Some(&before), None)?;
    writer.write_results(tx)?;
    entities::delete(tx, blueprint, identifier)?;
    writer.append(tx, Change::Delete, &before, Some(was), None)
}

fn dependents(message: String) -> Refusal {
    Refusal::new(Code::HasDependents, message)
}
