"""Health of a system: three states of health side by side, when the BMS changed its own, and what to bear in mind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import battery, series
from app.components import columns, graph, plain_table, section, skeleton
from app.figures.battery import bms_steps
from app.figures.cells import soh_triples
from app.numbers import quantity, stamp
from app.scope import Scope, scope_of
from app.shapes import ComparisonAnswer

if TYPE_CHECKING:
    import plotly.graph_objects as go

GRAPH, STEPS, NOTES = "battery-soh", "battery-soh-steps", "battery-soh-notes"
STEP_LEVEL = "1d"
"""Level at which the steps of the BMS's health are dated."""
MOST_DAYS = 20_000
"""Days that are looked through for steps at most [d]."""


def panel(scope: Scope) -> Component:
    """Lay out the row."""
    height = max(260, 130 + 34 * (len(scope.packs) + 1))
    chart = graph(GRAPH, label="Measured, model and BMS state of health", height=height, question="comparison")
    note = "Measured is the headline wherever it exists; the model is an estimate, not measured."
    row: Component = columns(
        [
            section("Three states of health, side by side", chart, note=note),
            section(
                "What the BMS reports", [html.Div(skeleton(3), id=STEPS), html.Div(id=NOTES, className="ps-caption")]
            ),
        ]
    )
    return row


def soh_signal(signals: Sequence[str]) -> str | None:
    """Find the signal with the BMS's own state of health."""
    return next((name for name in signals if name.endswith("_soh")), None)


def steps(scope: Scope) -> Component:
    """List when the BMS changed its whole-percent health, to the day."""
    name = soh_signal(scope.signals)
    if name is None:
        return html.P(f"{scope.source} logs no state of health of its BMS.")
    found = bms_steps(
        series.series(str(scope.source), name, scope.start_ms, scope.end_ms, max_points=MOST_DAYS, level=STEP_LEVEL)
    )
    if not found:
        return html.P("The BMS did not change its state of health in this period. It reports whole per cents.")
    rows = [[stamp(at, scope.zone, minutes=False), quantity(a, "%", 0), quantity(b, "%", 0)] for at, a, b in found]
    return plain_table(["Day of the step", "From", "To"], rows, numeric=(1, 2))


def notes(answer: ComparisonAnswer) -> list[Component]:
    """List what to bear in mind, such as a chemistry for which the model was not made."""
    told = dict.fromkeys([*answer.notes, answer.system.soh_reason or ""])
    return [html.Div(text) for text in told if text]


def draw(answer: ComparisonAnswer, theme: str | None) -> go.Figure:
    """Draw the packs and the system."""
    return soh_triples([*answer.packs, answer.system], theme=theme)


def update(search: str | None, theme: str | None) -> tuple[go.Figure, Component, list[Component]]:
    """Fill the row."""
    scope = scope_of(search, "bess")
    answer = battery.comparison(str(scope.source), scope.start_ms, scope.end_ms)
    return draw(answer, theme), steps(scope), notes(answer)


def register(app: Dash) -> None:
    """Wire the row."""
    app.callback(
        Output(GRAPH, "figure"),
        Output(STEPS, "children"),
        Output(NOTES, "children"),
        Input("period", "data"),
        Input("theme", "data"),
    )(update)
