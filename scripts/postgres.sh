#!/usr/bin/env bash
# A throw-away PostgreSQL server for tests, on a free port of 127.0.0.1, with its data in DIR.
#
#   postgres.sh find        prints the directory of the server's programs
#   postgres.sh start DIR   creates the data, starts the server, prints its URL
#   postgres.sh stop DIR    stops the server started in DIR and removes its data
#
# Never fit for data anyone wants to keep: fsync is off, because tests of durability start servers of their own.
set -euo pipefail

usage() {
    echo "usage: scripts/postgres.sh find | start DIR | stop DIR" >&2
    exit 2
}

# The newest installed server; Debian keeps its programs out of PATH.
find_programs() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -n 1)
    if [ -z "$found" ] && command -v initdb >/dev/null; then
        found=$(dirname "$(command -v initdb)")
    fi
    if [ ! -x "$found/initdb" ]; then
        echo "postgres.sh: no PostgreSQL server is installed; run make setup" >&2
        return 1
    fi
    echo "$found"
}

# PostgreSQL refuses to run as root, so root steps down to the package's own user.
as_server() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    elif command -v setpriv >/dev/null; then
        setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        runuser -u postgres -- "$@"
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
    local dir=$1 programs port attempt
    programs=$(find_programs)
    mkdir -p "$dir"
    if [ "$(id -u)" = 0 ]; then
        chown postgres:postgres "$dir"
    fi
    # The server's user may not be able to enter the directory this was called from.
    cd "$dir"
    as_server "$programs/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 \
        --locale=C.UTF-8 --no-sync >"$dir.initdb.log" 2>&1 || {
        cat "$dir.initdb.log" >&2
        exit 1
    }
    rm -f "$dir.initdb.log"
    # Another program may take the port between asking for it and using it, hence more than one attempt.
    for attempt in 1 2 3; do
        port=$(free_port)
        if as_server "$programs/pg_ctl" start --silent --wait --timeout=60 --pgdata="$dir/data" \
            --log="$dir/server.log" --options="-p $port -c listen_addresses=127.0.0.1 \
                -c unix_socket_directories='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
                -c max_connections=400 -c shared_buffers=128MB" >/dev/null 2>&1 </dev/null; then
            echo "postgres://postgres@127.0.0.1:$port/postgres"
            return 0
        fi
    done
    echo "postgres.sh: the server did not start after $attempt attempts; its log:" >&2
    tail -n 20 "$dir/server.log" >&2
    exit 1
}

stop() {
    local dir=$1 pid
    if [ -s "$dir/data/postmaster.pid" ]; then
        pid=$(head -n 1 "$dir/data/postmaster.pid")
        # SIGQUIT ends it without a checkpoint: the data is thrown away anyway.
        kill -QUIT "$pid" 2>/dev/null || true
        tail --pid="$pid" --sleep-interval=0.1 --follow /dev/null 2>/dev/null || true
    fi
    rm -rf "$dir"
}

case "${1:-}" in
find) find_programs ;;
start) [ -n "${2:-}" ] || usage; start "$2" ;;
stop) [ -n "${2:-}" ] || usage; stop "$2" ;;
*) usage ;;
esac
