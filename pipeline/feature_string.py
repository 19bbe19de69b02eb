"""The string's own story: its current from the first reading to the last, and what follows from it alone.

Everything here is made anew from the whole history at each build, which is cheap (three or four signals), so that a
row of the feature tables never depends on where the previous build had ended. What has to be learned from data (sign,
scale, where in a step a current begins) is learned from the first ``CALIBRATION_DAYS`` working days and then stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS, Series, day_starts
from pipeline.feature_charge import (
    Floats,
    Ints,
    measure_runs,
    smooth_heat,
    smooth_lag,
    step_charge,
    step_volts,
)
from pipeline.feature_edges import Edges, learn_edges
from pipeline.physics import CurrentScale, current_scale, find_current_sign
from pipeline.site import SourceSettings

CALIBRATION_DAYS = 30
"""Working days from which sign, scale and step edges are learned [d]."""
WORKING_A = 1.0
"""A day on which the current exceeds this is a working day [A]."""
GAP_FACTOR = 3.0
"""A step longer than this many median steps is a gap: nothing is integrated over it [1]."""
STATE_STALE_MS = 3_600_000
"""A state of charge older than this says nothing [ms]."""
HOUR_MS = 3_600_000


class RawReader(Protocol):
    """What extraction sees of a source: raw rows, a stretch at a time."""

    source: str
    zone: str
    series: Mapping[str, Series]
    first_ms: int
    last_ms: int

    def read(self, signals: Sequence[str], start_ms: int, end_ms: int) -> pl.DataFrame:
        """Read raw rows in ``[start_ms, end_ms)``: ``ts`` and the signals, outer-joined, sorted; null is no reading."""
        ...


def find_signal(reader: RawReader, pattern: str) -> str | None:
    """Find the first signal (in order of name) whose whole name matches."""
    return next((name for name in sorted(reader.series) if re.fullmatch(pattern, name)), None)


def stamps_of(frame: pl.DataFrame) -> Ints:
    """Return a frame's stamps [epoch ms UTC]."""
    return frame[TS].to_physical().to_numpy().astype(np.int64)


def values_of(frame: pl.DataFrame, name: str) -> Floats:
    """Return one column as Float64, NaN where there is no reading."""
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()


@dataclass(frozen=True)
class Timeline:
    """The string at the stamps of its current's clock."""

    ts: Ints
    current_a: Floats
    """Positive is discharge [A]."""
    step_ms: float
    """Median step [ms]."""
    scale: CurrentScale
    edges: Edges
    charge_ah: Floats
    """Discharged since the first reading; nothing is added over a gap [Ah]."""
    gap_ms: Floats
    """Time without readings since the first one [ms]."""
    rest_ms: Floats
    """How long the string has been resting at each reading; 0 under load [ms]."""
    ahead_ms: Floats
    """How long the present charge or discharge still goes on; infinite at rest and before a gap [ms]."""
    heat_a2: Floats
    """Squared current, smoothed with ``HEAT_S`` [A²]."""
    lag_a: Floats
    """Current, smoothed with ``LAG_S`` [A]."""
    soc_pct: Floats
    """State of charge as the battery reports it, carried forward for an hour [%]; NaN without."""
    soh_pct: Floats
    """State of health as the battery reports it, carried alike [%]; NaN without."""
    volts: Floats
    """Cluster voltage, carried alike [V]; NaN without."""
    kwh_in: Floats
    kwh_out: Floats
    """Energy on the DC side since the first reading [kWh]; steps of which the voltage is not known add nothing."""

    def locate(self, stamps: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Find the reading nearest to each stamp, and whether it is near enough (1.5 steps) to stand for it."""
        after = np.clip(np.searchsorted(self.ts, stamps), 0, len(self.ts) - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.abs(self.ts[before] - stamps) < np.abs(self.ts[after] - stamps)
        place = np.where(nearer, before, after)
        return place, np.abs(self.ts[place] - stamps) <= 1.5 * self.step_ms


def carried(stamps: Ints, values: Floats, onto: Ints) -> Floats:
    """Carry a series' readings forward onto other stamps, for at most ``STATE_STALE_MS``."""
    known = ~np.isnan(values)
    stamps, values = stamps[known], values[known]
    if len(stamps) == 0:
        return np.full(len(onto), np.nan)
    place = np.searchsorted(stamps, onto, side="right") - 1
    fresh = (place >= 0) & (onto - stamps[np.maximum(place, 0)] <= STATE_STALE_MS)
    return np.where(fresh, values[np.maximum(place, 0)], np.nan)


@dataclass(frozen=True, slots=True)
class Sign:
    """What a positive logged current is, and how that is known."""

    value: int | None
    source: str | None


def find_sign(said: SourceSettings, current: Floats, soc: Floats, volts: Floats) -> Sign:
    """Find the current's sign: the site's word, else against the state of charge, else against the voltage.

    Formula: the site's word, else the current against the state of charge, else against the voltage
    (``find_current_sign``). Units: 1. Source: charging raises the state of charge. Longest sampling interval: any with
    20 steps of movement. Weakness: a battery that stood still has no sign, and then no charge is counted.
    """
    if said.current_positive is not None:
        return Sign(1 if said.current_positive == "discharge" else -1, "site.toml")
    for state, name in ((soc, "state of charge"), (volts, "cluster voltage")):
        sign = find_current_sign(current, state)
        if sign is not None:
            return Sign(sign, f"found from the data: current against the {name}")
    return Sign(None, None)


def calibration_end(stamps: Ints, current: Floats, zone: str) -> int:
    """Find the end of the first ``CALIBRATION_DAYS`` working days; past the last reading when there are fewer [ms]."""
    days = np.asarray(day_starts(int(stamps[0]), int(stamps[-1]), zone), np.int64)
    day = np.searchsorted(days, stamps, side="right") - 1
    working = np.unique(day[np.abs(current) > WORKING_A])
    if len(working) < CALIBRATION_DAYS:
        return int(stamps[-1]) + 1
    return int(days[working[CALIBRATION_DAYS - 1] + 1])


def build_timeline(
    stamps: Ints, current: Floats, others: Mapping[str, Floats], scale: CurrentScale, calibration: slice
) -> Timeline:
    """Lay out the string's story; the current is positive when discharging and has no NaN.

    ``others`` holds ``soc``, ``soh`` and ``v`` at the same stamps.
    """
    soc, volts = others["soc"], others["v"]
    steps = np.diff(stamps).astype(np.float64)
    step_ms = float(np.median(steps[calibration])) if len(steps) else float(HOUR_MS)
    longest = GAP_FACTOR * step_ms
    edges = learn_edges(
        current[calibration], soc[calibration], np.diff(stamps[calibration]).astype(np.float64), longest, scale.rest_a
    )
    moved = step_charge(current, steps, longest, edges, scale.rest_a)
    rest_ms, ahead_ms = measure_runs(current, steps, longest, scale.rest_a)
    kwh = np.nan_to_num(moved / HOUR_MS * step_volts(volts) / 1000)
    return Timeline(
        ts=stamps,
        current_a=current,
        step_ms=step_ms,
        scale=scale,
        edges=edges,
        charge_ah=np.r_[0.0, np.cumsum(moved)] / HOUR_MS,
        gap_ms=np.r_[0.0, np.cumsum(np.where(steps > longest, steps, 0.0))],
        rest_ms=rest_ms,
        ahead_ms=ahead_ms,
        heat_a2=smooth_heat(current, steps),
        lag_a=smooth_lag(moved, steps),
        soc_pct=soc,
        soh_pct=others["soh"],
        volts=volts,
        kwh_in=np.r_[0.0, np.cumsum(np.maximum(-kwh, 0.0))],
        kwh_out=np.r_[0.0, np.cumsum(np.maximum(kwh, 0.0))],
    )


@dataclass(frozen=True)
class StringStory:
    """A source's timeline (None without a usable current), the sign of its current, and what has to be said."""

    timeline: Timeline | None
    sign: Sign
    calibration_end_ms: int
    notes: tuple[str, ...]


def read_story(reader: RawReader, said: SourceSettings) -> StringStory:
    """Read current, state of charge and cluster voltage over the whole history and lay the timeline out."""
    names = {key: find_signal(reader, rf"bms\d+_{key}") for key in ("c", "soc", "soh", "v")}
    if names["c"] is None:
        names["c"] = find_signal(reader, r"pcs\d+_dcc")
    if names["c"] is None:
        reason = "No current is logged (bms1_c): regimes, cycles, energy and resistance are unknown."
        return StringStory(None, Sign(None, None), reader.last_ms + 1, (reason,))
    wanted = [name for name in names.values() if name is not None]
    frame = reader.read(wanted, reader.first_ms, reader.last_ms + 1)
    stamps, logged = stamps_of(frame), values_of(frame, names["c"])
    known = ~np.isnan(logged)
    onto = stamps[known]
    if len(onto) < 2:
        return StringStory(None, Sign(None, None), reader.last_ms + 1, (f"{names['c']} holds no readings.",))
    others = {
        key: carried(stamps, values_of(frame, name), onto) if name is not None else np.full(len(onto), np.nan)
        for key, name in names.items()
        if key != "c"
    }
    return _told(reader, said, onto, logged[known], others)


def _told(
    reader: RawReader, said: SourceSettings, stamps: Ints, logged: Floats, others: Mapping[str, Floats]
) -> StringStory:
    soc, volts = others["soc"], others["v"]
    end_ms = calibration_end(stamps, logged, reader.zone)
    first = slice(0, int(np.searchsorted(stamps, end_ms)))
    scale = current_scale(logged[first], said.nominal_ah)
    if scale is None:
        note = "The current never exceeds 1 A: regimes, cycles and resistance are unknown."
        return StringStory(None, Sign(None, None), end_ms, (note,))
    sign = find_sign(said, logged[first], soc[first], volts[first])
    notes = [] if said.nominal_ah is not None else [f"{scale.source[0].upper()}{scale.source[1:]}."]
    if sign.value is None:
        notes.append("The current's sign cannot be told from the data: say current_positive in site.toml.")
        return StringStory(None, sign, end_ms, tuple(notes))
    timeline = build_timeline(stamps, sign.value * logged, others, scale, first)
    return StringStory(timeline, sign, end_ms, tuple(notes))
