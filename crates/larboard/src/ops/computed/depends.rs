//! Whose changes can change computed values of entities, or what entities reach by scorecards that look at such values:
//! which blueprints lie where mirrors, aggregations and inherited teams look. It may name too many, never too few.

use crate::ops::Outcome;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::state::App;
use larboard_core::blueprint::system::{RULE_RESULT, TEAM};
use larboard_core::computed::aggregation::{Aggregation, Path, between};
use larboard_core::computed::calculation::Calculation;
use larboard_core::computed::mirror;
use larboard_core::search::{Attribute, Contexts, Filter};
use larboard_store::entity_changes::Change;
use larboard_store::{Tx, blueprints};
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// What something of a blueprint's entities depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    blueprints: BTreeSet<String>,
    /// Whether it may be any blueprint.
    any: bool,
    /// Whether they may change by the passing of time.
    pub time: bool,
}

impl Dependencies {
    /// What entities reach by the scorecards of their blueprint depends on, beside the entities themselves, as the catalog
    /// is now.
    ///
    /// # Errors
    /// If the database fails.
    pub fn of_results(
        app: &App,
        tx: &mut Tx<'_>,
        compiled: &Arc<CompiledBlueprint>,
    ) -> Outcome<Self> {
        let mut walk = Walk::new(app, tx);
        for card in &compiled.scorecards {
            walk.found.time |= card.document().values().any(has_preset);
            let evaluator = card.at(app.now());
            let filters = evaluator.filters().flat_map(Filter::leaves);
            for leaf in filters {
                walk.leaf(compiled, leaf)?;
            }
        }
        Ok(walk.found)
    }

    /// What each of these computed values of entities depends on, the entities themselves among it.
    ///
    /// # Errors
    /// If the database fails.
    pub fn of_values(
        app: &App,
        tx: &mut Tx<'_>,
        values: &[(Arc<CompiledBlueprint>, String)],
    ) -> Outcome<Vec<Self>> {
        let mut walk = Walk::new(app, tx);
        let mut all = Vec::with_capacity(values.len());
        for (compiled, name) in values {
            let own = compiled.blueprint.identifier().to_owned();
            walk.found.blueprints.insert(own);
            walk.property(compiled, name)?;
            walk.met.clear();
            let mut found = std::mem::take(&mut walk.found);
            // Results of rules are no rows: whatever changes them, the time too, is no change of theirs.
            if found.blueprints.contains(RULE_RESULT) {
                (found.any, found.time) = (true, true);
            }
            all.push(found);
        }
        Ok(all)
    }

    /// Adds what something else depends on.
    pub fn add(&mut self, mut other: Self) {
        self.blueprints.append(&mut other.blueprints);
        self.any |= other.any;
        self.time |= other.time;
    }

    /// Whether a change may have changed it.
    pub fn concern(&self, change: &Change) -> bool {
        match change.entity.as_deref() {
            // A relation more or less can lead anywhere.
            None | Some("") => self.any || !self.blueprints.is_empty(),
            Some(_) => self.any || self.blueprints.contains(&change.blueprint),
        }
    }
}

/// Whether a condition names a span of time that moves.
fn has_preset(part: &Value) -> bool {
    match part {
        Value::Object(map) => map.contains_key("preset") || map.values().any(has_preset),
        Value::Array(list) => list.iter().any(has_preset),
        _ => false,
    }
}

/// Follows conditions to what they look at.
struct Walk<'a, 't> {
    app: &'a App,
    tx: &'a mut Tx<'t>,
    found: Dependencies,
    /// Properties that were followed, with their blueprints.
    met: HashSet<(String, String)>,
    /// Where relations lead, by blueprint.
    relations: Option<Vec<(String, String)>>,
}

impl<'a, 't> Walk<'a, 't> {
    fn new(app: &'a App, tx: &'a mut Tx<'t>) -> Self {
        Self {
            app,
            tx,
            found: Dependencies::default(),
            met: HashSet::new(),
            relations: None,
        }
    }

    fn leaf(&mut self, compiled: &Arc<CompiledBlueprint>, leaf: &Filter) -> Outcome<()> {
        match leaf {
            Filter::Test {
                attribute: Attribute::Property(name),
                ..
            } => self.property(compiled, name),
            Filter::Test {
                attribute: Attribute::Relation(_),
                ..
            }
            | Filter::Constant(_) => Ok(()),
            _ => {
                self.found.any = true;
                Ok(())
            }
        }
    }

    fn property(&mut self, compiled: &Arc<CompiledBlueprint>, name: &str) -> Outcome<()> {
        let definition = &compiled.blueprint;
        let key = (definition.identifier().to_owned(), name.to_owned());
        if !self.met.insert(key) {
            return Ok(());
        }
        if name == "$team" {
            self.found.blueprints.insert(TEAM.to_owned());
            let path = definition.team_path().unwrap_or_default();
            let path: Vec<String> = path.into_iter().map(str::to_owned).collect();
            return self.path(compiled, &path).map(drop);
        }
        if let Some(mirror) = definition.mirrors().get(name) {
            let path = mirror["path"].as_str().and_then(mirror::split_path);
            let Some((relations, last)) = path else {
                return Ok(());
            };
            return match self.path(compiled, &relations)? {
                Some(end) => self.property(&end, &last),
                None => Ok(()),
            };
        }
        if let Some(calculation) = definition.calculations().get(name) {
            self.found.time |= Calculation::may_tell_time(calculation);
            self.property(compiled, "$team")?;
            let reads = compiled.calculations.get(name);
            if reads.is_some_and(Calculation::reads_properties) {
                let aggregations = definition.aggregations().keys();
                for name in definition.mirrors().keys().chain(aggregations) {
                    self.property(compiled, name)?;
                }
            }
            return Ok(());
        }
        match compiled.aggregations.get(name) {
            Some(aggregation) => self.aggregation(compiled, aggregation),
            None => Ok(()),
        }
    }

    /// Follows relations; the blueprint at the end, if they lead to one.
    fn path(
        &mut self,
        start: &Arc<CompiledBlueprint>,
        steps: &[String],
    ) -> Outcome<Option<Arc<CompiledBlueprint>>> {
        let mut at = start.clone();
        for step in steps {
            let next = if step == "$team" {
                self.property(&at, "$team")?;
                TEAM.to_owned()
            } else {
                match at.schema.relation(step) {
                    Some(relation) => relation.target.clone(),
                    None => return Ok(None),
                }
            };
            let Some(compiled) = self.app.catalog.blueprint_in(self.tx, &next)? else {
                return Ok(None);
            };
            self.found.blueprints.insert(next);
            at = compiled;
        }
        Ok(Some(at))
    }

    fn aggregation(
        &mut self,
        compiled: &Arc<CompiledBlueprint>,
        aggregation: &Aggregation,
    ) -> Outcome<()> {
        let (owner, target) = (compiled.blueprint.identifier(), &aggregation.target);
        let edges = self.relations()?;
        let backwards: Vec<(String, String)> =
            edges.iter().map(|(s, t)| (t.clone(), s.clone())).collect();
        let mut found = between(&edges, owner, target);
        found.append(&mut between(&backwards, owner, target));
        // A walk begins at the entity itself; it only comes by another of its blueprint if relations lead round.
        if target != owner
            && between(&edges, owner, owner).is_empty()
            && between(&backwards, owner, owner).is_empty()
        {
            found.remove(owner);
        }
        self.found.blueprints.append(&mut found);
        self.found.blueprints.insert(target.clone());
        let teams = |path: &Path| path.steps.iter().any(|step| step.relation == "$team");
        self.found.any |= aggregation.path.as_ref().is_some_and(teams);
        self.found.time |= aggregation.tells_time();
        let Some(end) = self.app.catalog.blueprint_in(self.tx, target)? else {
            return Ok(());
        };
        if let Some(property) = &aggregation.property {
            self.property(&end, property)?;
        }
        self.property(&end, &aggregation.measured_by)?;
        if let Some(query) = &aggregation.query {
            let filter = query
                .resolve(&Contexts::at(self.app.now()))
                .in_blueprint(target);
            for leaf in filter.leaves() {
                self.leaf(&end, leaf)?;
            }
        }
        Ok(())
    }

    /// Where relations lead, by blueprint.
    fn relations(&mut self) -> Outcome<Vec<(String, String)>> {
        if let Some(known) = &self.relations {
            return Ok(known.clone());
        }
        let mut edges = Vec::new();
        for row in blueprints::list(self.tx)? {
            if let Some(compiled) = self.app.catalog.blueprint_in(self.tx, &row.identifier)? {
                let targets = compiled.blueprint.relations().values();
                edges.extend(targets.map(|to| (row.identifier.clone(), to.target.clone())));
            }
        }
        self.relations = Some(edges.clone());
        Ok(edges)
    }
}
