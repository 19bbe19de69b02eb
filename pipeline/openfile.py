"""One file while it is read: its current block, what was counted, and where a later build could go on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.blocks import BlockReader
from pipeline.contract import FileEnd, ResumePoint
from pipeline.discover import FoundFile
from pipeline.errors import InputError, NotContinued
from pipeline.localtime import Ints
from pipeline.tallies import Counts
from pipeline.truncation import breaks_off

RESUME_MARGIN_MS = 3 * 3_600_000
"""A resume point lies this far before the last row, so that both passes of a repeated hour are read again [ms]."""
_STRETCH_MAX = 64
"""A block that lies within a repeated hour is doubled until it leaves it, at most to this many times its size."""


class Mark(NamedTuple):
    """A row that reading could start at."""

    offset: int
    line: int
    ts_ms: int
    counts: Counts


class OpenFile:
    """A file between its first block and its last."""

    def __init__(self, found: FoundFile, resume: ResumePoint | None = None, earlier: ResumePoint | None = None) -> None:
        self.found = found
        self.path: Path = found.path
        self.dialect = found.dialect
        offset = resume.offset if resume else found.dialect.data_offset
        line = resume.line - 1 if resume else found.dialect.skip_lines
        self._reader = BlockReader(found.path, found.dialect, offset, line)
        by_signal = resume.by_signal or dict.fromkeys(found.signals, resume.tally) if resume else None
        self.counts = Counts(found.signals, by_signal)
        self.last_ms = resume.ts_ms - 1 if resume else -(2**62)
        """Latest stamp so far."""
        self.finished = False
        self.broken = False
        self.block = b""
        self.block_line = line
        """Lines before the block."""
        self.is_end = False
        """Whether the block is the file's last."""
        self._block_offset, self._ends = offset, 0
        self._marks: list[Mark] = []
        self._earlier = earlier
        self._continued_ms = None if earlier is None else self.last_ms
        self._is_whole = False
        self._end_ms: int | None = None
        self._stretch = 1
        self._failure: InputError | None = None

    @property
    def encoding(self) -> str:
        """Encoding of the block."""
        return self._reader.encoding

    @property
    def can_resume(self) -> bool:
        """Whether bytes of the file can be told from bytes of the block."""
        return not self.broken and not self.dialect.encoding.startswith("utf-16")

    @property
    def is_useless(self) -> bool:
        """Whether it was read to its end without a single reading."""
        return self.finished and not self.broken and not sum(self.counts.kept.values())

    def fill(self, rows: int) -> bool:
        """Read the next block; False where nothing is left.

        Raises
        ------
        InputError
            The file cannot be read any further.
        """
        if self._failure is not None:
            raise self._failure
        self._block_offset, self.block_line = self._reader.offset, self._reader.line
        self.block = b"" if self._reader.done else self._reader.read(rows * self._stretch)
        self._ends = self._reader.ends
        self.is_end = self._reader.done or not self.block
        self.finished = self.is_end
        if self.block:
            self._is_whole = self.block.endswith(self.dialect.newline.encode())
        if self._continued_ms is not None and not self._is_whole:
            # Whether a line without an end is cut off, those before it tell.
            raise NotContinued(f"{self.path}: its last line is open")
        if self.is_end and breaks_off(self.block, self.dialect):
            cut = self.block.rfind(self.dialect.newline.encode()) + 1
            lines = self.block.count(self.dialect.newline.encode())
            self.block, self._ends = self.block[:cut], lines
            self.counts.rows += 1
            self.counts.exclude_rows("truncated_line", 1)
            self.counts.note_line(self.block_line + lines + 1)
        return bool(self.block)

    def require_later(self, first_ms: int) -> None:
        """See that what follows a file's former end is younger than all before it.

        Raises
        ------
        NotContinued
            It is not, so both have to be read together.
        """
        if self._continued_ms is not None and first_ms <= self._continued_ms:
            raise NotContinued(f"{self.path}: it goes on before it had ended")
        self._continued_ms = None

    def give_up(self) -> None:
        """Stop reading a file that broke off."""
        self.finished, self.broken = True, True

    @property
    def is_stretched_out(self) -> bool:
        """Whether the block may not grow any further."""
        return self._stretch >= _STRETCH_MAX

    def hold_back(self, lines: int) -> None:
        """Leave all but the first lines of the block for the next one, which is twice as long if that is all of it."""
        self._stretch = 1 if lines else self._stretch * 2
        self._failure = None
        self._shorten(lines)

    def end_before(self, line: int, reason: str) -> None:
        """Read no further than to a line of the block, counted from 0, that what follows cannot be understood from."""
        self._failure = InputError(self.path, self.block_line + line + 1, reason)
        self._shorten(line)

    def _shorten(self, lines: int) -> None:
        self._reader.rewind(self.block, lines)
        self.block, self._ends = self.first_lines(lines), lines
        self.finished = self.is_end = False

    def first_lines(self, lines: int) -> bytes:
        """Return the first lines of the block."""
        return self.block[: self._reader.line_offset(self.block, lines)]

    def offset_of(self, line: int) -> int:
        """Find the byte of the file at which a line of the block begins."""
        return self._block_offset + self._reader.line_offset(self.block, line, self._ends)

    def mark(self, line: int, ts_ms: int, counts: Counts) -> None:
        """Remember a row of the block that reading could start at, and what was counted before it."""
        self._marks.append(Mark(self.offset_of(line), self.block_line + line, ts_ms, counts))

    def mark_end(self, end_ms: int | None) -> None:
        """Remember the stamp that the file ends with; None where more rows could change what it is."""
        self._end_ms = end_ms

    def forget_marks(self, late_ms: int) -> None:
        """Drop the marks that a row older than them follows."""
        self._marks = [mark for mark in self._marks if mark.ts_ms <= late_ms]
        if self._earlier is not None and self._earlier.ts_ms > late_ms:
            self._earlier = None

    def end(self) -> FileEnd | None:
        """Say where the file ended, if all before can stand as it is whatever follows."""
        if self._end_ms is None or self._end_ms != self.last_ms or not self._is_whole or not self.can_resume:
            return None
        return FileEnd(offset=self._reader.offset, line=self._reader.line, ts_ms=self._end_ms, dialect=self.dialect.key)

    def resume_point(self) -> ResumePoint | None:
        """Choose the latest row, well before the last, from which reading gives what reading everything gives."""
        good = [mark for mark in self._marks if mark.ts_ms <= self.last_ms - RESUME_MARGIN_MS]
        if not self.can_resume:
            return None
        if not good:
            return self._earlier
        mark = max(good, key=lambda mark: mark.offset)
        return ResumePoint(
            offset=mark.offset,
            line=mark.line + 1,
            ts_ms=mark.ts_ms,
            tally=mark.counts.whole(),
            by_signal=mark.counts.by_signal() if len(self.found.signals) > 1 else {},
            dialect=self.dialect.key,
        )


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's block as typed rows, its stamps not yet understood as instants."""

    file: OpenFile
    values: pl.DataFrame
    """Float64, one column per signal; null and NaN are no reading."""
    counts: Counts
    """Rows of the block, and what is left out already."""
    texts: pl.Series | None = None
    """Stamps as text, all in the file's one notation; else ``ms`` and ``instant`` are there."""
    ms: Ints | None = None
    instant: NDArray[np.bool_] | None = None
    lines: Ints | None = None
    """Line of each row, from 0 at the block's first; None where every line is a row."""
    nulls_counted: bool = False
    """Whether nulls in ``values`` are counted in ``counts`` already."""

    def line(self, row: int) -> int:
        """Tell the line of a row, from 0 at the block's first."""
        return row if self.lines is None else int(self.lines[row])
