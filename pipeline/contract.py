"""The agreement on disk between the pipeline, which writes the store, and the app, which reads it.

Everything in the store is stamped in UTC, left-labelled and half-open: a row at ``ts`` of a level with step Δ covers
``[ts, ts + Δ)``. The level ``1d`` is cut at the site's midnights (a day has 23, 24 or 25 hours), finer levels in UTC.

Layout below the store's folder::

    manifest.json                                  what is published: the only file that is ever replaced
    parts/<source>/<group>/<level>/<period>.<id>.parquet   immutable, named anew whenever their content changes

A *group* (``p1_v``, ``analog``, ``counter``, ``flag``) is a wide frame of signals with one recipe of aggregates.
Level ``raw`` has a column per signal. In it, signals of a group whose clocks differ stand in parts of their own, so a
part's ``signals`` say what it holds. Other levels have a column ``<signal>|<statistic>`` each, those of analog signals
*folded*: a column per statistic, in it the signals of the part one after another, as many rows each as ``ts`` has
stamps. *Tables* (features, cycles, events) are parts as well, in the group ``table``, with the table's name as level.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import SettingsError, StoreCorrupt
from pipeline.signals import Kind

STORE_VERSION = 2
"""Raised whenever a store of an earlier version cannot be read as it is."""

MANIFEST = "manifest.json"
PARTS = "parts"
TS = "ts"
TS_DTYPE = pl.Datetime("ms", "UTC")
RAW = "raw"
TABLE_GROUP = "table"
QUALITY = "quality"
"""Level name of a group's quality rows: one per signal and cut of history."""
DEFAULT_RULES = ("5min", "15min", "1h", "1d")
PERCENTILE_MIN_SAMPLES = 20
"""Samples a bucket needs before its 1st and 99th percentile mean anything [rows]; without any such bucket a part has
no columns of them."""

STEP_CLASSES = ("energy", "gap", "glitch", "rollover", "reset", "jump", "pending")
"""Classes of the step from one counter reading to the next (see ``pipeline.counters``)."""

ANALOG_STATS = ("mean", "min", "max", "first", "last", "n")
PERCENTILE_STATS = ("p01", "p99")
COUNTER_STATS = ("first", "last", "delta", "n", *(f"n_{name}" for name in STEP_CLASSES))
FLAG_STATS = ("max", "edges", "seconds_on", "n")

ROWS_WORTH_KEEPING = len(ANALOG_STATS)
"""Raw rows that a bucket of an analog level sums up at least [rows]: one of fewer would hold more numbers than they."""

_UNIT_MS = {"s": 1_000, "min": 60_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DAY_MS = 86_400_000


def stats_of(kind: Kind, *, percentiles: bool) -> tuple[str, ...]:
    """List the statistics that a level keeps of a signal."""
    if kind is Kind.COUNTER:
        return COUNTER_STATS
    if kind is Kind.FLAG:
        return FLAG_STATS
    return (*ANALOG_STATS, *PERCENTILE_STATS) if percentiles else ANALOG_STATS


def is_kept(level: Level, kind: Kind, interval_ms: int) -> bool:
    """Whether a group keeps an aggregated level on disk; any other is made from raw rows when it is read.

    Parameters
    ----------
    level : Level
        An aggregated level.
    kind : Kind
        Of the group's signals. Counters and flags are few, and their steps are not found from a window's rows alone.
    interval_ms : int
        Median step of the group's clocks [ms].
    """
    rows = ROWS_WORTH_KEEPING if kind is Kind.ANALOG else 1
    return level.step_ms > interval_ms and level.step_ms >= rows * interval_ms


def column(signal: str, statistic: str) -> str:
    """Name the column of one statistic of one signal in an aggregated level."""
    return f"{signal}|{statistic}"


class Frozen(BaseModel):
    """Base of the manifest's records."""

    model_config = ConfigDict(frozen=True)


Record = TypeVar("Record", bound=Frozen)


class Level(Frozen):
    """One level of detail."""

    name: str
    step_ms: int
    """Bucket width [ms]; 0 for raw. A ``1d`` bucket is a calendar day of the site, nominally 86,400,000 ms."""

    @property
    def is_calendar_day(self) -> bool:
        """Whether the buckets are days of the site's calendar."""
        return self.step_ms == DAY_MS

    @property
    def period(self) -> Literal["month", "quarter", "year", "decade"]:
        """How history is cut into parts: few enough to read, small enough that a new day rewrites little."""
        if self.step_ms <= 5 * _UNIT_MS["min"]:
            return "month"
        if self.step_ms <= 60 * _UNIT_MS["min"]:
            return "quarter"
        return "year" if self.step_ms < DAY_MS else "decade"


RAW_LEVEL = Level(name=RAW, step_ms=0)


def parse_level(rule: str) -> Level:
    """Read a level's name such as ``15min``, ``1h`` or ``1d``.

    Raises
    ------
    SettingsError
        The name is no duration, or does not divide a day.
    """
    match = re.fullmatch(r"(\d+)(s|min|m|h|d)", rule.strip())
    step_ms = int(match[1]) * _UNIT_MS[match[2]] if match else 0
    if match is None or step_ms == 0 or DAY_MS % step_ms:
        raise SettingsError(f"--rules: {rule!r} is no level; write durations that divide a day, like 5min,15min,1h,1d.")
    return Level(name=rule.strip(), step_ms=step_ms)


def period_start(stamp_ms: int, period: str, zone: str) -> int:
    """Find the start of the period that a stamp lies in, cut at the site's midnight [epoch ms, UTC]."""
    local = datetime.fromtimestamp(stamp_ms / 1000, tz=UTC).astimezone(ZoneInfo(zone))
    year, month = {
        "month": (local.year, local.month),
        "quarter": (local.year, (local.month - 1) // 3 * 3 + 1),
        "year": (local.year, 1),
        "decade": (max(local.year // 10 * 10, 1), 1),
    }[period]
    return _midnight_ms(year, month, zone)


def period_end(start_ms: int, period: str, zone: str) -> int:
    """Find the exclusive end of the period that starts at ``start_ms`` [epoch ms, UTC]."""
    local = datetime.fromtimestamp(start_ms / 1000, tz=UTC).astimezone(ZoneInfo(zone))
    months = {"month": 1, "quarter": 3, "year": 12, "decade": 120}[period]
    index = local.year * 12 + local.month - 1 + months
    return _midnight_ms(index // 12, index % 12 + 1, zone)


def _midnight_ms(year: int, month: int, zone: str) -> int:
    stamp = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
    return int(stamp.timestamp() * 1000)


def period_name(start_ms: int, zone: str) -> str:
    """Name a period for its file, such as ``2024-04``."""
    local = datetime.fromtimestamp(start_ms / 1000, tz=UTC).astimezone(ZoneInfo(zone))
    return f"{local.year:04d}-{local.month:02d}"


def day_starts(first_ms: int, last_ms: int, zone: str) -> list[int]:
    """List the site's midnights from the day of ``first_ms`` to the one after ``last_ms`` [epoch ms, UTC]."""
    tz = ZoneInfo(zone)
    day = datetime.fromtimestamp(first_ms / 1000, tz=UTC).astimezone(tz).date()
    starts: list[int] = []
    while not starts or starts[-1] <= last_ms:
        starts.append(int(datetime(day.year, day.month, day.day, tzinfo=tz).timestamp() * 1000))
        day += timedelta(days=1)
    return starts


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


def unfold(frame: pl.DataFrame, signals: Sequence[str], columns: Iterable[str] | None = None) -> pl.DataFrame:
    """Lay a folded part out as ``ts`` and a column ``<signal>|<statistic>`` each.

    Parameters
    ----------
    frame : DataFrame
        As it was read: ``ts`` and statistics.
    signals : sequence of str
        The part's, in order.
    columns : iterable of str, optional
        Columns wanted; those that the part lacks are left out. All of them by default.
    """
    rows = frame.height // max(len(signals), 1)
    place = {signal: at * rows for at, signal in enumerate(signals)}
    there = {one.name: one for one in frame}
    if columns is None:
        columns = [column(signal, name) for name in there if name != TS for signal in signals]
    laid = [frame[TS][:rows]]
    for wanted in columns:
        signal, _, statistic = wanted.rpartition("|")
        if signal in place and statistic in there:
            laid.append(there[statistic].slice(place[signal], rows).alias(wanted))
    return pl.DataFrame(laid)


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
    excluded: dict[str, int] = {}
    """Rows left out by reason: unreadable, missing, out_of_range, sentinel, duplicates, conflicts, bad_stamp …"""
    noted: dict[str, int] = {}
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
    by_signal: dict[str, Tally] = {}
    """The same for each signal of a file that holds several."""
    dialect: str = ""
    """How the file was understood: the point is good only while it is understood the same way."""


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
    by_signal: dict[str, Tally] = {}
    """The same for each signal of a file that holds several."""
    resume: ResumePoint | None = None
    """None where the file is out of order and has to be read whole when it changes."""


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


_SEAL = b'{"checksum":"%s","content":'
_SEAL_LENGTH = len(_SEAL % b"00000000")


def seal(record: Frozen) -> bytes:
    """Write a record as JSON that carries its own CRC-32, so that no flipped byte can pass for a number."""
    content = record.model_dump_json().encode()
    return _SEAL % f"{zlib.crc32(content):08x}".encode() + content + b"}"


def unseal(data: bytes, kind: type[Record]) -> Record:
    """Read a sealed record.

    Raises
    ------
    StoreCorrupt
        It is damaged, or of another version.
    """
    content = data[_SEAL_LENGTH:-1]
    if data[:_SEAL_LENGTH] != _SEAL % f"{zlib.crc32(content):08x}".encode() or data[-1:] != b"}":
        raise StoreCorrupt("its checksum differs")
    try:
        return kind.model_validate_json(content)
    except ValidationError as exc:
        raise StoreCorrupt("it was written by another version") from exc


def manifest_path(store: Path) -> Path:
    """Locate the manifest of a store."""
    return store / MANIFEST
