//! Following relations: what is connected to an entity, and what lies at the end of a path. Pure walks over a graph that
//! the caller looks up, so that they run on rows as well as on a model in a test.

use super::{Direction, PathMatch, Reach, RelatedTo, Step};
use std::collections::{BTreeSet, VecDeque};

/// A blueprint and an identifier.
pub type Node = (String, String);

/// Relations that can be looked up.
pub trait Graph {
    /// Why a look-up failed.
    type Error;

    /// What the node relates to, by the relation's name (`$team` for its teams); `None` means every relation but teams.
    /// The flag says whether the relation is required.
    ///
    /// # Errors
    /// If it cannot be looked up.
    fn targets(
        &mut self,
        node: &Node,
        relation: Option<&str>,
    ) -> Result<Vec<(Node, bool)>, Self::Error>;

    /// What relates to the node, likewise.
    ///
    /// # Errors
    /// If it cannot be looked up.
    fn sources(
        &mut self,
        node: &Node,
        relation: Option<&str>,
    ) -> Result<Vec<(Node, bool)>, Self::Error>;
}

/// Everything connected to the given entities, they themselves not included. Without a direction it is what lies upstream
/// together with what lies downstream, not what is reached by turning around.
///
/// # Errors
/// If a look-up fails.
pub fn related<G: Graph>(graph: &mut G, rule: &RelatedTo) -> Result<BTreeSet<Node>, G::Error> {
    let given: Vec<Node> = rule
        .identifiers
        .iter()
        .map(|id| (rule.blueprint.clone(), id.clone()))
        .collect();
    let mut found = BTreeSet::new();
    for direction in [Direction::Upstream, Direction::Downstream] {
        if rule.reach.direction.is_none_or(|only| only == direction) {
            closure(graph, &given, direction, rule.reach, &mut found)?;
        }
    }
    for node in &given {
        found.remove(node);
    }
    Ok(found)
}

fn closure<G: Graph>(
    graph: &mut G,
    given: &[Node],
    direction: Direction,
    reach: Reach,
    found: &mut BTreeSet<Node>,
) -> Result<(), G::Error> {
    let mut met: BTreeSet<Node> = given.iter().cloned().collect();
    let mut pending: VecDeque<Node> = given.iter().cloned().collect();
    while let Some(node) = pending.pop_front() {
        let next = match direction {
            Direction::Upstream => graph.targets(&node, None)?,
            Direction::Downstream => graph.sources(&node, None)?,
        };
        for (next, required) in next {
            if reach.required.is_none_or(|wanted| wanted == required) && met.insert(next.clone()) {
                pending.push_back(next);
            }
        }
    }
    found.append(&mut met);
    Ok(())
}

/// The entities at the end of a path that starts at the given ones (`fromBlueprint`), or of whose own path the given ones
/// are the end.
///
/// `ends` says which blueprint each step of the path leads to, so that a path is walked backwards from its end; the
/// caller reads it from the blueprints. It has one more entry than the path: the start comes first.
///
/// # Errors
/// If a look-up fails.
pub fn on_path<G: Graph>(
    graph: &mut G,
    rule: &PathMatch,
    blueprints: &[String],
) -> Result<BTreeSet<Node>, G::Error> {
    let (Some(first), Some(last)) = (blueprints.first(), blueprints.last()) else {
        return Ok(BTreeSet::new());
    };
    let at = if rule.from.is_some() { first } else { last };
    let mut nodes: BTreeSet<Node> = rule
        .identifiers
        .iter()
        .map(|id| (at.clone(), id.clone()))
        .collect();
    if rule.from.is_some() {
        for (step, pair) in rule.path.iter().zip(blueprints.windows(2)) {
            nodes = hop(graph, &nodes, step, true, pair.get(1))?;
        }
    } else {
        for (step, pair) in rule.path.iter().zip(blueprints.windows(2)).rev() {
            nodes = hop(graph, &nodes, step, false, pair.first())?;
        }
    }
    Ok(nodes)
}

/// What is reached from `nodes` by taking a step 1 to its `hops` times and is of the blueprint `wanted`.
fn hop<G: Graph>(
    graph: &mut G,
    nodes: &BTreeSet<Node>,
    step: &Step,
    forward: bool,
    wanted: Option<&String>,
) -> Result<BTreeSet<Node>, G::Error> {
    let mut reached = BTreeSet::new();
    let mut edge = nodes.clone();
    for _ in 0..step.hops {
        let mut next = BTreeSet::new();
        for node in &edge {
            let found = if forward {
                graph.targets(node, Some(&step.relation))?
            } else {
                graph.sources(node, Some(&step.relation))?
            };
            let fresh = found.into_iter().map(|(node, _)| node);
            next.extend(fresh.filter(|node| !reached.contains(node)));
        }
        if next.is_empty() {
            break;
        }
        reached.extend(next.iter().cloned());
        edge = next;
    }
    reached.retain(|node| wanted.is_none_or(|blueprint| node.0 == *blueprint));
    Ok(reached)
}
