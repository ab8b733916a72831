//! What an evaluation may use, and the meter that says stop.
//!
//! Three things are counted. **Fuel** counts steps: every node that is evaluated, every item that a builtin looks at, every
//! comparison. **Memory** counts the bytes of the values that are made. It only grows: what is freed is not given back, so it
//! bounds the peak, and a loop that makes garbage uses it up too. **Depth** counts nested evaluations, which use the stack of
//! the thread. No limit can be caught by `try`.

use std::time::Duration;

use crate::error::{LimitKind, Stop};

/// The limits of one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Steps.
    pub fuel: u64,
    /// Bytes of values made.
    pub memory: u64,
    /// Nested evaluations. The default needs up to 1.4 MiB of stack, in the development profile too (where this crate is
    /// optimized a little: without, a level takes up to 10 KiB).
    pub depth: u32,
    /// How deep arrays and objects may be nested in one value.
    pub nesting: u32,
    /// Bytes that all outputs together take to print, about.
    pub output: u64,
    /// How often a regular expression may backtrack in one search.
    pub regex_backtracks: usize,
    /// Time. It is looked at every few thousand steps, and only if the run has a stopwatch.
    pub wall: Option<Duration>,
}

impl Default for Limits {
    /// Generous for a template, harmless for a server: about a tenth of a second at most.
    fn default() -> Limits {
        Limits {
            fuel: 5_000_000,
            memory: 64 << 20,
            depth: 400,
            nesting: 1_000,
            output: 4 << 20,
            regex_backtracks: 200_000,
            wall: None,
        }
    }
}

/// What an evaluation has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Steps.
    pub fuel: u64,
    /// Bytes of values made.
    pub memory: u64,
    /// The deepest nesting of evaluations.
    pub depth: u32,
}

/// Time since the start of a run, as the caller measures it.
pub type Stopwatch<'a> = &'a (dyn Fn() -> Duration + 'a);

/// Steps between two looks at the stopwatch.
const LOOK: u64 = 4096;

pub(crate) struct Meter<'a> {
    pub(crate) limits: &'a Limits,
    fuel_left: u64,
    memory_left: u64,
    output_left: u64,
    next_look: u64,
    stopwatch: Option<Stopwatch<'a>>,
    depth: u32,
    deepest: u32,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(limits: &'a Limits, stopwatch: Option<Stopwatch<'a>>) -> Meter<'a> {
        Meter {
            limits,
            fuel_left: limits.fuel,
            memory_left: limits.memory,
            output_left: limits.output,
            next_look: match (stopwatch, limits.wall) {
                (Some(_), Some(_)) => limits.fuel.saturating_sub(LOOK),
                _ => 0,
            },
            stopwatch,
            depth: 0,
            deepest: 0,
        }
    }

    pub(crate) fn spent(&self) -> Spent {
        Spent {
            fuel: self.limits.fuel - self.fuel_left,
            memory: self.limits.memory - self.memory_left,
            depth: self.deepest,
        }
    }

    /// Charges steps.
    #[inline]
    pub(crate) fn work(&mut self, steps: u64) -> Result<(), Stop> {
        match self.fuel_left.checked_sub(steps) {
            Some(left) => self.fuel_left = left,
            None => {
                self.fuel_left = 0;
                return Err(Stop::Limit(LimitKind::Fuel));
            }
        }
        if self.fuel_left < self.next_look {
            return self.look();
        }
        Ok(())
    }

    #[cold]
    fn look(&mut self) -> Result<(), Stop> {
        self.next_look = self.fuel_left.saturating_sub(LOOK);
        match (self.stopwatch, self.limits.wall) {
            (Some(elapsed), Some(wall)) if elapsed() > wall => Err(Stop::Limit(LimitKind::Time)),
            _ => Ok(()),
        }
    }

    /// Steps that a comparison may take; what it took is charged with [`Meter::took`].
    pub(crate) fn steps(&self) -> u64 {
        self.fuel_left
    }

    /// Charges a comparison by the steps it left over.
    pub(crate) fn took<T>(&mut self, left: u64, outcome: Option<T>) -> Result<T, Stop> {
        match outcome {
            Some(outcome) => {
                self.work(self.fuel_left.saturating_sub(left))?;
                Ok(outcome)
            }
            None => {
                self.fuel_left = 0;
                Err(Stop::Limit(LimitKind::Fuel))
            }
        }
    }

    /// Charges bytes that are about to be made.
    #[inline]
    pub(crate) fn memory(&mut self, bytes: u64) -> Result<(), Stop> {
        match self.memory_left.checked_sub(bytes) {
            Some(left) => {
                self.memory_left = left;
                Ok(())
            }
            None => Err(Stop::Limit(LimitKind::Memory)),
        }
    }

    pub(crate) fn memory_left(&self) -> usize {
        usize::try_from(self.memory_left).unwrap_or(usize::MAX)
    }

    /// Charges an output by what it takes to print.
    pub(crate) fn output(&mut self, bytes: u64) -> Result<(), Stop> {
        match self.output_left.checked_sub(bytes) {
            Some(left) => {
                self.output_left = left;
                Ok(())
            }
            None => Err(Stop::Limit(LimitKind::Output)),
        }
    }

    #[inline]
    pub(crate) fn enter(&mut self) -> Result<(), Stop> {
        if self.depth >= self.limits.depth {
            return Err(Stop::Limit(LimitKind::Depth));
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        Ok(())
    }

    #[inline]
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(crate) fn nesting(&self, depth: u32) -> Result<(), Stop> {
        if depth > self.limits.nesting {
            return Err(Stop::Limit(LimitKind::Nesting));
        }
        Ok(())
    }
}
