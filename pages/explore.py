"""Explore: any signals of any sources, at any zoom, down to single readings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from app.answers import compare, series
from app.answers.sources import catalogue, list_sources
from app.components import (
    Content,
    PageMeta,
    csv_file,
    empty,
    export_button,
    headline,
    icon,
    page,
    plain_table,
    section,
    skeleton,
    time_graph,
    time_id,
)
from app.figures.panels import chart_height
from app.figures.theme import bare, message
from app.figures.timeseries import short_names, time_chart
from app.numbers import counted, energy, known, number, percent, quantity
from app.scope import Scope, scope_for
from app.shapes import SeriesAnswer
from app.view import View, ms_to_wall

META = PageMeta(path="/explore", name="Explore", icon="explore")

ANSWER, FIND, FOUND, CHOSEN, CHART, STATS, EXPORT = (
    "explore-answer",
    "explore-find",
    "explore-found",
    "explore-chosen",
    "explore-chart",
    "explore-stats",
    "explore-export",
)
MOST_FOUND = 24
"""Signals that a search lists."""
MOST_LINES = 12
"""Lines drawn at once."""
STARTERS = ("bms1_soc", "pcs1_ap", "com_ap", "cell_max_t", "cell_v_diff")
"""What is offered before anything is typed."""
Line = tuple[str, str]


def layout(**_query: str) -> html.Div:
    """Lay out the page."""
    find = dbc.Input(id=FIND, type="search", debounce=0.2, placeholder="Type a signal, such as: pack 2 cell 17 voltage")
    search = [
        html.Label("Find a signal", htmlFor=FIND, className="visually-hidden"),
        find,
        html.Div(id=FOUND, className="ps-found"),
    ]
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            section("Signals", [html.Div(id=CHOSEN, className="ps-found"), *search]),
            section(
                "Chart",
                time_graph(CHART, label="The chosen signals, one panel for each unit", height=320),
                note="Drag to zoom in, down to single readings; a double click shows the whole period again.",
                tools=export_button(EXPORT),
            ),
            section("In the visible range", html.Div(skeleton(3), id=STATS)),
        ],
    )


def lines_of(view: View) -> list[Line]:
    """Read the chosen signals; what does not exist (any more) is left out."""
    there = {row["name"]: set(row["signals"]) for row in list_sources()}
    pairs = [text.partition(":")[::2] for text in view.signals]
    return [(source, signal) for source, signal in pairs if signal in there.get(source, ())][:MOST_LINES]


def starters() -> tuple[Line, ...]:
    """Pick what is shown when nothing is chosen: the state of charge or power of the first source that has one."""
    for row in list_sources():
        for ending in STARTERS:
            found = next((name for name in row["signals"] if name.endswith(ending)), None)
            if found:
                return ((row["name"], found),)
    return ()


def shown_lines(view: View) -> list[Line]:
    """Read the chosen signals, else the starters."""
    return lines_of(view) or list(starters())


def window_of(search: str | None, lines: Sequence[Line]) -> tuple[Scope, tuple[int, int]]:
    """Resolve the range of the chart: the zoom or the period, over the sources of the lines."""
    rows = {row["name"]: row for row in list_sources()}
    scopes = [scope_for(View.parse(search), rows[source]) for source in dict.fromkeys(name for name, _ in lines)]
    return scopes[0], (min(one.drawn[0] for one in scopes), max(one.drawn[1] for one in scopes))


def matches(text: str) -> list[dict[str, Any]]:
    """Find signals whose source, name, label, unit or topic hold every word that was typed."""
    words = text.lower().split()
    found: list[dict[str, Any]] = []
    for row in list_sources():
        for signal in catalogue(row["name"]):
            said = f"{row['name']} {signal['signal']} {signal['label']} {signal['unit']} {signal['topic']}".lower()
            if _holds(said, words) if words else signal["signal"].endswith(STARTERS):
                found.append({"source": row["name"], **signal})
    return found


def _holds(said: str, words: Sequence[str]) -> bool:
    """Whether every word is in what is said of a signal; a number must be there as it is, ``2`` is not in ``12``."""
    tokens = said.split()
    return all(word in tokens if word.isdigit() else word in said for word in words)


def _written(lines: Sequence[Line]) -> tuple[str, ...]:
    return tuple(f"{source}:{signal}" for source, signal in lines)


def update_found(text: str | None, search: str | None) -> list[Component]:
    """List what a search finds; each entry is a link that adds the signal."""
    view = View.parse(search)
    chosen = lines_of(view)
    found = [row for row in matches(text or "") if (row["source"], row["signal"]) not in chosen]
    links: list[Component] = []
    for row in found[:MOST_FOUND]:
        more = (*chosen, (row["source"], row["signal"]))
        target = "/explore" + view.change(signals=_written(more)).search()
        name: list[str | Component] = [html.Span(row["source"], className="ps-grey"), f" {row['label']}"]
        links.append(dcc.Link(name, href=target, className="ps-pill", title=f"Add {row['signal']}"))
    rest = len(found) - len(links)
    if not found:
        links.append(html.Span("No signal matches every word.", className="ps-caption"))
    elif rest:
        links.append(html.Span(f"and {number(rest)} more; type to narrow down", className="ps-caption"))
    return links


def update_chosen(search: str | None) -> list[Component]:
    """Show the chosen signals; each entry is a link that takes the signal away."""
    view = View.parse(search)
    chosen = lines_of(view)
    pills: list[Component] = []
    for line in chosen:
        rest = [other for other in chosen if other != line]
        target = "/explore" + view.change(signals=_written(rest)).search()
        words: list[str | Component] = [f"{line[0]} {_label(line)}", icon("close", "Remove")]
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
    sources = list(dict.fromkeys(one.source for one in answers))
    short = dict(zip(sources, short_names(sources), strict=True))
    labels = [(one.source, one.label) for one in answers]
    names = [one.signal if labels.count((one.source, one.label)) > 1 else one.label for one in answers]
    return [
        f"{short[one.source]} {name}" if len(sources) > 1 else name for one, name in zip(answers, names, strict=True)
    ]


def update_chart(search: str | None, theme: str | None) -> tuple[dict[str, Any], dict[str, str], Component]:
    """Draw the chosen signals, as high as their panels need, and say what is drawn."""
    if not shown_lines(View.parse(search)):
        nothing = empty("No signals", "The build found no signal in its folders.")
        return bare(message("Nothing to draw", theme)), {"height": "240px"}, nothing
    answers, scope, drawn = read(search)
    height = chart_height(len({one.unit for one in answers}))
    figure = time_chart(answers, names=names_of(answers), zone=scope.zone, theme=theme, drawn=drawn, height=height)
    readings = sum(int(one.rows.sum()) for one in answers)
    words = f"{counted(readings, 'reading')} of {counted(len(answers), 'signal')}"
    lead = "Nothing is averaged away: the band runs from the lowest to the highest reading behind each point."
    return bare(figure), {"height": f"{height}px"}, headline(words, lead=lead, sample=scope.sample)


def update_stats(search: str | None) -> Component:
    """Summarise what is visible, from every reading in it."""
    lines = shown_lines(View.parse(search))
    if not lines:
        return html.Div()
    _, drawn = window_of(search, lines)
    return statistics_table(compare.statistics(lines, *drawn))


def statistics_table(rows: Sequence[compare.LineStatistics]) -> Component:
    """Write the statistics of lines as a table; a counter has an energy instead of a mean."""
    counters = any(known(row.energy_kwh) for row in rows)
    cells: list[Sequence[Content]] = []
    for row in rows:
        label = html.Span([row.label, html.Span(f" {row.signal}", className="ps-grey")])
        digits = 0 if row.mean is None else None  # flags come in whole numbers
        figures = [quantity(value, row.unit, digits) for value in (row.min, row.mean, row.max, row.last)]
        counted_energy = [energy(row.energy_kwh)] if counters else []
        cells.append([row.source, label, *figures, *counted_energy, number(row.readings), percent(row.coverage, 1)])
    head = ["Source", "Signal", "Lowest", "Mean of readings", "Highest", "Last", *(["Energy"] if counters else [])]
    head += ["Readings", "Coverage"]
    return plain_table(head, cells, numeric=range(2, len(head)))


def export(clicks: int | None, search: str | None) -> Any:  # noqa: ANN401 - a file for dcc.Download, or no update
    """Write what is drawn as a CSV, with the extremes and the number of readings behind each point."""
    if not clicks:
        return no_update
    answers, scope, _ = read(search)
    header = ["time_local", "ts_ms_utc", "source", "signal", "unit", "value", "min", "max", "readings", "level"]
    rows = [row for one in answers for row in _points(one, scope.zone)]
    return csv_file("packscope-explore.csv", header, rows)


def _points(line: SeriesAnswer, zone: str) -> list[list[object]]:
    columns = zip(line.ts, line.value, line.min, line.max, line.rows, strict=True)
    said = [line.source, line.signal, line.unit]
    return [
        [ms_to_wall(int(ts), zone), int(ts), *said, *map(_decimal, (value, low, high)), int(count), line.level]
        for ts, value, low, high, count in columns
    ]


def _decimal(value: float) -> float | None:
    return float(f"{value:.7g}") if known(value) else None


def register(app: Dash) -> None:
    """Wire the page."""
    search, theme = Input("url", "search"), Input("theme", "data")
    chart = Output(time_id(CHART), "figure"), Output(time_id(CHART), "style"), Output(ANSWER, "children")
    app.callback(Output(FOUND, "children"), Input(FIND, "value"), search)(update_found)
    app.callback(Output(CHOSEN, "children"), search)(update_chosen)
    app.callback(*chart, search, theme)(update_chart)
    app.callback(Output(STATS, "children"), search)(update_stats)
    app.callback(
        Output(f"{EXPORT}-file", "data"), Input(EXPORT, "n_clicks"), State("url", "search"), prevent_initial_call=True
    )(partial(export))
