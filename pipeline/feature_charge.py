"""What flows between two readings of a current: charge, heat, and how long a run has lasted and still goes on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

CHANCE_SIGMAS = 2.0
"""A share this many standard deviations from one half may still be chance [1]."""
HEAT_S = 5_400.0
"""Time constant with which a cell's temperature follows the squared current [s]."""
LAG_S = 1_800.0
"""Time constant with which a cell's inside follows what its terminals show: diffusion in LFP cells of 280 Ah takes
tens of minutes. One third more or less changes charges at the charge end by some 5 % (on simulated cells) [s]."""
RELAX_SPAN = 30.0
"""Time constants that are smoothed over at once, and that one step counts for at most [1]."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Where between two readings a current begins and ends, on average: 0 at the later reading, 1 at the earlier.

    ``start``: share of the step before the first loaded reading that was loaded as well. ``stop``: share of the step
    after the last loaded reading that still was. Without a state of charge to learn them from, both are one half.
    """

    start: float
    stop: float
    learned: bool


def learn_edges(current: Floats, soc: Floats, steps: Floats, longest: float, rest_a: float) -> Edges:
    """Learn where between two readings a current begins and ends, from how far the state of charge moves there.

    Formula: f = ΔSOC of a step at an edge over that of whole steps under load beside it. Units: 1. Source: own;
    whole-percent rounding averages out over many. Longest sampling interval: 15 min. Weakness: ends of charges are left
    out, where batteries set their own state of charge right.
    """
    loaded = np.abs(current) > rest_a
    moved = np.abs(np.diff(soc))
    amount = np.abs(current) * np.r_[steps, 0.0]
    usable = ~np.isnan(moved) & (steps <= longest)
    starts = np.flatnonzero(~loaded[:-2] & loaded[1:-1] & loaded[2:] & usable[:-1] & usable[1:])
    stops = np.flatnonzero(loaded[:-2] & loaded[1:-1] & ~loaded[2:] & usable[:-1] & usable[1:] & (current[:-2] > 0))
    whole = float(moved[starts + 1].sum() + moved[stops].sum())
    driven = float(amount[starts + 1].sum() + amount[stops].sum())
    if len(starts) < 10 or len(stops) < 10 or whole <= 0 or driven <= 0:
        return Edges(0.5, 0.5, learned=False)
    per_amount = whole / driven
    digit = float(np.min(moved[moved > 0], initial=1.0))
    at_start = np.abs(current[starts + 1]) * steps[starts] * per_amount
    at_stop = np.abs(current[stops + 1]) * steps[stops + 1] * per_amount
    start, stop = _shrunk(moved[starts], at_start, digit), _shrunk(moved[stops + 1], at_stop, digit)
    return Edges(round(start, 2), round(stop, 2), learned=True)


def _shrunk(moved: Floats, whole: Floats, digit: float) -> float:
    """Believe a learned share only as far as it lies beyond what chance makes of one half.

    ``moved`` and ``whole`` are movements over steps, seen and if all of the step were loaded [%]; ``digit`` is the
    smallest step of the register [%]. Chance: currents that begin anywhere between readings have shares of variance
    1/12 each, and the difference of two rounded readings has a sixth of the square of their digit.
    """
    beyond = float(moved.sum() / whole.sum()) - 0.5
    chance = float(digit * np.sqrt(len(moved) / 6) / whole.sum()) ** 2 + 1 / (12 * len(moved))
    trust = max(0.0, 1 - CHANCE_SIGMAS**2 * chance / max(beyond**2, chance))
    return float(np.clip(0.5 + trust * beyond, 0, 1))


def step_charge(current: Floats, steps: Floats, longest: float, edges: Edges, rest_a: float) -> Floats:
    """Integrate each step between two readings [A·ms].

    Formula: Q = Σ I·Δt, the share of a step that the later reading already held from ``learn_edges``: what begins, or
    changes under way, as runs begin; a charge that tapers off as runs end. Units: A·ms. Source: trapezoid's error at
    the edges of a constant current, learned from the data. Longest sampling interval: any; tested to 15 min. Weakness:
    a run's ends are uncertain by a part of a step times the current there.
    """
    now, after = current[:-1], current[1:]
    loaded, loaded_after = np.abs(now) > rest_a, np.abs(after) > rest_a
    tapers = (now < -rest_a) & (after > now) & (after <= rest_a)
    ends = loaded & ~loaded_after
    share = np.where(ends | tapers, 1 - edges.stop, edges.start)
    share = np.where(loaded & loaded_after & (np.sign(now) != np.sign(after)), 0.5, share)
    share = np.where(~loaded & ~loaded_after, 0.5, share)
    return np.where(steps <= longest, ((1 - share) * now + share * after) * steps, 0.0)


def smooth_heat(current: Floats, steps: Floats) -> Floats:
    """Smooth the squared current with the cells' thermal time constant; a gap lets it fade [A²].

    Formula: dH/dt = (I² − H)/τ, exactly over each step; a gap lets it fade. Units: A². Source: Joule heating through
    one thermal time constant. Longest sampling interval: 30 min. Weakness: one time constant for all places.
    """
    squares = current**2
    return _relaxed(squares[:-1], steps / (1000 * HEAT_S), float(squares[0]) if len(squares) else 0.0)


def smooth_lag(moved: Floats, steps: Floats) -> Floats:
    """Smooth a current with the time constant of diffusion, from the charge of each step [A·ms] and its length [ms].

    Formula: dJ/dt = (I − J)/τ over each step; over a gap nothing flows. Units: A. Source: first-order diffusion.
    Longest sampling interval: 15 min. Weakness: one time constant for all cells.
    """
    return _relaxed(moved / steps, np.minimum(steps / (1000 * LAG_S), RELAX_SPAN), 0.0)


def _relaxed(mean: Floats, passed: Floats, start: float) -> Floats:
    """Follow a first-order lag from ``start`` on: its level after each step, of ``passed`` time constants.

    Closed form of ``level += (1 - exp(-passed)) * (mean - level)``, over stretches short enough not to overflow.
    """
    clock = np.r_[0.0, np.cumsum(np.minimum(passed, RELAX_SPAN))]
    level = np.full(len(clock), start)
    cuts = np.flatnonzero(np.diff(np.floor(clock / RELAX_SPAN))) + 1
    for first, last in pairwise([0, *cuts.tolist(), len(clock) - 1]):
        weight = np.exp(clock[first : last + 1] - clock[first])
        level[first + 1 : last + 1] = (level[first] + np.cumsum(np.diff(weight) * mean[first:last])) / weight[1:]
    return level


def measure_runs(current: Floats, steps: Floats, longest: float, rest_a: float) -> tuple[Floats, Floats]:
    """Measure how long each reading has rested, and how long its charge or discharge still goes on [ms]."""
    state = np.where(np.abs(current) <= rest_a, 0, np.sign(current)).astype(np.int8)
    change = np.flatnonzero((state[1:] != state[:-1]) | (steps > longest)) + 1
    starts = np.r_[0, change].astype(np.int64)
    ends = np.r_[change, len(current)].astype(np.int64) - 1
    lengths = ends - starts + 1
    clock = np.r_[0.0, np.cumsum(steps)]
    rested = np.where(state == 0, clock - np.repeat(clock[starts], lengths), 0.0)
    cut_short = np.r_[steps[change - 1] > longest, True]
    still = np.repeat(clock[ends], lengths) - clock
    return rested, np.where((state == 0) | np.repeat(cut_short, lengths), np.inf, still)


def step_volts(volts: Floats) -> Floats:
    """Mean of the voltages at both ends of each step; the one that is known where the other is not [V]."""
    before, after = volts[:-1], volts[1:]
    one = np.where(np.isnan(before), after, before)
    return np.asarray(np.where(np.isnan(before) | np.isnan(after), one, (before + after) / 2))
