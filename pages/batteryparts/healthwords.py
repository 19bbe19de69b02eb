"""The words and tables beside a system's capacity: what is measured, how sure, where it goes, and which cells moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from app.language import mark, t
from app.numbers import NOTHING, day, month, number, quantity
from app.shapes.answer import Interval
from app.shapes.health import ForecastDates, HealthAnswer, ShiftedCell
from pages.grids import Columns, figures, words

PARTS = {
    "counts": mark("scatter of the counts"),
    "anchors": mark("place of full and empty on the curve"),
    "gain": mark("gain of the current sensor (assumed: class 0.5)"),
    "offset": mark("offset of the current sensor"),
    "edges": mark("charges against discharges"),
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
    return t("a date beyond 40 years") if stamp is None else month(stamp)


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
    steps = ", ".join(f"{quantity(one.size, '%', 1)} ({day(one.at)})" for one in answer.capacity_steps)
    return t("Steps in the capacity beside its trend: {steps}.", steps=steps)


def facts(answer: HealthAnswer) -> Component:
    """Set the states of health and the capacities out, each with its interval and band."""
    bms = t("{band}; whole per cents", band=answer.bms_band) if answer.bms is not None else t("not logged")
    cancels = t("the sensor's gain and the curve cancel") if answer.of_baseline.value is not None else ""
    rows = [
        (t("Measured state of health"), answer.soh.reason or answer.band, interval(answer.soh, "%")),
        (t("… against its first 30 valid days"), cancels, interval(answer.of_baseline, "%")),
        (t("Measured energy, full discharge"), _energy_words(answer), interval(answer.energy_kwh, "kWh")),
        (
            t("Model state of health"),
            answer.model.reason or t("estimate, not measured"),
            _percent(answer.model.value, 1),
        ),
        (t("BMS state of health"), bms, _percent(answer.bms, 0)),
        (t("Mean cell's capacity"), t("ageing"), interval(answer.capacity_ah, "Ah")),
        (t("Usable capacity"), t("first full to first empty cell"), quantity(answer.usable_ah, "Ah", 1)),
        (t("Recoverable by balancing"), t("imbalance, not ageing"), quantity(answer.recoverable_ah, "Ah", 1)),
    ]
    return html.Dl([_fact(*row) for row in rows], className="ps-figures")


def _percent(value: float | None, digits: int) -> str:
    return quantity(value, "%", digits)


def _fact(name: str, remark: str, value: str) -> html.Div:
    """Put a name over its remark and beside its value, so that all fit a phone."""
    return html.Div([html.Dt([name, html.Div(remark, className="ps-note")]), html.Dd(value)])


def _energy_words(answer: HealthAnswer) -> str:
    energy = answer.energy_soh
    if energy.value is None:
        return energy.reason or ""
    return t("{share} of the nominal energy, at the battery's terminals", share=interval(energy, "%"))


def shifted_columns() -> Columns:
    """Describe the table of the cells whose voltage at full charge moved."""
    return (
        words("cell", t("Cell"), width=104, wrap=True),
        figures("moved", t("Moved by"), "mV", digits=1, width=92),
        figures("within", "± 95 %", "mV", digits=1, width=84),
        figures("now", t("Now"), "mV", digits=1, width=84),
        words("how", t("How"), width=170, wrap=True),
    )


def shifted(cells: Sequence[ShiftedCell]) -> list[dict[str, Any]]:
    """Flatten the cells whose voltage at full charge moved most into rows, with since when each did."""
    return [
        {
            "cell": t("pack {pack} cell {cell}", pack=one.pack, cell=one.cell),
            "moved": one.shift_mv.value,
            "within": _half_width(one.shift_mv),
            "now": one.now_mv.value,
            "how": since(one),
        }
        for one in cells
    ]


def _half_width(value: Interval) -> float | None:
    return None if value.low is None or value.high is None else (value.high - value.low) / 2


def since(one: ShiftedCell) -> str:
    """Say whether a cell moved in a step, and on which day, or gradually."""
    whole = abs(one.shift_mv.value or 0.0)
    largest = max(one.steps, key=lambda step: abs(step.size), default=None)
    if largest is not None and abs(largest.size) >= STEP_SHARE * whole and abs(largest.z) >= SURE_Z:
        size = quantity(largest.size, "mV", 1)
        return t("step of {size} on {day} ({z} σ)", size=size, day=day(largest.at), z=number(abs(largest.z)))
    return t("gradually, {rate} a month", rate=interval(one.drift_mv_per_month, "mV", 2))
