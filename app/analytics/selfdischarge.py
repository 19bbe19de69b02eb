"""Self-discharge of single cells, as a current: what each loses between full charges beyond its string."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analytics.grid import DAY_MS, Floats, Grid, Ints, row_median
from app.analytics.robust import robust_z, spread
from app.analytics.words import several

POOL_DAYS = 7
"""Offsets are pooled by medians of so many days: enough that the pairs of slopes stay few [d]."""
MIN_POOLS = 6
"""Pools that a slope needs [1]."""
MIN_SPAN_DAYS = 45.0
"""Span that a slope needs: under it a leak of the usual size moves less than one reading [d]."""
MA_PER_AH_DAY = 1000.0 / 24
"""One ampere-hour a day is this current [mA]."""
DETECTED_Z = 5.0
"""Robust deviations from the string at which a leak is told from chance: over 260 cells, under one false in a thousand
strings."""
FLOOR_MA = 0.02
"""Smallest spread of healthy cells' leaks that is believed [mA]."""
CURVE_SHARE = 0.1
"""Standard uncertainty of an offset read through the curve, of the offset [1]."""
STEADY_SHARE = 0.25
"""Of the whole rate, that each half of the time shows at least [1]."""
CERTAIN_SHARE = 0.5
"""Of a string's cells, so many need a slope before any is told [1]."""


@dataclass(frozen=True, slots=True)
class Leak:
    """One cell's self-discharge beyond its string's."""

    pack: int
    cell: int
    leak_ma: float
    """Positive loses charge [mA]."""
    half_ma: float
    """Half its 95 % interval [mA]."""
    z: float
    points: int
    is_steady: bool
    """Whether both halves of the time show it: a step, such as a sense lead's, does not."""


@dataclass(frozen=True, slots=True)
class SelfDischarge:
    """Leaks of a string, the largest first, and how small a one this data could show."""

    leaks: tuple[Leak, ...]
    limit_ma: float | None
    """Smallest leak that stands out from the string [mA]."""
    span_days: float
    reason: str | None


def self_discharge(cells: Grid, offset_ah: Floats) -> SelfDischarge:
    """Estimate each cell's leak from how its offset at full charges drifts.

    Formula: Theil-Sen slope of the cell's offset in Ah over its charge or discharge ends (weekly medians) minus the
    string's median slope, over 24 h: 0.1 Ah a day = 4.2 mA. Interval: the own scatter or the string's, whichever is
    wider, and a tenth of the leak for the steepness of the curve. The detection limit is 5 robust standard deviations
    of the string's slopes, so it follows from the data itself. Units: mA. Source: Theil 1950, Sen 1968. Longest
    sampling interval: 30 min at the discharge end, some 5 min at the charge end (see ``pipeline.feature_leads``).
    Weakness: passive balancing bleeds the fuller cells towards the leaking one and hides it, up to the balancing
    current times its duty. Read at either end a leak is as sure as charge is there, some 25 %; at the discharge end a
    capacity that fades faster than the string's counts as a leak.

    Parameters
    ----------
    cells : Grid
        Whose days and places the offsets have.
    offset_ah : array, shape (days, cells)
        Charge of each cell at the charge end against the string's median [Ah]; NaN on days without a full charge.
    """
    days, pooled = _pool(cells.days, offset_ah - row_median(offset_ah)[:, None])
    span = float(days[-1] - days[0]) if len(days) else 0.0
    if len(days) < MIN_POOLS or span < MIN_SPAN_DAYS:
        return SelfDischarge((), None, span, _too_short(span))
    slope, noise, points = _slopes(days, pooled)
    if np.isfinite(slope).mean() < CERTAIN_SHARE:
        return SelfDischarge((), None, span, "Too few cells have readings at the ends of full charges.")
    leak = -(slope - np.nanmedian(slope)) * MA_PER_AH_DAY
    scatter = spread(leak, FLOOR_MA)
    z = robust_z(leak, FLOOR_MA)
    steady = _steady(days, pooled, leak)
    half = 1.96 * np.hypot(np.fmax(noise * MA_PER_AH_DAY, scatter), CURVE_SHARE * leak)
    order = np.argsort(np.where(np.isfinite(leak), -leak, np.inf))
    made = tuple(
        Leak(
            int(cells.packs[at]),
            int(cells.numbers[at]),
            float(leak[at]),
            float(half[at]),
            float(z[at]),
            int(points[at]),
            bool(steady[at]),
        )
        for at in order.tolist()
        if np.isfinite(leak[at])
    )
    return SelfDischarge(made, DETECTED_Z * scatter, span, None)


def _too_short(span: float) -> str:
    return (
        f"Full charges span {several(round(span), 'day')}: a leak needs {MIN_SPAN_DAYS:.0f} days and {MIN_POOLS} weeks "
        "with full charges to tell itself from noise."
    )


def _pool(days: Ints, offset: Floats) -> tuple[Floats, Floats]:
    """Take medians by weeks: days since the first [d] and offsets [Ah]."""
    known = np.isfinite(offset).any(axis=1)
    if not known.any():
        return np.zeros(0), np.zeros((0, offset.shape[1]))
    when = (days[known] - days[known][0]) / DAY_MS
    week = (when // POOL_DAYS).astype(np.int64)
    middle = [row_median(offset[known][week == one].T) for one in np.unique(week)]
    centre = [float(np.mean(when[week == one])) for one in np.unique(week)]
    return np.array(centre), np.array(middle)


def _slopes(days: Floats, pooled: Floats, least: int = MIN_POOLS) -> tuple[Floats, Floats, Floats]:
    """Return each column's Theil-Sen slope [Ah/d], its standard uncertainty [Ah/d] and its number of points."""
    low, high = np.triu_indices(len(days), 1)
    pairs = (pooled[high] - pooled[low]) / (days[high] - days[low])[:, None]
    points = np.isfinite(pooled).sum(axis=0)
    slope = np.where(points >= least, row_median(pairs.T), np.nan)
    level = row_median((pooled - slope * days[:, None]).T)
    rest = np.abs(pooled - slope * days[:, None] - level)
    sigma = 1.4826 * row_median(rest.T)
    lever = np.array([_lever(days[np.isfinite(column)]) for column in pooled.T])
    with np.errstate(invalid="ignore", divide="ignore"):
        return slope, 1.1 * sigma / lever, points.astype(np.float64)


def _steady(days: Floats, pooled: Floats, leak: Floats) -> NDArray[np.bool_]:
    """Whether each half of the time drifts by a quarter of the whole's rate at least, in its direction."""
    half = len(days) // 2
    shares = []
    for part in (slice(0, half), slice(half, None)):
        own = _slopes(days[part], pooled[part], least=2)[0]
        with np.errstate(invalid="ignore", divide="ignore"):
            shares.append(-(own - np.nanmedian(own)) * MA_PER_AH_DAY / leak)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.minimum(*shares) > STEADY_SHARE)


def _lever(days: Floats) -> float:
    return float(np.sqrt(np.sum((days - days.mean()) ** 2))) if len(days) else 0.0
