//! What a scorecard's document may hold (facts/catalog.md 4.2). Every fault is found, not only the
//! first.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::blueprint::COLOURS;
use crate::search::parse_conditions;
use crate::text;
use crate::violation::{Violations, join, shown};

/// The most characters of the identifier of a scorecard or a rule.
const IDENTIFIER_MAX: usize = 100;

/// The faults of a document whose meta keys are gone and whose levels are written out.
pub(super) fn check(document: &Map<String, Value>) -> Violations {
    let mut violations = Violations::new();
    violations.only(
        document,
        "",
        &[
            "identifier",
            "title",
            "levels",
            "rules",
            "filter",
            "properties",
        ],
    );
    violations.require(document, "", &["identifier", "title", "rules"]);
    check_identifier(document, "", &mut violations);
    violations.text(document, "", "title", (1, usize::MAX));
    violations.object(document, "", "properties");
    let levels = check_levels(document, &mut violations);
    check_rules(document, &levels, &mut violations);
    if let Some(filter) = document.get("filter") {
        check_query(filter, "filter", &mut violations);
    }
    violations
}

/// Adds the first fault of the conditions at `path`.
fn check_query(query: &Value, path: &str, violations: &mut Violations) {
    if let Err(refusal) = parse_conditions(query, path) {
        violations.push(path, "query", refusal.message.trim_end_matches('.'));
    }
}

fn check_identifier(map: &Map<String, Value>, path: &str, violations: &mut Violations) {
    if let Some(identifier) = violations.text(map, path, "identifier", (0, IDENTIFIER_MAX))
        && let Err(flaw) = text::check_entity_identifier(identifier)
    {
        violations.push_at(join(path, "identifier"), "pattern", flaw);
    }
}

/// The titles of the levels, lowest first.
fn check_levels<'a>(document: &'a Map<String, Value>, violations: &mut Violations) -> Vec<&'a str> {
    let mut titles = Vec::new();
    for (path, level) in items(document, "", "levels", violations) {
        violations.only(level, &path, &["title", "color"]);
        violations.require(level, &path, &["title", "color"]);
        violations.choice(level, &path, "color", &COLOURS);
        if let Some(title) = violations.text(level, &path, "title", (1, usize::MAX)) {
            if titles.contains(&title) {
                let advice = format!("{title:?} is the title of another level too; rename one");
                violations.push_at(join(&path, "title"), "unique", advice);
            }
            titles.push(title);
        }
    }
    if document
        .get("levels")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
    {
        let advice = "there is no level; name at least the one where entities start";
        violations.push_at("levels", "minItems", advice);
    }
    titles
}

fn check_rules(document: &Map<String, Value>, levels: &[&str], violations: &mut Violations) {
    let mut known = HashSet::new();
    for (path, rule) in items(document, "", "rules", violations) {
        violations.only(
            rule,
            &path,
            &["identifier", "title", "description", "level", "query"],
        );
        violations.require(rule, &path, &["identifier", "title", "level", "query"]);
        check_identifier(rule, &path, violations);
        violations.text(rule, &path, "title", (1, usize::MAX));
        violations.text(rule, &path, "description", (0, usize::MAX));
        // The first level is where an entity is without having passed anything.
        violations.choice(rule, &path, "level", levels.get(1..).unwrap_or_default());
        if let Some(identifier) = rule.get("identifier").and_then(Value::as_str)
            && !known.insert(identifier)
        {
            let advice = format!("{identifier:?} is another rule's identifier too; rename one");
            violations.push_at(join(&path, "identifier"), "unique", advice);
        }
        if let Some(query) = rule.get("query") {
            check_query(query, &join(&path, "query"), violations);
        }
    }
}

/// The objects of the list under `key`, each with its path.
pub(super) fn items<'a>(
    map: &'a Map<String, Value>,
    path: &str,
    key: &str,
    violations: &mut Violations,
) -> Vec<(String, &'a Map<String, Value>)> {
    let path = join(path, key);
    let Some(value) = map.get(key) else {
        return Vec::new();
    };
    let Some(list) = value.as_array() else {
        violations.wrong_type(path, "a list", value);
        return Vec::new();
    };
    let mut objects = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let path = format!("{path}[{index}]");
        match item.as_object() {
            Some(object) => objects.push((path, object)),
            None => violations.push_at(
                path,
                "type",
                format!("it must be an object, but is {}", shown(item)),
            ),
        }
    }
    objects
}
