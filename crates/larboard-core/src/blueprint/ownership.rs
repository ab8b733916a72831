//! Who owns entities and where their changes are sent (facts/catalog.md 1.2, 1.8 and 1.9).

use std::borrow::Cow;

use serde_json::{Map, Value};
use url::Url;

use super::Blueprint;
use super::system::TEAM;
use crate::refusal::{Code, Refusal};
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

/// What the Terraform provider writes before the relations of a path; it names no relation.
pub(super) const RELATIONS: &str = "$relations";

/// The relations that lead to the entity whose teams are inherited. The older `teamInheritance` says so where `ownership`
/// says nothing.
pub(super) fn team_path(document: &Map<String, Value>) -> Option<Vec<&str>> {
    let holder = match document.get("ownership") {
        Some(ownership) if ownership["type"] == "Inherited" => ownership,
        Some(_) => return None,
        None => document.get("teamInheritance")?,
    };
    let steps = holder["path"].as_str()?.split('.');
    Some(steps.filter(|step| *step != RELATIONS).collect())
}

impl Blueprint {
    /// Whether teams are written in its entities, so that others can inherit them.
    fn owns_directly(&self) -> bool {
        let kind = self.document.get("ownership").map(|o| &o["type"]);
        self.identifier == TEAM || kind.is_some_and(|kind| kind == "Direct")
    }

    /// Holds the path of an inherited ownership against the blueprints it leads through, which `find` knows: single
    /// relations to a blueprint with teams of its own. The older `teamInheritance` is taken as it is, and what changes
    /// elsewhere later only leaves entities without teams.
    ///
    /// # Errors
    /// `invalid_request` that names the step and the way out, or what `find` fails with.
    pub fn check_ownership<E: From<Refusal>>(
        &self,
        mut find: impl FnMut(&str) -> Result<Option<Self>, E>,
    ) -> Result<(), E> {
        if !self.document.contains_key("ownership") {
            return Ok(());
        }
        let Some(path) = self.team_path() else {
            return Ok(());
        };
        let refuse = |flaw: String| {
            let message = format!("ownership.path: {flaw}");
            Err(Refusal::new(Code::InvalidRequest, message).into())
        };
        let mut at = Cow::Borrowed(self);
        for step in path {
            let Some(relation) = at.relations.get(step) else {
                return refuse(format!(
                    "the blueprint {:?} has no relation {step:?}; write identifiers of relations, joined by dots, \
                     that lead from this blueprint to the one whose teams are inherited.",
                    at.identifier
                ));
            };
            if relation.many {
                return refuse(format!(
                    "the relation {step:?} of the blueprint {:?} is a list; teams are inherited along single relations.",
                    at.identifier
                ));
            }
            let target = relation.target.clone();
            if target == self.identifier {
                at = Cow::Borrowed(self);
            } else {
                match find(&target)? {
                    Some(next) => at = Cow::Owned(next),
                    None => return refuse(format!("there is no blueprint {target:?}.")),
                }
            }
        }
        if at.owns_directly() {
            return Ok(());
        }
        refuse(format!(
            "it ends at the blueprint {:?}, whose ownership is not Direct; give that one {{\"type\": \"Direct\"}} first.",
            at.identifier
        ))
    }
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
            let names_none = |walk: &str| walk == RELATIONS || walk.split('.').any(str::is_empty);
            if walk.is_some_and(names_none) {
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
