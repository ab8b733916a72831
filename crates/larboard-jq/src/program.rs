//! Programs: compiled once, run often, from any thread.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::builtins::regex::Regexes;
use crate::compile;
use crate::error::{CompileError, RunError, Stop};
use crate::eval::Machine;
use crate::expr::Code;
use crate::limits::{Limits, Meter, Spent, Stopwatch};
use crate::plain::Plain;
use crate::syntax::{self, Dialect};
use crate::value::Val;

/// How a text is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// The spelling of the language.
    pub dialect: Dialect,
    /// Names of variables that every run gives values for, without `$`.
    pub vars: Vec<String>,
}

/// What a run needs besides the program and its input.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What it may use.
    pub limits: &'a Limits,
    /// Values of the variables in [`Options::vars`], in the same order; what is missing is null.
    pub vars: &'a [Val],
    /// What `now` gives: time since 1970.
    pub now: Duration,
    /// Time since the start of the run, for [`Limits::wall`].
    pub stopwatch: Option<Stopwatch<'a>>,
}

impl<'a> Run<'a> {
    /// A run without variables and without a stopwatch.
    pub fn new(limits: &'a Limits, now: Duration) -> Run<'a> {
        Run {
            limits,
            vars: &[],
            now,
            stopwatch: None,
        }
    }

    /// The same with values for variables.
    #[must_use]
    pub fn with_vars(self, vars: &'a [Val]) -> Run<'a> {
        Run { vars, ..self }
    }
}

/// A compiled program. Cheap to clone; `Send` and `Sync`.
#[derive(Clone, Debug)]
pub struct Program(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    plain: Option<Plain>,
    vars: usize,
    regexes: Regexes,
}

impl Program {
    /// Compiles a text.
    pub fn compile(text: &str, options: &Options) -> Result<Program, CompileError> {
        let tree = syntax::parse(text, options.dialect)?;
        let code = compile::compile(&tree, &options.vars, text)?;
        Ok(Program(Arc::new(Inner {
            plain: Plain::of(&code.main),
            code,
            vars: options.vars.len(),
            regexes: Regexes::default(),
        })))
    }

    /// Runs the program and passes its outputs on as they come. `out` says whether it wants more.
    ///
    /// What was used is given in every case, also when the run fails.
    pub fn run(
        &self,
        input: Val,
        run: &Run<'_>,
        out: &mut dyn FnMut(Val) -> bool,
    ) -> (Spent, Result<(), RunError>) {
        let inner = &*self.0;
        let meter = Meter::new(run.limits, run.stopwatch);
        let now = run.now.as_micros() as f64 / 1e6;
        let mut machine = Machine::new(meter, &inner.code.functions, now, &inner.regexes);
        let mut enough = false;
        let flow = self.bind(&mut machine, run).and_then(|env| {
            machine.each(&inner.code.main, env, input, &mut |machine, value| {
                machine.meter.output(value.weight())?;
                enough = !out(value);
                if enough { Err(Stop::Enough) } else { Ok(()) }
            })
        });
        let outcome = match flow {
            Err(Stop::Enough) if enough => Ok(()),
            other => other.map_err(RunError::from),
        };
        (machine.meter.spent(), outcome)
    }

    fn bind<'p>(&'p self, machine: &mut Machine<'p>, run: &Run<'_>) -> Result<u32, Stop> {
        let mut vars = run.vars.to_vec();
        vars.resize(self.0.vars, Val::Null);
        machine.bind_vars(&vars)
    }

    /// The first output, if there is one. What would come after it is not evaluated.
    pub fn first(&self, input: Val, run: &Run<'_>) -> Result<Option<Val>, RunError> {
        let mut first = None;
        let (_, outcome) = self.run(input, run, &mut |value| {
            first = Some(value);
            false
        });
        outcome.map(|()| first)
    }

    /// All outputs. If the program fails after some, those are lost.
    pub fn all(&self, input: Val, run: &Run<'_>) -> Result<Vec<Val>, RunError> {
        let mut all = Vec::new();
        let (_, outcome) = self.run(input, run, &mut |value| {
            all.push(value);
            true
        });
        outcome.map(|()| all)
    }

    /// The first output, from and to `serde_json`. A plain path (`.inputs.name`) is looked up in the input without converting
    /// or copying anything.
    pub fn first_value<'v>(
        &self,
        input: &'v Value,
        run: &Run<'_>,
    ) -> Result<Option<Cow<'v, Value>>, RunError> {
        if let Some(plain) = &self.0.plain
            && let Some(found) = plain.find(input)
        {
            return Ok(Some(Cow::Borrowed(found)));
        }
        let first = self.first(Val::from(input), run)?;
        Ok(first.map(|value| Cow::Owned(Value::from(&value))))
    }

    /// The key of its input that the program looks up if it is a plain path, and the only one it sees.
    pub fn only_key(&self) -> Option<&str> {
        self.0.plain.as_ref()?.first_key()
    }

    /// Whether the program is a plain path, which is looked up rather than run.
    pub fn is_plain(&self) -> bool {
        self.0.plain.is_some()
    }
}
