"""The parts of one level as a build goes: each cut's share is put in place, each finished period is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import reduce
from typing import Generic, TypeVar

import polars as pl

from pipeline import contract
from pipeline.contract import TS, Level, Part
from pipeline.frames import between, in_order
from pipeline.parts import PartWriter, read_part, read_sheet
from pipeline.sheets import Sheet, combined, fold, within, without

MOST_PARTS = 8
"""Parts that one period of a level is in at most: an update adds the cuts that are new, and these are put together
again before a reader would notice that they are several [parts]."""

Span = tuple[int, int]
"""Half-open [epoch ms UTC]."""
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
        self.parts: dict[int, list[Pending]] = defaultdict(list)
        self._folder = folder
        self._zone = zone
        self._writer = writer
        self._shares: dict[int, dict[Span, list[Share]]] = defaultdict(dict)

    def put(self, start: int, end: int, shares: Sequence[Share]) -> None:
        """Take a cut's shares, one for each clock, and write the periods that lie behind it."""
        period = contract.period_start(start, self.level.period, self._zone)
        self._shares[period][start, end] = self.cut(shares, start, end)
        self.flush(before=period)

    def flush(self, before: int | None = None) -> None:
        """Write the periods that begin before a stamp; all of them by default."""
        for period in sorted(p for p in self._shares if before is None or p < before):
            shares = self._shares.pop(period)
            standing = [pending.part for pending in self.parts.pop(period, [])]
            kept = self._beside(standing, shares)
            left = [part for part in standing if part not in kept and not any(_covers(part, span) for span in shares)]
            written = self.write(period, shares, left)
            self.parts[period] = [Pending(part) for part in kept]
            if written is not None:
                self.parts[period].append(Pending(written))

    def _beside(self, standing: Sequence[Part], shares: Mapping[Span, list[Share]]) -> list[Part]:
        """Choose the parts that stay as they are beside the cuts' shares."""
        kept = [part for part in standing if not any(_meet(part, span) for span in shares)]
        alike = all(self.is_like(part, share) for part in kept for held in shares.values() for share in held)
        return kept if alike and len(kept) < MOST_PARTS else []

    def is_like(self, part: Part, share: Share) -> bool:
        """Whether a part and a share can stand beside each other: read together they must be what one part would be."""
        raise NotImplementedError

    def cut(self, shares: Sequence[Share], start: int, end: int) -> list[Share]:
        """Cut the shares to the span that they are for; those that hold nothing are left out."""
        raise NotImplementedError

    def write(self, period: int, shares: Mapping[Span, list[Share]], standing: Sequence[Part]) -> Future[Part] | None:
        """Write the cuts' shares as one part, with what stands beside what they replace."""
        raise NotImplementedError


def _meet(part: Part, span: Span) -> bool:
    """Whether a part has rows in a span."""
    return part.first_ms < span[1] and part.last_ms >= span[0]


def _covers(part: Part, span: Span) -> bool:
    """Whether all of a part's rows are in a span."""
    return span[0] <= part.first_ms and part.last_ms < span[1]


class FrameStack(LevelStack[pl.DataFrame]):
    """A level of counters or flags."""

    def is_like(self, part: Part, share: pl.DataFrame) -> bool:
        """Whatever one of them lacks is null in a common part as well."""
        return True

    def cut(self, shares: Sequence[pl.DataFrame], start: int, end: int) -> list[pl.DataFrame]:
        """Cut the shares to a span, and join those of different clocks."""
        held = [share for share in (between(one, start, end) for one in shares) if share.height]
        if len(held) < 2:
            return held
        return [reduce(lambda a, b: a.join(b, on=TS, how="full", coalesce=True), held).sort(TS)]

    def write(
        self, period: int, shares: Mapping[Span, list[pl.DataFrame]], standing: Sequence[Part]
    ) -> Future[Part] | None:
        """Write one wide frame."""
        frames = [frame for held in shares.values() for frame in held]
        replaced = [pl.col(TS).to_physical().is_between(*cut, closed="left") for cut in shares]
        frames += [read_part(self._writer.root, part).filter(~pl.any_horizontal(replaced)) for part in standing]
        frames = [frame for frame in frames if frame.height]
        if not frames:
            return None
        return self._writer.write(in_order(frames), self._folder, self.level.name, start_ms=period, zone=self._zone)


class SheetStack(LevelStack[Sheet]):
    """A level of analog signals."""

    def is_like(self, part: Part, share: Sheet) -> bool:
        """Whether their signals are the same: one that a common part holds has counts of 0 where it has no reading."""
        return part.signals == share.signals

    def cut(self, shares: Sequence[Sheet], start: int, end: int) -> list[Sheet]:
        """Cut the shares to a span."""
        return [share for share in (within(one, start, end) for one in shares) if len(share.ts)]

    def write(self, period: int, shares: Mapping[Span, list[Sheet]], standing: Sequence[Part]) -> Future[Part] | None:
        """Write one folded sheet."""
        sheets = [sheet for held in shares.values() for sheet in held]
        sheets += [without(read_sheet(self._writer.root, part), list(shares)) for part in standing]
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
