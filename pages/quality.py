"""Data quality: what was read, what was left out and why, what is missing when, and what that means for verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import clocks, omissions, quality
from app.components import (
    PageMeta,
    empty,
    entry_id,
    graph,
    headline,
    kpi,
    kpi_row,
    page,
    section,
    select,
    skeleton,
)
from app.early import with_page
from app.figures.quality import coverage_calendar
from app.figures.theme import message
from app.language import ENGLISH, current, mark, t
from app.numbers import counted, number, percent
from app.scope import Scope, scope_of
from app.view import View
from pages.grids import csv_button, fitted, grid, register_csv
from pages.qualityparts import tables
from pages.qualityparts.meanings import counts
from pages.qualityparts.tables import Row, Rows

if TYPE_CHECKING:
    import plotly.graph_objects as go

META = PageMeta(path="/quality", name=mark("Data quality"), icon="quality", what="source")
ANSWER, TILES, CALENDAR, GAP_WORDS, WARNINGS = (
    "quality-answer",
    "quality-tiles",
    "quality-calendar",
    "quality-gap-words",
    "quality-warnings",
)
ALL_GROUPS = "all"
"""Choice that shows every group of series."""
GROUPS = entry_id("group", ALL_GROUPS)
GRIDS = (tables.SERIES, tables.GAPS, tables.OMITTED, tables.REJECTED, tables.FINDINGS, tables.CLOCKS)


def layout(**query: str) -> html.Div:
    """Lay out the page."""
    scope = scope_of(f"?{urlencode(query)}", "any")
    if scope.source is None:
        return page(META, [empty(t("No sources"), t("The build found no meter and no battery system in its folders."))])
    chart = graph(CALENDAR, label=t("Coverage of series by day"), question="coverage_days")
    note = t("Of the readings expected each day, in site time. Blue is all there; the nearer to orange, the less.")
    groups = select(GROUPS, t("Show"), group_options(scope), scope.view.get("group", ALL_GROUPS))
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            section(t("In numbers"), html.Div(skeleton(2), id=TILES), question=None),
            section(t("Coverage by day"), chart, note=note, tools=groups, question=None),
            *_reasons(),
            *_series(),
            section(t("Warnings"), html.Div(id=WARNINGS), question="warnings"),
        ],
    )


def _reasons() -> list[Component]:
    omitted = t("Every row that is not used has its reason, and every reason its meaning for the verdicts.")
    found = t("What the readings themselves say against being trusted: still, replayed, or with a clock that is off.")
    clock = t("By the steps of current and power that two loggers share, 30 days at a time. Over the whole history.")
    rejected = t("A file is rejected when no row of it can be used. Its cell or sensor stays in the geometry, unknown.")
    return [
        _listed(t("Left out or remarked"), tables.OMITTED, tables.omitted_columns(), omitted, "omitted"),
        _listed(t("Rejected files"), tables.REJECTED, tables.rejected_columns(), rejected, "rejected"),
        _listed(t("Findings about the readings"), tables.FINDINGS, tables.finding_columns(), found, "findings"),
        _listed(t("Clocks against each other"), tables.CLOCKS, tables.clock_columns(), clock, "clocks"),
    ]


def _series() -> list[Component]:
    listed = t("Least covered first. A series leads to its gaps, below.")
    gaps = [html.P(id=GAP_WORDS, className="ps-caption"), grid(tables.GAPS, tables.gap_columns())]
    note = t("Longest first. A gap leads to the readings around it.")
    return [
        _listed(t("Series"), tables.SERIES, tables.series_columns(), listed, "quality"),
        section(t("Gaps"), gaps, note=note, tools=csv_button(tables.GAPS), question="gaps"),
    ]


def _listed(title: str, name: str, columns: Sequence[dict[str, Any]], note: str, question: str) -> Component:
    return section(title, grid(name, columns), note=note, tools=csv_button(name), question=question)


def group_options(scope: Scope) -> dict[str, str]:
    """List what the calendar can show: all groups of series, or the series of one."""
    labels = quality.groups(str(scope.source))
    return {ALL_GROUPS: t("All groups of series")} | {label: t("Series of: {group}", group=label) for label in labels}


def update_groups(search: str | None) -> list[dict[str, str]]:
    """Offer the groups of the source that is shown."""
    scope = scope_of(search, "any")
    options = group_options(scope) if scope.source else {}
    return [{"label": words, "value": key} for key, words in options.items()]


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
    files = (
        t("{files} could not be used", files=counted(len(rejected), "file")) if rejected else t("every file was used")
    )
    if not rows:
        return t("No series, {files}", files=files)
    share = percent(covered(rows), 1)
    return t("{share} of the expected readings are there, {files}", share=share, files=files)


def lead_words(found: Row, scope: Scope) -> str:
    """Say what was left out, of how much."""
    rows = found["series"]
    out = {title: summed(rows, key) for key, (title, _, _) in counts().items()}
    words = {title: title.lower() if current() == ENGLISH else title for title in out}
    told = ", ".join(f"{number(count)} {words[title]}" for title, count in out.items() if count)
    given = {"rows": counted(summed(rows, "rows"), "reading"), "series": number(len(rows))}
    size = t("{source}: {rows} in {series} series", source=scope.source, **given)
    return f"{size}. {told or t('Nothing odd')}."


def tiles(found: Row) -> Component:
    """Show the totals."""
    rows = found["series"]
    totals = [kpi(title, number(summed(rows, key)), question=key) for key, (title, _, _) in counts().items()]
    first = [
        kpi(t("Readings kept"), number(summed(rows, "rows")), question="rows_kept"),
        kpi(t("Series"), number(len(rows)), question="series_count"),
    ]
    last = kpi(t("Rejected files"), number(len(found["rejected_files"])), question="rejected")
    return kpi_row([*first, *totals, last])


def warning_list(warnings: Sequence[Any]) -> Component:
    """List the build's warnings."""
    if not warnings:
        return html.P(t("None."), className="ps-grey")
    return html.Ul([html.Li(str(one)) for one in warnings], className="ps-findings")


def series_of(scope: Scope, rows: Sequence[Row]) -> str | None:
    """Read which series' gaps are shown: the chosen one, else the one with the most gaps."""
    chosen = scope.view.get("series", "")
    if any(row["signal"] == chosen for row in rows):
        return chosen
    worst = max(rows, key=lambda row: int(row.get("gaps") or 0), default=None)
    return worst["signal"] if worst else None


@with_page
def update(search: str | None) -> tuple[Component, Component, Component, Rows, dict[str, str], Rows, dict[str, str]]:
    """Fill the words, the totals, the warnings, the reasons and the rejected files."""
    scope = scope_of(search, "any")
    if scope.source is None:
        return html.Div(), html.Div(), html.Div(), [], fitted(0), [], fitted(0)
    found = quality.quality(scope.source)
    first = headline(answer_words(found), question="quality", lead=lead_words(found, scope), sample=scope.sample)
    omitted = tables.omitted_rows(omissions.omissions(scope.source))
    rejected = tables.rejected_rows(found["rejected_files"])
    size = fitted(3 * len(omitted), 560), fitted(2 * len(rejected))
    return first, tiles(found), warning_list(found["warnings"]), omitted, size[0], rejected, size[1]


def update_series(search: str | None) -> tuple[Rows, dict[str, str], Rows, dict[str, str], str]:
    """Fill the table of series, and the gaps of the chosen one."""
    scope = scope_of(search, "any")
    rows = quality.quality(scope.source)["series"] if scope.source else []
    listed = tables.series_rows(rows, scope.view)
    signal = series_of(scope, rows)
    if scope.source is None or signal is None:
        return listed, fitted(len(listed)), [], fitted(0), ""
    found = omissions.gaps(scope.source, signal)
    gaps = tables.gap_rows(found, scope.source, signal, scope.view, scope.zone)
    words = t(
        "{signal}: {gaps}, {missing} missing in them",
        signal=signal,
        gaps=counted(len(gaps), "gap"),
        missing=counted(int(found["missing"].sum()), "reading"),
    )
    return listed, fitted(len(listed)), gaps, fitted(len(gaps)), words


def update_findings(search: str | None) -> tuple[Rows, dict[str, str], Rows, dict[str, str]]:
    """Fill the findings about the readings, and how the clocks stand."""
    scope = scope_of(search, "any")
    rows = tables.finding_rows(omissions.findings(scope.source)) if scope.source else []
    pairs = tables.clock_rows(clocks.clocks(scope.source).pairs, scope.source) if scope.source and scope.packs else []
    return rows, fitted(2 * len(rows)), pairs, fitted(2 * len(pairs), 560)


@with_page
def update_calendar(search: str | None, theme: str | None) -> tuple[go.Figure, dict[str, str]]:
    """Fill the calendar: of all groups of series, or of the series of one."""
    scope = scope_of(search, "any")
    figure = calendar(scope, View.parse(search).get("group", ALL_GROUPS), theme)
    return figure, {"height": f"{figure.layout.height}px"}


def calendar(scope: Scope, group: str, theme: str | None) -> go.Figure:
    """Draw the coverage calendar; say why when there is none."""
    if scope.source is None:
        return message(t("No sources"), theme, height=240)
    chosen = group in quality.groups(scope.source)
    frame = quality.series_calendar(scope.source, group) if chosen else quality.coverage_calendar(scope.source)
    if frame.is_empty():
        return message(t("No day with readings"), theme, height=240)
    return coverage_calendar(frame, theme=theme)


def register(app: Dash) -> None:
    """Wire the page."""
    search, theme = Input("url", "search"), Input("theme", "data")
    app.callback(
        *(Output(name, "children") for name in (ANSWER, TILES, WARNINGS)),
        *_filled(tables.OMITTED),
        *_filled(tables.REJECTED),
        search,
    )(update)
    app.callback(*_filled(tables.SERIES), *_filled(tables.GAPS), Output(GAP_WORDS, "children"), search)(update_series)
    app.callback(*_filled(tables.FINDINGS), *_filled(tables.CLOCKS), search)(update_findings)
    app.callback(Output(CALENDAR, "figure"), Output(CALENDAR, "style"), search, theme)(update_calendar)
    app.callback(Output(GROUPS, "options"), Input("period", "data"))(update_groups)
    register_csv(app, *GRIDS)


def _filled(name: str) -> tuple[Output, Output]:
    return Output(name, "rowData"), Output(name, "style")
