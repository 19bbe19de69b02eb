"""Critical cells: which cells stand out from their string, in which regime, how far and for how long.

Every rule looks at the whole history and judges as of its end: *now* is the last seven (or thirty) valid days, the
*baseline* is the first thirty. The date picker changes none of it. One string means one current through all of its
cells, so that every comparison here is free of current error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.analytics.grid import Floats, Grid, column_median, daily_z, last_valid, row_median
from app.analytics.limits import Limit
from app.analytics.signs import WARNING, WATCH, Sign
from app.analytics.words import several

Mask = NDArray[np.bool_]

CELL_COLUMNS = (
    "v_mean",
    "all_mv",
    "rest_mv",
    "low_mv",
    "low_pct",
    "top_mv",
    "top_pct",
    "bot_mv",
    "bot_pct",
    "k_sxx",
    "k_sxy",
    "step_sxx",
    "step_sxy",
)
"""Columns of the table ``cell_day`` that the rules read."""


@dataclass(frozen=True, slots=True)
class Regime:
    """Where the string has to be for a deviation to mean something."""

    key: str
    name: str
    residual: str
    """Column of the residual [mV]."""
    scored: str
    """Column in which the string's own spread is even: millivolts at rest, charge in the knees."""
    floor: float
    """Smallest spread a string is credited with, in the scored column's unit."""


REGIMES = (
    Regime("rest", "at rest", "rest_mv", "rest_mv", 1.0),
    Regime("charge_end", "at charge end", "top_mv", "top_pct", 0.15),
    Regime("discharge_end", "at discharge end", "bot_mv", "bot_pct", 0.35),
    Regime("rest_empty", "at rest near empty", "low_mv", "low_pct", 0.35),
)
"""Floors: 1 mV is the resolution of a reading. A string charged to one limit is even there to 0.15 % of charge (3-5 mV
on that slope); near empty the capacities show, and cells of one batch are matched to no better than 0.35 %."""

MIN_STRING = 8
"""Cells that a string needs on a day before one can stand out of it [cells]."""


def persistent_columns(beyond: Mask, valid: Mask, needed: int, of_last: int) -> NDArray[np.int64]:
    """Count, per column, the days beyond among the last ``of_last`` valid ones; 0 where fewer than ``needed``."""
    order = np.cumsum(valid[::-1], axis=0)
    recent = valid[::-1] & (order <= of_last)
    hits = (beyond[::-1] & recent).sum(axis=0)
    return np.where(hits >= needed, hits, 0)


def onset(beyond: Mask, valid: Mask, needed: int, of_last: int) -> int | None:
    """Find the first day of the stretch in which a column first became persistent; None where it never did."""
    days = np.flatnonzero(valid)
    hits = beyond[days].astype(np.int64)
    total = np.cumsum(hits)
    window = total - np.r_[np.zeros(min(of_last, len(total)), np.int64), total[:-of_last]][: len(total)]
    reached = np.flatnonzero(window >= needed)
    if len(reached) == 0:
        return None
    first = max(int(reached[0]) - of_last + 1, 0)
    inside = np.flatnonzero(hits[first : int(reached[0]) + 1])
    return int(days[first + int(inside[0])])


def deviations(grid: Grid, limits: Mapping[str, Limit]) -> list[Sign]:
    """Find the cells whose residual stands out in a regime, persistently.

    Formula: z = (r − median r) / max(1.4826·MAD, floor) over the string by day; beyond means |residual| above the limit
    and |z| above 3 (watch) or 5 (warning) on at least 3 of the last 7 valid days. In the knees z is taken of the charge
    that the open-circuit curve gives, since a healthy spread of charge is a skewed one of millivolts. Units: mV, z in
    robust standard deviations. Source: limits of docs/limits.md; robust z after Iglewicz and Hoaglin (1993). Longest
    sampling interval: any. Weakness: what all cells share is invisible here by construction.
    """
    found: list[Sign] = []
    for regime in REGIMES:
        found += _in_regime(grid, regime, limits)
    if not np.isfinite(grid["rest_mv"]).any():
        found += _in_regime(grid, Regime("any", "over all readings", "all_mv", "all_mv", 1.0), limits)
    return found


def _scores(scored: Floats, grid: Grid, regime: Regime, limits: Mapping[str, Limit]) -> Floats:
    """Score each day: millivolts against what the string's spread and the voltages' resolution can be, charge apart."""
    in_mv = regime.scored == regime.residual
    floor = max(limits["spread_floor_mv"].value, grid.coarse_mv / 2) if in_mv else regime.floor
    return daily_z(scored, floor)


def _in_regime(grid: Grid, regime: Regime, limits: Mapping[str, Limit]) -> list[Sign]:
    residual = of_enough(grid[regime.residual])
    scored = of_enough(grid[regime.scored])
    if not np.isfinite(scored).any():
        return []
    limit = limits["voltage_deviation_mv"]
    z = _scores(scored, grid, regime, limits)
    valid = ~np.isnan(z)
    needed, of_last = int(limits["persistent_days"].value), int(limits["persistent_of_days"].value)
    with np.errstate(invalid="ignore"):
        exceeds = np.abs(residual) > limit.value
        watch, warn = (exceeds & (np.abs(z) > limits[name].value) for name in ("robust_z_watch", "robust_z_warning"))
    watched = persistent_columns(watch, valid, needed, of_last)
    warned = persistent_columns(warn, valid, needed, of_last)
    formerly = np.where((warned == 0) & (warn.sum(axis=0) >= needed), 1, 0)
    level, far = last_valid(residual, of_last), last_valid(z, of_last)
    signs = []
    for column in np.flatnonzero(watched + warned + formerly):
        beyond = warn if warned[column] or formerly[column] else watch
        day = onset(beyond[:, column], valid[:, column], needed, of_last)
        if day is None:
            continue
        is_past = not warned[column] and not watched[column]
        if is_past:
            level[column], far[column] = _worst_stretch(residual[:, column], z[:, column], beyond[:, column])
        signs.append(
            Sign(
                rule="voltage_deviation",
                pack=int(grid.packs[column]),
                number=int(grid.numbers[column]),
                value=float(level[column]),
                limit=limit.value,
                unit=limit.unit,
                severity=WARNING if warned[column] else WATCH,
                at_ms=int(grid.days[day]),
                z=float(far[column]),
                count=int(beyond[:, column].sum()),
                regime=regime.key,
                text=_deviation_text(regime, float(level[column]), float(far[column]), beyond[:, column], is_past),
            )
        )
    return signs


def of_enough(matrix: Floats) -> Floats:
    """Leave out the days on which too few cells are known for a string to have a spread."""
    enough = (~np.isnan(matrix)).sum(axis=1) >= min(MIN_STRING, matrix.shape[1])
    return np.where(enough[:, None], matrix, np.nan)


def _worst_stretch(residual: Floats, z: Floats, beyond: Mask) -> tuple[float, float]:
    return float(np.median(residual[beyond])), float(np.median(z[beyond]))


def _deviation_text(regime: Regime, level: float, z: float, beyond: Mask, is_past: bool) -> str:
    days = f"beyond the limit on {several(int(beyond.sum()), 'day')}"
    now = "was" if is_past else "is"
    return f"{level:+.1f} mV from the string {regime.name}, where {abs(z):.1f} robust deviations {now} unusual; {days}."


def since_when(flags: Mask, week: int = 7) -> int | None:
    """Find where flags begin to hold for good: set, set for most of the week after it and of all that follows."""
    tail = np.cumsum(flags[::-1])[::-1] / np.arange(len(flags), 0, -1)
    for at in np.flatnonzero(flags & (tail > 0.8)):
        if np.mean(flags[at : at + week]) > 0.7:
            return int(at)
    return None


def typical_levels(grid: Grid) -> dict[str, Floats]:
    """Return each cell's present level in every regime: the median of its last thirty valid days [mV, %]."""
    return {name: last_valid(grid[name], 30) for name in ("rest_mv", "top_mv", "bot_mv", "low_mv", "all_mv")} | {
        name: last_valid(grid[name] - row_median(grid[name])[:, None], 30) for name in ("top_pct", "bot_pct", "low_pct")
    }


def window_residuals(grid: Grid) -> Floats:
    """Return each cell's residual over a window: at rest where the string rested, else over all readings [mV]."""
    rest = column_median(grid["rest_mv"])
    return np.asarray(np.where(np.isnan(rest), column_median(grid["all_mv"]), rest))
