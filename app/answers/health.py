"""How healthy a battery is: three states of health, capacities apart, the trend and its forecast, and since when.

Everything here rests on the whole history: no period changes it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from app import loader
from app.analytics.capacity import DAY_MS, Capacity
from app.analytics.degradation import MONTH_DAYS, change_points, year_on_year
from app.analytics.energy_health import measure_energy
from app.analytics.forecast import DEFAULT_C_RATE, DEFAULT_DEPTH, DEFAULT_SOC, Duty, Forecast, forecast
from app.analytics.saturation import Saturation, most_shifted
from app.analytics.soh import BmsSoh, band_text, bms_soh, model_soh
from app.answers import packs
from app.answers.cut import window_of
from app.answers.evidence import SystemEvidence, evidence_of
from app.shapes.answer import Floats, Interval, Ints
from app.shapes.health import ForecastDates, HealthAnswer, Month, ShiftedCell, Step

BMS_RESOLUTION = "The battery reports whole per cents: a step is a rounding, not a loss of 1 % on that day."
GAIN_SAID = (
    "The interval assumes a current sensor of class 0.5 (95 % within 0.5 %): a gain multiplies every count alike, so "
    "that no data of one sensor can show it."
)
MIN_MONTH_COUNTS = 3
"""Counts that a month's median needs."""


@loader.once_per_build
def health(system: str) -> HealthAnswer:
    """Answer how healthy a system is, over its whole history.

    Parameters
    ----------
    system : str
        Name of a battery system.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    evidence = evidence_of(system)
    window = window_of(evidence, None, None)
    capacity, soh = evidence.capacity, evidence.soh(evidence.capacity.now)
    trend = packs.system_trend(window)
    energy = measure_energy(evidence.table("anchors"), evidence.chemistry, evidence.nominal_ah)
    usable = packs.usable_capacity(window)
    days = evidence.table("system_day")
    told = _bms(days)
    reference, ts, counts = _in_percent(evidence)
    return HealthAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=window.coverage(),
        reason=soh.reason,
        soh=soh,
        band=band_text(soh.low, soh.high),
        of_baseline=capacity.of_baseline,
        capacity_ah=capacity.now,
        baseline_ah=capacity.baseline,
        usable_ah=usable["usable_ah"],
        recoverable_ah=usable["recoverable_ah"],
        energy_kwh=energy,
        energy_soh=_of_nominal(energy, evidence.said.nominal_kwh),
        model=model_soh(evidence.age_years, evidence.efc_total, packs.whole_imbalance(window), evidence.model),
        bms=told.value,
        bms_band=band_text(told.value, told.value),
        bms_steps=tuple(Step(at=evidence.stamp(at), size=after - before, z=0.0) for at, before, after in told.steps),
        bms_note=BMS_RESOLUTION,
        budget={name: round(float(part), 3) for name, part in capacity.budget.items()},
        offset_a=capacity.offset_a,
        charge_excess_pct=capacity.charge_excess_pct,
        trend=trend,
        year_on_year=_yearly(capacity),
        forecast=_dates(evidence, soh, trend, days),
        ts=ts,
        counts_pct=counts,
        reference=reference,
        months=_months(ts, counts, evidence),
        capacity_steps=_steps(ts, counts, evidence),
        saturation=_saturation(evidence),
        notes=(*evidence.source.notes, *((GAIN_SAID,) if soh.value is not None else ())),
    )


def _in_percent(evidence: SystemEvidence) -> tuple[str, Ints, Floats]:
    """Return what the counts are given in per cent of, their times and values; empty where that is unknown."""
    capacity, nominal_ah = evidence.capacity, evidence.nominal_ah
    reference = "nominal capacity" if nominal_ah else "first 30 valid days"
    base = nominal_ah or capacity.baseline.value
    if not base:
        return reference, np.zeros(0, np.int64), np.zeros(0)
    return reference, capacity.ts, 100 * capacity.values / base


def _of_nominal(energy: Interval, nominal_kwh: float | None) -> Interval:
    if energy.value is None or energy.low is None or energy.high is None:
        return Interval(value=None, reason=energy.reason)
    if not nominal_kwh:
        return Interval(value=None, reason="The nominal energy is unknown: say nominal_kwh in site.toml.")
    share = 100 / nominal_kwh
    return Interval(value=share * energy.value, low=share * energy.low, high=share * energy.high)


def _bms(days: pl.DataFrame) -> BmsSoh:
    if days.height == 0 or "soh_bms" not in days.columns:
        return BmsSoh(None, None, ())
    reported = days["soh_bms"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return bms_soh(days["ts"].to_physical().to_numpy(), reported)


def _yearly(capacity: Capacity) -> Interval:
    if capacity.baseline.value is None:
        return Interval(value=None, reason=capacity.baseline.reason)
    return year_on_year(capacity.days, capacity.values, baseline=capacity.baseline.value)


def _dates(evidence: SystemEvidence, soh: Interval, trend: Interval, days: pl.DataFrame) -> ForecastDates:
    """Forecast from the last count."""
    ts = evidence.capacity.ts
    span = float(evidence.capacity.days[-1]) if len(ts) else 0.0
    age = evidence.age_years * 365.25
    found = forecast(soh, trend, span_days=span, age_days=age, duty=_duty(evidence, days))
    if found.reason is not None:
        nothing = np.zeros(0)
        return ForecastDates(
            p10=None,
            p50=None,
            p90=None,
            reason=found.reason,
            ts=np.zeros(0, np.int64),
            low=nothing,
            middle=nothing,
            high=nothing,
        )
    early, middle, late = (None if one is None else evidence.stamp(int(ts[-1] + one * DAY_MS)) for one in found.days)
    shown = slice(0, _shown(found))
    return ForecastDates(
        p10=early,
        p50=middle,
        p90=late,
        reason=None,
        ts=(ts[-1] + found.ahead[shown] * DAY_MS).astype(np.int64),
        low=found.fan[0, shown],
        middle=found.fan[1, shown],
        high=found.fan[2, shown],
    )


def _shown(found: Forecast) -> int:
    """Points of the fan that a chart shows: until its middle is through, and a tenth beyond."""
    through = np.flatnonzero(found.fan[1] <= 80.0)
    last = int(through[0]) if len(through) else len(found.ahead) - 1
    return min(int(1.1 * last) + 2, len(found.ahead))


def _duty(evidence: SystemEvidence, days: pl.DataFrame) -> Duty:
    """Sum a battery's duty up for the ageing model."""
    elapsed = max((evidence.source.last_ms - evidence.source.first_ms) / DAY_MS, 1.0)
    cycles = (evidence.efc_total or 0.0) / elapsed
    if days.height == 0:
        return Duty(cycles)
    low, high = (days[name].cast(pl.Float64).drop_nulls().to_numpy() for name in ("soc_min", "soc_max"))
    rates = evidence.table("cycles")["mean_c_rate"].drop_nulls().to_numpy()
    known = len(low) > 0 and len(high) > 0
    warm = evidence.sensors["t_mean"] if evidence.sensors is not None else np.zeros(0)
    celsius = float(np.nanmean(warm)) if np.isfinite(warm).any() else 25.0
    return Duty(
        cycles,
        celsius,
        float(np.median(low) + np.median(high)) / 200 if known else DEFAULT_SOC,
        float(np.median(high) - np.median(low)) / 100 if known else DEFAULT_DEPTH,
        float(np.median(rates)) if len(rates) else DEFAULT_C_RATE,
    )


def _months(ts: Ints, counts: Floats, evidence: SystemEvidence) -> tuple[Month, ...]:
    """Sum counts up by stretches of a mean month from the first: median, and where 95 % of such medians would lie."""
    made = []
    place = ((ts - ts[0]) / DAY_MS / MONTH_DAYS).astype(np.int64) if len(ts) else ts
    for one in np.unique(place):
        own = counts[place == one]
        if len(own) < MIN_MONTH_COUNTS:
            continue
        middle = float(np.median(own))
        half = 1.96 * 1.2533 * float(np.std(own, ddof=1) / np.sqrt(len(own)))
        made.append(
            Month(
                start=evidence.stamp(int(ts[0] + one * MONTH_DAYS * DAY_MS)),
                median_pct=middle,
                low_pct=middle - half,
                high_pct=middle + half,
                counts=len(own),
            )
        )
    return tuple(made)


def _steps(ts: Ints, counts: Floats, evidence: SystemEvidence) -> tuple[Step, ...]:
    """Find steps of the capacity itself, its straight trend taken out."""
    if len(counts) < MIN_MONTH_COUNTS:
        return ()
    days = ts / DAY_MS
    flat = counts - np.polyval(np.polyfit(days - days[0], counts, 1), days - days[0])
    return tuple(_step(one.day, one.step, one.z, evidence) for one in change_points(days, flat))


def _step(day: float, size: float, z: float, evidence: SystemEvidence) -> Step:
    return Step(at=evidence.stamp(int(day * DAY_MS)), size=round(size, 3), z=round(z, 1))


def _saturation(evidence: SystemEvidence) -> tuple[ShiftedCell, ...]:
    anchors, days = evidence.table("anchors"), evidence.cells.days
    if anchors.height == 0 or len(days) == 0:
        return ()
    full = anchors.filter(pl.col("kind") == "full")["ts"].to_physical().to_numpy()
    place = np.clip(np.searchsorted(days, full, side="right") - 1, 0, len(days) - 1)
    return tuple(_shifted(one, evidence) for one in most_shifted(evidence.cells, np.unique(days[place])))


def _shifted(one: Saturation, evidence: SystemEvidence) -> ShiftedCell:
    return ShiftedCell(
        pack=one.pack,
        cell=one.number,
        now_mv=one.now_mv,
        baseline_mv=one.baseline_mv,
        shift_mv=one.shift_mv,
        drift_mv_per_month=one.drift_mv,
        steps=tuple(_step(step.day, step.step, step.z, evidence) for step in one.steps),
    )
