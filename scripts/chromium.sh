#!/usr/bin/env bash
# See that there is a Chromium for the browser tests and the screenshots: find it, or install it when that can be done.
# Without one the browser tests are skipped; under CI=true that is a failure. CHROMIUM names one that is elsewhere.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=.venv/bin/python

found() { "$python" -m tests.browser.chromium >/dev/null 2>&1; }

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
        >/dev/null 2>&1
fi
found && exit 0
echo "Fetching Playwright's Chromium for the browser tests"
"$python" -m playwright install chromium-headless-shell >/dev/null 2>&1
found && exit 0
if [ "${CI:-}" = true ]; then
    echo "No Chromium, and none could be installed: the browser tests cannot run." >&2
    exit 1
fi
echo "No Chromium, and none could be installed: the browser tests are skipped."
