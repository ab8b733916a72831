//! The table of routes that public clients call, made from the contract fixtures: which are served, by which fixtures, with
//! which answers. `LARBOARD_BLESS=1` writes it anew. What a case expects is not looked at here.

use crate::contract::template;
use crate::drift::holds;
use crate::fixtures::{NOUNS, directory, read};
use larboard::http::openapi;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Served routes that no case can show, because they stream, take lines, or sign in; with the tests that show them.
const ELSEWHERE: [(&str, &str, &str); 11] = [
    ("GET", "/health/live", "permissions"),
    ("GET", "/health/ready", "permissions"),
    ("GET", "/metrics", "permissions"),
    ("POST", "/v1/auth/session", "access"),
    ("GET", "/v1/auth/session", "access"),
    ("DELETE", "/v1/auth/session", "access"),
    (
        "POST",
        "/v1/blueprints/{blueprint}/bulk/entities/ndjson",
        "ndjson",
    ),
    ("POST", "/v1/actions/runs/{run}/logs/ndjson", "ndjson"),
    ("GET", "/v1/actions/runs/{run}/events", "streams"),
    ("GET", "/v1/events", "streams"),
    ("GET", "/v1/actions/runs/{run}/deliveries", "delivery"),
];

type Shown = BTreeMap<String, BTreeSet<u64>>;

/// The answers that the fixtures show, by method and template, then by file.
fn shown() -> BTreeMap<(String, String), Shown> {
    let mut shown: BTreeMap<(String, String), Shown> = BTreeMap::new();
    for noun in NOUNS {
        for case in read(noun).as_array().into_iter().flatten() {
            let request = &case["request"];
            let path = request["path"].as_str().unwrap_or_default();
            let path = path.split('?').next().unwrap_or_default();
            let method = request["method"].as_str().unwrap_or_default();
            if let Some(template) = template(path) {
                shown
                    .entry((method.to_owned(), template.to_owned()))
                    .or_default()
                    .entry((*noun).to_owned())
                    .or_default()
                    .extend(statuses(case));
            }
        }
    }
    shown
}

/// The statuses that a case expects; of a table, those of the request it begins with.
fn statuses(case: &Value) -> Vec<u64> {
    let rows = case["refused"].as_array().into_iter().flatten();
    let refused = rows
        .filter(|row| row.get("path").is_none() && row.get("method").is_none())
        .filter_map(|row| row.get("status").or_else(|| case.get("status"))?.as_u64());
    let whole = [&case["expect"]["status"], &case["accepted"]];
    refused
        .chain(whole.into_iter().filter_map(Value::as_u64))
        .collect()
}

/// Every served route, as method and template.
fn served() -> BTreeSet<(String, String)> {
    let document = openapi::document();
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flat_map(|item| item.keys());
            methods
                .filter(|key| matches!(key.as_str(), "get" | "put" | "post" | "patch" | "delete"))
                .map(|method| (method.to_ascii_uppercase(), path.clone()))
        })
        .collect()
}

/// A template without the names of its variables.
fn anonymous(template: &str) -> String {
    let parts = template.split('/').map(|part| match part.starts_with('{') {
        true => "{}",
        false => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_served_route_has_a_case() {
    let shown = shown();
    let elsewhere: BTreeSet<_> = ELSEWHERE
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    let served = served();
    let bare: Vec<_> = served
        .iter()
        .filter(|route| !shown.contains_key(*route) && !elsewhere.contains(*route))
        .collect();
    assert!(bare.is_empty(), "served without a fixture: {bare:?}");
    let gone: Vec<_> = elsewhere.difference(&served).collect();
    assert!(gone.is_empty(), "shown elsewhere, but not served: {gone:?}");
}

#[test]
fn drift_of_the_table_of_routes() {
    holds("routes.md", &text());
}

fn text() -> String {
    let (served, shown) = (served(), shown());
    let mut text = String::from(
        "# Routes\n\n\
         Made from the contract fixtures by `cargo test -p larboard --test api drift`. Each fixture is played on SQLite and on \
         PostgreSQL; behind it stand the statuses that its cases expect of the route.\n\n\
         ## Called by public clients\n\n\
         How many independent clients call a route, and what shows that it is answered as they expect.\n\n\
         | clients | route | shown by |\n|---|---|---|\n",
    );
    let list = std::fs::read_to_string(directory().join("routes.txt")).expect("the list of routes");
    let mut called = BTreeSet::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (Some(clients), Some(method), Some(path)) = (words.next(), words.next(), words.next())
        else {
            panic!("{line:?} names no route");
        };
        let route = served
            .iter()
            .find(|(m, p)| m == method && anonymous(p) == anonymous(path));
        let by = route.map_or_else(
            || "not served yet".to_owned(),
            |route| fixtures(&shown, route),
        );
        called.extend(route.cloned());
        let _ = writeln!(text, "| {clients} | {method} `{path}` | {by} |");
    }
    text.push_str("\n## Served besides\n\n| route | shown by |\n|---|---|\n");
    for route in served.difference(&called) {
        let _ = writeln!(
            text,
            "| {} `{}` | {} |",
            route.0,
            route.1,
            fixtures(&shown, route)
        );
    }
    text
}

/// Links to what shows a route.
fn fixtures(shown: &BTreeMap<(String, String), Shown>, route: &(String, String)) -> String {
    let tests = ELSEWHERE
        .iter()
        .filter(|(method, path, _)| *method == route.0 && *path == route.1)
        .map(|(.., module)| format!("[test {module}](../crates/larboard/tests/api/{module}.rs)"));
    let fixtures = shown.get(route).into_iter().flatten().map(|(noun, all)| {
        let all: Vec<String> = all.iter().map(u64::to_string).collect();
        format!(
            "[{noun}](../crates/larboard/tests/fixtures/{noun}.json) {}",
            all.join(" ")
        )
    });
    tests.chain(fixtures).collect::<Vec<_>>().join(", ")
}
