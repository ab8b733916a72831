#!/usr/bin/env bash
# Sends the API what schemathesis makes of its OpenAPI document, valid and invalid, and checks every reply: no 5xx, nothing
# undocumented. The settings and what is left out are in schemathesis.toml.
#
# Twice: about things that are there, then about any. EXAMPLES (default 25) per operation and SEED (default 1) change what is sent; other arguments go to schemathesis.
# Set LARBOARD_BINARY to test a binary that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VERSION=4.32.5
venv=target/fuzz/venv
work=$(mktemp -d "${TMPDIR:-/tmp}/larboard-fuzz.XXXXXX")
server=

cleanup() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT

binary=${LARBOARD_BINARY:-}
if [ -z "$binary" ]; then
    cargo build --quiet --package larboard
    binary=target/debug/larboard
fi
if [ "$("$venv/bin/schemathesis" --version 2>/dev/null)" != "schemathesis, version $VERSION" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION"
fi

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
base="http://127.0.0.1:$port"
export LARBOARD_BOOTSTRAP_CLIENT_ID=fuzz LARBOARD_BOOTSTRAP_CLIENT_SECRET=fuzz-fuzz-fuzz-fuzz-fuzz-fuzz-fuzz-fuzz
"$binary" serve --listen "127.0.0.1:$port" --data "$work/data" --webhook-allow 192.0.2.0/24 --log warn >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    curl --silent --fail --output /dev/null "$base/health/ready" && break
    sleep 0.1
done
credentials="{\"clientId\":\"$LARBOARD_BOOTSTRAP_CLIENT_ID\",\"clientSecret\":\"$LARBOARD_BOOTSTRAP_CLIENT_SECRET\"}"
LARBOARD_FUZZ_TOKEN=$(curl --silent --fail --data "$credentials" "$base/v1/auth/access_token" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["accessToken"])')
export LARBOARD_FUZZ_TOKEN

# post PATH BODY: sends what the second pass needs and prints the reply.
post() {
    curl --silent --fail --header "Authorization: Bearer $LARBOARD_FUZZ_TOKEN" --data "$2" "$base$1"
}
post /v1/blueprints '{"identifier":"fuzz","title":"Fuzz","schema":{"properties":{"n":{"type":"number"}}}}' >/dev/null
post /v1/blueprints/fuzz/entities '{"identifier":"fuzz","properties":{"n":1}}' >/dev/null
post /v1/actions '{"identifier":"fuzz","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"fuzz",
    "userInputs":{"properties":{"n":{"type":"number"}}}},
    "invocationMethod":{"type":"WEBHOOK","url":"http://192.0.2.1/"}}' >/dev/null
run=$(post /v1/actions/fuzz/runs '{"properties":{},"entity":"fuzz"}' |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["run"]["id"])')
# The second pass asks about what is there, where the first asks mostly about what is not.
{
    cat schemathesis.toml
    printf '\n[parameters]\n'
    printf '"path.%s" = "%s"\n' blueprint fuzz entity fuzz action fuzz run "$run" page fuzzs
} >"$work/seeded.toml"

outcome=0
fuzz() {
    "$venv/bin/schemathesis" --config-file "$1" run "$base/openapi.json" \
        --max-examples "${EXAMPLES:-25}" --seed "${SEED:-1}" --continue-on-failure --no-shrink "${@:2}" || outcome=1
}
echo "== what is there"
fuzz "$work/seeded.toml" --phases coverage,fuzzing "$@"
echo "== anything"
fuzz schemathesis.toml "$@"
kill -0 "$server" 2>/dev/null || {
    echo "the server ended while it was tested" >&2
    outcome=1
}
if grep -q "panicked" "$work/server.log"; then
    grep -A3 "panicked" "$work/server.log" >&2
    outcome=1
fi
exit "$outcome"
