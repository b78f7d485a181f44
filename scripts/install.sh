#!/bin/sh
# Installs what a make target needs and is not there yet. Repeatable; safe to interrupt at any moment.
#
#   scripts/install.sh python     uv (into .tools/ when absent) and the locked packages of uv.lock into .venv/
#   scripts/install.sh site       the locked npm packages of reports/package-lock.json
#   scripts/install.sh browser    Chromium and CJK fonts for the browser tests, from Debian's packages
#
# What was installed is written down last, in .tools/*.installed, as a key made of everything it depends on:
# while the key is the same there is nothing to do (a hundredth of a second). An install that was
# interrupted leaves .tools/*.unfinished behind and starts again from an empty folder.
# Whatever is missing or too old is one line on the error stream and exit code 2. Plain POSIX sh: it must run,
# and complain, where nothing else of the project can.
set -eu

UV_VERSION=0.13.9        # brought in when PATH has no uv
UV_OLDEST=0.9.0          # of a uv on PATH: reads this lock file's format
NODE_OLDEST=20
PYTHON_FREE_MB=3000      # .venv is 1.3 GB, as much again in uv's cache where that can't be shared
SITE_FREE_MB=1500        # node_modules is 0.7 GB, npm's cache 0.3 GB

cd "$(dirname "$0")/.."
root=$(pwd)
tools="$root/.tools"

say() { printf '%s\n' "second-order: $*" >&2; }
die() {
    printf '%s\n' "second-order: error: $*" >&2
    exit 2
}

# at_least 3.11.4 3.11: is the first version the second or later? Compares the first two numbers.
at_least() {
    found_major=${1%%.*} found_rest=${1#*.}
    wanted_major=${2%%.*} wanted_rest=${2#*.}
    [ "$found_major" -gt "$wanted_major" ] ||
        { [ "$found_major" -eq "$wanted_major" ] && [ "${found_rest%%.*}" -ge "${wanted_rest%%.*}" ]; }
}

# version_of COMMAND: the numbers in the first line of its --version, or nothing when it can't run.
version_of() {
    "$1" --version 2>/dev/null </dev/null | sed -n '1s/^[^0-9]*\([0-9][0-9]*\.[0-9][0-9]*\(\.[0-9][0-9]*\)*\).*/\1/p'
}

check_free() { # needed MB
    free=$(df -Pk "$root" | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge "$1" ] ||
        die "disk full: installing needs $1 MB free in $root, there are $free MB; free some space and run the same command again"
}

# One install at a time; flock drops the lock when this process ends, however it ends.
lock() {
    mkdir -p "$tools" 2>/dev/null || die "can't write to $root: make the folder writable or clone it elsewhere"
    command -v flock >/dev/null 2>&1 || return 0
    exec 9>"$tools/install.lock"
    flock -n 9 || {
        say "another install is running in this folder; waiting for it"
        flock 9
    }
}

find_python() { # sets python and python_version
    refused=""
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        python_version=$(version_of "$candidate") || python_version=""
        [ -n "$python_version" ] || continue # a version manager's shim with nothing behind it
        if at_least "$python_version" 3.11 && ! at_least "$python_version" 3.14; then
            # The real file, not a shim or an activated environment: .venv keeps pointing at it.
            python=$("$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))' 2>/dev/null) || continue
            return 0
        fi
        [ -n "$refused" ] || refused="$candidate ($python_version)"
    done
    [ -z "$refused" ] || die "$refused won't do: Python 3.11, 3.12 or 3.13 is needed; install one and put it on PATH"
    die "no Python found: install Python 3.11, 3.12 or 3.13 and put it on PATH"
}

find_uv() { # sets uv
    if command -v uv >/dev/null 2>&1; then
        uv_version=$(version_of uv) || uv_version=""
        if [ -n "$uv_version" ] && at_least "$uv_version" "$UV_OLDEST"; then
            uv=$(command -v uv)
            return 0
        fi
    fi
    uv="$tools/uv/bin/uv"
    [ "$(version_of "$uv")" != "$UV_VERSION" ] || return 0
    rm -rf "$tools/uv"
    pip_options="--quiet --no-input --only-binary :all: --no-deps"
    # Debian keeps ensurepip, which venv needs, in a package of its own; pip alone will do as well.
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "installing uv $UV_VERSION from PyPI into .tools/"
        "$python" -m venv "$tools/uv" || die "$python could not make a virtual environment in .tools/ (see above)"
        # shellcheck disable=SC2086
        "$tools/uv/bin/python" -m pip install $pip_options "uv==$UV_VERSION" ||
            die "uv $UV_VERSION could not be installed from PyPI (see above): is the package index reachable?"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        say "installing uv $UV_VERSION from PyPI into .tools/"
        # shellcheck disable=SC2086
        "$python" -m pip install $pip_options --target "$tools/uv" "uv==$UV_VERSION" ||
            die "uv $UV_VERSION could not be installed from PyPI (see above): is the package index reachable?"
    else
        die "$python has neither ensurepip nor pip: install them (Debian: apt-get install python3-venv) or put uv on PATH"
    fi
    [ "$(version_of "$uv")" = "$UV_VERSION" ] || die "uv $UV_VERSION was installed but doesn't start: remove .tools/ and run the same command again"
}

key_of() { # one line that changes when any of the named files or words does
    { cat "$1" && shift && printf '%s\n' "$root" "$@"; } | cksum
}

# The same names as in tests/conftest.py.
has_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1
}
has_cjk_fonts() { command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=ja family 2>/dev/null | head -n 1)" ]; }

# wants_<part>: is there something to install? Complains before anything is installed, for all parts.
# The dependencies of pyproject.toml are in uv.lock; the rest of that file needs no install.
wants_python() {
    python_key=$(key_of uv.lock)
    [ -x .venv/bin/python ] && [ "$(cat "$tools/python.installed" 2>/dev/null)" = "$python_key" ] && return 1
    find_python
    needed_mb=$((needed_mb + PYTHON_FREE_MB))
}

wants_site() {
    for program in node npm; do
        command -v "$program" >/dev/null 2>&1 ||
            die "$program not found: install Node.js $NODE_OLDEST or newer, npm with it, and put both on PATH"
    done
    node_version=$(version_of node) || node_version=""
    [ -n "$node_version" ] || die "$(command -v node) --version says no version: install Node.js $NODE_OLDEST or newer"
    at_least "$node_version" "$NODE_OLDEST.0" ||
        die "Node.js $node_version is too old: $NODE_OLDEST or newer is needed; install one and put it on PATH"
    site_key=$(key_of reports/package-lock.json "${node_version%%.*}")
    [ -d reports/node_modules ] && [ "$(cat "$tools/site.installed" 2>/dev/null)" = "$site_key" ] && return 1
    needed_mb=$((needed_mb + SITE_FREE_MB))
}

wants_browser() {
    missing=""
    has_chromium || missing="chromium"
    has_cjk_fonts || missing="${missing:+$missing }fonts-noto-cjk"
    [ -n "$missing" ]
}

install_python() {
    find_uv
    [ ! -e "$tools/python.unfinished" ] || rm -rf .venv
    rm -f "$tools/python.installed"
    : >"$tools/python.unfinished"
    [ -z "$refused" ] || say "$refused won't do; using Python $python_version ($python)"
    say "installing the locked Python packages into .venv/ (Python $python_version, about a minute)"
    unset VIRTUAL_ENV PYTHONHOME PYTHONPATH
    # shellcheck disable=SC2086
    # Without a terminal uv would list all packages, one a line; its errors are shown either way.
    quiet="--quiet"
    [ ! -t 2 ] || quiet=""
    # never: uv may not bring a Python of its own, from a host that is no package registry. Compiling costs ten
    # seconds once and saves four at each start where PYTHONDONTWRITEBYTECODE is set, as it often is in CI.
    UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT="$root/.venv" \
        "$uv" sync --frozen $quiet --python "$python" ||
        die "installing the Python packages failed (see above); the same command starts it again"
    rm -f "$tools/python.unfinished"
    printf '%s\n' "$python_key" >"$tools/python.installed"
}

install_site() {
    rm -f "$tools/site.installed"
    say "installing the locked npm packages into reports/node_modules/ (about a minute)"
    # npm ci removes what an interrupted install left behind.
    (cd reports && npm ci --loglevel=error) ||
        die "installing the npm packages failed (see above); the same command starts it again"
    printf '%s\n' "$site_key" >"$tools/site.installed"
}

install_browser() {
    command="apt-get install --no-install-recommends $missing"
    if ! command -v apt-get >/dev/null 2>&1; then
        say "the browser tests will fail: install Chromium (as 'chromium' on PATH) and CJK fonts; missing: $missing"
        return 0
    fi
    as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
            as_root="sudo -n"
        else
            say "the browser tests will fail: first run as root: $command"
            return 0
        fi
    fi
    say "installing Debian's packages for the browser tests: $missing"
    # shellcheck disable=SC2086
    { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends fontconfig $missing >/dev/null; } ||
        say "the browser tests will fail: could not run: $command"
}

set -a
# shellcheck source=orchestration/telemetry.settings
. orchestration/telemetry.settings
set +a

plan() { # sets wanted and needed_mb
    wanted="" needed_mb=0
    for part in "$@"; do
        case $part in
            python | site | browser) ! "wants_$part" || wanted="$wanted $part" ;;
            *) die "unknown part '$part': python, site or browser" ;;
        esac
    done
}

plan "$@"
[ -n "$wanted" ] || exit 0
lock
plan "$@" # another install may have just done it
check_free "$needed_mb"
for part in $wanted; do
    "install_$part"
done
