"""Round-trip efficiency at three boundaries: the battery's terminals, the converter, and with its auxiliaries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.analytics.cycles import OVER_UNITY_PCT
from app.analytics.energy import HOUR_MS, Floats, Ints, holding_ms

RED_PCT = 83.0
"""Under this at the start of life an AC round trip is a red flag. Source: ACCURE, battery report 2025 [%]."""
MIN_COVERED = 0.95
"""Share of the time between the anchors that readings of power must cover [1]."""
DC, AC, AC_AUX = "dc", "ac", "ac_with_auxiliaries"
OVER = "{pct:.1f} % is above 100 %: one of the meterings has an offset or a gain error; no battery gives more."
INSIDE_OUT = "More comes back at the converter than at the battery's terminals: the meterings do not fit together."


@dataclass(frozen=True, slots=True)
class Flow:
    """Energy through one boundary since its first reading, as running sums."""

    ts: Ints
    """Stamps [epoch ms UTC]."""
    given: Floats
    """Discharged up to each stamp [kWh]."""
    taken: Floats
    """Charged up to each stamp [kWh]."""
    covered_ms: Floats
    """Time that readings hold, up to each stamp [ms]."""

    def between(self, start_ms: int, end_ms: int) -> tuple[float, float, float]:
        """Energy given and taken [kWh] and the share of the time covered, in ``[start_ms, end_ms)``."""
        given, taken, covered = self.over(np.array([[start_ms, end_ms]], np.int64))
        return float(given[0]), float(taken[0]), float(covered[0])

    def over(self, spans: Ints) -> tuple[Floats, Floats, Floats]:
        """Energy given and taken [kWh] and the share of the time covered in each of many spans: starts, ends [ms]."""
        length = np.diff(spans, axis=1)[:, 0]
        if len(self.ts) < 2:
            nothing = np.zeros(len(spans))
            return nothing, nothing, nothing
        given, taken, covered = (
            np.where(length > 0, np.diff(np.interp(spans, self.ts, sums), axis=1)[:, 0], 0.0)
            for sums in (self.given, self.taken, self.covered_ms)
        )
        return given, taken, covered / np.maximum(length, 1)


def flow_of(ts: Ints, power_kw: Floats, longest_ms: float) -> Flow:
    """Integrate power, positive when it is given: each reading holds until the next, over a gap nothing is counted.

    Formula: Σ P·Δt, each reading held until the next, over a gap nothing. Units: kWh. Source: zero-order hold, as
    loggers write. Longest sampling interval: 15 min. Weakness: a logger slower than the dispatch misses what happens
    between two readings.
    """
    if len(ts) == 0:
        nothing = np.zeros(0)
        return Flow(np.zeros(0, np.int64), nothing, nothing, nothing)
    held = holding_ms(ts, int(ts[0]), int(ts[-1]) + 1, longest_ms)[:-1].astype(np.float64)
    power = power_kw[:-1].astype(np.float64)

    def running(steps: Floats) -> Floats:
        return np.concatenate([[0.0], np.cumsum(steps)])

    return Flow(
        ts,
        running(np.maximum(power, 0) * held / HOUR_MS),
        running(np.maximum(-power, 0) * held / HOUR_MS),
        running(held),
    )


@dataclass(frozen=True, slots=True)
class Trip:
    """A round trip at one boundary."""

    boundary: str
    pct: float | None
    given_kwh: float | None
    taken_kwh: float | None
    reason: str | None
    """Why there is none, or what is wrong with it."""


def close_trip(boundary: str, given_kwh: float, taken_kwh: float, stored_kwh: float = 0.0) -> Trip:
    """Close a round trip: E_out / (E_in − ΔE), in per cent.

    Formula: energy given over energy taken less what is stored more at the end; between two full charges ΔE is 0. The
    auxiliaries' energy counts as taken. Units: kWh, %. Source: IEC 62933-2-1, round-trip efficiency; fleet benchmarks
    on the AC side: above 88 % good, under 85 % improvable, under 83 % at the start of life a red flag (ACCURE, battery
    report 2025). Longest sampling interval: 15 min (power holds between readings). Weakness: an offset of the metering
    counts fully; above 100 % it is the metering, and that is said.
    """
    spent = taken_kwh - stored_kwh
    if spent <= 0 or given_kwh <= 0:
        return Trip(boundary, None, given_kwh, taken_kwh, "Too little energy went through to close the balance.")
    pct = 100 * given_kwh / spent
    return Trip(boundary, pct, given_kwh, taken_kwh, OVER.format(pct=pct) if pct > OVER_UNITY_PCT else None)


def direction(flow: Flow, discharges: Ints, charges: Ints) -> int | None:
    """Find whether positive power is given (1) or taken (−1): by what it was in known discharges and charges.

    Formula: sign of (energy in known discharges − energy in known charges). Units: 1. Source: the battery's own current
    says which half cycle is which. Longest sampling interval: 15 min. Weakness: a meter that sees other loads beside
    the battery may not follow it; then no direction is told.

    Parameters
    ----------
    flow : Flow
        With positive power as given.
    discharges, charges : array, shape (n, 2)
        Starts and ends of half cycles [epoch ms UTC].
    """
    net = [float((given - taken).sum()) for given, taken, _ in (flow.over(part) for part in (discharges, charges))]
    return None if net[0] == net[1] else (1 if net[0] > net[1] else -1)


def turned(flow: Flow) -> Flow:
    """Swap given and taken."""
    return Flow(flow.ts, flow.taken, flow.given, flow.covered_ms)
