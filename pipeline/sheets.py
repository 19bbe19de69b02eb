"""Sheets: one level of a group of analog signals, a matrix per statistic, and its folded form on disk.

A pack's hour holds 52 signals of six to eight statistics. A Parquet column costs the same whether it holds a thousand
numbers or fifty thousand, so a sheet is *folded*: one column per statistic, in it the signals one after another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import contract
from pipeline.pyramid import Buckets, Floats, Ints, stamps

COUNT = "n"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A level of some signals.

    Attributes
    ----------
    ts : array of int64, shape (b,)
        Start of each bucket, ascending [epoch ms UTC].
    signals : tuple of str
        Names, in the order of the matrices' columns.
    stats : mapping of str to array, shape (b, signals)
        By statistic; without a reading NaN, and ``n`` is 0.
    """

    ts: Ints
    signals: tuple[str, ...]
    stats: Mapping[str, NDArray[Any]]


def sheet_of(
    buckets: Buckets, signals: Sequence[str], dtype: type[np.floating[Any]], tails: Sequence[Floats] | None = None
) -> Sheet:
    """Lay buckets out as a sheet.

    Parameters
    ----------
    buckets : Buckets
        Of a level.
    signals : sequence of str
        Names, in the buckets' order.
    dtype : type
        float32 where every signal is stored so, which loses nothing; else float64.
    tails : sequence of two arrays, optional
        1st and 99th percentiles, shape (b, signals); left out where no bucket has any.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(buckets.n > 0, buckets.total / buckets.n, np.nan)
    found = {"mean": mean, "min": buckets.low, "max": buckets.high, "first": buckets.first, "last": buckets.last}
    if tails is not None and np.isfinite(tails[0]).any():
        found |= dict(zip(contract.PERCENTILE_STATS, tails, strict=True))
    stats: dict[str, NDArray[Any]] = {name: values.astype(dtype, copy=False) for name, values in found.items()}
    stats[COUNT] = np.broadcast_to(buckets.n, buckets.total.shape).astype(np.uint32)
    return Sheet(buckets.ts, tuple(signals), stats)


def within(sheet: Sheet, start_ms: int, end_ms: int) -> Sheet:
    """Cut a sheet to the buckets that begin in ``[start_ms, end_ms)`` [epoch ms UTC]."""
    low, high = np.searchsorted(sheet.ts, (start_ms, end_ms))
    return _rows(sheet, slice(low, high))


def without(sheet: Sheet, spans: Sequence[tuple[int, int]]) -> Sheet:
    """Leave out the buckets that begin in any of some half-open spans [epoch ms UTC]."""
    kept = np.ones(len(sheet.ts), bool)
    for start, end in spans:
        kept &= (sheet.ts < start) | (sheet.ts >= end)
    return sheet if kept.all() else _rows(sheet, kept)


def _rows(sheet: Sheet, rows: slice | NDArray[np.bool_]) -> Sheet:
    return Sheet(sheet.ts[rows], sheet.signals, {name: values[rows] for name, values in sheet.stats.items()})


def combined(sheets: Sequence[Sheet]) -> Sheet:
    """Put sheets together that share no bucket of a signal: others of their signals, or other times."""
    if len(sheets) == 1:
        return sheets[0]
    queue = sorted(sheets, key=lambda sheet: int(sheet.ts[0]))
    alike = all(one.signals == queue[0].signals and one.stats.keys() == queue[0].stats.keys() for one in queue)
    if alike and all(one.ts[-1] < other.ts[0] for one, other in pairwise(queue)):
        stats = {name: np.concatenate([one.stats[name] for one in queue]) for name in queue[0].stats}
        return Sheet(np.concatenate([one.ts for one in queue]), queue[0].signals, stats)
    return _scattered(queue)


def _scattered(sheets: Sequence[Sheet]) -> Sheet:
    ts = np.unique(np.concatenate([sheet.ts for sheet in sheets]))
    signals = tuple(sorted({name for sheet in sheets for name in sheet.signals}))
    place = {name: at for at, name in enumerate(signals)}
    dtypes = {name: values.dtype for sheet in sheets for name, values in sheet.stats.items()}
    wide = any(values.dtype == np.float64 for sheet in sheets for values in sheet.stats.values())
    stats: dict[str, NDArray[Any]] = {}
    for name in (*contract.ANALOG_STATS[:-1], *contract.PERCENTILE_STATS, COUNT):
        if name in dtypes:
            empty = 0 if name == COUNT else np.nan
            dtype = np.float64 if wide and name != COUNT else dtypes[name]
            stats[name] = np.full((len(ts), len(signals)), empty, dtype)
    for sheet in sheets:
        cells = np.ix_(np.searchsorted(ts, sheet.ts), np.asarray([place[name] for name in sheet.signals]))
        for name, values in sheet.stats.items():
            stats[name][cells] = values
    return Sheet(ts, signals, stats)


def fold(sheet: Sheet) -> pl.DataFrame:
    """Fold a sheet for the disk: a column per statistic, signal after signal; ``ts`` stands beside the first alone."""
    buckets, signals = len(sheet.ts), len(sheet.signals)
    ts = stamps(sheet.ts).extend_constant(None, buckets * (signals - 1)) if signals else stamps(sheet.ts)
    columns = [
        pl.Series(name, np.ascontiguousarray(values.T).ravel(), nan_to_null=name != COUNT)
        for name, values in sheet.stats.items()
    ]
    return pl.DataFrame([ts, *columns])


def sheet_from(frame: pl.DataFrame, signals: Sequence[str]) -> Sheet:
    """Read a folded frame back."""
    width = max(len(signals), 1)
    ts = frame[contract.TS][: frame.height // width].to_physical().to_numpy()
    stats = {one.name: one.to_numpy().reshape(width, -1).T for one in frame if one.name != contract.TS}
    return Sheet(ts, tuple(signals), stats)
