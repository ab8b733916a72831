//! Who owns entities and where their changes are sent (facts/catalog.md 1.2, 1.8 and 1.9).

use serde_json::{Map, Value};
use url::Url;

use crate::violation::{Violations, join};

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

/// The relations that lead to the entity whose teams are inherited.
pub(super) fn team_path(document: &Map<String, Value>) -> Option<Vec<&str>> {
    let own = document
        .get("ownership")
        .filter(|o| o["type"] == "Inherited");
    let path = own
        .or_else(|| document.get("teamInheritance"))
        .and_then(|holder| holder["path"].as_str())?;
    Some(path.split('.').collect())
}

fn check_ownership(ownership: &Map<String, Value>, violations: &mut Violations) {
    let path = "ownership";
    violations.require(ownership, path, &["type"]);
    violations.text(ownership, path, "title", (0, 100));
    match violations.choice(ownership, path, "type", &["Direct", "Inherited"]) {
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
    match violations.choice(destination, path, "type", &["WEBHOOK", "KAFKA"]) {
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
