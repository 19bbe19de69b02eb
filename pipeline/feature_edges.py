"""Where between two readings a current begins and ends: what the step before a run and the step after it carried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
End = tuple[Literal["start", "stop"], Literal[1, -1]]
"""Which end of a run, and of which: 1 a discharge, -1 a charge."""

ENDS: tuple[End, ...] = (("start", 1), ("stop", 1), ("start", -1), ("stop", -1))
FEWEST_RUNS = 10
"""A share is learned from at least so many runs."""
FEWEST_READINGS = 2
"""A run's state of charge is taken from at least so many readings under load."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Where between two readings a current begins and ends, on average; without anything to learn from, half way.

    ``shares``: for each end of a run, the share of the step between the resting and the loaded reading that was loaded
    [1]. ``later``: the share of any other step that carried what its later reading shows [1].
    """

    shares: Mapping[End, float] = field(default_factory=lambda: dict.fromkeys(ENDS, 0.5))
    later: float = 0.5
    learned: bool = False


@dataclass(frozen=True, slots=True)
class _Share:
    """A share beyond one half, and the square of what chance makes of it."""

    beyond: float
    chance: float


@dataclass(frozen=True, slots=True)
class _Runs:
    """Stretches under load of one sign, and the state of charge that their readings agree on.

    ``level`` is, for each run, the mean of state of charge plus charge given since the first reading, in percent;
    rounding averages out over its ``readings``.
    """

    first: Ints
    last: Ints
    sign: Floats
    level: Floats
    readings: Ints
    given: Floats
    pct: float
    """State of charge per charge [% / (A·ms)]."""


def learn_edges(current: Floats, soc: Floats, steps: Floats, longest: float, rest_a: float) -> Edges:
    """Learn where between two readings a current begins and ends, from how far the state of charge moves there.

    Formula: f = |SOC of the resting reading − SOC that the run's own readings lead to at its end| over what a whole
    step would have moved; for charges and discharges, starts and stops apart. What start and stop have in common, and
    their sum, are each believed only beyond chance: a run that lasts some steps loses at one end what it gains at the
    other as long as the shares add up to one. Units: 1. Source: own, after the empirical Bayes shrinkage of James and
    Stein (1961). Longest sampling interval: 15 min. Weakness: the ends of charges are known only where batteries do
    not set their own state of charge right; rounding that repeats on a fixed schedule does not average out, so
    that short steps keep one half.
    """
    state = np.where(np.abs(current) > rest_a, np.sign(current), 0.0)
    runs = _find_runs(current, soc, steps, state, longest)
    if runs is None:
        return Edges()
    digit = float(np.min(np.abs(np.diff(soc)), where=np.diff(soc) != 0, initial=1.0))
    found = {end: _seen(end, runs, current, soc, steps, state, longest, digit) for end in ENDS}
    if found["stop", 1] is None and found["stop", -1] is None:
        return Edges()
    shares = _believed(found)
    later = _common(shares)
    return Edges(
        {
            (end, sign): round(0.5 + shares.get((end, sign), later if end == "start" else -later), 3)
            for end, sign in ENDS
        },
        round(0.5 + later, 3),
        learned=True,
    )


def _find_runs(current: Floats, soc: Floats, steps: Floats, state: Floats, longest: float) -> _Runs | None:
    """Find the runs under load whose state of charge is known, clear of the register's ends where it stands still."""
    whole = steps <= longest
    given = np.r_[0.0, np.cumsum(np.where(whole, (current[:-1] + current[1:]) / 2 * steps, 0.0))]
    told = (state != 0) & (soc > 0) & (soc < np.nanmax(soc, initial=0.0))
    inner = told[:-1] & told[1:] & (state[:-1] == state[1:]) & whole
    driven = float(np.abs(np.diff(given))[inner].sum())
    moved = float(np.abs(np.diff(soc))[inner].sum())
    if driven <= 0 or moved <= 0:
        return None
    pct = moved / driven
    change = np.flatnonzero((state[1:] != state[:-1]) | ~whole) + 1
    first = np.r_[0, change].astype(np.int64)
    last = np.r_[change, len(state)].astype(np.int64) - 1
    readings = np.add.reduceat(told.astype(np.int64), first)
    level = np.add.reduceat(np.where(told, soc + pct * given, 0.0), first)
    kept = (state[first] != 0) & (readings >= FEWEST_READINGS)
    return _Runs(first[kept], last[kept], state[first][kept], level[kept] / readings[kept], readings[kept], given, pct)


def _seen(
    end: End, runs: _Runs, current: Floats, soc: Floats, steps: Floats, state: Floats, longest: float, digit: float
) -> _Share | None:
    """See what share of the step was loaded at one end of the runs; None with fewer than ``FEWEST_RUNS`` to see it at.

    Chance: currents that begin anywhere between readings have shares of variance 1/12 each; a reading rounded to
    ``digit`` has an error of variance digit²/12, which adds up instead of averaging out over all runs that meet the
    same reading there, as they do on every day of a fixed schedule.
    """
    name, sign = end
    inside, outside = (runs.first, runs.first - 1) if name == "start" else (runs.last, runs.last + 1)
    there = (runs.sign == sign) & (outside >= 0) & (outside < len(soc))
    inside, outside, level, readings = inside[there], outside[there], runs.level[there], runs.readings[there]
    step = steps[np.minimum(inside, outside)]
    clear = (state[outside] == 0) & (step <= longest) & ~np.isnan(soc[outside])
    if name == "stop":
        clear &= (soc[outside] > 0) & (soc[outside] < np.nanmax(soc, initial=0.0))
    if np.count_nonzero(clear) < FEWEST_RUNS:
        return None
    inside, rested = inside[clear], soc[outside[clear]]
    whole = float((np.abs(current[inside]) * step[clear]).sum()) * runs.pct
    led = level[clear] - runs.pct * runs.given[inside]
    moved = float((rested - led).sum()) * sign * (1 if name == "start" else -1)
    alike = np.unique(rested, return_counts=True)[1].astype(np.float64)
    rounding = digit**2 / 12 * float((alike**2).sum()) * (1 + float(np.mean(1 / readings[clear])))
    return _Share(float(np.clip(moved / whole - 0.5, -0.5, 0.5)), rounding / whole**2 + 1 / (12 * len(inside)))


def _believed(found: Mapping[End, _Share | None]) -> dict[End, float]:
    """Believe what was seen as far as it lies beyond chance: the sum of a run's ends and their difference apart."""
    shares: dict[End, float] = {}
    for sign in (1, -1):
        start, stop = found["start", sign], found["stop", sign]
        if start and stop:
            chance = start.chance + stop.chance
            both, apart = _shrunk(start.beyond + stop.beyond, chance), _shrunk(start.beyond - stop.beyond, chance)
            shares |= {("start", sign): (both + apart) / 2, ("stop", sign): (both - apart) / 2}
        elif start:
            shares["start", sign] = _shrunk(start.beyond, start.chance)
        elif stop:
            shares["stop", sign] = _shrunk(stop.beyond, stop.chance)
    return shares


def _shrunk(beyond: float, chance: float) -> float:
    return beyond * (1 - chance / beyond**2) if beyond**2 > chance else 0.0


def _common(shares: Mapping[End, float]) -> float:
    """Find by how much all starts come early and all stops as well, or both late: what the logger does to any step."""
    leads = [share if name == "start" else -share for (name, _), share in shares.items()]
    names = {name for name, _ in shares}
    if len(names) < len({"start", "stop"}):
        return 0.0
    return max(min(leads), 0.0) + min(max(leads), 0.0)
