"""A pack over time made ready for drawing: rows thinned without losing an excursion, gaps left open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.shapes.pictures import SurfaceAnswer

ROWS_MAX = 140
"""Rows of time that a surface draws: what a browser without a GPU still draws in about two seconds [rows]."""
MAP_ROWS_MAX = 400
"""Moments that the flat map draws [columns]."""
_GAP_STEPS = 3.0
"""A distance between rows beyond this many median steps is a gap, and is left open."""


@dataclass(frozen=True, kw_only=True)
class Relief:
    """A surface as it is drawn: rows thinned to `ROWS_MAX`, gaps opened."""

    ts: NDArray[np.int64]
    """Left edge of each row [epoch ms]; a row of NaN stands in each gap."""
    z: NDArray[np.float32]
    cells: tuple[int, ...]
    unit: str
    noun: str
    """cell or sensor."""
    about_zero: bool
    """Whether values are deviations."""


def relief(answer: SurfaceAnswer, *, rows_max: int = ROWS_MAX) -> Relief:
    """Prepare an answer for drawing.

    Parameters
    ----------
    answer : SurfaceAnswer
        Rows of time, columns of cells.
    rows_max : int
        Rows kept at most. Neighbouring rows are merged: an absolute value by its mean, a deviation by the one
        farthest from 0, so that no excursion is lost.

    Returns
    -------
    Relief
        In the answer's unit; a robust score reads ``z`` instead of 1.
    """
    about_zero = answer.mode != "absolute"
    z = np.asarray(answer.z, dtype=np.float64).reshape(len(answer.ts), len(answer.cells))
    ts, z = _thin(np.asarray(answer.ts, dtype=np.int64), z, rows_max, extreme=about_zero)
    unit = "z" if answer.unit == "1" else answer.unit
    ts, z = _open_gaps(ts, np.round(z, 1 if unit != "V" else 4))
    noun = "cell" if answer.quantity == "voltage" else "sensor"
    return Relief(ts=ts, z=z.astype(np.float32), cells=answer.cells, unit=unit, noun=noun, about_zero=about_zero)


def _thin(
    ts: NDArray[np.int64], z: NDArray[np.float64], rows_max: int, *, extreme: bool
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if len(ts) <= rows_max:
        return ts, z
    starts = np.unique(np.linspace(0, len(ts), rows_max, endpoint=False).astype(np.intp))
    known = np.isfinite(z)
    if extreme:
        low = np.minimum.reduceat(np.where(known, z, np.inf), starts, axis=0)
        high = np.maximum.reduceat(np.where(known, z, -np.inf), starts, axis=0)
        merged = np.where(np.abs(low) > np.abs(high), low, high)
    else:
        counts = np.add.reduceat(known, starts, axis=0, dtype=np.int64)
        sums = np.add.reduceat(np.where(known, z, 0.0), starts, axis=0)
        merged = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return ts[starts], np.where(np.isfinite(merged), merged, np.nan)


def _open_gaps(ts: NDArray[np.int64], z: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Put a row of NaN after each row that a gap follows, one median step later."""
    if len(ts) < 3:
        return ts, z
    steps = np.diff(ts)
    usual = float(np.median(steps))
    after = np.flatnonzero(steps > _GAP_STEPS * usual) + 1
    stamps = (ts[after - 1] + usual).astype(np.int64)
    return np.insert(ts, after, stamps), np.insert(z, after, np.nan, axis=0)
