"""Rates of change with their uncertainty: Theil-Sen slopes and moving-block bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import ruptures
from numpy.typing import NDArray

from app.analytics.robust import MAD_TO_SIGMA
from app.shapes import Interval

Floats = NDArray[np.floating[Any]]

MONTH_DAYS = 30.44
"""Mean length of a month [days]."""
MIN_SPAN_DAYS = 60.0
"""Below this a season or a week decides the slope [days]."""
MIN_VALUES = 20
"""Valid days that a slope needs."""
SEASON_DAYS = 1.5 * 365.25
"""Below this a season cannot be told from a trend [days]."""
BLOCK_DAYS = 30.0
"""Length of the bootstrap's blocks [days]: neighbouring days resemble each other (Künsch 1989)."""
RESAMPLES = 400
MOST_POINTS = 120
"""Points that the bootstrap's slopes are taken over: medians of neighbours beyond that, since pairs grow squared."""
CHANGE_MIN_DAYS = 14
"""Shortest stretch between change points [days]."""
SEASON_NOTE = "Season not separable from trend: under 1.5 years of data."


def theil_sen(x: Floats, y: Floats) -> float:
    """Return the median of all pairwise slopes (Theil 1950, Sen 1968), in y's unit per x's."""
    low, high = np.triu_indices(len(x), 1)
    steps = x[high] - x[low]
    return float(np.median((y[high] - y[low])[steps != 0] / steps[steps != 0]))


def rate(days: Floats, values: Floats, *, baseline: float | None = None, seed: int = 0) -> Interval:
    """Estimate a rate of change per month with a 95 % interval.

    Parameters
    ----------
    days : array
        Time of each value [days], increasing.
    values : array
        Daily (or cycle) values; NaN is no value.
    baseline : float, optional
        Where given, the rate is in per cent of it a month; else in the values' unit a month.
    seed : int
        Of the bootstrap: the same data give the same interval.

    Returns
    -------
    Interval
        ``slope · 30.44`` (over the baseline), or the reason why it cannot be had: under 60 days, or under 20 values.
        A reason beside a value is a remark.

    Notes
    -----
    Source: Theil-Sen slope; interval from a moving-block bootstrap of the residuals (Künsch 1989) in blocks of 30 days.
    Known weakness: under 1.5 years a season cannot be told from a trend, which is said.
    """
    known = ~np.isnan(values)
    x: Floats = days[known].astype(np.float64)
    y: Floats = values[known].astype(np.float64)
    span = float(x[-1] - x[0]) if len(x) else 0.0
    if len(x) < MIN_VALUES or span < MIN_SPAN_DAYS:
        return Interval(
            value=None,
            reason=f"{len(x)} valid days over {span:.0f} days; a rate needs {MIN_VALUES} over {MIN_SPAN_DAYS:.0f}.",
        )
    if baseline is not None and not baseline > 0:
        return Interval(value=None, reason="No baseline to relate the slope to.")
    scale = MONTH_DAYS * (100.0 / baseline if baseline is not None else 1.0)
    x, y = _thinned(x, y)
    slope = theil_sen(x, y)
    low, high = np.percentile(_bootstrap(x, y, slope, seed), (2.5, 97.5))
    remark = SEASON_NOTE if span < SEASON_DAYS else None
    return Interval(value=slope * scale, low=float(low) * scale, high=float(high) * scale, reason=remark)


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Replace neighbours by their medians until there are few enough points."""
    if len(x) <= MOST_POINTS:
        return x, y
    groups = np.array_split(np.arange(len(x)), MOST_POINTS)
    return np.asarray([np.median(x[one]) for one in groups]), np.asarray([np.median(y[one]) for one in groups])


def _bootstrap(x: Floats, y: Floats, slope: float, seed: int) -> Floats:
    """Slopes of series rebuilt from blocks of their own residuals."""
    rng = np.random.default_rng(seed)
    fitted = slope * x + np.median(y - slope * x)
    residuals = y - fitted
    step = max(float(np.median(np.diff(x))), 1e-9)
    per_block = max(round(BLOCK_DAYS / step), 1)
    per_block = min(per_block, max(len(x) // 4, 1))
    blocks = -(-len(x) // per_block)
    starts = rng.integers(0, len(x) - per_block + 1, (RESAMPLES, blocks))
    rows = (starts[:, :, None] + np.arange(per_block)).reshape(RESAMPLES, -1)[:, : len(x)]
    # Blocks of few points understate a finite sample's spread by about √(n/(n−2)).
    rebuilt = fitted + residuals[rows] * np.sqrt(len(x) / max(len(x) - 2, 1))
    low, high = np.triu_indices(len(x), 1)
    steps = x[high] - x[low]
    chosen = np.flatnonzero(steps > 0)
    slopes = (rebuilt[:, high[chosen]] - rebuilt[:, low[chosen]]) / steps[chosen]
    medians: Floats = np.median(slopes, axis=1)
    return medians


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A step in a series."""

    day: float
    """First day of the new level, in the unit of ``days``."""
    step: float
    """New median minus old."""
    z: float
    """The step over the spread of the median's difference: how sure."""


def change_points(days: Floats, values: Floats) -> list[ChangePoint]:
    """Find steps in a daily series by PELT (Killick et al. 2012; library ``ruptures``), least squares, 14 days apart.

    Parameters
    ----------
    days, values : array
        Daily values, without NaN; best a difference to the string, so that what is common cancels.
    """
    if len(values) < 2 * CHANGE_MIN_DAYS:
        return []
    noise = MAD_TO_SIGMA * float(np.median(np.abs(np.diff(values)))) / np.sqrt(2.0)
    noise = max(noise, 1e-9)
    scaled = ((values - np.median(values)) / noise).astype(np.float64)
    penalty = 4.0 * np.log(len(scaled))
    ends = ruptures.Pelt(model="l2", min_size=CHANGE_MIN_DAYS, jump=1).fit(scaled).predict(pen=penalty)
    edges = [0, *ends]
    found = []
    for before, at, after in zip(edges, edges[1:], edges[2:], strict=False):
        old, new = values[before:at], values[at:after]
        error = noise * np.sqrt(np.pi / 2 * (1 / len(old) + 1 / len(new)))
        step = float(np.median(new) - np.median(old))
        found.append(ChangePoint(float(days[at]), step, step / float(error)))
    return found
