#!/usr/bin/env bash
# Formatting, lints and types of everything, warnings refused. Changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
scripts/build.sh web
cargo clippy --workspace --all-targets -- -D warnings
if [ -f web/package.json ]; then
    (cd web && npm run --silent check)
fi
for script in .ci/run scripts/*.sh; do
    bash -n "$script"
done
echo "check: nothing to complain about"
