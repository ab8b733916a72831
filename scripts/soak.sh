#!/usr/bin/env bash
# The long runs, against a release build: load with kill -9 in it and nothing lost, random searches against a model on both
# databases, and a catalog of a million entities whose pages are checked.
#
# MINUTES (10), SEEDS (200) and SIZES (1000000) set how long; arguments go to soak.py. The PostgreSQL it starts it stops.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d "${TMPDIR:-/tmp}/larboard-soak.XXXXXX")
chmod 755 "$work"
cleanup() {
    scripts/postgres.sh stop "$work/postgres"
    rm -rf "$work"
}
trap cleanup EXIT

scripts/build.sh release
python3 scripts/soak.py --binary target/release/larboard --minutes "${MINUTES:-10}" "$@"
LARBOARD_TEST_DATABASE_URL=$(scripts/postgres.sh start "$work/postgres")
export LARBOARD_TEST_DATABASE_URL LARBOARD_SOAK="${SEEDS:-200}"
cargo test --quiet --profile soak --package larboard --test api -- searching
python3 scripts/scale.py --binary target/release/larboard --sizes "${SIZES:-1000000}"
