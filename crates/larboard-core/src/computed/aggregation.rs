//! The value of an aggregation property: a function over related entities (facts/catalog.md 1.7). Which entities are
//! related is found by the caller; what is asked of them, and what comes out, is said here.

use crate::aggregate::{FUNCS, Func, Interval, calculate};
use crate::search::{Dialect, Query, Step};
use crate::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// A compiled aggregation.
#[derive(Debug)]
pub struct Aggregation {
    /// The blueprint of what is aggregated.
    pub target: String,
    /// What it must fulfil.
    pub query: Option<Query>,
    /// The property that is aggregated; the entities themselves are counted if `None`.
    pub property: Option<String>,
    /// Which time of an entity places it in an interval.
    pub measured_by: String,
    /// How it must be related; in any way if `None`.
    pub path: Option<Path>,
    func: Func,
    interval: Interval,
}

/// A path that related entities lie on.
#[derive(Debug)]
pub struct Path {
    /// Its relations, in order.
    pub steps: Vec<Step>,
    /// Where it starts, if not at the entity that has the aggregation.
    pub from: Option<String>,
}

impl Aggregation {
    /// Compiles the definition; `None` if its query cannot be read, which is not checked when a blueprint is written.
    pub fn compile(definition: &Value) -> Option<Self> {
        let spec = &definition["calculationSpec"];
        let query = match definition.get("query") {
            None | Some(Value::Null) => None,
            Some(query) => Some(Query::parse(query, "query", Dialect::Global).ok()?),
        };
        let by_property = spec["calculationBy"] == "property";
        let default = if by_property {
            Interval::Total
        } else {
            Interval::Day
        };
        let func = FUNCS.iter().find(|(name, _)| spec["func"] == *name)?.1;
        Some(Self {
            target: definition["target"].as_str()?.to_owned(),
            query,
            property: by_property.then(|| spec["property"].as_str().unwrap_or_default().to_owned()),
            measured_by: spec["measureTimeBy"]
                .as_str()
                .unwrap_or("$createdAt")
                .to_owned(),
            path: definition["pathFilter"].get(0).map(Path::of),
            func,
            interval: spec["averageOf"]
                .as_str()
                .and_then(Interval::find)
                .unwrap_or(default),
        })
    }

    /// Whether the number of related entities is all it needs to know.
    pub fn only_counts(&self) -> bool {
        self.func == Func::Count && self.query.is_none()
    }

    /// Whether the value may change by the passing of time, while what it looks at stays as it is.
    pub fn tells_time(&self) -> bool {
        let per_interval = self.func == Func::Average && self.interval != Interval::Total;
        per_interval || self.query.as_ref().is_some_and(Query::tells_time)
    }

    /// The value over related entities, of each the aggregated value and the time that places it.
    pub fn value(&self, of: &[(Value, Value)], now: Timestamp) -> Value {
        calculate(self.func, self.property.is_some(), self.interval, of, now)
    }
}

impl Path {
    fn of(filter: &Value) -> Self {
        let names = filter["path"].as_array().into_iter().flatten();
        let step = |name: &Value| Step {
            relation: name.as_str().unwrap_or_default().to_owned(),
            hops: 1,
        };
        Self {
            steps: names.map(step).collect(),
            from: filter["fromBlueprint"].as_str().map(str::to_owned),
        }
    }

    /// Whether it is walked from the entity that has the aggregation, of blueprint `owner`; otherwise it is walked back to
    /// it, from `target`.
    pub fn is_forward(&self, owner: &str, target: &str) -> bool {
        self.from
            .as_deref()
            .is_none_or(|from| from == owner && from != target)
    }
}

/// The blueprints that lie between two, their ends included, where relations `(source, target)` are followed: so that what
/// leads nowhere is not walked. Empty if nothing leads there.
pub fn between(relations: &[(String, String)], start: &str, end: &str) -> BTreeSet<String> {
    let ahead = reached(
        relations.iter().map(|(s, t)| (s.as_str(), t.as_str())),
        start,
    );
    let behind = reached(relations.iter().map(|(s, t)| (t.as_str(), s.as_str())), end);
    // An end that is the start is only reached again over a relation.
    let leads = relations
        .iter()
        .any(|(source, target)| target == end && (source == start || ahead.contains(source)));
    if !leads {
        return BTreeSet::new();
    }
    ahead.intersection(&behind).cloned().collect()
}

fn reached<'a>(
    edges: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    start: &str,
) -> BTreeSet<String> {
    let (mut met, mut pending) = (BTreeSet::from([start.to_owned()]), vec![start.to_owned()]);
    while let Some(at) = pending.pop() {
        for (_, next) in edges.clone().filter(|(from, _)| *from == at) {
            if met.insert(next.to_owned()) {
                pending.push(next.to_owned());
            }
        }
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_definition_is_read() {
        let read = Aggregation::compile(&json!({"title": "A", "target": "deployment",
            "calculationSpec": {"calculationBy": "property", "func": "average", "property": "cost", "averageOf": "week", "measureTimeBy": "at"},
            "query": {"combinator": "and", "rules": []}, "pathFilter": [{"path": ["service", "domain"], "fromBlueprint": "deployment"}]}));
        let read = read.expect("an aggregation");
        assert_eq!(
            (
                read.target.as_str(),
                read.property.as_deref(),
                read.measured_by.as_str()
            ),
            ("deployment", Some("cost"), "at")
        );
        let path = read.path.as_ref().expect("a path");
        assert_eq!(
            (path.steps.len(), path.is_forward("domain", "deployment")),
            (2, false)
        );
        assert!(!read.only_counts() && read.tells_time());
        let count = json!({"target": "x", "calculationSpec": {"calculationBy": "entities", "func": "count"}, "pathFilter": []});
        let read = Aggregation::compile(&count).expect("an aggregation");
        assert!(read.only_counts() && read.path.is_none() && !read.tells_time());
        let recent = json!({"combinator": "or", "rules": [{"combinator": "and", "rules": [
            {"property": "at", "operator": "between", "value": {"preset": "lastWeek"}}]}]});
        let recent = json!({"target": "x", "calculationSpec": {"calculationBy": "entities", "func": "count"}, "query": recent});
        assert!(
            Aggregation::compile(&recent)
                .expect("an aggregation")
                .tells_time()
        );
        let odd = json!({"target": "x", "calculationSpec": {"calculationBy": "entities", "func": "count"}, "query": {"rules": 1}});
        assert!(Aggregation::compile(&odd).is_none());
    }

    #[test]
    fn where_a_path_starts_says_which_way_it_is_walked() {
        let path = |from: Option<&str>| Path {
            steps: Vec::new(),
            from: from.map(str::to_owned),
        };
        assert!(path(None).is_forward("a", "b"));
        assert!(path(Some("a")).is_forward("a", "b"));
        assert!(!path(Some("b")).is_forward("a", "b"));
        assert!(!path(Some("a")).is_forward("a", "a"));
    }

    #[test]
    fn only_what_lies_between_is_walked() {
        let relations: Vec<(String, String)> =
            [("a", "b"), ("b", "c"), ("a", "d"), ("e", "a"), ("c", "c")]
                .map(|(s, t)| (s.to_owned(), t.to_owned()))
                .to_vec();
        let between = |start, end| {
            between(&relations, start, end)
                .into_iter()
                .collect::<Vec<_>>()
                .join("")
        };
        assert_eq!(between("a", "c"), "abc");
        assert_eq!(between("c", "a"), "");
        assert_eq!(between("c", "c"), "c");
        assert_eq!(between("a", "a"), "");
        assert_eq!(between("e", "d"), "ade");
    }
}
