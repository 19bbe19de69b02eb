"""Condition of a system's parts: temperatures with load taken out, resistances by month, steps between packs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import condition as answers
from app.components import WHOLE, graph, section, skeleton
from app.figures.condition import outliers, pack_lines
from app.language import mark, t
from app.numbers import counted, number, quantity
from app.scope import Scope, scope_of
from app.shapes.condition import PackSteps, ResistanceAnswer, ThermalAnswer
from pages.grids import csv_button, figures, fitted, grid, register_csv, words

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEAT, HEAT_GRID, HEAT_SAID = "battery-heat", "battery-heat-grid", "battery-heat-said"
OHMS, OHMS_GRID, OHMS_SAID = "battery-ohms", "battery-ohms-grid", "battery-ohms-said"
STEPS, STEPS_GRID, STEPS_SAID = "battery-pack-steps", "battery-pack-steps-grid", "battery-pack-steps-said"
MOST_ROWS = 40
"""Sensors and cells that are listed: the furthest from their string [rows]."""
QUANTITIES = {"voltage": mark("voltage"), "imbalance": mark("imbalance"), "temperature": mark("temperature")}
Filled = tuple["go.Figure", list[dict[str, Any]], dict[str, str], list[Component]]


def panel(scope: Scope) -> Component:
    """Lay out the rows."""
    del scope
    whole = t("Over the whole history: the period changes nothing here.")
    heat, ohms, steps = (
        graph(HEAT, label=t("Temperature residual of sensors over time"), question="thermal"),
        graph(OHMS, label=t("Resistance by month"), height=320, question="resistance"),
        graph(STEPS, label=t("Packs against each other, by day"), height=400, question="pack_steps"),
    )
    return html.Div(
        [
            _part(t("Thermal"), (HEAT_SAID, HEAT_GRID), heat, _heat_columns(), whole, "thermal"),
            _part(t("Resistance by month"), (OHMS_SAID, OHMS_GRID), ohms, _ohm_columns(), whole, "resistance"),
            _part(t("Steps of packs"), (STEPS_SAID, STEPS_GRID), steps, _step_columns(), whole, "pack_steps"),
        ]
    )


def _part(
    title: str, names: tuple[str, str], chart: Component, listed: tuple[dict[str, Any], ...], note: str, question: str
) -> Component:
    said = html.Div(skeleton(2), id=names[0], className="ps-caption")
    return section(
        title, [said, chart, grid(names[1], listed)], note=note, tools=csv_button(names[1]), question=question
    )


def _heat_columns() -> tuple[dict[str, Any], ...]:
    return (
        words("sensor", t("Sensor"), width=150),
        words("cells", t("Cells beside it"), width=130),
        figures("now_k", t("Now"), "K", digits=2, width=100),
        figures("highest_k", t("Largest"), "K", digits=2, width=110),
        figures("place_k", t("Against its place"), "K", digits=2, width=160),
        figures("hot_days", t("Days beyond"), width=120),
        figures("days", t("of"), width=80),
        words("since", t("Persistent since"), width=140),
        figures("rate_k_per_min", t("Fastest rise"), "K/min", digits=2, width=150),
    )


def _ohm_columns() -> tuple[dict[str, Any], ...]:
    return (
        words("cell", t("Cell"), width=140),
        figures("relative", t("Against the median"), "x", digits=3, width=170),
        figures("milliohm", t("Resistance"), "mΩ", digits=3, width=140),
        figures("milliohm_25", t("At 25 °C"), "mΩ", digits=3, width=130),
        figures("slope_mohm", t("Slope beyond the string"), "mΩ", digits=3, width=200),
        figures("z", t("Robust deviations"), digits=1, width=150),
    )


def _step_columns() -> tuple[dict[str, Any], ...]:
    return (
        words("pack", t("Pack"), width=100),
        words("quantity", t("Quantity"), width=130),
        words("at", t("New level from"), width=140),
        figures("size", t("Step"), digits=1, width=110),
        words("unit", t("Unit"), width=80),
        figures("z", t("In standard uncertainties"), digits=0, width=190),
        figures("explained_pct", t("Variance explained"), "%", width=170),
    )


def heat_said(answer: ThermalAnswer) -> list[Component]:
    """Say who is hot and since when, and how fast anything rose."""
    lasting = [one for one in answer.sensors if one.persistent]
    lines = [
        t(
            "Pack {pack} sensor {sensor} is {warm} against its own first days, persistently since {since}.",
            pack=one.pack,
            sensor=one.sensor,
            warm=quantity(one.now_k, "K", 1),
            since=(one.since or "")[:10],
        )
        for one in lasting
    ]
    if not lasting and answer.sensors:
        lines.append(t("No sensor stays beyond {limit}.", limit=quantity(answer.limit_k, "K", 1)))
    if answer.fastest is not None:
        lines.append(
            t(
                "Fastest rise: {rate} at pack {pack} sensor {sensor}, {at}; beyond {limit} on {days}.",
                rate=quantity(answer.fastest.k_per_min, "K/min", 1),
                pack=answer.fastest.pack,
                sensor=answer.fastest.sensor,
                at=answer.fastest.at[:19].replace("T", " "),
                limit=quantity(answer.fastest.limit, "K/min", 1),
                days=counted(answer.fastest.days, "day"),
            )
        )
    told = [*lines, *answer.notes, answer.rate_reason if answer.sensors else answer.reason]
    return [html.Div(line) for line in told if line]


def ohms_said(answer: ResistanceAnswer) -> list[Component]:
    """Say what the string's resistance is, or why there are no ohms."""
    lines = [answer.ohms_reason or ""]
    now = answers.settled(answer)
    if now.value is not None:
        lines.append(t("Median cell: {ohm}.", ohm=quantity(1000 * now.value, "mΩ", 3)))
    if answer.warmth.value is not None:
        lines.append(
            t(
                "It changes by {rate} % a kelvin ({low} to {high}), by which ohms are brought to 25 °C.",
                rate=number(answer.warmth.value, 2),
                low=number(answer.warmth.low, 2),
                high=number(answer.warmth.high, 2),
            )
        )
    elif answer.ohms_reason is None and answer.warmth.reason is not None:
        lines.append(answer.warmth.reason)
    return [html.Div(line) for line in (*lines, *answer.notes) if line]


def steps_said(answer: PackSteps) -> list[Component]:
    """Count the steps, and say how to read them."""
    if answer.reason is not None:
        return [html.Div(answer.reason)]
    first = t("{steps} of one pack against the others.", steps=counted(len(answer.steps), "step"))
    if not answer.steps:
        first = t("No pack stepped against the others.")
    return [html.Div(first), html.Div(t("Many steps that explain little are a drift or a season, and no event."))]


def update_heat(search: str | None, theme: str | None) -> Filled:
    """Fill the temperatures."""
    scope = scope_of(search, "bess")
    answer = answers.thermal(str(scope.source))
    tracks = [(t("{pack}.{number}", pack=one.pack, number=one.number), one.value) for one in answer.tracks]
    figure = outliers(
        answer.ts,
        (answer.low, answer.high),
        tracks,
        title=t("against its own first days [K]"),
        zone=scope.zone,
        theme=theme,
        limit=answer.limit_k,
        nothing=answer.reason or t("No sensor has thirty valid days."),
    )
    shown = ("now_k", "highest_k", "place_k", "hot_days", "days", "rate_k_per_min")
    rows = [
        {name: getattr(one, name) for name in shown}
        | {
            "sensor": t("pack {pack} sensor {sensor}", pack=one.pack, sensor=one.sensor),
            "cells": ", ".join(map(str, one.cells)),
            "since": (one.since or "")[:10],
        }
        for one in answer.sensors[:MOST_ROWS]
    ]
    return figure, rows, fitted(len(rows), 260), heat_said(answer)


def update_ohms(search: str | None, theme: str | None) -> Filled:
    """Fill the resistances."""
    scope = scope_of(search, "bess")
    answer = answers.resistance(str(scope.source))
    is_relative = answer.shown == "relative"
    figure = outliers(
        answer.ts,
        (answer.low, answer.high),
        [(t("{pack}.{number}", pack=one.pack, number=one.number), one.value) for one in answer.tracks],
        title=t("against the median cell [x]") if is_relative else t("slope beyond the string [mΩ]"),
        zone=scope.zone,
        theme=theme,
        median=answer.median,
        nothing=answer.reason or t("No month has enough steps of current."),
    )
    rows = [
        {
            "cell": t("pack {pack} cell {cell}", pack=one.pack, cell=one.cell),
            "relative": one.relative,
            "milliohm": None if one.ohm is None else 1000 * one.ohm,
            "milliohm_25": None if one.ohm_25 is None else 1000 * one.ohm_25,
            "slope_mohm": one.slope_mohm,
            "z": one.z,
        }
        for one in answer.cells[:MOST_ROWS]
    ]
    return figure, rows, fitted(len(rows), 260), ohms_said(answer)


def update_steps(search: str | None, theme: str | None) -> tuple[*Filled, dict[str, str]]:
    """Fill the steps of the packs."""
    scope = scope_of(search, "bess")
    answer = answers.pack_steps(str(scope.source))
    figure = pack_lines(answer, zone=scope.zone, theme=theme)
    rows = [
        {
            "pack": t("pack {pack}", pack=one.pack),
            "quantity": t(QUANTITIES[one.quantity]),
            "at": one.at[:10],
            "size": one.size,
            "unit": one.unit,
            "z": one.z,
            "explained_pct": 100 * one.explained,
        }
        for one in answer.steps[:MOST_ROWS]
    ]
    return figure, rows, fitted(len(rows), 260), steps_said(answer), {"height": f"{figure.layout.height}px"}


def register(app: Dash) -> None:
    """Wire the rows."""
    asked = Input(WHOLE, "data"), Input("theme", "data")
    for fill, chart, listed, said in (
        (update_heat, HEAT, HEAT_GRID, HEAT_SAID),
        (update_ohms, OHMS, OHMS_GRID, OHMS_SAID),
    ):
        app.callback(*_outputs(chart, listed, said), *asked)(fill)
    app.callback(*_outputs(STEPS, STEPS_GRID, STEPS_SAID), Output(STEPS, "style"), *asked)(update_steps)
    register_csv(app, HEAT_GRID, OHMS_GRID, STEPS_GRID)


def _outputs(chart: str, listed: str, said: str) -> tuple[Output, ...]:
    return Output(chart, "figure"), Output(listed, "rowData"), Output(listed, "style"), Output(said, "children")
