//! An entity as an audit event keeps it, with the texts that are stored of it and without.

use super::*;

#[test]
fn a_snapshot_holds_the_values_alone() {
    let body = json!({"title": "", "properties": {"tier": 1}, "relations": {"parent": null, "domain": "d"}});
    let entity = create(body).expect("a valid entity");
    let text = entity.snapshot(&schema(), None, None);
    let snapshot: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(snapshot["title"], "");
    assert_eq!(
        snapshot["properties"],
        json!({"tier": 1, "language": "rust"})
    );
    assert_eq!(snapshot["relations"], json!({"domain": "d"}));
}

#[test]
fn a_snapshot_takes_the_texts_that_are_stored_where_they_are_what_is_shown() {
    let texts = StoredTexts {
        team: "[1]",
        properties: "{2}",
        relations: "{3}",
    };
    let taken = |entity: &Entity| {
        let text = entity.snapshot(&schema(), Some(texts), None);
        text.contains(r#""team":[1],"properties":{2},"relations":{3},"createdAt""#)
    };
    let mut whole = stored();
    whole.relations.shift_remove("parent");
    assert!(taken(&whole));
    let altered = |alter: fn(&mut Entity)| {
        let mut entity = whole.clone();
        alter(&mut entity);
        taken(&entity)
    };
    // A property or relation that the blueprint lost, a relation without a value, one that became a list.
    assert!(!altered(|entity| drop(
        entity.properties.insert("gone".into(), json!(1))
    )));
    assert!(!altered(|entity| {
        let one = RelationValue::One("a".into());
        entity.relations.insert("gone".into(), one);
    }));
    assert!(!altered(|entity| {
        entity
            .relations
            .insert("parent".into(), RelationValue::None);
    }));
    assert!(!altered(|entity| {
        let one = RelationValue::One("a".into());
        entity.relations.insert("uses".into(), one);
    }));
}

fn any_entity() -> impl Strategy<Value = Entity> {
    let value = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC*".prop_map(Value::from),
        proptest::collection::vec("\\PC*", 0..3).prop_map(Value::from),
        Just(json!({"a": {"b": [null, 1.5, "\u{1}\"\\"]}})),
    ];
    let relation = prop_oneof![
        Just(RelationValue::None),
        "\\PC*".prop_map(RelationValue::One),
        proptest::collection::vec("\\PC*", 0..3).prop_map(RelationValue::Many),
    ];
    let property = proptest::sample::select(vec!["tier", "language", "url", "config", "gone"]);
    let name = proptest::sample::select(vec!["domain", "parent", "uses", "gone"]);
    (
        (
            "\\PC*",
            proptest::option::of("\\PC*"),
            proptest::option::of("\\PC*"),
        ),
        proptest::collection::vec("\\PC*", 0..3),
        proptest::collection::vec((property, value), 0..4),
        proptest::collection::vec((name, relation), 0..4),
    )
        .prop_map(
            |((identifier, title, icon), team, properties, relations)| Entity {
                identifier,
                title,
                icon,
                team,
                properties: properties
                    .into_iter()
                    .map(|(name, value)| (name.into(), value))
                    .collect(),
                relations: relations
                    .into_iter()
                    .map(|(name, value)| (name.into(), value))
                    .collect(),
                ..stored()
            },
        )
}

proptest! {
    #[test]
    fn a_snapshot_is_the_same_with_the_stored_texts_and_without(entity in any_entity(), scores: bool) {
        let results = json!({"security": {"level": "Gold"}, "age": {"level": null}});
        let scorecards = results.as_object().filter(|_| scores);
        let texts = entity.stored_texts();
        let spliced = entity.snapshot(&schema(), Some(texts.lend()), scorecards);
        prop_assert_eq!(&spliced, &entity.snapshot(&schema(), None, scorecards));
        prop_assert!(serde_json::from_str::<Value>(&spliced).is_ok());
    }
}
