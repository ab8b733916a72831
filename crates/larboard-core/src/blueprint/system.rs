//! The blueprints that are always there: people, teams, and what scorecards are made of (facts/catalog.md 1.10). What they
//! come with cannot be changed; an organization may add properties and relations.

use serde_json::{Map, Value, json};

use super::document::MAPS;
use super::{Blueprint, map_in};
use crate::refusal::{Code, Refusal};
use crate::violation::{Violations, join, shown};

/// People; each entity is a user, under their e-mail address.
pub const USER: &str = "_user";
/// Teams; each entity is a team.
pub const TEAM: &str = "_team";
/// Scorecards; each entity is a scorecard.
pub const SCORECARD: &str = "_scorecard";
/// Rules; each entity is a rule of a scorecard.
pub const RULE: &str = "_rule";
/// What came of a rule for an entity.
pub const RULE_RESULT: &str = "_rule_result";

/// Whether a blueprint is one of those that are always there.
pub fn is_system(identifier: &str) -> bool {
    matches!(identifier, USER | TEAM | SCORECARD | RULE | RULE_RESULT)
}

/// The system blueprint of an identifier as it is before anyone adds to it.
pub fn find(identifier: &str) -> Option<Blueprint> {
    all()
        .into_iter()
        .find(|blueprint| blueprint.identifier == identifier)
}

/// All of them, each after those it relates to.
pub fn all() -> Vec<Blueprint> {
    [team(), user(), scorecard(), rule(), rule_result()]
        .into_iter()
        .filter_map(|document| Blueprint::create(document).ok())
        .collect()
}

fn team() -> Value {
    json!({
        "identifier": TEAM, "title": "Team", "icon": "Team",
        "schema": {
            "properties": { "description": { "type": "string", "title": "Description" } },
            "required": [],
        },
        "relations": {},
    })
}

fn user() -> Value {
    json!({
        "identifier": USER, "title": "User", "icon": "User",
        "schema": {
            "properties": {
                "status": {
                    "type": "string", "title": "Status", "enum": ["Active", "Invited", "Staged", "Disabled"], "default": "Staged",
                    "enumColors": { "Active": "green", "Invited": "blue", "Staged": "lightGray", "Disabled": "red" },
                },
                "port_role": {
                    "type": "string", "title": "Role", "enum": ["Admin", "Moderator", "Member"], "default": "Member",
                },
                "port_type": {
                    "type": "string", "title": "Type", "enum": ["Standard", "Service Account"], "default": "Standard",
                },
                "moderated_blueprints": {
                    "type": "array", "title": "Moderated blueprints", "items": { "type": "string", "format": "blueprints" },
                },
            },
            "required": ["status", "port_role", "port_type"],
        },
        "ownership": { "type": "Direct", "title": "Teams" },
        "relations": {},
    })
}

fn scorecard() -> Value {
    json!({
        "identifier": SCORECARD, "title": "Scorecard", "icon": "Scorecards",
        "schema": {
            "properties": {
                "blueprint": { "type": "string", "title": "Blueprint", "format": "blueprints" },
                "levels": { "type": "array", "title": "Levels", "items": { "type": "object" } },
                "filter": { "type": "object", "title": "Filter" },
                "rules": { "type": "array", "title": "Rules", "items": { "type": "object" } },
            },
            "required": ["blueprint"],
        },
        "relations": {},
    })
}

fn rule() -> Value {
    json!({
        "identifier": RULE, "title": "Rule", "icon": "Scorecards",
        "schema": {
            "properties": {
                "level": { "type": "string", "title": "Level" },
                "query": { "type": "object", "title": "Query" },
                "rule_description": { "type": "string", "title": "Rule description" },
                "rule_identifier": { "type": "string", "title": "Identifier in the scorecard" },
            },
            "required": ["level", "query"],
        },
        "relations": {
            "scorecard": { "title": "Scorecard", "target": SCORECARD, "required": true, "many": false },
        },
    })
}

fn rule_result() -> Value {
    json!({
        "identifier": RULE_RESULT, "title": "Rule result", "icon": "Scorecards", "includeInGlobalSearch": false,
        "schema": {
            "properties": {
                "result": {
                    "type": "string", "title": "Result", "enum": ["Passed", "Not passed"],
                    "enumColors": { "Passed": "green", "Not passed": "red" },
                },
                "entity": { "type": "string", "title": "Entity" },
                "result_last_change": { "type": "string", "title": "Result last change", "format": "date-time" },
            },
            "required": ["result", "entity"],
        },
        "mirrorProperties": {
            "level": { "title": "Level", "path": "rule.level" },
            "scorecard": { "title": "Scorecard", "path": "rule.scorecard.$title" },
            "blueprint": { "title": "Blueprint", "path": "rule.scorecard.blueprint" },
        },
        "relations": {
            "rule": { "title": "Rule", "target": RULE, "required": true, "many": false },
        },
    })
}

impl Blueprint {
    /// What a system blueprint comes with is put back where a body left it out; any other blueprint is returned as it is.
    ///
    /// # Errors
    /// `invalid_request` for another identifier, or another kind of definition under a name that it comes with.
    pub(super) fn with_built_in(self, before: &Self) -> Result<Self, Refusal> {
        let Some(built_in) = find(&before.identifier) else {
            return Ok(self);
        };
        let mut violations = Violations::new();
        if self.identifier != before.identifier {
            let advice = format!(
                "{:?} is a system blueprint and keeps its identifier",
                before.identifier
            );
            violations.push_at("identifier", "immutable", advice);
        }
        let mut document = self.document;
        if let (Some(own), Some(schema)) = (
            built_in.document.get("schema").and_then(Value::as_object),
            document.get_mut("schema").and_then(Value::as_object_mut),
        ) {
            restore("schema", "properties", own, schema, &mut violations);
            restore_required(&built_in, schema);
        }
        for key in MAPS {
            restore("", key, &built_in.document, &mut document, &mut violations);
        }
        if let Some(ownership) = built_in.document.get("ownership") {
            document.insert("ownership".into(), ownership.clone());
        }
        violations.into_result(Code::InvalidRequest)?;
        Self::checked(document)
    }
}

fn restore(
    path: &str,
    key: &str,
    own: &Map<String, Value>,
    parent: &mut Map<String, Value>,
    violations: &mut Violations,
) {
    let own = map_in(key, Some(own));
    if own.is_empty() {
        return;
    }
    let slot = parent
        .entry(key)
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(definitions) = slot else {
        return;
    };
    for (name, built_in) in own {
        if let Some(sent) = definitions.get(name) {
            for part in ["type", "format", "target", "path", "required", "many"] {
                let (is, was) = (sent.get(part), built_in.get(part));
                if is.is_some() && is != was {
                    let path = join(&join(path, key), &format!("{name}.{part}"));
                    let advice = format!(
                        "a system blueprint comes with it as {} and keeps it",
                        shown(was.unwrap_or(&Value::Null))
                    );
                    violations.push_at(path, "immutable", advice);
                }
            }
        }
        definitions.insert(name.clone(), built_in.clone());
    }
}

fn restore_required(built_in: &Blueprint, schema: &mut Map<String, Value>) {
    let mut required: Vec<Value> = built_in.required().map(Value::from).collect();
    let sent = schema.get("required").and_then(Value::as_array);
    for name in sent.into_iter().flatten() {
        if !required.contains(name) {
            required.push(name.clone());
        }
    }
    schema.insert("required".into(), Value::Array(required));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_blueprint_is_valid_and_relates_to_ones_before_it() {
        let all = all();
        assert_eq!(all.len(), 5);
        for (position, blueprint) in all.iter().enumerate() {
            assert!(is_system(blueprint.identifier()));
            for (_, target) in blueprint.relation_targets() {
                assert!(
                    all[..position]
                        .iter()
                        .any(|other| other.identifier() == target)
                );
            }
        }
        assert!(!is_system("_other"));
    }

    #[test]
    fn an_organization_adds_to_a_system_blueprint_and_takes_its_own_away_again() {
        let untouched = find(USER).unwrap();
        let mut body = Value::Object(untouched.document.clone());
        body["schema"]["properties"]["phone"] = json!({"type": "string"});
        body["relations"]["home"] = json!({"target": "_team", "required": true});
        let grown = untouched.replace(body).unwrap();
        assert!(grown.properties().contains_key("phone") && grown.relations().contains_key("home"));
        let body =
            json!({"title": "User", "icon": "User", "schema": {"properties": {}}, "relations": {}});
        let back = grown.replace(body).unwrap();
        assert_eq!(back, untouched);
    }

    #[test]
    fn what_a_system_blueprint_comes_with_stays() {
        let untouched = find(USER).unwrap();
        for patch in [
            json!({"identifier": "people"}),
            json!({"schema": {"properties": {"status": {"type": "number"}}}}),
            json!({"schema": {"properties": {"status": {"format": "email"}}}}),
        ] {
            assert!(untouched.patch(patch.clone()).is_err(), "{patch}");
        }
        let kept = untouched.patch(json!({"ownership": null})).unwrap();
        assert_eq!(kept, untouched);
    }
}
