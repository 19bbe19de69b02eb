"""One pack, or the whole system, over a window: means, imbalance, three states of health, trend, best and worst."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.analytics import degradation
from app.analytics.capacity import Capacity, relative_capacity
from app.analytics.cells import window_residuals
from app.analytics.cycles import days_between
from app.analytics.grid import Floats, column_median, row_median
from app.analytics.health import relative_trends, usable_shares
from app.analytics.judge import Judged
from app.analytics.signs import WATCH
from app.analytics.soh import band_text, bms_soh, classify, model_soh, remark
from app.answers import ledger
from app.answers.cut import Window, mean_known
from app.shapes.answer import Interval
from app.shapes.packs import PackReport, SohTriple
from pipeline.contract import Pack

REGIME_COLUMNS = {"rest": "rest_mv", "charge_end": "top_mv", "discharge_end": "bot_mv"}
"""Regimes that a cell's evidence is drawn in, and their columns."""
TREND_POINTS = 40
"""Points that a trend is taken over [values]."""


def _known(value: float, digits: int) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None


def report_of(window: Window, verdicts: Judged, pack: Pack | None) -> PackReport:
    """Report on one pack, or on the system where ``pack`` is None."""
    number = None if pack is None else pack.pack
    measured, low, high, reason = _measured(window, number)
    model = _model(window, number)
    bms = _bms(window)
    triple = SohTriple(measured=measured, low=low, high=high, model=model.value, bms=bms)
    headline = measured if measured is not None else model.value
    band = classify(headline)
    mean_t, max_t = _temperatures(window, number)
    best, worst = _extremes(window, number)
    flagged = [one for name, own in verdicts.by_pack.items() if number in (None, name) for one in own]
    return PackReport(
        pack=number,
        cells=len(window.columns(number)),
        mean_v=_known(float(mean_known(window.mean_v()[window.columns(number)])), 5),
        imbalance_mv=_imbalance(window, number),
        mean_t=mean_t,
        max_t=max_t,
        soh=triple,
        band=band.name if band else None,
        soh_basis=None if headline is None else "measured" if measured is not None else "model estimate",
        soh_reason=reason or remark(measured) or (model.reason if headline is None else None),
        degradation_pct_per_month=_trend(window, number),
        critical_cells=sum(one.severity != WATCH for one in flagged),
        best_cell=best,
        worst_cell=worst,
        coverage=window.coverage(number),
        provenance=_provenance(window, number),
        band_span=None if measured is None else band_text(low, high),
    )


def _shortfalls(window: Window, number: int | None) -> Floats:
    """Capacity of a pack's mean cell against the string's, by day [%]."""
    cells = window.cells
    top = cells["top_pct"] - row_median(cells["top_pct"])[:, None]
    bottom = np.where(np.isnan(cells["low_pct"]), cells["bot_pct"], cells["low_pct"])
    relative = relative_capacity(bottom - row_median(bottom)[:, None], column_median(top)[None, :])
    return mean_known(relative[:, window.columns(number)], 1) if relative.size else np.zeros(0)


def _measured(window: Window, number: int | None) -> tuple[float | None, float | None, float | None, str | None]:
    """Return value, low and high of the measured state of health [%], and why there is none."""
    soh = window.soh
    if soh.value is None or soh.low is None or soh.high is None:
        since = _of_baseline(window.capacity)
        change = f" Against its first 30 valid days the capacity is {since:.1f} %." if since is not None else ""
        return None, None, None, f"{soh.reason}{change}"
    factor = 1.0
    if number is not None:
        shift = float(np.nanmedian(own)) if np.isfinite(own := _shortfalls(window, number)).any() else 0.0
        factor = 1 + shift / 100
    return round(soh.value * factor, 3), round(soh.low * factor, 3), round(soh.high * factor, 3), None


def _imbalance(window: Window, number: int | None, *, whole: bool = False) -> float | None:
    """Median over days of the daily imbalance; of the system, of its worst pack [mV]."""
    table = window.evidence.table("pack_day")
    if table.height == 0:
        return None
    if not whole:
        table = days_between(table, window.start_ms, window.end_ms, whole_days=True)
    own = table if number is None else table.filter(pl.col("pack") == number)
    levels = own.drop_nulls("imbalance_mv").group_by("pack").agg(pl.col("imbalance_mv").cast(pl.Float64).median())
    return round(float(np.max(levels["imbalance_mv"].to_numpy())), 3) if levels.height else None


def _model(window: Window, number: int | None) -> Interval:
    """Apply the ageing model: age, cycles and imbalance of the whole history, whatever the window."""
    evidence = window.evidence
    estimate = model_soh(evidence.age_years, evidence.efc_total, _imbalance(window, number, whole=True), evidence.model)
    return Interval(value=None if estimate.value is None else round(estimate.value, 3), reason=estimate.reason)


def _bms(window: Window) -> float | None:
    days = days_between(window.evidence.table("system_day"), window.start_ms, window.end_ms, whole_days=True)
    if days.height == 0 or "soh_bms" not in days.columns:
        return None
    return bms_soh(
        days["ts"].to_physical().to_numpy(), days["soh_bms"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    ).value


def _temperatures(window: Window, number: int | None) -> tuple[float | None, float | None]:
    sensors = window.sensors()
    if sensors is None or len(sensors.days) == 0:
        return None, None
    columns = np.arange(len(sensors.numbers)) if number is None else sensors.of_pack(number)
    mean, highest = sensors["t_mean"][:, columns], sensors["t_max"][:, columns]
    top = float(np.nanmax(highest)) if np.isfinite(highest).any() else np.nan
    return _known(float(mean_known(mean)), 3), _known(top, 2)


def _extremes(window: Window, number: int | None) -> tuple[int | None, int | None]:
    """Name the cells nearest to and farthest from the string's median over the window; of the system, none."""
    if number is None or len(window.cells.days) == 0:
        return None, None
    columns = window.columns(number)
    distance = np.abs(window_residuals(window.cells)[columns])
    if not np.isfinite(distance).any():
        return None, None
    numbers = window.cells.numbers[columns]
    return int(numbers[np.nanargmin(distance)]), int(numbers[np.nanargmax(distance)])


def _trend(window: Window, number: int | None) -> Interval:
    """Trend of the estimated capacity over the window, in % of the baseline a month (negative is loss)."""
    capacity = window.capacity
    if len(capacity.values) == 0:
        return Interval(value=None, reason=capacity.now.reason)
    inside = (capacity.ts >= window.start_ms) & (capacity.ts < window.end_ms)
    days, values = capacity.days[inside], capacity.values[inside]
    if number is not None and len(values):
        values = values * (1 + _on_days(window, number, capacity.ts[inside]) / 100)
    days, values = _thinned(days, values)
    rate = degradation.rate(days, values, baseline=capacity.baseline.value)
    if rate.value is None or rate.low is None or rate.high is None:
        return rate
    return Interval(value=round(rate.value, 4), low=round(rate.low, 4), high=round(rate.high, 4), reason=rate.reason)


def _on_days(window: Window, number: int, stamps: NDArray[np.int64]) -> Floats:
    """Return a pack's shortfall on the days of capacity counts; its median where a day has none [%]."""
    own = _shortfalls(window, number)
    if not np.isfinite(own).any():
        return np.zeros(len(stamps))
    place = np.clip(np.searchsorted(window.cells.days, stamps, side="right") - 1, 0, len(own) - 1)
    middle = float(np.nanmedian(own))
    return np.nan_to_num(own[place], nan=middle)


def _thinned(days: Floats, values: Floats) -> tuple[Floats, Floats]:
    if len(values) <= TREND_POINTS:
        return days, values
    groups = np.array_split(np.arange(len(values)), TREND_POINTS)
    return (
        np.array([np.median(days[group]) for group in groups]),
        np.array([np.median(values[group]) for group in groups]),
    )


def cell_rates(window: Window) -> Floats:
    """Trend of each cell's estimated capacity, in % a month: the string's trend and the cell's own against it.

    NaN where the string's trend is unknown, or where the cell's charge offsets span less than half a year.
    """
    whole = _trend(window, None)
    cells = window.cells
    if whole.value is None or len(cells.days) == 0:
        return np.full(len(cells.numbers), np.nan)
    return np.asarray(whole.value + relative_trends(cells))


def _provenance(window: Window, number: int | None) -> dict[str, Any]:
    capacity, evidence = window.capacity, window.evidence
    said: dict[str, Any] = {
        "rule": "mean-cell capacity by charge counted between full and empty anchors; SOC at the anchors from voltage",
        "counts": len(capacity.values),
        "capacity_ah": None if capacity.now.value is None else round(capacity.now.value, 2),
        "baseline_ah": None if capacity.baseline.value is None else round(capacity.baseline.value, 2),
        "soh_of_baseline_pct": _of_baseline(capacity),
        "current_offset_a": None if capacity.offset_a is None else round(capacity.offset_a, 3),
        "nominal_ah": evidence.nominal_ah,
        "age_years": round(evidence.age_years, 3),
        "cycles": None if evidence.efc_total is None else round(evidence.efc_total, 1),
        "imbalance": "median of daily medians" if number is not None else "of the pack where it is largest",
    }
    return said | _usable(window, number)


def system_trend(window: Window) -> Interval:
    """Trend of the system's capacity over a window, in % of the baseline a month (negative is loss)."""
    return _trend(window, None)


def usable_capacity(window: Window) -> dict[str, float | None]:
    """Usable and recoverable capacity of the system over a window [Ah]: ``usable_ah``, ``recoverable_ah``."""
    return _usable(window, None)


def whole_imbalance(window: Window) -> float | None:
    """Imbalance of the system's worst pack over its whole history [mV]."""
    return _imbalance(window, None, whole=True)


def _of_baseline(capacity: Capacity) -> float | None:
    if capacity.now.value is None or capacity.baseline.value is None:
        return None
    return round(100 * capacity.now.value / capacity.baseline.value, 2)


def _usable(window: Window, number: int | None) -> dict[str, float | None]:
    """Usable capacity, limited by the first-full and the first-empty cell, and what balancing would recover [Ah]."""
    capacity = window.capacity.now.value
    cells = window.cells
    unknown: dict[str, float | None] = {"usable_ah": None, "recoverable_ah": None}
    if capacity is None or len(cells.days) == 0:
        return unknown
    leads = ledger.leads_pct(window.evidence.source.name, cells.days, capacity)
    usable, balanced = usable_shares(cells, window.columns(number), leads)
    if usable is None or balanced is None:
        return unknown
    return {
        "usable_ah": round(capacity * usable, 2),
        "recoverable_ah": round(max(capacity * (balanced - usable), 0.0), 2),
    }
