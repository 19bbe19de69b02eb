"""Feature rows as matrices: days by cells (or sensors), so that a rule over a string is one array operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Grid:
    """A feature table laid out as days by places, both in order; NaN is no value."""

    days: Ints
    """The site's midnights [epoch ms UTC]."""
    packs: Ints
    numbers: Ints
    """Pack and cell (or sensor) of each column, in physical order."""
    columns: dict[str, Floats] = field(repr=False)
    coarse_mv: float = 0.0
    """Step of the readings where it is coarse enough to show in what many of them average; else 0 [mV]."""

    def __getitem__(self, name: str) -> Floats:
        """Return one matrix, shape (days, places)."""
        return self.columns[name]

    def between(self, start_ms: int | None, end_ms: int | None) -> Grid:
        """Return the days that begin in ``[start_ms, end_ms)``, or that the window begins in."""
        rows = day_slice(self.days, start_ms, end_ms)
        return Grid(
            self.days[rows],
            self.packs,
            self.numbers,
            {name: values[rows] for name, values in self.columns.items()},
            self.coarse_mv,
        )

    def of_pack(self, pack: int) -> NDArray[np.intp]:
        """Return the columns of one pack."""
        return np.flatnonzero(self.packs == pack)

    def place(self, pack: int, number: int) -> int | None:
        """Return the column of one cell or sensor."""
        found = np.flatnonzero((self.packs == pack) & (self.numbers == number))
        return int(found[0]) if len(found) else None


def day_slice(days: Ints, start_ms: int | None, end_ms: int | None) -> slice:
    """Cut days to a window; a window that begins within a day takes that day whole."""
    first = 0 if start_ms is None else max(int(np.searchsorted(days, start_ms, side="right")) - 1, 0)
    if start_ms is not None and len(days) and days[first] + DAY_MS <= start_ms:
        first += 1
    last = len(days) if end_ms is None else int(np.searchsorted(days, end_ms))
    return slice(first, max(last, first))


def lay_out(frame: pl.DataFrame, number: str, names: Sequence[str], *, without: str | None = "stuck") -> Grid:
    """Lay a feature table out.

    Parameters
    ----------
    frame : DataFrame
        ``ts``, ``pack`` and ``number``, one row per day and place.
    number : str
        ``cell`` or ``sensor``.
    names : sequence of str
        Columns to lay out.
    without : str, optional
        Rows for which this column is true are left out: their series stood still.
    """
    stamps = frame["ts"].to_physical().to_numpy()
    days, row = np.unique(stamps, return_inverse=True)
    code = frame["pack"].to_numpy().astype(np.int64) * 100_000 + frame[number].to_numpy().astype(np.int64)
    places, column = np.unique(code, return_inverse=True)
    kept = ~frame[without].to_numpy() if without is not None and len(frame) else np.ones(len(frame), bool)
    columns = {}
    for name in names:
        matrix = np.full((len(days), len(places)), np.nan)
        matrix[row[kept], column[kept]] = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()[kept]
        columns[name] = matrix
    return Grid(days.astype(np.int64), places // 100_000, places % 100_000, columns)


def row_median(matrix: Floats) -> Floats:
    """Take the median over the places of each day; NaN where there is none."""
    return _median(matrix, 1)


def column_median(matrix: Floats) -> Floats:
    """Take the median over the days of each place; NaN where there is none."""
    return _median(matrix, 0)


def _median(matrix: Floats, axis: int) -> Floats:
    if matrix.size == 0:
        return np.full(matrix.shape[1 - axis], np.nan)
    ordered = np.sort(matrix, axis=axis)  # NaN sorts last
    known = np.expand_dims((~np.isnan(matrix)).sum(axis=axis), axis)
    low = np.take_along_axis(ordered, np.maximum(known - 1, 0) // 2, axis)
    high = np.take_along_axis(ordered, np.minimum(known // 2, matrix.shape[axis] - 1), axis)
    middle = np.where(known > 0, (low + high) / 2, np.nan)
    return np.asarray(middle.squeeze(axis))


def first_valid(matrix: Floats, count: int) -> Floats:
    """Take each place's median over its first ``count`` valid days."""
    return column_median(_limited(matrix, count))


def last_valid(matrix: Floats, count: int) -> Floats:
    """Take each place's median over its last ``count`` valid days."""
    return column_median(_limited(matrix[::-1], count))


def _limited(matrix: Floats, count: int) -> Floats:
    order = np.cumsum(~np.isnan(matrix), axis=0)
    return np.where(order <= count, matrix, np.nan)


TAIL_MIN_CELLS = 60
"""From so many cells on, a string's own tails say how far a sound cell may lie [cells]."""
TAIL_SHARE, TAIL_SIGMA = 0.92, 1.751
"""Share of a normal string within so many standard deviations of its median."""


def daily_z(matrix: Floats, floor: float) -> Floats:
    """Score each day's values against the string of that day: (x − median) / max(1.4826·MAD, floor).

    The scale is at least the 92nd percentile of |x − median| over 1.751 (of sixty cells or more):
    a curved scale, such as charge read from a voltage, gives sound cells long tails, which the MAD alone does not see.
    """
    centred = matrix - row_median(matrix)[:, None]
    size = np.abs(centred)
    spread = np.maximum(1.4826 * row_median(size), floor)
    if matrix.size:
        known = (~np.isnan(size)).sum(axis=1)
        place = np.maximum(np.ceil(TAIL_SHARE * known).astype(np.int64) - 1, 0)
        tail = np.sort(size, axis=1)[np.arange(len(size)), place] / TAIL_SIGMA
        spread = np.where(known >= TAIL_MIN_CELLS, np.fmax(spread, tail), spread)
    return np.asarray(centred / spread[:, None])
