"""Efficiency of a system: the round trip at three boundaries, charges of then and now, and every half cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import cycles as half_cycles
from app.answers import efficiency as answers
from app.components import BELOW, WHOLE, columns, graph, section, skeleton
from app.figures.efficiency import BOUNDARY_WORDS, charge_curves, trip_bars
from app.language import t
from app.numbers import energy
from app.scope import Scope, scope_of
from app.shapes.cycles import Cycle
from app.shapes.efficiency import RoundTrips
from pages.grids import csv_button, figures, fitted, grid, register_csv, words

if TYPE_CHECKING:
    import plotly.graph_objects as go

TRIPS, SAID, CURVES, GRID = "battery-trips", "battery-trips-said", "battery-charges", "battery-cycles"
KIND_WORDS = {"charge": "charge", "discharge": "discharge"}


def panel(scope: Scope) -> Component:
    """Lay out the rows."""
    del scope
    listed = (
        words("start", t("From"), width=170),
        words("end", t("To"), width=170),
        words("kind", t("Half cycle"), width=110),
        figures("dod_pct", t("Depth"), "%", digits=1),
        figures("ah", t("Charge"), "Ah", digits=1),
        figures("kwh", t("Energy"), "kWh", digits=1),
        figures("mean_c_rate", t("Mean rate"), "C", digits=2),
        figures("mean_t", t("Temperature"), "°C", digits=1),
        words("first", t("First full or empty"), width=150),
    )
    trips = graph(TRIPS, label=t("Round-trip efficiency at three boundaries"), height=300, question="round_trip")
    curves = graph(
        CURVES, label=t("Voltage against charge, in early and late full charges"), height=300, question="charge_curves"
    )
    return html.Div(
        [
            columns(
                [
                    section(
                        t("Round trip, at three boundaries"),
                        [trips, html.Div(skeleton(2), id=SAID, className="ps-caption")],
                        question=None,
                    ),
                    section(
                        t("Charging, then and now"),
                        curves,
                        note=t("The deepest full charges of the first and of the last sixty days."),
                        question=None,
                    ),
                ]
            ),
            section(
                t("Every half cycle"),
                grid(GRID, listed),
                note=t("With the cell that was first full at the end of a charge, or first empty after a discharge."),
                tools=csv_button(GRID),
                question="cycles",
            ),
        ]
    )


def said(answer: RoundTrips) -> list[Component]:
    """Say between which charges, what went through, and what is wrong or missing."""
    lines = []
    if answer.start is not None and answer.end is not None:
        lines.append(
            t("Between the full charges of {first} and {last}.", first=answer.start[:10], last=answer.end[:10])
        )
    for one in answer.trips:
        name = t(BOUNDARY_WORDS[one.boundary])
        if one.pct is not None and one.given_kwh is not None:
            flows = {"given": energy(one.given_kwh), "taken": energy(one.taken_kwh)}
            lines.append(t("{name}: {given} out of {taken}.", name=name, **flows))
        if one.reason is not None:
            lines.append(f"{name}: {t(one.reason)}")
    lines += [t(note) for note in answer.notes]
    return [html.Div(line) for line in dict.fromkeys(lines)]


def row_of(cycle: Cycle) -> dict[str, Any]:
    """Flatten a half cycle into a row of the table."""
    return {
        "start": cycle.start[:16].replace("T", " "),
        "end": cycle.end[:16].replace("T", " "),
        "kind": t(KIND_WORDS[cycle.kind]),
        "dod_pct": cycle.dod_pct,
        "ah": cycle.ah,
        "kwh": cycle.kwh,
        "mean_c_rate": cycle.mean_c_rate,
        "mean_t": cycle.mean_t,
        "first": None
        if cycle.first_cell is None
        else t("pack {pack} cell {cell}", pack=cycle.first_pack, cell=cycle.first_cell),
    }


def update(
    search: str | None, theme: str | None
) -> tuple[go.Figure, list[Component], list[dict[str, Any]], dict[str, str]]:
    """Fill the rows of the period."""
    scope = scope_of(search, "bess")
    answer = answers.round_trips(str(scope.source), scope.start_ms, scope.end_ms)
    rows = [row_of(one) for one in half_cycles.cycles(str(scope.source), scope.start_ms, scope.end_ms).cycles]
    return trip_bars(answer, theme=theme), said(answer), rows[::-1], fitted(len(rows), 308)


def update_whole(search: str | None, theme: str | None) -> go.Figure:
    """Fill the charges of the whole history."""
    return charge_curves(answers.charging_curves(str(scope_of(search, "bess").source)), theme=theme)


def register(app: Dash) -> None:
    """Wire the rows."""
    app.callback(
        Output(TRIPS, "figure"),
        Output(SAID, "children"),
        Output(GRID, "rowData"),
        Output(GRID, "style"),
        Input(BELOW, "data"),
        Input("theme", "data"),
    )(update)
    app.callback(Output(CURVES, "figure"), Input(WHOLE, "data"), Input("theme", "data"))(update_whole)
    register_csv(app, GRID)
