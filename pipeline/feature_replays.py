"""Readings that repeat those of the day before: a logger that plays its memory again instead of measuring."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contract import DAY_MS, TS_DTYPE
from pipeline.feature_blocks import Block, Mask, Places, find_places, read_blocks, schema
from pipeline.feature_charge import Ints
from pipeline.feature_string import RawReader
from pipeline.signals import Kind

REPLAY_SAMPLES = 60
"""More successive readings than this, each equal to the one 24 h earlier, are a replay. Source: docs/methods.md."""
REPLAY_MOVES = 20
"""... in which the reading changed at least this often: a series at rest equals its yesterday without any fault."""
REPLAY_VALUES = 5
"""... and took at least so many different values: what is switched by the clock repeats two or three."""
STRIDE = 8
"""A cell is looked at closely only where every so-manieth reading repeats [rows]."""
OWN_CLOCK_SHARE = 0.05
"""A series that lacks a reading at more than this share of the stamps is looked at closely in any case [1]."""
LOOK_BACK_DAYS = 2
"""Rows kept from before a block: the day before, and what that is compared with [d]."""

REPLAYS = schema(
    {"ts": TS_DTYPE, "signal": pl.String, "first": TS_DTYPE, "last": TS_DTYPE, "samples": pl.UInt32},
)
"""One row per signal and day with replayed readings: ``first`` of the stretch (at most a day earlier), ``last`` and the
count of those within the day."""

Row = tuple[int, str, int, int, int]


@dataclass
class ReplayWatch:
    """Looks for replays in the blocks of some series, in order.

    A row of a day depends on the two days before it alone, so that an appended day gives what a build from nothing
    gives. Longest sampling interval: 23 min (more than 60 readings have to fit into a day). Weakness: a stretch that
    stood still cannot be told from its replay.
    """

    places: Places
    rows: list[Row] = field(default_factory=list)
    _ts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    _values: NDArray[np.float32] | None = None

    def look(self, block: Block) -> None:
        """Look through one more block."""
        tail = self._values if self._values is not None else block.values[:0]
        ts = np.concatenate([self._ts, block.ts])
        midnights = [int(block.days[day]) for day, _, _ in block.day_edges]
        suspects = _suspects(ts, tail, block.values, int(np.searchsorted(ts, block.ts[0] - DAY_MS)))
        shared = _all_day_before(ts) if len(suspects) else None
        for column in suspects:
            readings = np.concatenate([tail[:, column], block.values[:, column]])
            known = ~np.isnan(readings)
            if known.sum() <= REPLAY_SAMPLES:
                continue
            stamps, own = (ts, shared) if known.all() else (ts[known], None)
            found = _replays(stamps, readings[known], own or _all_day_before(stamps), midnights, int(block.ts[-1]) + 1)
            self.rows += [(midnight, self.places.signals[column], *rest) for midnight, *rest in found]
        keep = int(np.searchsorted(ts, int(block.ts[-1]) - LOOK_BACK_DAYS * DAY_MS))
        self._ts, self._values = ts[keep:], _rows(tail, block.values, np.arange(keep, len(ts)))

    def frame(self) -> pl.DataFrame:
        """Lay the rows out."""
        made = pl.DataFrame(self.rows, schema=REPLAYS.names(), orient="row")
        return made.cast({name: pl.Int64 for name in REPLAYS.names() if name != "signal"}).cast(REPLAYS)


def other_replays(reader: RawReader, begin: int) -> Iterator[pl.DataFrame]:
    """Look through a source's other measured series: currents, powers and temperatures that are no cells'.

    Those that share a clock are read together. States in whole per cents and flags are left out: they repeat of
    themselves.

    Formula: more than 60 successive readings equal those of 24 h before, moving at least 20 times over five values.
    Units: readings. Source: gates of docs/methods.md. Longest sampling interval: 23 min. Weakness: states in whole per
    cents and flags repeat of themselves, and are left out.
    """
    clocks: dict[tuple[str, int, int, int, int], list[str]] = defaultdict(list)
    for name, one in sorted(reader.series.items()):
        if one.kind is Kind.ANALOG and (one.pack is None or one.cell is None):
            clocks[one.group, one.interval_ms, one.kept, one.first_ms, one.last_ms].append(name)
    for (_, interval_ms, *_), names in clocks.items():
        nowhere = np.zeros(len(names), np.int16)
        watch = ReplayWatch(Places(tuple(names), nowhere, nowhere))
        for block in read_blocks(reader, watch.places, begin, max(float(interval_ms), 1.0)):
            watch.look(block)
        if watch.rows:
            yield watch.frame()


def watches(reader: RawReader) -> dict[str, ReplayWatch]:
    """Make a watch for the cells (V) and one for the sensors (°C)."""
    return {unit: ReplayWatch(find_places(reader, unit)) for unit in ("V", "°C")}


def _day_before(ts: Ints, rows: Ints, step: float) -> tuple[Ints, Mask]:
    """Find the row 24 h before each of some rows, and whether there is one within half a step."""
    wanted = ts[rows] - DAY_MS
    after = np.clip(np.searchsorted(ts, wanted), 0, len(ts) - 1)
    before = np.maximum(after - 1, 0)
    place = np.where(np.abs(ts[before] - wanted) < np.abs(ts[after] - wanted), before, after)
    return place, np.abs(ts[place] - wanted) <= step / 2


def _rows(tail: NDArray[np.float32], values: NDArray[np.float32], rows: Ints) -> NDArray[np.float32]:
    """Take some rows of two matrices that stand one above the other, without copying either whole."""
    upper = rows < len(tail)
    if not upper.any():
        return values[rows - len(tail)]
    taken = np.empty((len(rows), values.shape[1]), np.float32)
    taken[upper], taken[~upper] = tail[rows[upper]], values[rows[~upper] - len(tail)]
    return taken


def _suspects(ts: Ints, tail: NDArray[np.float32], values: NDArray[np.float32], begin: int) -> Ints:
    """Find the columns worth a close look: every ``STRIDE``-th reading equals that of 24 h earlier, and some moved.

    One with many stamps without a reading has a clock of its own: whether it repeats is seen on that clock alone.
    """
    if len(ts) < REPLAY_SAMPLES:
        return np.zeros(0, np.int64)
    rows = np.arange(begin, len(ts), STRIDE)
    place, near = _day_before(ts, rows, float(np.median(np.diff(ts))))
    looked = _rows(tail, values, rows)
    same = (looked == _rows(tail, values, place)) & near[:, None]
    needed = REPLAY_SAMPLES // STRIDE - 1
    moved = np.zeros_like(same)
    moved[1:] = looked[1:] != looked[:-1]
    if len(same) < needed:
        return np.zeros(0, np.int64)
    run = same[needed - 1 :].copy()
    for shift in range(1, needed):
        run &= same[needed - 1 - shift : len(same) - shift]
    repeats = run.any(axis=0) & ((same & moved).sum(axis=0) >= 2)
    return np.flatnonzero(repeats | (np.isnan(looked).mean(axis=0) > OWN_CLOCK_SHARE)).astype(np.int64)


def _all_day_before(ts: Ints) -> tuple[Ints, Mask]:
    return _day_before(ts, np.arange(len(ts)), float(np.median(np.diff(ts))))


def _replays(
    ts: Ints, values: NDArray[np.float32], before: tuple[Ints, Mask], midnights: list[int], end: int
) -> Iterator[tuple[int, int, int, int]]:
    """List the days on which one series replays, a day's window being the day itself and the one before."""
    place, near = before
    same = near & (values == values[place])
    for low, high in _stretches(same, values):
        begun = max(bisect_right(midnights, int(ts[low])) - 1, 0)
        ended = bisect_right(midnights, int(ts[high - 1]) + DAY_MS)
        for at in range(begun, min(ended, len(midnights))):
            midnight = midnights[at]
            until = midnights[at + 1] if at + 1 < len(midnights) else end
            first, last = _clip(ts, low, high, midnight - DAY_MS, until)
            own = int(np.searchsorted(ts[first:last], midnight)) + first
            if last > own and _is_replay(values[first:last]):
                yield midnight, int(ts[first]), int(ts[last - 1]), last - own


def _stretches(same: Mask, values: NDArray[np.float32]) -> list[tuple[int, int]]:
    """List the stretches of repeated readings that are long enough and move often enough for a replay."""
    edges = np.flatnonzero(np.diff(np.r_[False, same, False].astype(np.int8))).reshape(-1, 2)
    edges = edges[edges[:, 1] - edges[:, 0] > REPLAY_SAMPLES]
    if not len(edges):
        return []
    moves = np.r_[0, np.cumsum(values[1:] != values[:-1])]
    moved = moves[edges[:, 1] - 1] - moves[edges[:, 0]]
    return [(low, high) for low, high in edges[moved >= REPLAY_MOVES].tolist()]


def _clip(ts: Ints, low: int, high: int, begin: int, end: int) -> tuple[int, int]:
    first, last = (int(one) for one in np.searchsorted(ts, (begin, end)))
    return max(low, first), max(min(high, last), low)


def _is_replay(values: NDArray[Any]) -> bool:
    if len(values) <= REPLAY_SAMPLES:
        return False
    moves = int((values[1:] != values[:-1]).sum())
    return moves >= REPLAY_MOVES and len(np.unique(values)) >= REPLAY_VALUES
