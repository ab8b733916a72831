//! What can go wrong: in compiling, in running, and inside the evaluator.

use std::fmt;

use crate::print;
use crate::value::{Object, Val};

/// Why a text is no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {}", .position + 1)]
pub struct CompileError {
    /// What is wrong and what was expected.
    pub message: String,
    /// Where, in characters from the start of the program, counted from 0.
    pub position: usize,
}

/// Which limit was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// Too many steps.
    Fuel,
    /// Too many bytes made.
    Memory,
    /// Evaluations nested too deep.
    Depth,
    /// A value nested too deep.
    Nesting,
    /// Outputs too large.
    Output,
    /// Too slow.
    Time,
    /// A regular expression that backtracks too much.
    Regex,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitKind::Fuel => "the expression takes too many steps",
            LimitKind::Memory => "the expression makes too much data",
            LimitKind::Depth => "the expression recurses too deep",
            LimitKind::Nesting => "a value is nested too deep",
            LimitKind::Output => "the result is too large",
            LimitKind::Time => "the expression takes too long",
            LimitKind::Regex => "a regular expression backtracks too much",
        })
    }
}

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq)]
pub enum RunError {
    /// An error as jq raises it, by a builtin or by `error`. The value is what `catch` would get.
    Raised(Val),
    /// A limit; see [`crate::Limits`].
    Limit(LimitKind),
    /// `break` of a label that is no longer running.
    Break,
}

impl RunError {
    /// The value of an error that the program raised.
    pub fn value(&self) -> Option<&Val> {
        match self {
            RunError::Raised(value) => Some(value),
            _ => None,
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Raised(Val::Str(message)) => f.write_str(message),
            RunError::Raised(other) => {
                let mut text = String::new();
                // An excerpt: the value itself may be large.
                let _ = print::write_json(other, &mut text, 4_000);
                f.write_str(&text)?;
                f.write_str(" (not a string)")
            }
            RunError::Limit(limit) => limit.fmt(f),
            RunError::Break => f.write_str("break"),
        }
    }
}

impl std::error::Error for RunError {}

/// How an evaluation ends before its last output.
#[derive(Debug)]
pub(crate) enum Stop {
    /// An error that `try` can catch.
    Raised(Box<Val>),
    /// Back to the label with this number.
    Break(u64),
    /// The one who takes the outputs wants no more. Whoever says so knows it and stops the unwinding.
    Enough,
    /// A limit. Nothing catches it.
    Limit(LimitKind),
}

impl Stop {
    pub(crate) fn raise(value: Val) -> Stop {
        Stop::Raised(Box::new(value))
    }

    pub(crate) fn message(text: impl Into<String>) -> Stop {
        Stop::raise(Val::from(text.into()))
    }

    /// `type (excerpt) <what>`
    pub(crate) fn about(value: &Val, what: &str) -> Stop {
        Stop::message(format!("{} {what}", print::describe(value)))
    }

    /// `type (excerpt) and type (excerpt) <what>`
    pub(crate) fn about_two(a: &Val, b: &Val, what: &str) -> Stop {
        Stop::message(format!(
            "{} and {} {what}",
            print::describe(a),
            print::describe(b)
        ))
    }
}

impl Stop {
    /// The value that `try` catches: of an error its own, of a `break` the object that jq makes of its label.
    pub(crate) fn caught(self) -> Result<Val, Stop> {
        match self {
            Stop::Raised(value) => Ok(*value),
            Stop::Break(label) => Ok(label_value(label)),
            other => Err(other),
        }
    }

    /// Whether this goes back to a label, also as a value that was caught and raised again.
    pub(crate) fn is_break_to(&self, label: u64) -> bool {
        match self {
            Stop::Break(to) => *to == label,
            Stop::Raised(value) => matches!(&**value, Val::Obj(_)) && **value == label_value(label),
            _ => false,
        }
    }
}

fn label_value(label: u64) -> Val {
    let mut object = Object::with_capacity(1);
    object.set(&"__jq".into(), Val::Num(label as f64));
    Val::obj(object)
}

impl From<Stop> for RunError {
    fn from(stop: Stop) -> RunError {
        match stop {
            Stop::Raised(value) => RunError::Raised(*value),
            Stop::Limit(limit) => RunError::Limit(limit),
            Stop::Break(_) | Stop::Enough => RunError::Break,
        }
    }
}
