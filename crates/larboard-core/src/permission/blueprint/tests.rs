//! Tests of the permissions of blueprints.

use indexmap::IndexMap;

use super::*;
use crate::blueprint::Stamps;
use crate::entity::RelationValue;
use crate::time::Timestamp;

fn entity(team: &[&str]) -> Entity {
    let mut properties = Map::new();
    properties.insert("tier".into(), json!("gold"));
    Entity {
        identifier: "a".into(),
        blueprint: "svc".into(),
        title: None,
        icon: None,
        team: team.iter().map(|t| (*t).to_owned()).collect(),
        properties,
        relations: IndexMap::new(),
        stamps: Stamps::new(Timestamp::from_millis(0), "x"),
    }
}

fn set(body: Value) -> BlueprintPermissions {
    BlueprintPermissions::default()
        .patch(&json!({ "entities": body }))
        .unwrap()
}

const ASKER: Asker<'static> = Asker {
    email: Some("ada@example.test"),
    role: "Member",
    teams: &[],
};

#[test]
fn a_member_reads_and_does_nothing_else_until_somebody_says_so() {
    let none = BlueprintPermissions::default();
    assert!(none.check_register(&ASKER, &entity(&[])).is_err());
    assert!(
        none.check_update(&ASKER, &entity(&[]), &entity(&["t"]))
            .is_err()
    );
    assert!(none.check_unregister(&ASKER, &entity(&[])).is_err());
    assert!(none.check_any(&ASKER, "svc").is_err());
    let one = set(json!({"updateProperties": {"tier": {"users": ["ada@example.test"]}}}));
    assert!(one.check_any(&ASKER, "svc").is_ok());
    let shown = none.render("svc");
    assert_eq!(
        shown["entities"]["read"],
        json!({"users": [], "roles": ["Admin", "svc-moderator", "Member"], "teams": [], "ownedByTeam": false})
    );
    assert_eq!(shown["entities"].as_object().unwrap().len(), 4);
}

#[test]
fn a_block_replaces_a_block_and_has_all_of_its_keys() {
    let first = set(
        json!({"register": {"users": ["a"], "policy": {"x": 1}}, "updateProperties": {"tier": {"roles": ["Member"]}}}),
    );
    let second = first.patch(&json!({"entities": {"register": {"teams": ["t"]}, "updateProperties": {"$title": {"ownedByTeam": true}}}})).unwrap();
    let shown = second.render("svc");
    assert_eq!(
        shown["entities"]["register"],
        json!({"users": [], "roles": [], "teams": ["t"], "ownedByTeam": false})
    );
    assert_eq!(
        shown["entities"]["updateProperties"],
        json!({
            "tier": {"users": [], "roles": ["Member"], "teams": [], "ownedByTeam": false},
            "$title": {"users": [], "roles": [], "teams": [], "ownedByTeam": true},
        })
    );
    assert_eq!(
        BlueprintPermissions::from_stored(&second.to_text()).unwrap(),
        second
    );
}

#[test]
fn every_fault_of_a_body_is_refused() {
    for bad in [
        json!([]),
        json!({}),
        json!({"entities": []}),
        json!({"entities": {"write": {}}}),
        json!({"entities": {"update": {"users": "a"}}}),
        json!({"entities": {"update": {"ownedByTeam": 1}}}),
        json!({"entities": {"update": {"people": []}}}),
        json!({"entities": {"updateProperties": {"a": {"policy": {}}}}}),
        json!({"entities": {"read": {"roles": ["Admin"]}}}),
    ] {
        assert!(
            BlueprintPermissions::default().patch(&bad).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn owners_may_do_what_their_teams_own() {
    let teams = ["t".to_owned()];
    let asker = Asker {
        teams: &teams,
        ..ASKER
    };
    let owned = set(
        json!({"register": {"ownedByTeam": true}, "update": {"ownedByTeam": true}, "unregister": {"ownedByTeam": true}}),
    );
    assert!(owned.check_register(&asker, &entity(&["t"])).is_ok());
    assert!(owned.check_register(&asker, &entity(&["other"])).is_err());
    assert!(
        owned
            .check_update(&asker, &entity(&["t"]), &entity(&[]))
            .is_ok()
    );
    assert!(
        owned
            .check_update(&asker, &entity(&[]), &entity(&["t"]))
            .is_err()
    );
    assert!(owned.check_unregister(&asker, &entity(&["t"])).is_ok());
    assert!(owned.check_unregister(&asker, &entity(&[])).is_err());
}

#[test]
fn a_single_property_or_relation_may_be_granted_and_limits_making_too() {
    let some = set(json!({
        "register": {"users": ["ada@example.test"]},
        "updateProperties": {"tier": {"roles": ["Admin"]}, "cost": {"users": ["ada@example.test"]}},
        "updateRelations": {"peer": {"users": ["ada@example.test"]}},
    }));
    assert!(some.check_register(&ASKER, &entity(&[])).is_err());
    let mut free = entity(&[]);
    free.properties.clear();
    assert!(some.check_register(&ASKER, &free).is_ok());
    let mut after = entity(&[]);
    after.properties.insert("cost".into(), json!(1));
    after
        .relations
        .insert("peer".into(), RelationValue::One("b".into()));
    assert!(some.check_update(&ASKER, &entity(&[]), &after).is_ok());
    after.properties.insert("tier".into(), json!("silver"));
    assert!(some.check_update(&ASKER, &entity(&[]), &after).is_err());
    let mut titled = entity(&[]);
    titled.title = Some("x".into());
    assert!(some.check_update(&ASKER, &entity(&[]), &titled).is_err());
}
