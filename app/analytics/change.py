"""Change: each cell against its own past, with limits that follow from a budget of false alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from app.analytics.cells import MIN_STRING, of_enough, since_when
from app.analytics.grid import Floats, Grid, first_valid, last_valid, row_median
from app.analytics.limits import Limit
from app.analytics.resistance import slopes, working_rows
from app.analytics.robust import spread
from app.analytics.signs import WARNING, Sign

CHANGE_FLOORS = {"rest_mv": 0.3, "top_pct": 0.12, "bot_pct": 0.12, "low_pct": 0.12}
"""Smallest spread of changes: means of many readings resolve less than one reading does [mV, %]."""
CHANGE_MIN = {"rest_mv": 1.5, "top_pct": 0.8, "bot_pct": 0.8, "low_pct": 0.8, "slope": 0.15}
"""Smallest change worth a warning: a few floors [mV, %; slope: share of the typical resistance]."""
CHANGES_PER_YEAR = 365.25 / 30 * 5
"""Tests a cell faces in a year: five measures, and a new thirty days each month."""


def change_z(cells: int, budget_per_year: float) -> float:
    """Turn the false-alarm budget into a limit on |z|: a two-sided normal quantile at budget / tests a year.

    Parameters
    ----------
    cells : int
        Cells of the string.
    budget_per_year : float
        False alarms accepted per 260 cells and year.
    """
    tests = max(cells, 1) * CHANGES_PER_YEAR
    share = budget_per_year * max(cells, 1) / 260.0 / tests
    return float(norm.isf(share / 2))


def change_scores(change: Floats, floor: float) -> Floats:
    """Score changes against the string's own: heavy tails of the string's changes widen the scale.

    The scale is the larger of the floor, 1.4826·MAD, and the 95th percentile of |deviation| over its normal value.
    """
    known = change[~np.isnan(change)]
    if len(known) < MIN_STRING:
        return np.full(len(change), np.nan)
    centred = change - np.median(known)
    tail = float(np.percentile(np.abs(known - np.median(known)), 95)) / float(norm.isf(0.025))
    return np.asarray(centred / max(spread(known, floor), tail))


@dataclass(frozen=True, slots=True)
class Change:
    """How each cell's measure has moved from its first valid days to its last."""

    measure: str
    step: Floats
    """Beyond the string's median move, in the measure's unit."""
    z: Floats


def changes(grid: Grid, limits: Mapping[str, Limit], typical_a: float | None) -> list[Change]:
    """Compare each cell with its own past: the last thirty valid days with the first thirty.

    Accepts any logging interval; needs twice thirty valid days that do not overlap.
    """
    days = int(limits["baseline_days"].value)
    found = []
    for measure, floor in CHANGE_FLOORS.items():
        matrix = of_enough(grid[measure])
        centred = matrix - row_median(matrix)[:, None]
        enough = (~np.isnan(centred)).sum(axis=0) >= 2 * days
        step = np.where(enough, last_valid(centred, days) - first_valid(centred, days), np.nan)
        if np.isfinite(step).any():
            found.append(Change(measure, step - np.nanmedian(step), change_scores(step, floor)))
    rows = working_rows(grid)
    if typical_a is not None and len(rows) >= 2 * days:
        step = slopes(grid, rows[-days:]) - slopes(grid, rows[:days])
        found.append(Change("slope", step - np.nanmedian(step), change_scores(step, 0.3 / typical_a)))
    return found


_CHANGE_WORDS = {
    "rest_mv": ("mV", "rest", "Residual at rest"),
    "top_pct": ("%", "charge_end", "Charge at charge end"),
    "bot_pct": ("%", "discharge_end", "Charge at discharge end"),
    "low_pct": ("%", "rest_empty", "Charge at rest near empty"),
    "slope": ("mΩ", "load", "Resistance"),
}


def change_signs(grid: Grid, found: list[Change], limits: Mapping[str, Limit], typical_ohm: float | None) -> list[Sign]:
    """Turn changes beyond the limit into signs; the limit follows from the budget of false alarms."""
    limit_z = change_z(len(grid.numbers), limits["false_alarms_per_year"].value)
    signs = []
    for change in found:
        unit, regime, words = _CHANGE_WORDS[change.measure]
        smallest = CHANGE_MIN[change.measure]
        if change.measure == "slope":
            smallest *= 1000 * typical_ohm if typical_ohm is not None else 0.0
        with np.errstate(invalid="ignore"):
            beyond = np.flatnonzero((np.abs(change.z) > limit_z) & (np.abs(change.step) > smallest))
        for column in beyond:
            step, z = float(change.step[column]), float(change.z[column])
            signs.append(
                Sign(
                    rule="change",
                    pack=int(grid.packs[column]),
                    number=int(grid.numbers[column]),
                    value=step,
                    limit=max(abs(step / z) * limit_z, smallest),
                    unit=unit,
                    severity=WARNING,
                    at_ms=int(grid.days[_change_onset(grid, change, int(column))]),
                    z=z,
                    count=int(limits["baseline_days"].value),
                    regime=regime,
                    text=f"{words} against the string has moved by {step:+.2f} {unit} since its first valid days: "
                    f"{abs(z):.1f} times the string's own spread of changes.",
                )
            )
    return signs


def _change_onset(grid: Grid, change: Change, column: int) -> int:
    """Find the first day from which the measure stays past half of its change."""
    if change.measure == "slope":
        return int(working_rows(grid)[0])
    matrix = grid[change.measure]
    series = matrix[:, column] - row_median(matrix)
    known = np.flatnonzero(~np.isnan(series))
    base = float(np.median(series[known][:30]))
    moved = (series[known] - base) / float(change.step[column]) > 0.5
    since = since_when(moved)
    return int(known[-1 if since is None else since])
