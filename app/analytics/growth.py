"""Whether what a cell lacks came at once and stayed, or grows: a step, or a ramp downwards."""

from __future__ import annotations

import numpy as np

from app.analytics.grid import Floats

CANDIDATES = 40
"""Onsets of a ramp that are tried, evenly over the days; a step's is tried on every day."""
MIN_DAYS = 12
"""Valid days that tell growth from a step [d]."""
CLEARLY = 0.9
"""A ramp has to leave at most this share of what the best step leaves [1]."""
EDGE = 3
"""Days on either side of a step at least [d]."""


def keeps_falling(days: Floats, values: Floats, least: float) -> bool:
    """Whether a series is better described by a fall that has not stopped than by one lasting step.

    Formula: y = a + b·max(t − τ, 0) against y = a + b·(t ≥ τ), both by least squares, τ over forty onsets of the ramp
    and every day of the step; the ramp has to explain clearly more, and to have come down by ``least``. Units: the
    values'. Source: own: nested least squares over onsets, tested on simulated leaks and steps. Longest sampling
    interval: any spacing of days. Weakness: a step within the last days looks like a ramp's beginning and is called a
    step.

    Parameters
    ----------
    days : array
        Of each value [d].
    values : array
        NaN is no value.
    least : float
        Smallest fall that counts, in the values' unit.
    """
    known = ~np.isnan(values)
    t, y = days[known], values[known]
    if len(t) < MIN_DAYS:
        return False
    y = _calmed(y)
    onsets = np.unique(np.linspace(0, len(t) - EDGE - 1, CANDIDATES).astype(np.int64))
    ramps = np.maximum(t[None, :] - t[onsets][:, None], 0.0)
    steps = (t[None, :] >= t[np.arange(EDGE, len(t) - EDGE + 1)][:, None]).astype(float)
    left_ramp, reached = _left(ramps, y)
    left_step, _ = _left(steps, y)
    best = int(left_ramp.argmin())
    return bool(left_ramp[best] < CLEARLY * left_step.min() and reached[best] < -least)


def _calmed(y: Floats) -> Floats:
    """Take the running median of five, so that single odd days do not decide."""
    padded = np.pad(y, 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1))


def _left(shapes: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Fit each shape; return the squares that are left, and how far the shape has come at the end."""
    x = shapes - shapes.mean(axis=1, keepdims=True)
    centred = y - y.mean()
    power = np.maximum((x**2).sum(axis=1), 1e-12)
    slope = x @ centred / power
    left = (centred**2).sum() - slope**2 * power
    return np.asarray(left), np.asarray(slope * shapes[:, -1])
