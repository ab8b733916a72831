//! What came of each rule for each entity, as entities of `_rule_result` (facts/catalog.md 1.10). They are worked out when
//! somebody asks, like everything scorecards say (docs/decisions/0009). Stored is only what an organization adds to them,
//! as rows of `entities` under the identifier of the result.
//!
//! The identifier is that of the rule's entity, a colon, and that of the measured entity; `core/scorecard/result.rs` spells
//! it. So results come rule by rule in the order of identifiers, and one is found without looking through the others.

use super::entities::{rule_of, rules_of, scorecard_of};
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::Computer;
use crate::ops::entities::{Writer, find, links, parse, row as row_of};
use crate::ops::{Outcome, audit::Change};
use crate::state::App;
use larboard_core::blueprint::Stamps;
use larboard_core::blueprint::system::{RULE, RULE_RESULT, target_relation, target_relations};
use larboard_core::entity::{Entity, RelationValue};
use larboard_core::refusal::Refusal;
use larboard_core::scorecard::{Remembered, Rule, Scorecard, result};
use larboard_core::search::graph::Node;
use larboard_store::entities::EntityRow;
use larboard_store::entity_results::{self, ResultsRow};
use larboard_store::relations::Dependent;
use larboard_store::{Tx, entities, relations, scorecards};
use std::collections::HashMap;
use std::sync::Arc;

/// Entities measured at once.
const PAGE: i64 = 500;

/// A rule, ready to be held against entities.
struct Measure {
    /// Where the identifiers of its results begin.
    prefix: String,
    /// The entity that stands for it.
    entity: Entity,
    card: Arc<Scorecard>,
    /// The id of the scorecard.
    card_id: String,
    /// Its place in the scorecard.
    place: usize,
    /// What is measured.
    compiled: Arc<CompiledBlueprint>,
    /// The relation of results to what was measured.
    relation: Option<String>,
    /// Whether anything was added to any result.
    added: bool,
}

impl Measure {
    fn rule(&self) -> Option<&Rule> {
        self.card.rules().get(self.place)
    }

    fn blueprint(&self) -> &str {
        self.compiled.blueprint.identifier()
    }

    /// The results of entities of rows, those left out that the scorecard's filter leaves out.
    fn results(&self, app: &App, tx: &mut Tx<'_>, rows: Vec<EntityRow>) -> Outcome<Vec<Entity>> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(Vec::new());
        };
        let (first, last) = (first.identifier.clone(), last.identifier.clone());
        let known = entity_results::list_between(tx, self.blueprint(), &first, &last)?;
        let mut known: HashMap<String, ResultsRow> = known
            .into_iter()
            .map(|row| (row.entity.clone(), row))
            .collect();
        let mut found = Vec::new();
        for row in rows {
            let known = known.remove(&row.identifier);
            found.extend(self.result(app, tx, row, known)?);
        }
        Ok(found)
    }

    /// The result of an entity of a row, of which this is remembered; `None` if the scorecard's filter leaves it out.
    fn result(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        row: EntityRow,
        known: Option<ResultsRow>,
    ) -> Outcome<Option<Entity>> {
        let Some(rule) = self.rule() else {
            return Ok(None);
        };
        let entity = parse(row)?;
        let scoring = self.compiled.scoring(app.now());
        let card = self.card.identifier();
        let outcome = scoring.outcome(app, tx, &entity, &self.compiled, card, self.place)?;
        let Some(passed) = outcome else {
            return Ok(None);
        };
        let entity = Computer::new(app, tx)
            .owned(&entity, &self.compiled)?
            .into_owned();
        let known = known
            .map(|row| Remembered::parse(&row.results))
            .transpose()?;
        let changed =
            known.and_then(|known| known.last_change(&self.card_id, &rule.identifier, passed));
        let mut shown = result::entity(&self.entity, rule, &entity, passed, changed);
        if let Some(relation) = &self.relation {
            let target = RelationValue::One(entity.identifier);
            shown.relations.insert(relation.clone(), target);
        }
        if self.added
            && let Some(added) = find(tx, RULE_RESULT, &shown.identifier)?
        {
            shown.stamps = Stamps {
                updated_at: shown.stamps.updated_at.max(added.stamps.updated_at),
                updated_by: added.stamps.updated_by,
                ..shown.stamps
            };
            shown.properties.extend(added.properties);
            for (name, value) in added.relations {
                shown.relations.entry(name).or_insert(value);
            }
        }
        Ok(Some(shown))
    }
}

/// The rules of a scorecard; only the one of an entity if it is named.
fn measures_of(
    app: &App,
    tx: &mut Tx<'_>,
    scorecard: &str,
    only: Option<&str>,
) -> Outcome<Vec<Measure>> {
    let (Some(row), Some(results)) = (
        scorecards::find(tx, scorecard)?,
        app.catalog.blueprint_in(tx, RULE_RESULT)?,
    ) else {
        return Ok(Vec::new());
    };
    let Some(compiled) = app.catalog.blueprint_in(tx, &row.blueprint)? else {
        return Ok(Vec::new());
    };
    let mut cards = compiled.scorecards.iter();
    let Some(card) = cards.find(|card| card.identifier() == scorecard) else {
        return Ok(Vec::new());
    };
    let added = entities::count(tx, RULE_RESULT)? > 0;
    let relation = target_relation(&results.blueprint, &row.blueprint).map(str::to_owned);
    let mut measures = Vec::new();
    for entity in rules_of(tx, scorecard)?.into_values() {
        let name = rule_of(&entity);
        let place = card.rules().iter().position(|rule| rule.identifier == name);
        if let Some(place) = place
            && only.is_none_or(|only| only == entity.identifier)
        {
            measures.push(Measure {
                prefix: result::prefix(&entity.identifier),
                entity,
                card: card.clone(),
                card_id: row.id.clone(),
                place,
                compiled: compiled.clone(),
                relation: relation.clone(),
                added,
            });
        }
    }
    Ok(measures)
}

/// Every rule, in the order of its results.
fn measures(app: &App, tx: &mut Tx<'_>) -> Outcome<Vec<Measure>> {
    let mut all = Vec::new();
    for row in scorecards::list(tx)? {
        all.append(&mut measures_of(app, tx, &row.identifier, None)?);
    }
    all.sort_by(|one, other| one.prefix.cmp(&other.prefix));
    Ok(all)
}

/// The rule of an entity that stands for one.
fn measure_of(app: &App, tx: &mut Tx<'_>, rule: &str) -> Outcome<Option<Measure>> {
    let Some(entity) = find(tx, RULE, rule)? else {
        return Ok(None);
    };
    let scorecard = scorecard_of(&entity).unwrap_or_default();
    Ok(measures_of(app, tx, scorecard, Some(rule))?.pop())
}

/// The result of an identifier.
///
/// # Errors
/// If the database fails.
pub fn get(app: &App, tx: &mut Tx<'_>, identifier: &str) -> Outcome<Option<Entity>> {
    let Some((rule, entity)) = result::split(identifier) else {
        return Ok(None);
    };
    let Some(measure) = measure_of(app, tx, &rule)? else {
        return Ok(None);
    };
    let row = entities::find(tx, measure.blueprint(), entity)?;
    Ok(measure.results(app, tx, row.into_iter().collect())?.pop())
}

/// Up to `limit` results after the identifier `after`, by identifier.
///
/// # Errors
/// If the database fails.
pub fn list_after(
    app: &App,
    tx: &mut Tx<'_>,
    after: Option<&str>,
    limit: usize,
) -> Outcome<Vec<Entity>> {
    let mut found = Vec::new();
    for measure in measures(app, tx)? {
        let mut start = match after {
            Some(after) => match after.strip_prefix(&measure.prefix) {
                Some(entity) => Some(entity.to_owned()),
                // No prefix begins with another, so that all of its results come before or after.
                None if after > measure.prefix.as_str() => continue,
                None => None,
            },
            None => None,
        };
        loop {
            let wanted = i64::try_from(limit - found.len()).map_or(PAGE, |left| left.min(PAGE));
            let page = entities::list_after(tx, measure.blueprint(), start.as_deref(), wanted)?;
            let last = (page.len() as i64) < wanted;
            start = page.last().map(|row| row.identifier.clone());
            found.append(&mut measure.results(app, tx, page)?);
            if found.len() >= limit {
                return Ok(found);
            }
            if last {
                break;
            }
        }
    }
    Ok(found)
}

/// How many results there are.
///
/// # Errors
/// If the database fails.
pub fn count(app: &App, tx: &mut Tx<'_>) -> Outcome<i64> {
    let mut count = 0;
    for row in scorecards::list(tx)? {
        let tally = tally(app, tx, &row.identifier)?;
        count += tally.tested * i64::try_from(tally.passed.len()).unwrap_or(i64::MAX);
    }
    Ok(count)
}

/// How a scorecard's rules went over all entities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entities that its filter does not leave out; each is tested by each rule.
    pub tested: i64,
    /// Entities that pass, by what the scorecard calls the rule.
    pub passed: Vec<(String, i64)>,
}

/// Counts how a scorecard's rules went.
///
/// # Errors
/// If the database fails.
pub fn tally(app: &App, tx: &mut Tx<'_>, scorecard: &str) -> Outcome<Tally> {
    let mut tally = Tally::default();
    let Some(row) = scorecards::find(tx, scorecard)? else {
        return Ok(tally);
    };
    let Some(compiled) = app.catalog.blueprint_in(tx, &row.blueprint)? else {
        return Ok(tally);
    };
    let scoring = compiled.scoring(app.now());
    let rules = super::parse(&row)?;
    tally.passed = rules
        .rules()
        .iter()
        .map(|rule| (rule.identifier.clone(), 0))
        .collect();
    let mut after: Option<String> = None;
    loop {
        let page = entities::list_after(tx, &row.blueprint, after.as_deref(), PAGE)?;
        let last = (page.len() as i64) < PAGE;
        after = page.last().map(|row| row.identifier.clone());
        for row in page {
            let entity = parse(row)?;
            let Some(outcomes) = scoring.outcomes(app, tx, &entity, &compiled, scorecard)? else {
                continue;
            };
            tally.tested += 1;
            for ((_, passed), outcome) in tally.passed.iter_mut().zip(outcomes) {
                *passed += i64::from(outcome);
            }
        }
        if last {
            return Ok(tally);
        }
    }
}

/// What a result relates to: its rule and what was measured. Nothing if there is no such result.
///
/// # Errors
/// If the database fails.
pub fn targets(
    app: &App,
    tx: &mut Tx<'_>,
    identifier: &str,
    relation: Option<&str>,
) -> Outcome<Vec<(Node, bool)>> {
    let (Some(shown), Some(compiled)) = (
        get(app, tx, identifier)?,
        app.catalog.blueprint_in(tx, RULE_RESULT)?,
    ) else {
        return Ok(Vec::new());
    };
    let links = shown.links(&compiled.schema);
    let wanted = links.filter(|(name, ..)| relation.is_none_or(|wanted| wanted == *name));
    Ok(wanted
        .map(|(name, _, blueprint, target)| {
            let required = compiled.schema.relation(name).is_some_and(|r| r.required);
            ((blueprint.to_owned(), target.to_owned()), required)
        })
        .collect())
}

/// The results that relate to an entity: those of a rule, those of what is measured, and those it was added to.
///
/// # Errors
/// If the database fails.
pub fn sources(
    app: &App,
    tx: &mut Tx<'_>,
    node: &Node,
    relation: Option<&str>,
) -> Outcome<Vec<(Node, bool)>> {
    let (blueprint, identifier) = node;
    let Some(results) = app.catalog.blueprint_in(tx, RULE_RESULT)? else {
        return Ok(Vec::new());
    };
    let wanted = |name: &str| relation.is_none_or(|wanted| wanted == name);
    let mut found = Vec::new();
    if blueprint == RULE
        && wanted("rule")
        && let Some(measure) = measure_of(app, tx, identifier)?
    {
        let mut after: Option<String> = None;
        loop {
            let page = entities::list_after(tx, measure.blueprint(), after.as_deref(), PAGE)?;
            let last = (page.len() as i64) < PAGE;
            after = page.last().map(|row| row.identifier.clone());
            let shown = measure.results(app, tx, page)?;
            found.extend(
                shown
                    .into_iter()
                    .map(|shown| ((shown.blueprint, shown.identifier), true)),
            );
            if last {
                break;
            }
        }
    }
    let own = target_relation(&results.blueprint, blueprint);
    if own.is_some_and(wanted) {
        for card in scorecards::list_of_blueprint(tx, blueprint)? {
            for measure in measures_of(app, tx, &card.identifier, None)? {
                let row = entities::find(tx, blueprint, identifier)?;
                let shown = measure.results(app, tx, row.into_iter().collect())?;
                found.extend(
                    shown
                        .into_iter()
                        .map(|shown| ((shown.blueprint, shown.identifier), false)),
                );
            }
        }
    }
    for dependent in relations::dependents(tx, blueprint, identifier)? {
        let name = dependent.relation.as_str();
        let is_added = dependent.blueprint == RULE_RESULT && name != "rule" && Some(name) != own;
        if is_added && wanted(name) && get(app, tx, &dependent.entity)?.is_some() {
            let required = results.schema.relation(name).is_some_and(|r| r.required);
            found.push(((dependent.blueprint, dependent.entity), required));
        }
    }
    Ok(found)
}

/// Refuses to make or delete results, or to change what the server says of them.
///
/// # Errors
/// `invalid_request`.
pub(in crate::ops) fn check_change(
    app: &App,
    tx: &mut Tx<'_>,
    before: Option<&Entity>,
    after: &Entity,
) -> Outcome<()> {
    let Some(before) = before else {
        return Err(made_by_server().into());
    };
    let results = app.catalog.blueprint_in(tx, RULE_RESULT)?;
    let relations = results
        .as_ref()
        .map(|results| target_relations(&results.blueprint));
    let mut own = relations
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .chain(["rule"]);
    let kept = before.identifier == after.identifier
        && before.title == after.title
        && before.icon == after.icon
        && before.team == after.team
        && result::BUILT_IN
            .iter()
            .all(|name| before.properties.get(*name) == after.properties.get(*name));
    if !kept || !own.all(|name| before.relations.get(name) == after.relations.get(name)) {
        return Err(Refusal::invalid_request(
            "An entity of \"_rule_result\" can be changed in what was added to the blueprint alone; the server writes its \
             identifier, title, icon, team, rule, result and entity.",
        )
        .into());
    }
    Ok(())
}

/// The refusal of making or deleting a result.
pub(in crate::ops) fn made_by_server() -> Refusal {
    Refusal::invalid_request(
        "Entities of \"_rule_result\" come and go with rules and with what they measure; change those instead.",
    )
}

/// Keeps what was added to a result.
///
/// # Errors
/// `not_found` for a related entity that is not there.
pub(in crate::ops) fn write(
    tx: &mut Tx<'_>,
    writer: &Writer<'_>,
    before: &Entity,
    after: &Entity,
    compiled: &CompiledBlueprint,
) -> Outcome<()> {
    if before.same_content(after) {
        return Ok(());
    }
    let was = writer.before(tx, before, compiled)?;
    let rows = links::of(tx, writer, after, &compiled.schema)?;
    let mut added = after.clone();
    (added.title, added.team) = (None, Vec::new());
    // The rule and what was measured come first, by which they are told from what was added.
    for (place, name) in before.relations.keys().take(2).enumerate() {
        if let Some(from) = added.relations.get_index_of(name) {
            added.relations.move_index(from, place);
        }
    }
    for name in result::BUILT_IN {
        added.properties.shift_remove(name);
    }
    writer.wrote.set(true);
    if entities::exists(tx, RULE_RESULT, &after.identifier)? {
        entities::update(tx, &writer.row(&added))?;
    } else {
        entities::insert(tx, &writer.row(&added))?;
    }
    relations::replace(tx, RULE_RESULT, &after.identifier, &rows)?;
    writer.record(tx, Change::Update, after, compiled, Some(was))
}

/// Lets what was added to a result follow an entity that it relates to, and the result itself if that is what was measured.
///
/// # Errors
/// If the database fails.
pub(in crate::ops) fn follow_rename(
    tx: &mut Tx<'_>,
    dependent: &Dependent,
    from: &str,
    to: &str,
) -> Outcome<()> {
    let old = dependent.entity.as_str();
    let new = match result::split(old) {
        Some((rule, measured)) if measured == from => result::prefix(&rule) + to,
        _ => old.to_owned(),
    };
    // It may have followed for another of its relations already.
    let at = if entities::exists(tx, RULE_RESULT, old)? {
        old
    } else {
        new.as_str()
    };
    let Some(row) = entities::find(tx, RULE_RESULT, at)? else {
        return Ok(());
    };
    let source = row.data_source.clone();
    let mut added = parse(row)?;
    if let Some(value) = added.relations.get_mut(&dependent.relation) {
        links::replace_target(value, from, to);
    }
    entities::update(tx, &row_of(&added, &source))?;
    if measured_by(&added, &dependent.relation) && at != new {
        entities::rename(tx, RULE_RESULT, at, &new)?;
    }
    Ok(())
}

/// Whether a relation of a stored result leads to what was measured: the second of those it was stored with.
fn measured_by(added: &Entity, relation: &str) -> bool {
    added.relations.get_index_of(relation) == Some(1)
}

/// Forgets what was added to a result that goes with a rule or with what was measured. Whether it does.
///
/// # Errors
/// If the database fails.
pub(in crate::ops) fn forget(tx: &mut Tx<'_>, dependent: &Dependent) -> Outcome<bool> {
    if dependent.blueprint != RULE_RESULT {
        return Ok(false);
    }
    let Some(added) = find(tx, RULE_RESULT, &dependent.entity)? else {
        return Ok(true);
    };
    let goes = added
        .relations
        .get_index_of(&dependent.relation)
        .is_some_and(|place| place < 2);
    if goes {
        entities::delete(tx, RULE_RESULT, &dependent.entity)?;
    }
    Ok(goes)
}
