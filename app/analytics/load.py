"""Demand and base load from readings of power. Pure: arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOUR_MS = 3_600_000
QUARTER_MS = 900_000
"""Length of the interval that demand is the mean of: the usual billing interval in Europe [ms]."""
COVERED_SHARE = 0.5
"""Share of an interval that readings have to cover for its demand to be told [1]."""
BASE_QUANTILE = 0.025
"""Quantile of a day's demands that is called its base load: the near-base load of P. Price, Methods for Analyzing
Electric Load Shape and its Variability, LBNL-3713E (2010) [1]."""
BASE_COVERED = 0.9
"""Share of a day's intervals that have to be known for its base load to be told [1]."""
Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Demand:
    """Mean power of consecutive intervals, those with too few readings left out."""

    start_ms: Ints
    """Left edge [epoch ms UTC]."""
    mean_kw: NDArray[np.float64]
    """Mean over the covered part [kW]; positive is import."""
    covered: NDArray[np.float64]
    """Share of the interval that readings cover (0 to 1)."""


def demand(begin_ms: Ints, power_kw: Floats, held_ms: Ints, *, step_ms: int = QUARTER_MS) -> Demand:
    """Average power over fixed intervals, exactly: a reading that holds across an edge counts on both sides.

    Formula: ∫P dt over fixed intervals / their length, a reading counted on both sides of an edge that it holds across.
    Units: kW. Source: quarter-hour demand as tariffs bill it. Longest sampling interval: 15 min (``QUARTER_MS``); with
    slower readings demand is no finer than they, which is said. Weakness: an interval that readings cover by less than
    ``COVERED_SHARE`` is left out, peak or not.

    Parameters
    ----------
    begin_ms : array
        When each reading begins to hold, ascending [epoch ms UTC].
    power_kw : array
        Readings, none missing [kW].
    held_ms : array
        How long each holds, at most until the next begins [ms] (see `app.analytics.energy.holding_ms`).
    step_ms : int
        Length of an interval [ms]; intervals start at its multiples, which the quarter hours of every zone are.

    Returns
    -------
    Demand
        Intervals covered to at least `COVERED_SHARE`. A reading that itself covers more than an interval stands for
        each: finer than the logger nothing is known.
    """
    if len(begin_ms) == 0:
        return Demand(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    first, last = int(begin_ms[0]) // step_ms, int(begin_ms[-1] + held_ms[-1] - 1) // step_ms
    edges = np.arange(first, last + 2, dtype=np.int64) * step_ms
    at = np.column_stack([begin_ms, begin_ms + held_ms]).ravel()
    whole_ms, whole_energy = np.cumsum(held_ms), np.cumsum(power_kw.astype(np.float64) * held_ms)
    spent = np.column_stack([whole_ms - held_ms, whole_ms]).ravel()
    energy = np.column_stack([np.append(0.0, whole_energy[:-1]), whole_energy]).ravel()
    covered = np.diff(np.interp(edges, at, spent))
    total = np.diff(np.interp(edges, at, energy))
    told = covered >= COVERED_SHARE * step_ms
    return Demand(edges[:-1][told], total[told] / covered[told], covered[told] / step_ms)


@dataclass(frozen=True, slots=True)
class BaseLoad:
    """What is drawn around the clock."""

    kw: float | None
    """Median of the days' base loads [kW]; None where no day is known well enough."""
    days: int
    """Days that it rests on."""
    of_days: int
    """Days with any demand."""


def base_load(day: Ints, demand_kw: Floats, day_ms: Ints, *, step_ms: int = QUARTER_MS) -> BaseLoad:
    """Work out the base load: of each day the demand that 97.5 % of its intervals reach, of all days the median.

    Formula: 2.5th percentile of each day's demands, of all days the median. Units: kW. Source: customary 97.5 %
    exceedance of a day. Longest sampling interval: 15 min. Weakness: a day with a long outage has a low base.

    Parameters
    ----------
    day : array
        Number of the day that each interval lies in, ascending from 0.
    demand_kw : array
        Demands [kW].
    day_ms : array
        Length of each day [ms].
    step_ms : int
        Length of an interval [ms].
    """
    counts = np.bincount(day, minlength=len(day_ms))
    enough = counts >= BASE_COVERED * day_ms / step_ms
    known = int((counts > 0).sum())
    if not enough.any():
        return BaseLoad(None, 0, known)
    within = np.arange(len(day)) - (np.cumsum(counts) - counts)[day]
    by_day = np.full((len(day_ms), int(counts.max())), np.inf)
    by_day[day, within] = demand_kw
    ranked = np.sort(by_day[enough], axis=1)
    place = BASE_QUANTILE * (counts[enough] - 1)
    below, row = np.floor(place).astype(np.int64), np.arange(len(place))
    low, high = ranked[row, below], ranked[row, np.minimum(below + 1, counts[enough] - 1)]
    lows = low + (place - below) * (high - low)
    return BaseLoad(float(np.median(lows)), int(enough.sum()), known)
