"""Data quality: what was read, what was left out and why, and on which days something is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from app.answers import quality
from app.components import (
    Content,
    PageMeta,
    csv_file,
    empty,
    export_button,
    graph,
    headline,
    kpi,
    kpi_row,
    page,
    plain_table,
    section,
    skeleton,
    table,
)
from app.figures.quality import coverage_calendar
from app.figures.theme import message
from app.numbers import counted, number, percent
from app.scope import Scope, scope_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

META = PageMeta(path="/quality", name="Data quality", icon="quality", what="source")
ANSWER, TILES, CALENDAR = "quality-answer", "quality-tiles", "quality-calendar"
GRID, EXPORT, REJECTED, WARNINGS = "quality-grid", "quality-export", "quality-rejected", "quality-warnings"
REJECTED_MAX = 200
"""Rejected files that the page lists; the export holds all."""
Row = Mapping[str, Any]
COUNTS: dict[str, tuple[str, str]] = {
    "gaps": ("Gaps", "Stretches without a reading that are longer than three usual intervals. Nothing is filled in."),
    "duplicates": (
        "Duplicates",
        "Rows whose stamp came before. Equal rows are dropped; of differing ones the last wins, of flags the highest.",
    ),
    "out_of_order": (
        "Out of order",
        "Rows that were written after a later stamp. They are sorted into place and kept.",
    ),
    "out_of_range": ("Out of range", "Readings that cannot be true for this quantity. They are left out."),
    "sentinels": ("Sentinels", "Register values that stand for no reading, such as 255 or 65 535. They are left out."),
    "stuck": ("Stuck", "Readings that repeat while what drives them changes. They are kept and counted."),
}
"""What is counted of every series, with its meaning."""


def _column(field: str, title: str, *, digits: int = 0, width: int = 104) -> dict[str, Any]:
    shown = {
        "function": f"params.value == null ? '–' : d3.format(',.{digits}f')(params.value).split(',').join('\u202f')"
    }
    kind = {"type": "numericColumn", "valueFormatter": shown, "filter": "agNumberColumnFilter"}
    return {"field": field, "headerName": title, "minWidth": width, **kind}


COLUMNS: tuple[dict[str, Any], ...] = (
    {"field": "signal", "headerName": "Series", "minWidth": 168, "pinned": "left"},
    _column("coverage_pct", "Coverage [%]", digits=2, width=130),
    _column("rows", "Rows"),
    *(_column(key, title, width=124) for key, (title, _) in COUNTS.items()),
)


def layout(**query: str) -> html.Div:
    """Lay out the page."""
    scope = scope_of(f"?{urlencode(query)}", "any")
    if scope.source is None:
        return page(META, [empty("No sources", "The build found no meter and no battery system in its folders.")])
    note = "Of the readings expected each day, in site time. Blue is all there; the nearer to orange, the less."
    meanings: list[list[Content]] = [[title, _wrapped(text)] for title, text in COUNTS.values()]
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            section("In numbers", html.Div(skeleton(2), id=TILES)),
            section("Coverage by day", graph(CALENDAR, label="Coverage of each group of series by day"), note=note),
            section(
                "Series", table(GRID, COLUMNS, height=460), note="Least covered first.", tools=export_button(EXPORT)
            ),
            section("Rejected files", html.Div(id=REJECTED), note="A file is rejected when no row of it can be used."),
            section("Warnings", html.Div(id=WARNINGS)),
            section("What each count means", plain_table(["", "Meaning"], meanings)),
        ],
    )


def _wrapped(text: str) -> html.Span:
    return html.Span(text, className="ps-wrap")


def summed(rows: Sequence[Row], key: str) -> int:
    """Add a count over all series."""
    return sum(int(row.get(key) or 0) for row in rows)


def covered(rows: Sequence[Row]) -> float | None:
    """Mean coverage over all series [0 to 1]; None when none is known."""
    known = [float(row["coverage"]) for row in rows if row.get("coverage") is not None]
    return sum(known) / len(known) if known else None


def answer_words(found: Row) -> str:
    """Answer in one sentence: coverage, and files that could not be used."""
    rows, rejected = found["series"], found["rejected_files"]
    share = percent(covered(rows), 1)
    files = f"{counted(len(rejected), 'file')} could not be used" if rejected else "every file was used"
    return f"{share} of the expected readings are there, {files}" if rows else f"No series, {files}"


def lead_words(found: Row, scope: Scope) -> str:
    """Say what was left out, of how much."""
    rows = found["series"]
    out = {title.lower(): summed(rows, key) for key, (title, _) in COUNTS.items()}
    told = ", ".join(f"{number(count)} {title}" for title, count in out.items() if count)
    size = f"{counted(summed(rows, 'rows'), 'row')} in {number(len(rows))} series"
    return f"{scope.source}: {size}. {told or 'Nothing odd'}."


def tiles(found: Row) -> Component:
    """Show the totals."""
    rows = found["series"]
    counts = [kpi(title, number(summed(rows, key))) for key, (title, _) in COUNTS.items()]
    first = [kpi("Rows kept", number(summed(rows, "rows"))), kpi("Series", number(len(rows)))]
    return kpi_row([*first, *counts, kpi("Rejected files", number(len(found["rejected_files"])))])


def grid_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """List the series, least covered first."""
    shown = ("signal", "rows", *COUNTS)
    flat = [
        {key: row.get(key) for key in shown}
        | {"coverage_pct": None if row.get("coverage") is None else 100 * float(row["coverage"])}
        for row in rows
    ]
    return sorted(flat, key=lambda row: (row["coverage_pct"] is not None, row["coverage_pct"] or 0.0, row["signal"]))


def rejected_table(rejected: Sequence[Row]) -> Component:
    """List the rejected files with line and reason."""
    if not rejected:
        return html.P("None: every file was used.", className="ps-grey")
    rows: list[list[Content]] = [
        [html.Code(row["file"]), number(row["line"]) if row.get("line") is not None else "–", _wrapped(row["reason"])]
        for row in rejected[:REJECTED_MAX]
    ]
    more = len(rejected) - REJECTED_MAX
    tail = [html.P(f"and {counted(more, 'more file')}", className="ps-caption")] if more > 0 else []
    return html.Div([plain_table(["File", "Line", "Reason"], rows, numeric=(1,)), *tail])


def warning_list(warnings: Sequence[Any]) -> Component:
    """List the build's warnings."""
    if not warnings:
        return html.P("None.", className="ps-grey")
    return html.Ul([html.Li(str(one)) for one in warnings], className="ps-findings")


def calendar(scope: Scope, theme: str | None) -> go.Figure:
    """Draw the coverage calendar; say why when there is none."""
    frame = quality.coverage_calendar(str(scope.source))
    if frame.is_empty():
        return message("No day with readings", theme, height=240)
    return coverage_calendar(frame, theme=theme)


def update(search: str | None) -> tuple[Component, Component, list[dict[str, Any]], Component, Component]:
    """Fill the words and tables."""
    scope = scope_of(search, "any")
    found = quality.quality(scope.source)
    first = headline(answer_words(found), lead=lead_words(found, scope), sample=scope.sample)
    rejected, warnings = rejected_table(found["rejected_files"]), warning_list(found["warnings"])
    return first, tiles(found), grid_rows(found["series"]), rejected, warnings


def update_calendar(search: str | None, theme: str | None) -> tuple[go.Figure, dict[str, str]]:
    """Fill the calendar."""
    figure = calendar(scope_of(search, "any"), theme)
    return figure, {"height": f"{figure.layout.height}px"}


def export(clicks: int, search: str | None) -> dict[str, Any]:
    """Write the table of series as CSV."""
    del clicks
    scope = scope_of(search, "any")
    rows = quality.quality(scope.source)["series"]
    header = ("signal", "rows", *COUNTS, "coverage")
    return csv_file(f"quality-{scope.source}.csv", header, [[row.get(key) for key in header] for row in rows])


def register(app: Dash) -> None:
    """Wire the page."""
    period, theme = Input("period", "data"), Input("theme", "data")
    app.callback(
        Output(ANSWER, "children"),
        Output(TILES, "children"),
        Output(GRID, "rowData"),
        Output(REJECTED, "children"),
        Output(WARNINGS, "children"),
        period,
    )(update)
    app.callback(Output(CALENDAR, "figure"), Output(CALENDAR, "style"), period, theme)(update_calendar)
    app.callback(
        Output(f"{EXPORT}-file", "data"), Input(EXPORT, "n_clicks"), State("period", "data"), prevent_initial_call=True
    )(export)
