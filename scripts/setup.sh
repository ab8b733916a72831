#!/usr/bin/env bash
# Installs what is missing: `setup.sh build` for building, `setup.sh all` for testing as well.
#
# Uses apt only when something is absent and this user may use apt; otherwise says what to install. Quiet when
# there is nothing to do. It does not install the language toolchains.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-all}

fail() {
    echo "setup: $*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# A compiler without the C library's headers is there, and links nothing.
can_link() { have cc && printf 'int main(void) { return 0; }' | cc -x c -o /dev/null - 2>/dev/null; }

# The packages whose programs are absent, one a line.
missing_packages() {
    can_link || echo "gcc libc6-dev"
    [ "$purpose" = all ] || return 0
    scripts/postgres.sh find >/dev/null 2>&1 || echo postgresql
    have strace || echo strace
    have chromium || have chromium-browser || have google-chrome || echo chromium
}

apt_prefix() {
    have apt-get || return 1
    if [ "$(id -u)" = 0 ]; then
        return 0
    fi
    have sudo && sudo -n true 2>/dev/null && echo "sudo -n"
}

# Packages without the extras they recommend, and without the PostgreSQL server that Debian's package would
# otherwise start at once: tests start their own.
install_packages() {
    local prefix=$1
    shift
    echo "setup: installing $*"
    local keep_quiet=/etc/postgresql-common/createcluster.d/larboard-setup.conf
    $prefix mkdir -p "$(dirname "$keep_quiet")"
    echo "create_main_cluster = false" | $prefix tee "$keep_quiet" >/dev/null
    local log outcome=0
    log=$(mktemp)
    {
        $prefix apt-get update -qq &&
            $prefix env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    } >"$log" 2>&1 || outcome=$?
    $prefix rm -f "$keep_quiet"
    if [ "$outcome" != 0 ]; then
        tail -n 20 "$log" >&2
        fail "apt could not install: $*"
    fi
    rm -f "$log"
}

install_missing() {
    local packages prefix
    packages=$(missing_packages | paste -sd ' ')
    [ -n "$packages" ] || return 0
    if ! prefix=$(apt_prefix); then
        fail "please install: $packages (on Debian or Ubuntu: sudo apt-get install $packages)"
    fi
    # shellcheck disable=SC2086 # The list is words on purpose.
    install_packages "$prefix" $packages
}

check_toolchains() {
    have cargo || fail "Rust is missing: install it from https://rustup.rs"
    have node || fail "Node.js 20.19 or newer is missing: install it from https://nodejs.org"
    node -e 'const [a, b] = process.versions.node.split(".").map(Number)
        process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' ||
        fail "Node.js $(node --version) cannot build the portal: install 20.19, 22.12 or newer from https://nodejs.org"
    have npm || fail "npm is missing: it comes with Node.js from https://nodejs.org, and on Debian in the package npm"
    have python3 || fail "Python 3.9 or newer is missing: install the package python3"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
        fail "$(python3 --version) is too old: install Python 3.9 or newer"
}

# `npm ci`, only if the lock file is not the one that was installed last.
install_web_packages() {
    [ -f web/package-lock.json ] || return 0
    local stamp=web/node_modules/.installed-lock
    if cmp -s web/package-lock.json "$stamp"; then
        return 0
    fi
    echo "setup: installing the portal's packages"
    (cd web && npm ci --no-audit --no-fund --loglevel=error)
    cp web/package-lock.json "$stamp"
}

case "$purpose" in
build | all) ;;
*) fail "usage: scripts/setup.sh [build|all]" ;;
esac
check_toolchains
install_missing
install_web_packages
