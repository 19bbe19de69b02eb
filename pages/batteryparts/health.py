"""Health of a system: its measured capacity through time, three states of health, and what to bear in mind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import battery, series
from app.answers import health as answers
from app.components import BELOW, WHOLE, columns, graph, section, skeleton
from app.figures.battery import bms_steps
from app.figures.cells import soh_triples
from app.figures.health import capacity_chart
from app.language import t
from app.scope import Scope, scope_of
from app.shapes.packs import ComparisonAnswer
from pages.batteryparts import healthwords
from pages.grids import Columns, csv_button, figures, fitted_or_hidden, grid, moment, register_csv, shown_if, words

if TYPE_CHECKING:
    import plotly.graph_objects as go

CAPACITY, SAID, FACTS, SHIFTED = "battery-capacity", "battery-capacity-said", "battery-facts", "battery-shifted"
GRAPH, STEPS, NOTES = "battery-soh", "battery-soh-steps", "battery-soh-notes"
NO_SHIFT, NO_STEPS = "battery-no-shift", "battery-no-steps"
STEP_LEVEL = "1d"
"""Level at which the steps of the BMS's health are dated."""
MOST_DAYS = 20_000
"""Days that are looked through for steps at most [d]."""


def panel(scope: Scope) -> Component:
    """Lay out the rows."""
    height = max(260, 130 + 34 * (len(scope.packs) + 1))
    capacity = graph(
        CAPACITY, label=t("Measured capacity through time, with its forecast"), height=380, question="capacity"
    )
    chart = graph(GRAPH, label=t("Measured, model and BMS state of health"), height=height, question="soh_three")
    return html.Div(
        [
            section(
                t("Capacity, measured"),
                [capacity, html.Div(skeleton(2), id=SAID, className="ps-caption")],
                note=t("Over the whole history: the period changes nothing here."),
                question=None,
            ),
            columns(
                [
                    section(t("Capacities and health, apart"), html.Div(skeleton(6), id=FACTS), question="capacities"),
                    section(
                        t("Cells that moved most at full charge"),
                        [html.Div(id=NO_SHIFT), grid(SHIFTED, healthwords.shifted_columns(), height=None)],
                        note=t("Against their string's median, since the first 30 full charges. A drift, no health."),
                        tools=csv_button(SHIFTED),
                        question="drift",
                    ),
                ]
            ),
            columns(
                [
                    section(
                        t("Three states of health, side by side"),
                        chart,
                        note=t("Measured is the headline wherever it exists; the model is an estimate, not measured."),
                        question=None,
                    ),
                    section(
                        t("What the BMS reports"),
                        [
                            html.Div(id=NO_STEPS),
                            grid(STEPS, step_columns()),
                            html.Div(id=NOTES, className="ps-caption"),
                        ],
                        tools=csv_button(STEPS),
                        question="bms_steps",
                    ),
                ]
            ),
        ]
    )


def soh_signal(signals: Sequence[str]) -> str | None:
    """Find the signal with the BMS's own state of health."""
    return next((name for name in signals if name.endswith("_soh")), None)


def step_columns() -> Columns:
    """Describe the table of the BMS's steps."""
    return (
        words("at", t("Day of the step"), width=130),
        figures("before", t("From"), "%"),
        figures("after", t("To"), "%"),
    )


def steps(scope: Scope) -> tuple[list[dict[str, Any]], str]:
    """List when the BMS changed its whole-percent health, to the day; say why where it did not."""
    name = soh_signal(scope.signals)
    if name is None:
        return [], t("{source} logs no state of health of its BMS.", source=scope.source)
    found = bms_steps(
        series.series(str(scope.source), name, scope.start_ms, scope.end_ms, max_points=MOST_DAYS, level=STEP_LEVEL)
    )
    if not found:
        return [], t("The BMS did not change its state of health in this period. It reports whole per cents.")
    rows = [{"at": (moment(at, scope.zone) or "")[:10], "before": a, "after": b} for at, a, b in found]
    return rows, ""


def notes(answer: ComparisonAnswer) -> list[Component]:
    """List what to bear in mind, such as a chemistry for which the model was not made."""
    told = dict.fromkeys([*answer.notes, answer.system.soh_reason or ""])
    return [html.Div(text) for text in told if text]


def draw(answer: ComparisonAnswer, theme: str | None) -> go.Figure:
    """Draw the packs and the system."""
    return soh_triples([*answer.packs, answer.system], theme=theme)


def update(
    search: str | None, theme: str | None
) -> tuple[go.Figure, list[dict[str, Any]], dict[str, str], str, list[Component]]:
    """Fill the row of the period."""
    scope = scope_of(search, "bess")
    answer = battery.comparison(str(scope.source), scope.start_ms, scope.end_ms)
    rows, why = steps(scope)
    return draw(answer, theme), rows, fitted_or_hidden(len(rows)), why, notes(answer)


def update_whole(
    search: str | None, theme: str | None
) -> tuple[go.Figure, list[Component], Component, list[dict[str, Any]], dict[str, str], str]:
    """Fill the rows of the whole history."""
    scope = scope_of(search, "bess")
    answer = answers.health(str(scope.source))
    figure = capacity_chart(answer, zone=scope.zone, theme=theme)
    rows = healthwords.shifted(answer.saturation)
    why = "" if rows else t("Too few full charges, or no cells, to compare.")
    return figure, healthwords.said(answer), healthwords.facts(answer), rows, shown_if(bool(rows)), why


def register(app: Dash) -> None:
    """Wire the rows."""
    app.callback(
        Output(CAPACITY, "figure"),
        Output(SAID, "children"),
        Output(FACTS, "children"),
        Output(SHIFTED, "rowData"),
        Output(SHIFTED, "style"),
        Output(NO_SHIFT, "children"),
        Input(WHOLE, "data"),
        Input("theme", "data"),
    )(update_whole)
    app.callback(
        Output(GRAPH, "figure"),
        Output(STEPS, "rowData"),
        Output(STEPS, "style"),
        Output(NO_STEPS, "children"),
        Output(NOTES, "children"),
        Input(BELOW, "data"),
        Input("theme", "data"),
    )(update)
    register_csv(app, STEPS, SHIFTED)
