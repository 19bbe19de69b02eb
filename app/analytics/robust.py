"""Robust statistics over a string: distances from the median in robust standard deviations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

MAD_TO_SIGMA = 1.4826
"""1 / Φ⁻¹(3/4): scales the median absolute deviation to a normal standard deviation."""


def spread(values: Floats, floor: float) -> float:
    """Return ``max(1.4826·MAD, floor)`` of the readings that are there; NaN without any."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return float("nan")
    return max(MAD_TO_SIGMA * float(np.median(np.abs(known - np.median(known)))), floor)


def robust_z(values: Floats, floor: float) -> Floats:
    """Return ``(x − median) / max(1.4826·MAD, floor)``; NaN stays NaN.

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
