"""What a cell always was: its level over many days against its string's, for faults that no change shows.

A fault that is there before the first reading has no past of its own to be held against. What limits its detection
is not the noise, which many days average out, but how far sound cells lie apart: the limit is a distance in the
string's own spread that chance alone seldom makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.stats import norm

from app.analytics.cells import REGIMES, Regime, of_enough
from app.analytics.grid import Floats, Grid, last_valid, row_median
from app.analytics.limits import Limit
from app.analytics.robust import tailed_z
from app.analytics.signs import WARNING, Sign
from app.analytics.thermal import place_free

LEAST_K, SPREAD_FLOOR_K = 2.0, 0.3
"""Smallest lasting excess over the sensors beside it that is worth a warning: the design spread at 0.5C; and
the smallest spread that a string's sensors are credited with [K]."""
MANY_PACKS = 3
"""From so many packs on, what the same place shows in the others is taken out [packs]."""
LEVEL_DAYS, LEAST_DAYS = 30, 20
"""Last valid days whose median is a cell's level, and how many it takes at least [d]."""
STEEP_TAILS = {"charge_end": 1.25}
"""Above its string, where the curve is steep and each cell's own, sound cells lie further out than normal ones:
the limit on z is raised by this [1]. Source: sound strings simulated with three open-circuit curves."""
NEAR_EMPTY = ("discharge_end", "rest_empty")
"""Where to be above the string is to hold more than it: no fault of a cell that always did."""
BY_CHANCE = 0.025
"""Chance that a string of normal spread has a sound cell beyond the limit in one regime [1]."""


def standing_z(cells: int) -> float:
    """Turn ``BY_CHANCE`` into a limit on |z|, shared among the cells (Bonferroni): 3.9 for 260."""
    return float(norm.isf(BY_CHANCE / max(cells, 1) / 2))


def levels_of(matrix: Floats) -> Floats:
    """Return each cell's median distance from its string over its last valid days; NaN with fewer than twenty."""
    matrix = of_enough(matrix)
    known = np.isfinite(matrix).sum(axis=0) >= LEAST_DAYS
    return np.asarray(np.where(known, last_valid(matrix - row_median(matrix)[:, None], LEVEL_DAYS), np.nan))


def standing_signs(grid: Grid, found: Iterable[Sign], limits: Mapping[str, Limit]) -> list[Sign]:
    """Find the cells whose level stands out from their string in a regime where no warning says so yet.

    Formula: the median over the last thirty valid days; beyond means |residual| above the limit and |z| above
    ``standing_z``, z in the charge that the open-circuit curve gives in the knees and over a scale that heavy tails of
    the string widen. Units: mV, % of charge, robust standard deviations. Source: Bonferroni over the string
    (``standing_z``). Longest sampling interval: any. Weakness: sound cells of one string may lie apart further than
    normal ones do; then the limit lies further out too.
    """
    said = {(one.pack, one.number, one.regime) for one in found if one.severity == WARNING and not one.of_sensor}
    signs = [sign for regime in REGIMES for sign in _in_regime(grid, regime, limits)]
    return [sign for sign in signs if (sign.pack, sign.number, sign.regime) not in said]


def _in_regime(grid: Grid, regime: Regime, limits: Mapping[str, Limit]) -> list[Sign]:
    limit = limits["voltage_deviation_mv"]
    level = levels_of(grid[regime.residual])
    floor = max(regime.floor, grid.coarse_mv / 2) if regime.scored == regime.residual else regime.floor
    z = tailed_z(levels_of(grid[regime.scored]), floor)
    known = np.isfinite(grid[regime.residual])
    with np.errstate(invalid="ignore"):
        far = standing_z(len(level)) * np.where(level > 0, STEEP_TAILS.get(regime.key, 1.0), 1.0)
        beyond = (np.abs(level) > limit.value) & (np.abs(z) > far)
        beyond &= (level < 0) | (regime.key not in NEAR_EMPTY)
    return [
        Sign(
            rule="voltage_deviation",
            pack=int(grid.packs[column]),
            number=int(grid.numbers[column]),
            value=float(level[column]),
            limit=limit.value,
            unit=limit.unit,
            severity=WARNING,
            at_ms=int(grid.days[np.flatnonzero(known[:, column])[-LEVEL_DAYS:][0]]),
            z=float(z[column]),
            count=int(min(known[:, column].sum(), LEVEL_DAYS)),
            regime=regime.key,
            text=f"{level[column]:+.1f} mV from the string {regime.name}, median of {LEVEL_DAYS} valid days: "
            f"{abs(z[column]):.1f} times the string's own spread.",
        )
        for column in np.flatnonzero(beyond)
    ]


def standing_heat(grid: Grid, found: Iterable[Sign]) -> list[Sign]:
    """Find the sensors that were always warmer than those beside them, and than the same place in other packs.

    Formula: the median residual to the string over the whole history, minus that of the four sensors on either side,
    minus the packs' median of the same at that place; beyond means above 2 K and ``standing_z``. Units: K. Source:
    comparison with place and neighbours, docs/methods.md. Longest sampling interval: any. Weakness: a sensor that reads
    too high looks the same.
    """
    said = {(one.pack, one.number) for one in found if one.severity == WARNING and one.of_sensor}
    level = _without_place(grid, place_free(grid))
    z = tailed_z(level, SPREAD_FLOOR_K)
    known = np.isfinite(grid["all_k"])
    with np.errstate(invalid="ignore"):
        beyond = (level > LEAST_K) & (z > standing_z(len(level))) & (known.sum(axis=0) >= LEAST_DAYS)
    return [
        Sign(
            rule="temperature_variation",
            pack=int(grid.packs[column]),
            number=int(grid.numbers[column]),
            value=float(level[column]),
            limit=LEAST_K,
            unit="K",
            severity=WARNING,
            at_ms=int(grid.days[np.flatnonzero(known[:, column])[0]]),
            z=float(z[column]),
            count=int(known[:, column].sum()),
            of_sensor=True,
            text=f"{level[column]:+.1f} K against the sensors beside it and the same place in other packs, over the "
            f"whole history: {z[column]:.1f} times the string's own spread.",
        )
        for column in np.flatnonzero(beyond)
        if (int(grid.packs[column]), int(grid.numbers[column])) not in said
    ]


def _without_place(grid: Grid, level: Floats) -> Floats:
    """Take out what the same place shows in most packs: the end of a row, a duct [K]."""
    if len(np.unique(grid.packs)) < MANY_PACKS:
        return level
    out = level.copy()
    for number in np.unique(grid.numbers):
        same = np.flatnonzero(grid.numbers == number)
        if np.isfinite(level[same]).sum() >= MANY_PACKS:
            out[same] -= np.nanmedian(level[same])
    return out
