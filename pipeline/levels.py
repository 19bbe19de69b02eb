"""The parts of one level as a build goes: each cut's share is put in place, each finished period is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import reduce
from typing import Any, Generic, TypeVar

import polars as pl
from numpy.typing import NDArray

from pipeline import contract, pyramid
from pipeline.contract import TS, Level, Part
from pipeline.frames import between, in_order, readings_of
from pipeline.parts import PartWriter, read_part, read_sheet
from pipeline.sheets import Sheet, combined, fold, sheet_of, within, without

Share = TypeVar("Share", pl.DataFrame, Sheet)
"""A cut's share of a level: a wide frame of counters or flags, or a sheet of analog signals."""


class Pending:
    """A part that is written, or being written."""

    def __init__(self, source: Part | Future[Part]) -> None:
        self._source = source

    @property
    def part(self) -> Part:
        """The part, once it is written."""
        return self._source if isinstance(self._source, Part) else self._source.result()


class LevelStack(Generic[Share]):
    """The parts of one level; a cut's share replaces what stood there.

    Parameters
    ----------
    level : Level
        An aggregated one.
    folder : tuple of str
        Source and group.
    zone : str
        The site's zone.
    writer : PartWriter
        Of the store.
    """

    def __init__(self, level: Level, folder: tuple[str, str], zone: str, writer: PartWriter) -> None:
        self.level = level
        self.parts: dict[int, Pending] = {}
        self._folder = folder
        self._zone = zone
        self._writer = writer
        self._shares: dict[int, dict[tuple[int, int], list[Share]]] = defaultdict(dict)

    def put(self, start: int, end: int, shares: Sequence[Share]) -> None:
        """Take a cut's shares, one for each clock, and write the periods that lie behind it."""
        period = contract.period_start(start, self.level.period, self._zone)
        self._shares[period][start, end] = self.cut(shares, start, end)
        self.flush(before=period)

    def flush(self, before: int | None = None) -> None:
        """Write the periods that begin before a stamp; all of them by default."""
        for period in sorted(p for p in self._shares if before is None or p < before):
            shares = self._shares.pop(period)
            standing = self.parts[period].part if period in self.parts else None
            if (written := self.write(period, shares, standing)) is not None:
                self.parts[period] = Pending(written)

    def cut(self, shares: Sequence[Share], start: int, end: int) -> list[Share]:
        """Cut the shares to the span that they are for; those that hold nothing are left out."""
        raise NotImplementedError

    def write(
        self, period: int, shares: Mapping[tuple[int, int], list[Share]], standing: Part | None
    ) -> Future[Part] | None:
        """Write a period: what stands of it, with the cuts' shares in the place of what they replace."""
        raise NotImplementedError


class FrameStack(LevelStack[pl.DataFrame]):
    """A level of counters or flags."""

    def cut(self, shares: Sequence[pl.DataFrame], start: int, end: int) -> list[pl.DataFrame]:
        """Cut the shares to a span, and join those of different clocks."""
        held = [share for share in (between(one, start, end) for one in shares) if share.height]
        if len(held) < 2:
            return held
        return [reduce(lambda a, b: a.join(b, on=TS, how="full", coalesce=True), held).sort(TS)]

    def write(
        self, period: int, shares: Mapping[tuple[int, int], list[pl.DataFrame]], standing: Part | None
    ) -> Future[Part] | None:
        """Write a period as one wide frame."""
        frames = [frame for held in shares.values() for frame in held]
        if standing is not None:
            replaced = [pl.col(TS).to_physical().is_between(*cut, closed="left") for cut in shares]
            frames.append(read_part(self._writer.root, standing).filter(~pl.any_horizontal(replaced)))
        frames = [frame for frame in frames if frame.height]
        if not frames:
            return None
        return self._writer.write(in_order(frames), self._folder, self.level.name, start_ms=period, zone=self._zone)


class SheetStack(LevelStack[Sheet]):
    """A level of analog signals."""

    def cut(self, shares: Sequence[Sheet], start: int, end: int) -> list[Sheet]:
        """Cut the shares to a span."""
        return [share for share in (within(one, start, end) for one in shares) if len(share.ts)]

    def write(
        self, period: int, shares: Mapping[tuple[int, int], list[Sheet]], standing: Part | None
    ) -> Future[Part] | None:
        """Write a period as one folded sheet."""
        sheets = [sheet for held in shares.values() for sheet in held]
        if standing is not None:
            sheets.append(without(read_sheet(self._writer.root, standing), list(shares)))
        sheets = [sheet for sheet in sheets if len(sheet.ts)]
        if not sheets:
            return None
        whole = combined(sheets)
        return self._writer.write(
            fold(whole),
            self._folder,
            self.level.name,
            start_ms=period,
            zone=self._zone,
            signals=whole.signals,
            folded=True,
        )


def analog_sheets(
    frame: pl.DataFrame, readings: NDArray[Any], levels: Sequence[Level], zone: str, tails: Sequence[float]
) -> dict[str, Sheet]:
    """Make every level of a clock's analog signals, each from the finest one below it that its buckets hold whole.

    Parameters
    ----------
    frame : DataFrame
        Raw rows.
    readings : array, shape (rows, signals)
        The same; NaN is none.
    levels : sequence of Level
        Finest first.
    zone : str
        The site's, which cuts the days.
    tails : sequence of float
        Quantiles to keep.
    """
    names = readings_of(frame)
    ts = frame[TS].to_physical().to_numpy()
    made: dict[str, Sheet] = {}
    below: list[tuple[int, pyramid.Buckets]] = [(1, pyramid.from_rows(ts, readings))]
    for level in levels:
        base = _finest_divisor(below, level, zone)
        buckets = pyramid.merge(base, pyramid.labels_of(base.ts, level, zone))
        found = pyramid.percentiles(ts, readings, pyramid.labels_of(ts, level, zone), tails) if tails else None
        made[level.name] = sheet_of(buckets, names, readings.dtype.type, found)
        below.append((level.step_ms, buckets))
    return made


def _finest_divisor(below: Sequence[tuple[int, pyramid.Buckets]], level: Level, zone: str) -> pyramid.Buckets:
    """Find the coarsest finer level whose buckets never straddle one of this level's."""
    for step, buckets in reversed(below):
        if level.step_ms % step:
            continue
        if not level.is_calendar_day or len(buckets.ts) == 0:
            return buckets
        midnights = contract.day_starts(int(buckets.ts[0]), int(buckets.ts[-1]), zone)
        if all(midnight % step == 0 for midnight in midnights):
            return buckets
    return below[0][1]
