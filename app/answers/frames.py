"""Every cell of a system over time, frame by frame: what a heat map plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app import loader, query
from app.analytics import surface as shape
from app.analytics.limits import limits
from app.analytics.relative import Mode, measure_of
from app.analytics.surface import Rows
from app.answers import strings
from app.answers.cells import decimal, with_strays
from app.answers.strings import Quantity
from app.answers.window import NO_READINGS, filled, source_of
from app.shapes.answer import Answer, Floats, Ints
from app.store import Store
from pipeline.contract import DAY_MS, RAW, Level, Series

FRAMES_MAX = 60
"""Frames that are sent at most: what a reader follows in half a minute, and some 20 kB [frames]."""
_MINUTE, _HOUR = 60_000, 3_600_000
WIDTHS_MS = (
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * DAY_MS for days in (1, 2, 3, 4, 7, 14, 28, 56, 112, 224)),
)
"""Lengths of a frame that a reader can think in [ms]."""
_LIMITS = {"mV": "voltage_deviation_mv", "K": "temperature_variation_k", "1": "robust_z_warning"}
_STATISTICS = {
    "voltage": "mean of each frame; a single reading that strayed stands itself",
    "temperature": "highest reading of each frame",
    "deviation": "farthest from the string's median in each frame, with its sign",
    "neighbours": "farthest from the cells beside in each frame, with its sign",
    "z": "farthest in robust standard deviations of the string in each frame, with its sign",
}


@dataclass(frozen=True, kw_only=True)
class FramesAnswer(Answer):
    """A string over time in few frames of equal length."""

    ts: Ints
    """Left edge of each frame that holds readings [epoch ms]."""
    width_ms: int
    """Length of a frame [ms]."""
    places: tuple[tuple[int, int], ...]
    """Pack and cell (or sensor) of each column."""
    z: Floats
    """Shape (frames, places)."""
    unit: str
    quantity: str
    mode: str
    statistic: str
    limit: float | None = None


@loader.memoised
def frames(
    system: str,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    quantity: Quantity = "voltage",
    mode: Mode = "deviation",
    most: int = FRAMES_MAX,
) -> FramesAnswer:
    """Answer every cell of a system over time, in few frames.

    Parameters
    ----------
    system : str
        Name.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC], cut exactly; the whole history where None.
    quantity : {"voltage", "temperature"}
        The cells' voltages, or the temperatures of the sensors.
    mode : {"absolute", "deviation", "neighbours", "z"}
        Absolute: mean voltage, highest temperature. Else the reading farthest from the median of the string, from the
        cells beside or from the string in robust standard deviations, with its sign: a single sample is seen in its
        frame, however long that is.
    most : int
        Frames at most.

    Raises
    ------
    UnknownSource, BadParameter
        There is no such system; the end is before the start.
    """
    store = loader.current()
    source_of(store, system, "bess")
    string = strings.string_of(store, system, quantity)
    table = limits(store.site.thresholds)
    answer = _empty(store, system, string, quantity, mode)
    if not string:
        return answer
    window = filled(string, start_ms, end_ms)
    width = width_of(window[1] - window[0], most, max(string[0].interval_ms, 1))
    level = _level(store, width)
    rows = strings.read_rows(store, string, level, *window)
    packs = np.array([pack for pack, _ in answer.places], np.int64)
    ts, z = _cut(_aligned(rows, level, store.zone), mode, quantity, width, packs, strings.floor_of(quantity, table))
    ts = np.maximum(ts, window[0])
    found = strings.stray_readings(system, quantity, *window)
    z = _placed(ts, z, answer, found, width)
    readings = int(rows.count.sum())
    expected = sum((window[1] - window[0]) / max(one.interval_ms, 1) for one in string)
    share = round(min(1.0, readings / expected), 6) if expected > 0 else None
    why = None if readings else NO_READINGS
    z = decimal(z, answer.unit)
    return replace(answer, level=level.name, coverage=share, reason=why, ts=ts, width_ms=width, z=z)


def width_of(span_ms: int, most: int, interval_ms: int) -> int:
    """Choose the shortest length of a frame, of those a reader thinks in, that needs few enough frames [ms]."""
    fitting = (one for one in WIDTHS_MS if one >= interval_ms and -(-span_ms // one) <= most)
    return next(fitting, -(-span_ms // most) if span_ms > WIDTHS_MS[-1] * most else max(interval_ms, WIDTHS_MS[0]))


def _empty(store: Store, system: str, string: Sequence[Series], quantity: Quantity, mode: Mode) -> FramesAnswer:
    """Return the answer of a system of which no such cell is logged."""
    unit = strings.unit_of(quantity, mode)
    return FramesAnswer(
        build_id=store.build_id,
        level=None,
        coverage=None,
        reason=f"{system} logs no cell {quantity}.",
        ts=np.zeros(0, np.int64),
        width_ms=0,
        places=tuple((one.pack or 0, one.cell or 0) for one in string),
        z=np.zeros((0, len(string)), np.float32),
        unit=unit,
        quantity=quantity,
        mode=mode,
        statistic=_STATISTICS[quantity if mode == "absolute" else mode],
        limit=None if mode == "absolute" else limits(store.site.thresholds)[_LIMITS[unit]].value,
    )


def _level(store: Store, width_ms: int) -> Level:
    """Take the coarsest level whose buckets fit into a frame: each keeps its extremes, so nothing is lost by it."""
    fitting = [one for one in store.manifest.levels if one.name == RAW or one.step_ms <= width_ms]
    return max(fitting, key=lambda one: one.step_ms)


def _aligned(rows: Rows, level: Level, zone: str) -> Rows:
    """Let a first bucket that the window cuts begin where its level's does, so that frames hold whole buckets."""
    if level.name == RAW or not len(rows.ts):
        return rows
    return replace(rows, ts=np.append(query.floor(int(rows.ts[0]), level, zone), rows.ts[1:]))


def _cut(
    rows: Rows, mode: Mode, quantity: Quantity, width_ms: int, packs: NDArray[np.int64], floor: float
) -> tuple[Ints, Floats]:
    kept = rows.rows(rows.count.sum(axis=1) > 0)
    if mode == "absolute":
        merged = shape.merged(kept, width_ms)
        return merged.ts, merged.mean if quantity == "voltage" else merged.high
    stray = shape.deviations(kept, slice(None), measure_of(mode, packs, floor))
    return shape.farthest_of(kept.ts, stray * strings.scale_of(quantity, mode), width_ms)


def _placed(
    ts: Ints,
    z: Floats,
    answer: FramesAnswer,
    found: Sequence[tuple[int, tuple[int, int], float, float]],
    width_ms: int,
) -> Floats:
    """Let single readings that strayed stand in their frames."""
    if answer.mode == "z" or not len(ts):
        return z
    if answer.mode != "absolute":
        return with_strays(ts, z, answer.places, width_ms, found, scale=1000.0 if answer.unit == "mV" else 1.0)
    shown, column = np.array(z), {place: at for at, place in enumerate(answer.places)}
    for stamp, place, value, _ in found:
        row = int(np.searchsorted(ts, stamp, side="right")) - 1
        if place in column and row >= 0 and stamp < ts[row] + width_ms:
            shown[row, column[place]] = value
    return shown
