"""Robust statistics over a string: distances from the median in robust standard deviations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.floating[Any]]

MAD_TO_SIGMA = 1.4826
"""1 / Φ⁻¹(3/4): scales the median absolute deviation to a normal standard deviation."""
TAILS = (0.75, 0.9)
"""Quantiles of |deviation| that widen a scale. Further out a few faulty cells would set their own limit [1]."""


def spread(values: Floats, floor: float) -> float:
    """Return ``max(1.4826·MAD, floor)`` of the readings that are there; NaN without any."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return float("nan")
    return max(MAD_TO_SIGMA * float(np.median(np.abs(known - np.median(known)))), floor)


def robust_z(values: Floats, floor: float) -> Floats:
    """Return ``(x − median) / max(1.4826·MAD, floor)``; NaN stays NaN.

    Formula: (x − median) / max(1.4826·MAD, floor). Units: robust standard deviations. Source: Rousseeuw and Croux, JASA
    88 (1993) 1273. Longest sampling interval: any. Weakness: heavy tails of sound cells look like faults (see
    ``tailed_z``).

    Parameters
    ----------
    values : array
        One value per member of the string.
    floor : float
        Smallest spread to divide by, in the values' unit: nothing is unusual within a sensor's resolution.
    """
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return np.full(len(values), np.nan)
    scores: Floats = (values - np.median(known)) / spread(values, floor)
    return scores


def tailed_z(values: Floats, floor: float) -> Floats:
    """Score values against their string over a scale that heavy tails widen; NaN stays NaN.

    Formula: (x − median) / the largest of the floor, 1.4826·MAD, and the quantiles ``TAILS`` of |deviation| over their
    normal values. Units: robust standard deviations. Source: own, on ``robust_z``; settled with simulated strings
    (docs/detection.md). Longest sampling interval: any. Weakness: what a tenth of the cells share hides each other.
    """
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return np.full(len(values), np.nan)
    middle = np.median(known)
    tails = np.quantile(np.abs(known - middle), TAILS) / norm.isf((1 - np.array(TAILS)) / 2)
    return np.asarray((values - middle) / max(spread(known, floor), float(tails.max())))
