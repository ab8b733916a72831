//! Time and randomness that a test rules: a clock that stands until it is moved, and identifiers that are the same in
//! every run of the test.

use larboard_core::id::IdSource;
use larboard_core::time::{Clock, Timestamp};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Where every test begins: 2026-01-05T10:00:00.000Z.
pub const START: i64 = 1_767_607_200_000;

/// A clock that stands still until a test moves it.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new() -> Self {
        Self(AtomicI64::new(START))
    }

    /// Moves the clock on by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Counts, and spreads the count over all bits so that no identifier is a prefix of another (SplitMix64).
pub struct CountingIds(AtomicU64);

impl CountingIds {
    pub fn new() -> Self {
        Self(AtomicU64::new(1))
    }

    /// Others than those of [`CountingIds::new`], for a second server on the same database.
    pub fn of_a_replica() -> Self {
        Self(AtomicU64::new(1 << 40))
    }
}

impl IdSource for CountingIds {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            let mut z = count.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}
