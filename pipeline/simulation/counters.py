"""Energy counters: what they really counted, and what they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.faults import Fault, FaultKind, affecting
from pipeline.simulation.plan import Floats, Plan

RESOLUTION_KWH = 0.01


@dataclass(frozen=True)
class Counter:
    """One counter.

    ``true_kwh`` is the energy that passed between the first and the last reading; ``unknown_kwh`` is the part of it
    that a reset hid.
    """

    readings_kwh: Floats
    true_kwh: float
    unknown_kwh: float


def count(plan: Plan, source: str, signal: str, kw: Floats, held_s: Floats, *, start_kwh: float) -> Counter:
    """Count a power that holds from each stamp to the next.

    Parameters
    ----------
    kw : ndarray
        Power of each row, at least 0 [kW].
    held_s : ndarray
        Time from each stamp to the next [s].
    start_kwh : float
        First reading [kWh].
    """
    energy = np.concatenate([[0.0], np.cumsum(kw * held_s / 3600)[:-1]])
    shown = np.floor((energy + start_kwh) / RESOLUTION_KWH + 1e-6) * RESOLUTION_KWH
    unknown = 0.0
    for fault in affecting(plan, source, signal, FaultKind.COUNTER_ROLLOVER):
        row = max(fault.first_row(plan), 1)
        start = fault.size - RESOLUTION_KWH - energy[row - 1]
        shown = np.floor((energy + start) / RESOLUTION_KWH + 1e-6) * RESOLUTION_KWH % fault.size
    for fault in affecting(plan, source, signal, FaultKind.COUNTER_RESET):
        row = max(fault.first_row(plan), 1)
        shown[row:] -= shown[row]
        unknown += float(energy[row] - energy[row - 1])
    for fault in affecting(plan, source, signal, FaultKind.COUNTER_GLITCH):
        shown[fault.first_row(plan)] = 0.0
    return Counter(np.round(shown, 2), float(energy[-1]), unknown)


def rollover_row(plan: Plan, fault: Fault, readings_kwh: Floats) -> int:
    """Return the row at which a counter starts again from 0."""
    falls = np.flatnonzero(np.diff(readings_kwh) < 0)
    return int(falls[0]) + 1 if len(falls) else fault.first_row(plan)
