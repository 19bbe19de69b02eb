"""Health of single cells against their string: capacity from the charge offsets at both ends, and its trend."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from app.analytics.capacity import relative_capacity
from app.analytics.cells import typical_levels
from app.analytics.degradation import MONTH_DAYS
from app.analytics.grid import DAY_MS, Floats, Grid, column_median, last_valid, row_median
from app.analytics.limits import Limit
from app.analytics.robust import robust_z
from app.analytics.signs import WARNING, Sign
from app.shapes.answer import Interval

CELL_SOH_PCT = 0.5
"""Standard uncertainty of a cell's capacity against its string's, from the curve's slope at both ends: 0.3 % on
simulated strings, more on a cell whose curve is its own [%]."""
TOP_FLAT_PCT, TOP_STEEP_MV = 1.5, 230.0
"""A charge offset at the top that small is read off the flat of the curve and may be none [%]; above the knee 1 % of
charge is some 230 mV, from 3.42 V to the cut-off at 3.65 V [mV/%]."""
LEAD_DAYS = 30
"""Valid days that a lead is the median of [d]."""
SOH_FLOOR_PCT, RATE_FLOOR_PCT = 0.35, 0.08
"""Smallest spread of capacities, and of their trends, that a string is credited with [%, %/month]."""
BIN_DAYS = 30
"""Trends are taken over medians of so many days [d]."""
MIN_BINS = 6
"""Medians that a cell's own trend needs."""


def relative_now(grid: Grid) -> Floats:
    """Compare each cell's present capacity with its string's median cell [%].

    Formula: ``relative_capacity`` of each cell's last valid offsets at both ends. Units: %. Source: as
    ``capacity.relative_capacity``. Longest sampling interval: 30 min. Weakness: as ``capacity.relative_capacity``.
    """
    levels = typical_levels(grid)
    bottom = np.where(np.isnan(levels["low_pct"]), levels["bot_pct"], levels["low_pct"])
    return relative_capacity(bottom, levels["top_pct"])


def usable_shares(
    grid: Grid, columns: NDArray[np.intp], leads_pct: Floats | None = None
) -> tuple[float | None, float | None]:
    """Return how much of the mean cell's capacity a string can use now, and could if it were balanced [1].

    Formula: usable = 1 − (highest offset at the top − lowest at the bottom) of the cells' charge to the median cell: a
    charge ends with its first full cell, a discharge with its first empty one. Balanced, the weakest cell is left as
    the limit. Both from each cell's last valid days; None where no cell was seen near both ends. Units: 1. Source: a
    series string ends with its first full and its first empty cell (docs/methods.md). Longest sampling interval: 30
    min; with leads some 5 min. Weakness: without leads, offsets at the top are read where the curve is either flat or
    very steep, so that less than 1 % recoverable means nothing.

    Parameters
    ----------
    leads_pct : array, shape (days, cells), optional
        Charge at charge ends on the string's own curve (``pipeline.feature_leads``), of its capacity [%].
    """
    levels = typical_levels(grid)
    bottom = np.where(np.isnan(levels["low_pct"]), levels["bot_pct"], levels["low_pct"])[columns]
    top, top_mv = levels["top_pct"][columns], levels["top_mv"][columns]
    if not np.isfinite(bottom).any() or not np.isfinite(top).any():
        return None, None
    below = np.minimum(np.nan_to_num(top) + TOP_FLAT_PCT, 0.0)
    weakest = 1 + min(float(np.nanmin(relative_capacity(bottom, below))), 0.0) / 100
    above = np.where(top > TOP_FLAT_PCT, top, top_mv / TOP_STEEP_MV)
    if leads_pct is not None:
        own = last_valid(leads_pct - row_median(leads_pct)[:, None], LEAD_DAYS)[columns]
        above = np.where(np.isfinite(own), own, above)
    first_full, first_empty = max(float(np.nanmax(above)), 0.0), max(-float(np.nanmin(bottom)), 0.0)
    return 1 - (first_full + first_empty) / 100, weakest


def relative_trends(grid: Grid) -> Floats:
    """Estimate the trend of each cell's capacity against its string's [% a month]; NaN under half a year.

    Formula: Theil-Sen slope over medians of thirty days; a charge that falls at both ends is self-discharge, and gives
    no trend here. Units: % a month. Source: Theil (1950), Sen (1968). Longest sampling interval: 30 min. Weakness:
    needs days near empty; without them the curve is flat and nothing is known.
    """
    if len(grid.days) == 0:
        return np.full(len(grid.numbers), np.nan)
    bottom = np.where(np.isnan(grid["low_pct"]), grid["bot_pct"], grid["low_pct"])
    bottom, top = (each - row_median(each)[:, None] for each in (bottom, grid["top_pct"]))
    bins = (grid.days - grid.days[0]) // (BIN_DAYS * DAY_MS)
    names = np.unique(bins)
    levels = np.array(
        [relative_capacity(column_median(bottom[bins == n]), column_median(top[bins == n])) for n in names]
    )
    low, high = np.triu_indices(len(names), 1)
    steps = (levels[high] - levels[low]) / (names[high] - names[low])[:, None]
    known = np.isfinite(levels).sum(axis=0) >= MIN_BINS
    return np.asarray(np.where(known, column_median(steps) * MONTH_DAYS / BIN_DAYS, np.nan))


def soh_signs(grid: Grid, relative: Floats, string: Interval, limits: Mapping[str, Limit]) -> list[Sign]:
    """Find cells whose state of health lies, with its whole interval, below the limit and below the string's.

    Formula: SOH_cell = SOH_string × (1 + relative); flagged where its whole interval lies below the limit and below the
    string's. Units: %. Source: limit ``soh_pct`` of docs/limits.md. Longest sampling interval: 15 min, as the string's.
    Weakness: a string whose own interval is wide flags no cell.

    Parameters
    ----------
    relative : array
        Capacity of each cell against the string's [%].
    string : Interval
        Measured state of health of the string [%].
    """
    limit = limits["soh_pct"]
    if string.value is None:
        return []
    z = robust_z(relative, SOH_FLOOR_PCT)
    health = string.value * (1 + relative / 100)
    high = health * (1 + 1.96 * CELL_SOH_PCT / 100)
    with np.errstate(invalid="ignore"):
        low_cells = np.flatnonzero(
            (high < limit.value) & (high < string.value) & (z < -limits["robust_z_warning"].value)
        )
    return [
        Sign(
            rule="soh",
            pack=int(grid.packs[column]),
            number=int(grid.numbers[column]),
            value=float(health[column]),
            limit=limit.value,
            unit=limit.unit,
            severity=WARNING,
            at_ms=int(grid.days[-1]),
            z=float(z[column]),
            count=30,
            text=f"State of health about {health[column]:.1f} % (at most {high[column]:.1f} %), the string's is "
            f"{string.value:.1f} %.",
        )
        for column in low_cells
    ]


def rate_signs(grid: Grid, trend: Interval, limits: Mapping[str, Limit]) -> list[Sign]:
    """Find cells that lose capacity faster than the limit, and far faster than their string.

    Formula: rate_cell = rate_string + relative trend; flagged where it exceeds the limit and stands far out of the
    string's. Units: % a month. Source: limit ``degradation_pct_per_month`` of docs/limits.md. Longest sampling
    interval: 15 min, as the string's. Weakness: needs half a year of days near empty.

    Parameters
    ----------
    trend : Interval
        Of the string's capacity [% of the baseline a month]; negative is loss. Unknown, no cell is judged.
    """
    limit = limits["degradation_pct_per_month"]
    if trend.value is None:
        return []
    own = relative_trends(grid)
    z = robust_z(own, RATE_FLOOR_PCT)
    total = trend.value + own
    with np.errstate(invalid="ignore"):
        found = np.flatnonzero((total < -limit.value) & (z < -limits["robust_z_warning"].value))
    return [
        Sign(
            rule="degradation_rate",
            pack=int(grid.packs[column]),
            number=int(grid.numbers[column]),
            value=float(total[column]),
            limit=-limit.value,
            unit=limit.unit,
            severity=WARNING,
            at_ms=int(grid.days[-1]),
            z=float(z[column]),
            count=len(grid.days),
            text=f"Estimated capacity moves by {total[column]:+.2f} % a month, the string's by {trend.value:+.2f} %.",
        )
        for column in found
    ]
