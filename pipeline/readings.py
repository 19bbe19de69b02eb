"""Readings on their clock: scaled, checked against what can be true, in order, one row per stamp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.clean import one_row_per_stamp
from pipeline.clock import Settled, is_plain, noted_before
from pipeline.contract import TS, TS_DTYPE
from pipeline.localtime import Ints
from pipeline.openfile import RESUME_MARGIN_MS, Parsed
from pipeline.signals import Signal
from pipeline.strict import parse_carefully
from pipeline.tallies import Counts, Reasons

Scales = Mapping[str, tuple[float, float]]


@dataclass(slots=True)
class _Checked:
    """Columns after the checks, and what these left out."""

    columns: list[pl.Series]
    excluded: dict[str, Counter[str]] = field(default_factory=dict)
    first_bad_row: dict[str, int] = field(default_factory=dict)


def settle(settled: Settled, signals: Mapping[str, Signal], scales: Scales) -> pl.DataFrame:
    """Make the wide frame of a clock, and count what happened in each member's file.

    Returns
    -------
    DataFrame
        ``ts`` strictly increasing and unique, Float64 signals; rows without any reading are left out.
    """
    block = Block(settled, signals, scales)
    whole = block.judge(settled.members, len(settled.utc))
    first_ms, end_ms = block.edges()
    for member in settled.members:
        if first_ms is not None:
            member.file.require_later(first_ms)
        history = _History(member, block, member.file.last_ms)
        counts = whole.counts(member)
        counts.noted.add(settled.noted)
        history.mark_start()
        _order(member, settled.utc, counts, is_rising=block.is_rising)
        history.mark_end(counts)
        member.file.mark_end(end_ms)
        member.file.counts.add(counts)
    names = whole.frame.columns[1:]
    if all(whole.nulls[name] for name in names):
        return whole.frame.filter(~pl.all_horizontal(pl.col(names).is_null()))
    return whole.frame


@dataclass(frozen=True, slots=True)
class _Judged:
    """Rows of a clock after all checks."""

    frame: pl.DataFrame
    excluded: dict[str, Counter[str]]
    first_bad_row: dict[str, int]
    nulls: dict[str, int]
    """Rows without a reading, by column."""

    def counts(self, member: Parsed) -> Counts:
        """Count one member's share."""
        counts = member.counts.copy()
        for name in member.values.columns:
            reasons = Reasons(self.excluded.get(name, {}))
            if member.nulls_counted:
                reasons["missing"] -= member.values[name].null_count()
            counts.excluded[name].add(reasons)
            counts.kept[name] = self.frame.height - self.nulls[name]
            left_out = sum(reasons.values())
            if left_out and name in self.first_bad_row:
                counts.note_line(member.file.block_line + member.line(self.first_bad_row[name]) + 1)
        return counts


class Block:
    """The rows that share a clock, and the checks that they go through."""

    def __init__(self, settled: Settled, signals: Mapping[str, Signal], scales: Scales) -> None:
        self.settled = settled
        self._signals = signals
        self._scales = scales
        self._strict_prefixes: dict[int, _Judged] = {}
        self._noted: dict[tuple[int, int], Counter[str]] = {}
        self._turning: dict[int, int] = {}
        self.is_rising = bool((settled.utc[1:] >= settled.utc[:-1]).all())
        """Whether no row is older than the one before it."""

    def edges(self) -> tuple[int | None, int | None]:
        """Return the earliest stamp, and the last one if it would be the same whatever followed [epoch ms UTC]."""
        utc = self.settled.utc
        if not len(utc):
            return None, None
        return int(utc.min()), int(utc[-1]) if is_plain(self.settled, len(utc) - 1) else None

    def judge(self, members: Sequence[Parsed], rows: int) -> _Judged:
        """Check the members' first rows, and leave one row per stamp."""
        utc = self.settled.utc[:rows]
        columns = [column[:rows] for member in members for column in member.values.get_columns()]
        checked = _check(pl.DataFrame(columns), self._signals, self._scales)
        frame = pl.DataFrame([pl.Series(TS, utc).cast(TS_DTYPE), *checked.columns])
        if rows > 1 and not bool((utc[1:] > utc[:-1]).all()):
            if not bool((utc[1:] >= utc[:-1]).all()):
                frame = frame.sort(TS, maintain_order=True)
            frame, dropped = one_row_per_stamp(frame, {name: self._signals[name].kind for name in frame.columns[1:]})
            for name, reasons in dropped.items():
                checked.excluded.setdefault(name, Counter()).update(reasons)
        nulls = {column.name: column.null_count() for column in frame.get_columns()}
        return _Judged(frame, checked.excluded, checked.first_bad_row, nulls)

    def counts_before(self, member: Parsed, row: int) -> Counts:
        """Count what a member's block holds before one of its rows."""
        if member.lines is not None:
            part = parse_carefully(member.file, member.line(row))
            return self.judge([part], row).counts(part)
        if row not in self._strict_prefixes:
            strict = [one for one in self.settled.members if one.lines is None]
            self._strict_prefixes[row] = self.judge(strict, row)
        part = Parsed(
            member.file, member.values[:row], Counts(member.values.columns), nulls_counted=member.nulls_counted
        )
        part.counts.rows = row
        return self._strict_prefixes[row].counts(part)

    def last_turning_row(self, last_ms: int) -> int:
        """Find the last row, well before the end, that is younger than all before it and older than all after it."""
        if last_ms not in self._turning:
            self._turning[last_ms] = _last_turning_row(self.settled.utc, last_ms)
        return self._turning[last_ms]

    def noted_before(self, row: int, last_ms: int) -> Counter[str]:
        """Count the decisions on stamps before a row, and the rows older than one before them or than ``last_ms``."""
        if (row, last_ms) not in self._noted:
            noted = Counter(noted_before(self.settled, row))
            noted["out_of_order"] += int(_late_rows(self.settled.utc[:row], last_ms).sum()) if row else 0
            self._noted[row, last_ms] = noted
        return self._noted[row, last_ms]


def _check(values: pl.DataFrame, signals: Mapping[str, Signal], scales: Scales) -> _Checked:
    """Take out what is no reading: missing, a sentinel (before scaling), or out of range (after it)."""
    names = values.columns
    if not names:
        return _Checked([])
    low = values.select(pl.all().nan_min()).row(0)
    high = values.select(pl.all().nan_max()).row(0)
    checked = _Checked([])
    for name, column, least, most in zip(names, values.get_columns(), low, high, strict=True):
        scale = scales.get(name, (1.0, 0.0))
        if column.null_count() == 0 and _is_clean(least, most, signals[name], scale):
            checked.columns.append(column if scale == (1.0, 0.0) else (column * scale[0] + scale[1]).alias(name))
        else:
            _check_column(column, signals[name], scale, checked)
    return checked


def _is_clean(least: float | None, most: float | None, signal: Signal, scale: tuple[float, float]) -> bool:
    """Whether a column of such extremes can hold nothing to take out."""
    if least is None or most is None or not np.isfinite(least) or not np.isfinite(most):
        return False
    ends = sorted((least * scale[0] + scale[1], most * scale[0] + scale[1]))
    in_range = signal.plausible[0] <= ends[0] and ends[1] <= signal.plausible[1]
    return in_range and not any(least <= sentinel <= most for sentinel in signal.sentinels)


def _check_column(column: pl.Series, signal: Signal, scale: tuple[float, float], checked: _Checked) -> None:
    name = column.name
    raw = pl.col(name)
    value = raw * scale[0] + scale[1]
    missing = (raw.is_null() | ~raw.is_finite()).fill_null(value=True)
    sentinel = ~missing & raw.is_in(list(signal.sentinels)).fill_null(value=False)
    out = ~missing & ~sentinel & ~value.is_between(*signal.plausible).fill_null(value=False)
    result = column.to_frame().select(
        pl.when(~(missing | sentinel | out)).then(value).alias(name),
        missing.alias("missing"),
        sentinel.alias("sentinel"),
        out.alias("out_of_range"),
    )
    reasons: Counter[str] = Counter()
    for reason in ("missing", "sentinel", "out_of_range"):
        reasons[reason] = int(result[reason].sum())
    if reasons.total():
        checked.excluded[name] = reasons
        checked.first_bad_row[name] = int(result[name].is_null().arg_max() or 0)
    checked.columns.append(result[name])


def _late_rows(utc: Ints, last_ms: int) -> NDArray[np.bool_]:
    """Mark the rows that are older than one before them."""
    return utc < np.maximum.accumulate(np.concatenate(([last_ms], utc[:-1])))


def _order(member: Parsed, utc: Ints, counts: Counts, *, is_rising: bool) -> None:
    """Count rows that are older than one before them, and note how far the file has come."""
    file = member.file
    if len(utc) == 0:
        return
    if utc[0] <= file.last_ms or not is_rising:
        late = utc[_late_rows(utc, file.last_ms)]
        counts.noted["out_of_order"] += len(late)
        if len(late):
            file.forget_marks(int(late.min()))
    file.last_ms = max(file.last_ms, int(utc.max()))


def _last_turning_row(utc: Ints, last_ms: int) -> int:
    """Find the last row, well before the end, that is younger than all before it and older than all after it."""
    limit = max(int(utc.max()), last_ms) - RESUME_MARGIN_MS
    if utc[0] > last_ms and bool((utc[1:] >= utc[:-1]).all()):
        row = int(np.searchsorted(utc, limit, side="right")) - 1
        return int(np.searchsorted(utc, utc[row], side="left")) if row >= 0 else -1
    earlier = np.maximum.accumulate(np.concatenate(([last_ms], utc[:-1])))
    later = np.minimum.accumulate(utc[::-1])[::-1]
    turning = np.flatnonzero(
        (utc > earlier) & (utc <= later) & (utc <= max(int(utc.max()), last_ms) - RESUME_MARGIN_MS)
    )
    return int(turning[-1]) if len(turning) else -1


@dataclass(frozen=True, slots=True)
class _History:
    """What came before each row of one member's block, so that reading can start again at some of them."""

    member: Parsed
    block: Block
    last_ms: int
    """Latest stamp before the block [epoch ms UTC]."""

    def mark_start(self) -> None:
        """Remember the block's first row."""
        utc = self.block.settled.utc
        if len(utc) and utc[0] > self.last_ms:
            self._mark(0, None)

    def mark_end(self, counts: Counts) -> None:
        """Remember a row near the end of the file's last block."""
        utc = self.block.settled.utc
        if self.member.file.is_end and len(utc):
            row = self.block.last_turning_row(self.last_ms)
            if row > 0:
                self._mark(row, counts)

    def _mark(self, row: int, whole: Counts | None) -> None:
        file, settled = self.member.file, self.block.settled
        if not file.can_resume or not is_plain(settled, row):
            return
        before = file.counts.copy()
        if line := self.member.line(row):
            before.add(self._before(row, whole))
        file.mark(line, int(settled.utc[row]), before)

    def _before(self, row: int, whole: Counts | None) -> Counts:
        """Count the rows of the block before one of them."""
        names = self.member.values.columns
        if whole is not None and self.member.lines is None and not whole.left_out:
            counts = Counts(names)
            counts.rows = row
            counts.kept.update(dict.fromkeys(names, row))
            return counts
        counts = self.block.counts_before(self.member, row)
        counts.noted.add(self.block.noted_before(row, self.last_ms))
        return counts
