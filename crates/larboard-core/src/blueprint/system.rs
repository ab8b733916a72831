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
/// Blueprint and name of the calculation whose program makes a path within the portal. Its value is the whole URL: whoever
/// evaluates it knows where people find the portal.
pub const ENTITY_LINK: (&str, &str) = (RULE_RESULT, "entity_link");

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
        "aggregationProperties": {
            "rules_tested": results("Rules tested", &["rule", "scorecard"], None),
            "rules_passed": results("Rules passed", &["rule", "scorecard"], Some("Passed")),
        },
        "calculationProperties": {
            "rules_passed_percentage": percentage("Rules passed in per cent", "rules"),
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
        "aggregationProperties": {
            "entities_tested": results("Entities tested", &["rule"], None),
            "entities_passed": results("Entities passed", &["rule"], Some("Passed")),
        },
        "calculationProperties": {
            "entities_passed_percentage": percentage("Entities passed in per cent", "entities"),
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
        "calculationProperties": {
            "entity_link": {
                "title": "Entity link", "type": "string",
                "calculation": "\"/entities/\" + (.properties.blueprint | @uri) + \"/\" + (.properties.entity | @uri)",
            },
        },
        "ownership": { "type": "Direct", "title": "Owning teams" },
        "relations": {
            "rule": { "title": "Rule", "target": RULE, "required": true, "many": false },
        },
    })
}

/// How many results of rules there are behind a path, of all or of one kind.
fn results(title: &str, path: &[&str], kind: Option<&str>) -> Value {
    let mut aggregation = json!({
        "title": title, "type": "number", "target": RULE_RESULT,
        "calculationSpec": { "calculationBy": "entities", "func": "count" },
        "pathFilter": [{ "path": path, "fromBlueprint": RULE_RESULT }],
    });
    if let Some(kind) = kind {
        let rule = json!({ "property": "result", "operator": "=", "value": kind });
        aggregation["query"] = json!({ "combinator": "and", "rules": [rule] });
    }
    aggregation
}

/// What part of what was tested passed, in per cent with two decimals; none if nothing was tested.
fn percentage(title: &str, what: &str) -> Value {
    let calculation = format!(
        "if (.properties.{what}_tested // 0) == 0 then null \
         else (.properties.{what}_passed / .properties.{what}_tested * 10000 | round) / 100 end"
    );
    json!({ "title": title, "type": "number", "calculation": calculation })
}

/// What relations of results to what was measured have as `type`; they come and go with scorecards.
const RESULT_TARGET: &str = "rule_result_target";

fn is_result_target(definition: &Value) -> bool {
    definition["type"] == *RESULT_TARGET
}

/// The relations of results to what was measured, with the blueprints they lead to.
pub fn target_relations(results: &Blueprint) -> impl Iterator<Item = (&str, &str)> {
    let definitions = map_in("relations", Some(&results.document)).iter();
    definitions
        .filter(|(_, definition)| is_result_target(definition))
        .filter_map(|(name, definition)| Some((name.as_str(), definition["target"].as_str()?)))
}

/// The relation of results to entities of a blueprint, if that has scorecards.
pub fn target_relation<'a>(results: &'a Blueprint, blueprint: &str) -> Option<&'a str> {
    target_relations(results).find_map(|(name, target)| (target == blueprint).then_some(name))
}

/// The blueprint of results with a relation to each of the measured blueprints, identifier and title, and to no others;
/// `None` if it has those already.
///
/// # Errors
/// `invalid_request` if the outcome is no blueprint.
pub fn with_targets(
    results: &Blueprint,
    measured: &[(String, String)],
) -> Result<Option<Blueprint>, Refusal> {
    let mut document = results.document.clone();
    let slot = document
        .entry("relations")
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(relations) = slot else {
        return Ok(None);
    };
    relations.retain(|_, definition| {
        let is_measured = |(id, _): &(String, String)| definition["target"] == **id;
        !is_result_target(definition) || measured.iter().any(is_measured)
    });
    for (identifier, title) in measured {
        if target_relation(results, identifier).is_some() {
            continue;
        }
        let name = free_name(results, relations, identifier);
        let definition = json!({
            "title": title, "target": identifier, "required": false, "many": false, "type": RESULT_TARGET,
        });
        relations.insert(name, definition);
    }
    let grown = Blueprint::checked(document)?;
    Ok((grown != *results).then_some(grown))
}

/// The name of the relation to a blueprint: its identifier, as far as that can be one and nothing else has it.
fn free_name(results: &Blueprint, relations: &Map<String, Value>, identifier: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "@_=-".contains(c) {
            c
        } else {
            '_'
        }
    };
    let wanted: String = identifier.chars().take(90).map(plain).collect();
    let is_taken = |name: &str| {
        relations.contains_key(name)
            || results.properties().contains_key(name)
            || results.mirrors().contains_key(name)
            || results.calculations().contains_key(name)
            || results.aggregations().contains_key(name)
    };
    let mut name = wanted.clone();
    let mut number = 1;
    while is_taken(&name) {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    name
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
        let mut of_results = Map::new();
        for (name, definition) in map_in("relations", Some(&before.document)) {
            if is_result_target(definition) {
                of_results.insert(name.clone(), definition.clone());
            }
        }
        let of_results = Map::from_iter([("relations".to_owned(), Value::Object(of_results))]);
        restore("", "relations", &of_results, &mut document, &mut violations);
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
    fn results_relate_to_what_is_measured_and_to_nothing_else() {
        let untouched = find(RULE_RESULT).unwrap();
        let measured = |ids: &[&str]| -> Vec<(String, String)> {
            ids.iter()
                .map(|id| ((*id).to_owned(), "Title".to_owned()))
                .collect()
        };
        let with = |before: &Blueprint, ids: &[&str]| with_targets(before, &measured(ids)).unwrap();
        assert_eq!(with(&untouched, &[]), None);
        let grown = with(&untouched, &["service", "a.b", "entity"]).unwrap();
        let relations: Vec<_> = target_relations(&grown).collect();
        assert_eq!(
            relations,
            [
                ("service", "service"),
                ("a_b", "a.b"),
                ("entity_2", "entity")
            ]
        );
        assert_eq!(with(&grown, &["entity", "service", "a.b"]), None);
        let put = grown
            .replace(Value::Object(untouched.document.clone()))
            .unwrap();
        assert_eq!(
            target_relation(&put, "a.b"),
            Some("a_b"),
            "a PUT leaves them"
        );
        assert!(
            grown
                .patch(json!({"relations": {"service": {"target": "_team"}}}))
                .is_err()
        );
        assert_eq!(with(&put, &[]), Some(untouched));
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
