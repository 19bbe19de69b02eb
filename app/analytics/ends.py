"""Both ends of a cell's charge against its string's: whether it lacks capacity or charge, and whether that grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.analytics.change import EMPTY_MEASURES, Change
from app.analytics.grid import DAY_MS, Floats, Grid, row_median
from app.analytics.growth import keeps_falling
from app.analytics.limits import Limit
from app.analytics.robust import robust_z
from app.analytics.signs import WATCH, Sign
from app.analytics.standing import NEAR_EMPTY

KEPT_AT_TOP = 0.7
"""A cell that lacks less than this share at charge end of what it lacks near empty lacks capacity, not charge [1]."""
TOP_SHOWS_PCT, CLEARLY_SEEN = 0.45, 1.5
"""Right below the upper knee the curve is so flat that a cell which lacks several per cent of charge there may read as
lacking no more than this [%]; it then has to stand out at charge end by so many times ``UNSEEN_Z`` [1]. Source: strings
simulated with three open-circuit curves."""
UNSEEN_Z, UNSEEN_LEVEL_Z = 3.0, 2.2
"""A charge end that has changed by less than the first, or lies less far from its string's than the second, tells no
lack of charge [1]."""
SHIFT_WINDOW = 15
"""Valid days over which the two ends of a change are compared [d]."""
BASELINE_DAYS, LEAST_BEFORE, LATE_DAYS = 30, 3, 2
"""Days before an onset that it is held against, how many it takes, and how late is too late to have days after [d]."""
TOP_FLOOR_PCT = 0.15
"""Smallest spread of charges at charge end that a string is credited with [%]."""
FALLING_Z = 1.0
"""A cell that falls further behind near empty, and is so far below at charge end, loses charge and no capacity [1]."""
GROWTH_PCT = 0.3
"""Smallest growth of what a cell lacks that is called growth [%]."""
GROWN_SHARE = 0.4
"""Of what a cell that stands out by its level lacks, at least so much has to have grown to be called growth [1]."""
CHARGE_MEASURES = (*EMPTY_MEASURES, "top_pct")
CHARGE_REGIMES = ("charge_end", "discharge_end", "rest_empty")


@dataclass(frozen=True)
class Context:
    """What the verdict on one cell is made from, beside its signs."""

    grid: Grid
    levels: dict[str, Floats]
    changes: list[Change]
    residual: dict[int, dict[int, float | None]]
    limits: Mapping[str, Limit]
    iso: Callable[[int], str]
    explained: bool = True
    typical_a: float | None = None
    """Current of the string when it works hard [A]."""
    pairs: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """The neighbour that a cell shares a wrong lead with, by pack and cell, where all pairs were compared."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What a cell has more than its string at charge end, and near empty [%]; NaN where it is not known."""

    top: float
    bottom: float
    top_z: float
    unseen_z: float = UNSEEN_Z

    @property
    def is_shortfall(self) -> bool:
        """Whether the cell lacks near empty what it does not lack at charge end."""
        is_seen = abs(self.top_z) > self.unseen_z and self.top < KEPT_AT_TOP * self.bottom
        is_flat = abs(self.top_z) > CLEARLY_SEEN * self.unseen_z and self.top < -KEPT_AT_TOP * TOP_SHOWS_PCT
        return self.bottom < 0 and not (is_seen or is_flat)


def ends_of(column: int | None, solid: Sequence[Sign], context: Context) -> Ends:
    """Compare both ends of a cell's charge with its string's.

    Of a cell that stands out by its change, by how much it has changed: what it always was says nothing of the fault.
    """
    if column is None:
        return Ends(np.nan, np.nan, np.nan)
    by_measure = {change.measure: change for change in context.changes}
    if _stands_by_level(solid):
        levels = charge_levels(column, context)
        top_z = float(robust_z(context.levels["top_pct"], TOP_FLOOR_PCT)[column])
        return Ends(levels[2], levels[1] if np.isnan(levels[0]) else levels[0], top_z, UNSEEN_LEVEL_Z)
    onset = min((one.at_ms for one in solid if one.rule == "change" and one.regime in CHARGE_REGIMES), default=None)
    moved = {name: _moved_most(by_measure.get(name), column) for name in EMPTY_MEASURES}
    moved["top_pct"] = _moved_since(onset, by_measure.get("top_pct"), column, context.grid)
    near_empty = [moved[name][0] for name in EMPTY_MEASURES if not np.isnan(moved[name][0])]
    return Ends(moved["top_pct"][0], max(near_empty, key=abs, default=np.nan), moved["top_pct"][1])


def lacks_charge(column: int | None, solid: Sequence[Sign], drifts_down: bool, context: Context) -> bool:
    """Whether it is charge that a cell lacks, whatever its two ends say side by side.

    It warns of lacking as much where charges end; or it falls further behind, and no charge has ended high since.
    """
    since = min((one.at_ms for one in solid if one.regime in CHARGE_REGIMES), default=None)
    if column is None or since is None:
        return False
    if any(_lacks_at_top(sign, solid, charge_levels(column, context)) for sign in solid):
        return True
    if not drifts_down:
        return False
    if robust_z(context.levels["top_pct"], TOP_FLOOR_PCT)[column] < -FALLING_Z:
        return True
    full = context.grid.days[np.isfinite(context.grid["top_pct"][:, column])]
    return not bool((full >= since).any())


def _lacks_at_top(sign: Sign, solid: Sequence[Sign], levels: Sequence[float]) -> bool:
    """Whether a sign warns of charge that is lacking at charge end, about as much as near empty."""
    if sign.regime != "charge_end" or sign.value >= 0 or sign.severity == WATCH:
        return False
    if sign.rule == "change":
        near_empty = [one.value for one in solid if one.rule == "change" and one.regime in NEAR_EMPTY]
        return sign.value < KEPT_AT_TOP * min(near_empty, default=0.0)
    near_empty = [one for one in levels[:2] if not np.isnan(one)]
    return levels[2] < KEPT_AT_TOP * min(near_empty, default=0.0)


def _stands_by_level(solid: Sequence[Sign]) -> bool:
    """Whether a cell's distance from its string is at least as clear, in charge, as its change; or is what shrinks."""
    own = [one for one in solid if one.regime in CHARGE_REGIMES]
    level = max((one for one in own if one.rule == "voltage_deviation"), key=clarity, default=None)
    change = max((one for one in own if one.rule == "change"), key=clarity, default=None)
    if level is None or change is None:
        return change is None
    return clarity(change) <= clarity(level) or (level.severity != WATCH and change.value * level.value < 0)


def clarity(sign: Sign) -> float:
    """Return how clearly a sign stands out, in robust standard deviations; 0 where its rule needs none."""
    return abs(sign.z or 0.0)


def charge_levels(column: int, context: Context) -> list[float]:
    """Return a cell's present charge against its string's, in the order of ``CHARGE_MEASURES`` [%]."""
    return [float(context.levels[name][column]) for name in CHARGE_MEASURES]


def _moved_most(change: Change | None, column: int) -> tuple[float, float]:
    """Return a measure's change and its z: at its best window where that is a finding, else over ``SHIFT_WINDOW``."""
    if change is not None and abs(change.z[column]) > change.limit[column]:
        return float(change.step[column]), float(change.z[column])
    return _moved(change, column)


def _moved_since(onset: int | None, change: Change | None, column: int, grid: Grid) -> tuple[float, float]:
    """Return how far a measure lies since an onset [epoch ms] from the days before it, and z; NaN with none since."""
    step, z = _moved(change, column)
    if change is None or onset is None or onset > grid.days[-1] - LATE_DAYS * DAY_MS or not z:
        return step, z
    series = grid[change.measure][:, column] - row_median(grid[change.measure])
    known, since = np.isfinite(series), grid.days >= onset
    before, after = series[known & ~since][-BASELINE_DAYS:], series[known & since]
    if len(before) < LEAST_BEFORE:
        return step, z
    if len(after) == 0:
        return np.nan, np.nan
    moved = float(np.median(after) - np.median(before))
    return moved, moved * z / step


def _moved(change: Change | None, column: int) -> tuple[float, float]:
    """Return a measure's change and its z over ``SHIFT_WINDOW`` valid days, or over fewer where there are no more."""
    if change is None:
        return np.nan, np.nan
    known = np.flatnonzero(np.isfinite(change.steps[: change.windows.index(SHIFT_WINDOW) + 1, column]))
    if len(known) == 0:
        return np.nan, np.nan
    return float(change.steps[known[-1], column]), float(change.scores[known[-1], column])


def grows_down(column: int | None, solid: Sequence[Sign], context: Context) -> bool:
    """Whether a cell's charge falls further and further behind its string's."""
    changed = [change for change in context.changes if change.measure in CHARGE_MEASURES]
    if column is None or not changed:
        return False
    if not any(sign.regime in CHARGE_REGIMES for sign in solid):
        return False
    with np.errstate(invalid="ignore"):
        furthest = max(changed, key=lambda one: np.nan_to_num(abs(one.z[column]), nan=-1.0))
    if not furthest.step[column] < -GROWTH_PCT:
        return False
    if _stands_by_level(solid) and not furthest.step[column] < GROWN_SHARE * context.levels[furthest.measure][column]:
        return False
    matrix = context.grid[furthest.measure]
    days = (context.grid.days - context.grid.days[0]) / DAY_MS
    return keeps_falling(days, matrix[:, column] - row_median(matrix), GROWTH_PCT)
