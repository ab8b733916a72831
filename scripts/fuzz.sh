#!/bin/sh
# Fuzzes the jq engine, guided by coverage, for so many seconds (3600 by default). What it finds is left in fuzz/artifacts;
# keep a fixed finding as a case of crates/larboard-jq/tests/findings.rs and as a seed in fuzz/findings.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-3600}
work=${FUZZ_DIR:-target/fuzz}
mkdir -p "$work/corpus" fuzz/artifacts
python3 fuzz/seeds.py "$work/seeds"
# What cargo-fuzz would pass; only the instrumentation of sanitizers would need a nightly compiler.
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=4" \
    RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
    cargo build --release --quiet --manifest-path fuzz/Cargo.toml --target "$(rustc -vV | sed -n 's/^host: //p')"
exec "$work"/target/*/release/jq "$work/corpus" "$work/seeds" -max_total_time="$seconds" -max_len=600 -timeout=10 \
    -rss_limit_mb=1024 -dict=fuzz/jq.dict -artifact_prefix=fuzz/artifacts/ -print_final_stats=1
