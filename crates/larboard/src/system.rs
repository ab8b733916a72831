//! The clock and the randomness of the operating system: the only place that asks for either (invariant 7).

use larboard_core::id::{IdSource, Kind};
use larboard_core::time::{Clock, Timestamp};
use std::cell::RefCell;

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
    /// Identifiers of what is written by the thousand start with the time, so that each goes beside the last one in the
    /// indexes of the database; a random one would have a page of its own read, logged and written back. The other half is
    /// random, so that the next one cannot be guessed.
    fn id(&self, kind: Kind) -> String {
        let timed = matches!(
            kind,
            Kind::Run | Kind::RunLog | Kind::AuditEvent | Kind::Delivery
        );
        let mut text = String::with_capacity(kind.prefix().len() + LENGTH);
        text.push_str(kind.prefix());
        if timed {
            push_time(&mut text, SystemClock.now());
        }
        self.push_base62(&mut text, if timed { LENGTH - TIME } else { LENGTH });
        text
    }

    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > POOL / 8 {
            return fresh(bytes);
        }
        RANDOM.with_borrow_mut(|pool| pool.take(bytes));
    }
}

/// Characters of an identifier after its prefix, and how many of them tell the time: enough for some thousand years.
const LENGTH: usize = 16;
const TIME: usize = 8;

/// The milliseconds since 1970 in base 62, most significant first, so that text order is time order.
fn push_time(text: &mut String, now: Timestamp) {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; TIME];
    let mut rest = usize::try_from(now.as_millis()).unwrap_or(0);
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[rest % ALPHABET.len()];
        rest /= ALPHABET.len();
    }
    text.extend(digits.map(char::from));
}

fn fresh(bytes: &mut [u8]) {
    if aws_lc_rs::rand::fill(bytes).is_err() {
        // Without randomness every identifier and key would be guessable: stopping is the only safe answer.
        std::process::abort();
    }
}

/// Random bytes a thread has in stock: a request needs several identifiers of a few bytes each, and the generator takes
/// about as long for a few bytes as for many.
const POOL: usize = 512;

struct Pool {
    bytes: [u8; POOL],
    used: usize,
}

thread_local! {
    static RANDOM: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL], used: POOL }) };
}

impl Pool {
    /// Hands out bytes that were handed out to nobody, and keeps no copy of them.
    fn take(&mut self, out: &mut [u8]) {
        if POOL - self.used < out.len() {
            fresh(&mut self.bytes);
            self.used = 0;
        }
        let taken = &mut self.bytes[self.used..self.used + out.len()];
        out.copy_from_slice(taken);
        taken.fill(0);
        self.used += out.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn identifiers_of_several_threads_never_repeat() {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                std::thread::spawn(|| {
                    (0..5000)
                        .map(|_| SystemIds.id(Kind::Run))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let all: Vec<String> = threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn identifiers_that_start_with_the_time_sort_by_it() {
        let at = |millis| {
            let mut text = String::new();
            push_time(&mut text, Timestamp::from_millis(millis));
            text
        };
        let instants = [
            0,
            1,
            61,
            62,
            1_700_000_000_000,
            1_700_000_000_001,
            4_102_444_800_000,
        ];
        for pair in instants.windows(2) {
            assert!(at(pair[0]) < at(pair[1]), "{pair:?}");
        }
        assert!(at(4_102_444_800_000).len() == TIME);
        for kind in [Kind::Run, Kind::Entity] {
            let id = SystemIds.id(kind);
            assert_eq!(id.len(), kind.prefix().len() + LENGTH);
        }
    }

    #[test]
    fn bytes_handed_out_are_gone_from_the_stock() {
        let mut pool = Pool {
            bytes: [0; POOL],
            used: POOL,
        };
        for _ in 0..200 {
            let mut out = [0_u8; 24];
            pool.take(&mut out);
            assert_ne!(out, [0; 24]);
            assert!(pool.bytes[..pool.used].iter().all(|byte| *byte == 0));
        }
    }
}
