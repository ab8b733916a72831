//! Random entities and queries.

use super::*;

const NAMES: [&str; 4] = ["a", "ab", "b", ""];

pub(super) fn any_entity() -> impl Strategy<Value = Entity> {
    let name = || prop::sample::select(&NAMES[..]);
    let id = || prop::sample::select(vec!["a", "b", "c", "d", "e", "f"]).prop_map(str::to_owned);
    let mixed = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        name().prop_map(Value::from),
        Just(json!({})),
        Just(json!([[1], "a"])),
    ];
    let values = (
        prop::option::of(0..4_i64),
        prop::option::of(name()),
        prop::option::of(prop::collection::vec(name(), 0..3)),
        mixed,
    );
    let links = (
        prop::option::of(id()),
        prop::collection::vec(id(), 0..3),
        prop::option::of(id()),
    );
    let teams = prop::collection::vec(prop::sample::select(vec!["a", "T-b", "zz"]), 0..3);
    let blueprint = prop::sample::select(vec!["service", "service", "domain", "_team"]);
    (
        blueprint,
        id(),
        prop::option::of(name()),
        values,
        links,
        teams,
    )
        .prop_map(
            |(
                blueprint,
                identifier,
                title,
                (tier, name, tags, mixed),
                (one, many, owner),
                team,
            )| {
                let mut properties = serde_json::Map::new();
                let mut relations = IndexMap::new();
                if let Some(name) = name {
                    properties.insert("name".into(), name.into());
                }
                let title = if blueprint == "_team" {
                    Some(format!("T-{identifier}"))
                } else {
                    title.map(str::to_owned)
                };
                match blueprint {
                    "service" => {
                        if let Some(tier) = tier {
                            properties.insert("tier".into(), tier.into());
                        }
                        if let Some(tags) = tags {
                            properties.insert("tags".into(), tags.into());
                        }
                        if !mixed.is_null() {
                            properties.insert("mixed".into(), mixed);
                        }
                        relations.insert(
                            "domain".into(),
                            one.map_or(RelationValue::None, RelationValue::One),
                        );
                        relations.insert("needs".into(), RelationValue::Many(many));
                    }
                    "domain" => {
                        if let Some(owner) = owner {
                            relations.insert("owner".into(), RelationValue::One(owner));
                        }
                        relations.insert(
                            "parent".into(),
                            one.map_or(RelationValue::None, RelationValue::One),
                        );
                    }
                    _ => {}
                }
                let mut team: Vec<String> = team.into_iter().map(str::to_owned).collect();
                team.dedup();
                Entity {
                    identifier,
                    blueprint: blueprint.into(),
                    title,
                    icon: None,
                    team,
                    properties,
                    relations,
                    stamps: Stamps::new(Timestamp::from_millis(1_000), "me"),
                }
            },
        )
}

/// Now and then, other paths along which teams are inherited.
pub(super) fn any_heirs() -> impl Strategy<Value = Option<Heirs>> {
    let service = prop::sample::select(vec![
        None,
        Some(vec!["domain"]),
        Some(vec!["domain", "parent"]),
        Some(vec!["domain", "parent", "owner"]),
        Some(vec!["domain", "owner"]),
        Some(vec!["needs"]),
        Some(vec!["domain", "nope"]),
    ]);
    let domain = prop::sample::select(vec![None, None, Some(vec!["owner"]), Some(vec!["parent"])]);
    prop::option::of((service, domain).prop_map(|(service, domain)| {
        let service = service.map(|path| ("service", path));
        let domain = domain.map(|path| ("domain", path));
        service.into_iter().chain(domain).collect()
    }))
}

fn any_rule() -> impl Strategy<Value = Value> {
    let id = || prop::sample::select(vec!["a", "b", "c", "T-a", "x"]);
    let property = prop::sample::select(vec![
        "tier",
        "name",
        "tags",
        "mixed",
        "area",
        "needed",
        "far",
        "owners",
        "bosses",
        "$identifier",
        "$title",
        "$team",
        "$blueprint",
        "$createdAt",
        "nope",
        "$datasource",
    ]);
    let value = prop_oneof![
        Just(json!(null)),
        (0..4_i64).prop_map(Value::from),
        prop::sample::select(&NAMES[..]).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        id().prop_map(Value::from),
        Just(json!("service")),
        Just(json!("1970-01-01T00:00:01Z")),
    ];
    let compare = (property, prop::sample::select(vec!["=", "!=", ">", "<=", "contains", "doesNotContains", "beginsWith", "endsWith", "in", "notIn", "isEmpty", "isNotEmpty"]), value)
        .prop_map(|(property, operator, value)| match operator {
            "in" | "notIn" => json!({"property": property, "operator": operator, "value": if value.is_null() { json!([]) } else { json!([value, "ab"]) }}),
            "isEmpty" | "isNotEmpty" => json!({"property": property, "operator": operator}),
            _ => json!({"property": property, "operator": operator, "value": value}),
        });
    let direction = prop::option::of(prop::sample::select(vec!["upstream", "downstream"]));
    let related = (
        prop::sample::select(vec!["service", "domain"]),
        id(),
        direction,
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(blueprint, id, direction, required)| {
            let mut rule =
                json!({"operator": "relatedTo", "blueprint": blueprint, "value": [id, "d"]});
            if let Some(direction) = direction {
                rule["direction"] = direction.into();
            }
            if let Some(required) = required {
                rule["required"] = required.into();
            }
            rule
        });
    let path = (
        prop::sample::select(vec![
            json!(["domain"]),
            json!(["needs", "domain"]),
            json!([{"relation": "needs", "maxHops": 3}]),
            json!(["domain", {"relation": "parent", "maxHops": 2}]),
            json!(["$team"]),
            json!(["needs", "$team"]),
            json!([{"relation": "$team", "maxHops": 2}]),
            json!(["parent"]),
            json!(["nope"]),
        ]),
        prop::option::of(prop::sample::select(vec!["service", "domain"])),
        id(),
    )
        .prop_map(|(path, from, id)| {
            let mut property = json!({"path": path});
            if let Some(from) = from {
                property["fromBlueprint"] = from.into();
            }
            json!({"operator": "matchAny", "property": property, "value": [id, "b"]})
        });
    let relation = (
        prop::sample::select(vec!["domain", "needs", "nope"]),
        any::<bool>(),
        prop::sample::select(vec!["=", "!=", "beginsWith"]),
        id(),
    )
        .prop_map(|(relation, titles, operator, id)| {
            let by = if titles { "$title" } else { "$identifier" };
            json!({"relation": relation, "targetProperty": by, "operator": operator, "value": id})
        });
    let schema = (prop::sample::select(vec!["string", "number", "object"]), prop::sample::select(vec!["=", "!="]), prop::sample::select(vec![json!("a"), json!(1), json!(null)]))
        .prop_map(|(kind, operator, value)| json!({"propertySchema": {"type": kind}, "operator": operator, "value": value}));
    prop_oneof![6 => compare, 2 => related, 2 => path, 2 => relation, 1 => schema]
}

pub(super) fn any_query() -> impl Strategy<Value = Value> {
    let group = |rules: BoxedStrategy<Value>| {
        (
            prop::sample::select(vec!["and", "or"]),
            prop::collection::vec(rules, 0..4),
        )
            .prop_map(|(combinator, rules)| json!({"combinator": combinator, "rules": rules}))
            .boxed()
    };
    let inner = group(any_rule().boxed());
    group(prop_oneof![4 => any_rule(), 1 => inner].boxed())
}
