"""Rates of change with their uncertainty: Theil-Sen slopes and moving-block bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import ruptures
from numpy.typing import NDArray
from scipy.stats import t as student

from app.analytics.robust import MAD_TO_SIGMA
from app.analytics.words import several
from app.shapes.answer import Interval

Floats = NDArray[np.floating[Any]]

MONTH_DAYS, YEAR_DAYS = 30.44, 365.25
"""Mean length of a month and of a year [days]."""
MIN_SPAN_DAYS = 60.0
"""Below this a season or a week decides the slope [days]."""
MIN_VALUES = 20
"""Valid days that a slope needs."""
SEASON_DAYS = 1.5 * YEAR_DAYS
"""Below this a season cannot be told from a trend [days]."""
SEASON_PCT, WANDER_PCT = 0.15, 0.1
"""What an unseen season may move a level by at either end of the data, and what is left when a season was taken out:
standard uncertainties of a capacity [% of the baseline]."""
BLOCK_DAYS = 30.0
"""Length of the bootstrap's blocks [days]: neighbouring days resemble each other (Künsch 1989)."""
RESAMPLES = 400
MOST_POINTS = 80
"""Points that the bootstrap's slopes are taken over: medians of neighbours beyond that, since pairs grow squared."""
YEAR_TOLERANCE_DAYS = 8.0
"""A value a year later may be so many days off [d]."""
LASTS_D, LASTS_SPREAD = 365.0, 3.0
"""A step stands when the year after differs from the year before by so many robust deviations of either [d, 1]: what a
season or another duty moves comes back within it, and is no step."""
BEATS_LINE = 0.7
"""And when two levels leave less than this share of what a straight line through both years leaves: a drift is no step
[1]."""
CHANGE_MIN_DAYS = 14
"""Shortest stretch between change points [days]."""
WIDEST = 3.0
"""Few blocks widen an interval by at most this [1]."""
SEASON_NOTE = "Season not separable from trend: under 1.5 years of data."
NORMAL_95 = 1.96


def theil_sen(x: Floats, y: Floats) -> float:
    """Return the median of all pairwise slopes (Theil 1950, Sen 1968), in y's unit per x's.

    Formula: median of (y_j − y_i) / (x_j − x_i) over all pairs. Units: y's per x's. Source: Theil (1950), Sen (1968).
    Longest sampling interval: any. Weakness: every pair counts alike, so a cluster of days weighs more than its span.
    """
    low, high = np.triu_indices(len(x), 1)
    steps = x[high] - x[low]
    return float(np.median((y[high] - y[low])[steps != 0] / steps[steps != 0]))


def rate(days: Floats, values: Floats, *, baseline: float | None = None, seed: int = 0) -> Interval:
    """Estimate a rate of change per month with a 95 % interval.

    Formula: Theil-Sen slope × 30.44, over the baseline; interval from a moving-block bootstrap of the residuals in
    blocks of 30 days, widened to Student's quantile of as many values as there are blocks. From 1.5 years on a yearly
    wave is fitted beside the trend, and again in each resample. Of a capacity, an unseen season (0.15 % at either end;
    0.1 % once a wave was fitted) widens it further. Units: % of the baseline a month, or the values' unit a month.
    Source: Theil (1950), Sen (1968); Künsch, Ann. Statist. 17 (1989) 1217. Longest sampling interval: any that gave the
    values. Weakness: under 1.5 years a season cannot be told from a trend, which is said.

    Parameters
    ----------
    days : array
        Time of each value [days], increasing.
    values : array
        Daily (or cycle) values; NaN is no value.
    baseline : float, optional
        Where given, the values are capacities and the rate is in per cent of it a month; else in the values' unit.
    seed : int
        Of the bootstrap: the same data give the same interval.

    Returns
    -------
    Interval
        ``slope · 30.44`` (over the baseline), or the reason why it cannot be had: under 60 days, or under 20 values.
        A reason beside a value is a remark.
    """
    known = ~np.isnan(values)
    x: Floats = days[known].astype(np.float64)
    y: Floats = values[known].astype(np.float64)
    span = float(x[-1] - x[0]) if len(x) else 0.0
    if len(x) < MIN_VALUES or span < MIN_SPAN_DAYS:
        return Interval(
            value=None,
            reason=f"{several(len(x), 'valid day')} over {several(round(span), 'day')}; "
            f"a rate needs {MIN_VALUES} over {MIN_SPAN_DAYS:.0f}.",
        )
    if baseline is not None and not baseline > 0:
        return Interval(value=None, reason="No baseline to relate the slope to.")
    scale = MONTH_DAYS * (100.0 / baseline if baseline is not None else 1.0)
    is_seasonal = span >= SEASON_DAYS
    x, y = _thinned(x, y)
    wave = _wave(x) if is_seasonal else None
    slope = theil_sen(x, y if wave is None else y - _seasonal(wave, x, y))
    resampled = _bootstrap(x, y, slope, seed, wave) - slope
    half = _half_width(resampled, span) * scale
    if baseline is not None:
        wander = np.sqrt(2) * (WANDER_PCT if is_seasonal else SEASON_PCT) / (span / MONTH_DAYS)
        half = float(np.hypot(half, NORMAL_95 * wander))
    return Interval(
        value=slope * scale,
        low=slope * scale - half,
        high=slope * scale + half,
        reason=None if is_seasonal else SEASON_NOTE,
    )


def _half_width(resampled: Floats, span: float) -> float:
    """Half of the 95 % interval: the resamples' central one, widened for the few blocks that they are made of."""
    low, high = np.percentile(resampled, (2.5, 97.5))
    freedom = max(span / BLOCK_DAYS - 2.0, 1.0)
    widened = float(student.ppf(0.975, freedom)) / NORMAL_95 * np.sqrt((freedom + 2.0) / freedom)
    return float(high - low) / 2 * min(float(widened), WIDEST)


def _wave(x: Floats) -> Floats:
    """Sine and cosine of the year, two columns."""
    phase = 2 * np.pi * x / YEAR_DAYS
    return np.column_stack([np.sin(phase), np.cos(phase)])


def _projection(wave: Floats, x: Floats) -> Floats:
    """Make the matrix that takes values to the wave that least squares fits beside a straight line."""
    inverse = np.linalg.pinv(np.column_stack([np.ones_like(x), x, wave]))
    return np.asarray(wave @ inverse[2:])


def _seasonal(wave: Floats, x: Floats, y: Floats) -> Floats:
    return np.asarray(_projection(wave, x) @ y)


def year_on_year(days: Floats, values: Floats, *, baseline: float) -> Interval:
    """Compare each value with the one a year later: the median change, in per cent of the baseline a month.

    Formula: median of (y(t + 1 a) − y(t)) / 12 over all t with a value within 8 days of a year later; interval from the
    2.5th and 97.5th percentile of medians of resampled pairs. Units: % of the baseline a month. Source: D. Jordan et
    al., IEEE J. Photovoltaics 8 (2018) 525, as in RdTools, which refuses spans below two years, too. Longest sampling
    interval: any that gave the values. Weakness: half the data are used twice.
    """
    span = float(days[-1] - days[0]) if len(days) else 0.0
    if span < 2 * YEAR_DAYS:
        return Interval(value=None, reason=f"{span / YEAR_DAYS:.1f} years of data; year on year needs more than two.")
    later = np.searchsorted(days, days + YEAR_DAYS)
    later = np.minimum(later, len(days) - 1)
    near = np.abs(days[later] - days - YEAR_DAYS) <= YEAR_TOLERANCE_DAYS
    if int(near.sum()) < MIN_VALUES:
        return Interval(
            value=None,
            reason=f"{several(int(near.sum()), 'value')} with another a year later; {MIN_VALUES} are needed.",
        )
    changes = (values[later] - values)[near] / 12 * 100 / baseline
    drawn = np.random.default_rng(0).integers(0, len(changes), (RESAMPLES, len(changes)))
    low, high = np.percentile(np.median(changes[drawn], axis=1), (2.5, 97.5))
    return Interval(value=float(np.median(changes)), low=float(low), high=float(high))


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Replace neighbours by their medians until there are few enough points."""
    if len(x) <= MOST_POINTS:
        return x, y
    groups = np.array_split(np.arange(len(x)), MOST_POINTS)
    return np.asarray([np.median(x[one]) for one in groups]), np.asarray([np.median(y[one]) for one in groups])


def _bootstrap(x: Floats, y: Floats, slope: float, seed: int, wave: Floats | None) -> Floats:
    """Slopes of series rebuilt from blocks of their own residuals, each with its own season taken out."""
    rng = np.random.default_rng(seed)
    season = np.zeros_like(y) if wave is None else _seasonal(wave, x, y)
    fitted = slope * x + season + np.median(y - slope * x - season)
    residuals = y - fitted
    step = max(float(np.median(np.diff(x))), 1e-9)
    per_block = max(round(BLOCK_DAYS / step), 1)
    per_block = min(per_block, max(len(x) // 4, 1))
    blocks = -(-len(x) // per_block)
    starts = rng.integers(0, len(x) - per_block + 1, (RESAMPLES, blocks))
    rows = (starts[:, :, None] + np.arange(per_block)).reshape(RESAMPLES, -1)[:, : len(x)]
    rebuilt = fitted + residuals[rows]
    if wave is not None:
        rebuilt = rebuilt - rebuilt @ _projection(wave, x).T
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
    """Find steps in a daily series by PELT (Killick et al. 2012), least squares, 14 days apart.

    Formula: PELT with the squared error, penalty from the series' own noise, 14 days apart at least. Units: the
    values', d. Source: Killick et al., JASA 107 (2012) 1590; library ``ruptures``, whose linear kernel is the squared
    error, in compiled code. Longest sampling interval: any that gave the daily values. Weakness: of a steady drift it
    makes a staircase: who reads one asks whether a single step explains the whole (``lasts``).

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
    ends = ruptures.KernelCPD(kernel="linear", min_size=CHANGE_MIN_DAYS).fit(scaled).predict(pen=penalty)
    edges = [0, *ends]
    found = []
    for before, at, after in zip(edges, edges[1:], edges[2:], strict=False):
        old, new = values[before:at], values[at:after]
        error = noise * np.sqrt(np.pi / 2 * (1 / len(old) + 1 / len(new)))
        step = float(np.median(new) - np.median(old))
        found.append(ChangePoint(float(days[at]), step, step / float(error)))
    return found


def lasts(one: ChangePoint, days: Floats, values: Floats) -> bool:
    """Whether a step stands: between the year before it and the year after, and better than a straight line does.

    Formula: the medians of the two years differ the same way, by at least half the step and ``LASTS_SPREAD`` times
    1.4826·MAD around them; the mean distance to the two medians is below ``BEATS_LINE`` of that to a line. Units: the
    values'. Source: own, tested on simulated seasons, drifts and steps. Longest sampling interval: any that gave the
    daily values. Weakness: what is mended within half a year may be taken for a season; a small step within a year of a
    larger one is left out.

    Parameters
    ----------
    days, values : array
        The series that ``change_points`` was given.
    """
    near = np.abs(days - one.day) < LASTS_D
    at, own, is_after = days[near] - one.day, values[near], days[near] >= one.day
    before, after = float(np.median(own[~is_after])), float(np.median(own[is_after]))
    left = np.abs(own - np.where(is_after, after, before))
    least = max(0.5 * abs(one.step), LASTS_SPREAD * MAD_TO_SIGMA * float(np.median(left)))
    drift = np.abs(own - np.polyval(np.polyfit(at, own, 1), at))
    stands = (after - before) * one.step > 0 and abs(after - before) >= least
    return stands and bool(left.mean() < BEATS_LINE * drift.mean())
