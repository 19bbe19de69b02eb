#!/usr/bin/env bash
# Make a virtual environment with exactly what requirements.lock pins, and Packscope itself in it.
# Usage: scripts/setup.sh FOLDER. PYTHON names the interpreter; by default the first that will do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${1:-.venv}
versions="3.11 to 3.13" # ruptures, which finds change points, has no release for a newer one

fail() {
    printf 'packscope: %s\n' "$@" >&2
    exit 1
}

fits() { # Is this a Python of a version that the packages exist for?
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

usable() { # And can it make virtual environments?
    fits "$1" && "$1" -c 'import venv, ensurepip' 2>/dev/null
}

find_python() {
    for name in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$name" >/dev/null 2>&1 && usable "$name"; then
            command -v "$name"
            return
        fi
    done
}

explain_missing() {
    local name=${1:-python3}
    command -v "$name" >/dev/null 2>&1 ||
        fail "Python $versions is needed, and there is no $name." \
            "Install it (Debian, Ubuntu: apt-get install python3 python3-venv), or name one: PYTHON=/path/to/python3 make setup"
    fits "$name" ||
        fail "Python $versions is needed; $name is $("$name" -V 2>&1)." "Name another one: PYTHON=/path/to/python3 make setup"
    fail "$name has no venv module." "Install it (Debian, Ubuntu: apt-get install python3-venv), then run make again."
}

python=${PYTHON:-$(find_python)}
[ -n "$python" ] && usable "$python" || explain_missing "$python"

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "Making $venv with $("$python" -V)"
    "$python" -m venv --clear "$venv"
fi
echo "Installing the packages of requirements.lock into $venv (a minute or two the first time)"
pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check)
"${pip[@]}" install --require-hashes -r requirements.lock ||
    fail "The packages could not be installed. Is there a network, and room on the disk?"
"${pip[@]}" install --no-deps --no-build-isolation -e .
echo "Ready."
