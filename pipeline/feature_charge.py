"""What flows between two readings of a current: charge, heat, and how long a run has lasted and still goes on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.feature_edges import Edges

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

HEAT_S = 5_400.0
"""Time constant with which a cell's temperature follows the squared current [s]."""
LAG_S = 1_800.0
"""Time constant with which a cell's inside follows what its terminals show: diffusion in LFP cells of 280 Ah takes
tens of minutes. One third more or less changes charges at the charge end by some 5 % (on simulated cells) [s]."""
RELAX_SPAN = 30.0
"""Time constants that are smoothed over at once, and that one step counts for at most [1]."""


def step_charge(current: Floats, steps: Floats, longest: float, edges: Edges, rest_a: float) -> Floats:
    """Integrate each step between two readings [A·ms].

    Formula: Q = Σ I·Δt, the share of a step that its loaded reading holds at the ends of runs, and its later reading
    elsewhere, from ``learn_edges``; half each where the current turns. Units: A·ms. Source: trapezoid's error at the
    edges of a constant current, learned from the data. Longest sampling interval: any; tested to 15 min. Weakness: a
    run's ends are uncertain by a part of a step times the current there.
    """
    now, after = current[:-1], current[1:]
    before, then = np.abs(now) > rest_a, np.abs(after) > rest_a
    turns = (before == then) & (~before | (np.sign(now) != np.sign(after)))
    share = np.where(turns, 0.5, edges.later)
    for sign in (1, -1):
        share = np.where(~before & then & (np.sign(after) == sign), edges.shares["start", sign], share)
        share = np.where(before & ~then & (np.sign(now) == sign), 1 - edges.shares["stop", sign], share)
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
