"""Clocks against each other: two loggers that see the same steps of current or power ought to see them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.analytics.signs import WARNING, WATCH
from app.shapes.answer import Floats

CLOCK_GRID_MS = 60_000
"""Finest grid on which two clocks are compared [ms]: a shift below a minute moves no verdict."""
CLOCK_SLOWEST_MS = 900_000
"""Slowest logger whose clock is compared [ms]: beyond that too few steps fall between two readings."""
CLOCK_REACH_MS = 3 * 3_600_000
"""Largest shift that is looked for [ms]: a zone said wrong is one or two hours."""
CLOCK_STRETCH_MS = 30 * 86_400_000
"""History is compared a stretch at a time [ms], so that a clock that was set right again is seen."""
CLOCK_MIN_STEPS = 30
"""Steps of either series that a stretch needs [rows]."""
CLOCK_MIN_R = 0.3
"""Correlation of the steps from which two series are said to share them [1]: chance stays below 0.1."""
CLOCK_BETTER = 0.1
"""How much better a shift has to explain the steps than equal clocks [1]."""
SKEW_STEPS = 0.5
"""A shift is told from this many steps of the slower logger on [1]: it is located to a quarter of one."""
VOLTAGE_SKEW_STEPS = 1.5
"""Of a voltage, a shift is told from this many steps on [1]: it also follows the charge that flows, a reading later."""
SKEW_WARNING_MS = 900_000
"""Shift from which it is a warning [ms]: within 15 min a battery at C/2 moves an eighth of its charge."""


@dataclass(frozen=True, slots=True)
class ClockShift:
    """How far one series runs behind another over a stretch."""

    start_ms: int
    end_ms: int
    shift_ms: float
    """Positive: the second series tells of the same steps later [ms]."""
    limit_ms: float
    """Smallest shift that could be told: one step of the slower of the two [ms]."""
    r: float
    """Correlation of the steps at that shift, and with equal clocks [1]."""
    r_unshifted: float


def clock_shifts(ts_a: Floats, a: Floats, ts_b: Floats, b: Floats) -> list[ClockShift]:
    """Compare two clocks by the steps that two series share, 30 days at a time.

    Formula: both are interpolated onto a grid of the slower one's step; d = argmax over |lag| ≤ 3 h of |corr(Δa(t),
    Δb(t + lag))|, refined to a quarter of the step. Units: s. Source: cross-correlation of first differences (Knapp and
    Carter, IEEE Trans. ASSP 24 (1976) 320). Longest sampling interval: 15 min. Weakness: a shift below one step of the
    slower logger cannot be told from none, and series that repeat themselves within 3 h fit more than one shift.

    Parameters
    ----------
    ts_a, ts_b : array
        Stamps, strictly increasing [epoch ms UTC].
    a, b : array
        Readings, without NaN, of quantities that step together.

    Returns
    -------
    list of ClockShift
        One per stretch with enough shared steps; none where a logger is slower than 15 min.
    """
    if min(len(ts_a), len(ts_b)) < CLOCK_MIN_STEPS:
        return []
    step = max(float(np.median(np.diff(ts_a))), float(np.median(np.diff(ts_b))), float(CLOCK_GRID_MS))
    if step > CLOCK_SLOWEST_MS:
        return []
    begin, end = max(ts_a[0], ts_b[0]), min(ts_a[-1], ts_b[-1])
    found = []
    while begin < end:
        until = min(begin + CLOCK_STRETCH_MS, end)
        one = _clock_shift((ts_a, a), (ts_b, b), np.arange(begin, until, step), step)
        found += [one] if one is not None else []
        begin = begin + CLOCK_STRETCH_MS
    return found


def _clock_shift(a: tuple[Floats, Floats], b: tuple[Floats, Floats], grid: Floats, step: float) -> ClockShift | None:
    """Find the shift of one stretch: first by whole steps, on one wide grid, then by quarters around the best."""
    if len(grid) <= CLOCK_MIN_STEPS:
        return None
    first, reach = _steps_on(a, grid, step), int(CLOCK_REACH_MS // step)
    wide = _steps_on(b, grid[0] + step * np.arange(-reach, len(grid) + reach), step)
    if min(int((one != 0).sum()) for one in (first, wide)) < CLOCK_MIN_STEPS:
        return None
    views = np.lib.stride_tricks.sliding_window_view(wide, len(first))
    coarse = [_correlation(first, views[at]) for at in range(2 * reach + 1)]
    at = int(np.argmax(np.abs(coarse)))
    around = [((at - reach) * step + part * step / 4, part) for part in (0, -1, 1, -2, 2)]
    found = [(_correlation(first, _steps_on(b, grid + lag, step)) if part else coarse[at], lag) for lag, part in around]
    r, best = max(found, key=lambda one: abs(one[0]))
    if abs(r) < CLOCK_MIN_R:
        return None
    return ClockShift(int(grid[0]), int(grid[-1] + step), best, step, r, coarse[reach])


def _correlation(first: Floats, second: Floats) -> float:
    both = float(np.sqrt(float(first @ first) * float(second @ second)))
    return float(first @ second) / both if both > 0 else 0.0


def _steps_on(series: tuple[Floats, Floats], grid: Floats, step: float) -> Floats:
    """First differences of a series on a grid; 0 where it has a gap."""
    ts, values = series
    low, high = np.searchsorted(ts, (grid[0] - step, grid[-1] + step))
    ts, values = ts[max(int(low) - 1, 0) : int(high) + 1], values[max(int(low) - 1, 0) : int(high) + 1]
    if len(ts) < 2:
        return np.zeros(len(grid) - 1)
    place = np.clip(np.searchsorted(ts, grid), 1, len(ts) - 1)
    known = (ts[place] - ts[place - 1] <= 2 * step) & (grid >= ts[0]) & (grid <= ts[-1])
    moved = np.diff(np.interp(grid, ts, values))
    return np.asarray(np.where(known[1:] & known[:-1], moved, 0.0))


@dataclass(frozen=True, slots=True)
class Skew:
    """A stretch of history over which one clock stands off from another by about the same."""

    start_ms: int
    end_ms: int
    shift_ms: float
    limit_ms: float
    r: float


def skews(shifts: Sequence[ClockShift], least_steps: float = SKEW_STEPS) -> list[Skew]:
    """Join neighbouring stretches with the same shift, where it is larger than can be told by the slower logger.

    A shift has to explain the steps clearly better than equal clocks do (``CLOCK_BETTER``); two shifts are the same
    within one step.

    Parameters
    ----------
    shifts : sequence of ClockShift
        One per stretch, in order.
    least_steps : float
        Smallest shift that is told, in steps of the slower logger [1]; ``VOLTAGE_SKEW_STEPS`` for a voltage.
    """
    found: list[Skew] = []
    for one in shifts:
        clear = abs(one.r) - abs(one.r_unshifted) > CLOCK_BETTER or one.r * one.r_unshifted < 0
        if abs(one.shift_ms) < least_steps * one.limit_ms or not clear:
            continue
        last = found[-1] if found else None
        joins = last is not None and last.end_ms >= one.start_ms - CLOCK_STRETCH_MS
        if last is not None and joins and abs(last.shift_ms - one.shift_ms) <= one.limit_ms:
            found[-1] = Skew(last.start_ms, one.end_ms, last.shift_ms, last.limit_ms, min(last.r, one.r, key=abs))
        else:
            found.append(Skew(one.start_ms, one.end_ms, one.shift_ms, one.limit_ms, one.r))
    return found


def severity_of(skew: Skew) -> str:
    """Grade a shift: a quarter of an hour puts the charge that flows in it onto the wrong reading."""
    return WARNING if abs(skew.shift_ms) >= SKEW_WARNING_MS else WATCH
