"""One group of signals on its way from CSV blocks to parts: raw rows by month, and the levels made from them.

History is cut at the site's midnights into months (days, for loggers of a few seconds). A cut is the unit of work:
whatever changes inside it, that cut is written anew and every other one is left alone, so that a full build and an
update are the same code. Signals of a group share one frame as long as their clocks are equal; where they differ in
a cut, each clock has a raw part of its own, and the levels, which share their buckets, are joined again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import contract, counters, coverage, pyramid
from pipeline.contract import QUALITY, RAW, TS, Group
from pipeline.cutback import CutBack
from pipeline.cuts import Cuts
from pipeline.frames import between, by_clock, matrix_of, readings_of, stored, widen
from pipeline.levels import FrameStack, LevelStack, Pending, SheetStack
from pipeline.parts import PartWriter, read_part
from pipeline.recipes import analog_sheets, classified_counters, counter_levels, flag_levels
from pipeline.sheets import Sheet
from pipeline.signals import Kind
from pipeline.work import GroupPlan

FLAG_GAP_FACTOR = 3.0
"""A flag's reading stands for no longer than this many median steps."""

Recipe = Callable[[pl.DataFrame, NDArray[Any]], tuple[pl.DataFrame, Mapping[str, Any]]]
"""From a cut's raw rows of one clock (as a frame and as a matrix) to the rows to keep and each level's share."""


class GroupBuilder:
    """Takes frames in, puts parts out."""

    def __init__(
        self,
        plan: GroupPlan,
        writer: PartWriter,
        old: Group | None = None,
        counter_limits: Mapping[str, tuple[float, str]] | None = None,
    ) -> None:
        self._plan = plan
        self._writer = writer
        self._kinds = {name: signal.kind for name, signal in plan.signals.items()}
        self._interval_ms = old.interval_ms if old else 0
        self._cuts = Cuts(old.cut if old else "month", plan.zone)
        self._open: dict[int, list[pl.DataFrame]] = defaultdict(list)
        self._raw: dict[int, list[Pending]] = defaultdict(list)
        self._near: dict[int, list[pl.DataFrame]] = {}
        self._cut_back: dict[int, CutBack] = {}
        self._underived: set[int] = set()
        self._quality: dict[int, pl.DataFrame] = {}
        self._standing_quality: pl.DataFrame | None = None
        self._all_quality: pl.DataFrame | None = None
        stack = SheetStack if plan.kind is Kind.ANALOG else FrameStack
        folder = (plan.source, plan.name)
        self._stacks: dict[str, LevelStack[Any]] = {
            level.name: stack(level, folder, plan.zone, writer) for level in plan.levels
        }
        self.counter_limits = dict(counter_limits or {})
        self.conflicts: dict[str, int] = {}
        for part in old.parts if old else ():
            if part.level == RAW:
                self._raw[part.start_ms].append(Pending(part))
            elif part.level == QUALITY:
                self._standing_quality = read_part(writer.root, part)
            elif part.level in self._stacks:
                self._stacks[part.level].parts[part.start_ms].append(Pending(part))

    def cut_back(self, cuts: Mapping[str, int]) -> None:
        """Forget the raw rows of each signal from its stamp in ``cuts`` on: they are about to be read again."""
        if not cuts:
            return
        earliest = min(cuts.values())
        for start in [start for start in self._raw if self._cuts.end(start) > earliest]:
            frames = [frame.select(TS, *readings_of(frame)) for frame in self._read_raw(start)]
            self._cut_back[start] = CutBack(self._raw.pop(start), frames, cuts)
            self._open[start] = []

    def add(self, frames: Iterable[pl.DataFrame]) -> None:
        """Take the next block's frames, and finish the cuts that every frame has passed."""
        reached: list[int] = []
        for frame in frames:
            if frame.height == 0:
                continue
            ts = frame[TS].to_physical().to_numpy()
            if not self._interval_ms:
                self._settle_cut(ts)
            starts = self._cuts.starts(int(ts[0]), int(ts[-1]))
            edges = np.searchsorted(ts, np.asarray([*starts[1:], np.iinfo(np.int64).max]))
            low = 0
            for start, high in zip(starts, edges, strict=True):
                if high > low:
                    self._open[start].append(frame[low:high])
                low = int(high)
            reached.append(starts[-1])
        for start in sorted(start for start in self._open if reached and start < min(reached)):
            self._close(start)

    def finish(self) -> Group:
        """Write what is still open and return the group.

        Raises
        ------
        StoreCorrupt
            A part of the last build that has to be read again is damaged.
        """
        for start in sorted(self._open):
            self._close(start)
        self._all_quality = self._gather_quality()
        if self._plan.kind is Kind.COUNTER:
            self._settle_limits()
        for start in sorted(self._with_neighbours(self._underived)):
            self._derive(start, self._context(start))
        parts = [pending.part for start in sorted(self._raw) for pending in self._raw[start]]
        for stack in self._stacks.values():
            stack.flush()
            parts += [pending.part for start in sorted(stack.parts) for pending in stack.parts[start]]
        if (rows := self.quality) is not None:
            first = int(rows[TS].to_physical()[0])
            folder = (self._plan.source, self._plan.name)
            parts.append(self._writer.write(rows, folder, QUALITY, start_ms=first, zone=self._plan.zone).result())
        return Group(
            source=self._plan.source,
            name=self._plan.name,
            cut=self._cuts.size,
            interval_ms=self._interval_ms,
            parts=tuple(parts),
        )

    @property
    def quality(self) -> pl.DataFrame | None:
        """How complete each signal is in each cut (``pipeline.coverage``), in order of time; None without any cut."""
        return self._all_quality

    def _gather_quality(self) -> pl.DataFrame | None:
        frames = [self._quality[start] for start in sorted(self._quality)]
        if self._standing_quality is not None:
            made = self._standing_quality[TS].to_physical().is_in(list(self._quality))
            frames.insert(0, self._standing_quality.filter(~made))
        if not frames:
            return None
        rows = pl.concat(frames, how="vertical_relaxed")
        return rows if rows[TS].is_sorted() else rows.sort(TS, maintain_order=True)

    # Raw ----------------------------------------------------------------------------------------------------------

    def _settle_cut(self, ts: pyramid.Ints) -> None:
        steps = np.diff(ts)
        self._interval_ms = int(np.median(steps)) if len(steps) else contract.DAY_MS
        self._cuts = Cuts.of_interval(self._interval_ms, self._plan.zone)

    def _close(self, start: int) -> None:
        frames = self._open.pop(start)
        if (standing := self._cut_back.pop(start, None)) is not None:
            if standing.is_repeated_by(frames, self._kinds):
                self._raw[start] = standing.parts
                return
            frames = [*standing.kept(), *frames]
        old = [widen(frame.select(TS, *readings_of(frame))) for frame in self._read_raw(start)]
        frames, conflicts = by_clock([*old, *frames], self._kinds)
        for reason, count in conflicts.items():
            self.conflicts[reason] = self.conflicts.get(reason, 0) + count
        frames = [stored(frame) for frame in frames]
        self._write_raw(start, frames)
        matrices = [matrix_of(frame) for frame in frames]
        rows = pl.concat(
            [coverage.quality(frame, each, self._plan.moving) for frame, each in zip(frames, matrices, strict=True)]
        )
        stamp = pyramid.stamps(np.full(rows.height, start, np.int64))
        self._quality[start] = pl.DataFrame([stamp, *rows.get_columns()])
        if self._margin_ms(start):
            self._underived.add(start)
        else:
            self._derive(start, frames, matrices)

    def _write_raw(self, start: int, frames: Sequence[pl.DataFrame]) -> None:
        folder = (self._plan.source, self._plan.name)
        self._raw[start] = [
            Pending(
                self._writer.write(frame, folder, RAW, start_ms=start, zone=self._plan.zone, signals=readings_of(frame))
            )
            for frame in frames
            if frame.height
        ]

    def _read_raw(self, start: int) -> list[pl.DataFrame]:
        return [read_part(self._writer.root, pending.part) for pending in self._raw.get(start, [])]

    # Levels -------------------------------------------------------------------------------------------------------

    def _margin_ms(self, start: int) -> int:
        """How far beyond a cut its levels depend on raw rows: nothing, for aligned buckets of analog signals."""
        if self._plan.kind is not Kind.ANALOG:
            return counters.LOOK_BACK_MS
        fine = [level.step_ms for level in self._plan.levels if not level.is_calendar_day]
        edges = (start, self._cuts.end(start))
        return max((step for step in fine if any(edge % step for edge in edges)), default=0)

    def _with_neighbours(self, starts: set[int]) -> set[int]:
        """Add the cuts whose levels depend on rows of these."""
        spans = self._spans()
        reaches = {other: self._reach(other, spans) for other in self._raw}
        changed = [(start, self._cuts.end(start)) for start in starts]
        return {
            other for other, (low, high) in reaches.items() if any(start < high and end > low for start, end in changed)
        }

    def _spans(self) -> list[tuple[list[int], list[int]]]:
        """List, for each counter, the first and the last reading of every cut that has any."""
        if self._plan.kind is not Kind.COUNTER or (rows := self.quality) is None:
            return []
        rows = rows.filter(pl.col(TS).to_physical().is_in(list(self._raw)))
        by_signal = rows.filter(pl.col("kept") > 0).sort("first_ms").partition_by("signal")
        return [(frame["first_ms"].to_list(), frame["last_ms"].to_list()) for frame in by_signal]

    def _reach(self, start: int, spans: Sequence[tuple[list[int], list[int]]]) -> tuple[int, int]:
        """Find the span of raw rows that a cut's levels depend on.

        A counter's step ends at its next reading, however long the gap before it.
        """
        low, high = start, self._cuts.end(start)
        for firsts, lasts in spans:
            after, before = bisect_left(firsts, self._cuts.end(start)), bisect_left(lasts, start) - 1
            high = max(high, firsts[after]) if after < len(firsts) else high
            low = min(low, lasts[before]) if before >= 0 else low
        return low - self._margin_ms(start), high + self._margin_ms(start)

    def _context(self, start: int) -> list[pl.DataFrame]:
        """Read a cut's raw rows with all those around it that its levels depend on."""
        low, high = self._reach(start, self._spans())
        near = sorted(other for other in self._raw if other < high and self._cuts.end(other) > low)
        self._near = {other: self._near.get(other) or self._read_raw(other) for other in near}
        frames = [
            between(frame.select(TS, *readings_of(frame)), low, high) for other in near for frame in self._near[other]
        ]
        return by_clock(frames, self._kinds)[0]

    def _derive(
        self, start: int, frames: Sequence[pl.DataFrame], matrices: Sequence[NDArray[Any]] | None = None
    ) -> None:
        """Make a cut's share of every level."""
        end = self._cuts.end(start)
        recipes: dict[Kind, Recipe] = {
            Kind.ANALOG: self._analog,
            Kind.COUNTER: self._counter,
            Kind.FLAG: self._flag,
        }
        recipe = recipes[self._plan.kind]
        shares: dict[str, list[Any]] = defaultdict(list)
        classified: list[pl.DataFrame] = []
        for frame, matrix in zip(frames, matrices or map(matrix_of, frames), strict=True):
            prepared, levels = recipe(frame, matrix)
            classified.append(between(prepared, start, end))
            for name, share in levels.items():
                shares[name].append(share)
        if self._plan.kind is Kind.COUNTER:
            self._write_raw(start, classified)
        for name, stack in self._stacks.items():
            if contract.is_kept(stack.level, self._plan.kind, self._interval_ms):
                stack.put(start, end, shares[name])

    def _analog(self, frame: pl.DataFrame, readings: NDArray[Any]) -> tuple[pl.DataFrame, dict[str, Sheet]]:
        kept = [one for one in self._plan.levels if contract.is_kept(one, Kind.ANALOG, self._interval_ms)]
        tails = (0.01, 0.99) if self._plan.has_percentiles else ()
        return frame, analog_sheets(frame, readings, kept, self._plan.zone, tails)

    def _counter(self, frame: pl.DataFrame, _: NDArray[Any]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
        limits_kw = {name: limit for name, (limit, _) in self.counter_limits.items()}
        classified = classified_counters(frame, limits_kw, float(self._interval_ms))
        return classified, counter_levels(classified, self._plan.levels, self._plan.zone)

    def _flag(self, frame: pl.DataFrame, _: NDArray[Any]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
        longest_ms = FLAG_GAP_FACTOR * self._interval_ms
        return frame, flag_levels(frame, longest_ms, self._plan.levels, self._plan.zone)

    def _settle_limits(self) -> None:
        """Fix the power that bounds each counter's steps, over the whole history; make all levels anew if it moved."""
        for name in self._plan.signals:
            site_limit, seen = self._plan.p_max_kw.get(name, (None, None))
            ts, readings = (
                self._history(name) if site_limit is None and seen is None else (np.zeros(0, np.int64), np.zeros(0))
            )
            limit = counters.p_max_kw(ts, readings, power_extreme_kw=seen, site_p_max_kw=site_limit)
            if self.counter_limits.get(name) != limit:
                self._underived |= set(self._raw)
            self.counter_limits[name] = limit

    def _history(self, name: str) -> tuple[pyramid.Ints, NDArray[np.float64]]:
        """Read every reading of one signal."""
        frames = [
            widen(read_part(self._writer.root, pending.part, [TS, name])).drop_nulls()
            for start in sorted(self._raw)
            for pending in self._raw[start]
            if name in pending.part.signals
        ]
        if not frames:
            return np.zeros(0, np.int64), np.zeros(0)
        whole = pl.concat(frames)
        return whole[TS].to_physical().to_numpy(), whole[name].cast(pl.Float64).to_numpy()
