//! What is refused, where, and with which way out.

use super::*;

#[test]
fn what_cannot_be_read_is_refused_with_its_place_and_a_way_out() {
    for (rule_, wanted) in [
        (
            json!({"property": "a", "operator": "like", "value": 1}),
            "\"query.rules[0].operator\" is \"like\"; there is no such operator",
        ),
        (
            json!({"property": "a", "operator": "="}),
            "\"query.rules[0].value\" is missing.",
        ),
        (
            json!({"operator": "=", "value": 1}),
            "\"query.rules[0].property\" is missing.",
        ),
        (
            json!({"property": 1, "operator": "=", "value": 1}),
            "must be the name of a property",
        ),
        (
            json!({"rules": []}),
            "\"query.rules[0].combinator\" is missing.",
        ),
        (
            json!({"combinator": "and"}),
            "\"query.rules[0].rules\" is missing.",
        ),
        (
            json!({"property": "", "operator": "=", "value": 1}),
            "must be the name of a property",
        ),
        (
            json!({"property": "a", "operator": "=", "value": 1, "x": 1}),
            "\"query.rules[0].x\" is not known here",
        ),
        (
            json!({"property": "a", "operator": "=", "value": [1]}),
            "for several values use \"in\"",
        ),
        (
            json!({"property": "a", "operator": "!=", "value": {"preset": "today"}}),
            "the operator \"!=\" cannot use",
        ),
        (
            json!({"property": "a", "operator": ">", "value": "soon"}),
            "a number or an ISO 8601 instant",
        ),
        (
            json!({"property": "a", "operator": ">", "value": null}),
            "a number or an ISO 8601 instant",
        ),
        (
            json!({"property": "a", "operator": "contains", "value": 1}),
            "it takes a string",
        ),
        (
            json!({"property": "a", "operator": "beginsWith", "value": ["x", 1]}),
            "a string or a list of strings",
        ),
        (
            json!({"property": "a", "operator": "in", "value": "x"}),
            "it takes a list",
        ),
        (
            json!({"property": "a", "operator": "in", "value": [{}]}),
            "a list of strings, numbers or booleans",
        ),
        (
            json!({"property": "a", "operator": "isEmpty", "value": 1}),
            "it takes no value",
        ),
        (
            json!({"property": "a", "operator": "between", "value": "today"}),
            "{\"from\", \"to\"} or {\"preset\"}",
        ),
        (
            json!({"property": "a", "operator": "between", "value": {"preset": "lastYear"}}),
            "there is no such preset",
        ),
        (
            json!({"property": "a", "operator": "between", "value": {"from": "2026-01-01"}}),
            "\"query.rules[0].value.to\" is missing",
        ),
        (
            json!({"property": "a", "operator": "between", "value": {"from": "x", "to": "2026-01-01"}}),
            "value.from\" is \"x\"",
        ),
        (
            json!({"property": "a", "operator": "=", "value": {"context": "team", "property": "x"}}),
            "must be user or userTeams",
        ),
        (
            json!({"operator": "relatedTo", "value": "x"}),
            "\"query.rules[0].blueprint\" is missing",
        ),
        (
            json!({"operator": "relatedTo", "blueprint": "b", "value": 1}),
            "it takes a string",
        ),
        (
            json!({"operator": "relatedTo", "blueprint": "b", "value": "x", "direction": "up"}),
            "upstream or downstream",
        ),
        (
            json!({"operator": "relatedTo", "blueprint": "b", "value": "x", "required": 1}),
            "true or false",
        ),
        (
            json!({"operator": "matchAny", "value": "x"}),
            "\"query.rules[0].property\" is missing",
        ),
        (
            json!({"operator": "matchAny", "property": {"path": []}, "value": "x"}),
            "at least one relation",
        ),
        (
            json!({"operator": "matchAny", "property": {"path": [1]}, "value": "x"}),
            "it must be a relation",
        ),
        (
            json!({"operator": "matchAny", "property": {"path": [{"relation": "a", "maxHops": 16}]}, "value": "x"}),
            "from 1 to 15",
        ),
        (
            json!({"operator": "matchAny", "property": {"path": [{"relation": "a", "maxHops": 2}, {"relation": "b", "maxHops": 2}]}, "value": "x"}),
            "one step of a path only",
        ),
        (
            json!({"propertySchema": {"type": "text"}, "operator": "=", "value": 1}),
            "query.rules[0].propertySchema.type",
        ),
        (
            json!({"combinator": "xor", "rules": []}),
            "\"query.rules[0].combinator\" is \"xor\"; it must be and or or",
        ),
        (
            json!({"combinator": "and", "rules": [], "not": true}),
            "\"query.rules[0].not\" is not known here",
        ),
        (
            json!("x"),
            "\"query.rules[0]\" is \"x\"; it must be an object",
        ),
    ] {
        let message = refused_rule(rule_.clone());
        assert!(message.contains(wanted), "{rule_}: {message}");
    }
    assert!(refused(&json!({"rules": []})).contains("\"query.combinator\" is missing"));
    assert!(refused(&json!([])).contains("\"query\" is []; it must be an object"));
}

#[test]
fn rules_by_relation_and_scorecard_belong_to_one_blueprint() {
    for rule in [
        json!({"relation": "a", "operator": "=", "value": "x"}),
        json!({"scorecard": "a", "operator": "=", "value": "x"}),
    ] {
        let query = json!({"combinator": "and", "rules": [rule]});
        assert!(
            Query::parse(&query, "", Dialect::Global).is_err(),
            "{query}"
        );
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |depth: usize| {
        let mut query = json!({"combinator": "and", "rules": []});
        for _ in 1..depth {
            query = json!({"combinator": "and", "rules": [query]});
        }
        query
    };
    assert!(Query::parse(&nested(DEEPEST), "", Dialect::Global).is_ok());
    assert!(refused(&nested(DEEPEST + 1)).contains("flatten the query"));
    let wide = |rules: usize| {
        let rule = json!({"property": "a", "operator": "isEmpty"});
        json!({"combinator": "or", "rules": vec![rule; rules]})
    };
    assert!(Query::parse(&wide(MOST_RULES), "", Dialect::Global).is_ok());
    assert!(refused(&wide(MOST_RULES + 1)).contains("split it"));
}

#[test]
fn conditions_of_scorecards_are_flat_and_can_be_turned_around() {
    let holds = |conditions: Value| {
        let conditions =
            parse_conditions(&conditions, "query").unwrap_or_else(|refusal| panic!("{refusal}"));
        let entity = entity();
        let subject = EntitySubject {
            entity: Some(&entity),
            ..EntitySubject::default()
        };
        conditions.resolve(now()).matches(&subject)
    };
    let one = |condition: Value| json!({"combinator": "and", "conditions": [condition]});
    for (condition, expected) in [
        (json!({"property": "text", "operator": "isEmpty"}), true),
        (
            json!({"property": "none_left", "operator": "isEmpty"}),
            true,
        ),
        (json!({"property": "void", "operator": "isNotEmpty"}), false),
        (
            json!({"property": "language", "operator": "isEmpty", "not": true}),
            true,
        ),
        (
            json!({"property": "text", "operator": "isNotEmpty", "not": true}),
            true,
        ),
        (
            json!({"relation": "domain", "operator": "isNotEmpty"}),
            true,
        ),
        (
            json!({"relation": "uses", "operator": "contains", "value": "db"}),
            true,
        ),
        (
            json!({"property": "tier", "operator": ">", "value": 2, "not": true}),
            false,
        ),
        (
            json!({"property": "due", "operator": "between", "value": {"preset": "yesterday"}}),
            true,
        ),
    ] {
        assert_eq!(holds(one(condition.clone())), expected, "{condition}");
    }
    for (condition, wanted) in [
        (
            json!({"property": "a", "operator": "relatedTo", "value": "x"}),
            "conditions of scorecards do not have this operator",
        ),
        (
            json!({"operator": "=", "value": "x"}),
            "either a property or a relation",
        ),
        (
            json!({"property": "a", "relation": "b", "operator": "=", "value": "x"}),
            "either a property or a relation",
        ),
        (
            json!({"property": "a", "operator": "=", "value": {"context": "user", "property": "x"}}),
            "fixed values only",
        ),
        (
            json!({"property": "a", "operator": ">", "value": [{}]}),
            "\"query.conditions[0].value\"",
        ),
        (
            json!({"combinator": "and", "conditions": []}),
            "query.conditions[0].combinator",
        ),
    ] {
        let message = parse_conditions(&one(condition.clone()), "query")
            .expect_err("a refusal")
            .message;
        assert!(message.contains(wanted), "{condition}: {message}");
    }
    assert!(parse_conditions(&json!({"combinator": "and", "conditions": []}), "query").is_err());
}

#[test]
fn lookups_know_four_operators() {
    let query = |rule: Value| json!({"combinator": "and", "rules": [rule]});
    for operator in ["=", "contains"] {
        assert!(
            parse_lookup(
                &query(json!({"property": "a", "operator": operator, "value": "x"})),
                "identifier"
            )
            .is_ok()
        );
    }
    for operator in ["in", "containsAny"] {
        assert!(
            parse_lookup(
                &query(json!({"property": "a", "operator": operator, "value": ["x"]})),
                "identifier"
            )
            .is_ok()
        );
    }
    let refusal = parse_lookup(
        &query(json!({"property": "a", "operator": "!=", "value": "x"})),
        "relations.a",
    );
    assert!(
        refusal
            .expect_err("a refusal")
            .message
            .contains("\"relations.a.rules[0]\"")
    );
    assert!(parse_lookup(&json!({"combinator": "and", "rules": []}), "identifier").is_err());
}

#[test]
fn a_lookup_without_a_value_finds_what_has_none_by_equality_and_nothing_by_contains() {
    let entity = entity();
    let subject = EntitySubject {
        entity: Some(&entity),
        ..EntitySubject::default()
    };
    for (property, operator, value, expected) in [
        ("language", "=", json!("Rust"), true),
        ("language", "contains", json!("us"), true),
        ("language", "contains", Value::Null, false),
        ("missing", "contains", Value::Null, false),
        ("missing", "=", Value::Null, true),
        ("language", "=", Value::Null, false),
    ] {
        let rule = json!({"property": property, "operator": operator, "value": value});
        let query = json!({"combinator": "and", "rules": [rule]});
        let query = parse_lookup(&query, "identifier").unwrap_or_else(|r| panic!("{r}"));
        let found = query.resolve(&contexts()).matches(&subject);
        assert_eq!(found, expected, "{property} {operator}");
    }
}

#[test]
fn lookups_may_lie_in_groups_and_a_fault_in_one_is_named_with_its_place() {
    let group = |operator: &str| {
        let rule = json!({"property": "$title", "operator": operator, "value": "x"});
        let inner = json!({"combinator": "or", "rules": [rule]});
        json!({"combinator": "and", "rules": [inner]})
    };
    assert!(parse_lookup(&group("="), "identifier").is_ok());
    for (path, place) in [
        ("identifier", "\"identifier.rules[0].rules[0]\""),
        ("", "\"rules[0].rules[0]\""),
    ] {
        let refusal = parse_lookup(&group("!="), path).expect_err("a refusal");
        assert!(refusal.message.contains(place), "{}", refusal.message);
    }
}

#[test]
fn the_refusal_of_an_operator_names_those_there_are() {
    let message = refused_rule(json!({"property": "a", "operator": "like", "value": 1}));
    assert!(
        message.contains("use one of =, !=, >, >=, <, <=, contains, doesNotContains"),
        "{message}"
    );
    assert!(
        message.contains("isNotExpired, relatedTo, matchAny"),
        "{message}"
    );
}

#[test]
fn a_path_has_32_steps_at_most_and_one_of_them_may_take_hops() {
    let path = |steps: Value| {
        let property = json!({"path": steps});
        json!({"combinator": "and", "rules": [{"property": property, "operator": "matchAny", "value": "x"}]})
    };
    let read = |steps: Value| Query::parse(&path(steps), "", Dialect::Global);
    assert!(read(json!(vec!["uses"; 32])).is_ok());
    for steps in [33, 34] {
        let refusal = read(json!(vec!["uses"; steps])).expect_err("a refusal");
        assert!(
            refusal.message.contains("at most 32"),
            "{}",
            refusal.message
        );
    }
    let hops = |hops: u64| json!([{"relation": "uses", "maxHops": hops}, "domain"]);
    assert!(read(hops(1)).is_ok() && read(hops(15)).is_ok());
    assert!(read(hops(0)).is_err() && read(hops(16)).is_err());
}

#[test]
fn a_direction_is_read_as_it_is_written() {
    for (direction, expected) in [
        (json!("upstream"), Some(Direction::Upstream)),
        (json!("downstream"), Some(Direction::Downstream)),
        (json!(null), None),
    ] {
        let rule = json!({"operator": "relatedTo", "blueprint": "b", "value": "x", "direction": direction});
        let query = json!({"combinator": "and", "rules": [rule]});
        let query = Query::parse(&query, "", Dialect::Global).expect("a query");
        let Some(Rule::RelatedTo { reach, .. }) = query.rules.first() else {
            panic!("{query:?}");
        };
        assert_eq!(reach.direction, expected);
    }
}

#[test]
fn nothing_is_no_item_of_a_list() {
    for operator in ["in", "notIn", "containsAny"] {
        let message =
            refused_rule(json!({"property": "a", "operator": operator, "value": ["x", null]}));
        assert!(message.contains("null, which the operator"), "{message}");
    }
}
