"""The pieces that pages are made of: tiles, badges, marks of provenance, charts, tables, and the states between.

`graph` and `time_graph` are the only way a chart gets onto a page, so that no chart offers to send data anywhere.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dash_ag_grid as dag
import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from app.figures.theme import BANDS, CHART_MIN_PX
from app.gridtexts import grid_texts
from app.language import mark, t
from app.numbers import NOTHING, SPACE
from app.terms import meaning_of

Identity = str | dict[str, str]
Content = str | Component | Sequence[str | Component]
What = Literal["none", "system", "pack", "meter", "source"]

SEVERITY_WORDS = {
    "critical": mark("Critical"),
    "warning": mark("Warning"),
    "watch": mark("Watch"),
    "fine": mark("Fine"),
    "unknown": mark("Unknown"),
}
BAND_WORDS = (
    mark("Excellent"),
    mark("Optimal"),
    mark("Nominal"),
    mark("Degraded"),
    mark("Compromised"),
    mark("End of Life"),
)
"""Bands of state of health beside Critical, which is a severity as well."""
GRAPH_CONFIG: Any = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
    "doubleClick": "autosize",
    "locale": "en",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}
"""What every chart is allowed to do. Nothing is uploaded anywhere; the picture is made in the browser."""
_CLEAR, _OFF = "rgba(0,0,0,0)", {"visible": False}
_WAITING: dict[str, Any] = {
    "data": [],
    # The empty title tells `assets/30-drawing.js` that there is nothing to draw yet.
    "layout": {"paper_bgcolor": _CLEAR, "plot_bgcolor": _CLEAR, "xaxis": _OFF, "yaxis": _OFF, "title": {"text": " "}},
}


@dataclass(frozen=True, kw_only=True)
class PageMeta:
    """What the shell needs to know of a page."""

    path: str
    name: str
    icon: str
    """Name of a symbol in ``assets/icons``."""
    what: What = "none"
    """What the top bar lets the user choose."""


def aria(**said: str) -> dict[str, Any]:
    """Write ARIA attributes for a component: ``**aria(label="Packs")``."""
    return {f"aria-{name}": value for name, value in said.items()}


def icon(name: str, word: str | None = None) -> html.Span:
    """Draw a symbol in the colour of the text; with a word it speaks for itself, else it is decoration."""
    named = aria(label=word) | {"role": "img"} if word else aria(hidden="true")
    return html.Span(className=f"ps-icon ps-icon-{name}", **named)


def badge(severity: str, text: str | None = None) -> html.Span:
    """Show a severity by symbol, word and colour."""
    kind = severity if severity in SEVERITY_WORDS else "unknown"
    return html.Span([icon(kind), text or t(SEVERITY_WORDS[kind])], className=f"ps-badge ps-{kind}")


def band_badge(band: str | None, text: str | None = None) -> html.Span:
    """Show a band of state of health: its place on the ramp as a swatch, and its name."""
    swatch = html.Span(
        className="ps-swatch" if band in BANDS else "ps-swatch ps-hatched",
        style={"backgroundColor": BANDS[band]} if band in BANDS else {},
        **aria(hidden="true"),
    )
    return html.Span([swatch, text or t(band or "Unknown")], className="ps-badge ps-band")


def provenance(
    rows: Mapping[str, object],
    *,
    subject: str = "this number",
    question: str | None = None,
    source: str | None = None,
) -> html.Details:
    """Mark a number: the mark opens what the number rests on.

    Parameters
    ----------
    rows : mapping
        What the page itself knows of it; the browser asks for the rest (files, rows, exclusions, rule, coverage) when
        the mark is opened.
    subject : str
        What the mark is about, for those who do not see where it stands.
    question : str or None
        What it is looked up by (`app.answers.provenance.BASES`); by default the page's own.
    source : str or None
        Meter or system; by default the one that the page shows.
    """
    said = {name: NOTHING if value is None else str(value) for name, value in rows.items()}
    pairs = [html.Div([html.Dt(name.replace("_", " ")), html.Dd(value)]) for name, value in said.items()]
    label = t("What this rests on: {subject}", subject=subject)
    summary = html.Summary(icon("info"), title=t("What this rests on"), role="button", **aria(label=label))
    asked: dict[str, Any] = {"data-question": question} if question else {}
    asked |= {"data-source": source} if source else {}
    return html.Details([summary, html.Dl(pairs)], className="ps-mark", **asked)


def term(words: str) -> html.Details | None:
    """Explain a term in place: a small "?" that opens its meaning; None where the words explain themselves."""
    meaning = meaning_of(words)
    if meaning is None:
        return None
    summary = html.Summary("?", role="button", **aria(label=t("What this means: {term}", term=words)))
    named: dict[str, Any] = {"data-term": words}
    return html.Details([summary, html.P(meaning)], className="ps-term", **named)


def stat(value: str) -> html.Span:
    """Write a number with its unit (as `app.numbers.quantity` does) in tabular figures, the unit smaller."""
    figure, _, unit = value.rpartition(SPACE)
    if figure and "," not in figure and not unit[:1].isdigit():
        return html.Span([figure, html.Span(f"{SPACE}{unit}", className="ps-unit")], className="ps-num")
    return html.Span(value, className="ps-num")


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
    figure = dcc.Link(stat(value), href=href) if href else stat(value)
    body = [head, html.Div(figure, className="ps-kpi-value")]
    if note:
        body.append(html.Div(note, className="ps-kpi-note"))
    return html.Div(body, className=f"ps-kpi ps-{severity}" if severity else "ps-kpi")


def kpi_row(tiles: Sequence[Component]) -> html.Div:
    """Lay key figures side by side; they wrap on narrow screens."""
    return html.Div(list(tiles), className="ps-kpis")


def headline(text: Content, *, lead: Content | None = None, sample: bool = False) -> html.Div:
    """Answer the page's question: one sentence, and what stands behind it in smaller print."""
    flag = [html.Span(t("Sample site"), className="ps-sample")] if sample else []
    first = html.P([*flag, *([text] if isinstance(text, str | Component) else text)], className="ps-headline")
    return html.Div([first, html.P(lead, className="ps-lead")] if lead else [first])


def page(meta: PageMeta, children: Sequence[Component]) -> html.Div:
    """Frame a page: its name as the heading, then full-width rows."""
    return html.Div([html.H1(t(meta.name), className="ps-h1"), *children], className="ps-page")


def section(
    title: str, children: Content, *, note: Content | None = None, tools: Content | None = None
) -> html.Section:
    """Frame one row of evidence: its title, a grey note, its controls, and the content."""
    words: list[Component] = [html.Div([html.H2(title, className="ps-h2"), term(title)], className="ps-titled")]
    if note:
        words.append(html.Div(note, className="ps-note"))
    head = [html.Div(words)] + ([html.Div(tools, className="ps-tools")] if tools else [])
    return html.Section([html.Div(head, className="ps-section-head"), html.Div(children)], className="ps-section")


def columns(children: Sequence[Component], *, narrow: int = 6) -> dbc.Row:
    """Lay sections side by side on wide screens, each ``narrow`` twelfths wide, below each other on a phone."""
    return dbc.Row([dbc.Col(child, xs=12, lg=narrow) for child in children], className="g-3")


def graph(identity: Identity, *, label: str, height: int = 320, question: str | None = None) -> html.Div:
    """Put a chart on a page.

    Parameters
    ----------
    identity : str or dict
        Id of the `dcc.Graph`; its ``figure`` is for a callback to fill.
    label : str
        What the chart shows, in a sentence, for those who do not see it.
    height : int
        Height [px], at least `CHART_MIN_PX`.
    question : str or None
        What its provenance is looked up by; by default the page's own, and of time charts that of their lines.
    """
    inner = dcc.Graph(
        id=identity,
        figure=_WAITING,
        config=GRAPH_CONFIG,
        style={"height": f"{max(height, CHART_MIN_PX)}px"},
        className="ps-graph",
    )
    tools = html.Div([provenance({}, subject=label, question=question), export_menu(label)], className="ps-chart-tools")
    return html.Div([tools, inner], className="ps-chart", role="group", **aria(label=label))


EXPORTS = {
    "csv": mark("What is shown, as CSV"),
    "parquet": mark("What is shown, as Parquet"),
    "png": mark("Picture, as PNG"),
    "raw-csv": mark("Raw rows of this range, as CSV"),
    "raw-parquet": mark("Raw rows of this range, as Parquet"),
}
"""What a chart can be had as; raw rows where its lines are signals."""


def export_menu(label: str) -> html.Details:
    """Offer what a chart shows as files."""
    kinds: dict[str, dict[str, Any]] = {kind: {"data-export": kind} for kind in EXPORTS}
    buttons = [
        html.Button(t(words), className="ps-chart-export", type="button", hidden=kind.startswith("raw"), **kinds[kind])
        for kind, words in EXPORTS.items()
    ]
    said = t("Export: {chart}", chart=label)
    summary = html.Summary(t("Export"), title=t("Write a file"), role="button", **aria(label=said))
    return html.Details([summary, html.Div(buttons)], className="ps-export")


def time_id(name: str) -> dict[str, str]:
    """Name a time chart; dragging across any of these zooms the whole view, a double click shows it all again."""
    return {"type": "time-chart", "name": name}


def time_graph(name: str, *, label: str, height: int = 320) -> html.Div:
    """Put a time chart on a page; its id is ``time_id(name)``, its zoom lives in the address (`Scope.window`)."""
    return graph(time_id(name), label=label, height=height)


def empty(title: str, reason: str, todo: Content | None = None) -> html.Div:
    """Say that there is nothing to show, why, and what to do."""
    words = [html.P(title, className="ps-state-title"), html.P(reason)]
    if todo:
        words.append(html.P(todo))
    return html.Div(words, className="ps-state", role="status")


def partial(missing: str) -> html.Div:
    """Say what is missing from a view that is otherwise there."""
    return html.Div([icon("unknown"), html.Span(missing)], className="ps-partial", role="note")


def failure(title: str, reason: str, identity: str | None = None) -> html.Div:
    """Say what went wrong, with the id under which the server's log holds the rest."""
    tail = [html.P([t("Reported as "), html.Code(identity)])] if identity else []
    return html.Div(
        [html.P(title, className="ps-state-title"), html.P(reason), *tail], className="ps-state ps-critical"
    )


def skeleton(lines: int = 3) -> html.Div:
    """Hold the place of words that are on their way, the first time only."""
    return html.Div([html.Span() for _ in range(lines)], className="ps-skeleton", **aria(hidden="true"))


def entry_id(key: str, plain: str) -> dict[str, str]:
    """Name a control whose value lives in the address as ``key``; ``plain`` is what holds when nothing is said."""
    return {"type": "entry", "key": key, "plain": plain}


def html_id(identity: Identity) -> str:
    """Write an id as Dash writes it into the page."""
    return identity if isinstance(identity, str) else json.dumps(identity, sort_keys=True, separators=(",", ":"))


def choice(
    identity: Identity, label: str, options: Mapping[str, str], value: str | None, *, inline: bool = True
) -> html.Div:
    """Offer a few choices side by side; ``options`` maps each value to its words."""
    radios = dbc.RadioItems(
        id=identity,
        options=[{"label": t(words), "value": key} for key, words in options.items()],
        value=value,
        inline=inline,
        className="ps-segments",
        inputClassName="btn-check",
        labelClassName="ps-segment",
        labelCheckedClassName="active",
    )
    return html.Div([html.Span(label, className="visually-hidden"), radios], role="group", **aria(label=label))


def select(identity: Identity, label: str, options: Mapping[str, str], value: str | None) -> html.Div:
    """Offer many choices in a list; its label is read out and stands before it."""
    menu = dbc.Select(
        id=identity,
        options=[{"label": t(words), "value": key} for key, words in options.items()],
        value=value,
        size="sm",
    )
    return html.Div([html.Label(label, htmlFor=html_id(identity)), menu], className="ps-field")


def export_button(identity: str, words: str = mark("Export CSV")) -> html.Span:
    """Offer a download: a button ``identity`` and the `dcc.Download` ``{identity}-file`` that it fills."""
    button = html.Button([icon("download"), t(words)], id=identity, className="ps-button", type="button")
    return html.Span([button, dcc.Download(id=f"{identity}-file")])


def csv_file(name: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, Any]:
    """Write rows for a `dcc.Download`: comma-separated, unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return {"content": text.getvalue(), "filename": name, "type": "text/csv", "base64": False}


def table(
    identity: str,
    definitions: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]] | None = None,
    *,
    height: int | None = None,
    selectable: bool = False,
) -> dag.AgGrid:
    """Put a table on a page: sortable, filterable, in the page's own look.

    Parameters
    ----------
    identity : str
        Id of the grid; a callback fills ``rowData``.
    definitions : sequence of mapping
        Ag-grid column definitions (``field``, ``headerName``, ``type="numericColumn"`` for numbers).
    rows : sequence of mapping or None
        The rows, where they are known at once.
    height : int or None
        Height [px]; as high as its rows when it is None.
    selectable : bool
        Whether a click selects a row.
    """
    options: dict[str, Any] = {"rowHeight": 32, "headerHeight": 34, "suppressCellFocus": True, "animateRows": False}
    options |= {"theme": {"function": "packscopeTheme(themeQuartz)"}, "enableCellTextSelection": True}
    options |= {"localeText": grid_texts()}
    options |= {} if height else {"domLayout": "autoHeight"}
    options |= (
        {"rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True}} if selectable else {}
    )
    return dag.AgGrid(
        id=identity,
        columnDefs=[dict(row) | {"headerName": t(str(row.get("headerName", "")))} for row in definitions],
        rowData=None if rows is None else [dict(row) for row in rows],
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 90, "flex": 1},
        dashGridOptions=options,
        style={"height": f"{height}px" if height else None, "width": "100%"},
        className="ps-table",
    )


def plain_table(
    header: Sequence[str],
    rows: Sequence[Sequence[Content]],
    *,
    numeric: Sequence[int] = (),
    wrapped: Sequence[int] = (),
) -> html.Div:
    """Write a short table of finished words.

    Columns in ``numeric`` are aligned right, in tabular figures; those in ``wrapped`` may break their lines.
    """
    kind = dict.fromkeys(numeric, "ps-right") | dict.fromkeys(wrapped, "ps-wrap")
    titles = [
        html.Th(t(words), className=kind.get(at), scope="col") if words else html.Td()
        for at, words in enumerate(header)
    ]
    body = [html.Tr([html.Td(cell, className=kind.get(at)) for at, cell in enumerate(row)]) for row in rows]
    whole = html.Table([html.Thead(html.Tr(titles)), html.Tbody(body)], className="ps-plain")
    return html.Div(whole, className="ps-scroll", tabIndex=0, role="group", **aria(label=t("Table")))
