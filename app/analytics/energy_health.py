"""Measured energy: what a discharge between full and empty anchors gave at the direct-current side."""

from __future__ import annotations

import numpy as np
import polars as pl

from app.analytics.budget import NORMAL_95, anchor_pct, full_pct, gain_pct, joined
from app.analytics.capacity import (
    DAY_MS,
    HOUR_MS,
    LEVEL_DAYS,
    LONGEST_H,
    MAX_MISSING,
    MIN_COUNTS,
    MIN_SOC_PCT,
    Floats,
    closure_offset,
)
from app.analytics.level import inliers, level_at
from app.analytics.words import several
from app.shapes.answer import Interval
from pipeline.physics import LFP, Chemistry

VOLTS_LIMIT_PCT = 0.5
"""Assumed limit, for 95 %, of the cluster voltage's gain: accuracy class 0.5 [%]."""
MOST_CHARGED = 0.1
"""A discharge during which more than this share of it was charged again is no count [1]."""


def measure_energy(
    anchors: pl.DataFrame, chemistry: Chemistry | None = None, nominal_ah: float | None = None
) -> Interval:
    """Measure the energy that a full discharge gives, at the last count [kWh].

    Formula: E = (ΔE_out − ΔE_in − offset·V·Δt) / f, f the share of the open-circuit curve's energy between the two
    anchors. Energy at the battery's terminals, losses in its resistance taken off, so it falls with the rate; without
    converter and auxiliaries. Units: kWh. Source: coulomb count between voltage anchors, weighted with the voltage.
    Longest sampling interval: 15 min. Weakness: rests on the curve at both ends, as capacity.

    Parameters
    ----------
    anchors : DataFrame
        The feature table ``anchors``.
    chemistry : Chemistry, optional
        LFP by default.
    nominal_ah : float, optional
        As in ``count_capacity`` [Ah].
    """
    curve = chemistry or LFP
    if anchors.height < 2:
        return Interval(value=None, reason="No full and empty anchors: the string was never seen both full and empty.")
    ts = anchors["ts"].to_physical().to_numpy()
    full = (anchors["kind"] == "full").to_numpy()
    current = anchors["current_a"].cast(pl.Float64).fill_null(0.0).to_numpy()
    read = anchors["soc_pct"].to_numpy()
    soc = np.where(full, full_pct(read, current, nominal_ah), read)
    given, taken, hours = (np.diff(one) for one in (anchors["kwh_out"], anchors["kwh_in"], ts / HOUR_MS))
    charge = np.diff(anchors["charge_ah"].to_numpy())
    with np.errstate(invalid="ignore", divide="ignore"):
        volts = 1000 * (given - taken) / charge
        missing = np.diff(anchors["gap_s"].to_numpy()) / 3600 / hours
        usable = full[:-1] & ~full[1:] & (-np.diff(soc) >= MIN_SOC_PCT) & (hours <= LONGEST_H)
        usable &= (missing <= MAX_MISSING) & (taken <= MOST_CHARGED * given) & (given > 0)
        energy = given - taken - (closure_offset(anchors).value or 0.0) * volts * hours / 1000
        energy = energy / (_below(soc[:-1], curve) - _below(soc[1:], curve))
    usable &= np.isfinite(energy)
    if int(usable.sum()) < MIN_COUNTS:
        found = several(int(usable.sum()), "discharge")
        reason = f"{found} from full to empty with a known voltage; energy needs {MIN_COUNTS}."
        return Interval(value=None, reason=reason)
    shared = anchor_pct(soc, current, full, curve, nominal_ah)
    pair = 100 * np.hypot(shared[1:], shared[:-1])[usable] / -np.diff(soc)[usable]
    return _level(ts[1:][usable], energy[usable], pair)


def _below(soc_pct: Floats, chemistry: Chemistry) -> Floats:
    """Share of the curve's energy that lies below a state of charge [1]."""
    grid, volts = np.asarray(chemistry.soc_pct), np.asarray(chemistry.ocv_v)
    total = np.r_[0.0, np.cumsum(np.diff(grid) * (volts[1:] + volts[:-1]) / 2)]
    return np.asarray(np.interp(soc_pct, grid, total / total[-1]))


def _level(ts: Floats, energy: Floats, pair_pct: Floats) -> Interval:
    keep = inliers(energy) & (ts > ts[-1] - LEVEL_DAYS * DAY_MS)
    if int(keep.sum()) < MIN_COUNTS:
        return Interval(
            value=None, reason=f"{several(int(keep.sum()), 'agreeing discharge')}; energy needs {MIN_COUNTS}."
        )
    days = (ts[keep] - ts[keep][0]) / DAY_MS
    found = level_at(days, energy[keep], np.ones(len(days)), float(days[-1]))
    parts = {
        "counts": 100 * found.own / found.value,
        "anchors": float(np.mean(pair_pct[keep])),
        "current": gain_pct(),
        "voltage": VOLTS_LIMIT_PCT / NORMAL_95,
    }
    half = NORMAL_95 * joined(parts) / 100 * found.value
    return Interval(value=found.value, low=found.value - half, high=found.value + half)
