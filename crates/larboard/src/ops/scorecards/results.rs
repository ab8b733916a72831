//! What entities reach by the scorecards of their blueprint, evaluated when somebody asks (docs/decisions/0007). Whoever
//! shows an entity, holds a rule against it or records its change asks here.

use crate::ops::Outcome;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::{Computer, Memory};
use crate::state::App;
use larboard_core::entity::{Entity, EntitySchema};
use larboard_core::scorecard::{
    Evaluator, Outcomes, Remembered, Rule, Scorecard, Standing, status,
};
use larboard_core::search::{Attribute, EntitySubject, Filter, Subject};
use larboard_core::time::Timestamp;
use larboard_store::{Tx, entities};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// The scorecards of a blueprint at one instant, to be held against many entities.
pub struct Scoring {
    evaluators: Vec<Evaluator>,
    /// What their conditions ask for beyond the entity itself.
    computed: bool,
    teams: bool,
    data_source: bool,
    /// Whether they ask for what a write changes that leaves the entity as it is.
    stamps: bool,
}

impl Scoring {
    /// Readies scorecards of entities of this schema for evaluation at `now`.
    pub fn at(scorecards: &[Arc<Scorecard>], schema: &EntitySchema, now: Timestamp) -> Self {
        let mut scoring = Self {
            evaluators: scorecards.iter().map(|card| card.at(now)).collect(),
            computed: false,
            teams: false,
            data_source: false,
            stamps: false,
        };
        let filters = scoring.evaluators.iter().flat_map(Evaluator::filters);
        for leaf in filters.flat_map(Filter::leaves) {
            let Filter::Test { attribute, .. } = leaf else {
                continue;
            };
            match attribute {
                Attribute::Property(name) if name == "$team" => scoring.teams = true,
                Attribute::Property(name) if name == "$datasource" => scoring.data_source = true,
                Attribute::Property(name) if name.starts_with("$updated") => scoring.stamps = true,
                Attribute::Property(name) => scoring.computed |= schema.is_computed(name),
                _ => {}
            }
        }
        scoring
    }

    /// Whether conditions ask for computed values.
    pub fn sees_computed(&self) -> bool {
        self.computed
    }

    /// Whether a write that leaves an entity as it is may change what it reaches: by its stamps, which calculations see too.
    pub fn sees_touches(&self) -> bool {
        self.stamps || self.data_source || self.computed
    }

    /// What an entity reaches by each scorecard that does not leave it out. `computed` are its computed values, if they are
    /// known already and none of them stands on results of rules.
    ///
    /// # Errors
    /// If the database fails.
    pub fn reached(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        computed: Option<&Map<String, Value>>,
    ) -> Outcome<Vec<(&Scorecard, Standing<'_>)>> {
        self.with_subject(app, tx, entity, compiled, computed, |subject| {
            let reached = self.evaluators.iter().filter_map(|evaluator| {
                Some((evaluator.scorecard(), evaluator.evaluate(subject)?))
            });
            reached.collect()
        })
    }

    /// Whether an entity passes the rule of a scorecard at this place; `None` if the scorecard leaves it out.
    ///
    /// # Errors
    /// If the database fails.
    pub fn outcome(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        scorecard: &str,
        place: usize,
    ) -> Outcome<Option<bool>> {
        let Some(evaluator) = self.evaluator(scorecard) else {
            return Ok(None);
        };
        self.with_subject(app, tx, entity, compiled, None, |subject| {
            evaluator.outcome(place, subject)
        })
    }

    /// The same of each of its rules.
    ///
    /// # Errors
    /// If the database fails.
    pub fn outcomes(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        scorecard: &str,
    ) -> Outcome<Option<Vec<bool>>> {
        let Some(evaluator) = self.evaluator(scorecard) else {
            return Ok(None);
        };
        self.with_subject(app, tx, entity, compiled, None, |subject| {
            let standing = evaluator.evaluate(subject)?;
            Some(standing.rules.iter().map(|(_, passed)| *passed).collect())
        })
    }

    fn evaluator(&self, scorecard: &str) -> Option<&Evaluator> {
        let mut evaluators = self.evaluators.iter();
        evaluators.find(|evaluator| evaluator.scorecard().identifier() == scorecard)
    }

    /// Hands an entity to `f` with what the conditions ask for.
    fn with_subject<T>(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        computed: Option<&Map<String, Value>>,
        f: impl FnOnce(&EntitySubject<'_>) -> T,
    ) -> Outcome<T> {
        let owned;
        let entity = if self.teams {
            owned = Computer::new(app, tx).owned(entity, compiled)?;
            &*owned
        } else {
            entity
        };
        let mut subject = EntitySubject {
            entity: Some(entity),
            ..EntitySubject::default()
        };
        if self.computed {
            subject.computed = match computed {
                Some(known) => known.clone(),
                None => {
                    let mut computer = Computer::with(app, tx, Memory::measuring());
                    computer.values(entity, compiled)?
                }
            };
        }
        if self.teams {
            subject.team_titles = team_titles(tx, &entity.team)?;
        }
        let row = if self.data_source {
            entities::find(tx, &entity.blueprint, &entity.identifier)?
        } else {
            None
        };
        subject.data_source = row.as_ref().map_or("", |row| &row.data_source);
        Ok(f(&subject))
    }

    /// The levels and the outcomes of rules, as rules of searches ask for them.
    pub fn standings(&self, subject: &dyn Subject) -> HashMap<(String, Option<String>), Value> {
        let mut standings = HashMap::new();
        for evaluator in &self.evaluators {
            let id = evaluator.scorecard().identifier().to_owned();
            let Some(standing) = evaluator.evaluate(subject) else {
                continue;
            };
            for (rule, passed) in &standing.rules {
                let key = (id.clone(), Some(rule.identifier.clone()));
                standings.insert(key, status(*passed).into());
            }
            standings.insert((id, None), standing.level.title.as_str().into());
        }
        standings
    }
}

/// The results of an entity as it is now, by scorecard, as the API shows them; `None` if its blueprint has no scorecards.
///
/// # Errors
/// If the database fails.
pub fn of(
    app: &App,
    tx: &mut Tx<'_>,
    entity: &Entity,
    compiled: &CompiledBlueprint,
    computed: Option<&Map<String, Value>>,
) -> Outcome<Option<Map<String, Value>>> {
    if compiled.scorecards.is_empty() {
        return Ok(None);
    }
    let scoring = compiled.scoring(app.now());
    let reached = scoring.reached(app, tx, entity, compiled, computed)?;
    let shown = reached
        .iter()
        .map(|(card, standing)| (card.identifier().to_owned(), standing.render(card)));
    Ok(Some(shown.collect()))
}

/// What an entity reaches now, as it is shown and as it is remembered.
pub struct Reached {
    /// By scorecard.
    pub shown: Map<String, Value>,
    /// By the scorecard's id.
    pub outcomes: Outcomes,
}

/// [`of`] an entity, with what is to be remembered of it.
///
/// # Errors
/// If the database fails.
pub fn reached(
    app: &App,
    tx: &mut Tx<'_>,
    entity: &Entity,
    compiled: &CompiledBlueprint,
) -> Outcome<Option<Reached>> {
    if compiled.scorecards.is_empty() {
        return Ok(None);
    }
    let scoring = compiled.scoring(app.now());
    let reached = scoring.reached(app, tx, entity, compiled, None)?;
    let shown = reached
        .iter()
        .map(|(card, standing)| (card.identifier().to_owned(), standing.render(card)));
    Ok(Some(Reached {
        shown: shown.collect(),
        outcomes: outcomes(compiled, &reached),
    }))
}

/// What is to be remembered of what an entity reaches.
pub fn outcomes(compiled: &CompiledBlueprint, reached: &[(&Scorecard, Standing<'_>)]) -> Outcomes {
    let of = |identifier: &str| {
        reached
            .iter()
            .find(|(card, _)| card.identifier() == identifier)
    };
    let cards = compiled.scorecards_by_id().filter_map(|(id, card)| {
        let (_, standing) = of(card.identifier())?;
        let rules = standing.rules.iter();
        let rules = rules.map(|(rule, passed)| (rule.identifier.clone(), *passed));
        Some((id.to_owned(), rules.collect()))
    });
    cards.collect()
}

/// What is remembered of an entity as it was shown, by the scorecards that it was remembered by.
pub fn shown(compiled: &CompiledBlueprint, known: &Remembered) -> Map<String, Value> {
    let cards = compiled.scorecards_by_id().filter_map(|(id, card)| {
        let passed = |rule: &Rule| known.outcome(id, &rule.identifier).unwrap_or(false);
        let standing = card.standing(card.rules().iter().map(passed))?;
        known
            .measured(id)
            .then(|| (card.identifier().to_owned(), standing.render(card)))
    });
    cards.collect()
}

/// The titles of teams, by identifier: conditions may name a team by either.
///
/// # Errors
/// If the database fails.
pub fn team_titles(tx: &mut Tx<'_>, teams: &[String]) -> Outcome<HashMap<String, String>> {
    let mut titles = HashMap::new();
    for team in teams {
        if let Some(row) = entities::find(tx, "_team", team)? {
            titles.insert(team.clone(), row.title.unwrap_or(row.identifier));
        }
    }
    Ok(titles)
}
