"""What ``packscope report`` does: write a report into a file, without a server."""

from __future__ import annotations

from pathlib import Path

from app import loader
from app.api import parameters
from app.report.write import html_report, pdf
from pipeline.settings import Settings

SUFFIXES = (".html", ".pdf")


def write_file(settings: Settings, source: str, out: Path, start: str | None, end: str | None) -> int:
    """Write a report.

    Parameters
    ----------
    settings : Settings
        Where the store is.
    source : str
        A battery system or a meter.
    out : Path
        File to write, one of `SUFFIXES`.
    start, end : str or None
        Window, as the API takes it; the data's own ends where None.

    Returns
    -------
    int
        Size of the file [bytes].

    Raises
    ------
    PackscopeError
        There is no store or no such source, a time cannot be read, or nothing here can print a PDF.
    """
    with loader.standalone(settings):
        said = {name: text for name, text in (("start", start), ("end", end)) if text}
        window = parameters.read_all(parameters.WINDOW, {}, said)
        html = html_report(source, window["start_ms"], window["end_ms"])
    return out.write_bytes(pdf(html) if out.suffix == ".pdf" else html.encode())
