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

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from pipeline.periods import (
    DAY_MS,
    RAW,
    RAW_LEVEL,
    Level,
    day_starts,
    parse_level,
    period_end,
    period_name,
    period_start,
)
from pipeline.records import (
    FileEnd,
    Group,
    GroupRecord,
    Learned,
    Manifest,
    Pack,
    Part,
    Rejected,
    ResumePoint,
    Series,
    Source,
    SourceFile,
    Tally,
)
from pipeline.sealed import Frozen, Record, seal, unseal
from pipeline.signals import Kind

__all__ = [
    "ANALOG_STATS",
    "COUNTER_STATS",
    "DAY_MS",
    "DEFAULT_RULES",
    "FLAG_STATS",
    "MANIFEST",
    "PARTS",
    "PERCENTILE_MIN_SAMPLES",
    "PERCENTILE_STATS",
    "QUALITY",
    "RAW",
    "RAW_LEVEL",
    "ROWS_WORTH_KEEPING",
    "STEP_CLASSES",
    "STORE_VERSION",
    "TABLE_GROUP",
    "TS",
    "TS_DTYPE",
    "FileEnd",
    "Frozen",
    "Group",
    "GroupRecord",
    "Learned",
    "Level",
    "Manifest",
    "Pack",
    "Part",
    "Record",
    "Rejected",
    "ResumePoint",
    "Series",
    "Source",
    "SourceFile",
    "Tally",
    "column",
    "day_starts",
    "is_kept",
    "manifest_path",
    "parse_level",
    "period_end",
    "period_name",
    "period_start",
    "seal",
    "stats_of",
    "unfold",
    "unseal",
]

STORE_VERSION = 2
"""Raised whenever a store of an earlier version cannot be read as it is."""

MANIFEST = "manifest.json"
PARTS = "parts"
TS = "ts"
TS_DTYPE = pl.Datetime("ms", "UTC")
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


def manifest_path(store: Path) -> Path:
    """Locate the manifest of a store."""
    return store / MANIFEST
