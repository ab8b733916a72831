//! The clock and the randomness of the operating system: the only place that asks for either (invariant 7).

use larboard_core::id::IdSource;
use larboard_core::time::{Clock, Timestamp};

/// The clock of this machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock everyone else is given"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

/// Randomness from the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemIds;

impl IdSource for SystemIds {
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            // Without randomness every identifier and key would be guessable: stopping is the only safe answer.
            std::process::abort();
        }
    }
}
