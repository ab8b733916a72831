//! Which tables must be loaded for a filter or a value.

use super::*;

#[test]
fn a_filter_names_the_tables_it_needs() {
    let index = catalog();
    let needs = |rule: Value| {
        index
            .needs("service", &filter(rule))
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        needs(json!({"property": "tier", "operator": "=", "value": 1})),
        ["service"]
    );
    assert_eq!(
        needs(json!({"property": "far", "operator": "=", "value": 1})),
        ["domain", "service"]
    );
    assert_eq!(
        needs(json!({"property": "$team", "operator": "=", "value": "x"})),
        ["_team", "service"]
    );
    assert_eq!(
        needs(json!({"operator": "relatedTo", "blueprint": "domain", "value": "x"})),
        ["_team", "domain", "service"]
    );
}

#[test]
fn a_filter_on_inherited_teams_needs_the_tables_they_come_from_and_one_on_written_teams_does_not() {
    let needs = |heirs: Heirs, rule: Value| {
        let mut index = catalog();
        index.set_shapes(shapes(&heirs));
        let needed = index.needs("service", &filter(rule)).into_iter();
        needed.collect::<Vec<_>>().join(" ")
    };
    let heirs = |path: &[&'static str]| Heirs::from([("service", path.to_vec())]);
    let team = || json!({"property": "$team", "operator": "=", "value": "x"});
    let step = || json!({"operator": "matchAny", "property": {"path": ["$team"]}, "value": "x"});
    let mirror = || json!({"property": "bosses", "operator": "=", "value": "x"});
    for rule in [team, step, mirror] {
        assert_eq!(needs(Heirs::new(), rule()), "_team service");
        assert_eq!(needs(heirs(&["domain"]), rule()), "_team domain service");
        assert_eq!(needs(heirs(&["nope"]), rule()), "_team service");
    }
    let value = |heirs: Heirs| {
        let mut index = catalog();
        index.set_shapes(shapes(&heirs));
        let mut needed = std::collections::BTreeSet::new();
        index.mirror_needs("service", "$team", 0, &mut needed);
        needed.into_iter().collect::<Vec<_>>()
    };
    assert!(value(Heirs::new()).is_empty());
    assert_eq!(value(heirs(&["domain", "parent"])), ["domain"]);
}
