#!/usr/bin/env bash
# Runs every test of the repository and prints, as its very last line, the totals of all runners together.
#
# One PostgreSQL serves all tests (each makes a database of its own). What this starts it stops, whatever happens.
# A runner that fails without naming a failed test counts as one failure, so that nothing broken looks green.
set -uo pipefail
cd "$(dirname "$0")/.."
export NO_COLOR=1 CARGO_TERM_COLOR=never FORCE_COLOR=0

work=$(mktemp -d "${TMPDIR:-/tmp}/larboard-test.XXXXXX")
chmod 755 "$work"
passed=0
failed=0

cleanup() {
    scripts/postgres.sh stop "$work/postgres"
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# part NAME RUNNER COMMAND…: runs the command, shows its output and adds up what it reports in the runner's way.
part() {
    local name=$1 runner=$2 log="$work/output" outcome=0 counts
    shift 2
    echo "== $name"
    "$@" 2>&1 | tee "$log" || outcome=$?
    counts=$(awk -v runner="$runner" -f scripts/count.awk "$log")
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
    if [ "$outcome" != 0 ] && [ "${counts#* }" = 0 ]; then
        echo "$name ended with status $outcome" >&2
        failed=$((failed + 1))
    fi
}

inside() {
    local directory=$1
    shift
    (cd "$directory" && "$@")
}

totals() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] || exit 1
    exit 0
}

if ! LARBOARD_TEST_DATABASE_URL=$(scripts/postgres.sh start "$work/postgres"); then
    failed=1
    totals
fi
export LARBOARD_TEST_DATABASE_URL

part "portal build" none scripts/build.sh web
part "Rust" cargo cargo test --workspace --no-fail-fast
part "sample backend (Python)" unittest python3 -m unittest discover -s examples/backend -p 'test_*.py'
part "signature receiver (Python)" unittest python3 -m unittest discover -s e2e/receivers -p 'test_*.py'
part "signature receiver (Node)" tap node --test --test-reporter=tap e2e/receivers/receiver.test.mjs
if [ -f web/package.json ]; then
    part "portal (unit)" vitest inside web npm test --silent
fi
if [ -f web/e2e/run.mjs ]; then
    part "product binary" none cargo build --quiet --package larboard
    part "portal (browser)" total env LARBOARD_BINARY="$PWD/target/debug/larboard" node web/e2e/run.mjs
fi
totals
