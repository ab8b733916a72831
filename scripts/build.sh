#!/usr/bin/env bash
# Builds the portal if its sources are newer than its last build, then the binary that embeds it.
#
# `build.sh` uses Cargo's dev profile, which compiles much quicker: right for a demo, meaningless for measuring.
# `build.sh release` makes the binary to measure and to ship; `build.sh web` stops after the portal.
set -euo pipefail
cd "$(dirname "$0")/.."

web_is_stale() {
    local built=web/dist/index.html
    [ -f "$built" ] || return 0
    [ -n "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/e2e -prune \
        -o -type f -newer "$built" -print -quit)" ]
}

build_web() {
    [ -f web/package.json ] || return 0
    web_is_stale || return 0
    echo "build: the portal"
    (cd web && npm run --silent build)
    # Bundlers may keep an unchanged index.html; its age is what staleness is measured by.
    touch web/dist/index.html
}

build_web
case "${1:-dev}" in
web) ;;
dev) cargo build --quiet --package larboard ;;
release) cargo build --quiet --package larboard --release ;;
*)
    echo "usage: scripts/build.sh [web|dev|release]" >&2
    exit 2
    ;;
esac
