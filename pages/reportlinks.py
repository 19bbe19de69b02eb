"""Links to the printable report of what a page shows, for the same period."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from dash import html
from dash.development.base_component import Component

from app.answers.window import iso
from app.components import aria
from app.language import mark, t
from app.scope import Scope

KINDS = {"html": mark("Report"), "pdf": "PDF"}
"""Files that a report is had as, and their words."""


def report_address(scope: Scope, kind: str) -> str:
    """Write the address of a report over a page's period."""
    said = {"start": scope.start_ms, "end": scope.end_ms}
    query = urlencode({name: iso(at, scope.zone) for name, at in said.items() if at is not None})
    return f"/report/{quote(str(scope.source))}.{kind}{f'?{query}' if query else ''}"


def report_links(scope: Scope) -> Component:
    """Offer the report of a source, to read or to print."""
    links = [
        html.A(
            t(words),
            href=report_address(scope, kind),
            target="_blank",
            className="ps-report",
            **aria(label=t("{what} of {source}, opens in a new tab", what=t(words), source=scope.source)),
        )
        for kind, words in KINDS.items()
    ]
    return html.Span(links, className="ps-reports")
