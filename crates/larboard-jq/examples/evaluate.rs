//! Answers programs on standard input: one JSON object per line in, one per line out. The other side of
//! `scripts/jq_differential.py`.
//!
//! In: `{"program": text, "input": value, "vars"?: {name: value}, "portal"?: true}`. Out: `{"outputs": [values]}`, with
//! `"error": value` if an error was raised after them, `"limit": text` if a limit ended the run, or `"compile_error": text`.

use std::io::{BufRead, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use larboard_jq::{Dialect, Limits, Options, Program, Run, RunError, Val};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        writeln!(out, "{}", answer(&question))?;
        out.flush()?;
    }
    Ok(())
}

fn answer(question: &Value) -> Value {
    let (names, values): (Vec<String>, Vec<Val>) = question["vars"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), Val::from(value)))
        .unzip();
    let dialect = match question["portal"].as_bool() {
        Some(true) => Dialect::Portal,
        _ => Dialect::Jq,
    };
    let options = Options {
        dialect,
        vars: names,
    };
    let text = question["program"].as_str().unwrap_or_default();
    let program = match Program::compile(text, &options) {
        Ok(program) => program,
        Err(error) => return json!({ "compile_error": error.to_string() }),
    };
    let limits = Limits::default();
    let run = Run::new(&limits, now()).with_vars(&values);
    let mut outputs = Vec::new();
    let (_, ended) = program.run(Val::from(&question["input"]), &run, &mut |value| {
        outputs.push(Value::from(&value));
        true
    });
    match ended {
        Ok(()) => json!({ "outputs": outputs }),
        Err(RunError::Raised(error)) => {
            json!({ "outputs": outputs, "error": Value::from(&error) })
        }
        Err(other) => json!({ "outputs": outputs, "limit": other.to_string() }),
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
