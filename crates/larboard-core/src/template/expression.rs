//! What stands between two pairs of braces: compiled once, run on many contexts.

use larboard_jq::{CompileError, Dialect, Options, Program, Reads, Run, RunError, Val};
use serde_json::Value;

use super::render::Both;
use super::scan::Scanned;
use super::{Meter, Scope, TemplateError};
use crate::scrub::STRUCK_OUT;

/// The key of the context that must not be shown.
const SECRETS: &str = "secrets";

/// A compiled expression.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    text: String,
    /// Where it begins in its string, in characters from 0.
    index: usize,
    program: Program,
    secrets: Reads,
}

impl Expression {
    /// Compiles what the scan of `text` found.
    pub(super) fn compile(
        place: &str,
        text: &str,
        scanned: &Scanned,
    ) -> Result<Self, TemplateError> {
        let inside = &text[scanned.start..scanned.end];
        let indent = inside.len() - inside.trim_start().len();
        let expression = inside.trim();
        let index = text[..scanned.start + indent].chars().count();
        let options = Options {
            dialect: Dialect::Portal,
            vars: Vec::new(),
        };
        let compiled = Program::compile(expression, &options).and_then(|program| {
            let secrets = larboard_jq::reads(expression, options.dialect, SECRETS)?;
            Ok((program, secrets))
        });
        match compiled {
            Ok((program, secrets)) => Ok(Self {
                text: expression.to_owned(),
                index,
                program,
                secrets,
            }),
            Err(fault) => Err(no_program(place, text, expression, index, &fault)),
        }
    }

    pub(super) fn reads_secrets(&self) -> bool {
        self.secrets != Reads::Never
    }

    pub(super) fn is_plain(&self) -> bool {
        self.program.is_plain()
    }

    /// The only key of the context that it sees, if that is known.
    pub(super) fn only_key(&self) -> Option<&str> {
        self.program.only_key()
    }

    /// The first result, as it is sent and as it may be shown.
    pub(super) fn eval(
        &self,
        place: &str,
        scope: &Scope<'_>,
        meter: &mut Meter<'_>,
    ) -> Result<Both, TemplateError> {
        let sent = self.first(scope.context, || scope.value(), meter);
        if self.secrets == Reads::Never {
            let sent = sent.map_err(|fault| self.error(place, fault))?;
            return Ok(Both::same(sent));
        }
        let struck =
            |meter: &mut Meter<'_>| self.first(&scope.struck().0, || &scope.struck().1, meter);
        match sent {
            Ok(sent) => {
                let shown = match self.secrets {
                    Reads::Copies => struck(meter).unwrap_or(Some(STRUCK_OUT.into())),
                    _ => Some(STRUCK_OUT.into()),
                };
                Ok(Both {
                    sent,
                    shown: Some(shown),
                })
            }
            Err(fault) if fault.limit => Err(self.error(place, fault)),
            // The message may quote a secret, so it is told only if it reads the same without them.
            Err(_) => Err(self.error(
                place,
                struck(meter).err().unwrap_or(Fault {
                    message: "it fails with the secrets it reads; the reason may show one and is left out".to_owned(),
                    limit: false,
                }),
            )),
        }
    }

    fn first<'v>(
        &self,
        context: &Value,
        value: impl FnOnce() -> &'v Val,
        meter: &mut Meter<'_>,
    ) -> Result<Option<Value>, Fault> {
        let found = if self.program.is_plain() {
            self.look_up(context, meter)?
        } else {
            self.run(value(), meter)?
        };
        if meter.put_out(found.as_ref().map_or(0, size)) {
            Ok(found)
        } else {
            Err(Fault {
                message: "the results of the template are too large".to_owned(),
                limit: true,
            })
        }
    }

    /// A plain path is looked up in the context as it is.
    fn look_up(&self, context: &Value, meter: &Meter<'_>) -> Result<Option<Value>, Fault> {
        let limits = meter.next();
        let found = self
            .program
            .first_value(context, &Run::new(&limits, meter.now))?;
        Ok(found.map(|found| found.into_owned()))
    }

    fn run(&self, value: &Val, meter: &mut Meter<'_>) -> Result<Option<Value>, Fault> {
        let limits = meter.next();
        let run = Run {
            stopwatch: meter.stopwatch,
            ..Run::new(&limits, meter.now)
        };
        let mut first = None;
        let (spent, outcome) = self.program.run(value.clone(), &run, &mut |value| {
            first = Some(value);
            false
        });
        meter.spend(spent.fuel, spent.memory);
        outcome?;
        Ok(first.as_ref().map(Value::from))
    }

    fn error(&self, place: &str, fault: Fault) -> TemplateError {
        TemplateError {
            place: place.to_owned(),
            message: format!(
                "{} (in {:?}, index {})",
                fault.message, self.text, self.index
            ),
            index: None,
            limit: fault.limit,
        }
    }
}

/// Why an expression has no result.
struct Fault {
    /// A sentence without its full stop.
    message: String,
    /// A limit was met.
    limit: bool,
}

impl From<RunError> for Fault {
    fn from(error: RunError) -> Self {
        Self {
            limit: matches!(error, RunError::Limit(_)),
            message: error.to_string(),
        }
    }
}

fn no_program(
    place: &str,
    text: &str,
    expression: &str,
    index: usize,
    fault: &CompileError,
) -> TemplateError {
    let at = index + fault.position;
    // The commonest mistake in templates, which jq cannot know of.
    let hint = if text.contains("{{{") || text.contains("}}}") {
        "; braces of jq next to those of the template need a space between them"
    } else {
        ""
    };
    TemplateError {
        place: place.to_owned(),
        message: format!("{} (in {expression:?}, index {at}){hint}", fault.message),
        index: Some(at),
        limit: false,
    }
}

/// About how many bytes a value takes in JSON.
fn size(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() as u64 + 2,
        Value::Array(items) => 2 + items.iter().map(size).sum::<u64>(),
        Value::Object(entries) => {
            let entries = entries.iter();
            2 + entries
                .map(|(key, value)| key.len() as u64 + 4 + size(value))
                .sum::<u64>()
        }
    }
}
