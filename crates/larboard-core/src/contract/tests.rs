//! Arbitrary JSON against the parsers and their schemas: nothing panics, a refusal is a sentence that names what is
//! wrong, what is accepted fits the schema and is written as it was read.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::components;
use crate::action::Action;
use crate::blueprint::Blueprint;
use crate::entity::{DataSourceWrite, EntityWrite, Verb, parse_bulk_delete, parse_bulk_write};
use crate::page::Page;
use crate::refusal::Refusal;
use crate::run::{LogEntry, RunPatch, RunRequest};
use crate::scorecard::Scorecard;
use crate::sidebar::Folder;
use crate::text;

fn validator(name: &str) -> Validator {
    let schemas: Map<String, Value> = components()
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    let reference = format!("#/components/schemas/{name}");
    let whole = json!({ "$ref": reference, "components": { "schemas": schemas } });
    jsonschema::validator_for(&whole).expect("a schema")
}

/// Texts that stand where the parsers look for words of their own, beside any other text.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "string", "number", "boolean", "object", "array", "enum", "url", "date-time", "labeled-url",
            "WEBHOOK", "KAFKA", "GITHUB", "self-service", "automation", "CREATE", "DAY-2", "DELETE",
            "ENTITY_CREATED", "RUN_UPDATED", "TIMER_PROPERTY_EXPIRED", "SEARCH", "JQ", "and", "or",
            "SUCCESS", "FAILURE", "count", "average", "entities", "property", "Direct", "Inherited",
            "blue", "email", "webhook", "https://example.com/x", "a.b", "a", "", ".", "..", "{{ .a }}",
        ])
        .prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

/// Keys that mean something, beside any other.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec![
            "identifier", "title", "icon", "description", "schema", "properties", "required", "relations",
            "target", "many", "type", "format", "enum", "enumColors", "items", "minLength", "maximum",
            "pattern", "default", "spec", "mirrorProperties", "path", "calculationProperties",
            "calculation", "aggregationProperties", "calculationSpec", "calculationBy", "func",
            "averageOf", "ownership", "trigger", "operation", "userInputs", "order", "steps", "titles",
            "visible", "jqQuery", "invocationMethod", "url", "agent", "body", "headers",
            "requiredApproval", "approvalNotification", "event", "blueprintIdentifier", "condition",
            "expressions", "combinator", "team", "entities", "status", "link", "message", "summary",
            "terminationStatus", "entity", "rules", "levels", "level", "color", "query", "conditions",
            "widgets", "parent", "after", "publish", "encryption", "algorithm",
        ])
        .prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..40).prop_map(Value::from),
        (-1e6..1e6_f64).prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A valid document with one place of it replaced, removed or added to, so that every check is reached.
fn bent(whole: Value) -> impl Strategy<Value = Value> {
    (any::<prop::sample::Index>(), key(), any_json(), 0..4_u8).prop_map(
        move |(place, key, value, how)| {
            let mut document = whole.clone();
            let places = places(&document, "");
            let place = place.get(&places).clone();
            if let Some(found) = document.pointer_mut(&place) {
                match (how, found) {
                    (0, found) => *found = value,
                    (1, Value::Object(map)) => {
                        map.insert(key, value);
                    }
                    (2, Value::Object(map)) => {
                        let first = map.keys().next().cloned().unwrap_or_default();
                        map.shift_remove(&first);
                    }
                    (3, found) => *found = Value::Null,
                    (_, found) => *found = json!(key),
                }
            }
            document
        },
    )
}

fn places(value: &Value, at: &str) -> Vec<String> {
    let mut all = vec![at.to_owned()];
    match value {
        Value::Object(map) => all.extend(map.iter().flat_map(|(key, value)| {
            places(
                value,
                &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
            )
        })),
        Value::Array(items) => all.extend(
            items
                .iter()
                .enumerate()
                .flat_map(|(index, value)| places(value, &format!("{at}/{index}"))),
        ),
        _ => {}
    }
    all
}

fn a_blueprint() -> Value {
    json!({
        "identifier": "service", "title": "Service", "icon": "Microservice", "description": "d",
        "schema": {
            "properties": {
                "tier": {"type": "string", "enum": ["a", "b"], "enumColors": {"a": "blue"}, "default": "a"},
                "url": {"type": "string", "format": "url", "minLength": 3, "pattern": "^h"},
                "cost": {"type": "number", "minimum": 0, "maximum": 10.5},
                "on": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string", "format": "user"}, "minItems": 1},
                "spec": {"type": "object", "format": "labeled-url", "properties": {"a": {"type": "string"}}},
            },
            "required": ["tier"],
        },
        "relations": {"team": {"target": "team", "required": false, "many": true, "title": "t"}},
        "mirrorProperties": {"m": {"path": "team.$title", "title": "M"}},
        "calculationProperties": {"c": {"calculation": ".a", "type": "string", "format": "url"}},
        "aggregationProperties": {"g": {
            "title": "G", "target": "service", "type": "number",
            "calculationSpec": {"calculationBy": "property", "func": "average", "property": "p", "averageOf": "day"},
            "pathFilter": [{"path": ["team"], "fromBlueprint": "service"}],
        }},
        "ownership": {"type": "Inherited", "path": "team.lead"},
        "changelogDestination": {"type": "WEBHOOK", "url": "https://example.com", "agent": true},
    })
}

fn an_action() -> Value {
    json!({
        "identifier": "deploy", "title": "Deploy",
        "trigger": {
            "type": "self-service", "operation": "DAY-2", "blueprintIdentifier": "service",
            "actionCardButtonText": "Deploy",
            "userInputs": {
                "properties": {
                    "env": {"type": "string", "enum": ["a", "b"], "visible": true, "dependsOn": ["n"]},
                    "n": {"type": "number", "minimum": 1, "default": {"jqQuery": ".a"}},
                    "who": {"type": "array", "items": {"type": "string", "enum": ["x"]}, "encryption": "aes256-gcm"},
                },
                "titles": {"t": {"title": "T", "visible": {"jqQuery": "true"}}},
                "required": ["env"], "order": ["env", "n"],
            },
            "condition": {"type": "SEARCH", "rules": [], "combinator": "and"},
        },
        "invocationMethod": {"type": "WEBHOOK", "url": "https://example.com", "agent": false, "headers": {"a": "b"}, "body": {}},
        "requiredApproval": {"type": "ANY"},
        "approvalNotification": {"type": "webhook", "url": "https://example.com", "format": "json"},
        "publish": true,
    })
}

fn an_automation() -> Value {
    json!({
        "identifier": "auto",
        "trigger": {
            "type": "automation",
            "event": {"type": "TIMER_PROPERTY_EXPIRED", "blueprintIdentifier": "b", "propertyIdentifier": "p"},
            "condition": {"type": "JQ", "expressions": [".a"], "combinator": "or"},
        },
        "invocationMethod": {"type": "GITHUB", "org": "o", "repo": "r", "workflow": "w", "workflowInputs": {}},
    })
}

fn a_legacy_action() -> Value {
    json!({
        "identifier": "deploy", "trigger": "CREATE", "blueprint": "service",
        "userInputs": {"properties": {"n": {"type": "string"}}, "steps": [{"title": "S", "order": ["n"]}]},
        "invocationMethod": {"type": "GITLAB", "projectName": "p", "groupName": "g", "omitPayload": true},
    })
}

fn an_entity() -> Value {
    json!({
        "identifier": "a", "title": "A", "icon": "i", "team": ["t"],
        "properties": {"p": 1}, "relations": {"r": ["x"], "s": "y", "t": null},
    })
}

fn a_scorecard() -> Value {
    json!({
        "identifier": "s", "title": "S", "levels": [{"title": "A", "color": "blue"}, {"title": "B", "color": "red"}],
        "rules": [{"identifier": "r", "title": "R", "level": "B", "query": {
            "combinator": "and", "conditions": [{"property": "p", "operator": "=", "value": 1}],
        }}],
    })
}

/// The parser, its schema, and a document that it takes.
struct Case {
    schema: LazyLock<Validator>,
    parse: fn(Value) -> Result<(), Refusal>,
}

macro_rules! cases {
    ($($name:ident $schema:literal $parse:expr, $sample:expr;)*) => {
        $(
            #[test]
            fn $name() {
                static CASE: Case = Case { schema: LazyLock::new(|| validator($schema)), parse: $parse };
                let sample: Value = $sample;
                assert_eq!((CASE.parse)(sample.clone()), Ok(()), "the sample is valid");
                assert!(CASE.schema.is_valid(&sample), "the sample fits its schema");
                proptest!(ProptestConfig::with_cases(400), |(body in prop_oneof![3 => bent(sample), 1 => any_json()])| {
                    hold(&CASE, &body)?;
                });
            }
        )*
    };
}

fn hold(case: &Case, body: &Value) -> Result<(), TestCaseError> {
    match (case.parse)(body.clone()) {
        Ok(()) => {
            let fault = case
                .schema
                .iter_errors(body)
                .next()
                .map(|fault| fault.to_string());
            prop_assert!(
                fault.is_none(),
                "accepted, but not by the schema: {body}: {fault:?}"
            );
        }
        Err(refusal) => {
            prop_assert!(
                refusal.status() == 422 || refusal.status() == 400,
                "{refusal}"
            );
            let named = refusal.message.contains('"')
                || refusal.message.contains(": ")
                || refusal.message.starts_with("The body");
            prop_assert!(named, "the refusal names nothing: {}", refusal.message);
        }
    }
    Ok(())
}

cases! {
    blueprints_are_taken_as_their_schema_says "BlueprintBody"
        |body| Blueprint::create(body).map(drop), a_blueprint();
    patches_of_blueprints_are_taken_as_their_schema_says "BlueprintPatchBody"
        |body| Blueprint::create(a_blueprint())?.patch(body).map(drop), a_blueprint();
    replacements_of_blueprints_are_taken_as_their_schema_says "BlueprintReplacementBody"
        |body| Blueprint::create(a_blueprint())?.replace(body).map(drop), a_blueprint();
    actions_are_taken_as_their_schema_says "ActionBody"
        |body| Action::parse_today(&body).map(drop), an_action();
    automations_are_taken_as_their_schema_says "ActionBody"
        |body| Action::parse_today(&body).map(drop), an_automation();
    legacy_actions_are_taken_as_their_schema_says "LegacyActionBody"
        |body| Action::parse_legacy("service", &body).map(drop), a_legacy_action();
    entities_are_taken_as_their_schema_says "EntityBody"
        |body| EntityWrite::parse(body, Verb::Post).map(drop), an_entity();
    patches_of_entities_are_taken_as_their_schema_says "EntityPatchBody"
        |body| EntityWrite::parse(body, Verb::Patch).map(drop), an_entity();
    bulk_deletes_are_taken_as_their_schema_says "BulkDeleteBody"
        |body| parse_bulk_delete(body).map(drop), json!({"entities": ["a", "b"]});
    writes_of_data_sources_are_taken_as_their_schema_says "DataSourceWriteBody"
        |body| DataSourceWrite::parse(&body).map(drop), json!({"entitiesIdentifiers": ["a"], "datasource": "d"});
    executions_are_taken_as_their_schema_says "RunRequestBody"
        |body| RunRequest::parse(&body).map(drop), json!({"properties": {"a": 1}, "entity": "e"});
    reports_on_runs_are_taken_as_their_schema_says "RunPatchBody"
        |body| RunPatch::parse(&body).map(drop),
        json!({"status": "SUCCESS", "link": ["a"], "message": {"a": 1}, "summary": "s"});
    lines_of_runs_are_taken_as_their_schema_says "RunLogBody"
        |body| LogEntry::parse(&body).map(drop), json!({"message": "m", "terminationStatus": "FAILURE"});
    scorecards_are_taken_as_their_schema_says "ScorecardBody"
        |body| Scorecard::parse(body).map(drop), a_scorecard();
    pages_are_taken_as_their_schema_says "PageBody"
        |body| Page::create(body).map(drop),
        json!({"identifier": "p", "type": "dashboard", "title": "P", "widgets": [], "locked": true});
    folders_are_taken_as_their_schema_says "FolderBody"
        |body| Folder::create(body).map(drop), json!({"identifier": "f", "title": "F", "parent": "g"});
}

proptest! {
    #[test]
    fn an_accepted_blueprint_is_written_as_it_was_read(body in bent(a_blueprint())) {
        if let Ok(blueprint) = Blueprint::create(body) {
            let again = Blueprint::from_stored(&blueprint.to_text());
            prop_assert_eq!(again.as_ref().ok(), Some(&blueprint));
            let replaced = blueprint.replace(Value::Object(blueprint.document().clone()));
            prop_assert_eq!(replaced.as_ref().ok(), Some(&blueprint));
        }
    }

    #[test]
    fn an_accepted_action_is_kept_as_it_was_sent(body in prop_oneof![bent(an_action()), bent(an_automation())]) {
        if let Ok(action) = Action::parse_today(&body) {
            prop_assert_eq!(&Value::Object(action.doc().clone()), &body);
            let again = Action::from_stored(body, None);
            prop_assert_eq!(again, Some(action));
        }
    }

    #[test]
    fn an_accepted_scorecard_is_written_as_it_was_read(body in bent(a_scorecard())) {
        if let Ok(scorecard) = Scorecard::parse(body) {
            prop_assert_eq!(Scorecard::from_stored(&scorecard.to_text()), Some(scorecard));
        }
    }

    #[test]
    fn a_bulk_write_is_read_item_by_item_whatever_it_holds(body in any_json()) {
        if let Ok(items) = parse_bulk_write(body) {
            for item in items {
                let _ = EntityWrite::parse(item, Verb::Post);
            }
        }
    }

    #[test]
    fn the_patterns_of_identifiers_say_what_their_checks_say(text in "[a-zé٣@_.+:\\\\/=\\-# \n]{0,4}") {
        let fits = |pattern: &str| {
            let regex = fancy_regex::Regex::new(pattern).expect("a pattern");
            regex.is_match(&text).expect("a short match")
        };
        prop_assert_eq!(fits(text::BLUEPRINT_IDENTIFIER_PATTERN), text::check_blueprint_identifier(&text).is_ok());
        prop_assert_eq!(fits(text::ENTITY_IDENTIFIER_PATTERN), text::check_entity_identifier(&text).is_ok());
        prop_assert_eq!(fits(text::KEY_PATTERN), text::check_key(&text).is_ok());
    }
}
