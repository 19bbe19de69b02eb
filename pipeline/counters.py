"""Energy counters: what each step from one reading to the next means, and how much energy it stands for.

A step from t₀ to t₁ belongs to the row at t₀. With d the difference of the readings, Δt the time between them and
cap = P_max · Δt · 1.1 + one digit of the counter, a step is

``energy``    0 ≤ d ≤ cap
``gap``       the same, over a Δt longer than three median steps: real, kept whole, marked
``glitch``    d < 0 or d > cap, and within 24 h a reading comes back in line with the last good one: the odd readings
              are dropped, the step across them is ``energy`` or ``gap`` on the last good row, and their own steps are
              ``glitch`` without energy
``rollover``  d < 0 at a power of ten or a register's limit M: the energy is M − c₀ + c₁
``reset``     d < 0 and it stays: a new segment; the energy of the step is unknown
``jump``      d > cap and it stays: set aside, the energy of the step is unknown
``pending``   d < 0 less than 24 h before the end of the data: undecided, and so is all that follows

Classification can start anywhere: a row's class depends on no reading more than ``LOOK_BACK_MS`` before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.contract import STEP_CLASSES
from pipeline.localtime import Ints

Floats = NDArray[np.float64]

HOUR_MS = 3_600_000
RETURN_MS = 24 * HOUR_MS
"""A glitch returns within this time [ms]."""
LOOK_BACK_MS = 48 * HOUR_MS
"""Rows before the first one of interest that classification has to see: one glitch that was entered in its middle
ends within 24 h, and the next 24 h settle which level is the true one [ms]."""
MARGIN = 1.1
"""How far a step may exceed P_max · Δt: power varies within an interval."""
ROBUST_MULTIPLE = 10.0
"""P_max over the 95th percentile of the counter's own positive rates, where nothing better is known."""
NEAR_LIMIT = 0.9
"""A counter rolls over from above this share of its limit to below the rest of it."""
REGISTER_COUNTS = (2.0**16, 2.0**31, 2.0**32)
"""Digits, or whole kWh, after which 16-bit and 32-bit registers start again."""
NO_STEP = 255
"""Code of the last row, which no step starts from."""

ENERGY, GAP, GLITCH, ROLLOVER, RESET, JUMP, PENDING = range(len(STEP_CLASSES))
_START_ROWS = 64
"""Rows that may all be odd where classification starts [rows]."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that start at each row."""

    delta: Floats
    """Energy [kWh]; NaN where it is unknown, and in the last row."""
    classes: NDArray[np.uint8]
    """Index into ``contract.STEP_CLASSES``; ``NO_STEP`` in the last row."""


def classify_steps(
    ts_ms: Ints,
    reading: Floats,
    *,
    p_max_kw: float,
    digit_kwh: float,
    interval_ms: float | None = None,
    gap_factor: float = 3.0,
) -> Steps:
    """Classify the steps of an energy counter.

    Formula: each difference between readings is energy, gap, glitch, rollover, reset, jump or pending, by its sign, its
    size against P_max·Δt plus a digit, and what the next readings do. Units: kWh. Source: docs/methods.md, energy
    counters; P_max from ``site.toml`` or the series' own power. Longest sampling interval: any: a step longer than
    ``gap_factor`` medians is a gap, its energy counted as one. Weakness: a reset during a gap hides what was counted
    before it.

    Parameters
    ----------
    ts_ms : array of int64
        Stamps, strictly increasing [epoch ms].
    reading : array of float64
        Readings without NaN [kWh].
    p_max_kw : float
        Power that bounds a plausible step [kW].
    digit_kwh : float
        Resolution of the counter [kWh].
    interval_ms : float, optional
        Median step of the whole series, so that a part of it is judged like the whole; else that of ``ts_ms`` [ms].
    gap_factor : float
        A step longer than this many medians is a gap.

    Returns
    -------
    Steps
        Aligned with the rows.
    """
    if len(ts_ms) == 0:
        return Steps(np.zeros(0), np.zeros(0, np.uint8))
    median = interval_ms or float(np.median(np.diff(ts_ms))) if len(ts_ms) > 1 else 0.0
    counter = _Counter(ts_ms, reading, p_max_kw, digit_kwh, gap_factor * median)
    counter.classify()
    return Steps(counter.delta, counter.classes)


class _Counter:
    """One counter while it is classified."""

    def __init__(self, ts: Ints, reading: Floats, p_max_kw: float, digit_kwh: float, gap_ms: float) -> None:
        self._ts, self._reading = ts, reading
        self._p_max_kw, self._digit_kwh, self._gap_ms = p_max_kw, digit_kwh, gap_ms
        steps = np.diff(ts)
        self.delta = np.append(np.diff(reading), np.nan)
        cap = self._cap(steps)
        self._is_odd = ~((self.delta[:-1] >= 0) & (self.delta[:-1] <= cap))
        self.classes = np.append(np.where(steps > gap_ms, GAP, ENERGY), NO_STEP).astype(np.uint8)

    def _cap(self, span_ms: Ints) -> Floats:
        """Most energy that a span of time can hold [kWh]."""
        caps: Floats = self._p_max_kw * span_ms / HOUR_MS * MARGIN + self._digit_kwh
        return caps

    def _in_line(self, row: int, rows: slice) -> NDArray[np.bool_]:
        """Whether later readings can follow on one, however many lie between."""
        gain = self._reading[rows] - self._reading[row]
        in_line: NDArray[np.bool_] = (gain >= 0) & (gain <= self._cap(self._ts[rows] - self._ts[row]))
        return in_line

    def classify(self) -> None:
        """Go through the odd steps; all others are what they seem."""
        start = self._first_sound_row()
        position = 0
        for row in np.flatnonzero(self._is_odd):
            if row < position:
                continue
            end = start if row < start else len(self._ts)
            position = self._decide(int(row), end)
            if position < 0:
                return

    def _first_sound_row(self) -> int:
        """Find the first row that most readings of the next 24 h agree with: an odd one must not set the level."""
        for row in range(min(_START_ROWS, len(self._ts) - 1)):
            rows = slice(row + 1, int(np.searchsorted(self._ts, self._ts[row] + RETURN_MS, side="right")))
            if rows.stop <= rows.start or self._in_line(row, rows).mean() >= 0.5:
                return row
        return 0

    def _decide(self, row: int, end: int) -> int:
        """Classify the odd step at a row; return the row to go on from, negative where nothing more can be decided."""
        drop = self.delta[row] < 0
        back = self._return(row, end)
        if back is not None:
            self._bridge(row, back)
            return back
        self.delta[row] = np.nan
        if not drop:
            self.classes[row] = JUMP
        elif (rolled := self._rolled(row)) is not None:
            self.classes[row], self.delta[row] = ROLLOVER, rolled
        elif self._ts[-1] < self._ts[row + 1] + RETURN_MS:
            self.classes[row:-1], self.delta[row:] = PENDING, np.nan
            return -1
        else:
            self.classes[row] = RESET
        return row + 1

    def _return(self, row: int, end: int) -> int | None:
        """Find the first reading within 24 h that follows on the last good one, as if those between were not there."""
        stop = min(int(np.searchsorted(self._ts, self._ts[row + 1] + RETURN_MS, side="right")), max(end, row + 2))
        rows = slice(row + 2, stop)
        back = self._in_line(row, rows)
        if self.delta[row] > 0:
            back &= self._reading[rows] < self._reading[row + 1]  # a jump that stays comes into line as time goes by
        hits = np.flatnonzero(back)
        if len(hits) == 0:
            return None
        found = row + 2 + int(hits[0])
        return None if self._counted_back(row, found) else found

    def _counted_back(self, row: int, found: int) -> bool:
        """Whether a counter that started again near nothing simply counted up to where it had been."""
        started_again = self._reading[row + 1] < self._reading[row] / 2 and self.delta[row] < 0
        return bool(started_again and not self._is_odd[row + 1 : found].any())

    def _bridge(self, row: int, back: int) -> None:
        """Make one step of all from a row to the reading that follows on it."""
        self.delta[row] = self._reading[back] - self._reading[row]
        self.classes[row] = GAP if self._ts[back] - self._ts[row] > self._gap_ms else ENERGY
        self.delta[row + 1 : back] = np.nan
        self.classes[row + 1 : back] = GLITCH

    def _rolled(self, row: int) -> float | None:
        """Tell the energy of a step over the counter's limit [kWh]; None where it is no such step."""
        before, after = float(self._reading[row]), float(self._reading[row + 1])
        cap = float(self._cap(self._ts[row + 1] - self._ts[row]))
        limits = [10.0**power for power in range(2, 13)]
        limits += [count * unit for unit in {self._digit_kwh, 1.0} for count in REGISTER_COUNTS]
        for limit in limits:
            near = NEAR_LIMIT * limit <= before <= limit and 0 <= after <= (1 - NEAR_LIMIT) * limit
            if near and limit - before + after <= cap:
                return limit - before + after
        return None


def p_max_kw(
    ts_ms: Ints, reading: Floats, *, power_extreme_kw: float | None, site_p_max_kw: float | None
) -> tuple[float, str]:
    """Choose the power that bounds a counter's plausible steps.

    Parameters
    ----------
    ts_ms, reading : array
        The counter's whole history, looked at only where nothing else is known [epoch ms, kWh].
    power_extreme_kw : float or None
        Largest absolute power ever seen beside the counter [kW].
    site_p_max_kw : float or None
        What the site file says [kW].

    Returns
    -------
    tuple of float and str
        The power [kW] and where it comes from.
    """
    if site_p_max_kw is not None:
        return site_p_max_kw, "site.toml"
    if power_extreme_kw is not None and power_extreme_kw > 0:
        return power_extreme_kw, "largest power measured beside it"
    hours = np.diff(ts_ms) / HOUR_MS
    gain = np.diff(reading)
    rates = gain[(gain > 0) & (hours > 0)] / hours[(gain > 0) & (hours > 0)]
    if len(rates) == 0:
        return 0.0, "the counter never rises"
    multiple = f"{ROBUST_MULTIPLE:g} times the 95th percentile of its own rates"
    return float(ROBUST_MULTIPLE * np.percentile(rates, 95)), multiple
