"""The string's own story: its current from the first reading to the last, and what follows from it alone.

Everything here is made anew from the whole history at each build, which is cheap (three or four signals), so that a
row of the feature tables never depends on where the previous build had ended. What has to be learned from data (sign,
scale, where in a step a current begins) is learned from the first ``CALIBRATION_DAYS`` working days and then stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import TS, Series, day_starts
from pipeline.physics import CurrentScale, current_scale, find_current_sign
from pipeline.site import SourceSettings

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

CALIBRATION_DAYS = 30
"""Working days from which sign, scale and step edges are learned [d]."""
CHANCE_SIGMAS = 2.0
"""A share this many standard deviations from one half may still be chance [1]."""
WORKING_A = 1.0
"""A day on which the current exceeds this is a working day [A]."""
GAP_FACTOR = 3.0
"""A step longer than this many median steps is a gap: nothing is integrated over it [1]."""
HEAT_S = 5_400.0
"""Time constant with which a cell's temperature follows the squared current [s]."""
LAG_S = 1_800.0
"""Time constant with which a cell's inside follows what its terminals show: diffusion in LFP cells of 280 Ah takes
tens of minutes. One third more or less changes charges at the charge end by some 5 % (on simulated cells) [s]."""
RELAX_SPAN = 30.0
"""Time constants that are smoothed over at once, and that one step counts for at most [1]."""
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


@dataclass(frozen=True, slots=True)
class Edges:
    """Where between two readings a current begins and ends, on average: 0 at the later reading, 1 at the earlier.

    ``start``: share of the step before the first loaded reading that was loaded as well. ``stop``: share of the step
    after the last loaded reading that still was. Without a state of charge to learn them from, both are one half.
    """

    start: float
    stop: float
    learned: bool


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
    """Find the current's sign: the site's word, else against the state of charge, else against the voltage."""
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


def learn_edges(current: Floats, soc: Floats, steps: Floats, longest: float, rest_a: float) -> Edges:
    """Learn where between two readings a current begins and ends, from how far the state of charge moves there.

    The state of charge moves by f · I·dt over a step of which a share f is loaded. Its scale cancels against the
    whole steps under load beside it, so that no capacity is needed; whole-percent rounding averages out over many.
    Ends of charges are left out: there batteries set their own state of charge right.
    """
    loaded = np.abs(current) > rest_a
    moved = np.abs(np.diff(soc))
    amount = np.abs(current) * np.r_[steps, 0.0]
    usable = ~np.isnan(moved) & (steps <= longest)
    starts = np.flatnonzero(~loaded[:-2] & loaded[1:-1] & loaded[2:] & usable[:-1] & usable[1:])
    stops = np.flatnonzero(loaded[:-2] & loaded[1:-1] & ~loaded[2:] & usable[:-1] & usable[1:] & (current[:-2] > 0))
    whole = float(moved[starts + 1].sum() + moved[stops].sum())
    driven = float(amount[starts + 1].sum() + amount[stops].sum())
    if len(starts) < 10 or len(stops) < 10 or whole <= 0 or driven <= 0:
        return Edges(0.5, 0.5, learned=False)
    per_amount = whole / driven
    digit = float(np.min(moved[moved > 0], initial=1.0))
    at_start = np.abs(current[starts + 1]) * steps[starts] * per_amount
    at_stop = np.abs(current[stops + 1]) * steps[stops + 1] * per_amount
    start, stop = _shrunk(moved[starts], at_start, digit), _shrunk(moved[stops + 1], at_stop, digit)
    return Edges(round(start, 2), round(stop, 2), learned=True)


def _shrunk(moved: Floats, whole: Floats, digit: float) -> float:
    """Believe a learned share only as far as it lies beyond what chance makes of one half.

    ``moved`` and ``whole`` are movements over steps, seen and if all of the step were loaded [%]; ``digit`` is the
    smallest step of the register [%]. Chance: currents that begin anywhere between readings have shares of variance
    1/12 each, and the difference of two rounded readings has a sixth of the square of their digit.
    """
    beyond = float(moved.sum() / whole.sum()) - 0.5
    chance = float(digit * np.sqrt(len(moved) / 6) / whole.sum()) ** 2 + 1 / (12 * len(moved))
    trust = max(0.0, 1 - CHANCE_SIGMAS**2 * chance / max(beyond**2, chance))
    return float(np.clip(0.5 + trust * beyond, 0, 1))


def step_charge(current: Floats, steps: Floats, longest: float, edges: Edges, rest_a: float) -> Floats:
    """Integrate each step between two readings [A·ms].

    Where the current changes, ``edges`` says for which share of the step the later reading already held: what begins,
    or changes under way, does so as runs begin; a charge that tapers off does so as runs end (both follow a voltage,
    not a schedule). Accepts any interval; a run's ends are uncertain by a part of a step times the current there.
    """
    now, after = current[:-1], current[1:]
    loaded, loaded_after = np.abs(now) > rest_a, np.abs(after) > rest_a
    tapers = (now < -rest_a) & (after > now) & (after <= rest_a)
    ends = loaded & ~loaded_after
    share = np.where(ends | tapers, 1 - edges.stop, edges.start)
    share = np.where(loaded & loaded_after & (np.sign(now) != np.sign(after)), 0.5, share)
    share = np.where(~loaded & ~loaded_after, 0.5, share)
    return np.where(steps <= longest, ((1 - share) * now + share * after) * steps, 0.0)


def smooth_heat(current: Floats, steps: Floats) -> Floats:
    """Smooth the squared current with the cells' thermal time constant; a gap lets it fade [A²]."""
    squares = current**2
    return _relaxed(squares[:-1], steps / (1000 * HEAT_S), float(squares[0]) if len(squares) else 0.0)


def smooth_lag(moved: Floats, steps: Floats) -> Floats:
    """Smooth a current with the time constant of diffusion, from the charge of each step [A·ms] and its length [ms].

    Over a gap nothing flows [A].
    """
    return _relaxed(moved / steps, np.minimum(steps / (1000 * LAG_S), RELAX_SPAN), 0.0)


def _relaxed(mean: Floats, passed: Floats, start: float) -> Floats:
    """Follow a first-order lag from ``start`` on: its level after each step, of ``passed`` time constants.

    Closed form of ``level += (1 - exp(-passed)) * (mean - level)``, over stretches short enough not to overflow.
    """
    clock = np.r_[0.0, np.cumsum(np.minimum(passed, RELAX_SPAN))]
    level = np.full(len(clock), start)
    cuts = np.flatnonzero(np.diff(np.floor(clock / RELAX_SPAN))) + 1
    for first, last in pairwise([0, *cuts.tolist(), len(clock) - 1]):
        weight = np.exp(clock[first : last + 1] - clock[first])
        level[first + 1 : last + 1] = (level[first] + np.cumsum(np.diff(weight) * mean[first:last])) / weight[1:]
    return level


def _runs(current: Floats, steps: Floats, longest: float, rest_a: float) -> tuple[Floats, Floats]:
    """Measure how long each reading has rested, and how long its charge or discharge still goes on [ms]."""
    state = np.where(np.abs(current) <= rest_a, 0, np.sign(current)).astype(np.int8)
    change = np.flatnonzero((state[1:] != state[:-1]) | (steps > longest)) + 1
    starts = np.r_[0, change].astype(np.int64)
    ends = np.r_[change, len(current)].astype(np.int64) - 1
    lengths = ends - starts + 1
    clock = np.r_[0.0, np.cumsum(steps)]
    rested = np.where(state == 0, clock - np.repeat(clock[starts], lengths), 0.0)
    cut_short = np.r_[steps[change - 1] > longest, True]
    still = np.repeat(clock[ends], lengths) - clock
    return rested, np.where((state == 0) | np.repeat(cut_short, lengths), np.inf, still)


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
    rest_ms, ahead_ms = _runs(current, steps, longest, scale.rest_a)
    kwh = np.nan_to_num(moved / HOUR_MS * _step_volts(volts) / 1000)
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


def _step_volts(volts: Floats) -> Floats:
    """Mean of the voltages at both ends of each step; the one that is known where the other is not [V]."""
    before, after = volts[:-1], volts[1:]
    one = np.where(np.isnan(before), after, before)
    return np.asarray(np.where(np.isnan(before) | np.isnan(after), one, (before + after) / 2))


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
