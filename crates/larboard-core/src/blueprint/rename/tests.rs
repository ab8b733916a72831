//! Tests of renaming.

use serde_json::json;

use super::*;

fn blueprint(document: Value) -> Blueprint {
    Blueprint::create(document).unwrap()
}

fn service() -> Blueprint {
    blueprint(json!({
        "identifier": "service", "title": "Service",
        "schema": {"properties": {"tier": {"type": "string"}, "cost": {"type": "number"}}, "required": ["tier"]},
        "mirrorProperties": {"peerTier": {"path": "peer.tier"}, "peerPeer": {"path": "peer.peer.$title"}},
        "calculationProperties": {
            "label": {"type": "string", "calculation": ".properties.tier + .properties.tiers + .properties.\"tier\" + .relations.peer"},
        },
        "relations": {"peer": {"target": "service"}},
        "ownership": {"type": "Inherited", "path": "peer"},
    }))
}

fn invoice() -> Blueprint {
    blueprint(json!({
        "identifier": "invoice", "title": "Invoice", "schema": {"properties": {"tier": {"type": "string"}}},
        "mirrorProperties": {"tier2": {"path": "for.tier"}, "mine": {"path": "up.tier"}},
        "aggregationProperties": {
            "sum": {"title": "Sum", "target": "service", "calculationSpec": {"calculationBy": "property", "func": "sum", "property": "tier"},
                "query": {"combinator": "and", "rules": [{"property": "tier", "operator": "=", "value": "tier"},
                    {"combinator": "or", "rules": [{"relation": "peer", "operator": "=", "value": "x"}]}]},
                "pathFilter": [{"path": ["for", "peer"]}]},
        },
        "relations": {"for": {"target": "service"}, "up": {"target": "invoice"}},
    }))
}

fn target_of(blueprint: &str, relation: &str) -> Option<String> {
    let target = match (blueprint, relation) {
        ("service", "peer") | ("invoice", "for") => "service",
        ("invoice", "up") => "invoice",
        _ => return None,
    };
    Some(target.to_owned())
}

fn renaming(kind: Renamed, from: &str, to: &str) -> Renaming {
    Renaming {
        blueprint: "service".into(),
        kind,
        from: from.into(),
        to: to.into(),
    }
}

#[test]
fn a_property_keeps_its_place_and_is_followed_by_what_names_it() {
    let renaming = renaming(Renamed::Property, "tier", "level");
    let own = service().renamed(&renaming).unwrap();
    assert_eq!(
        own.properties().keys().collect::<Vec<_>>(),
        ["level", "cost"]
    );
    assert_eq!(own.required().collect::<Vec<_>>(), ["level"]);
    assert_eq!(
        own.calculations()["label"]["calculation"],
        ".properties.level + .properties.tiers + .properties.\"level\" + .relations.peer"
    );
    let own = own.following(&renaming, &target_of).unwrap();
    assert_eq!(own.mirrors()["peerTier"]["path"], "peer.level");
    assert_eq!(own.mirrors()["peerPeer"]["path"], "peer.peer.$title");
    let other = invoice().following(&renaming, &target_of).unwrap();
    assert_eq!(other.mirrors()["tier2"]["path"], "for.level");
    assert_eq!(other.mirrors()["mine"]["path"], "up.tier");
    let sum = &other.aggregations()["sum"];
    assert_eq!(sum["calculationSpec"]["property"], "level");
    assert_eq!(
        sum["query"]["rules"][0],
        json!({"property": "level", "operator": "=", "value": "tier"})
    );
}

#[test]
fn a_relation_is_followed_by_paths_that_walk_it() {
    let renaming = renaming(Renamed::Relation, "peer", "twin");
    let own = service()
        .renamed(&renaming)
        .unwrap()
        .following(&renaming, &target_of)
        .unwrap();
    assert!(own.relations().contains_key("twin"));
    assert_eq!(own.mirrors()["peerPeer"]["path"], "twin.twin.$title");
    assert_eq!(own.team_path().unwrap(), ["twin"]);
    assert!(
        own.calculations()["label"]["calculation"]
            .as_str()
            .unwrap()
            .ends_with(".relations.twin")
    );
    let other = invoice().following(&renaming, &target_of).unwrap();
    assert_eq!(
        other.aggregations()["sum"]["pathFilter"][0]["path"],
        json!(["for", "twin"])
    );
    assert_eq!(
        other.aggregations()["sum"]["query"]["rules"][1]["rules"][0]["relation"],
        "twin"
    );
}

#[test]
fn a_mirror_is_renamed_and_a_name_that_is_no_word_is_bracketed_in_jq() {
    let mirror = renaming(Renamed::Mirror, "peerTier", "peer-tier");
    assert!(
        service()
            .renamed(&mirror)
            .unwrap()
            .mirrors()
            .contains_key("peer-tier")
    );
    assert_eq!(
        rename_in_jq(".properties.a|.properties.ab", "properties", "a", "x-y"),
        ".properties[\"x-y\"]|.properties.ab"
    );
    assert_eq!(
        rename_in_jq(".properties['a']", "properties", "a", "b"),
        ".properties['a']"
    );
}

#[test]
fn what_cannot_be_renamed_is_refused() {
    let refused = |renaming: &Renaming| service().renamed(renaming).unwrap_err().code;
    assert_eq!(
        refused(&renaming(Renamed::Property, "none", "x")),
        Code::NotFound
    );
    assert_eq!(
        refused(&renaming(Renamed::Mirror, "none", "x")),
        Code::NotFound
    );
    assert_eq!(
        refused(&renaming(Renamed::Property, "tier", "cost")),
        Code::IdentifierTaken
    );
    assert_eq!(
        refused(&renaming(Renamed::Property, "tier", "label")),
        Code::IdentifierTaken
    );
    let user = system::find(system::USER).unwrap();
    assert!(
        user.renamed(&renaming(Renamed::Property, "status", "state"))
            .is_err()
    );
    assert_eq!(
        service()
            .renamed(&renaming(Renamed::Property, "tier", "tier"))
            .unwrap(),
        service()
    );
    for bad in [
        json!([]),
        json!({}),
        json!({"newPropertyName": "a b"}),
        json!({"newPropertyName": 1}),
        json!({"newPropertyName": "a", "x": 1}),
    ] {
        assert!(Renamed::Property.parse(&bad).is_err(), "{bad}");
    }
    assert_eq!(
        Renamed::Relation
            .parse(&json!({"newRelationIdentifier": "twin"}))
            .unwrap(),
        "twin"
    );
}
