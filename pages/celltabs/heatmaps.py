"""Fourth tab: every cell of every pack in its physical place, on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import cells
from app.components import choice, entry_id, graph, section
from app.figures.heatmap import pack_heatmap
from app.figures.theme import message
from app.numbers import counted, quantity
from app.scope import Scope
from app.shapes import HeatmapAnswer
from pages.celltabs import verdicts

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "heatmaps", "keys": "pack,cell,metric"}
GRAPH, CAPTION = "cells-heatmap-graph", "cells-heatmap-caption"
METRICS: dict[str, str] = {
    "deviation": "Deviation",
    "voltage": "Voltage",
    "temperature": "Temperature",
    "soh": "State of health",
    "degradation": "Degradation",
}


def panel(scope: Scope) -> list[Component]:
    """Lay out the tab."""
    chosen = scope.view.get("metric", "deviation")
    tools = choice(entry_id("metric", "deviation"), "Metric", METRICS, chosen)
    height = 104 + 74 * max(len(scope.packs), 2)
    chart = html.Div(
        graph(GRAPH, label="Every cell of every pack", height=height, question="heatmap"), className="ps-wide"
    )
    note = "One row per pack, cells in physical order, one scale for all. Click a cell to select it everywhere."
    return [
        section("Every cell in its place", [chart, html.P(id=CAPTION, className="ps-caption")], note=note, tools=tools)
    ]


def ask(scope: Scope) -> dict[int, HeatmapAnswer]:
    """Ask for the chosen metric of every pack."""
    metric = scope.view.get("metric", "deviation")
    known: cells.Metric = next((one for one in cells.METRICS if one == metric), "deviation")
    system = str(scope.source)
    return {p: cells.heatmap(system, p, scope.start_ms, scope.end_ms, metric=known) for p in scope.packs}


def draw(answers: Mapping[int, HeatmapAnswer], scope: Scope, theme: str) -> go.Figure:
    """Draw what was answered; say why when there is nothing."""
    if not any(answer.cells for answer in answers.values()):
        reasons = [answer.reason for answer in answers.values() if answer.reason]
        return message(reasons[0] if reasons else "No readings in this period.", theme, height=280)
    rows = verdicts.flagged_cells(verdicts.criticals(scope))
    sensors = next(iter(answers.values())).metric == "temperature"
    flagged = {} if sensors else verdicts.severities(rows)
    cell = scope.view.cell
    selected = (scope.pack, cell) if scope.pack is not None and cell is not None and not sensors else None
    return pack_heatmap(answers, flagged=flagged, theme=theme, selected=selected)


def caption(answers: Mapping[int, HeatmapAnswer]) -> str:
    """Say what the colours stand for, the limit, and how many values are unknown."""
    if not answers:
        return ""
    first = next(iter(answers.values()))
    values = [value for answer in answers.values() for value in answer.values]
    missing = sum(value is None for value in values)
    parts = [f"{first.statistic}, {first.unit}", counted(len(values), "value")]
    if first.limit is not None:
        parts.append(f"limit {quantity(first.limit, first.unit)}")
    if missing:
        why = next((answer.reason for answer in answers.values() if answer.reason), None)
        parts.append(f"{missing} unknown{f': {why}' if why else ''}")
    return " · ".join(parts)


def update(asked: Mapping[str, str]) -> tuple[go.Figure, dict[str, Any], str]:
    """Fill the tab."""
    scope = verdicts.asked_scope(asked)
    answers = ask(scope)
    figure = draw(answers, scope, asked["theme"])
    return figure, {"height": f"{figure.layout.height}px"}, caption(answers)


def register(app: Dash) -> None:
    """Wire the tab."""
    app.callback(
        Output(GRAPH, "figure"),
        Output(GRAPH, "style"),
        Output(CAPTION, "children"),
        Input(GATE, "data"),
        prevent_initial_call=True,
    )(update)
    in_browser: Any = app.clientside_callback
    in_browser(ClientsideFunction("packscope_cells", "pickMark"), Input(GRAPH, "clickData"))
