"""Meter: what one meter counted and measured, how it is loaded, and whether its counters can be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import Dash, Input, Output, html
from dash.development.base_component import Component

from app.answers import closure, counters, load, meter, meter_power, series
from app.components import (
    BELOW,
    PageMeta,
    choice,
    columns,
    empty,
    entry_id,
    graph,
    headline,
    kpi_row,
    page,
    section,
    skeleton,
    time_graph,
    time_id,
)
from app.early import with_page
from app.figures.bars import Energy, energy_bars
from app.figures.calendar import day_by_hour
from app.figures.loadcurve import load_duration
from app.figures.panels import chart_height
from app.figures.theme import bare, message
from app.figures.timeseries import time_chart
from app.language import mark, t
from app.numbers import percent
from app.scope import Scope, scope_of
from app.view import DAY_MS, View
from pages.grids import csv_button, fitted, grid, register_csv
from pages.meterparts import energy, figures, forensics, peaks
from pages.reportlinks import report_links

META = PageMeta(path="/meter", name=mark("Meter"), icon="meter", what="meter")

ANSWER, FIGURES, CLOSURE, POWER, ENERGY, DURATION, HOURS = (
    "meter-answer",
    "meter-figures",
    "meter-closure",
    "meter-power",
    "meter-energy",
    "meter-duration",
    "meter-hours",
)
POWER_ROW, LOAD_ROW, PEAK_ROW, LOAD_TILES = "meter-power-row", "meter-load-row", "meter-peak-row", "meter-load-tiles"
TABLE_PX = 300
"""Height from which the table of energies scrolls [px]."""
LONGEST_DAYS = {"hour": 45, "day": 1_000}
"""The longest period drawn by the hour and by the day; longer ones take the next unit [days]."""


def layout(**query: str) -> html.Div:
    """Lay out the page."""
    plain = "day"
    by = {"hour": t("Hour"), "day": t("Day"), "week": t("Week"), "month": t("Month")}
    units = choice(entry_id("by", plain), t("Energy by"), by, View.of(**query).get("by", plain))
    return page(
        META,
        [
            html.Div(skeleton(2), id=ANSWER, className="ps-answer"),
            section(
                t("Key figures"),
                [html.Div(skeleton(2), id=FIGURES), html.Div(id=LOAD_TILES, className="ps-more")],
                question=None,
            ),
            html.Div(id=CLOSURE),
            html.Div(_power(), id=POWER_ROW),
            _energy(units),
            html.Div(columns(_shapes()), id=LOAD_ROW),
            html.Div(peaks.panel(), id=PEAK_ROW),
            forensics.panel(),
        ],
    )


def _power() -> Component:
    label = t("Active power with its lowest and highest readings, and the power factor")
    note = t("Positive is import. The band runs from the lowest to the highest reading behind each point.")
    return section(t("Power"), time_graph(POWER, label=label, height=380), note=note, question=None)


def _energy(units: Component) -> Component:
    """Lay out the energy of each period: bars, and the same as a table."""
    bars = graph(ENERGY, label=t("Energy imported and exported by period"), height=300, question="energy_bars")
    table = html.Div(grid(energy.GRID, energy.columns([]), height=300))
    note = t("From the counters' steps, by the site's calendar.")
    return section(
        t("Energy"), html.Div([bars, table]), tools=[units, csv_button(energy.GRID)], note=note, question="energy_bars"
    )


def _shapes() -> list[Component]:
    heat = graph(HOURS, label=t("Mean power of each hour of each day"), height=300, question="hours")
    curve = graph(DURATION, label=t("Power by the share of time it is reached"), height=300, question="duration")
    note = t("for what share of the time the power was at least so high")
    return [
        section(t("Load duration"), curve, note=note, question=None),
        section(t("Hour by hour"), heat, note=t("mean power of each hour, by the site's clock"), question=None),
    ]


def no_meter() -> html.Div:
    """Say that the site has no meter."""
    return empty(t("No meter"), t("The build found no meter: no folder of the form meter/<name>/<signal>.csv."))


@with_page
def update_answer(search: str | None) -> tuple[Component, Component, Component]:
    """Answer the page's question, show the key figures, and count the counters' steps."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return no_meter(), html.Div(), html.Div()
    found = meter.meter_kpis(scope.source, scope.start_ms, scope.end_ms)
    covered = t("{period}, {share} of it covered by readings.", period=scope.words, share=percent(found.coverage, 1))
    lead = " ".join([covered, *figures.missing(scope)])
    sentence = headline(figures.verdict_words(found, scope), question="meter_kpis", lead=lead, sample=scope.sample)
    answer = html.Div([sentence, report_links(scope)])
    return answer, kpi_row(figures.tiles(found, scope)), forensics.counts(found)


def update_load(search: str | None) -> tuple[Component, list[dict[str, Any]], dict[str, str]]:
    """Show demand and base load, and list the peaks."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return html.Div(), [], fitted(0)
    found = load.meter_load(scope.source, scope.start_ms, scope.end_ms)
    rows = peaks.rows(found, scope)
    return kpi_row(figures.load_tiles(found, scope)), rows, fitted(len(rows))


def update_steps(search: str | None) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """List the steps of the counters that are not plain energy."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return [], fitted(0)
    rows = forensics.rows(counters.counter_steps(scope.source, scope.start_ms, scope.end_ms), scope)
    return rows, fitted(len(rows)) if rows else {"display": "none"}


def update_closure(search: str | None) -> Component:
    """Show what a household's counters add up to; nothing where it does not count what it produces."""
    scope = scope_of(search, "meter")
    found = closure.closure(scope.source, scope.start_ms, scope.end_ms) if scope.source else None
    if found is None:
        return html.Div()
    note = t("Import, export and solar have to fit together, hour by hour.")
    body = [kpi_row(figures.closure_tiles(found)), *figures.closure_notes(found)]
    return section(t("Closure of the counters"), body, note=note, question=None)


@with_page
def update_rows(search: str | None) -> tuple[str, str, str]:
    """Hide what this meter cannot show: power without a power signal. The first row says what it does not log."""
    signals = scope_of(search, "meter").signals
    power = any(name in signals for name in figures.POWER_SIGNALS)
    load_class = "" if "com_ap" in signals else "ps-hidden"
    return "" if power else "ps-hidden", load_class, load_class


@with_page
def update_power(search: str | None, theme: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Draw the power with its envelope, and the power factor below it."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return bare(message(t("No meter"), theme)), {"height": "240px"}
    there = [name for name in figures.POWER_SIGNALS if name in scope.signals]
    if not there:
        words = t("This meter logs neither active power nor power factor; see its energy below")
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


def update_energy_table(search: str | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, str]]:
    """List the energy of each period that the bars show."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return energy.columns([]), [], fitted(0)
    unit = unit_for(scope.view.get("by", "day"), scope)
    frame = meter.energy_by(scope.source, scope.start_ms, scope.end_ms, unit=unit)
    rows = energy.rows(frame, unit)
    return energy.columns(energy.counters_of(frame)), rows, fitted(len(rows), TABLE_PX)


def update_energy(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw energy by hour, day, week or month: import above the line, export below."""
    scope = scope_of(search, "meter")
    if scope.source is None:
        return bare(message(t("No meter"), theme))
    unit = unit_for(scope.view.get("by", "day"), scope)
    frame = meter.energy_by(scope.source, scope.start_ms, scope.end_ms, unit=unit)
    shown = [name for name in ("pos_ae", "neg_ae", "pv_ae") if f"{name}_kwh" in frame.columns] or [
        name for name in ("com_ae",) if f"{name}_kwh" in frame.columns
    ]
    rows = [
        Energy(
            name=figures.counter_word(name),
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
        return bare(message(t("This meter logs no active power"), theme))
    share, power = meter_power.load_duration(scope.source, scope.start_ms, scope.end_ms)
    return bare(load_duration(share, power, theme=theme))


def update_hours(search: str | None, theme: str | None) -> dict[str, Any]:
    """Draw the heat map of days and hours."""
    scope = scope_of(search, "meter")
    if scope.source is None or "com_ap" not in scope.signals:
        return bare(message(t("This meter logs no active power"), theme))
    days, power = meter_power.day_by_hour(scope.source, scope.start_ms, scope.end_ms)
    return bare(day_by_hour(days, power, theme=theme))


def register(app: Dash) -> None:
    """Wire the page."""
    period, search, theme = Input("period", "data"), Input("url", "search"), Input("theme", "data")
    below = Input(BELOW, "data")
    power = time_id(POWER)
    answer = Output(ANSWER, "children"), Output(FIGURES, "children"), Output(forensics.COUNTS, "children")
    shown = [Output(row, "className") for row in (POWER_ROW, LOAD_ROW, PEAK_ROW)]
    app.callback(*answer, period)(update_answer)
    app.callback(*_filled(peaks.GRID, Output(LOAD_TILES, "children")), below)(update_load)
    app.callback(*_filled(forensics.GRID), below)(update_steps)
    app.callback(Output(CLOSURE, "children"), below)(update_closure)
    app.callback(*shown, period)(update_rows)
    app.callback(Output(power, "figure"), Output(power, "style"), search, theme)(update_power)
    app.callback(Output(ENERGY, "figure"), below, theme)(update_energy)
    app.callback(Output(energy.GRID, "columnDefs"), *_filled(energy.GRID), below)(update_energy_table)
    app.callback(Output(DURATION, "figure"), below, theme)(update_duration)
    app.callback(Output(HOURS, "figure"), below, theme)(update_hours)
    register_csv(app, energy.GRID, peaks.GRID, forensics.GRID)


def _filled(grid: str, *before: Output) -> list[Output]:
    return [*before, Output(grid, "rowData"), Output(grid, "style")]
