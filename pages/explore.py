"""Explore: any signals of any sources, at any zoom, down to single readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from app.answers import find, series
from app.answers.sources import catalogue, list_sources
from app.answers.statistics import statistics
from app.components import (
    VIEWED,
    PageMeta,
    choice,
    empty,
    entry_id,
    headline,
    icon,
    page,
    section,
    skeleton,
    time_graph,
    time_id,
)
from app.early import with_page
from app.figures.panels import chart_height
from app.figures.theme import bare, message
from app.figures.timeseries import short_names, time_chart
from app.language import mark, t
from app.numbers import counted, number
from app.say import say
from app.scope import Scope, scope_for
from app.shapes.series import SeriesAnswer
from app.view import View, ms_to_wall
from pages import rawrows
from pages.grids import csv_button, fitted, grid, register_csv
from pages.statistics import columns, row

META = PageMeta(path="/explore", name=mark("Explore"), icon="explore")

ANSWER, FIND, FOUND, CHOSEN, CHART, RAW, STATS = (
    "explore-answer",
    "explore-find",
    "explore-found",
    "explore-chosen",
    "explore-chart",
    "explore-raw",
    "explore-stats",
)
MOST_FOUND = 24
"""Signals that a search lists."""
MOST_LINES = 12
"""Lines drawn at once."""
STARTERS = ("bms1_soc", "pcs1_ap", "com_ap", "cell_max_t", "cell_v_diff")
"""What is offered before anything is typed."""
RAW_READINGS = 400
"""Readings that a link to single readings shows of the slowest signal [readings]."""
MINUTE_MS = 60_000
Line = tuple[str, str]


def layout(**query: str) -> html.Div:
    """Lay out the page."""
    view = View.of(**query)
    words = t("Type a signal, such as: pack 2 cell 17 voltage")
    search = [
        html.Label(t("Find a signal"), htmlFor=FIND, className="visually-hidden"),
        dbc.Input(id=FIND, type="search", debounce=0.2, placeholder=words),
        html.Div(id=FOUND, className="ps-found"),
    ]
    axes = {"unit": t("One axis a unit"), "own": t("One axis a signal")}
    tools = choice(entry_id("axes", "unit"), t("Axes"), axes, view.get("axes", "unit"))
    note = t("Drag to zoom in, down to single readings; a double click shows the whole period again.")
    chart = time_graph(CHART, label=t("The chosen signals"), height=320)
    exact = t("Exact, from every reading. A stamp leads to the readings around it.")
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            section(t("Signals"), [html.Div(id=CHOSEN, className="ps-found"), *search], question=None),
            section(t("Chart"), [html.Div(id=RAW, className="ps-found"), chart], note=note, tools=tools, question=None),
            section(
                t("In the visible range"),
                grid(STATS, columns()),
                note=exact,
                tools=csv_button(STATS),
                question="statistics",
            ),
            rawrows.panel(),
        ],
    )


def lines_of(view: View) -> list[Line]:
    """Read the chosen signals; what does not exist (any more) is left out."""
    there = {row["name"]: set(row["signals"]) for row in list_sources()}
    pairs = [text.partition(":")[::2] for text in view.signals]
    return [(source, signal) for source, signal in pairs if signal in there.get(source, ())][:MOST_LINES]


def starters() -> tuple[Line, ...]:
    """Pick what is shown when nothing is chosen: the state of charge or power of the first source that has one."""
    for one in list_sources():
        for ending in STARTERS:
            found = next((name for name in one["signals"] if name.endswith(ending)), None)
            if found:
                return ((one["name"], found),)
    return ()


def shown_lines(view: View) -> list[Line]:
    """Read the chosen signals, else the starters."""
    return lines_of(view) or list(starters())


def window_of(search: str | None, lines: Sequence[Line]) -> tuple[Scope, tuple[int, int]]:
    """Resolve the range of the chart: the zoom or the period, over the sources of the lines."""
    rows = {row["name"]: row for row in list_sources()}
    scopes = [scope_for(View.parse(search), rows[source]) for source in dict.fromkeys(name for name, _ in lines)]
    return scopes[0], (min(one.drawn[0] for one in scopes), max(one.drawn[1] for one in scopes))


def matches(text: str) -> list[tuple[Line, str]]:
    """Find signals by what was typed, best first, each with its label; some of each kind of source when nothing was."""
    if text.strip():
        return [((one.source, one.signal), one.label) for one in find.find(text)]
    kinds = {row["kind"]: row["name"] for row in reversed(list_sources())}
    every = ((name, signal) for name in kinds.values() for signal in catalogue(name))
    return [((name, one["signal"]), one["label"]) for name, one in every if one["signal"].endswith(STARTERS)]


def _written(lines: Sequence[Line]) -> tuple[str, ...]:
    return tuple(f"{source}:{signal}" for source, signal in lines)


@with_page
def update_found(text: str | None, search: str | None) -> list[Component]:
    """List what a search finds; each entry is a link that adds the signal."""
    view = View.parse(search)
    chosen = lines_of(view)
    found = [(line, label) for line, label in matches(text or "") if line not in chosen]
    links: list[Component] = []
    for line, label in found[:MOST_FOUND]:
        target = "/explore" + view.change(signals=_written((*chosen, line))).search()
        name: list[str | Component] = [html.Span(line[0], className="ps-grey"), f" {say(label)}"]
        links.append(dcc.Link(name, href=target, className="ps-pill", title=t("Add {signal}", signal=line[1])))
    rest = len(found) - len(links)
    if not found:
        links.append(html.Span(t("No signal matches every word."), className="ps-caption"))
    elif rest:
        links.append(html.Span(t("and {n} more; type to narrow down", n=number(rest)), className="ps-caption"))
    return links


@with_page
def update_chosen(search: str | None) -> list[Component]:
    """Show the chosen signals; each entry is a link that takes the signal away."""
    view = View.parse(search)
    chosen = lines_of(view)
    pills: list[Component] = []
    for line in chosen:
        rest = [other for other in chosen if other != line]
        target = "/explore" + view.change(signals=_written(rest)).search()
        words: list[str | Component] = [f"{line[0]} {say(_label(line))}", icon("close", t("Remove"))]
        pills.append(dcc.Link(words, href=target, className="ps-pill ps-pill-on"))
    return pills


def _label(line: Line) -> str:
    return next((row["label"] for row in catalogue(line[0]) if row["signal"] == line[1]), line[1])


def read(search: str | None, *, points: int | None = None) -> tuple[list[SeriesAnswer], Scope, tuple[int, int]]:
    """Read every shown line over the range of the chart."""
    lines = shown_lines(View.parse(search))
    scope, drawn = window_of(search, lines)
    asked = scope.window if len({source for source, _ in lines}) == 1 else drawn
    answers = [series.series(*line, *asked, max_points=points or scope.points) for line in lines]
    return answers, scope, drawn


def names_of(answers: Sequence[SeriesAnswer]) -> list[str]:
    """Name lines: by label, with the source where there are several, by signal where labels repeat."""
    return _named([(one.source, one.signal, one.label) for one in answers])


def line_names(lines: Sequence[Line]) -> list[str]:
    """Name signals as the chart names their lines."""
    return _named([(source, signal, _label((source, signal))) for source, signal in lines])


def _named(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    sources = list(dict.fromkeys(source for source, _, _ in rows))
    short = dict(zip(sources, short_names(sources), strict=True))
    labels = [(source, label) for source, _, label in rows]
    names = [signal if labels.count((source, label)) > 1 else label for source, signal, label in rows]
    return [
        f"{short[source]} {name}" if len(sources) > 1 else name
        for (source, _, _), name in zip(rows, names, strict=True)
    ]


@with_page
def update_chart(search: str | None, theme: str | None) -> tuple[dict[str, Any], dict[str, str], Component]:
    """Draw the chosen signals, as high as their panels need, and say what is drawn."""
    view = View.parse(search)
    if not shown_lines(view):
        nothing = empty(t("No signals"), t("The build found no signal in its folders."))
        return bare(message(t("Nothing to draw"), theme)), {"height": "240px"}, nothing
    answers, scope, drawn = read(search)
    apart = view.get("axes", "unit") == "own"
    height = chart_height(len(answers) if apart else len({one.unit for one in answers}))
    given: dict[str, Any] = {"zone": scope.zone, "theme": theme, "drawn": drawn, "height": height}
    figure = time_chart(answers, names=names_of(answers), apart=apart, **given)
    readings = counted(sum(int(one.rows.sum()) for one in answers), "reading")
    words = t("{readings} of {signals}", readings=readings, signals=counted(len(answers), "signal"))
    lead = t("Nothing is averaged away: the band runs from the lowest to the highest reading behind each point.")
    return bare(figure), {"height": f"{height}px"}, headline(words, question="series", lead=lead, sample=scope.sample)


def update_raw(search: str | None) -> list[Component]:
    """Lead to single readings: a link that zooms to the end of what is shown, where readings are buckets."""
    view = View.parse(search)
    lines = shown_lines(view)
    if not lines:
        return []
    scope, drawn = window_of(search, lines)
    answers, _, _ = read(search)
    if all(one.level == "raw" for one in answers):
        return [html.Span(t("Every point is a single reading."), className="ps-caption")]
    last = max((int(one.ts[-1]) + one.step_ms for one in answers if len(one.ts)), default=drawn[1])
    interval = max(interval_of(line) for line in lines)
    end = min(last, drawn[1])
    room = min(RAW_READINGS, scope.points) * interval
    target = "/explore" + view.change(zoom=around(end - room, end, scope.zone)).search()
    return [dcc.Link(t("Show the last single readings"), href=target, className="ps-pill")]


def around(start_ms: int, end_ms: int, zone: str) -> str:
    """Write a zoom [epoch ms, UTC) for the address; its end falls after the last minute."""
    return f"{ms_to_wall(start_ms, zone)}~{ms_to_wall(end_ms + MINUTE_MS, zone)}"


def interval_of(line: Line) -> int:
    """Look up the usual time between two readings of a signal [ms]."""
    return next((round(one["interval_s"] * 1000) for one in catalogue(line[0]) if one["signal"] == line[1]), MINUTE_MS)


def update_stats(search: str | None) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Summarise what is visible, from every reading in it; the stamps of extremes lead to the readings around them."""
    view = View.parse(search)
    lines = shown_lines(view)
    if not lines:
        return [], fitted(0)
    scope, drawn = window_of(search, lines)
    kinds = {row["name"]: row["kind"] for row in list_sources()}
    rows = []
    for line, found in zip(lines, statistics(lines, *drawn), strict=True):
        room = RAW_READINGS // 2 * interval_of(line)
        hrefs = {
            f"{which}_href": "/explore" + view.change(zoom=around(at - room, at + room, scope.zone)).search()
            for which, at in (("min", found.min_ms), ("max", found.max_ms))
            if at is not None
        }
        rows.append(row(found, scope.zone, view, kinds) | hrefs)
    return rows, fitted(len(rows))


def update_rows(
    search: str | None,
) -> tuple[list[Component], list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
    """Fill the raw rows of the visible range."""
    view = View.parse(search)
    lines = shown_lines(view)
    if not lines:
        return [], [], [], fitted(0)
    scope, drawn = window_of(search, lines)
    return rawrows.update(view, lines, line_names(lines), drawn, scope.zone)


def register(app: Dash) -> None:
    """Wire the page."""
    search, below, theme = Input("url", "search"), Input(VIEWED, "data"), Input("theme", "data")
    chart = Output(time_id(CHART), "figure"), Output(time_id(CHART), "style"), Output(ANSWER, "children")
    app.callback(Output(FOUND, "children"), Input(FIND, "value"), search)(update_found)
    app.callback(Output(CHOSEN, "children"), search)(update_chosen)
    app.callback(*chart, search, theme)(update_chart)
    app.callback(Output(RAW, "children"), below)(update_raw)
    app.callback(Output(STATS, "rowData"), Output(STATS, "style"), below)(update_stats)
    app.callback(*rawrows.outputs(), below)(update_rows)
    register_csv(app, STATS)
    rawrows.register(app)
