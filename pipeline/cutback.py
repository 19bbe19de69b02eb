"""A cut of history whose end is about to be read again, because its files have grown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.contract import TS
from pipeline.frames import by_clock, readings_of, stored, widen
from pipeline.levels import Pending
from pipeline.signals import Kind


@dataclass(frozen=True, slots=True)
class CutBack:
    """What stood in a cut, and from where on each signal is read again.

    Attributes
    ----------
    parts : list of Pending
        The cut's raw parts.
    frames : list of DataFrame
        Their readings, as they are stored.
    cuts : mapping of str to int
        Stamp of each signal from which on its rows are read again [epoch ms UTC].
    """

    parts: list[Pending]
    frames: list[pl.DataFrame]
    cuts: Mapping[str, int]

    def kept(self) -> list[pl.DataFrame]:
        """Return the rows that are not read again, in Float64."""
        pieces = [
            piece
            for frame in self.frames
            for cut, names in self._by_cut(frame).items()
            if (piece := _before(frame.select(TS, *names), cut)).height
        ]
        return [widen(piece) for piece in pieces]

    def is_repeated_by(self, frames: Sequence[pl.DataFrame], kinds: Mapping[str, Kind]) -> bool:
        """Whether what was read again is just what stood there, so that the parts can stay."""
        if any(set(self._by_cut(frame)) - {self._first_cut} for frame in self.frames):
            return False
        read, dropped = by_clock(frames, kinds)
        stood = [tail for frame in self.frames if (tail := _from(frame, self._first_cut)).height]
        return not dropped and len(read) == len(stood) and all(map(_is_equal, read, stood))

    @property
    def _first_cut(self) -> int:
        return min(self.cuts.values())

    def _by_cut(self, frame: pl.DataFrame) -> dict[int | None, list[str]]:
        grouped: dict[int | None, list[str]] = defaultdict(list)
        for name in readings_of(frame):
            grouped[self.cuts.get(name)].append(name)
        return grouped


def _is_equal(read: pl.DataFrame, stood: pl.DataFrame) -> bool:
    if set(read.columns) != set(stood.columns) or read.height != stood.height:
        return False
    return stored(read.select(stood.columns)).equals(stored(widen(stood)))


def _before(frame: pl.DataFrame, cut: int | None) -> pl.DataFrame:
    return frame if cut is None else frame.filter(pl.col(TS).to_physical() < cut)


def _from(frame: pl.DataFrame, cut: int) -> pl.DataFrame:
    return frame.filter(pl.col(TS).to_physical() >= cut)
