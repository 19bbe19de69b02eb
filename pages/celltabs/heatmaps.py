"""Fourth tab: every cell of every pack in its physical place, as it is, over time, and in two periods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import ClientsideFunction, Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import cells
from app.components import choice, entry_id, graph, section
from app.figures.arrangement import LONG_PX, MARGIN_PX, ROW_PX
from app.figures.heatmap import pack_heatmap
from app.figures.theme import message
from app.language import mark, t
from app.numbers import counted, quantity
from app.scope import Scope
from app.shapes.pictures import HeatmapAnswer
from app.shell import URL
from pages.celltabs import pairs, player, verdicts

if TYPE_CHECKING:
    import plotly.graph_objects as go

GATE = {"type": "cells-gate", "tab": "heatmaps", "keys": "metric,against,rows"}
GATES = (GATE, player.GATE, pairs.GATE)
GRAPH, CAPTION = "cells-heatmap-graph", "cells-heatmap-caption"
METRICS: dict[str, str] = {
    "deviation": mark("Deviation"),
    "voltage": mark("Voltage"),
    "temperature": mark("Temperature"),
    "soh": mark("State of health"),
    "degradation": mark("Degradation"),
}


def panel(scope: Scope) -> list[Component]:
    """Lay out the tab."""
    metrics = {key: t(words) for key, words in METRICS.items()}
    rows = {"packs": t("Packs stacked"), "one": t("One row")}
    tools = [
        choice(entry_id("metric", "deviation"), t("Metric"), metrics, scope.view.get("metric", "deviation")),
        choice(entry_id("against", "absolute"), t("Held against"), against(), scope.view.get("against", "absolute")),
        choice(entry_id("rows", "packs"), t("Rows"), rows, scope.view.get("rows", "packs")),
    ]
    tall = MARGIN_PX + (LONG_PX if in_one_row(scope) else ROW_PX * max(len(scope.packs), 2))
    chart = html.Div(
        graph(GRAPH, label=t("Every cell of every pack"), height=tall, question="heatmap"),
        className="ps-wide ps-cellmap",
    )
    note = t("Cells in physical order, one scale for all packs. Click a cell to select it everywhere.")
    caption = html.P(id=CAPTION, className="ps-caption")
    return [
        section(t("Every cell in its place"), [chart, caption], note=note, tools=tools, question=None),
        *player.panel(scope, tall),
        *pairs.panel(scope),
    ]


def against() -> dict[str, str]:
    """Name what the numbers can be held against, the numbers themselves first."""
    known = verdicts.modes()
    return {"absolute": t("As it is"), **{key: words for key, words in known.items() if key != "absolute"}}


def in_one_row(scope: Scope) -> bool:
    """Whether the view asks for the whole string in one row."""
    return scope.view.get("rows", "packs") == "one"


def ask(scope: Scope) -> dict[int, HeatmapAnswer]:
    """Ask for the chosen metric of every pack."""
    metric, mode = verdicts.metric_of(scope), verdicts.against_of(scope)
    return cells.heatmaps(str(scope.source), scope.start_ms, scope.end_ms, metric=metric, mode=mode)


def draw(answers: Mapping[int, HeatmapAnswer], scope: Scope, theme: str) -> go.Figure:
    """Draw what was answered; say why when there is nothing."""
    if not any(answer.cells for answer in answers.values()):
        reasons = [answer.reason for answer in answers.values() if answer.reason]
        return message(reasons[0] if reasons else t("No readings in this period."), theme, height=280)
    relative = verdicts.against_of(scope) != "absolute"
    return pack_heatmap(
        answers,
        flagged=verdicts.marked(scope),
        theme=theme,
        selected=verdicts.selected(scope),
        relative=relative,
        in_one_row=in_one_row(scope),
        beside=verdicts.beside_sensors(scope),
    )


def caption(answers: Mapping[int, HeatmapAnswer]) -> str:
    """Say what the colours stand for, the limit, and how many values are unknown."""
    if not answers:
        return ""
    first = next(iter(answers.values()))
    values = [value for answer in answers.values() for value in answer.values]
    missing = sum(value is None for value in values)
    unit = "z" if first.unit == "1" else first.unit
    parts = [f"{t(first.statistic)}, {unit}", counted(len(values), "value")]
    if first.limit is not None:
        parts.append(t("limit {value}", value=quantity(first.limit, unit, 1)))
    if missing:
        why = next((answer.reason for answer in answers.values() if answer.reason), None)
        parts.append(f"{t('{n} unknown', n=missing)}{f': {t(why)}' if why else ''}")
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
    for one in (GRAPH, player.GRAPH, pairs.GRAPH):
        in_browser(ClientsideFunction("packscope_player", "frame"), Input(one, "figure"))
    in_browser(ClientsideFunction("packscope_player", "frame"), Input(URL, "search"))
    player.register(app)
    pairs.register(app)
