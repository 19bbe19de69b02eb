"""Reading a source's raw rows back, a stretch at a time: what feature extraction sees of the store being built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path

import polars as pl

from pipeline.contract import RAW, TS, TS_DTYPE, Group, Series
from pipeline.frames import between, in_order
from pipeline.parts import read_raw_parts

PARTS_AT_ONCE = 16
"""Parts read together; their bytes are in memory side by side [parts]."""


class History:
    """Raw readings of one source.

    Attributes
    ----------
    source : str
        Its name.
    zone : str
        The site's zone.
    series : mapping of str to Series
        By signal.
    first_ms, last_ms : int
        First and last stamp of any signal [epoch ms UTC].
    """

    def __init__(self, root: Path, source: str, zone: str, groups: Sequence[Group], series: Sequence[Series]) -> None:
        self.source = source
        self.zone = zone
        self.series: Mapping[str, Series] = {one.signal: one for one in series}
        self.first_ms = min(one.first_ms for one in series)
        self.last_ms = max(one.last_ms for one in series)
        self._root = root
        self._parts = [(part, set(part.signals)) for group in groups for part in group.parts if part.level == RAW]

    def read(self, signals: Sequence[str], start_ms: int, end_ms: int) -> pl.DataFrame:
        """Read raw rows in ``[start_ms, end_ms)``.

        Parameters
        ----------
        signals : sequence of str
            Columns, in the order wanted; one that the source lacks comes as nulls.
        start_ms, end_ms : int
            Window [epoch ms UTC].

        Returns
        -------
        DataFrame
            ``ts`` and the signals, one row per stamp at which any of them has one, sorted; null is no reading.
        """
        wanted = [
            (part, names)
            for part, held in self._parts
            if part.first_ms < end_ms and part.last_ms >= start_ms
            if (names := tuple(name for name in signals if name in held))
        ]
        pieces: dict[tuple[str, ...], list[pl.DataFrame]] = defaultdict(list)
        for at in range(0, len(wanted), PARTS_AT_ONCE):
            some = wanted[at : at + PARTS_AT_ONCE]
            frames = read_raw_parts(self._root, [(part, (TS, *names)) for part, names in some])
            for (_, names), frame in zip(some, frames, strict=True):
                pieces[names].append(between(frame, start_ms, end_ms))
        frame = reduce(_beside, map(in_order, pieces.values())) if pieces else pl.DataFrame(schema={TS: TS_DTYPE})
        there = set(frame.columns)
        missing = [pl.lit(None, pl.Float32).alias(name) for name in signals if name not in there]
        return frame.with_columns(missing).select(TS, *signals)


def _beside(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Lay two frames side by side; a signal that both hold (its clock changed company) is coalesced."""
    there = set(left.columns) - {TS}
    shared = [name for name in right.columns if name in there]
    if not shared and left[TS].equals(right[TS]):
        return left.hstack(right.drop(TS))
    joined = left.join(right, on=TS, how="full", coalesce=True, suffix="|right")
    merged = [pl.coalesce(name, f"{name}|right").alias(name) for name in shared]
    return joined.with_columns(merged).drop(f"{name}|right" for name in shared).sort(TS)
