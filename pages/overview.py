"""Overview: the site at a glance, and the four questions: is it safe, does it work, how much energy, what trends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dash import MATCH, ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from app.answers import series
from app.answers.attention import issues, now_ms
from app.answers.sources import list_sources
from app.components import (
    PageMeta,
    empty,
    headline,
    page,
    section,
    severity_counts,
    skeleton,
    time_graph,
    time_id,
)
from app.early import with_page
from app.figures.panels import chart_height
from app.figures.theme import bare, message
from app.figures.timeseries import short_names, time_chart
from app.language import mark, t
from app.numbers import cells_need_attention, counted, number
from app.scope import Scope, scope_for
from app.view import View
from pages.attention import (
    ATTENTION,
    WORST,
    Rows,
    attention_columns,
    attention_rows,
    worst_columns,
    worst_rows,
)
from pages.glance import Flagged, SystemGlance, meter_glance, need_attention, system_glance, system_verdicts
from pages.grids import csv_button, fitted, grid, register_csv
from pages.sparks import sparks
from pages.tiles import meter_tile, questions, system_tile

META = PageMeta(path="/", name=mark("Overview"), icon="overview")

ANSWER, QUESTIONS, TRENDS = "overview-answer", "overview-questions", "overview-trends"
STAY = "overview-stay"
"""The period as long as this page is the one that is shown: its tiles are not asked for while it is left."""
TRENDS_PX = chart_height(3)
"""Height of the trends, a panel for each unit [px]."""
ATTENTION_PX = 372
"""Height from which the table of what needs attention scrolls [px]."""
TREND_POINTS = 600
"""Points of a line of the trends: there are up to three of each system [points]."""
TREND_SIGNALS = ("bms1_cell_v_diff", "bms1_cell_max_t", "bms1_soc")
"""What the trends show of each system, where it is logged."""


def tile_id(source: str) -> dict[str, str]:
    """Name the tile of a source; each is filled by a callback of its own."""
    return {"type": "overview-tile", "name": source}


def layout(**_query: str) -> html.Div:
    """Lay out the page."""
    trends = t("Cell voltage spread, temperature and charge of each system")
    zoom = t("Drag across the chart to zoom the whole view; a double click shows all of it again.")
    attention = grid(ATTENTION, attention_columns(), height=ATTENTION_PX)
    return page(
        META,
        [
            dcc.Store(id=STAY),
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            html.Div(id=QUESTIONS),
            section(
                t("Needs attention now"),
                attention,
                note=t("Gravest first, each with its evidence."),
                tools=csv_button(ATTENTION),
                question="attention",
            ),
            *_tiles(),
            section(
                t("Worst cells"),
                grid(WORST, worst_columns()),
                note=t("of all systems, worst first"),
                tools=csv_button(WORST),
                question="flagged",
            ),
            section(t("Trends"), time_graph(TRENDS, label=trends, height=TRENDS_PX), note=zoom, question=None),
        ],
    )


def _tiles() -> list[Component]:
    """Hold a place for the tile of each source, systems first."""
    groups = [[row["name"] for row in list_sources() if row["kind"] == kind] for kind in ("bess", "meter")]
    return [
        html.Div(
            [html.Article(skeleton(4), id=tile_id(name), className="ps-tile") for name in names], className="ps-tiles"
        )
        for names in groups
        if names
    ]


def scopes(search: str | None) -> list[Scope]:
    """Resolve the period for every source."""
    view = View.parse(search)
    return [scope_for(view, row) for row in list_sources()]


def system_glances(search: str | None) -> list[SystemGlance]:
    """Look at every battery system."""
    return [system_glance(scope) for scope in scopes(search) if scope.kind == "bess"]


@with_page
def update_answer(search: str | None) -> tuple[Component, Rows, dict[str, str]]:
    """Answer the page's question, and list the worst cells."""
    every = scopes(search)
    if not every:
        nothing = empty(t("No sources"), t("The build found no meter and no battery system in its folders."))
        return nothing, [], fitted(0)
    systems = [system_verdicts(scope) for scope in every if scope.kind == "bess"]
    worst = worst_rows([row for glance in systems for row in glance.flagged], every[0].view)
    sentence = headline(
        verdict_words(systems, need_attention(systems)),
        question="safety",
        lead=lead_words(systems, len(every) - len(systems)),
        sample=any(scope.sample for scope in every),
    )
    return sentence, worst, fitted(2 * len(worst))


@with_page
def update_questions(search: str | None) -> Component:
    """Answer the four questions."""
    systems = system_glances(search)
    return questions(systems) if systems else html.Div()


def update_attention(search: str | None) -> tuple[Rows, dict[str, str]]:
    """List what needs attention now."""
    every = scopes(search)
    if not every:
        return [], fitted(0)
    found = issues(now_ms(), every[0].start_ms, every[0].end_ms)
    rows = attention_rows(system_glances(search), found, every[0].view)
    return rows, fitted(2 * len(rows), ATTENTION_PX)


def update_tile(identity: dict[str, str], search: str | None) -> list[Component]:
    """Fill the tile of one source."""
    scope = next((one for one in scopes(search) if one.source == identity["name"]), None)
    if scope is None:
        return []
    now = now_ms()
    tile = system_tile(system_glance(scope), now) if scope.kind == "bess" else meter_tile(meter_glance(scope), now)
    return [*tile.children, sparks(scope)]


def verdict_words(systems: Sequence[SystemGlance], attention: Sequence[Flagged]) -> str:
    """Write the page's one sentence."""
    cells = sum(row.cells for row in systems)
    if not systems:
        return t("Meters only: this site has no battery data")
    if not cells:
        return t("No cell could be judged in this period")
    if not attention:
        return t("None of {cells} cells needs attention", cells=number(cells))
    return cells_need_attention(len(attention), cells)


def lead_words(systems: Sequence[SystemGlance], meters: int) -> str:
    """Write what stands behind the sentence."""
    counts = Counter(row.verdict.severity for glance in systems for row in glance.flagged)
    parts = severity_counts(counts)
    found = t("Cells flagged: {parts}. ", parts=", ".join(parts)) if parts else ""
    named = {"systems": counted(len(systems), "battery system"), "meters": counted(meters, "meter")}
    return found + t("{systems} and {meters}", **named) + "."


@with_page
def update_trends(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw the trends of all systems."""
    systems = [scope for scope in scopes(search) if scope.kind == "bess"]
    called = short_names([str(scope.source) for scope in systems])
    asked = [(at, signal) for signal in TREND_SIGNALS for at, scope in enumerate(systems) if signal in scope.signals]
    lines = [
        series.series(str(systems[at].source), signal, *systems[at].window, max_points=TREND_POINTS)
        for at, signal in asked
    ]
    if not lines:
        return bare(
            message(t("No battery system logs a cell spread, a highest temperature or a state of charge"), theme)
        )
    drawn = min(scope.drawn[0] for scope in systems), max(scope.drawn[1] for scope in systems)
    names = [called[at] if len(systems) > 1 else line.label for (at, _), line in zip(asked, lines, strict=True)]
    hues = [at for at, _ in asked]
    zone = systems[0].zone
    figure = time_chart(lines, names=names, colour_of=hues, zone=zone, theme=theme, drawn=drawn, height=TRENDS_PX)
    return bare(figure)


def register(app: Dash) -> None:
    """Wire the page."""
    period = Input("period", "data")
    worst, attention = ([Output(name, part) for part in ("rowData", "style")] for name in (WORST, ATTENTION))
    app.callback(Output(ANSWER, "children"), *worst, period)(update_answer)
    app.callback(Output(QUESTIONS, "children"), period)(update_questions)
    app.callback(*attention, period)(update_attention)
    tile = {"type": "overview-tile", "name": MATCH}
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope", "stay"), Output(STAY, "data"), period)
    app.callback(Output(tile, "children"), Input(tile, "id"), Input(STAY, "data"))(update_tile)
    app.callback(Output(time_id(TRENDS), "figure"), Input("url", "search"), Input("theme", "data"))(update_trends)
    register_csv(app, ATTENTION, WORST)
