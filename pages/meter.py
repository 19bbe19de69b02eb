"""Meter: what one meter counted and measured, and whether its counters can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import meter, series
from app.components import (
    Content,
    PageMeta,
    badge,
    choice,
    columns,
    empty,
    entry_id,
    graph,
    headline,
    kpi,
    kpi_row,
    page,
    partial,
    plain_table,
    provenance,
    section,
    skeleton,
    time_graph,
    time_id,
)
from app.figures.bars import Energy, energy_bars
from app.figures.calendar import day_by_hour
from app.figures.loadcurve import load_duration
from app.figures.panels import chart_height
from app.figures.theme import bare, message
from app.figures.timeseries import time_chart
from app.numbers import NOTHING, counted, energy, known, number, percent, quantity
from app.scope import Scope, scope_of
from app.shapes import MeterKpis
from app.view import DAY_MS, View
from pipeline.contract import STEP_CLASSES

META = PageMeta(path="/meter", name="Meter", icon="meter", what="meter")

ANSWER, FIGURES, POWER, ENERGY, DURATION, HOURS, COUNTERS = (
    "meter-answer",
    "meter-figures",
    "meter-power",
    "meter-energy",
    "meter-duration",
    "meter-hours",
    "meter-counters",
)
POWER_ROW, LOAD_ROW = "meter-power-row", "meter-load-row"
UNITS = {"hour": "Hour", "day": "Day", "week": "Week", "month": "Month"}
LONGEST_DAYS = {"hour": 45, "day": 1_000}
"""The longest period drawn by the hour and by the day; longer ones take the next unit [days]."""
POWER_SIGNALS = ("com_ap", "pf")
COUNTER_WORDS = {"pos_ae": "Import", "neg_ae": "Export", "com_ae": "Combined", "pv_ae": "Solar"}
CLASS_WORDS = {
    "energy": "Plain energy",
    "gap": "Across a gap",
    "glitch": "Glitch",
    "rollover": "Rollover",
    "reset": "Reset",
    "jump": "Jump",
    "pending": "Not yet judged",
}
ODD_CLASSES = ("glitch", "rollover", "reset", "jump")
"""Classes of counter steps that somebody should look at."""


def layout(**query: str) -> html.Div:
    """Lay out the page."""
    plain = "day"
    units = choice(entry_id("by", plain), "Energy by", UNITS, View.of(**query).get("by", plain))
    heat = section(
        "Hour by hour",
        graph(HOURS, label="Mean power of each hour of each day", height=300),
        note="mean power of each hour, by the site's clock",
    )
    duration = section(
        "Load duration",
        graph(DURATION, label="Power by the share of time it is reached", height=300),
        note="for what share of the time the power was at least so high",
    )
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            html.Div(id=FIGURES),
            html.Div(
                section(
                    "Power",
                    time_graph(
                        POWER,
                        label="Active power with its lowest and highest readings, and the power factor",
                        height=380,
                    ),
                    note="Positive is import. The band runs from the lowest to the highest reading behind each point.",
                ),
                id=POWER_ROW,
            ),
            section("Energy", graph(ENERGY, label="Energy imported and exported by period", height=300), tools=units),
            html.Div(columns([duration, heat]), id=LOAD_ROW),
            section(
                "Counter forensics",
                html.Div(skeleton(3), id=COUNTERS),
                note="Every step from one reading to the next, by what it is. Only plain energy and gaps count.",
            ),
        ],
    )


def no_meter() -> html.Div:
    """Say that the site has no meter."""
    return empty("No meter", "The build found no meter: no folder of the form meter/<name>/<signal>.csv.")


def update_answer(search: str | None) -> tuple[Component, Component, Component]:
    """Answer the page's question, show the key figures, and tell what the counters' steps were."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return no_meter(), html.Div(), html.Div()
    found = meter.meter_kpis(scope.source, scope.start_ms, scope.end_ms)
    lead = " ".join([f"{scope.words}, {percent(found.coverage, 1)} of it covered by readings.", *missing(scope)])
    figures = section("Key figures", kpi_row(tiles(found, scope)))
    return headline(verdict_words(found, scope), lead=lead, sample=scope.sample), figures, counter_table(found)


def update_rows(search: str | None) -> tuple[str, str]:
    """Hide what this meter cannot show: power without a power signal. The first row says what it does not log."""
    signals = scope_of(search, "meter").signals
    power = any(name in signals for name in POWER_SIGNALS)
    return "" if power else "ps-hidden", "" if "com_ap" in signals else "ps-hidden"


def verdict_words(found: MeterKpis, scope: Scope) -> str:
    """Write the page's one sentence."""
    parts = [
        f"{word} {energy(value)}"
        for word, value in (("imported", found.import_kwh), ("exported", found.export_kwh))
        if known(value)
    ]
    if not parts:
        other = {name: value for name, value in found.energy_kwh.items() if known(value)}
        parts = [
            f"counted {energy(value)} of {COUNTER_WORDS.get(name, name).lower()} energy"
            for name, value in other.items()
        ]
    if not parts:
        return f"{scope.source} counted no energy in this period"
    peak = f", peak {quantity(found.peak_kw, 'kW')}" if known(found.peak_kw) else ""
    return f"{scope.source} {' and '.join(parts)}{peak}"


def missing(scope: Scope) -> list[str]:
    """Say which of the usual signals the meter does not log."""
    words = {
        "com_ap": "active power",
        "pf": "power factor",
        "pos_ae": "an import counter",
        "neg_ae": "an export counter",
    }
    lacks = [text for name, text in words.items() if name not in scope.signals]
    return [f"This meter does not log {' nor '.join(lacks)}."] if lacks else []


def tiles(found: MeterKpis, scope: Scope) -> list[Component]:
    """Show the key figures, each with what it rests on."""
    counted_by = {"rule": "sum of the counter's steps at raw resolution", "level": "raw", "source": "energy counters"}
    covered = {"coverage": percent(found.coverage, 1), "build": found.build_id}
    excluded = {"left out": odd_words(found) or "nothing"}
    mark = provenance({**counted_by, **excluded, **covered}, subject="the counted energy")
    rows = [
        _energy("Import", found.import_kwh, found.from_power.get("import_kwh"), mark),
        _energy("Export", found.export_kwh, found.from_power.get("export_kwh"), mark),
        _energy("Net", found.net_kwh, found.from_power.get("net_kwh"), mark),
    ]
    rows += [
        kpi(COUNTER_WORDS.get(name, name), energy(value), note="from its counter")
        for name, value in found.energy_kwh.items()
        if name not in {"pos_ae", "neg_ae"} and known(value)
    ]
    if "com_ap" in scope.signals:
        raw = provenance({"rule": "highest and lowest raw reading", "level": "raw", **covered}, subject="the peak")
        rows.append(kpi("Peak", quantity(found.peak_kw, "kW"), note=f"lowest {quantity(found.min_kw, 'kW')}", mark=raw))
    if "pf" in scope.signals:
        rule = provenance({"rule": "Σ|P| / Σ|S|, S = P / pf", **covered}, subject="the power factor")
        rows.append(kpi("Power factor", number(found.mean_pf, 3), note="weighted by power", mark=rule))
    return rows


def _energy(label: str, value: float | None, from_power: float | None, mark: Component) -> Component:
    """Show one energy, and how far the integral of the power is from it."""
    if not known(value):
        note = f"from power {energy(from_power)}" if known(from_power) else "neither counter nor power"
        return kpi(label, NOTHING, note=note, severity="unknown")
    note = f"{energy(from_power)} from power" if known(from_power) else "no power to check it with"
    return kpi(label, energy(value), note=note, mark=mark)


def odd_words(found: MeterKpis) -> str:
    """Count the odd counter steps, in words."""
    sums = {name: sum(steps.get(name, 0) for steps in found.counter_steps.values()) for name in ODD_CLASSES}
    return ", ".join(counted(count, name) for name, count in sums.items() if count)


def counter_table(found: MeterKpis) -> Component:
    """Tell what each counter's steps were."""
    if not found.counter_steps:
        return empty("No energy counter", "This meter logs no energy counter, so there are no steps to judge.")
    rows: list[Sequence[Content]] = []
    for name, steps in found.counter_steps.items():
        odd = sum(steps.get(one, 0) for one in ODD_CLASSES)
        status = badge("watch", counted(odd, "odd step")) if odd else badge("fine", "Steady")
        label = html.Span([COUNTER_WORDS.get(name, name), html.Span(f" {name}", className="ps-grey")])
        counts = [number(steps.get(one, 0)) for one in STEP_CLASSES]
        rows.append([label, status, energy(found.energy_kwh.get(name)), *counts])
    head = ["Counter", "Status", "Energy", *(CLASS_WORDS[one] for one in STEP_CLASSES)]
    table = plain_table(head, rows, numeric=range(2, len(head)))
    return html.Div([table, *(partial(note) for note in found.notes)])


def update_power(search: str | None, theme: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Draw the power with its envelope, and the power factor below it."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return bare(message("No meter", theme)), {"height": "240px"}
    there = [name for name in POWER_SIGNALS if name in scope.signals]
    if not there:
        words = "This meter logs neither active power nor power factor; see its energy below"
        return bare(message(words, theme)), {"height": "240px"}
    lines = series.many(scope.source, there, *scope.window, max_points=scope.points)
    height = chart_height(len(lines))
    figure = time_chart(lines, zone=scope.zone, theme=theme, drawn=scope.drawn, height=height)
    return bare(figure), {"height": f"{height}px"}


def unit_for(wanted: str, scope: Scope) -> meter.Unit:
    """Take the unit that was asked for, or the next longer one where the bars would be too many to see."""
    days = (scope.asked[1] - scope.asked[0]) / DAY_MS
    order = meter.UNITS
    at = next((at for at, unit in enumerate(order) if unit == wanted), 1)
    while order[at] in LONGEST_DAYS and days > LONGEST_DAYS[order[at]]:
        at += 1
    return order[at]


def update_energy(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw energy by hour, day, week or month: import above the line, export below."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return bare(message("No meter", theme))
    unit = unit_for(scope.view.get("by", "day"), scope)
    frame = meter.energy_by(scope.source, scope.start_ms, scope.end_ms, unit=unit)
    shown = [name for name in ("pos_ae", "neg_ae", "pv_ae") if f"{name}_kwh" in frame.columns] or [
        name for name in ("com_ae",) if f"{name}_kwh" in frame.columns
    ]
    rows = [
        Energy(
            name=COUNTER_WORDS[name],
            kwh=frame[f"{name}_kwh"].cast(float).fill_null(np.nan).to_numpy(),
            below=name == "neg_ae",
        )
        for name in shown
    ]
    starts = frame["ts"].to_numpy().astype("datetime64[ms]")
    return bare(energy_bars(starts, rows, unit=unit, theme=theme))


def update_duration(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw the load-duration curve."""
    scope = scope_of(search, "meter")
    if scope.source is None or "com_ap" not in scope.signals:
        return bare(message("This meter logs no active power", theme))
    share, power = meter.load_duration(scope.source, scope.start_ms, scope.end_ms)
    return bare(load_duration(share, power, theme=theme))


def update_hours(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw the heat map of days and hours."""
    scope = scope_of(search, "meter")
    if scope.source is None or "com_ap" not in scope.signals:
        return bare(message("This meter logs no active power", theme))
    days, power = meter.day_by_hour(scope.source, scope.start_ms, scope.end_ms)
    return bare(day_by_hour(days, power, theme=theme))


def register(app: Dash) -> None:
    """Wire the page."""
    period, search, theme = Input("period", "data"), Input("url", "search"), Input("theme", "data")
    power = time_id(POWER)
    answer = Output(ANSWER, "children"), Output(FIGURES, "children"), Output(COUNTERS, "children")
    app.callback(*answer, period)(update_answer)
    app.callback(Output(POWER_ROW, "className"), Output(LOAD_ROW, "className"), period)(update_rows)
    app.callback(Output(power, "figure"), Output(power, "style"), search, theme)(update_power)
    app.callback(Output(ENERGY, "figure"), period, theme)(update_energy)
    app.callback(Output(DURATION, "figure"), period, theme)(update_duration)
    app.callback(Output(HOURS, "figure"), period, theme)(update_hours)
