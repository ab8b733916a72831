//! jq for text that nobody vouches for.
//!
//! An engine of its own that agrees with jq 1.8, contains whatever a program does ([`Limits`]), and costs microseconds once a
//! program is compiled ([`Cache`]). It does no I/O and reads no clock; the time is a parameter ([`Run`]).
//!
//! ```
//! use std::time::Duration;
//! use larboard_jq::{Limits, Options, Program, Run, Val};
//!
//! let program = Program::compile(".name + \"!\"", &Options::default())?;
//! let input = serde_json::json!({"name": "shop"});
//! let limits = Limits::default();
//! let output = program.first_value(&input, &Run::new(&limits, Duration::ZERO))?;
//! assert_eq!(output.as_deref(), Some(&serde_json::json!("shop!")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is missing on purpose: modules, `input`, `halt`, `debug` and everything else that reaches outside of a program. `env`
//! and `$ENV` are empty.
//!
//! The parts: `syntax` (text to tree), `reads` (what of its input a program can see), `compile` (tree to code), `eval` (code to outputs), `builtins`, `value`, `print`,
//! `limits`.

mod builtins;
mod cache;
mod compile;
mod error;
mod eval;
mod expr;
mod limits;
mod plain;
mod print;
mod program;
mod reads;
mod syntax;
mod value;

pub use cache::{Cache, CacheStats};
pub use error::{CompileError, LimitKind, RunError};
pub use limits::{Limits, Spent, Stopwatch};
pub use program::{Options, Program, Run};
pub use reads::{Reads, reads};
pub use syntax::Dialect;
pub use value::{Array, Decimal, Object, Str, Val};
