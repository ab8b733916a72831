//! Holding a filter against entities one by one, with whatever the filter asks of them looked up.

use super::sql_graph::SqlGraph;
use crate::ops::Outcome;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::{Computer, Memory};
use crate::ops::entities::Stored;
use crate::ops::scorecards::results::{Scoring, team_titles};
use crate::state::App;
use larboard_core::blueprint::system::RULE_RESULT;
use larboard_core::entity::Entity;
use larboard_core::scorecard::Scorecard;
use larboard_core::search::graph::{Node, on_path, related};
use larboard_core::search::{
    Attribute, EntitySubject, Filter, PathMatch, PropertySchema, RelatedTo, schema_matches,
};
use larboard_store::Tx;
use larboard_store::entities;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Evaluates a filter on entities of one blueprint.
pub(super) struct Judge<'a, 't> {
    app: &'a App,
    tx: &'a mut Tx<'t>,
    compiled: &'a CompiledBlueprint,
    filter: &'a Filter,
    related: Vec<(RelatedTo, BTreeSet<Node>)>,
    paths: Vec<(PathMatch, BTreeSet<Node>)>,
    of_schema: HashMap<PropertySchema, Vec<String>>,
    computed: bool,
    /// The computed properties that the filter names.
    names: BTreeSet<String>,
    teams: bool,
    titles: Vec<String>,
    /// The scorecards that the filter names.
    scorecards: Vec<Arc<Scorecard>>,
    scoring: Scoring,
    memory: Memory,
}

/// The entities among rows of one blueprint that pass, with what was looked up for it added to what is remembered.
///
/// # Errors
/// If the database fails.
pub(in crate::ops) fn passing(
    app: &App,
    tx: &mut Tx<'_>,
    memory: Memory,
    compiled: &CompiledBlueprint,
    filter: &Filter,
    rows: Vec<Stored>,
) -> Outcome<(Vec<Entity>, Memory)> {
    let mut judge = Judge::new(app, tx, compiled, filter, memory)?;
    let mut passed = Vec::new();
    for row in rows {
        passed.extend(judge.judge(row)?);
    }
    Ok((passed, judge.memory))
}

impl<'a, 't> Judge<'a, 't> {
    /// Works out beforehand what does not depend on the single entity.
    pub(super) fn new(
        app: &'a App,
        tx: &'a mut Tx<'t>,
        compiled: &'a CompiledBlueprint,
        filter: &'a Filter,
        memory: Memory,
    ) -> Outcome<Self> {
        let blueprint = compiled.blueprint.identifier();
        let mut judge = Self {
            app,
            tx,
            compiled,
            filter,
            related: Vec::new(),
            paths: Vec::new(),
            of_schema: HashMap::new(),
            computed: false,
            names: BTreeSet::new(),
            teams: false,
            titles: Vec::new(),
            scorecards: Vec::new(),
            scoring: Scoring::at(&[], &compiled.schema, app.now()),
            memory,
        };
        for leaf in filter.leaves() {
            match leaf {
                Filter::RelatedTo(rule) => {
                    let results = judge.sees_results(&rule.blueprint);
                    let set = related(&mut SqlGraph::new(app, judge.tx, results), rule)?;
                    judge.related.push((rule.clone(), set));
                }
                Filter::Path(rule) => {
                    let results = judge.sees_results(rule.from.as_deref().unwrap_or_default());
                    let mut graph = SqlGraph::new(app, judge.tx, results);
                    let start = rule.from.as_deref().unwrap_or(blueprint);
                    let chain = graph.chain(start, &rule.path)?;
                    if chain.len() == rule.path.len() + 1 {
                        let set = on_path(&mut graph, rule, &chain)?;
                        judge.paths.push((rule.clone(), set));
                    }
                }
                Filter::Test { attribute, .. } => judge.prepare(attribute)?,
                Filter::Constant(_) | Filter::All(_) | Filter::Any(_) => {}
            }
        }
        judge.scoring = Scoring::at(&judge.scorecards, &compiled.schema, app.now());
        Ok(judge)
    }

    /// Whether relations are followed to results of rules: nothing relates to those, so only from or to them.
    fn sees_results(&self, start: &str) -> bool {
        let ends = [start, self.compiled.blueprint.identifier()];
        ends.contains(&RULE_RESULT) && !self.memory.is_measuring()
    }

    fn prepare(&mut self, attribute: &Attribute) -> Outcome<()> {
        let blueprint = &self.compiled.blueprint;
        match attribute {
            Attribute::Property(name) if name == "$team" => self.teams = true,
            Attribute::Property(name) if self.compiled.schema.is_computed(name) => {
                self.computed = true;
                self.names.insert(name.clone());
            }
            Attribute::Property(_) => {}
            Attribute::RelationTitles(name) => self.titles.push(name.clone()),
            Attribute::Schema(schema) => {
                let names = blueprint
                    .properties()
                    .iter()
                    .filter(|(_, definition)| schema_matches(definition, schema));
                self.of_schema.insert(
                    schema.clone(),
                    names.map(|(name, _)| name.clone()).collect(),
                );
            }
            Attribute::Level(name) | Attribute::ScorecardRule(name, _) => {
                let named = |card: &&Arc<Scorecard>| card.identifier() == name;
                if let Some(card) = self.compiled.scorecards.iter().find(named)
                    && !self.scorecards.contains(card)
                {
                    self.scorecards.push(card.clone());
                    // Its conditions may ask for whatever an entity has.
                    self.computed = self.compiled.schema.has_computed();
                    self.teams = true;
                }
            }
            Attribute::Relation(_) => {}
        }
        Ok(())
    }

    /// The entity, if it passes.
    pub(super) fn judge(&mut self, row: Stored) -> Outcome<Option<Entity>> {
        let mut entity = row.entity;
        if self.teams && self.compiled.blueprint.inherits_team() {
            let memory = std::mem::take(&mut self.memory);
            let mut computer = Computer::with(self.app, self.tx, memory);
            entity = computer.owned(&entity, self.compiled)?.into_owned();
            self.memory = computer.into_memory();
        }
        let passes = self.passes(&entity, &row.data_source)?;
        Ok(passes.then_some(entity))
    }

    fn passes(&mut self, entity: &Entity, data_source: &str) -> Outcome<bool> {
        let key = (entity.blueprint.clone(), entity.identifier.clone());
        let mut subject = EntitySubject {
            entity: Some(entity),
            data_source,
            of_schema: self.of_schema.clone(),
            ..EntitySubject::default()
        };
        subject.related = self
            .related
            .iter()
            .filter(|(_, set)| set.contains(&key))
            .map(|(rule, _)| rule.clone())
            .collect();
        subject.on_path = self
            .paths
            .iter()
            .filter(|(_, set)| set.contains(&key))
            .map(|(rule, _)| rule.clone())
            .collect();
        if self.computed {
            let memory = std::mem::take(&mut self.memory);
            let mut computer = Computer::with(self.app, self.tx, memory);
            // The conditions of a scorecard may ask for any of them.
            let wanted = |name: &str| !self.scorecards.is_empty() || self.names.contains(name);
            subject.computed = computer.values_of(entity, self.compiled, &wanted)?;
            self.memory = computer.into_memory();
        }
        if self.teams {
            subject.team_titles = team_titles(self.tx, &entity.team)?;
        }
        for relation in &self.titles {
            let Some(known) = self.compiled.schema.relation(relation) else {
                continue;
            };
            for target in entity
                .relations
                .get(relation)
                .map_or(&[][..], |value| value.targets())
            {
                if let Some(row) = entities::find(self.tx, &known.target, target)? {
                    subject.titles.insert(
                        (relation.clone(), target.clone()),
                        row.title.unwrap_or(row.identifier),
                    );
                }
            }
        }
        subject.scorecards = if self.memory.stands_on_results() && !self.scorecards.is_empty() {
            // Scorecards do not see what stands on their results.
            let blind = Computer::with(self.app, self.tx, Memory::measuring())
                .values(entity, self.compiled)?;
            let seen = std::mem::replace(&mut subject.computed, blind);
            let standings = self.scoring.standings(&subject);
            subject.computed = seen;
            standings
        } else {
            self.scoring.standings(&subject)
        };
        Ok(self.filter.matches(&subject))
    }
}
