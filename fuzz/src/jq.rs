//! The fuzz target: what it asserts is shared with the tests that play its findings again.

#![no_main]

#[path = "../../crates/larboard-jq/tests/fuzzed/mod.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|case: &[u8]| fuzzed::play_case(case));
