"""A string over time as matrices: rows merged into wider ones, deviations from the string's median. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.analytics.relative import Measure, from_median

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Buckets of time (rows) by cells or sensors (columns); NaN, and a count of 0, where there is no reading."""

    ts: Ints
    """Left edges, ascending [epoch ms]."""
    mean: Floats
    low: Floats
    high: Floats
    count: Ints
    """Readings behind each value."""

    def rows(self, chosen: slice | NDArray[np.bool_]) -> Rows:
        """Take some of the rows."""
        return Rows(self.ts[chosen], self.mean[chosen], self.low[chosen], self.high[chosen], self.count[chosen])

    def columns(self, chosen: slice | NDArray[np.intp]) -> Rows:
        """Take some of the columns."""
        return Rows(self.ts, self.mean[:, chosen], self.low[:, chosen], self.high[:, chosen], self.count[:, chosen])


def _firsts(slots: Ints) -> NDArray[np.intp]:
    """Index of the first row of each slot."""
    return np.flatnonzero(np.append(True, slots[1:] != slots[:-1]))


def merged(rows: Rows, width_ms: int) -> Rows:
    """Merge rows into stretches of a width: means weighted by their readings, extremes kept.

    Parameters
    ----------
    rows : Rows
    width_ms : int
        Width of a stretch, counted from the first row [ms]; stretches without rows are left out.
    """
    if len(rows.ts) == 0:
        return rows
    firsts = _firsts((rows.ts - rows.ts[0]) // width_ms)
    return _summed(rows, firsts, rows.ts[firsts])


def grouped(rows: Rows, labels: Ints) -> Rows:
    """Merge rows that share a label, which then is their stamp."""
    if len(rows.ts) == 0:
        return rows
    firsts = _firsts(labels)
    return _summed(rows, firsts, labels[firsts])


def _summed(rows: Rows, firsts: NDArray[np.intp], ts: Ints) -> Rows:
    if len(firsts) == len(rows.ts):
        return Rows(ts, rows.mean, rows.low, rows.high, rows.count)
    count = np.add.reduceat(rows.count, firsts)
    total = np.add.reduceat(np.nan_to_num(rows.mean).astype(np.float64) * rows.count, firsts)
    with np.errstate(invalid="ignore"):
        mean = (total / count).astype(np.float32)
    return Rows(ts, mean, np.fmin.reduceat(rows.low, firsts), np.fmax.reduceat(rows.high, firsts), count)


def joined(pieces: Sequence[Rows]) -> Rows:
    """Put rows one after the other."""
    if len(pieces) == 1:
        return pieces[0]
    return Rows(
        np.concatenate([one.ts for one in pieces]),
        *(np.concatenate([getattr(one, name) for one in pieces]) for name in ("mean", "low", "high", "count")),
    )


def deviations(rows: Rows, chosen: slice, measure: Measure = from_median) -> Floats:
    """Find how far each cell strays from its string in each bucket, with the sign.

    Formula: of the bucket's mean, minimum and maximum, each less the string's median of the same statistic, the one
    farthest from 0. Units: the measure's. Source: own: extremes are held against extremes, else a string that moves
    within the bucket would stray as a whole. Longest sampling interval: any. Weakness: minimum and maximum of two cells
    need not be of one instant.

    Parameters
    ----------
    rows : Rows
        The whole string.
    chosen : slice
        Columns to answer for.
    measure : callable
        What a cell is held against (see ``app.analytics.relative``); the string's median by default.

    Returns
    -------
    array
        Of shape (rows, chosen columns), in the measure's unit; NaN where a cell has no reading.
    """
    farthest: Floats = measure(rows.mean)[:, chosen]
    for values in (rows.low, rows.high):
        if values is not rows.mean:
            farthest = farther(farthest, measure(values)[:, chosen])
    return farthest


def farther(one: Floats, other: Floats) -> Floats:
    """Take of two values the one farther from 0, with its sign; the one that there is."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where((np.abs(other) > np.abs(one)) | np.isnan(one), other, one))


def farthest_of(ts: Ints, values: Floats, width_ms: int) -> tuple[Ints, Floats]:
    """Merge rows into stretches of a width, of each the value farthest from 0, with its sign."""
    if len(ts) == 0:
        return ts, values
    firsts = _firsts((ts - ts[0]) // width_ms)
    return ts[firsts], farther(np.fmax.reduceat(values, firsts), np.fmin.reduceat(values, firsts))
