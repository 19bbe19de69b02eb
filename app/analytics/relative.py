"""A string's readings held against each other: its median, the cells beside, its own spread. Pure.

Every function takes rows (moments) by columns (cells or sensors, in physical order) and returns the same shape; NaN
stays NaN. What all members of a string share, such as its state of charge, cancels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.analytics.neighbours import BESIDE
from app.analytics.robust import MAD_TO_SIGMA

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Measure = Callable[[Floats], Floats]
Mode = Literal["absolute", "deviation", "neighbours", "z"]
MODES: tuple[Mode, ...] = ("absolute", "deviation", "neighbours", "z")
"""As it is; from the median of the string; from the cells beside; in robust standard deviations of the string."""


def row_median(values: Floats) -> Floats:
    """Take the median of each row over its readings; NaN where a row has none."""
    ordered = np.sort(values, axis=1)  # NaN sorts last
    known = (~np.isnan(ordered)).sum(axis=1)
    low = np.take_along_axis(ordered, (np.maximum(known - 1, 0) // 2)[:, None], axis=1)[:, 0]
    high = np.take_along_axis(ordered, np.minimum(known // 2, max(values.shape[1] - 1, 0))[:, None], axis=1)[:, 0]
    return np.asarray(np.where(known > 0, (low + high) / 2, np.nan), values.dtype)


def from_median(values: Floats) -> Floats:
    """Hold each reading against the median of its row: ``x − median(x)``, in the readings' unit.

    Formula: x − median(x) of the row. Units: the readings'. Source: one current through all cells: what they share
    cancels. Longest sampling interval: any. Weakness: where half of the string is off, the median is off.
    """
    return np.asarray(values - row_median(values)[:, None])


def from_neighbours(values: Floats, packs: Ints) -> Floats:
    """Hold each reading against the median of the four cells nearest to it, within its own pack.

    Formula: ``x_i − median(x_{i−2}, x_{i−1}, x_{i+1}, x_{i+2})``, in the readings' unit; at the ends of a row, of the
    next ones on the one side. The median keeps one odd neighbour from making all cells around it odd. Units: the
    readings'. Source: own; median filter along the row. Longest sampling interval: any. Weakness: three odd cells in a
    row hide each other.

    Parameters
    ----------
    values : array, shape (rows, columns)
    packs : array, shape (columns,)
        Pack of each column.
    """
    with_none = np.concatenate([values, np.full((len(values), 1), np.nan, values.dtype)], axis=1)
    around = np.stack([with_none[:, one] for one in _nearest(packs).T])
    middle = _middle_of_four(*around)
    gaps = np.isnan(middle)
    middle[gaps] = row_median(around[:, gaps].T)
    return np.asarray(values - middle)


def _middle_of_four(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Take the median of four numbers by comparing them, far quicker than by sorting; NaN where one is unknown."""
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.asarray((low + high) / 2)


def _nearest(packs: Ints) -> Ints:
    """List the columns nearest to each within its pack, twice ``BESIDE`` of them; one past the last stands for none."""
    columns = np.arange(len(packs))
    apart = np.abs(columns[:, None] - columns).astype(np.float64)
    apart[(packs[:, None] != packs) | (apart == 0)] = np.inf
    nearest = np.argsort(apart, axis=1, kind="stable")[:, : 2 * BESIDE]
    found = np.where(np.isinf(np.take_along_axis(apart, nearest, axis=1)), len(packs), nearest)
    return np.pad(found, ((0, 0), (0, 2 * BESIDE - found.shape[1])), constant_values=len(packs))


def robust_scores(values: Floats, floor: float) -> Floats:
    """Score each reading against its row: ``(x − median) / max(1.4826·MAD, floor)`` (Rousseeuw & Croux 1993).

    Formula: (x − median) / max(1.4826·MAD, floor) of the row. Units: robust standard deviations. Source: Rousseeuw and
    Croux, JASA 88 (1993) 1273. Longest sampling interval: any. Weakness: a string of two camps of cells has a wide
    scale.

    Parameters
    ----------
    values : array, shape (rows, columns)
    floor : float
        Smallest spread to divide by, in the readings' unit: nothing is unusual within a sensor's resolution.
    """
    centred = from_median(values)
    spread = np.fmax(MAD_TO_SIGMA * row_median(np.abs(centred)), floor)
    return np.asarray(centred / spread[:, None], values.dtype)


def measure_of(mode: Mode, packs: Ints, floor: float) -> Measure:
    """Return the function that holds a string's readings against each other as a mode says."""
    if mode == "neighbours":
        return partial(from_neighbours, packs=packs)
    if mode == "z":
        return partial(robust_scores, floor=floor)
    return from_median if mode == "deviation" else np.asarray
