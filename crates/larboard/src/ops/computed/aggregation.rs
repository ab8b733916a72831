//! Values of aggregation properties: which entities are related is looked up relation by relation in the transaction, so
//! that a value is right the moment it is read (docs/decisions/0008).

use super::Computer;
use crate::ops::Outcome;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::entities::{self, Stored};
use crate::ops::scorecards::entities::{rule_of, scorecard_of};
use crate::ops::scorecards::rule_results;
use crate::ops::search::judge::passing;
use crate::ops::search::sql_graph::SqlGraph;
use crate::state::App;
use larboard_core::blueprint::system::{RULE, RULE_RESULT, SCORECARD};
use larboard_core::computed::aggregation::{Aggregation, Path, between};
use larboard_core::computed::mirror::Lookup;
use larboard_core::entity::Entity;
use larboard_core::search::graph::{Graph, Node, on_path, related};
use larboard_core::search::{Contexts, PathMatch, Reach, RelatedTo};
use larboard_store::{Tx, blueprints, entities as rows_of, relations};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Computer<'_, '_> {
    /// The value of an aggregation of an entity.
    pub(super) fn aggregation(
        &mut self,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        name: &str,
    ) -> Outcome<Value> {
        let Some(aggregation) = compiled.aggregations.get(name) else {
            return Ok(Value::Null);
        };
        if let Some(counted) = self.tallied(entity, name)? {
            return Ok(counted);
        }
        let nested = self.memory.depth > 1;
        if nested && self.memory.budget == 0 {
            return Ok(Value::Null);
        }
        let nodes = self.related(entity, aggregation)?;
        if nested {
            self.memory.budget = self.memory.budget.saturating_sub(nodes.len().max(1));
        }
        if aggregation.only_counts() {
            return Ok(Value::from(nodes.len()));
        }
        let of = self.values_at(&entity.blueprint, name, aggregation, nodes)?;
        Ok(aggregation.value(&of, self.app.now()))
    }

    /// What `_scorecard` and `_rule` count of results, which is done for all rules of a scorecard at once.
    fn tallied(&mut self, entity: &Entity, name: &str) -> Outcome<Option<Value>> {
        let (scorecard, rule) = match (entity.blueprint.as_str(), name) {
            (SCORECARD, "rules_tested" | "rules_passed") => (entity.identifier.as_str(), None),
            (RULE, "entities_tested" | "entities_passed") => (
                scorecard_of(entity).unwrap_or_default(),
                Some(rule_of(entity)),
            ),
            _ => return Ok(None),
        };
        if !self.sees_results() {
            return Ok(Some(Value::Null));
        }
        let tally = match self.memory.tallies.get(scorecard) {
            Some(known) => known.clone(),
            None => {
                let tally = Arc::new(rule_results::tally(self.app, self.tx, scorecard)?);
                let tallies = &mut self.memory.tallies;
                tallies.insert(scorecard.to_owned(), tally.clone());
                tally
            }
        };
        let of_rule = |known: &str| rule.is_none_or(|rule| rule == known);
        let rules = tally.passed.iter().filter(|(known, _)| of_rule(known));
        Ok(Some(match name {
            "rules_passed" | "entities_passed" => {
                rules.map(|(_, passed)| passed).sum::<i64>().into()
            }
            _ => rules.map(|_| tally.tested).sum::<i64>().into(),
        }))
    }

    /// The entities of the target that are related as the aggregation says.
    fn related(&mut self, entity: &Entity, aggregation: &Aggregation) -> Outcome<BTreeSet<Node>> {
        let ends = [entity.blueprint.as_str(), aggregation.target.as_str()];
        let results = ends.contains(&RULE_RESULT) && self.sees_results();
        let mut nodes = match &aggregation.path {
            Some(path) => self.at_path(entity, path, &aggregation.target, results)?,
            None => {
                let edges = self.relations()?;
                let (owner, target) = (&entity.blueprint, &aggregation.target);
                let backwards: Vec<(String, String)> =
                    edges.iter().map(|(s, t)| (t.clone(), s.clone())).collect();
                let mut graph = Toward {
                    app: self.app,
                    tx: self.tx,
                    results,
                    upstream: between(&edges, owner, target),
                    downstream: between(&backwards, owner, target),
                };
                let rule = RelatedTo {
                    blueprint: owner.clone(),
                    identifiers: vec![entity.identifier.clone()],
                    reach: Reach::default(),
                };
                related(&mut graph, &rule)?
            }
        };
        nodes.retain(|node| node.0 == aggregation.target);
        Ok(nodes)
    }

    fn at_path(
        &mut self,
        entity: &Entity,
        path: &Path,
        target: &str,
        results: bool,
    ) -> Outcome<BTreeSet<Node>> {
        let owner = entity.blueprint.as_str();
        let forward = path.is_forward(owner, target);
        let start = match &path.from {
            Some(from) if !forward => from,
            _ => owner,
        };
        let mut graph = SqlGraph::new(self.app, self.tx, results);
        let chain = graph.chain(start, &path.steps)?;
        let ends_here = forward || chain.last().is_some_and(|end| end == owner);
        if chain.len() != path.steps.len() + 1 || !ends_here {
            return Ok(BTreeSet::new());
        }
        let rule = PathMatch {
            path: path.steps.clone(),
            from: forward.then(|| owner.to_owned()),
            identifiers: vec![entity.identifier.clone()],
        };
        on_path(&mut graph, &rule, &chain)
    }

    /// The aggregated value and the time of each entity that fulfils the query; looked at once for all that share them.
    fn values_at(
        &mut self,
        owner: &str,
        name: &str,
        aggregation: &Aggregation,
        nodes: BTreeSet<Node>,
    ) -> Outcome<Vec<(Value, Value)>> {
        let depth = self.memory.depth;
        let key = |id: &str| (owner.to_owned(), name.to_owned(), depth, id.to_owned());
        let (mut found, mut rows) = (Vec::new(), Vec::new());
        for (_, id) in nodes {
            match self.memory.aggregated.get(&key(&id)) {
                Some(known) => found.extend(known.clone()),
                None if aggregation.target == RULE_RESULT => {
                    let found = entities::get(self.app, self.tx, RULE_RESULT, &id)?;
                    rows.extend(found.map(|entity| Stored {
                        entity,
                        data_source: String::new(),
                    }));
                }
                None => {
                    let row = rows_of::find(self.tx, &aggregation.target, &id)?;
                    rows.extend(row.map(Stored::of).transpose()?);
                }
            }
        }
        let Some(compiled) = self
            .compiled(&aggregation.target)?
            .filter(|_| !rows.is_empty())
        else {
            return Ok(found);
        };
        for row in &rows {
            let id = &row.entity.identifier;
            self.memory.aggregated.insert(key(id), None);
        }
        let passed = match &aggregation.query {
            None => rows.into_iter().map(|row| row.entity).collect(),
            Some(query) => {
                let filter = query
                    .resolve(&Contexts::at(self.app.now()))
                    .in_blueprint(&aggregation.target);
                let memory = std::mem::take(&mut self.memory);
                let (passed, memory) =
                    passing(self.app, self.tx, memory, &compiled, &filter, rows)?;
                self.memory = memory;
                passed
            }
        };
        for entity in passed {
            let value = match &aggregation.property {
                Some(property) => self.value(&entity, property)?,
                None => Value::Null,
            };
            let at = self.value(&entity, &aggregation.measured_by)?;
            self.memory
                .aggregated
                .insert(key(&entity.identifier), Some((value.clone(), at.clone())));
            found.push((value, at));
        }
        Ok(found)
    }

    /// Where relations lead, by blueprint.
    fn relations(&mut self) -> Outcome<Arc<Vec<(String, String)>>> {
        if let Some(known) = &self.memory.relations {
            return Ok(known.clone());
        }
        let mut edges = Vec::new();
        for row in blueprints::list(self.tx)? {
            if let Some(compiled) = self.compiled(&row.identifier)? {
                let targets = compiled.blueprint.relations().values();
                edges.extend(
                    targets.map(|relation| (row.identifier.clone(), relation.target.clone())),
                );
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let edges = Arc::new(edges);
        self.memory.relations = Some(edges.clone());
        Ok(edges)
    }
}

/// The catalog's relations as far as they can lead to what is aggregated.
struct Toward<'a, 't> {
    app: &'a App,
    /// Whether results of rules are in it, which are worked out and have no rows.
    results: bool,
    tx: &'a mut Tx<'t>,
    upstream: BTreeSet<String>,
    downstream: BTreeSet<String>,
}

impl Graph for Toward<'_, '_> {
    type Error = crate::ops::Failure;

    fn targets(&mut self, node: &Node, _: Option<&str>) -> Outcome<Vec<(Node, bool)>> {
        if self.upstream.is_empty() {
            return Ok(Vec::new());
        }
        if node.0 == RULE_RESULT {
            return if self.results {
                rule_results::targets(self.app, self.tx, &node.1, None)
            } else {
                Ok(Vec::new())
            };
        }
        let mut found = Vec::new();
        for row in relations::list_of(self.tx, &node.0, &node.1)? {
            if self.upstream.contains(&row.target_blueprint) {
                found.push(((row.target_blueprint, row.target), false));
            }
        }
        Ok(found)
    }

    fn sources(&mut self, node: &Node, _: Option<&str>) -> Outcome<Vec<(Node, bool)>> {
        if self.downstream.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for dependent in relations::dependents(self.tx, &node.0, &node.1)? {
            let stored = dependent.blueprint != RULE_RESULT;
            if stored && self.downstream.contains(&dependent.blueprint) {
                found.push(((dependent.blueprint, dependent.entity), false));
            }
        }
        if self.results && self.downstream.contains(RULE_RESULT) {
            found.append(&mut rule_results::sources(self.app, self.tx, node, None)?);
        }
        Ok(found)
    }
}
