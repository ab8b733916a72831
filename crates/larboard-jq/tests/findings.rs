//! What the fuzzer found is played again: every file of `fuzz/findings` is a case that once broke a promise of the engine.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]

mod fuzzed;

use std::fs;
use std::path::Path;

#[test]
fn no_finding_of_the_fuzzer_comes_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/findings");
    let mut played = 0;
    for entry in fs::read_dir(folder).expect("the findings") {
        let path = entry.expect("a file").path();
        fuzzed::play_case(&fs::read(&path).expect("a finding"));
        played += 1;
    }
    assert!(played >= 2, "{played} findings");
}
