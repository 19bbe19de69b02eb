"""The words and tables beside a system's capacity: what is measured, how sure, where it goes, and which cells moved."""

from __future__ import annotations

from datetime import datetime

from dash import html
from dash.development.base_component import Component

from app.components import plain_table
from app.health_shapes import ForecastDates, HealthAnswer, ShiftedCell
from app.language import t
from app.numbers import NOTHING, number, quantity
from app.shapes import Interval

PARTS = {
    "counts": "scatter of the counts",
    "anchors": "place of full and empty on the curve",
    "gain": "gain of the current sensor (assumed: class 0.5)",
    "offset": "offset of the current sensor",
    "edges": "charges against discharges",
}
"""Parts of the error budget, in words."""
STEP_SHARE, SURE_Z = 0.6, 5.0
"""A step of this share of the whole shift, and this far from chance, is said to be one; else the shift is gradual."""


def interval(value: Interval, unit: str, digits: int = 1) -> str:
    """Write a value with half its 95 % interval: ``96.7 ± 1.4 %``."""
    if value.value is None:
        return NOTHING
    if value.low is None or value.high is None:
        return quantity(value.value, unit, digits)
    return f"{number(value.value, digits)} ± {quantity((value.high - value.low) / 2, unit, digits)}"


def said(answer: HealthAnswer) -> list[Component]:
    """Say trend, forecast and error budget in plain sentences."""
    lines = [_trend_words(answer), forecast_words(answer.forecast), _yearly_words(answer), _budget_words(answer)]
    lines += [_sensor_words(answer), _step_words(answer), *answer.notes]
    return [html.Div(line) for line in dict.fromkeys(lines) if line]


def _trend_words(answer: HealthAnswer) -> str:
    trend = answer.trend
    if trend.value is None:
        return t("No rate of change: {reason}", reason=trend.reason or t("unknown."))
    words = t("Trend {rate} of the baseline a month (95 % interval).", rate=interval(trend, "%", 2))
    return f"{words} {trend.reason}" if trend.reason else words


def forecast_words(dates: ForecastDates) -> str:
    """Say when 80 % is reached, or why that is not told."""
    if dates.reason is not None:
        return dates.reason
    return t(
        "80 % is reached by {middle} in half of the courses, by {early} in one of ten, by {late} in nine of ten; duty "
        "goes on as it was, no sudden loss is foreseen.",
        middle=_month(dates.p50),
        early=_month(dates.p10),
        late=_month(dates.p90),
    )


def _month(stamp: str | None) -> str:
    return t("a date beyond 40 years") if stamp is None else f"{datetime.fromisoformat(stamp):%B %Y}"


def _yearly_words(answer: HealthAnswer) -> str:
    yearly = answer.year_on_year
    return "" if yearly.value is None else t("Year on year: {rate} a month.", rate=interval(yearly, "%", 2))


def _budget_words(answer: HealthAnswer) -> str:
    if not answer.budget:
        return ""
    parts = ", ".join(f"{t(PARTS[name])} {quantity(part, '%', 2)}" for name, part in answer.budget.items())
    return t("Standard uncertainty of the capacity by part: {parts}.", parts=parts)


def _sensor_words(answer: HealthAnswer) -> str:
    if answer.charge_excess_pct is None:
        return ""
    offset = (
        t("too rarely full to see the current sensor's offset")
        if answer.offset_a is None
        else t("current sensor off by {offset}, taken out", offset=quantity(answer.offset_a, "A", 2))
    )
    excess = quantity(answer.charge_excess_pct, "%", 1)
    return t("Coulombic check: charges count {excess} more than discharges; {offset}.", excess=excess, offset=offset)


def _step_words(answer: HealthAnswer) -> str:
    if not answer.capacity_steps:
        return ""
    steps = ", ".join(f"{quantity(one.size, '%', 1)} ({_day(one.at)})" for one in answer.capacity_steps)
    return t("Steps in the capacity beside its trend: {steps}.", steps=steps)


def _day(stamp: str) -> str:
    at = datetime.fromisoformat(stamp)
    return f"{at.day} {at:%b %Y}"


def facts(answer: HealthAnswer) -> Component:
    """Set the states of health and the capacities out, each with its interval and band."""
    bms = t("{band}; whole per cents", band=answer.bms_band) if answer.bms is not None else t("not logged")
    rows = [
        [t("Measured state of health"), interval(answer.soh, "%"), answer.soh.reason or answer.band],
        [
            t("… against its first 30 valid days"),
            interval(answer.of_baseline, "%"),
            t("sensor's gain and curve cancel"),
        ],
        [t("Measured energy, full discharge"), interval(answer.energy_kwh, "kWh"), _energy_words(answer)],
        [
            t("Model state of health"),
            quantity(answer.model.value, "%", 1),
            answer.model.reason or t("estimate, not measured"),
        ],
        [t("BMS state of health"), quantity(answer.bms, "%", 0), bms],
        [t("Mean cell's capacity"), interval(answer.capacity_ah, "Ah"), t("ageing")],
        [t("Usable capacity"), quantity(answer.usable_ah, "Ah", 1), t("first full to first empty cell")],
        [t("Recoverable by balancing"), quantity(answer.recoverable_ah, "Ah", 1), t("imbalance, not ageing")],
    ]
    return plain_table(["", t("Value"), t("Band or remark")], rows, numeric=(1,), wrapped=(2,))


def _energy_words(answer: HealthAnswer) -> str:
    energy = answer.energy_soh
    if energy.value is None:
        return energy.reason or ""
    return t("{share} of the nominal energy, at the battery's terminals", share=interval(energy, "%"))


def shifted(answer: HealthAnswer) -> Component:
    """List the cells whose voltage at full charge moved most, and since when."""
    if not answer.saturation:
        return html.P(t("Too few full charges, or no cells, to compare."))
    rows = [
        [
            t("Pack {pack}, cell {cell}", pack=one.pack, cell=one.cell),
            interval(one.shift_mv, "mV"),
            interval(one.now_mv, "mV"),
            since(one),
        ]
        for one in answer.saturation
    ]
    header = [t("Cell"), t("Moved by"), t("Now"), t("How")]
    return plain_table(header, rows, numeric=(1, 2), wrapped=(3,))


def since(one: ShiftedCell) -> str:
    """Say whether a cell moved in a step, and on which day, or gradually."""
    whole = abs(one.shift_mv.value or 0.0)
    largest = max(one.steps, key=lambda step: abs(step.size), default=None)
    if largest is not None and abs(largest.size) >= STEP_SHARE * whole and abs(largest.z) >= SURE_Z:
        size = quantity(largest.size, "mV", 1)
        return t("step of {size} on {day} ({z} σ)", size=size, day=_day(largest.at), z=number(abs(largest.z)))
    return t("gradually, {rate} a month", rate=interval(one.drift_mv_per_month, "mV", 2))
