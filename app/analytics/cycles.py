"""Cycles and efficiency: equivalent full cycles, and energy out over energy in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import rainflow
from numpy.typing import NDArray

from app.analytics.grid import DAY_MS, Floats, Grid, row_median

LONGEST_DAY_MS = 25 * 3_600_000
"""A day on which summer time ends [ms]."""
LATEST_MS = 2**62
OVER_UNITY_PCT = 100.0
GOOD_PCT, IMPROVABLE_PCT = 88.0, 85.0
"""Round trips of a fleet on the AC side: above is good, below improvable. Source: ACCURE, battery report 2025 [%]."""
MIN_THROUGHPUT_CYCLES = 0.5
"""Equivalent full cycles that a round trip needs before its ends stop mattering."""


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Energy out over energy in, on the DC side."""

    pct: float | None
    reason: str | None
    between: str
    """full anchors, or the window's ends with the change of charge taken out."""


def equivalent_full_cycles(system_day: pl.DataFrame, nominal_ah: float | None) -> float | None:
    """Count equivalent full cycles over days of the table ``system_day``; None without a nominal capacity.

    Formula: ∫|I| dt / (2·Qn). Units: 1. Source: customary; charge and discharge count half each. Longest sampling
    interval: 15 min, within 1 % in tests, 1.5 % at 30 min. Weakness: an offset of the current sensor
    counts while the string works.
    """
    if nominal_ah is None or system_day.height == 0:
        return None
    return (float(system_day["ah_in"].sum()) + float(system_day["ah_out"].sum())) / (2 * nominal_ah)


def round_trip(
    system_day: pl.DataFrame, anchors: pl.DataFrame, nominal_kwh: float | None, offset_a: float | None = None
) -> RoundTrip:
    """Estimate the round-trip efficiency: E_out / (E_in − ΔE), between the first and the last full anchor.

    Formula: E_out / (E_in − ΔE) between the first and the last full anchor; without two of them over the days given but
    the first, with the change in state of charge since the end of the first times the nominal energy as ΔE. Units: %.
    Source: IEC 62933-2-1, round-trip efficiency. Longest sampling interval: 15 min. Weakness: DC side: conversion and
    auxiliaries are not in it. An offset of the current sensor that no closure shows counts as loss or gain; above 100 %
    it is the meter, and that is said.

    Parameters
    ----------
    system_day, anchors : DataFrame
        Feature tables, cut to the window.
    nominal_kwh : float or None
        Nominal energy [kWh].
    offset_a : float, optional
        The current sensor's offset, which counts as energy at the mean voltage; half of it is taken from either
        side [A].
    """
    full = anchors.filter(pl.col("kind") == "full") if anchors.height else anchors
    if full.height >= 2 and full["kwh_in"].is_not_null().all():
        taken = float(full["kwh_in"][-1] - full["kwh_in"][0])
        given = float(full["kwh_out"][-1] - full["kwh_out"][0])
        hours = (full["ts"].to_physical()[-1] - full["ts"].to_physical()[0]) / 3_600_000
        volts = 1000 * _ratio(float(system_day["kwh_in"].sum()), float(system_day["ah_in"].sum()))
        error = (offset_a or 0.0) * hours * volts / 2000
        if taken + error > 0:
            return _judged(100 * (given - error) / (taken + error), "full anchors")
    if system_day.height == 0:
        return RoundTrip(None, "No energy on the DC side: cluster voltage or current is missing.", "days")
    if system_day["kwh_in"].drop_nulls().sum() <= 0:
        return RoundTrip(None, "No energy on the DC side: cluster voltage or current is missing.", "days")
    known = system_day.with_columns(moved=pl.col("soc_last").diff()).drop_nulls(["kwh_in", "kwh_out", "moved"])
    if nominal_kwh is None or known.height == 0:
        return RoundTrip(None, "Neither two full charges nor a nominal energy to close the balance with.", "days")
    taken, given = float(known["kwh_in"].sum()), float(known["kwh_out"].sum())
    stored = float(known["moved"].sum()) / 100 * nominal_kwh
    if taken - stored <= 0 or taken < MIN_THROUGHPUT_CYCLES * nominal_kwh:
        return RoundTrip(None, "Too little energy went through to close the balance.", "days")
    return _judged(100 * given / (taken - stored), "the window's ends")


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else 0.0


def _judged(pct: float, between: str) -> RoundTrip:
    if pct > OVER_UNITY_PCT:
        reason = f"{pct:.1f} % is above 100 %: the current or voltage metering is off."
        return RoundTrip(pct, reason, between)
    return RoundTrip(pct, None, between)


DEPTH_EDGES_PCT = (2.0, *(10.0 * step for step in range(1, 10)), 101.0)
"""Ranges of depth that cycles are counted in; ranges under 2 % are noise of the state of charge [%]."""


def count_depths(soc_turns: Floats) -> Floats:
    """Count cycles by depth, by rainflow.

    Formula: rainflow counting of the turning points; ranges under 2 % are left out. Units: cycles. Source: ASTM
    E1049-85 (library ``rainflow``). Longest sampling interval: 30 min, never means. Weakness: a state of charge in
    whole per cents, set right at full charges, blurs depths by a few per cent.

    Parameters
    ----------
    soc_turns : array
        Turning points of the state of charge, from raw readings, never from means [%].

    Returns
    -------
    array
        Cycles (halves count a half) in each range of ``DEPTH_EDGES_PCT``.
    """
    counts = np.zeros(len(DEPTH_EDGES_PCT) - 1)
    for depth, _, count, _, _ in rainflow.extract_cycles(soc_turns.tolist()):
        place = int(np.searchsorted(DEPTH_EDGES_PCT, depth, side="right")) - 1
        if 0 <= place < len(counts):
            counts[place] += count
    return counts


def turns_of(half_cycles: pl.DataFrame) -> Floats:
    """Return the turning points of the charge: as the battery reports it, else as counted [%].

    Parameters
    ----------
    half_cycles : DataFrame
        Successive rows of the table ``cycles``.
    """
    if half_cycles.height == 0:
        return np.zeros(0)
    reported = pl.concat([half_cycles["soc_start"], half_cycles["soc_end"].tail(1)]).cast(pl.Float64).drop_nulls()
    if len(reported) > half_cycles.height // 2:
        return reported.to_numpy()
    sign = np.where(half_cycles["kind"].to_numpy() == "charge", 1.0, -1.0)
    counted = sign * half_cycles["dod_pct"].cast(pl.Float64).fill_null(0.0).to_numpy()
    return np.asarray(np.r_[0.0, np.cumsum(counted)])


def with_circumstances(half_cycles: pl.DataFrame, anchors: pl.DataFrame, sensors: Grid | None) -> pl.DataFrame:
    """Add to half cycles their temperature, and the cell that was first full or first empty at their end.

    ``mean_t``: the median sensor's mean over the site's day in which the half cycle's middle lies [°C]. ``first_pack``,
    ``first_cell``: the limiting cell of the first full anchor (for a charge) or empty anchor (for a discharge) from its
    start until the next half cycle begins; null where the string did not get there.

    Parameters
    ----------
    half_cycles, anchors : DataFrame
        Feature tables, sorted by ``ts``; the half cycles not cut to a window.
    sensors : Grid or None
        With ``t_mean`` by day and sensor.
    """
    starts, ends = (half_cycles[name].to_physical().to_numpy() for name in ("ts", "end"))
    found: dict[str, list[int | None]] = {"pack": [None] * len(starts), "cell": [None] * len(starts)}
    for kind, end in (("charge", "full"), ("discharge", "empty")):
        own = anchors.filter(pl.col("kind") == end) if anchors.height else anchors
        rows = np.flatnonzero(half_cycles["kind"].to_numpy() == kind)
        at = own["ts"].to_physical().to_numpy() if own.height else np.zeros(0, np.int64)
        until = np.append(starts, LATEST_MS)[rows + 1]
        first = np.searchsorted(at, starts[rows])
        for row, place, limit in zip(rows.tolist(), first.tolist(), until.tolist(), strict=True):
            if place < len(at) and at[place] <= limit:
                found["pack"][row], found["cell"][row] = own["pack"][place], own["cell"][place]
    return half_cycles.with_columns(
        pl.Series("mean_t", _temperatures((starts + ends) // 2, sensors), dtype=pl.Float64, nan_to_null=True),
        *(pl.Series(f"first_{name}", cells, dtype=pl.Int16) for name, cells in found.items()),
    )


def _temperatures(middles: NDArray[np.int64], sensors: Grid | None) -> Floats:
    """Look the median sensor's day up at each instant [°C]; NaN without."""
    if sensors is None or len(sensors.days) == 0:
        return np.full(len(middles), np.nan)
    place = np.searchsorted(sensors.days, middles, side="right") - 1
    level = row_median(sensors["t_mean"])
    near = (place >= 0) & (middles - sensors.days[np.maximum(place, 0)] <= LONGEST_DAY_MS)
    return np.asarray(np.where(near, level[np.maximum(place, 0)], np.nan))


def days_between(table: pl.DataFrame, start_ms: int | None, end_ms: int | None, *, whole_days: bool) -> pl.DataFrame:
    """Cut a table's rows to a window: events that begin in it; days that it touches. One without columns stays so."""
    if table.width == 0:
        return table
    stamp = pl.col("ts").to_physical()
    reach = DAY_MS - 1 if whole_days else 0
    if start_ms is not None:
        table = table.filter(stamp + reach >= start_ms)
    return table if end_ms is None else table.filter(stamp < end_ms)
