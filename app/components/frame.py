"""The frame of a page: its answer, its key figures, and rows of evidence."""

from __future__ import annotations

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from app.components.kinds import Content, PageMeta
from app.components.marks import provenance, stat, term, unknown
from app.language import t
from app.numbers import NOTHING


def kpi(
    label: str,
    value: str,
    *,
    note: Content | None = None,
    severity: str | None = None,
    mark: Component | None = None,
    href: str | None = None,
    question: str | None = None,
) -> html.Div:
    """Show one key figure: label, number with unit, small print, and the mark of its provenance (see `provenance`)."""
    rests_on = mark or provenance({}, subject=label, question=question)
    head = html.Div([html.Span(label), term(label), rests_on], className="ps-kpi-label")
    shown = (
        stat(value) if value != NOTHING else unknown(note if isinstance(note, str) else t("the data does not give it"))
    )
    figure = dcc.Link(shown, href=href) if href else shown
    body = [head, html.Div(figure, className="ps-kpi-value")]
    if note:
        body.append(html.Div(note, className="ps-kpi-note"))
    return html.Div(body, className=f"ps-kpi ps-{severity}" if severity else "ps-kpi")


def kpi_row(tiles: Sequence[Component]) -> html.Div:
    """Lay key figures side by side; they wrap on narrow screens."""
    return html.Div(list(tiles), className="ps-kpis")


def headline(
    text: Content, *, lead: Content | None = None, sample: bool = False, question: str | None = None
) -> html.Div:
    """Answer the page's question: one sentence, what it rests on, and what stands behind it in smaller print."""
    flag = [html.Span(t("Sample site"), className="ps-sample")] if sample else []
    sentence = html.P([*flag, *([text] if isinstance(text, str | Component) else text)], className="ps-headline")
    first = html.Div([sentence, provenance({}, subject=t("this answer"), question=question)], className="ps-titled")
    return html.Div([first, html.P(lead, className="ps-lead")] if lead else [first])


def page(meta: PageMeta, children: Sequence[Component]) -> html.Div:
    """Frame a page: its name as the heading, then full-width rows."""
    return html.Div([html.H1(t(meta.name), className="ps-h1"), *children], className="ps-page")


def section(
    title: str,
    children: Content,
    *,
    note: Content | None = None,
    tools: Content | None = None,
    question: str | None = None,
) -> html.Section:
    """Frame one row of evidence: its title, a grey note, its controls, and the content.

    A ``question`` marks the title with what the numbers below it rest on, where nothing in the row does.
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
