"""CSV to typed frames in UTC: the only reader of CSV.

Files of a group are read side by side, a block of rows at a time. A block is parsed by Polars, strictly: whatever it
refuses or leaves empty is read again with care (`pipeline.rows`), where every failure is counted. Files whose stamps
are equal, as text, share one clock, which is understood once, and one wide frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.clock import Clock, gather, read_clock
from pipeline.contract import FileEnd, Rejected, ResumePoint, Tally
from pipeline.discover import FoundFile
from pipeline.errors import InputError, InputLost
from pipeline.extent import extent
from pipeline.openfile import OpenFile
from pipeline.readings import settle
from pipeline.signals import Signal
from pipeline.site import Site
from pipeline.strict import JOINED_BYTES, parse_strictly

FILES_AT_ONCE = 8
"""Files whose blocks are parsed in one go; their texts are in memory together [files]."""
SHORT_AT_ONCE = 64
"""The same of short blocks, which are parsed as one text [files]."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The k-th block of every file.

    ``tallies`` count each file from its beginning (or from where it was resumed, with what was counted before), so
    the last chunk that names a file has its total.
    """

    frames: list[pl.DataFrame]
    """``ts`` strictly increasing, and Float64 signals that share this clock; null is no reading."""
    tallies: dict[Path, Tally]
    by_signal: dict[Path, dict[str, Tally]] = field(default_factory=dict)
    """Of each file that holds several signals, the tallies of each."""
    rejected: tuple[Rejected, ...] = ()
    """Files that turned out to hold no usable row, or that broke off while they were read."""
    lost: frozenset[Path] = frozenset()
    """Those of them that failed, or changed, while they were read: another time they may be whole."""
    resume: dict[Path, ResumePoint] = field(default_factory=dict)
    """Of each file finished with this chunk, where reading can start again once it has grown."""
    ends: dict[Path, FileEnd] = field(default_factory=dict)
    """Of each of them that ended plainly, where."""


def read_files(
    source: str,
    files: Sequence[FoundFile],
    *,
    zone: str,
    chunk_rows: int,
    site: Site,
    resume: Mapping[Path, ResumePoint] | None = None,
    earlier: Mapping[Path, ResumePoint] | None = None,
) -> Iterator[Chunk]:
    """Read files side by side, block by block.

    Parameters
    ----------
    source : str
        Name of the source, for what the site file says of its signals.
    files : sequence of FoundFile
        Files to read. Those that continue one series are read one after the other, in the order of time.
    zone : str
        Time zone of stamps that carry none.
    chunk_rows : int
        Rows of a file held at once [rows].
    site : Site
        Scales, offsets, plausible ranges and sentinels.
    resume : mapping, optional
        Where to start in files that have only grown since.
    earlier : mapping, optional
        Of those that start where they had ended: where else reading could have started.

    Yields
    ------
    Chunk
        Frames of all files' next rows. Frames of different chunks may overlap where files are out of order.

    Raises
    ------
    NotContinued
        What follows the end of a file of ``earlier`` cannot be understood from there alone.
    """
    signals = {signal: site.signal(source, signal) for file in files for signal in file.signals}
    corrections = {name: site.correction(source, name) for name in signals}
    scales = {name: (said.scale, said.offset) for name, said in corrections.items()}
    reader = _Reader(signals, scales, zone, chunk_rows)
    waiting = _in_order(files)
    active: list[OpenFile] = []
    while waiting or active:
        failed = _activate(waiting, active, resume or {}, earlier or {})
        yield reader.next_chunk(active, failed)
        active = [file for file in active if not file.finished]


def _in_order(files: Sequence[FoundFile]) -> list[FoundFile]:
    """Sort files that continue one series by time, so that each can wait for the one before it."""
    signals = [signal for file in files for signal in file.signals]
    if len(set(signals)) == len(signals):
        return list(files)
    starts = {file.path: (extent(file.path, file.dialect) or (0, 0))[0] for file in files}
    return sorted(files, key=lambda file: (starts[file.path], file.path))


def _activate(
    waiting: list[FoundFile],
    active: list[OpenFile],
    resume: Mapping[Path, ResumePoint],
    earlier: Mapping[Path, ResumePoint],
) -> list[InputError]:
    """Open every file none of whose signals another open file still holds."""
    failed: list[InputError] = []
    taken = {signal for file in active for signal in file.found.signals}
    for found in list(waiting):
        if taken.isdisjoint(found.signals):
            waiting.remove(found)
            try:
                active.append(OpenFile(found, resume.get(found.path), earlier.get(found.path)))
            except InputError as exc:
                failed.append(exc)
        taken.update(found.signals)
    return failed


def _rejection(exc: InputError) -> Rejected:
    return Rejected(path=str(exc.path), line=exc.line, reason=exc.reason)


class _Reader:
    """Reads one block of each of a set of files."""

    def __init__(
        self, signals: Mapping[str, Signal], scales: Mapping[str, tuple[float, float]], zone: str, chunk_rows: int
    ) -> None:
        self._signals = signals
        self._scales = scales
        self._zone = zone
        self._chunk_rows = chunk_rows

    def next_chunk(self, active: Sequence[OpenFile], failed: list[InputError]) -> Chunk:
        """Read the next block of each file."""
        clocks: list[Clock] = []
        for opened in self._filled(active, failed):
            for parsed in parse_strictly(opened):
                gather(clocks, parsed)
        frames = [frame for clock in clocks for frame in self._frames(clock)]
        rejected = [*map(_rejection, failed), *(_unusable(file) for file in active if file.is_useless)]
        return Chunk(
            frames=frames,
            tallies={file.path: file.counts.whole() for file in active},
            by_signal={file.path: file.counts.by_signal() for file in active if len(file.found.signals) > 1},
            rejected=tuple(rejected),
            lost=frozenset(exc.path for exc in failed if isinstance(exc, InputLost)),
            resume={file.path: point for file in active if file.finished and (point := file.resume_point())},
            ends={file.path: end for file in active if file.finished and (end := file.end())},
        )

    def _filled(self, active: Sequence[OpenFile], failed: list[InputError]) -> Iterator[list[OpenFile]]:
        """Read the next block of each file, and hand the files out in such numbers as are parsed in one go."""
        opened: list[OpenFile] = []
        for file in active:
            if self._fill(file, failed):
                opened.append(file)
            is_short = all(len(one.block) <= JOINED_BYTES for one in opened)
            if len(opened) >= (SHORT_AT_ONCE if is_short else FILES_AT_ONCE):
                yield opened
                opened = []
        if opened:
            yield opened

    def _fill(self, file: OpenFile, failed: list[InputError]) -> bool:
        """Read a file's next block; False where there is none."""
        try:
            return file.fill(self._chunk_rows)
        except InputError as exc:
            file.give_up()
            failed.append(exc)
            return False

    def _frames(self, clock: Clock) -> Iterator[pl.DataFrame]:
        """Understand a clock and the readings that share it."""
        for settled in read_clock(clock, self._zone):
            frame = settle(settled, self._signals, self._scales)
            if frame.height:
                yield frame


def _unusable(file: OpenFile) -> Rejected:
    tally = file.counts.whole()
    if tally.rows == 0:
        return Rejected(path=str(file.path), line=None, reason="it holds no row of readings")
    reasons = ", ".join(f"{count} {reason}" for reason, count in tally.excluded.items())
    reason = f"none of its {tally.rows} rows can be used: {reasons}"
    return Rejected(path=str(file.path), line=tally.first_bad_line, reason=reason)
