//! Who owns entities and where their changes are sent (facts/catalog.md 1.2, 1.8 and 1.9).

use serde_json::{Map, Value};
use url::Url;

use crate::violation::{Violations, join};

/// Whose the entities are: of teams of their own, or of a related entity's.
pub(super) const TYPES: [&str; 2] = ["Direct", "Inherited"];
/// Where changes are sent.
pub(super) const DESTINATIONS: [&str; 2] = ["WEBHOOK", "KAFKA"];

/// Checks `ownership`, `teamInheritance` and `changelogDestination`.
pub(super) fn check(document: &Map<String, Value>, violations: &mut Violations) {
    if let Some(ownership) = violations.object(document, "", "ownership") {
        check_ownership(ownership, violations);
    }
    if let Some(inheritance) = violations.object(document, "", "teamInheritance") {
        violations.require(inheritance, "teamInheritance", &["path"]);
        violations.text(inheritance, "teamInheritance", "path", (1, usize::MAX));
    }
    if let Some(destination) = violations.object(document, "", "changelogDestination") {
        check_destination(destination, violations);
    }
}

/// Whether the document says that teams come from a related entity.
pub(super) fn inherits_team(document: &Map<String, Value>) -> bool {
    let inherited = document
        .get("ownership")
        .is_some_and(|o| o["type"] == "Inherited");
    inherited
        || document
            .get("teamInheritance")
            .is_some_and(|t| t["path"].is_string())
}

/// Whether its entities have teams of their own.
pub(super) fn is_direct(document: &Map<String, Value>) -> bool {
    document
        .get("ownership")
        .is_some_and(|o| o["type"] == "Direct")
}

/// The relations that lead to the entity whose teams are inherited.
pub(super) fn team_path(document: &Map<String, Value>) -> Option<Vec<&str>> {
    inherited_path(document).or_else(|| document.get("teamInheritance").and_then(steps))
}

/// The same of an ownership alone; the older `teamInheritance` has fewer rules.
pub(super) fn inherited_path(document: &Map<String, Value>) -> Option<Vec<&str>> {
    let ownership = document.get("ownership");
    ownership
        .filter(|o| o["type"] == "Inherited")
        .and_then(steps)
}

fn steps(holder: &Value) -> Option<Vec<&str>> {
    Some(holder["path"].as_str()?.split('.').collect())
}

fn check_ownership(ownership: &Map<String, Value>, violations: &mut Violations) {
    let path = "ownership";
    violations.require(ownership, path, &["type"]);
    violations.text(ownership, path, "title", (0, 100));
    match violations.choice(ownership, path, "type", &TYPES) {
        Some("Inherited") => {
            violations.only(ownership, path, &["type", "title", "path"]);
            violations.require(ownership, path, &["path"]);
            let walk = violations.text(ownership, path, "path", (1, usize::MAX));
            if walk.is_some_and(|walk| walk.split('.').any(str::is_empty)) {
                let advice = "it must be relation identifiers joined by single dots";
                violations.push_at(join(path, "path"), "pattern", advice);
            }
        }
        Some(_) => violations.only(ownership, path, &["type", "title"]),
        None => {}
    }
}

fn check_destination(destination: &Map<String, Value>, violations: &mut Violations) {
    let path = "changelogDestination";
    violations.require(destination, path, &["type"]);
    match violations.choice(destination, path, "type", &DESTINATIONS) {
        Some("WEBHOOK") => {
            violations.only(destination, path, &["type", "url", "agent"]);
            violations.require(destination, path, &["url"]);
            violations.boolean(destination, path, "agent");
            let url = violations.text(destination, path, "url", (1, usize::MAX));
            if url.is_some_and(|url| Url::parse(url).is_err()) {
                let advice = "it is not a URL; write it with its scheme, such as https://…";
                violations.push_at(join(path, "url"), "format", advice);
            }
        }
        Some(_) => violations.only(destination, path, &["type"]),
        None => {}
    }
}
