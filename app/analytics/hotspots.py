"""Hot spots by sensor: how far, on how many days, whether it lasts, and how fast a temperature ever rose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.analytics.cells import onset, persistent_columns
from app.analytics.grid import Floats, Grid, Ints, daily_z, last_valid
from app.analytics.limits import Limit
from app.analytics.thermal import RATE_K_PER_MIN, load_free, place_free

RATE_SLOWEST_MS = 60_000
"""Slowest logger that a rate of rise is told from [ms]: slower ones smooth a fast rise away."""
NOW_DAYS = 30
"""Valid days that the present residual is the median of [d]."""


@dataclass(frozen=True)
class Hotspots:
    """What the sensors of a system say; one place in each array per sensor."""

    residual: Floats
    """By day and sensor: position and load taken out [K]."""
    low: Floats
    high: Floats
    """5th and 95th percentile over the sensors, by day [K]."""
    now: Floats
    highest: Floats
    place: Floats
    """Against the sensors beside it, over the whole history [K]."""
    hot_days: Ints
    days: Ints
    persistent: np.ndarray[tuple[int], np.dtype[np.bool_]]
    since: tuple[int | None, ...]
    """Row of the day from which each was persistent."""
    rate: Floats
    """Fastest rise of each sensor [K/min]; NaN where it is not known."""

    @property
    def order(self) -> Ints:
        """Sensors, the persistent first, then the furthest from their own first days."""
        far = np.nan_to_num(np.abs(self.now))
        return np.lexsort((-far, -self.hot_days, ~self.persistent)).astype(np.int64)


def hotspots(grid: Grid, heat_a2: Floats, limits: Mapping[str, Limit]) -> Hotspots:
    """Hold every sensor against its own first 30 valid days, with position and load taken out.

    Formula: d as of ``load_free``; a day is hot where |d| exceeds the limit of temperature variation and the robust z
    over the sensors its own; persistent where enough of the last valid days are hot. Units: K, days. Source: residual
    to position and load, docs/methods.md. Longest sampling interval: 30 min for the residual, 1 min for the rate of
    rise. Weakness: a heat that was there from the first day on shows in the place alone.
    """
    residual = load_free(grid, heat_a2)
    z, valid = daily_z(residual, limits["spread_floor_k"].value), ~np.isnan(residual)
    with np.errstate(invalid="ignore"):
        far = np.abs(residual) > limits["temperature_variation_k"].value
        hot = far & (np.abs(z) > limits["robust_z_warning"].value)
    needed, of_last = int(limits["persistent_days"].value), int(limits["persistent_of_days"].value)
    low, high = band(residual)
    return Hotspots(
        residual=residual,
        low=low,
        high=high,
        now=last_valid(residual, NOW_DAYS),
        highest=_furthest(residual),
        place=place_free(grid),
        hot_days=hot.sum(axis=0).astype(np.int64),
        days=valid.sum(axis=0).astype(np.int64),
        persistent=persistent_columns(hot, valid, needed, of_last) > 0,
        since=tuple(onset(hot[:, at], valid[:, at], needed, of_last) for at in range(hot.shape[1])),
        rate=_furthest(grid["rate_k_per_min"]),
    )


def rate_reason(rates: Floats, interval_ms: float) -> str | None:
    """Say why no rate of rise can be told; None where it can."""
    if np.isfinite(rates).any():
        return None
    if interval_ms > RATE_SLOWEST_MS:
        return (
            f"Readings every {interval_ms / 1000:.0f} s are too slow for a rate of rise "
            f"(at most {RATE_SLOWEST_MS / 1000:.0f} s): a faster rise would pass between two of them."
        )
    return "No two successive steps of any temperature are known."


def fast_days(rates: Floats) -> Ints:
    """List the days on which any sensor rose faster than the limit, over two successive steps.

    Formula: the steepest rise over two successive steps of a day, over the time they take. Units: K/min. Source: limit
    of docs/limits.md. Longest sampling interval: 1 min (``RATE_SLOWEST_MS``); slower loggers get a reason instead.
    Weakness: a sensor with whole degrees rises by steps that are no heat.
    """
    with np.errstate(invalid="ignore"):
        return np.flatnonzero((rates > RATE_K_PER_MIN).any(axis=1)).astype(np.int64)


def rise_at(ts: Ints, values: Floats) -> int | None:
    """Find the reading that ends the fastest rise over two successive steps; None where there is none.

    Parameters
    ----------
    ts : array
        Stamps of one sensor's readings [epoch ms UTC].
    values : array
        Its readings, without NaN [°C].
    """
    if len(ts) < 3:
        return None
    first, second = values[1:-1] - values[:-2], values[2:] - values[1:-1]
    minutes = (ts[2:] - ts[:-2]) / 60_000
    rising = np.where((first > 0) & (second > 0) & (minutes <= 3.0), (first + second) / minutes, 0.0)
    at = int(rising.argmax())
    return int(ts[at + 2]) if rising[at] > 0 else None


def band(matrix: Floats) -> tuple[Floats, Floats]:
    """5th and 95th percentile of each row over its known values; NaN where it has none."""
    out = np.full((2, len(matrix)), np.nan)
    known = np.isfinite(matrix).any(axis=1)
    if known.any():
        out[:, known] = np.nanpercentile(matrix[known], (5, 95), axis=1)
    return out[0], out[1]


def _furthest(matrix: Floats) -> Floats:
    """Value furthest from nought in each column, with its sign; NaN where there is none."""
    if matrix.shape[0] == 0:
        return np.full(matrix.shape[1], np.nan)
    size = np.where(np.isnan(matrix), -1.0, np.abs(matrix))
    rows = size.argmax(axis=0)
    return np.asarray(matrix[rows, np.arange(matrix.shape[1])])
