"""State of health: seven bands, and three ways to a number that are never mixed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.shapes.answer import Interval
from pipeline.site import SohModel

DAY_MS = 86_400_000
YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Band:
    """A band of the state of health, from ``low`` up to the next band's low [%]."""

    name: str
    low: float
    advice: str


BANDS: tuple[Band, ...] = (
    Band("Excellent", 99.0, "peak performance, no maintenance required"),
    Band("Optimal", 98.0, "normal operation, routine monitoring sufficient"),
    Band("Nominal", 95.0, "acceptable performance, scheduled inspection recommended"),
    Band("Degraded", 90.0, "reduced capacity, enhanced monitoring required"),
    Band("Compromised", 85.0, "significant degradation, frequent inspection needed"),
    Band("Critical", 80.0, "end of life approaching, replacement planning required"),
    Band("End of Life", -math.inf, "immediate replacement required for safety"),
)
"""Best first; a band ends where the one above begins."""


def classify(soh_pct: float | None) -> Band | None:
    """Return the band of a state of health.

    Parameters
    ----------
    soh_pct : float or None
        State of health [%]. None and NaN are unknown, which is no band. Above 100 is Excellent (see ``remark``).
    """
    if soh_pct is None or math.isnan(soh_pct):
        return None
    return next(band for band in BANDS if soh_pct >= band.low)


def remark(soh_pct: float | None) -> str | None:
    """Say so when a state of health lies above 100 %."""
    if soh_pct is None or math.isnan(soh_pct) or soh_pct <= 100.0:
        return None
    return f"{soh_pct:.1f} % is above 100 %: the capacity exceeds what it is compared with."


def band_text(low_pct: float | None, high_pct: float | None) -> str:
    """Name the band of an interval: one band, ``between A and B``, or ``unknown``."""
    low, high = classify(low_pct), classify(high_pct)
    if low is None or high is None:
        return "unknown"
    return low.name if low is high else f"between {low.name} and {high.name}"


def age_years(commissioned_ms: int, last_ms: int) -> float:
    """Age of a battery: from commissioning (or first data) to the last data [years of 365.25 days].

    Formula: (last data − commissioning or first data) / 365.25 d. Units: years. Source: definition of the model.
    Longest sampling interval: any. Weakness: without a commissioning date in ``site.toml`` the years before the first
    data are not counted.
    """
    return max(last_ms - commissioned_ms, 0) / DAY_MS / YEAR_DAYS


def model_soh(age: float | None, cycles: float | None, imbalance_mv: float | None, said: SohModel) -> Interval:
    """Estimate the state of health by the empirical ageing model that such dashboards show. It is not measured.

    Formula: max(100 − min(2.5·age, 15) − min(0.035·cycles, 20) − min(0.1·imbalance, 10), 20), customary coefficients.
    Units: %. Source: the customary empirical model of such dashboards; coefficients are settings of the site. Longest
    sampling interval: any. Weakness: pessimistic for LFP: 630 days and 535 cycles give 77 % before imbalance, when such
    a cabinet's own BMS read 93 %.

    Parameters
    ----------
    age : float or None
        Since commissioning [years].
    cycles : float or None
        Equivalent full cycles since then; 0 or fewer count as 0.
    imbalance_mv : float or None
        Median daily spread of the pack's cells at rest on the plateau [mV].
    said : SohModel
        Coefficients.

    Returns
    -------
    Interval
        Value [%] without an interval, or the reason why it is unknown.
    """
    missing = [
        name
        for name, value in (("age", age), ("equivalent full cycles", cycles), ("imbalance", imbalance_mv))
        if value is None
    ]
    if age is None or cycles is None or imbalance_mv is None:
        return Interval(value=None, reason=f"The model needs {' and '.join(missing)}, which the data cannot give.")
    loss = (
        min(said.per_year * age, said.year_cap)
        + min(said.per_cycle * max(cycles, 0.0), said.cycle_cap)
        + min(said.per_mv * imbalance_mv, said.mv_cap)
    )
    return Interval(value=max(100.0 - loss, said.floor))


@dataclass(frozen=True, slots=True)
class BmsSoh:
    """What the battery reports of itself."""

    value: float | None
    resolution_pct: float | None
    """Smallest step it has shown [%]; None where it never moved."""
    steps: tuple[tuple[int, float, float], ...]
    """Stamp [epoch ms], value before and value after of each step."""


def bms_soh(ts_ms: NDArray[np.int64], values: NDArray[np.floating]) -> BmsSoh:
    """Read the register's last value and the dates of its steps.

    Formula: the register's last reading, and the stamps at which it changed. Units: %. Source: the battery's own
    register, whole per cents. Longest sampling interval: any. Weakness: how the battery works it out is not known.

    Parameters
    ----------
    ts_ms : array of int64
        Stamps, increasing [epoch ms].
    values : array
        State of health as reported [%]; NaN is no reading.
    """
    known = ~np.isnan(values)
    ts, soh = ts_ms[known], values[known].astype(np.float64)
    if len(soh) == 0:
        return BmsSoh(None, None, ())
    at = np.flatnonzero(np.diff(soh) != 0) + 1
    steps = tuple((int(ts[one]), float(soh[one - 1]), float(soh[one])) for one in at)
    sizes = np.abs(np.diff(soh))[at - 1]
    return BmsSoh(float(soh[-1]), float(sizes.min()) if len(sizes) else None, steps)
