"""The records of the manifest: what is published, and from which files."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.periods import RAW_LEVEL, Level, parse_level
from pipeline.sealed import Frozen
from pipeline.signals import Kind


class Part(Frozen):
    """One immutable Parquet file."""

    path: str
    """Relative to the store's folder."""
    level: str
    start_ms: int
    """Start of the period it belongs to [epoch ms, UTC]."""
    first_ms: int
    last_ms: int
    """First and last stamp in it [epoch ms, UTC]."""
    rows: int
    bytes: int
    checksum: str
    """CRC-32 of the whole file, as eight hexadecimal digits."""
    mtime_ns: int
    """Its modification time when it was written: a builder looks closer at a part whose time differs."""
    signals: tuple[str, ...] = ()
    """In ``raw``: the columns it holds; where it is folded: the signals in their order. Elsewhere a part holds every
    signal of its group that has data there."""
    folded: bool = False
    """Whether it has a column per statistic instead of one per signal and statistic."""


class Group(Frozen):
    """A wide frame of signals: its parts at every level."""

    source: str
    name: str
    cut: Literal["month", "day"]
    """How its raw rows are cut into parts, at the site's midnights."""
    interval_ms: int
    """Median step of its clocks when it was first built [ms]; says which levels are kept (see ``is_kept``)."""
    parts: tuple[Part, ...]


class Tally(Frozen):
    """What was counted while one file (or one series) was read; every exclusion has its reason."""

    rows: int = 0
    """Data rows found."""
    kept: int = 0
    """Rows that carry a usable reading."""
    excluded: dict[str, int] = Field(default_factory=dict)
    """Rows left out by reason: unreadable, missing, out_of_range, sentinel, duplicates, conflicts, bad_stamp …"""
    noted: dict[str, int] = Field(default_factory=dict)
    """Rows kept but remarked: out_of_order, dst_skipped (moved forward), dst_repeated …"""
    first_bad_line: int | None = None


class ResumePoint(Frozen):
    """Where reading a file can start again, so that what follows is all that an appended file costs."""

    offset: int
    """Of the first byte to read."""
    line: int
    """Its line, counted from 1."""
    ts_ms: int
    """First stamp at or after it; every row before it is earlier [epoch ms UTC]."""
    tally: Tally
    """Of the rows before it."""
    by_signal: dict[str, Tally] = Field(default_factory=dict)
    """The same for each signal of a file that holds several."""
    dialect: str = ""
    """How the file was understood: the point is good only while it is understood the same way."""


class FileEnd(Frozen):
    """Where a file had ended, if what is written behind it later can be read from there alone."""

    offset: int
    """Of the byte behind its last line."""
    line: int
    """Its lines."""
    ts_ms: int
    """Its last stamp, which is its latest [epoch ms UTC]."""
    dialect: str
    """How the file was understood."""


class SourceFile(Frozen):
    """One CSV, or those of its columns that one group holds, as it was when it was built."""

    path: str
    source: str
    group: str
    size: int
    mtime_ns: int
    head: str
    tail: str
    """Hashes of the first and the last bytes."""
    signals: tuple[str, ...]
    tally: Tally
    by_signal: dict[str, Tally] = Field(default_factory=dict)
    """The same for each signal of a file that holds several."""
    resume: ResumePoint | None = None
    """None where the file is out of order and has to be read whole when it changes."""
    end: FileEnd | None = None
    """None where its last lines may have to be read again: an open line, the repeated hour, rows out of order."""


class Rejected(Frozen):
    """A file of which no row could be used."""

    path: str
    line: int | None
    reason: str


class Series(Frozen):
    """One signal of one source."""

    source: str
    signal: str
    group: str
    kind: Kind
    unit: str
    label: str
    topic: str
    known: bool
    pack: int | None
    cell: int | None
    kept: int
    """Readings in the store."""
    first_ms: int
    last_ms: int
    interval_ms: int
    """Median step of its clock [ms]."""
    gaps: int
    """Steps longer than three times the median."""
    coverage: float
    """Share of the span, at the median step, that holds readings (0 to 1)."""
    stuck: int
    """Readings excluded from nothing, but equal to their neighbours for suspiciously long [rows]."""
    tally: Tally
    p_max_kw: float | None = None
    """Of a counter: the power that bounds a plausible step [kW]."""
    p_max_source: str | None = None
    power_seen_kw: float | None = None
    """Largest power seen beside it when its steps were classified [kW]."""


class Pack(Frozen):
    """One pack's geometry, as discovered."""

    pack: int
    cells: tuple[int, ...]
    sensors: tuple[int, ...]


class Learned(Frozen):
    """What a battery's first weeks say once and for all; later builds need not read them again."""

    safe_t: tuple[float, float] | None
    """Safe range of temperatures that is applied [°C]."""
    end_curve: tuple[float, float, float, float, tuple[float, float]] | None
    """The string's own charge-end curve (``pipeline.feature_leads``)."""
    notes: tuple[str, ...]


class Source(Frozen):
    """A meter or a battery system."""

    name: str
    kind: Literal["meter", "bess"]
    folder: str
    sample: bool
    packs: tuple[Pack, ...]
    first_ms: int
    last_ms: int
    current_sign: int | None = None
    """+1 where a positive ``bms1_c`` is discharge, -1 where it is charge, None where the data cannot tell."""
    current_sign_source: str | None = None
    notes: tuple[str, ...] = ()
    learned: Learned | None = None


class GroupRecord(Frozen):
    """A finished group with all that the manifest says of it; kept beside an unfinished build so that it resumes."""

    config_hash: str
    group: Group
    files: tuple[SourceFile, ...]
    rejected: tuple[Rejected, ...]
    series: tuple[Series, ...]


class Manifest(Frozen):
    """What is published."""

    version: int
    config_hash: str
    """Of everything but the CSVs that the store's content depends on: levels, tables, zones, ``site.toml``."""
    build_id: str
    built_at: str
    site_zone: str
    site_file: str | None
    site_hash: str
    roots: tuple[str, ...]
    rules: tuple[str, ...]
    sources: tuple[Source, ...]
    series: tuple[Series, ...]
    groups: tuple[Group, ...]
    files: tuple[SourceFile, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level, raw first, finest to coarsest."""
        return (RAW_LEVEL, *(parse_level(rule) for rule in self.rules))
