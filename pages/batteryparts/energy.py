"""Energy of a system: charged and discharged per period, how deep, how often, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast, get_args

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import cycles as half_cycles
from app.components import choice, columns, entry_id, graph, section
from app.early import with_page
from app.figures.battery import Unit, cycle_depths, cycle_energy
from app.figures.theme import message
from app.language import mark, t
from app.numbers import counted, energy, number, quantity
from app.scope import Scope, scope_of
from app.shapes.cycles import Cycle, CyclesAnswer

if TYPE_CHECKING:
    import plotly.graph_objects as go

ENERGY, DEPTHS, CAPTION, NOTES = "battery-energy", "battery-depths", "battery-cycle-caption", "battery-cycle-notes"
UNITS = {"month": mark("Month"), "week": mark("Week"), "day": mark("Day")}


def panel(scope: Scope) -> Component:
    """Lay out the row."""
    chosen = scope.view.get("unit", "month")
    tools = choice(entry_id("unit", "month"), t("Period of a bar"), UNITS, chosen)
    bars = graph(ENERGY, label=t("Energy charged and discharged per period"), height=300, question="cycle_energy")
    depths = graph(DEPTHS, label=t("How deep the cycles went, by rainflow"), height=300, question="cycle_depth")
    row: Component = columns(
        [
            section(
                t("Energy in and out"), [bars, html.P(id=CAPTION, className="ps-caption")], tools=tools, question=None
            ),
            section(t("Cycle depth"), [depths, html.Div(id=NOTES, className="ps-caption")], question=None),
        ]
    )
    return row


def total(cycles: Sequence[Cycle], kind: str) -> float | None:
    """Sum the energy of one kind of half cycle [kWh]; None when none has any."""
    known = [abs(cycle.kwh) for cycle in cycles if cycle.kind == kind and cycle.kwh is not None]
    return sum(known) if known else None


def words(answer: CyclesAnswer) -> str:
    """Say what went in and out, and how many cycles that is."""
    cycles = answer.cycles
    unknown = sum(cycle.kwh is None for cycle in cycles)
    parts = [
        t(
            "{charged} charged, {discharged} discharged",
            charged=energy(total(cycles, "charge")),
            discharged=energy(total(cycles, "discharge")),
        )
    ]
    if answer.rte_pct is not None:
        parts.append(t("round trip {rte_pct}", rte_pct=quantity(answer.rte_pct, "%")))
    if answer.efc is not None:
        parts.append(
            t(
                "{efc} equivalent full cycles here, {efc_total} in all",
                efc=number(answer.efc, 1),
                efc_total=number(answer.efc_total, 1),
            )
        )
    if unknown:
        parts.append(t("{unknown} without energy left out", unknown=counted(unknown, "half cycle")))
    return " · ".join(parts)


def unit_of(scope: Scope) -> Unit:
    """Read the period of a bar from the view."""
    said = scope.view.get("unit", "month")
    return cast("Unit", said) if said in get_args(Unit) else "month"


def figures(answer: CyclesAnswer, scope: Scope, theme: str | None) -> tuple[go.Figure, go.Figure]:
    """Draw energy and depths; say why when there is no cycle."""
    if not answer.cycles:
        why = message(answer.reason or t("No charge or discharge in this period"), theme, height=300)
        return why, why
    bars = cycle_energy(answer.cycles, unit=unit_of(scope), zone=scope.zone, theme=theme)
    if not answer.depths:
        return bars, message(t("Too few turning points of the charge to count cycles by depth"), theme, height=300)
    return bars, cycle_depths(answer.depths, theme=theme)


@with_page
def update(search: str | None, theme: str | None) -> tuple[go.Figure, go.Figure, str, list[Component]]:
    """Fill the row."""
    scope = scope_of(search, "bess")
    answer = half_cycles.cycles(str(scope.source), scope.start_ms, scope.end_ms)
    return *figures(answer, scope, theme), words(answer), [html.Div(note) for note in answer.notes]


def register(app: Dash) -> None:
    """Wire the row."""
    app.callback(
        Output(ENERGY, "figure"),
        Output(DEPTHS, "figure"),
        Output(CAPTION, "children"),
        Output(NOTES, "children"),
        Input("url", "search"),
        Input("theme", "data"),
    )(update)
