"""Robust statistics over a string: distances from the median, false-discovery control, persistence."""

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


def benjamini_hochberg(p_values: Floats, rate: float) -> NDArray[np.bool_]:
    """Return which hypotheses are rejected at a false-discovery rate (Benjamini & Hochberg 1995); NaN never is."""
    rejected = np.zeros(len(p_values), bool)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    passed = np.flatnonzero(p_values[order] <= rate * np.arange(1, len(order) + 1) / max(len(order), 1))
    if len(passed):
        rejected[order[: passed[-1] + 1]] = True
    return rejected


def persistent(beyond: NDArray[np.bool_], valid: NDArray[np.bool_], needed: int, of_last: int) -> bool:
    """Whether at least ``needed`` of the last ``of_last`` valid days (or cycles) lie beyond the limit."""
    last = np.flatnonzero(valid)[-of_last:]
    return bool(beyond[last].sum() >= needed)
