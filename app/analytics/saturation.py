"""The voltage at the end of a full charge: how far each cell is from its string's median there, and since when.

Not a state of health: 93-100 % of its day-to-day variance is common to all cells of a cabinet (cut-off, depth, load),
which the difference to the string's median takes out. What is left tells of charge and of resistance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.analytics.degradation import ChangePoint, change_points, lasts, rate
from app.analytics.grid import DAY_MS, Floats, Grid, Ints
from app.analytics.robust import MAD_TO_SIGMA
from app.shapes.answer import Interval

VALID_DAYS = 30
"""Full-charge days of the baseline (the first) and of the present (the last) [d]."""
MIN_DAYS = 20
"""Full-charge days that a cell's shift needs [d]."""
NORMAL_95 = 1.96
DAILY_MEMORY = 2.0
"""Neighbouring days resemble each other: a median of n days is as good as one of n/2 [1]."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """One cell's deviation at the end of full charges."""

    pack: int
    number: int
    now_mv: Interval
    """Median of the last 30 full-charge days, against the string's median cell [mV]."""
    baseline_mv: float
    """Median of the first 30 [mV]."""
    shift_mv: Interval
    """The one minus the other [mV]."""
    drift_mv: Interval
    """Trend of the deviation, a drift and no degradation [mV/month]."""
    steps: tuple[ChangePoint, ...]
    """Days (of the epoch), sizes [mV] and certainty of the steps that PELT finds and that last."""


def most_shifted(grid: Grid, full_days: Sequence[int] | Ints, count: int = 5) -> tuple[Saturation, ...]:
    """Find the cells whose deviation at full charge moved most since the first 30 valid days.

    Formula: median of the last 30 full-charge days minus that of the first 30, its uncertainty from their robust
    spread; drift by Theil-Sen with a block bootstrap; steps by PELT (``change_points``) that last (``lasts``). Units:
    mV, mV a month. Source: saturation voltage as a deviation on full-charge days (docs/methods.md). Longest sampling
    interval: 30 min: it must see a charge's last half hour. Weakness: passive balancing at the top pulls deviations
    together.

    Parameters
    ----------
    grid : Grid
        Cells with the column ``top_mv`` [mV].
    full_days : sequence of int
        Starts of the days on which the string was charged full [epoch ms].
    count : int
        Cells that are returned, the largest shift in units of its uncertainty first.
    """
    if len(grid.days) == 0:
        return ()
    rows = np.isin(grid.days, np.asarray(full_days, np.int64))
    values = grid["top_mv"][rows]
    days = grid.days[rows] / DAY_MS
    enough = np.flatnonzero(np.isfinite(values).sum(axis=0) >= max(MIN_DAYS, 2))
    found = [(column, _shift(values[:, column])) for column in enough.tolist()]
    found.sort(key=lambda one: -abs(one[1][1]) / one[1][2])
    return tuple(_told(grid, column, days, values[:, column]) for column, _ in found[:count])


def _shift(own: Floats) -> tuple[float, float, float, float]:
    """Return the present median, the shift, its standard uncertainty and the present's alone."""
    known = own[np.isfinite(own)]
    length = min(VALID_DAYS, len(known) // 2)
    first, last = known[:length], known[-length:]
    unsure = [
        np.sqrt(np.pi / 2 * DAILY_MEMORY / length)
        * max(MAD_TO_SIGMA * float(np.median(np.abs(part - np.median(part)))), 0.05)
        for part in (first, last)
    ]
    now = float(np.median(last))
    return now, now - float(np.median(first)), float(np.hypot(*unsure)), float(unsure[1])


def _told(grid: Grid, column: int, days: Floats, own: Floats) -> Saturation:
    now, shift, unsure, present = _shift(own)
    known = np.isfinite(own)
    at, values = days[known], own[known].astype(np.float64)
    return Saturation(
        pack=int(grid.packs[column]),
        number=int(grid.numbers[column]),
        now_mv=Interval(value=now, low=now - NORMAL_95 * present, high=now + NORMAL_95 * present),
        baseline_mv=now - shift,
        shift_mv=Interval(value=shift, low=shift - NORMAL_95 * unsure, high=shift + NORMAL_95 * unsure),
        drift_mv=rate(days, own.astype(np.float64)),
        steps=tuple(one for one in change_points(at, values) if lasts(one, at, values)),
    )
