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
from scipy.stats import norm

from app.analytics.grid import (
    Floats,
    Grid,
    column_median,
    daily_z,
    first_valid,
    last_valid,
    row_median,
)
from app.analytics.limits import Limit
from app.analytics.robust import spread
from app.analytics.signs import CRITICAL, WARNING, WATCH, Sign

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
    Regime("discharge_end", "at discharge end", "bot_mv", "bot_pct", 0.15),
    Regime("rest_empty", "at rest near empty", "low_mv", "low_pct", 0.15),
)
"""Floors: 1 mV is the resolution of a reading; 0.15 % of charge is what 5 mV are worth on the slope near empty."""

MIN_STRING = 8
"""Cells that a string needs on a day before one can stand out of it [cells]."""
SLOPE_DAYS = 30
"""Valid days that a slope on the current is pooled over [d]."""
SLOPE_FLOOR_MV = 1.0
"""Smallest spread of slopes, as the residual they make at the typical current [mV]."""
SLOPE_WATCH_MV = 3.0
"""Below this at the typical current a slope is not worth watching [mV]."""
CHANGE_FLOORS = {"rest_mv": 0.3, "top_pct": 0.12, "bot_pct": 0.12, "low_pct": 0.12}
"""Smallest spread of changes: means of many readings resolve less than one reading does [mV, %]."""
CHANGE_MIN = {"rest_mv": 1.5, "top_pct": 0.5, "bot_pct": 0.5, "low_pct": 0.5, "slope": 0.15}
"""Smallest change worth a warning: a few floors [mV, %; slope: share of the typical resistance]."""
CHANGES_PER_YEAR = 365.25 / 30 * 5
"""Tests a cell faces in a year: five measures, and a new thirty days each month."""


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

    Formula: z = (r − median r) / max(1.4826·MAD, floor) over the string by day; beyond means |residual| above the
    limit and |z| above 3 (watch) or 5 (warning) on at least 3 of the last 7 valid days. In the knees z is taken of
    the charge that the open-circuit curve gives, since a healthy spread of charge is a skewed one of millivolts.

    Accepts any logging interval. Weakness: what all cells share is invisible here by construction.
    """
    found: list[Sign] = []
    for regime in REGIMES:
        found += _in_regime(grid, regime, limits)
    if not np.isfinite(grid["rest_mv"]).any():
        found += _in_regime(grid, Regime("any", "over all readings", "all_mv", "all_mv", 1.0), limits)
    return found


def _in_regime(grid: Grid, regime: Regime, limits: Mapping[str, Limit]) -> list[Sign]:
    residual = _of_enough(grid[regime.residual])
    scored = _of_enough(grid[regime.scored])
    if not np.isfinite(scored).any():
        return []
    limit = limits["voltage_deviation_mv"]
    z = daily_z(scored, regime.floor, heavy_tails=regime.scored != regime.residual)
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


def _of_enough(matrix: Floats) -> Floats:
    """Leave out the days on which too few cells are known for a string to have a spread."""
    enough = (~np.isnan(matrix)).sum(axis=1) >= min(MIN_STRING, matrix.shape[1])
    return np.where(enough[:, None], matrix, np.nan)


def _worst_stretch(residual: Floats, z: Floats, beyond: Mask) -> tuple[float, float]:
    return float(np.median(residual[beyond])), float(np.median(z[beyond]))


def _deviation_text(regime: Regime, level: float, z: float, beyond: Mask, is_past: bool) -> str:
    days = f"beyond the limit on {int(beyond.sum())} days"
    now = "was" if is_past else "is"
    return f"{level:+.1f} mV from the string {regime.name}, where {abs(z):.1f} robust deviations {now} unusual; {days}."


# Slope on current -----------------------------------------------------------------------------------------------------


def working_rows(grid: Grid) -> NDArray[np.intp]:
    """Return the days on which the current moved enough to read a slope."""
    with np.errstate(invalid="ignore"):
        level = np.nan_to_num(np.nanmax(grid["k_sxx"], axis=1, initial=0.0))
    known = level[level > 0]
    return np.flatnonzero(level > 0.05 * np.median(known)) if len(known) else np.zeros(0, np.intp)


def resistances(grid: Grid, limits: Mapping[str, Limit], typical_a: float | None) -> list[Sign]:
    """Find the cells whose residual follows the current: a high resistance, or a bad joint.

    The limit is the voltage limit, met by K times the current that the string typically carries; z is K's distance
    over the string, needed in both halves of the last thirty working days.
    """
    rows = working_rows(grid)[-SLOPE_DAYS:]
    if typical_a is None or len(rows) < 6:
        return []
    half = len(rows) // 2
    floor = SLOPE_FLOOR_MV / typical_a
    whole, older, newer = (slopes(grid, one) for one in (rows, rows[:half], rows[half:]))
    z, z_old, z_new = ((each - np.nanmedian(each)) / spread(each, floor) for each in (whole, older, newer))
    limit, far = limits["voltage_deviation_mv"], limits["robust_z_warning"].value
    at_load = (whole - np.nanmedian(whole)) * typical_a
    with np.errstate(invalid="ignore"):
        steady = (np.minimum(np.abs(z_old), np.abs(z_new)) > 0.7 * far) & (z_old * z_new > 0)
        candidates = np.flatnonzero((np.abs(z) > far) & steady & (np.abs(at_load) > SLOPE_WATCH_MV))
    return [
        Sign(
            rule="voltage_deviation",
            pack=int(grid.packs[column]),
            number=int(grid.numbers[column]),
            value=float(-at_load[column]),
            limit=limit.value,
            unit=limit.unit,
            severity=WARNING if abs(at_load[column]) > limit.value else WATCH,
            at_ms=int(grid.days[_slope_onset(grid, int(column), float(whole[column]))]),
            z=float(z[column]),
            count=len(rows),
            regime="load",
            text=f"{whole[column]:+.3f} mΩ against the string: {-at_load[column]:+.1f} mV at {typical_a:.0f} A, "
            f"{abs(z[column]):.1f} robust deviations; from {len(rows)} working days.",
        )
        for column in candidates
    ]


def slopes(grid: Grid, rows: NDArray[np.intp] | slice) -> Floats:
    """Pool the slope of the residual on the current over some days [mΩ]; positive is a higher resistance.

    Formula: K = −Σ Sxy / Σ Sxx, sums centred within each day and taken between the knees. The residual carries no
    common part, so this is a cell's resistance *beyond its string's*. Accepts intervals up to 30 min: slow loggers
    lose the ohms of the first seconds, not the comparison. Weakness: a difference in charge near the knees adds to it.
    """
    sxx, sxy = np.nansum(grid["k_sxx"][rows], axis=0), np.nansum(grid["k_sxy"][rows], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(sxx > 0, -1000.0 * sxy / sxx, np.nan))


def _slope_onset(grid: Grid, column: int, level: float) -> int:
    """Find the first working day from which the slope stays above half its present level, in groups of five days."""
    rows = working_rows(grid)
    groups = np.array_split(rows, max(len(rows) // 5, 1))
    above = [float(slopes(grid, group)[column]) / level > 0.5 for group in groups]
    return int(groups[since_when(np.array(above), week=2) or 0][0])


# Change ---------------------------------------------------------------------------------------------------------------


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
        matrix = _of_enough(grid[measure])
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


def since_when(flags: Mask, week: int = 7) -> int | None:
    """Find where flags begin to hold for good: set, set for most of the week after it and of all that follows."""
    tail = np.cumsum(flags[::-1])[::-1] / np.arange(len(flags), 0, -1)
    for at in np.flatnonzero(flags & (tail > 0.8)):
        if np.mean(flags[at : at + week]) > 0.7:
            return int(at)
    return None


def escalate(signs: list[Sign], far_z: float) -> list[Sign]:
    """Raise warnings to critical where a cell is far off, growing, or where several signs agree.

    Far: |z| above the far limit and three times the rule's limit. Growing: a change in the same regime and direction.
    Agreement: warnings of two kinds (deviation, change, state of health, temperature). A reading that stands out alone
    neither agrees with anything nor becomes critical: it is as likely a sensor's.
    """
    warned = [sign for sign in signs if sign.severity == WARNING]
    kinds = {sign.rule for sign in warned} - {"excursion", "safe_range"}
    out = []
    for sign in signs:
        is_far = sign.z is not None and abs(sign.z) > far_z and abs(sign.value) > 3 * abs(sign.limit)
        grows = any(
            other.rule == "change" and other.regime == sign.regime and other.value * sign.value > 0
            for other in warned
            if sign.rule != "change"
        )
        agree = len(kinds) >= 2
        raised = sign.severity == WARNING and sign.rule != "excursion" and (is_far or grows or agree)
        out.append(_with_severity(sign, CRITICAL) if raised else sign)
    return out


def _with_severity(sign: Sign, severity: str) -> Sign:
    fields = {name: getattr(sign, name) for name in Sign.__slots__}
    return Sign(**{**fields, "severity": severity})


def typical_levels(grid: Grid) -> dict[str, Floats]:
    """Return each cell's present level in every regime: the median of its last thirty valid days [mV, %]."""
    return {name: last_valid(grid[name], 30) for name in ("rest_mv", "top_mv", "bot_mv", "low_mv", "all_mv")} | {
        name: last_valid(grid[name] - row_median(grid[name])[:, None], 30) for name in ("top_pct", "bot_pct", "low_pct")
    }


def window_residuals(grid: Grid) -> Floats:
    """Return each cell's residual over a window: at rest where the string rested, else over all readings [mV]."""
    rest = column_median(grid["rest_mv"])
    return np.asarray(np.where(np.isnan(rest), column_median(grid["all_mv"]), rest))
