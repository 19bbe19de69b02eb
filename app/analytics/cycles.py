"""Cycles and efficiency: equivalent full cycles, and energy out over energy in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import rainflow
from numpy.typing import NDArray

from app.analytics.grid import DAY_MS

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

    Formula: ∫|I| dt / (2·Qn). Units: 1. Longest sampling interval: any that the charge was counted at. Weakness: an
    offset of the current sensor counts while the string works.
    """
    if nominal_ah is None or system_day.height == 0:
        return None
    return (float(system_day["ah_in"].sum()) + float(system_day["ah_out"].sum())) / (2 * nominal_ah)


def round_trip(
    system_day: pl.DataFrame, anchors: pl.DataFrame, nominal_kwh: float | None, offset_a: float | None = None
) -> RoundTrip:
    """Estimate the round-trip efficiency: E_out / (E_in − ΔE), between the first and the last full anchor.

    Without two full anchors, over the days given, with the change in state of charge times the nominal energy taken
    out. DC side (cluster voltage times current): conversion and auxiliaries are not in it. Above 100 % it says that the
    meter is off, not that the battery gives more than it gets.

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
    known = system_day.drop_nulls(["kwh_in", "kwh_out"])
    taken, given = float(known["kwh_in"].sum()), float(known["kwh_out"].sum())
    if known.height == 0 or taken <= 0:
        return RoundTrip(None, "No energy on the DC side: cluster voltage or current is missing.", "days")
    stored = _stored_kwh(known, nominal_kwh)
    if stored is None:
        return RoundTrip(None, "Neither two full charges nor a nominal energy to close the balance with.", "days")
    if taken - stored <= 0 or taken < MIN_THROUGHPUT_CYCLES * (nominal_kwh or 0.0):
        return RoundTrip(None, "Too little energy went through to close the balance.", "days")
    return _judged(100 * given / (taken - stored), "the window's ends")


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else 0.0


def _stored_kwh(days: pl.DataFrame, nominal_kwh: float | None) -> float | None:
    soc = days["soc_last"].drop_nulls()
    if nominal_kwh is None or len(soc) < 2:
        return None
    return float(soc[-1] - soc[0]) / 100 * nominal_kwh


def _judged(pct: float, between: str) -> RoundTrip:
    if pct > OVER_UNITY_PCT:
        reason = f"{pct:.1f} % is above 100 %: the current or voltage metering is off."
        return RoundTrip(pct, reason, between)
    return RoundTrip(pct, None, between)


DEPTH_EDGES_PCT = (2.0, 20.0, 40.0, 60.0, 80.0, 101.0)
"""Ranges of depth that cycles are counted in; ranges under 2 % are noise of the state of charge [%]."""


def count_depths(soc_turns: NDArray[np.float64]) -> NDArray[np.float64]:
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


def depth_words(soc_start: pl.Series, soc_end: pl.Series) -> str | None:
    """Say how deep the cycles went, deepest first; None without a state of charge.

    Parameters
    ----------
    soc_start, soc_end : Series
        State of charge at both ends of successive half cycles [%].
    """
    known = pl.concat([soc_start, soc_end.tail(1)]).cast(pl.Float64).drop_nulls().to_numpy()
    counts = count_depths(known) if len(known) > 2 else np.zeros(0)
    ranges = zip(DEPTH_EDGES_PCT, DEPTH_EDGES_PCT[1:], counts, strict=False)
    said = [f"{count:g} of {low:.0f}-{min(high, 100):.0f} %" for low, high, count in ranges if count]
    return f"Cycles by depth (rainflow, ASTM E1049): {', '.join(reversed(said))}." if said else None


def days_between(table: pl.DataFrame, start_ms: int | None, end_ms: int | None, *, whole_days: bool) -> pl.DataFrame:
    """Cut a table's rows to a window: events that begin in it; days that it touches. One without columns stays so."""
    if table.width == 0:
        return table
    stamp = pl.col("ts").to_physical()
    reach = DAY_MS - 1 if whole_days else 0
    if start_ms is not None:
        table = table.filter(stamp + reach >= start_ms)
    return table if end_ms is None else table.filter(stamp < end_ms)
