//! What the fuzzer asserts of a case, shared with the tests that play its findings again. Whatever the program and its input
//! are: nothing panics, no limit is exceeded, and what comes out prints and reads back as the same value.
//!
//! A case is the text of a program, a zero byte, and the input as JSON.

#![allow(
    clippy::panic,
    reason = "a broken promise ends the test, or the fuzzer's run"
)]

use std::time::Duration;

use larboard_jq::{Dialect, Limits, Options, Program, Run, RunError, Val};

const NOW: Duration = Duration::from_secs(1_700_000_000);

fn limits() -> Limits {
    Limits {
        fuel: 20_000,
        memory: 1 << 20,
        output: 64 << 10,
        regex_backtracks: 2_000,
        ..Limits::default()
    }
}

/// Plays a case; panics where the engine breaks a promise.
pub(crate) fn play_case(case: &[u8]) {
    let Ok(case) = std::str::from_utf8(case) else {
        return;
    };
    let (text, input) = case.split_once('\0').unwrap_or((case, "null"));
    for dialect in [Dialect::Jq, Dialect::Portal] {
        let options = Options {
            dialect,
            vars: vec!["x".to_owned()],
        };
        match Program::compile(text, &options) {
            Ok(program) => play(&program, input),
            Err(error) => {
                assert!(error.position <= text.chars().count(), "{error:?}");
                assert!(!error.message.is_empty());
            }
        }
    }
}

fn play(program: &Program, input: &str) {
    let limits = limits();
    let input = Val::parse(input).unwrap_or_default();
    let vars = [input.clone()];
    let run = Run::new(&limits, NOW).with_vars(&vars);
    let mut outputs = Vec::new();
    let (spent, outcome) = program.run(input.clone(), &run, &mut |output| {
        outputs.push(output);
        true
    });
    assert!(
        spent.fuel <= limits.fuel && spent.memory <= limits.memory,
        "{spent:?}"
    );
    assert!(spent.depth <= limits.depth, "{spent:?}");
    if let Err(RunError::Break) = outcome {
        panic!("a break without a label");
    }
    for output in &outputs {
        let text = output.to_string();
        let again = Val::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        // A number that was computed may be spelled otherwise once it was read, as in jq, but it is the same number.
        assert_eq!(
            Val::parse(&again.to_string()).as_ref(),
            Ok(&again),
            "{text}"
        );
    }

    // The same program, run again, does the same, and a plain path is what the evaluator makes of it.
    let json = serde_json::Value::from(&input);
    let (looked_up, evaluated) = (
        program.first_value(&json, &run),
        program.first(Val::from(&json), &run),
    );
    match (looked_up, evaluated) {
        // Equal as values once they are JSON: a large float may come back as the integer that it is.
        (Ok(a), Ok(b)) => {
            let b = b.as_ref().map(serde_json::Value::from);
            assert_eq!(a.as_deref().map(Val::from), b.as_ref().map(Val::from));
        }
        // A regex is charged for when it is compiled, and kept then, so that the second run may get further.
        (Err(RunError::Limit(_)), _) => {}
        (Err(a), Err(b)) => assert_eq!(a.to_string(), b.to_string()),
        (a, b) => panic!("{a:?} and {b:?}"),
    }
}
