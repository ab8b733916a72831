//! The golden corpus: every case in `tests/corpus/*.json` is played, and what comes out is compared with what jq 1.8 said.
//!
//! `tests/corpus/README.md` tells what a case looks like. The files are read with the engine's own reader, because they hold
//! numbers as jq writes them, which no double can hold.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails the test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use larboard_jq::{Dialect, Limits, Object, Options, Program, Run, RunError, Val};

/// The least share of cases that must agree.
const AGREEMENT: f64 = 0.995;

/// What `now` gives: later than every date in the corpus.
const NOW: Duration = Duration::from_secs(1_900_000_000);

#[derive(Debug, PartialEq)]
struct Outcome {
    outputs: Vec<Val>,
    /// What was raised, or `None`.
    error: Option<Val>,
    compile_error: bool,
}

#[test]
fn the_engine_agrees_with_jq() {
    let known = differences();
    let mut found = BTreeMap::new();
    let mut cases = 0;
    for file in files() {
        let dialect = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("portal") => Dialect::Portal,
            _ => Dialect::Jq,
        };
        for case in items(&read(&file)) {
            cases += 1;
            let case = object(case);
            let (expected, actual) = (expected(case), play(case, dialect));
            if !agree(&expected, &actual) {
                found.insert(text(case, "name").to_owned(), (expected, actual));
            }
        }
    }

    let unlisted: Vec<String> = (found.iter())
        .filter(|(name, _)| !known.contains_key(*name))
        .map(|(name, (jq, ours))| format!("{name}\n    jq   {jq:?}\n    ours {ours:?}"))
        .collect();
    let vanished: Vec<&String> = known
        .keys()
        .filter(|name| !found.contains_key(*name))
        .collect();
    assert!(
        unlisted.is_empty(),
        "differs from jq:\n{}",
        unlisted.join("\n")
    );
    assert!(
        vanished.is_empty(),
        "listed as different, but agrees with jq: {vanished:#?}"
    );
    let agreement = 1.0 - found.len() as f64 / f64::from(cases);
    assert!(cases > 1_500, "only {cases} cases");
    assert!(
        agreement >= AGREEMENT,
        "only {agreement} of {cases} cases agree"
    );
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(directory()).expect("the corpus");
    let mut files: Vec<PathBuf> = (entries.map(|entry| entry.expect("an entry").path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name != "differences.json")
        })
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> Val {
    let text = fs::read_to_string(path).expect("a readable file");
    Val::parse(&text).unwrap_or_else(|error| panic!("{}: {error:.200}", path.display()))
}

/// Known differences: the name of the case and the reason.
fn differences() -> BTreeMap<String, String> {
    let listed = read(&directory().join("differences.json"));
    let entries = object(&listed).entries().iter();
    let row = |(name, reason): &(_, Val)| {
        let name: &larboard_jq::Str = name;
        (
            name.to_string(),
            reason.as_str().expect("a reason").to_owned(),
        )
    };
    entries.map(row).collect()
}

fn items(value: &Val) -> &[Val] {
    match value {
        Val::Arr(array) => array.items(),
        other => panic!("{other} is no array"),
    }
}

fn object(value: &Val) -> &Object {
    match value {
        Val::Obj(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn text<'c>(case: &'c Object, key: &str) -> &'c str {
    case.get(key).and_then(Val::as_str).expect("a string")
}

fn expected(case: &Object) -> Outcome {
    Outcome {
        outputs: case
            .get("outputs")
            .map_or(Vec::new(), |outputs| items(outputs).to_vec()),
        error: case.get("error").cloned(),
        compile_error: case.get("compile_error").is_some_and(Val::is_truthy),
    }
}

fn play(case: &Object, dialect: Dialect) -> Outcome {
    let vars = case
        .get("vars")
        .map_or(&[][..], |vars| object(vars).entries());
    let options = Options {
        dialect,
        vars: vars.iter().map(|(name, _)| name.to_string()).collect(),
    };
    let values: Vec<Val> = vars.iter().map(|(_, value)| value.clone()).collect();
    let mut outcome = Outcome {
        outputs: Vec::new(),
        error: None,
        compile_error: false,
    };
    let Ok(program) = Program::compile(text(case, "program"), &options) else {
        outcome.compile_error = true;
        return outcome;
    };
    let limits = Limits::default();
    let run = Run::new(&limits, NOW).with_vars(&values);
    let input = case.get("input").cloned().unwrap_or_default();
    let (_, ended) = program.run(input, &run, &mut |output| {
        outcome.outputs.push(output);
        true
    });
    outcome.error = ended.err().map(|error| match error {
        RunError::Raised(value) => value,
        other => Val::from(other.to_string()),
    });
    outcome
}

/// Numbers by value, keys in order.
fn agree(a: &Outcome, b: &Outcome) -> bool {
    let error = match (&a.error, &b.error) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    };
    let outputs = a.outputs.iter().zip(&b.outputs).all(|(a, b)| same(a, b));
    error && outputs && a.outputs.len() == b.outputs.len() && a.compile_error == b.compile_error
}

fn same(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Arr(a), Val::Arr(b)) => {
            a.len() == b.len() && a.items().iter().zip(b.items()).all(|(a, b)| same(a, b))
        }
        (Val::Obj(a), Val::Obj(b)) => {
            let pairs = a.entries().iter().zip(b.entries());
            a.len() == b.len()
                && pairs
                    .into_iter()
                    .all(|((k, a), (l, b))| k == l && same(a, b))
        }
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a == b,
            // jq prints not-a-number as null.
            (None, None) => a == b || matches!((is_null(a), is_null(b)), (true, true)),
            _ => false,
        },
    }
}

/// As it is printed: not-a-number is null, what is infinite is the largest double.
fn number(value: &Val) -> Option<f64> {
    let number = value.as_f64().filter(|n| !n.is_nan())?;
    Some(number.clamp(-f64::MAX, f64::MAX))
}

fn is_null(value: &Val) -> bool {
    matches!(value, Val::Null) || value.as_f64().is_some_and(f64::is_nan)
}
