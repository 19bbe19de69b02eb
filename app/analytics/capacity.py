"""Measured capacity: charge counted between full and empty anchors, never from the battery's own state of charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import trim_mean

from app.analytics.robust import MAD_TO_SIGMA
from app.shapes import Interval

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

HOUR_MS = 3_600_000
LONGEST_H = 48.0
"""Longest time between two anchors: an offset of 0.2 A over it is 10 Ah before it is taken out [h]."""
CLOSURE_H = 240.0
"""Longest time between two full anchors from which the sensor's offset is read [h]."""
MIN_SOC_PCT = 60.0
MAX_MISSING = 0.01
TEMPERATURE_C = (15.0, 35.0)
"""Gates: enough depth [%], nearly no missing time [1], ordinary temperature [°C]."""
MIN_COUNTS = 5
"""Counts that a capacity needs."""
LEVEL_DAYS = 60.0
"""The present capacity is the trimmed mean over the last so many days of counts [d]."""
BASELINE_COUNTS_DAYS = 30
TRIMMED_SHARE = 0.1
"""Left out at either end of the counts before their mean is taken: a run's edges err evenly within a step, and of even
errors the mean tells more than the median [1]."""
ANCHOR_PCT = 0.5
"""Standard uncertainty of one anchor's state of charge: 10 mV on the curve at 8 % are 0.6 %, at 99 % 0.4 % [%]."""
GAIN_PCT = 0.3
"""Standard uncertainty of the current sensor's gain: class 0.5 [%]."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Capacities of the mean cell, one per pair of anchors."""

    ts: Ints
    """Of the later anchor [epoch ms UTC]."""
    capacity_ah: Floats
    depth_pct: Floats
    is_charge: NDArray[np.bool_]
    offset_a: float | None
    """Of the current sensor, from full to full; positive counts too much discharge. None when it cannot be told."""


def sensor_offset(anchors: pl.DataFrame) -> float | None:
    """Estimate the current sensor's offset: the charge counted from one full anchor to the next, over the time [A].

    The median over pairs less than ten days apart without gaps; None under five of them. What the cells lose
    by themselves (some 0.01 A) counts as offset, too.
    """
    full = anchors.filter(pl.col("kind") == "full")
    if full.height < 2:
        return None
    ts, charge = full["ts"].to_physical().to_numpy(), full["charge_ah"].to_numpy()
    hours = np.diff(ts) / HOUR_MS
    usable = (hours > 6) & (hours < CLOSURE_H) & (np.diff(full["gap_s"].to_numpy()) == 0)
    if int(usable.sum()) < 5:
        return None
    return float(np.sum(np.diff(charge)[usable]) / np.sum(hours[usable]))


def count_capacity(anchors: pl.DataFrame) -> Counts:
    """Count capacities between neighbouring full and empty anchors.

    Formula: C = |ΔQ − offset·Δt| / ΔSOC, the charge Q by counting, SOC at the anchors from the open-circuit curve.
    Gates: ΔSOC at least 60 %, missing time at most 1 %, 15-35 °C, at most 48 h. Accepts intervals up to 15 min (a
    slower logger loses the edges of a charge). Weakness: rests on the curve near empty, 1 % for every 16 mV it is
    wrong there.
    """
    offset = sensor_offset(anchors)
    ts = anchors["ts"].to_physical().to_numpy()
    full = (anchors["kind"] == "full").to_numpy()
    soc, charge = anchors["soc_pct"].to_numpy(), anchors["charge_ah"].to_numpy()
    hours = np.diff(ts) / HOUR_MS
    depth = np.abs(np.diff(soc))
    temperature = anchors["t_med"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    mean_t = (temperature[1:] + temperature[:-1]) / 2
    moved = np.diff(charge) - (offset or 0.0) * hours
    with np.errstate(invalid="ignore", divide="ignore"):
        missing = np.diff(anchors["gap_s"].to_numpy()) / 3600 / hours
        warm = np.isnan(mean_t) | ((mean_t >= TEMPERATURE_C[0]) & (mean_t <= TEMPERATURE_C[1]))
        usable = (
            (full[1:] != full[:-1]) & (depth >= MIN_SOC_PCT) & (missing <= MAX_MISSING) & (hours <= LONGEST_H) & warm
        )
        capacity = 100 * np.abs(moved) / depth
        usable &= np.isfinite(capacity) & (np.sign(moved) == np.where(full[1:], -1, 1))
    return Counts(ts[1:][usable], capacity[usable], depth[usable], full[1:][usable], offset)


def _paired(counts: Counts) -> Floats:
    """Take half the difference between charges and discharges out: what the counting of edges does to each alone."""
    if counts.is_charge.all() or not counts.is_charge.any():
        return counts.capacity_ah
    charge, discharge = (float(np.median(counts.capacity_ah[which])) for which in (counts.is_charge, ~counts.is_charge))
    half = (charge - discharge) / 2
    return np.asarray(counts.capacity_ah - np.where(counts.is_charge, half, -half))


@dataclass(frozen=True, slots=True)
class Capacity:
    """A string's mean-cell capacity, now and at its first valid days."""

    now: Interval
    """[Ah]"""
    baseline: Interval
    days: Floats
    """Time of each count since the first anchor [d]."""
    values: Floats
    """Counts with charges and discharges reconciled [Ah]."""
    ts: Ints
    offset_a: float | None
    charge_excess_pct: float | None
    """By how much charges count more than discharges [%]: 0 in an ideal world."""


def measure_capacity(anchors: pl.DataFrame, start_ms: int | None = None, end_ms: int | None = None) -> Capacity:
    """Measure the mean cell's capacity over a window's last days, with an interval, or say why that cannot be.

    The interval joins the counts' own spread with what they share: the anchors' place on the curve, and the gain.
    The baseline is the median over the first 30 valid days of the whole history, whatever the window.
    """
    if anchors.height < 2:
        reason = "No full and empty anchors: the string was never seen both full and empty."
        return _nothing(reason)
    counts = count_capacity(anchors)
    values, ts = _paired(counts), counts.ts
    if len(values) < MIN_COUNTS:
        depth = f"{MIN_SOC_PCT:.0f} % deep, {TEMPERATURE_C[0]:.0f}-{TEMPERATURE_C[1]:.0f} °C"
        return _nothing(f"{len(values)} counts between full and empty ({depth}); a capacity needs {MIN_COUNTS}.")
    keep = _inliers(values)
    values, ts = values[keep], ts[keep]
    day = np.unique(ts // 86_400_000, return_index=True)[1]
    first_days = ts < ts[day[min(BASELINE_COUNTS_DAYS, len(day)) - 1]] + 1
    inside = (ts >= (start_ms or 0)) & (ts < (end_ms if end_ms is not None else ts[-1] + 1))
    last = inside & (ts > (ts[inside][-1] if inside.any() else 0) - LEVEL_DAYS * 86_400_000)
    charge, discharge = (counts.capacity_ah[which] for which in (counts.is_charge, ~counts.is_charge))
    excess = None
    if len(charge) and len(discharge):
        excess = float(100 * (np.median(charge) / np.median(discharge) - 1))
    depth_pct = float(np.median(counts.depth_pct))
    return Capacity(
        now=_level(values[last], depth_pct, excess),
        baseline=_level(values[first_days], depth_pct, excess),
        days=(ts - ts[0]) / 86_400_000,
        values=values,
        ts=ts,
        offset_a=counts.offset_a,
        charge_excess_pct=excess,
    )


def _inliers(values: Floats) -> NDArray[np.bool_]:
    middle = float(np.median(values))
    width = max(MAD_TO_SIGMA * float(np.median(np.abs(values - middle))), 0.003 * middle)
    return np.asarray(np.abs(values - middle) < 6 * width)


def _level(values: Floats, depth_pct: float, excess_pct: float | None) -> Interval:
    if len(values) < MIN_COUNTS:
        return Interval(value=None, reason=f"{len(values)} counts in this window; a capacity needs {MIN_COUNTS}.")
    middle = float(trim_mean(values, TRIMMED_SHARE))
    own = MAD_TO_SIGMA * float(np.median(np.abs(values - middle))) / np.sqrt(len(values)) / middle * 100
    anchors = np.sqrt(2) * ANCHOR_PCT * 100 / depth_pct
    edges = abs(excess_pct or 0.0) / 4
    half = 1.96 * float(np.sqrt(own**2 + anchors**2 + GAIN_PCT**2 + edges**2)) / 100 * middle
    return Interval(value=middle, low=middle - half, high=middle + half)


def _nothing(reason: str) -> Capacity:
    unknown = Interval(value=None, reason=reason)
    empty = np.zeros(0)
    return Capacity(unknown, unknown, empty, empty, np.zeros(0, np.int64), None, None)


def relative_capacity(bottom_pct: Floats, top_pct: Floats, depth_pct: float = 90.0) -> Floats:
    """Compare each cell's capacity with the median cell's from its charge offsets at both ends [%].

    Formula: C/C₀ − 1 = ΔSOC / (ΔSOC + s_top − s_bottom) − 1, s the offsets of charge to the median cell [%]. A top
    offset that points down but is not matched below is the flat of the curve, not charge: at most what the bottom
    shows.
    """
    top = np.nan_to_num(top_pct)
    top = np.where((top < 0) & ~np.isnan(bottom_pct), np.maximum(top, np.minimum(bottom_pct, 0.0)), top)
    return np.asarray(100.0 * (depth_pct / (depth_pct + top - bottom_pct) - 1.0))
