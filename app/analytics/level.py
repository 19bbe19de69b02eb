"""The level of a scattered series at one instant: a line with a modest slope through its latest values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from app.analytics.budget import NORMAL_95
from app.analytics.robust import MAD_TO_SIGMA

Floats = NDArray[np.floating[Any]]

SLOPE_PCT_PER_DAY = 0.3 / 30.44
"""How fast a capacity is expected to move before anything is seen: a standard deviation of 3.6 % a year, above the 2-3
% a year of home storage in the field (Figgener et al., Nature Energy 2024) [%/d]."""
SHARED_ANCHOR = 0.5
"""Neighbouring counts share an anchor: their errors correlate by at most so much [1]."""
SMALLEST_SCATTER = 5e-4
"""No series is credited with less scatter than this share of its level [1]."""
OUTLIER_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class Level:
    """A value at one instant and its standard uncertainty from the scatter alone, in the values' unit."""

    value: float
    own: float
    slope: float
    """Of the line [unit/d]."""


def inliers(values: Floats) -> NDArray[np.bool_]:
    """Mark values within four robust standard deviations of the median (and at least 1 % of it)."""
    middle = float(np.median(values))
    width = max(MAD_TO_SIGMA * float(np.median(np.abs(values - middle))), 0.0025 * abs(middle))
    return np.asarray(np.abs(values - middle) <= OUTLIER_SIGMAS * width)


def level_at(days: Floats, values: Floats, weights: Floats, at_day: float) -> Level:
    """Estimate a series' level at one day by a weighted line whose slope is kept modest.

    Formula: least squares of y = a + b·(t − t₀) with the prior b ~ N(0, ``SLOPE_PCT_PER_DAY``): without it a short
    series would be extrapolated, and a flat mean would lag an ageing battery by half its length. The scatter is that of
    the residuals, widened for the correlation of neighbours and, for few values, to Student's quantile. Units: the
    values'. Source: ridge regression with a known prior; Student's quantile for few values. Longest sampling interval:
    any that gave the values. Weakness: a capacity that falls faster than the prior expects is read too high for some
    weeks.

    Parameters
    ----------
    days, values, weights : array
        At least three, without NaN.
    at_day : float
        Where the level is wanted [d].
    """
    x = days - at_day
    scale = float(np.average(values, weights=weights))
    matrix = np.column_stack([np.ones_like(x), x])
    relative = weights / weights.mean()
    prior = np.diag([0.0, 1.0 / (SLOPE_PCT_PER_DAY / 100 * scale) ** 2])
    scatter = max(float(np.std(values - scale, ddof=1)), SMALLEST_SCATTER * scale)
    found, inverse = np.zeros(2), np.eye(2)
    for _ in range(2):
        inverse = np.linalg.inv((matrix * relative[:, None]).T @ matrix / scatter**2 + prior)
        found = inverse @ ((matrix * relative[:, None]).T @ values) / scatter**2
        residual = values - matrix @ found
        freedom = max(len(values) - 2, 1)
        scatter = max(float(np.sqrt(np.sum(relative * residual**2) / freedom)), SMALLEST_SCATTER * scale)
    residual = values - matrix @ found
    widened = np.sqrt(1 + 2 * _neighbours(residual)) * float(student.ppf(0.975, max(len(values) - 2, 1))) / NORMAL_95
    return Level(float(found[0]), float(np.sqrt(inverse[0, 0])) * widened, float(found[1]))


def _neighbours(residual: Floats) -> float:
    """Correlation of neighbours beyond one standard deviation of chance, within what a shared anchor can cause [1]."""
    power = float(np.sum(residual**2))
    if power <= 0 or len(residual) < 4:
        return SHARED_ANCHOR
    found = float(np.sum(residual[1:] * residual[:-1])) / power - 1.0 / float(np.sqrt(len(residual)))
    return min(max(found, 0.0), SHARED_ANCHOR)
