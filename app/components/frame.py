"""The frame of a page: its answer, its key figures, and rows of evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from app.components.kinds import Content, PageMeta, What
from app.components.marks import provenance, stat, term, unknown
from app.language import t
from app.numbers import NOTHING


def kpi(
    label: str,
    value: str,
    *,
    question: str,
    known: Mapping[str, object] | None = None,
    signal: str | None = None,
    note: Content | None = None,
    severity: str | None = None,
    href: str | None = None,
) -> html.Div:
    """Show one key figure: label, number with unit, small print, and the mark of what it rests on.

    The mark is looked up by ``question``, of one ``signal`` where its rule is of any; ``known`` is what the page itself
    knows of it (see `provenance`).
    """
    rests_on = provenance(known or {}, subject=label, question=question, signal=signal)
    head = html.Div([html.Span(label), term(label), rests_on], className="ps-kpi-label")
    shown = (
        stat(value) if value != NOTHING else unknown(note if isinstance(note, str) else t("the data does not give it"))
    )
    figure = dcc.Link(shown, href=href) if href else shown
    body = [head, html.Div(figure, className="ps-kpi-value")]
    if note:
        body.append(html.Div(note, className="ps-kpi-note"))
    return html.Div(body, className=f"ps-kpi ps-{severity}" if severity else "ps-kpi")


def kpi_row(tiles: Sequence[Component], *, source: str | None = None) -> html.Div:
    """Lay key figures side by side, all of one ``source`` where it is named; they wrap on narrow screens."""
    asked: dict[str, Any] = {"data-source": source} if source else {}
    return html.Div(list(tiles), className="ps-kpis", **asked)


def headline(text: Content, *, question: str, lead: Content | None = None, sample: bool = False) -> html.Div:
    """Answer the page's question: one sentence, what it rests on, and what stands behind it in smaller print."""
    flag = [html.Span(t("Sample site"), className="ps-sample")] if sample else []
    sentence = html.P([*flag, *([text] if isinstance(text, str | Component) else text)], className="ps-headline")
    first = html.Div([sentence, provenance({}, subject=t("this answer"), question=question)], className="ps-titled")
    return html.Div([first, html.P(lead, className="ps-lead")] if lead else [first])


_KINDS: Mapping[What, str] = {"none": "all", "system": "bess", "pack": "bess", "meter": "meter", "source": "any"}
"""Of which sources a page's marks are, by what its top bar lets the user choose."""
VIEWED, BELOW, WHOLE = "viewed", "below", "whole"
"""Stores of a page that follow the address once the charts on the screen are drawn: all of it, the period, the source
alone. For what lies below and follows the zoom, the period, or is said of the whole history: it is asked for then."""
STAGED = (VIEWED, BELOW, WHOLE)


def page(meta: PageMeta, children: Sequence[Component]) -> html.Div:
    """Frame a page: its name as the heading, then full-width rows."""
    stores = [dcc.Store(id=name) for name in STAGED]
    asked: dict[str, Any] = {"data-kind": _KINDS[meta.what]}
    return html.Div([html.H1(t(meta.name), className="ps-h1"), *children, *stores], className="ps-page", **asked)


def section(
    title: str,
    children: Content,
    *,
    question: str | None,
    note: Content | None = None,
    tools: Content | None = None,
) -> html.Section:
    """Frame one row of evidence: its title, a grey note, its controls, and the content.

    A ``question`` marks the title with what the numbers below it rest on; None where each chart in it has its own mark.
    """
    head: list[Component | None] = [html.H2(title, className="ps-h2"), term(title)]
    rests_on = [provenance({}, subject=title, question=question)] if question else []
    words: list[Component] = [html.Div([*head, *rests_on], className="ps-titled")]
    if note:
        words.append(html.Div(note, className="ps-note"))
    top = [html.Div(words)] + ([html.Div(tools, className="ps-tools")] if tools else [])
    return html.Section([html.Div(top, className="ps-section-head"), html.Div(children)], className="ps-section")


def columns(children: Sequence[Component], *, narrow: int = 6) -> dbc.Row:
    """Lay sections side by side on wide screens, each ``narrow`` twelfths wide, below each other on a phone."""
    return dbc.Row([dbc.Col(child, xs=12, lg=narrow) for child in children], className="g-3")
