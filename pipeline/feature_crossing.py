"""Charge by which a cell gets to the charge-end voltage before its string's median: ∫I dt between the two crossings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.physics import OHM_AH, Chemistry

if TYPE_CHECKING:
    from pipeline.feature_blocks import Block
    from pipeline.feature_cells import RowState, Singles
    from pipeline.feature_string import Floats

LONGEST_STEP_AH = 0.012
"""Between two readings no more than this share of the capacity may be charged: the voltage bends upwards, and a
straight line makes leads too long: 1.6 times at steps of 1 %, threefold at 5 % (on simulated cells) [1]."""


def crossings_ah(block: Block, median_v: Singles, state: RowState, chemistry: Chemistry | None) -> Floats:
    """Measure each cell's lead at the charge end, by day; the last full charge of a day stands for it.

    Formula: q_cell − q_median, with q the counted charge (discharged is positive) at which a voltage first reaches the
    chemistry's charge-end voltage, placed between two readings by a straight line. Positive: the cell is full earlier,
    it holds more charge than the median [Ah]. NaN where the cell or the median does not get there, or where a step of
    the logger is too long for it.

    Parameters
    ----------
    block : Block
        Raw rows of the string's cells.
    median_v : array, shape (rows,)
        Of the string [V].
    state : RowState
        What the string does at each row.
    chemistry : Chemistry or None
        Whose ``full_v`` is crossed; without one there is none.

    Returns
    -------
    array, shape (days, cells)
        Charge [Ah].
    """
    out = np.full((len(block.days), block.values.shape[1]), np.nan)
    if chemistry is None or len(block.ts) == 0:
        return out
    longest_ah = LONGEST_STEP_AH * OHM_AH / state.ohm if state.ohm > 0 else np.inf
    for first, last in _charges_through(median_v, state, chemistry.full_v):
        volts = np.column_stack([block.values[first : last + 1], median_v[first : last + 1]])
        lead = _crossed(volts, state.charge_ah[first : last + 1], chemistry.full_v, longest_ah)
        out[block.day[last]] = lead[:-1] - lead[-1]
    return out


def _charges_through(median_v: Singles, state: RowState, level_v: float) -> list[tuple[int, int]]:
    """Find the charges whose median gets to ``level_v``: row before the charge, and its last row."""
    with np.errstate(invalid="ignore"):
        full = np.flatnonzero(state.charging & (median_v >= level_v))
    if len(full) == 0:
        return []
    begins = np.flatnonzero(state.charging & ~np.r_[False, state.charging[:-1]])
    run = np.searchsorted(begins, full, side="right") - 1
    is_last = np.r_[np.diff(run) > 0, True]
    return [(max(int(begins[one]) - 1, 0), int(row)) for one, row in zip(run[is_last], full[is_last], strict=True)]


def _crossed(volts: Singles, charge: Floats, level_v: float, longest_ah: float) -> Floats:
    """Find the charge at which each column first reaches a voltage [Ah]; NaN where it never does."""
    with np.errstate(invalid="ignore"):
        above = volts >= level_v
    at = above.argmax(axis=0)
    columns = np.arange(volts.shape[1])
    before = np.maximum(at - 1, 0)
    low, high = volts[before, columns].astype(np.float64), volts[at, columns].astype(np.float64)
    step = charge[at] - charge[before]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip((level_v - low) / (high - low), 0.0, 1.0)
        crossed = charge[before] + share * step
        is_placed = above.any(axis=0) & (at > 0) & (np.abs(step) <= longest_ah)
    return np.where(is_placed, crossed, np.nan)
