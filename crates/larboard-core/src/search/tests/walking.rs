//! Walks over a small graph.

use super::*;
use crate::search::graph::{Graph, Node, on_path, related};
use std::collections::BTreeSet;
use std::convert::Infallible;

/// services use databases; databases run on hosts; a host backs up to a host.
struct Sketch;

const EDGES: &[(&str, &str, &str, &str, &str, bool)] = &[
    ("service", "a", "uses", "database", "d", true),
    ("service", "b", "uses", "database", "d", false),
    ("database", "d", "on", "host", "h1", false),
    ("host", "h1", "backup", "host", "h2", false),
    ("host", "h2", "backup", "host", "h3", false),
    ("host", "h3", "backup", "host", "h1", false),
];

impl Graph for Sketch {
    type Error = Infallible;

    fn targets(
        &mut self,
        node: &Node,
        relation: Option<&str>,
    ) -> Result<Vec<(Node, bool)>, Infallible> {
        let edges = EDGES
            .iter()
            .filter(|e| (e.0, e.1) == (&node.0, &node.1) && relation.is_none_or(|r| r == e.2));
        Ok(edges
            .map(|e| ((e.3.to_owned(), e.4.to_owned()), e.5))
            .collect())
    }

    fn sources(
        &mut self,
        node: &Node,
        relation: Option<&str>,
    ) -> Result<Vec<(Node, bool)>, Infallible> {
        let edges = EDGES
            .iter()
            .filter(|e| (e.3, e.4) == (&node.0, &node.1) && relation.is_none_or(|r| r == e.2));
        Ok(edges
            .map(|e| ((e.0.to_owned(), e.1.to_owned()), e.5))
            .collect())
    }
}

fn names(nodes: &BTreeSet<Node>) -> String {
    nodes
        .iter()
        .map(|node| node.1.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn related_entities_are_found_in_each_direction() {
    let find = |blueprint: &str, id: &str, direction, required| {
        let rule = RelatedTo {
            blueprint: blueprint.into(),
            identifiers: vec![id.into()],
            reach: Reach {
                direction,
                required,
            },
        };
        related(&mut Sketch, &rule)
            .map(|nodes| names(&nodes))
            .unwrap_or_default()
    };
    assert_eq!(
        find("service", "a", Some(Direction::Upstream), None),
        "d h1 h2 h3"
    );
    assert_eq!(
        find("database", "d", Some(Direction::Downstream), None),
        "a b"
    );
    assert_eq!(find("database", "d", None, None), "h1 h2 h3 a b");
    assert_eq!(find("database", "d", None, Some(true)), "a");
    assert_eq!(find("database", "d", None, Some(false)), "h1 h2 h3 b");
    assert_eq!(find("service", "a", None, Some(true)), "d");
    assert_eq!(find("host", "h1", Some(Direction::Upstream), None), "h2 h3");
    assert_eq!(find("host", "none", None, None), "");
}

#[test]
fn paths_are_walked_from_either_end() {
    let find = |path: &[(&str, u64)], from: Option<&str>, id: &str, blueprints: &[&str]| {
        let rule = PathMatch {
            path: path
                .iter()
                .map(|(relation, hops)| Step {
                    relation: (*relation).into(),
                    hops: *hops,
                })
                .collect(),
            from: from.map(str::to_owned),
            identifiers: vec![id.into()],
        };
        let blueprints: Vec<String> = blueprints.iter().map(|b| (*b).to_owned()).collect();
        on_path(&mut Sketch, &rule, &blueprints)
            .map(|nodes| names(&nodes))
            .unwrap_or_default()
    };
    let path = &[("uses", 1), ("on", 1)];
    let through = &["service", "database", "host"];
    assert_eq!(find(path, None, "h1", through), "a b");
    assert_eq!(find(path, Some("service"), "a", through), "h1");
    assert_eq!(
        find(&[("backup", 2)], Some("host"), "h1", &["host", "host"]),
        "h2 h3"
    );
    assert_eq!(find(&[("backup", 1)], None, "h1", &["host", "host"]), "h3");
    assert_eq!(
        find(&[("backup", 15)], None, "h1", &["host", "host"]),
        "h1 h2 h3"
    );
}
