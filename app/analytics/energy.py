"""Energy and load from readings of power. Pure: arrays in, numbers out.

A reading holds until the next one, at most for the meter's gap threshold (three median intervals): over a gap nothing
is known, so nothing is counted. Positive power is import.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOUR_MS = 3_600_000
Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Integral:
    """Energy integrated from power."""

    import_kwh: float
    export_kwh: float
    covered_ms: int
    """Time that readings stand for [ms]."""


def holding_ms(ts_ms: Ints, start_ms: int, end_ms: int, longest_ms: float) -> Ints:
    """Work out for how long of a window each reading holds.

    Parameters
    ----------
    ts_ms : array
        Ascending stamps [epoch ms]; those before the window hold into it.
    start_ms, end_ms : int
        Half-open window [epoch ms].
    longest_ms : float
        How long a reading holds at most [ms].

    Returns
    -------
    array
        Of ``len(ts_ms)`` [ms]; the sum over adjoining windows is that over both.
    """
    if len(ts_ms) == 0:
        return np.zeros(0, np.int64)
    until = np.minimum(np.append(ts_ms[1:], ts_ms[-1] + int(longest_ms)), ts_ms + int(longest_ms))
    held: Ints = np.maximum(np.minimum(until, end_ms) - np.maximum(ts_ms, start_ms), 0)
    return held


def integrate(power_kw: Floats, held_ms: Ints) -> Integral:
    """Integrate power, import and export apart.

    Formula: Σ max(P, 0)·Δt and Σ max(−P, 0)·Δt, each reading held for its time. Units: kWh. Source: zero-order hold;
    IEC 62053 counters are the reference beside it. Longest sampling interval: 15 min; the page shows how far it lies
    from the counter. Weakness: where power changes sign between two readings, import and export are both too small.

    Parameters
    ----------
    power_kw : array
        Readings, none missing [kW].
    held_ms : array
        How long each holds [ms].
    """
    hours = held_ms / HOUR_MS
    power = power_kw.astype(np.float64)
    return Integral(
        import_kwh=float(np.maximum(power, 0.0) @ hours),
        export_kwh=float(np.maximum(-power, 0.0) @ hours),
        covered_ms=int(held_ms.sum()),
    )


def mean_power_factor(power_kw: Floats, factor: Floats) -> float | None:
    """Weigh power factors by apparent power: Σ|P| / Σ|S| with S = P / pf.

    Readings that lack either, or whose factor is 0 (their apparent power cannot be told), are left out.

    Formula: Σ|P| / Σ(|P| / pf). Units: 1. Source: weighting by apparent power, as the key figure is defined. Longest
    sampling interval: any. Weakness: readings with a factor of 0 are left out, so that a meter that idles at 0 looks
    better than it is.

    Returns
    -------
    float or None
        0 to 1; None where no reading tells it.
    """
    real, share = np.abs(power_kw.astype(np.float64)), np.abs(factor.astype(np.float64))
    told = np.isfinite(real) & np.isfinite(share) & (share > 0)
    apparent = float(np.sum(real[told] / share[told]))
    return float(np.sum(real[told])) / apparent if apparent > 0 else None


def load_duration(power_kw: Floats, held_ms: Ints, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rank power by the share of time for which it is reached or exceeded.

    Formula: power sorted downwards over the cumulated share of the time that it held. Units: kW over 1. Source:
    customary load-duration curve. Longest sampling interval: 15 min. Weakness: peaks shorter than the interval are as
    high as the logger saw them.

    Parameters
    ----------
    power_kw : array
        Readings, none missing [kW].
    held_ms : array
        How long each holds [ms].
    points : int
        Points of the curve; its ends are the highest and the lowest reading.

    Returns
    -------
    tuple of arrays
        Share of the covered time, ascending from 0 to 1, and power, descending [kW].
    """
    kept = held_ms > 0
    power, held = power_kw[kept].astype(np.float64), held_ms[kept]
    if len(power) == 0:
        return np.zeros(0), np.zeros(0)
    order = np.argsort(-power, kind="stable")
    ranked, reached = power[order], np.cumsum(held[order]) / held.sum()
    share = np.linspace(0.0, 1.0, points)
    at = np.minimum(np.searchsorted(reached, share, side="left"), len(ranked) - 1)
    return share, ranked[at]
