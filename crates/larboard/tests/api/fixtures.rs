//! Plays the contract fixtures (`tests/fixtures/*.json`), every case on a database of its own and on both databases. What
//! the files mean is written in `tests/fixtures/README.md`; this holds no expectation of its own.

mod matcher;
mod play;
mod table;

use crate::harness::Server;
use larboard_store::testing::TestDatabase;
use play::{Case, Setups};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Servers at the same time, of one file of cases.
const AT_ONCE: usize = 3;

/// Files beside the cases that hold no cases.
const OTHERS: [&str; 2] = ["setups", "signature_vectors"];

macro_rules! nouns {
    ($($test:ident: $noun:literal;)*) => {
        pub const NOUNS: &[&str] = &[$($noun),*];
        $(
            #[test]
            fn $test() {
                play_all($noun);
            }
        )*
    };
}

nouns! {
    tokens_and_sessions_answer_as_the_contract_says: "auth";
    the_organization_answers_as_the_contract_says: "organization";
    apps_answer_as_the_contract_says: "apps";
    secrets_answer_as_the_contract_says: "secrets";
    blueprints_answer_as_the_contract_says: "blueprints";
    faulty_blueprints_are_refused_as_the_contract_says: "refused_blueprints";
    entities_answer_as_the_contract_says: "entities";
    faulty_entities_are_refused_as_the_contract_says: "refused_entities";
    bulk_writes_of_entities_answer_as_the_contract_says: "entities_bulk";
    searches_answer_as_the_contract_says: "search";
    faulty_searches_are_refused_as_the_contract_says: "refused_searches";
    aggregations_answer_as_the_contract_says: "aggregate";
    data_sources_answer_as_the_contract_says: "data_sources";
    scorecards_answer_as_the_contract_says: "scorecards";
    faulty_scorecards_are_refused_as_the_contract_says: "refused_scorecards";
    results_of_scorecards_answer_as_the_contract_says: "scorecard_results";
    scorecards_as_entities_answer_as_the_contract_says: "scorecard_entities";
    computed_values_answer_as_the_contract_says: "computed";
    teams_answer_as_the_contract_says: "teams";
    users_answer_as_the_contract_says: "users";
    inherited_ownership_answers_as_the_contract_says: "ownership";
    system_blueprints_answer_as_the_contract_says: "system_blueprints";
    migrations_answer_as_the_contract_says: "migrations";
    reads_of_entities_answer_as_the_contract_says: "entity_reads";
    renames_answer_as_the_contract_says: "renames";
    blueprint_permissions_answer_as_the_contract_says: "blueprint_permissions";
    pages_answer_as_the_contract_says: "pages";
    faulty_pages_are_refused_as_the_contract_says: "refused_pages";
    the_sidebar_answers_as_the_contract_says: "sidebars";
    actions_answer_as_the_contract_says: "actions";
    legacy_actions_answer_as_the_contract_says: "actions_legacy";
    executions_answer_as_the_contract_says: "execute";
    legacy_executions_answer_as_the_contract_says: "execute_legacy";
    runs_answer_as_the_contract_says: "runs";
    run_logs_answer_as_the_contract_says: "run_logs";
    the_audit_log_answers_as_the_contract_says: "audit_log";
    trying_out_jq_answers_as_the_contract_says: "jq";
}

#[test]
fn every_file_of_cases_is_played() {
    let found: BTreeSet<String> = std::fs::read_dir(directory())
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "json"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| !OTHERS.contains(&name.as_str()))
        .collect();
    let played: BTreeSet<String> = NOUNS.iter().map(|noun| (*noun).to_owned()).collect();
    assert_eq!(found, played);
}

pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub fn read(name: &str) -> Value {
    let path = directory().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).expect("a file of cases");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn play_all(noun: &str) {
    let setups: Setups = Arc::new(read("setups"));
    let Value::Array(cases) = read(noun) else {
        panic!("{noun}.json holds no list");
    };
    let names: BTreeSet<&str> = cases.iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names.len(), cases.len(), "two cases of {noun} share a name");
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let failures = runtime.block_on(play_cases(noun, cases.clone(), setups));
    let played: usize = cases.iter().map(requests).sum::<usize>() * 2;
    eprintln!(
        "{noun}: {} of {played} cases hold (each on SQLite and on PostgreSQL)",
        played - failures.len()
    );
    assert!(
        failures.is_empty(),
        "{} of {played} cases of {noun} fail:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

/// The requests under test of a case: one, or the rows of a table with the request they change.
fn requests(case: &Value) -> usize {
    case["refused"].as_array().map_or(1, |rows| rows.len() + 1)
}

async fn play_cases(noun: &str, cases: Vec<Value>, setups: Setups) -> Vec<String> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for case in cases {
        for kind in ["sqlite", "postgres"] {
            let (places, setups, case) = (places.clone(), setups.clone(), case.clone());
            tasks.spawn(async move {
                let _place = places.acquire_owned().await.expect("a place");
                let label = format!("{} [{kind}]", case["name"].as_str().unwrap_or("no name"));
                let played = tokio::spawn(play_case(kind, case, setups)).await;
                let failure = match played {
                    Ok(Ok(())) => None,
                    Ok(Err(failure)) => Some(failure),
                    Err(error) => Some(error.to_string()),
                };
                failure.map(|failure| format!("{label}\n{failure}"))
            });
        }
    }
    let mut failures: Vec<String> = Vec::new();
    while let Some(done) = tasks.join_next().await {
        failures.extend(
            done.expect("a task that reports")
                .map(|f| format!("{noun}: {f}")),
        );
    }
    failures.sort();
    failures
}

async fn play_case(kind: &'static str, case: Value, setups: Setups) -> Result<(), String> {
    let database = tokio::task::spawn_blocking(move || match kind {
        "sqlite" => TestDatabase::sqlite(),
        _ => TestDatabase::postgres(),
    })
    .await
    .map_err(|error| error.to_string())?;
    let server = Server::start(database, |_| {}).await;
    server.may_leave_work();
    let played = match case.get("refused") {
        Some(_) => Case::new(&server, setups).play_table(&case).await,
        None => Case::new(&server, setups).play(&case).await,
    };
    server.finish().await;
    played
}
