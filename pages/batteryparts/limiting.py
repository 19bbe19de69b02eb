"""Limiting cells of a system: who ends charges and discharges, what that costs, and which cells lose charge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import ledger as answers
from app.components import BELOW, WHOLE, graph, section, skeleton
from app.figures.limiting import leak_bars, ledger_strip
from app.language import mark, t
from app.numbers import counted, number, quantity
from app.scope import Scope, scope_of
from app.shapes.limiting import LeakAnswer, LedgerAnswer, LimitingCell
from pages.grids import csv_button, figures, fitted, grid, register_csv, words

if TYPE_CHECKING:
    import plotly.graph_objects as go

STRIP, GRID, SAID = "battery-ledger", "battery-ledger-grid", "battery-ledger-said"
LEAKS, LEAK_SAID = "battery-leaks", "battery-leaks-said"
KIND_WORDS = {"first_full": mark("first full"), "first_empty": mark("first empty")}
MOST_ROWS = 40
"""Limiting cells that are listed: the most persistent [rows]."""


def panel(scope: Scope) -> Component:
    """Lay out the rows."""
    listed = (
        words("cell", t("Cell"), width=150),
        words("kind", t("Comes first"), width=110),
        figures("times", t("Times"), width=80),
        figures("of", t("of"), width=70),
        figures("recent", t("of the last 7"), width=100),
        figures("margin_mv", t("Margin"), "mV", digits=1),
        figures("offset_ah", t("To the median"), "Ah", digits=2, width=130),
        words("last_at", t("Last seen"), width=170),
    )
    strip = graph(
        STRIP, label=t("Cells that were first full or first empty, over time"), height=320, question="limiting"
    )
    leaks = graph(LEAKS, label=t("Largest self-discharge beyond the string's"), height=320, question="self_discharge")
    del scope
    return html.Div(
        [
            section(
                t("Limiting cells"),
                [html.Div(skeleton(2), id=SAID, className="ps-caption"), strip, grid(GRID, listed)],
                note=t("Who is first full at a charge end, and first empty at a discharge end, in this period."),
                tools=csv_button(GRID),
                question="limiting",
            ),
            section(
                t("Self-discharge"),
                [leaks, html.Div(skeleton(2), id=LEAK_SAID, className="ps-caption")],
                note=t("Beyond the string's own, over the whole history: the period changes nothing here."),
                question=None,
            ),
        ]
    )


def row_of(one: LimitingCell) -> dict[str, Any]:
    """Flatten a limiting cell into a row of the table."""
    return {
        "cell": t("pack {pack} cell {cell}", pack=one.pack, cell=one.cell),
        "kind": t(KIND_WORDS[one.kind]),
        "times": one.times,
        "of": one.of,
        "recent": one.recent,
        "margin_mv": one.margin_mv,
        "offset_ah": one.offset_ah,
        "last_at": one.last_at[:16].replace("T", " "),
    }


def said(answer: LedgerAnswer) -> list[Component]:
    """Say what imbalance costs, and how long balancing would take."""
    if answer.reason is not None and not answer.limiting:
        return [html.Div(answer.reason)]
    lines = []
    if answer.lost_ah is not None:
        lines.append(
            t(
                "{ah} a cycle stay out of use between the median and the limiting cells, some {kwh}.",
                ah=quantity(answer.lost_ah, "Ah", 1),
                kwh=quantity(answer.lost_kwh, "kWh", 1),
            )
        )
    if answer.balancing_hours is not None:
        lines.append(
            t(
                "The fullest cell stands {ah} above the emptiest at the charge end: {hours} of balancing at {current}.",
                ah=quantity(answer.balancing_ah, "Ah", 1),
                hours=quantity(answer.balancing_hours, "h", 0),
                current=quantity(answer.balancing_a, "A", 2),
            )
        )
    return [html.Div(line) for line in (*lines, *(t(note) for note in (*answer.untold, *answer.notes)))]


def leaks_said(answer: LeakAnswer) -> list[Component]:
    """Say who leaks, how small a leak could be seen, and what hides one."""
    if answer.reason is not None:
        return [html.Div(answer.reason)]
    out = [one for one in answer.cells if one.stands_out]
    lines = [
        t(
            "Pack {pack} cell {cell} loses {leak} ({low} to {high} mA).",
            pack=one.pack,
            cell=one.cell,
            leak=quantity(one.leak_ma.value, "mA", 2),
            low=number(one.leak_ma.low, 2),
            high=number(one.leak_ma.high, 2),
        )
        for one in out
    ]
    seen = quantity(answer.limit_ma, "mA", 2)
    span = counted(round(answer.span_days), "day")
    stepped = [one for one in answer.cells if not one.stands_out and (one.leak_ma.value or 0) > (answer.limit_ma or 0)]
    lines += [
        t("Pack {pack} cell {cell} moved in a step and did not drift: no leak.", pack=one.pack, cell=one.cell)
        for one in stepped
    ]
    lines += [] if out or stepped else [t("No cell loses more than {limit} beyond its string.", limit=seen)]
    lines.append(t("Smallest leak that these {days} could show: {limit}.", days=span, limit=seen))
    return [html.Div(line) for line in (*lines, *(t(note) for note in answer.notes))]


def update(
    search: str | None, theme: str | None
) -> tuple[go.Figure, list[dict[str, Any]], dict[str, str], list[Component]]:
    """Fill the ledger of the period."""
    scope = scope_of(search, "bess")
    answer = answers.ledger(str(scope.source), scope.start_ms, scope.end_ms)
    rows = [row_of(one) for one in answer.limiting[:MOST_ROWS]]
    figure = ledger_strip(answer, zone=scope.zone, theme=theme)
    return figure, rows, fitted(len(rows), 260), said(answer)


def update_leaks(search: str | None, theme: str | None) -> tuple[go.Figure, list[Component]]:
    """Fill the leaks of the whole history."""
    answer = answers.self_discharge(str(scope_of(search, "bess").source))
    return leak_bars(answer, theme=theme), leaks_said(answer)


def register(app: Dash) -> None:
    """Wire the rows."""
    app.callback(
        Output(STRIP, "figure"),
        Output(GRID, "rowData"),
        Output(GRID, "style"),
        Output(SAID, "children"),
        Input(BELOW, "data"),
        Input("theme", "data"),
    )(update)
    app.callback(Output(LEAKS, "figure"), Output(LEAK_SAID, "children"), Input(WHOLE, "data"), Input("theme", "data"))(
        update_leaks
    )
    register_csv(app, GRID)
