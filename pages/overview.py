"""Overview: the site at a glance, and the four questions: is it safe, does it work, how much energy, what trends."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from app.answers import series
from app.answers.sources import list_sources
from app.components import (
    Content,
    PageMeta,
    badge,
    empty,
    headline,
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
from app.numbers import counted, number
from app.scope import Scope, scope_for
from app.view import View
from pages.glance import Flagged, MeterGlance, SystemGlance, meter_glance, need_attention, system_glance
from pages.tiles import meter_tile, questions, system_tile

META = PageMeta(path="/", name="Overview", icon="overview")

ANSWER, QUESTIONS, TILES, WORST, TRENDS = (
    "overview-answer",
    "overview-questions",
    "overview-tiles",
    "overview-worst",
    "overview-trends",
)
TRENDS_PX = chart_height(3)
"""Height of the trends, a panel for each unit [px]."""
SHOWN_WORST = 8
"""Cells that the list of worst cells shows."""
TREND_SIGNALS = ("bms1_cell_v_diff", "bms1_cell_max_t", "bms1_soc")
"""What the trends show of each system, where it is logged."""
FAULT_WORDS = {
    "low_capacity": "low capacity",
    "high_resistance": "high resistance",
    "self_discharge": "self-discharge",
    "imbalance": "imbalance",
    "hot_spot": "hot spot",
    "voltage_spike": "voltage spike",
    "temperature_spike": "temperature spike",
    "sense_lead": "sense lead",
    "unknown": "not recognised",
}


def layout(**_query: str) -> html.Div:
    """Lay out the page."""
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            html.Div(id=QUESTIONS),
            html.Div(id=TILES),
            section("Worst cells", html.Div(skeleton(4), id=WORST), note="of all systems, worst first"),
            section(
                "Trends",
                time_graph(
                    TRENDS, label="Cell voltage spread, temperature and charge of each system", height=TRENDS_PX
                ),
                note="Drag across the chart to zoom the whole view; a double click shows all of it again.",
            ),
        ],
    )


def scopes(search: str | None) -> list[Scope]:
    """Resolve the period for every source."""
    view = View.parse(search)
    return [scope_for(view, row) for row in list_sources()]


def glances(search: str | None) -> tuple[list[SystemGlance], list[MeterGlance]]:
    """Look at every source."""
    every = scopes(search)
    systems = [system_glance(scope) for scope in every if scope.kind == "bess"]
    return systems, [meter_glance(scope) for scope in every if scope.kind == "meter"]


def update_answer(search: str | None) -> tuple[Component, Component, Component, Component]:
    """Answer the page's question, the four questions, each source's tile, and the list of worst cells."""
    systems, meters = glances(search)
    if not systems and not meters:
        nothing = empty("No sources", "The build found no meter and no battery system in its folders.")
        return nothing, html.Div(), html.Div(), html.Div()
    now_ms = int(time.time() * 1000)
    rows = [[system_tile(row, now_ms) for row in systems], [meter_tile(row, now_ms) for row in meters]]
    sample = any(row.scope.sample for row in systems) or any(row.scope.sample for row in meters)
    attention = need_attention(systems)
    return (
        headline(verdict_words(systems, attention), lead=lead_words(systems, meters), sample=sample),
        questions(systems) if systems else html.Div(),
        html.Div([html.Div(tiles, className="ps-tiles") for tiles in rows if tiles]),
        worst_table([row for glance in systems for row in glance.flagged], View.parse(search)),
    )


def verdict_words(systems: Sequence[SystemGlance], attention: Sequence[Flagged]) -> str:
    """Write the page's one sentence."""
    cells = sum(row.cells for row in systems)
    if not systems:
        return "Meters only: this site has no battery data"
    if not cells:
        return "No cell could be judged in this period"
    if not attention:
        return f"None of {number(cells)} cells needs attention"
    verb = "needs" if len(attention) == 1 else "need"
    return f"{len(attention)} of {number(cells)} cells {verb} attention"


def lead_words(systems: Sequence[SystemGlance], meters: Sequence[MeterGlance]) -> str:
    """Write what stands behind the sentence."""
    counts = Counter(row.verdict.severity for glance in systems for row in glance.flagged)
    parts = [f"{counts[name]} {name}" for name in ("critical", "warning", "watch") if counts[name]]
    found = f"Cells flagged: {', '.join(parts)}. " if parts else ""
    sources = f"{counted(len(systems), 'battery system')} and {counted(len(meters), 'meter')}"
    return f"{found}{sources}."


def worst_table(flagged: Sequence[Flagged], view: View) -> Component:
    """List the worst cells, each with the finding that counts and a link to it."""
    ranked = sorted(
        flagged, key=lambda row: ({"critical": 0, "warning": 1}.get(row.verdict.severity, 2), -row.verdict.score)
    )
    if not ranked:
        return empty("No flagged cells", "No cell exceeds a limit in this period.")
    rows: list[Sequence[Content]] = []
    for row in ranked[:SHOWN_WORST]:
        target = view.href("/cells", system=row.system, pack=row.pack, cell=row.verdict.cell, tab="critical")
        link = dcc.Link(f"Pack {row.pack} cell {row.verdict.cell}", href=target)
        fault = FAULT_WORDS.get(row.verdict.fault, row.verdict.fault)
        rows.append([badge(row.verdict.severity), row.system, link, fault, row.worst.text])
    more = len(ranked) - SHOWN_WORST
    table = plain_table(["Severity", "System", "Cell", "Signs fit", "Why"], rows, wrapped=[4])
    return html.Div(
        [table, html.P(f"and {counted(more, 'more cell')}", className="ps-caption")] if more > 0 else [table]
    )


def update_trends(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw the trends of all systems."""
    systems = [scope for scope in scopes(search) if scope.kind == "bess"]
    called = short_names([str(scope.source) for scope in systems])
    asked = [(at, signal) for signal in TREND_SIGNALS for at, scope in enumerate(systems) if signal in scope.signals]
    lines = [
        series.series(str(systems[at].source), signal, *systems[at].window, max_points=systems[at].points)
        for at, signal in asked
    ]
    if not lines:
        return bare(message("No battery system logs a cell spread, a highest temperature or a state of charge", theme))
    drawn = min(scope.drawn[0] for scope in systems), max(scope.drawn[1] for scope in systems)
    names = [called[at] if len(systems) > 1 else line.label for (at, _), line in zip(asked, lines, strict=True)]
    hues = [at for at, _ in asked]
    zone = systems[0].zone
    figure = time_chart(lines, names=names, colour_of=hues, zone=zone, theme=theme, drawn=drawn, height=TRENDS_PX)
    return bare(figure)


def register(app: Dash) -> None:
    """Wire the page."""
    app.callback(
        Output(ANSWER, "children"),
        Output(QUESTIONS, "children"),
        Output(TILES, "children"),
        Output(WORST, "children"),
        Input("period", "data"),
    )(update_answer)
    app.callback(Output(time_id(TRENDS), "figure"), Input("url", "search"), Input("theme", "data"))(update_trends)
