"""Writing a report: of whichever source, as HTML, and as PDF where there is a Chromium to print it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from app import loader
from app.report.battery import battery_report
from app.report.meter import meter_report
from pipeline.errors import PackscopeError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""Names under which a Chromium may be found."""
PRINTS_WITHIN_S = 60.0
"""A browser that takes longer to print is ended [s]."""
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)
"""No network at all: the page needs none."""
_PRINTING = threading.Lock()
"""One browser at a time: each takes a core and some 200 MB."""


class NoPrinter(PackscopeError):
    """There is no browser that could print, or it did not."""


def html_report(source: str, start_ms: int | None = None, end_ms: int | None = None) -> str:
    """Write the report of a meter or a battery system as one HTML file.

    Parameters
    ----------
    source : str
        Name.
    start_ms, end_ms : int, optional
        Window [epoch ms UTC); the whole history where None.

    Raises
    ------
    UnknownSource, BadParameter
        There is no such source; the end is before the start.
    """
    kind = loader.current().source(source).kind
    return battery_report(source, start_ms, end_ms) if kind == "bess" else meter_report(source, start_ms, end_ms)


def browser() -> str | None:
    """Find a Chromium on the path; None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def pdf(html: str) -> bytes:
    """Print a report as PDF.

    Parameters
    ----------
    html : str
        What `html_report` wrote.

    Raises
    ------
    NoPrinter
        There is no Chromium on the path, or it failed.
    """
    found = browser()
    if found is None:
        raise NoPrinter(
            f"No Chromium is installed here (looked for {', '.join(BROWSERS)}): take the .html and print that."
        )
    with tempfile.TemporaryDirectory(prefix="packscope-print-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        page, printed = folder / "report.html", folder / "report.pdf"
        page.write_text(html, encoding="utf-8")
        command = [found, *_FLAGS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}", page.as_uri()]
        try:
            with _PRINTING:
                subprocess.run(command, check=True, capture_output=True, timeout=PRINTS_WITHIN_S, cwd=folder)
        except (OSError, subprocess.SubprocessError) as exc:
            raise NoPrinter(f"{Path(found).name} did not print the report: {_why(exc)} Take the .html.") from exc
        if not printed.is_file():
            raise NoPrinter(f"{Path(found).name} ended without a PDF. Take the .html.")
        return printed.read_bytes()


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took longer than {PRINTS_WITHIN_S:g} s."
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with status {error.returncode}."
    return f"{error}."
