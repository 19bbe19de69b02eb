"""Change: each cell against its own past, with limits that follow from a budget of false alarms.

The spread between sound cells (of capacity, resistance, place, sensor) is mostly constant, so a cell's *change* tells
of far smaller faults than its distance from the string. How a string's cells change is measured by the string itself,
at the same time and over the same days: seasons, depth of duty and balancing widen the scale by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from app.analytics.cells import MIN_STRING, of_enough, since_when
from app.analytics.grid import Floats, Grid, first_valid, last_valid, row_median
from app.analytics.limits import Limit
from app.analytics.resistance import slopes, working_rows
from app.analytics.robust import spread, tailed_z
from app.analytics.signs import WARNING, Sign

WINDOWS = (3, 7, 15, 30)
"""Valid days that make up *now*, each tried: a large change shows in three, a small one takes thirty [d]."""
LEAST_BASELINE = 10
"""Valid days that a baseline needs at least, where thirty are not yet there [d]."""
MEASURES = 6
"""What of a cell is compared with its past: four regimes, the slope on current, and its sensor's temperature."""
CHANGE_FLOORS = {"rest_mv": 0.3, "top_pct": 0.10, "bot_pct": 0.10, "low_pct": 0.08}
"""Smallest spread of changes: means of many readings resolve less than one reading does [mV, %]."""
CHANGE_MIN = {"rest_mv": 1.5, "top_pct": 0.7, "bot_pct": 0.5, "low_pct": 0.5, "slope": 0.12}
"""Smallest change worth a warning: a few floors [mV, %; slope: share of the typical resistance]."""
GAINED = 1.2
"""To hold more near empty is no fault of its own: it has to be so many times as much to warn [1]."""
COARSE_SHARE = 0.2
"""Spread that a coarse step leaves in a level of many readings, as a share of the step [1]."""
HEAVY_TAILS = 1.25
"""Changes of sound cells have longer tails than a normal spread: limits on |z| are raised by this [1]."""
SCALED_REACH = 4.0
"""Robust deviations up to which a cell's offset grows and shrinks as those of all cells do [1]."""
PAST_SHARE = 0.15
"""A cell may end past its string by so much of its move, and have only come closer all the same [1]."""
BALANCED_PER_PCT = {"rest_mv": 12.0, "low_pct": 1.2, "bot_pct": 1.2}
"""What a per cent at charge end makes elsewhere at most [mV/%, 1]."""
EMPTY_MEASURES = ("low_pct", "bot_pct")
"""What tells a cell's charge near empty."""
SLOPE_FLOOR_MV = 0.3
"""Smallest spread of changes of slope, as the residual they make at the typical current [mV]."""


def change_z(cells: int, budget_per_year: float, window: int = 30) -> float:
    """Turn the false-alarm budget into a limit on |z|: a two-sided normal quantile at budget / tests a year.

    A cell faces ``MEASURES`` tests for each window, and anew as often as the window has passed. The budget is shared
    among the windows evenly.

    Formula: Φ⁻¹(1 − budget / (2·tests)), tests = cells × ``MEASURES`` × windows × 365 / window. Units: robust standard
    deviations. Source: Bonferroni's bound on the false alarms of all tests together. Longest sampling interval: any.
    Weakness: successive windows overlap, so that fewer alarms than the budget are let through.

    Parameters
    ----------
    cells : int
        Cells of the string.
    budget_per_year : float
        False alarms accepted per 260 cells and year.
    window : int
        Valid days that are compared with the baseline [d].
    """
    tests = max(cells, 1) * MEASURES * len(WINDOWS) * 365.25 / window
    share = budget_per_year * max(cells, 1) / 260.0 / tests
    return HEAVY_TAILS * float(norm.isf(share / 2))


def change_scores(change: Floats, floor: float) -> Floats:
    """Score changes against the string's own (``tailed_z``); NaN for a string of too few cells.

    Formula: z of each cell's change over the string's changes, by ``tailed_z``. Units: robust standard deviations.
    Source: as ``robust.tailed_z``. Longest sampling interval: any. Weakness: changes shared by more than a tenth of the
    cells hide each other.
    """
    if np.isfinite(change).sum() < MIN_STRING:
        return np.full(len(change), np.nan)
    return tailed_z(change, floor)


@dataclass(frozen=True, slots=True)
class Change:
    """How each cell's measure has moved from its baseline, over several windows; rows are windows."""

    measure: str
    windows: tuple[int, ...]
    steps: Floats
    """Beyond the string's median move, in the measure's unit."""
    scores: Floats
    limit_z: Floats
    """Of each window."""
    before: Floats
    now: Floats
    """Each cell's baseline and present level against the string's."""

    @property
    def best(self) -> NDArray[np.intp]:
        """Window in which each cell's change is furthest beyond its limit."""
        with np.errstate(invalid="ignore"):
            beyond = np.nan_to_num(np.abs(self.scores) / self.limit_z[:, None], nan=-1.0)
        return np.asarray(beyond.argmax(axis=0), np.intp)

    def of_best(self, values: Floats) -> Floats:
        """Pick each cell's value at its best window."""
        return np.asarray(np.take_along_axis(values, self.best[None, :], 0)[0])

    @property
    def step(self) -> Floats:
        """Change of each cell, at its best window."""
        return self.of_best(self.steps)

    @property
    def z(self) -> Floats:
        """Distance of that change from the string's, in robust standard deviations."""
        return self.of_best(self.scores)

    @property
    def limit(self) -> Floats:
        """Limit on |z| of each cell's best window."""
        return np.asarray(self.limit_z[self.best])


def compare(
    measure: str, now: Callable[[int], Floats], before: Callable[[int], Floats], floor: float, budget: float
) -> Change | None:
    """Compare several windows with the baseline.

    Parameters
    ----------
    now, before : callable
        Given a window, each cell's present level, and its baseline as far as it does not overlap the window.
    floor : float
        Smallest spread of changes, in the measure's unit.
    budget : float
        False alarms accepted per 260 cells and year.
    """
    levels = [(now(window), before(window)) for window in WINDOWS]
    steps = np.array([_rescaled(recent, base) for recent, base in levels])
    if not np.isfinite(steps).any():
        return None
    known = np.isfinite(steps).any(axis=1)
    steps[known] -= np.nanmedian(steps[known], axis=1)[:, None]
    scores = np.array([change_scores(step, floor) for step in steps])
    cells = steps.shape[1]
    limit_z = np.array([change_z(cells, budget, window) for window in WINDOWS])
    recent, base = (np.array(each) for each in zip(*levels, strict=True))
    return Change(measure, WINDOWS, steps, scores, limit_z, base, recent)


def _rescaled(now: Floats, before: Floats) -> Floats:
    """Return the change of each cell, less what all cells' offsets have grown or shrunk by.

    Formula: now − before − b·(before − median before), b the median of (now − before) over (before − median) of the
    cells that are at least a robust deviation from the median. A season of deeper discharge, or a colder one, scales
    the offsets of all cells alike, and the outermost most; what lies beyond ``SCALED_REACH`` is not scaled further.
    Units: the measure's. Source: own, from the duty of simulated strings (docs/detection.md). Longest sampling
    interval: any. Weakness: a string in which half of the cells really changed in proportion to their offset looks like
    a season.
    """
    step = now - before
    known = np.isfinite(step)
    if known.sum() < MIN_STRING:
        return np.asarray(step)
    offset, moved = before - np.median(before[known]), step - np.median(step[known])
    far = known & (np.abs(offset) >= max(spread(before[known], 0.0), 1e-9))
    if far.sum() < MIN_STRING:
        return np.asarray(step)
    reach = SCALED_REACH * spread(before[known], 0.0)
    return np.asarray(step - float(np.median(moved[far] / offset[far])) * np.clip(offset, -reach, reach))


def compare_levels(measure: str, centred: Floats, floor: float, days: int, budget: float) -> Change | None:
    """Compare a daily measure of each cell with its first ``days`` valid days (at least ten, never overlapping)."""
    centred = centred[np.isfinite(centred).any(axis=1)]
    valid = (~np.isnan(centred)).sum(axis=0)
    whole, short = first_valid(centred, days), first_valid(centred, LEAST_BASELINE)

    def before(window: int) -> Floats:
        enough = np.where(valid >= LEAST_BASELINE + window, short, np.nan)
        return np.where(valid >= days + window, whole, enough)

    def now(window: int) -> Floats:
        recent = centred[-3 * window :]
        is_dense = bool(((~np.isnan(recent)).sum(axis=0) >= np.minimum(valid, window)).all())
        return last_valid(recent if is_dense else centred, window)

    return compare(measure, now, before, floor, budget)


def changes(grid: Grid, limits: Mapping[str, Limit], typical_a: float | None) -> list[Change]:
    """Compare each cell with its own past, in every regime and in its slope on the current.

    Formula: step = median over the last w valid days − median over the first thirty, minus the string's median step; z
    by ``change_scores``; w is each of ``WINDOWS``, with a limit of its own. Units: mV, mΩ, K or % of charge, as the
    measure; z in robust standard deviations. Source: own: two windows against a fixed baseline, the limit from the
    budget of false alarms (``change_z``). Longest sampling interval: any; needs ten valid days beside the window.
    Weakness: what was so from the first day on is no change, and a lasting change of duty that sorts the cells anew (a
    season of shallow discharges) widens the scale until the string itself has settled.
    """
    days, budget = int(limits["baseline_days"].value), limits["false_alarms_per_year"].value
    found = []
    coarse = COARSE_SHARE * grid.coarse_mv
    for measure, least in CHANGE_FLOORS.items():
        matrix = of_enough(grid[measure])
        floor = max(least, coarse) if measure == "rest_mv" else least
        found.append(compare_levels(measure, matrix - row_median(matrix)[:, None], floor, days, budget))
    rows = working_rows(grid)
    if typical_a is not None and len(rows) > LEAST_BASELINE:
        nothing = np.full(len(grid.numbers), np.nan)

        def before(window: int) -> Floats:
            count = days if len(rows) >= days + window else LEAST_BASELINE
            return slopes(grid, rows[:count]) if len(rows) >= count + window else nothing

        floor = max(SLOPE_FLOOR_MV, coarse) / typical_a
        found.append(compare("slope", lambda w: slopes(grid, rows[-w:]), before, floor, budget))
    return [change for change in found if change is not None]


_CHANGE_WORDS = {
    "rest_mv": ("mV", "rest", "Residual at rest"),
    "top_pct": ("%", "charge_end", "Charge at charge end"),
    "bot_pct": ("%", "discharge_end", "Charge at discharge end"),
    "low_pct": ("%", "rest_empty", "Charge at rest near empty"),
    "slope": ("mΩ", "load", "Resistance"),
}


def smallest_of(measure: str, typical_ohm: float | None) -> float:
    """Return the smallest change of a measure that is worth a warning, in its unit."""
    if measure == "slope":
        return CHANGE_MIN[measure] * 1000 * (typical_ohm or 0.0)
    return CHANGE_MIN[measure]


def is_balanced(found: Sequence[Change]) -> dict[str, NDArray[np.bool_]]:
    """Tell, for each measure of charge, which cells have only moved towards their string at charge end.

    A cell that held more (or less) at charge end and has come closer to the string since, not past it, is one that the
    balancing has worked on: what follows from it in the same direction, at either end or at rest, is no fault.
    """
    top = next((change for change in found if change.measure == "top_pct"), None)
    if top is None:
        return {}
    before, now, step = top.of_best(top.before), top.of_best(top.now), top.step
    with np.errstate(invalid="ignore"):
        closer = (before * step < 0) & (now * np.sign(before) >= -PAST_SHARE * np.abs(step))
        return {
            name: closer
            & (change.step * step > 0)
            & (np.abs(change.step) <= BALANCED_PER_PCT.get(name, np.inf) * np.abs(step))
            for name, change in ((one.measure, one) for one in found if one.measure != "slope")
        }


def change_signs(grid: Grid, found: list[Change], limits: Mapping[str, Limit], typical_ohm: float | None) -> list[Sign]:
    """Turn changes beyond the limit into signs; the limit follows from the budget of false alarms."""
    signs = []
    balanced = is_balanced(found)
    for change in found:
        unit, regime, words = _CHANGE_WORDS[change.measure]
        smallest = smallest_of(change.measure, typical_ohm)
        steps, scores, limit = change.step, change.z, change.limit
        with np.errstate(invalid="ignore"):
            least = np.where(steps > 0, GAINED, 1.0) * smallest if change.measure in EMPTY_MEASURES else smallest
            beyond = (np.abs(scores) > limit) & (np.abs(steps) > least)
        explained = balanced.get(change.measure, np.zeros(len(steps), bool))
        for column in np.flatnonzero(beyond & ~explained):
            step, z = float(steps[column]), float(scores[column])
            window = change.windows[int(change.best[column])]
            signs.append(
                Sign(
                    rule="change",
                    pack=int(grid.packs[column]),
                    number=int(grid.numbers[column]),
                    value=step,
                    limit=max(abs(step / z) * float(limit[column]), smallest),
                    unit=unit,
                    severity=WARNING,
                    at_ms=int(grid.days[_change_onset(grid, change, int(column), step)]),
                    z=z,
                    count=window,
                    regime=regime,
                    text=f"{words} against the string has moved by {step:+.2f} {unit} since its first valid days, over "
                    f"the last {window}: {abs(z):.1f} times the string's own spread of changes.",
                )
            )
    return signs


def _change_onset(grid: Grid, change: Change, column: int, step: float) -> int:
    """Find the first day from which the measure stays past half of its change."""
    if change.measure == "slope":
        return _slope_onset(grid, column, step)
    matrix = grid[change.measure]
    series = matrix[:, column] - row_median(matrix)
    known = np.flatnonzero(~np.isnan(series))
    base = float(np.median(series[known][: int(LEAST_BASELINE * 3)]))
    moved = (series[known] - base) / step > 0.5
    since = since_when(moved)
    return int(known[-1 if since is None else since])


def _slope_onset(grid: Grid, column: int, step: float) -> int:
    """Find it for the slope on current, in groups of five working days."""
    rows = working_rows(grid)
    groups = np.array_split(rows, max(len(rows) // 5, 1))
    pooled = [slopes(grid, group) for group in groups]
    level = np.array([float(one[column] - np.nanmedian(one)) for one in pooled])
    base = float(np.median(level[:3]))
    with np.errstate(invalid="ignore"):
        since = since_when((level - base) / step > 0.5, week=2)
    return int(groups[-1 if since is None else since][0])
