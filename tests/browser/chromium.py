"""Where the Chromium for the browser tests is. ``python -m tests.browser.chromium`` says it, or ends with status 1."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""The same picture on every machine: software WebGL, and nothing that asks the network by itself."""


def find_chromium() -> Path | None:
    """Find a Chromium: the one that ``CHROMIUM`` names, else one on the path, else Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    return Path(on_path) if on_path else _playwrights_own()


def _playwrights_own() -> Path | None:
    browsers = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    names = ("chrome", "headless_shell", "chrome-headless-shell")
    found = (path for name in names for path in sorted(browsers.glob(f"chromium*/*/{name}"), reverse=True))
    return next((path for path in found if os.access(path, os.X_OK)), None)


if __name__ == "__main__":
    chromium = find_chromium()
    sys.stdout.write(f"{chromium}\n" if chromium else "")
    sys.exit(chromium is None)
