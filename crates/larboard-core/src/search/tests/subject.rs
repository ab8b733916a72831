//! What an entity answers when a filter asks it, and which definitions a rule by schema means.

use super::*;

fn asked(name: &str) -> Value {
    let mut entity = entity();
    entity.icon = Some("Box".into());
    entity.stamps = entity.stamps.rewritten(now(), "app");
    let subject = EntitySubject {
        entity: Some(&entity),
        data_source: "curl/8",
        computed: [
            ("double".to_owned(), json!(6)),
            ("tier".to_owned(), json!(9)),
        ]
        .into_iter()
        .collect(),
        team_titles: [("red".to_owned(), "The Reds".to_owned())].into(),
        ..EntitySubject::default()
    };
    subject.value(name).into_owned()
}

#[test]
fn an_entity_answers_by_its_properties_computed_ones_and_meta_properties() {
    for (name, value) in [
        ("language", json!("Rust")),
        // What is stored is not hidden by what is computed.
        ("tier", json!(3)),
        ("double", json!(6)),
        ("missing", json!(null)),
        ("$identifier", json!("shop")),
        ("$title", json!("Web Shop")),
        ("$icon", json!("Box")),
        ("$blueprint", json!("service")),
        ("$datasource", json!("curl/8")),
        ("$createdAt", json!("2026-03-10T00:00:00.000Z")),
        ("$createdBy", json!("me")),
        ("$updatedAt", json!(NOW)),
        ("$updatedBy", json!("app")),
        ("$team", json!(["red", "The Reds"])),
        ("$unknown", json!(null)),
    ] {
        assert_eq!(asked(name), value, "{name}");
    }
}

#[test]
fn without_a_title_the_identifier_is_one_and_without_teams_there_is_none() {
    let bare = Entity {
        title: None,
        team: vec![],
        ..entity()
    };
    let subject = EntitySubject {
        entity: Some(&bare),
        ..EntitySubject::default()
    };
    assert_eq!(*subject.value("$title"), json!("shop"));
    assert_eq!(*subject.value("$team"), json!(null));
    assert_eq!(*subject.value("$icon"), json!(null));
    assert_eq!(*EntitySubject::default().value("$title"), json!(null));
}

#[test]
fn relations_are_read_by_identifier_or_by_the_titles_that_are_known() {
    let mut entity = entity();
    entity.relations.insert("gone".into(), RelationValue::None);
    let titles = [("domain", "d-1", "Commerce"), ("uses", "db", "Database")];
    let subject = EntitySubject {
        entity: Some(&entity),
        titles: titles
            .map(|(relation, id, title)| ((relation.to_owned(), id.to_owned()), title.to_owned()))
            .into(),
        ..EntitySubject::default()
    };
    for (name, by_identifier, by_title) in [
        ("domain", json!("d-1"), json!("Commerce")),
        ("uses", json!(["db", "queue"]), json!(["Database"])),
        ("none", json!(null), json!(null)),
        ("gone", json!(null), json!(null)),
        ("missing", json!(null), json!(null)),
    ] {
        assert_eq!(*subject.relation(name, false), by_identifier, "{name}");
        assert_eq!(*subject.relation(name, true), by_title, "{name}");
    }
}

#[test]
fn levels_outcomes_and_graph_are_those_that_were_found() {
    let path = PathMatch {
        path: vec![],
        from: None,
        identifiers: vec!["a".into()],
    };
    let related = |identifier: &str| RelatedTo {
        blueprint: "service".into(),
        identifiers: vec![identifier.into()],
        reach: Reach::default(),
    };
    let schema = |kind: &str| PropertySchema {
        kind: kind.into(),
        format: None,
        items: None,
    };
    let subject = EntitySubject {
        scorecards: [
            (("ready".to_owned(), None), json!("Gold")),
            (
                ("ready".to_owned(), Some("tested".to_owned())),
                json!("SUCCESS"),
            ),
        ]
        .into(),
        of_schema: [(schema("string"), vec!["language".to_owned()])].into(),
        related: [related("a")].into(),
        on_path: [path.clone()].into(),
        ..EntitySubject::default()
    };
    assert_eq!(*subject.level("ready"), json!("Gold"));
    assert_eq!(*subject.level("other"), json!(null));
    assert_eq!(*subject.scorecard_rule("ready", "tested"), json!("SUCCESS"));
    assert_eq!(*subject.scorecard_rule("ready", "other"), json!(null));
    assert_eq!(subject.properties_of(&schema("string")), ["language"]);
    assert!(subject.properties_of(&schema("number")).is_empty());
    assert!(subject.is_related(&related("a")) && !subject.is_related(&related("b")));
    let elsewhere = PathMatch {
        from: Some("domain".into()),
        ..path.clone()
    };
    assert!(subject.is_on_path(&path) && !subject.is_on_path(&elsewhere));
}

#[test]
fn a_definition_is_of_a_schema_if_everything_that_it_names_is_the_same() {
    let schema =
        |kind: &str, format: Option<&str>, items: Option<&PropertySchema>| PropertySchema {
            kind: kind.into(),
            format: format.map(str::to_owned),
            items: items.cloned().map(Box::new),
        };
    let urls = schema("string", Some("url"), None);
    for (definition, schema, is) in [
        (
            json!({"type": "string"}),
            schema("string", None, None),
            true,
        ),
        (
            json!({"type": "string", "format": "url"}),
            schema("string", None, None),
            true,
        ),
        (
            json!({"type": "string", "format": "url"}),
            urls.clone(),
            true,
        ),
        (
            json!({"type": "string", "format": "email"}),
            urls.clone(),
            false,
        ),
        (json!({"type": "string"}), urls.clone(), false),
        (
            json!({"type": "number"}),
            schema("string", None, None),
            false,
        ),
        (
            json!({"type": "number", "format": "url"}),
            urls.clone(),
            false,
        ),
        (json!({}), schema("string", None, None), false),
        (
            json!({"type": "array", "items": {"type": "string", "format": "url"}}),
            schema("array", None, Some(&urls)),
            true,
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            schema("array", None, Some(&urls)),
            false,
        ),
        (
            json!({"type": "array"}),
            schema("array", None, Some(&urls)),
            false,
        ),
        (
            json!({"type": "object", "items": {"type": "string", "format": "url"}}),
            schema("array", None, Some(&urls)),
            false,
        ),
    ] {
        assert_eq!(
            schema_matches(&definition, &schema),
            is,
            "{definition} {schema:?}"
        );
    }
}

#[test]
fn only_a_property_is_one() {
    assert_eq!(Attribute::Property("tier".into()).property(), Some("tier"));
    assert_eq!(Attribute::Relation("tier".into()).property(), None);
}
