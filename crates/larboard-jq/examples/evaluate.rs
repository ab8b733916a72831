//! Answers programs on standard input: one JSON object per line in, one per line out. The other side of
//! `scripts/jq_differential.py`.
//!
//! In: `{"program": text, "input": value, "vars"?: {name: value}, "portal"?: true}`. Out: `{"outputs": [values]}`, with
//! `"error": value` if an error was raised after them, `"limit": text` if a limit ended the run, or `"compile_error": text`.
//! Lines are read with the engine's own reader, so that numbers keep their spelling as in jq.

use std::io::{BufRead, Error, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use larboard_jq::{Dialect, Limits, Object, Options, Program, Run, RunError, Val};

fn main() -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let question = Val::parse(&line?).map_err(Error::other)?;
        let answered = match &question {
            Val::Obj(question) => answer(question),
            _ => return Err(Error::other("a line is not an object")),
        };
        writeln!(out, "{{{answered}}}")?;
        out.flush()?;
    }
    Ok(())
}

/// What stands between the braces.
fn answer(question: &Object) -> String {
    let vars = match question.get("vars") {
        Some(Val::Obj(vars)) => vars.entries(),
        _ => &[],
    };
    let options = Options {
        dialect: match question.get("portal") {
            Some(portal) if portal.is_truthy() => Dialect::Portal,
            _ => Dialect::Jq,
        },
        vars: vars.iter().map(|(name, _)| name.to_string()).collect(),
    };
    let text = question.get("program").and_then(Val::as_str);
    let program = match Program::compile(text.unwrap_or_default(), &options) {
        Ok(program) => program,
        Err(error) => return format!("\"compile_error\": {}", Val::from(error.to_string())),
    };
    let values: Vec<Val> = vars.iter().map(|(_, value)| value.clone()).collect();
    let limits = Limits::default();
    let run = Run::new(&limits, now()).with_vars(&values);
    let input = question.get("input").cloned().unwrap_or_default();
    let mut outputs = Vec::new();
    let (_, ended) = program.run(input, &run, &mut |value| {
        outputs.push(value.to_string());
        true
    });
    let outputs = format!("\"outputs\": [{}]", outputs.join(","));
    match ended {
        Ok(()) => outputs,
        Err(RunError::Raised(error)) => format!("{outputs}, \"error\": {error}"),
        Err(other) => format!("{outputs}, \"limit\": {}", Val::from(other.to_string())),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program's clock, which jq's `now` is compared with"
)]
fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
