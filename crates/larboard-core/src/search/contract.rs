//! The JSON Schemas of search queries and of the bodies of the routes that search, aggregate and group.

use serde_json::{Value, json};

use super::operator;
use crate::aggregate::{self, series as over_time};
use crate::contract::{
    Components, Object, any_of, anything, choice, flag, list, only, reference, text, texts,
};

pub(crate) fn contract() -> Components {
    vec![
        ("SearchQuery", query()),
        ("SearchRule", rule()),
        ("SearchBody", search()),
        (
            "SearchCountBody",
            Object::closed()
                .maybe("query", reference("SearchQuery"))
                .build(),
        ),
        ("DataSourceBody", data_source()),
        ("AggregationBody", aggregation()),
        (
            "SeriesBody",
            any_of([series(&over_time::VALUES), series(&over_time::COUNTS)]),
        ),
        ("HistoryBody", history()),
        ("Grouping", by().build()),
        ("GroupBody", group()),
        ("TopSearchBody", top()),
    ]
}

fn query() -> Value {
    Object::closed()
        .must("combinator", choice(&["and", "or"]))
        .must(
            "rules",
            list(any_of([reference("SearchRule"), reference("SearchQuery")])),
        )
        .build()
}

/// Which further keys a rule may have depends on its operator and its subject.
fn rule() -> Value {
    Object::closed()
        .must("operator", choice(&operator::names()))
        .may("property", json!({ "type": ["string", "object"] }))
        .may("value", anything())
        .may(
            "propertySchema",
            Object::open().must("type", text()).build(),
        )
        .may("relation", text())
        .maybe("targetProperty", text())
        .may("scorecard", text())
        .maybe("scorecardRule", text())
        .may("blueprint", text())
        .maybe("direction", choice(&["upstream", "downstream"]))
        .maybe("required", flag())
        .build()
}

fn page() -> Object {
    Object::closed()
        .maybe("query", reference("SearchQuery"))
        .maybe("include", texts())
        .maybe("exclude", texts())
        .maybe("limit", json!({ "type": "integer", "minimum": 1 }))
        .maybe("from", text())
}

fn search() -> Value {
    page().build()
}

fn data_source() -> Value {
    Object::open()
        .must("datasource_prefix", text())
        .must("datasource_suffix", text())
        .maybe("limit", json!({ "type": "integer", "minimum": 1 }))
        .maybe("before", text())
        .maybe("from", text())
        .build()
}

fn aggregation() -> Value {
    Object::closed()
        .must("query", reference("SearchQuery"))
        .must("func", choice(&aggregate::FUNCS.map(|(name, _)| name)))
        .maybe("calculationBy", choice(&["entities", "property"]))
        .maybe(
            "averageOf",
            choice(&aggregate::INTERVALS.map(|(name, _)| name)),
        )
        .maybe("measureTimeBy", text())
        .maybe("property", text())
        .maybe("relation", text())
        .maybe("scorecard", text())
        .maybe("rule", text())
        .build()
}

fn span(object: Object) -> Object {
    let range = Object::closed()
        .must("preset", choice(&over_time::PRESETS))
        .maybe("timeZone", text());
    object
        .must("timeRange", range.build())
        .must("timeInterval", choice(&over_time::INTERVALS))
}

fn series((kind, funcs): &(&'static str, &'static [&'static str])) -> Value {
    let start = Object::closed()
        .must("aggregationType", only(kind))
        .must("blueprint", text())
        .must("func", choice(funcs))
        .maybe("query", reference("SearchQuery"))
        .maybe("measureTimeBy", text());
    let start = span(start);
    if *kind == over_time::COUNTS.0 {
        start.maybe("breakdownProperty", text()).build()
    } else {
        start.must("properties", properties()).build()
    }
}

fn history() -> Value {
    let start = Object::closed()
        .must("entityIdentifier", text())
        .must("blueprintIdentifier", text())
        .must("propertyNames", properties());
    span(start).build()
}

fn properties() -> Value {
    json!({ "type": "array", "minItems": 1, "maxItems": over_time::MOST_PROPERTIES, "items": text() })
}

/// What groups are made by: exactly one of property, relation and scorecard.
fn by() -> Object {
    Object::closed()
        .maybe("property", text())
        .maybe("relation", text())
        .maybe("targetProperty", choice(&["$identifier", "$title"]))
        .maybe("scorecard", text())
        .maybe("scorecardRule", text())
}

fn group() -> Value {
    Object::closed()
        .maybe("query", reference("SearchQuery"))
        .must("grouping", reference("Grouping"))
        .maybe("limit", json!({ "type": "integer", "minimum": 1 }))
        .build()
}

fn top() -> Value {
    let order = || choice(&["asc", "desc"]);
    let sort = Object::closed()
        .must("by", choice(&["count", "value"]))
        .must("order", order());
    let rule = || by().maybe("order", order()).build();
    page()
        .maybe("sort", any_of([rule(), list(rule())]))
        .maybe("identifiers", texts())
        .maybe("groupBy", reference("Grouping"))
        .maybe("groupSort", sort.build())
        .maybe("countOnly", flag())
        .build()
}
