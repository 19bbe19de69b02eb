"""Measured capacity: charge counted between full and empty anchors, never from the battery's own state of charge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.analytics.budget import NORMAL_95, anchor_pct, full_pct, gain_pct, joined
from app.analytics.level import Level, inliers, level_at
from app.analytics.robust import MAD_TO_SIGMA
from app.analytics.words import several
from app.shapes.answer import Interval
from pipeline.physics import LFP, Chemistry

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
LONGEST_H = 48.0
"""Longest time between two anchors: an offset of 0.2 A over it is 10 Ah before it is taken out [h]."""
CLOSURE_H = 240.0
"""Longest time between two full anchors from which the sensor's offset is read [h]."""
MIN_CLOSURES = 5
OFFSET_LIMIT_A = 0.2
"""Assumed limit of the sensor's offset where no closures show it [A]."""
MIN_SOC_PCT = 60.0
MAX_MISSING = 0.01
TEMPERATURE_C = (15.0, 35.0)
"""Gates: enough depth [%], nearly no missing time [1], ordinary temperature [°C]."""
MIN_COUNTS = 5
"""Counts that a capacity needs."""
LEVEL_DAYS = 240.0
"""The present capacity is read, at the last count, from a line through the last so many days of counts [d]."""
BASELINE_COUNTS_DAYS = 30
RATIO_FLOOR_PCT = 0.1
"""Least standard uncertainty of a capacity against its own baseline: sensor and curve are the same for both, not the
temperature [%]."""


@dataclass(frozen=True, slots=True)
class Offset:
    """Offset of the current sensor; a positive one counts too much discharge [A]."""

    value: float | None
    own: float
    """Standard uncertainty [A]."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Capacities of the mean cell, one per pair of anchors."""

    ts: Ints
    """Of the later anchor [epoch ms UTC]."""
    capacity_ah: Floats
    depth_pct: Floats
    is_charge: NDArray[np.bool_]
    hours: Floats
    shared_pct: Floats
    """Standard uncertainty of each capacity that all share, from the anchors' place on the curve [%]."""
    offset: Offset


def closure_offset(anchors: pl.DataFrame) -> Offset:
    """Estimate the current sensor's offset: the charge counted from one full anchor to the next, over the time [A].

    Formula: Σ ΔQ / Σ Δt over pairs of full anchors less than ten days apart without gaps, its uncertainty from their
    scatter; unknown under ``MIN_CLOSURES`` of them. Units: A. Source: charge balance over closed cycles
    (docs/methods.md). Longest sampling interval: 15 min. Weakness: what the cells lose by themselves (some 0.01 A)
    counts as offset, too.
    """
    unknown = Offset(None, OFFSET_LIMIT_A / NORMAL_95)
    full = anchors.filter(pl.col("kind") == "full")
    if full.height < 2:
        return unknown
    ts, charge = full["ts"].to_physical().to_numpy(), full["charge_ah"].to_numpy()
    hours = np.diff(ts) / HOUR_MS
    usable = (hours > 6) & (hours < CLOSURE_H) & (np.diff(full["gap_s"].to_numpy()) == 0)
    count = int(usable.sum())
    if count < MIN_CLOSURES:
        return unknown
    moved, hours = np.diff(charge)[usable], hours[usable]
    value = float(moved.sum() / hours.sum())
    left = moved - value * hours
    return Offset(value, float(np.sqrt(np.sum(left**2)) / hours.sum()))


def sensor_offset(anchors: pl.DataFrame) -> float | None:
    """Return the current sensor's offset, None when it cannot be told [A] (see ``closure_offset``)."""
    return closure_offset(anchors).value


def count_capacity(
    anchors: pl.DataFrame, chemistry: Chemistry | None = None, nominal_ah: float | None = None
) -> Counts:
    """Count capacities between neighbouring full and empty anchors.

    Formula: C = |ΔQ − offset·Δt| / ΔSOC, the charge Q by counting, SOC at the anchors from the open-circuit curve.
    Gates: ΔSOC at least 60 %, missing time at most 1 %, 15-35 °C, at most 48 h. Units: Ah. Source: coulomb counting
    between voltage anchors; gates of docs/methods.md. Longest sampling interval: 15 min, the slowest of the tests (a
    slower logger loses the edges of a charge). Weakness: rests on the curve near empty, 1 % for every 16 mV it is wrong
    there.

    Parameters
    ----------
    anchors : DataFrame
        The feature table ``anchors``.
    chemistry : Chemistry, optional
        Whose curve the anchors were read on; LFP by default.
    nominal_ah : float, optional
        Scales the resistance in the error budget [Ah].
    """
    offset = closure_offset(anchors)
    ts = anchors["ts"].to_physical().to_numpy()
    full = (anchors["kind"] == "full").to_numpy()
    soc, charge = anchors["soc_pct"].to_numpy(), anchors["charge_ah"].to_numpy()
    current = anchors["current_a"].cast(pl.Float64).fill_null(0.0).to_numpy()
    soc = np.where(full, full_pct(soc, current, nominal_ah), soc)
    hours = np.diff(ts) / HOUR_MS
    depth = np.abs(np.diff(soc))
    moved = np.diff(charge) - (offset.value or 0.0) * hours
    shared = anchor_pct(soc, current, full, chemistry or LFP, nominal_ah)
    with np.errstate(invalid="ignore", divide="ignore"):
        capacity = 100 * np.abs(moved) / depth
        pair_pct = 100 * np.hypot(shared[1:], shared[:-1]) / depth
        usable = (full[1:] != full[:-1]) & (depth >= MIN_SOC_PCT) & _allowed(anchors, hours)
        usable &= np.isfinite(capacity) & (np.sign(moved) == np.where(full[1:], -1, 1))
    return Counts(
        ts[1:][usable], capacity[usable], depth[usable], full[1:][usable], hours[usable], pair_pct[usable], offset
    )


def _allowed(anchors: pl.DataFrame, hours: Floats) -> NDArray[np.bool_]:
    """Mark pairs of anchors that keep the gates of time, gaps and temperature."""
    temperature = anchors["t_med"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    mean_t = (temperature[1:] + temperature[:-1]) / 2
    missing = np.diff(anchors["gap_s"].to_numpy()) / 3600 / hours
    warm = np.isnan(mean_t) | ((mean_t >= TEMPERATURE_C[0]) & (mean_t <= TEMPERATURE_C[1]))
    return np.asarray(warm & (missing <= MAX_MISSING) & (hours <= LONGEST_H))


@dataclass(frozen=True, slots=True)
class Excess:
    """By how much charges count more than discharges: 0 in an ideal world [%]."""

    value: float | None
    edges_pct: float
    """Standard uncertainty of a capacity for what the edges of runs may do to both ways alike [%]."""


def _excess(counts: Counts) -> Excess:
    """Compare charges with discharges (the coulombic check); a quarter of what exceeds its own scatter is uncertain."""
    charge, discharge = (counts.capacity_ah[which] for which in (counts.is_charge, ~counts.is_charge))
    if len(charge) == 0 or len(discharge) == 0:
        return Excess(None, 0.0)
    value = 100 * (float(np.median(charge)) / float(np.median(discharge)) - 1)
    spread = [
        MAD_TO_SIGMA * float(np.median(np.abs(one - np.median(one)))) / np.sqrt(len(one)) for one in (charge, discharge)
    ]
    own = 100 * np.sqrt(np.pi / 2) * float(np.hypot(*spread)) / float(np.median(discharge))
    return Excess(value, float(np.sqrt(max(value**2 - own**2, 0.0))) / 4)


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
    """At the window's last count [Ah]."""
    baseline: Interval
    days: Floats
    """Time of each count since the first anchor [d]."""
    values: Floats
    """Counts with charges and discharges reconciled [Ah]."""
    ts: Ints
    offset_a: float | None
    charge_excess_pct: float | None
    """By how much charges count more than discharges [%]: 0 in an ideal world."""
    of_baseline: Interval = field(default_factory=lambda: Interval(value=None))
    """Now against the baseline [%]: free of the sensor's gain and of the curve, which are the same for both."""
    budget: dict[str, float] = field(default_factory=dict)
    """Standard uncertainty of ``now`` by its parts [% of the capacity]."""


def measure_capacity(
    anchors: pl.DataFrame,
    start_ms: int | None = None,
    end_ms: int | None = None,
    chemistry: Chemistry | None = None,
    nominal_ah: float | None = None,
) -> Capacity:
    """Measure the mean cell's capacity at a window's last count, with an interval, or say why that cannot be.

    The interval joins what the counts show themselves (scatter, offset, edges) with what they share and nobody can see
    in them: the anchors' place on the curve, and the current sensor's gain (assumed: class 0.5). The baseline is the
    level over the first 30 valid days of the whole history, whatever the window.

    Formula: the counts' level at the last one (``level_at`` over ``LEVEL_DAYS``), against the nominal capacity and
    against the level over the first 30 valid days; u² = u_counts² + u_offset² + u_edges² + u_gain² + u_anchors²,
    interval ± 1.96 u. Units: Ah, %. Source: JCGM 100 (GUM); coverage measured in docs/soh.md. Longest sampling
    interval: 15 min. Weakness: needs charges from near empty to full: a string that is only ever half used has no
    measured capacity, and the reason is said.
    """
    if anchors.height < 2:
        return _nothing("No full and empty anchors: the string was never seen both full and empty.")
    counts = count_capacity(anchors, chemistry, nominal_ah)
    if len(counts.ts) < MIN_COUNTS:
        depth = f"{MIN_SOC_PCT:.0f} % deep, {TEMPERATURE_C[0]:.0f}-{TEMPERATURE_C[1]:.0f} °C"
        return _nothing(
            f"{several(len(counts.ts), 'count')} between full and empty ({depth}); a capacity needs {MIN_COUNTS}."
        )
    excess = _excess(counts)
    series = _series(counts, excess.edges_pct)
    day = np.unique(series.ts // DAY_MS, return_index=True)[1]
    first = series.ts <= series.ts[day[min(BASELINE_COUNTS_DAYS, len(day)) - 1]]
    inside = (series.ts >= (start_ms or 0)) & (series.ts < (end_ms if end_ms is not None else series.ts[-1] + 1))
    last = inside & (series.ts > (series.ts[inside][-1] if inside.any() else 0) - LEVEL_DAYS * DAY_MS)
    now, baseline = series.level(last, at_end=True), series.level(first, at_end=False)
    return Capacity(
        now=_interval(now),
        baseline=_interval(baseline),
        days=(series.ts - series.ts[0]) / DAY_MS,
        values=series.values,
        ts=series.ts,
        offset_a=counts.offset.value,
        charge_excess_pct=excess.value,
        of_baseline=_ratio(now, baseline),
        budget={} if isinstance(now, str) else now[1],
    )


def _lever(counts: Counts) -> Floats:
    """How far 1 A of offset moves each count: charges shrink by what discharges grow [% per A]."""
    way = np.where(counts.is_charge, -1.0, 1.0)
    return np.asarray(100 * way * counts.hours / (counts.depth_pct / 100 * counts.capacity_ah))


@dataclass(frozen=True, slots=True)
class _Series:
    """Counts without outliers, and what is uncertain about them."""

    ts: Ints
    values: Floats
    shared_pct: Floats
    lever: Floats
    edges_pct: float
    offset_a: float

    def level(self, which: NDArray[np.bool_], *, at_end: bool) -> tuple[Level, dict[str, float]] | str:
        """Return the level of some counts, at the last of them or in their middle, with its budget; or the reason."""
        values = self.values[which]
        if len(values) < MIN_COUNTS:
            return f"{several(len(values), 'count')} in this window; a capacity needs {MIN_COUNTS}."
        scatter = MAD_TO_SIGMA * float(np.median(np.abs(values - np.median(values)))) / float(np.median(values)) * 100
        weights = 1.0 / (scatter**2 + self.shared_pct[which] ** 2)
        days = (self.ts[which] - self.ts[which][0]) / DAY_MS
        at_day = float(days[-1]) if at_end else float(np.average(days, weights=weights))
        found = level_at(days, values, weights, at_day)
        return found, {
            "counts": 100 * found.own / found.value,
            "anchors": float(np.average(self.shared_pct[which], weights=weights)),
            "gain": gain_pct(),
            "offset": abs(float(np.average(self.lever[which], weights=weights))) * self.offset_a,
            "edges": self.edges_pct,
        }


def _series(counts: Counts, edges_pct: float) -> _Series:
    values, lever = _paired(counts), _lever(counts)
    keep = inliers(values)
    return _Series(counts.ts[keep], values[keep], counts.shared_pct[keep], lever[keep], edges_pct, counts.offset.own)


def _interval(found: tuple[Level, dict[str, float]] | str) -> Interval:
    if isinstance(found, str):
        return Interval(value=None, reason=found)
    value = found[0].value
    half = NORMAL_95 * joined(found[1]) / 100 * value
    return Interval(value=value, low=value - half, high=value + half)


def _ratio(now: tuple[Level, dict[str, float]] | str, baseline: tuple[Level, dict[str, float]] | str) -> Interval:
    """Relate the present level to the baseline; what both share cancels [%]."""
    if isinstance(now, str) or isinstance(baseline, str):
        return Interval(value=None, reason=now if isinstance(now, str) else str(baseline))
    ratio = 100 * now[0].value / baseline[0].value
    moved = abs(now[1]["anchors"] - baseline[1]["anchors"])
    own = float(np.sqrt(now[1]["counts"] ** 2 + baseline[1]["counts"] ** 2 + moved**2 + RATIO_FLOOR_PCT**2))
    half = NORMAL_95 * own / 100 * ratio
    return Interval(value=ratio, low=ratio - half, high=ratio + half)


def _nothing(reason: str) -> Capacity:
    unknown = Interval(value=None, reason=reason)
    empty = np.zeros(0)
    return Capacity(unknown, unknown, empty, empty, np.zeros(0, np.int64), None, None, unknown)


def relative_capacity(bottom_pct: Floats, top_pct: Floats, depth_pct: float = 90.0) -> Floats:
    """Compare each cell's capacity with the median cell's from its charge offsets at both ends [%].

    Formula: C/C₀ − 1 = ΔSOC / (ΔSOC + s_top − s_bottom) − 1, s the offsets of charge to the median cell [%]. A top
    offset that points down but is not matched below is the flat of the curve, not charge: at most what the bottom
    shows. Units: %. Source: a series string moves one charge through all cells, so offsets at both ends tell capacities
    apart (docs/methods.md). Longest sampling interval: 30 min. Weakness: rests on the chemistry's curve near empty; a
    cell that never leaves the plateau at the top counts as even there.
    """
    top = np.nan_to_num(top_pct)
    top = np.where((top < 0) & ~np.isnan(bottom_pct), np.maximum(top, np.minimum(bottom_pct, 0.0)), top)
    return np.asarray(100.0 * (depth_pct / (depth_pct + top - bottom_pct) - 1.0))
