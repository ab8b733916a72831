//! What rendering a template may spend in all, and what it has.

use std::time::Duration;

use larboard_jq::Limits;

use crate::time::Timestamp;

/// The limits of a template: of each expression, and of all its expressions together.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateLimits {
    /// Of one expression.
    pub expression: Limits,
    /// Steps of all.
    pub fuel: u64,
    /// Bytes of values that all make.
    pub memory: u64,
    /// Bytes of all results.
    pub output: u64,
}

impl Default for TemplateLimits {
    fn default() -> Self {
        Self {
            expression: Limits {
                // What is stored is read again, and JSON is read to a depth of 128.
                nesting: 100,
                ..Limits::default()
            },
            fuel: 10_000_000,
            memory: 128 << 20,
            output: 8 << 20,
        }
    }
}

/// Measures the rendering of one template.
pub struct Meter<'a> {
    limits: TemplateLimits,
    /// Time since 1970, for `now`.
    pub(super) now: Duration,
    pub(super) stopwatch: Option<&'a dyn Fn() -> Duration>,
    /// Programs that were run; plain paths need none.
    pub programs: u64,
    /// Steps spent.
    pub fuel: u64,
}

impl<'a> Meter<'a> {
    /// A meter for one rendering. `stopwatch` tells how long the rendering has been
    /// under way, and without one there is no limit of time.
    pub fn new(
        limits: &TemplateLimits,
        now: Timestamp,
        stopwatch: Option<&'a dyn Fn() -> Duration>,
    ) -> Self {
        Self {
            limits: limits.clone(),
            now: Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(0)),
            stopwatch,
            programs: 0,
            fuel: 0,
        }
    }

    /// The limits of the next expression.
    pub(super) fn next(&self) -> Limits {
        let limits = &self.limits;
        Limits {
            fuel: limits.expression.fuel.min(limits.fuel),
            memory: limits.expression.memory.min(limits.memory),
            output: limits.expression.output.min(limits.output),
            ..limits.expression.clone()
        }
    }

    /// Charges what an expression used.
    pub(super) fn spend(&mut self, fuel: u64, memory: u64) {
        self.programs += 1;
        self.fuel += fuel;
        self.limits.fuel = self.limits.fuel.saturating_sub(fuel);
        self.limits.memory = self.limits.memory.saturating_sub(memory);
    }

    /// Charges a result; false if there is no room for it.
    pub(super) fn put_out(&mut self, bytes: u64) -> bool {
        match self.limits.output.checked_sub(bytes) {
            Some(left) => {
                self.limits.output = left;
                true
            }
            None => false,
        }
    }
}
