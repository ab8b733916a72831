//! The catalog's relations as a graph, looked up row by row.

use crate::ops::computed::{Computer, Memory};
use crate::ops::entities;
use crate::ops::scorecards::rule_results;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use larboard_core::blueprint::system::RULE_RESULT;
use larboard_core::search::Step;
use larboard_core::search::graph::{Graph, Node};
use larboard_store::{Tx, blueprints, entities as rows, relations};

/// Entities looked through at once for a team.
const PAGE: i64 = 1_000;

/// A graph in one transaction.
pub(in crate::ops) struct SqlGraph<'a, 't> {
    app: &'a App,
    tx: &'a mut Tx<'t>,
    /// Whether results of rules are in it, which are worked out and have no rows.
    results: bool,
}

impl<'a, 't> SqlGraph<'a, 't> {
    pub(in crate::ops) fn new(app: &'a App, tx: &'a mut Tx<'t>, results: bool) -> Self {
        Self { app, tx, results }
    }

    /// The blueprints a path leads through, its start first; shorter if it breaks off.
    pub(in crate::ops) fn chain(&mut self, start: &str, path: &[Step]) -> Outcome<Vec<String>> {
        let mut chain = vec![start.to_owned()];
        for step in path {
            let at = chain.last().map_or(start, String::as_str).to_owned();
            if step.relation == "$team" {
                chain.push("_team".to_owned());
                continue;
            }
            let compiled = self.app.catalog.blueprint_in(self.tx, &at)?;
            match compiled.and_then(|c| {
                c.schema
                    .relation(&step.relation)
                    .map(|relation| relation.target.clone())
            }) {
                Some(next) => chain.push(next),
                None => break,
            }
        }
        Ok(chain)
    }

    fn is_required(&mut self, blueprint: &str, relation: &str) -> Outcome<bool> {
        let compiled = self.app.catalog.blueprint_in(self.tx, blueprint)?;
        Ok(compiled.is_some_and(|c| {
            c.schema
                .relation(relation)
                .is_some_and(|relation| relation.required)
        }))
    }

    fn team(&mut self, name: &str) -> Outcome<Option<String>> {
        if rows::exists(self.tx, "_team", name)? {
            return Ok(Some(name.to_owned()));
        }
        Ok(rows::find_titled(self.tx, "_team", name, None)?)
    }

    fn owned(&mut self, node: &Node) -> Outcome<Vec<(Node, bool)>> {
        let Some(team) = rows::find(self.tx, &node.0, &node.1)? else {
            return Ok(Vec::new());
        };
        let (mut owned, mut memory) = (Vec::new(), Memory::default());
        for blueprint in blueprints::list(self.tx)? {
            let Some(compiled) = self
                .app
                .catalog
                .blueprint_in(self.tx, &blueprint.identifier)?
            else {
                continue;
            };
            let mut after: Option<String> = None;
            loop {
                let page =
                    rows::list_after(self.tx, &blueprint.identifier, after.as_deref(), PAGE)?;
                let last = (page.len() as i64) < PAGE;
                after = page.last().map(|row| row.identifier.clone());
                for row in page {
                    let node = (row.blueprint.clone(), row.identifier.clone());
                    let teams: Vec<String> = if compiled.blueprint.inherits_team() {
                        let mut computer = Computer::with(self.app, self.tx, memory);
                        let entity = computer
                            .owned(&entities::parse(row)?, &compiled)?
                            .into_owned();
                        memory = computer.into_memory();
                        entity.team
                    } else {
                        serde_json::from_str(&row.team)?
                    };
                    if teams
                        .iter()
                        .any(|name| *name == team.identifier || Some(name) == team.title.as_ref())
                    {
                        owned.push((node, false));
                    }
                }
                if last {
                    break;
                }
            }
        }
        Ok(owned)
    }
}

impl Graph for SqlGraph<'_, '_> {
    type Error = Failure;

    fn targets(&mut self, node: &Node, relation: Option<&str>) -> Outcome<Vec<(Node, bool)>> {
        if relation == Some("$team") {
            let compiled = self.app.catalog.blueprint_in(self.tx, &node.0)?;
            let entity = entities::find(self.tx, &node.0, &node.1)?;
            let (Some(entity), Some(compiled)) = (entity, compiled) else {
                return Ok(Vec::new());
            };
            let entity = Computer::new(self.app, self.tx).owned(&entity, &compiled)?;
            let mut teams = Vec::new();
            for name in &entity.team {
                teams.extend(
                    self.team(name)?
                        .map(|team| (("_team".to_owned(), team), false)),
                );
            }
            return Ok(teams);
        }
        if node.0 == RULE_RESULT {
            return if self.results {
                rule_results::targets(self.app, self.tx, &node.1, relation)
            } else {
                Ok(Vec::new())
            };
        }
        let mut found = Vec::new();
        for row in relations::list_of(self.tx, &node.0, &node.1)? {
            if relation.is_none_or(|wanted| wanted == row.relation) {
                let required = self.is_required(&node.0, &row.relation)?;
                found.push(((row.target_blueprint, row.target), required));
            }
        }
        Ok(found)
    }

    fn sources(&mut self, node: &Node, relation: Option<&str>) -> Outcome<Vec<(Node, bool)>> {
        if relation == Some("$team") {
            return if node.0 == "_team" {
                self.owned(node)
            } else {
                Ok(Vec::new())
            };
        }
        let mut found = Vec::new();
        for dependent in relations::dependents(self.tx, &node.0, &node.1)? {
            let stored = dependent.blueprint != RULE_RESULT;
            if stored && relation.is_none_or(|wanted| wanted == dependent.relation) {
                let required = self.is_required(&dependent.blueprint, &dependent.relation)?;
                found.push(((dependent.blueprint, dependent.entity), required));
            }
        }
        if self.results {
            found.append(&mut rule_results::sources(
                self.app, self.tx, node, relation,
            )?);
        }
        Ok(found)
    }
}
