"""Frame → one level: the aggregates of a wide frame of signals.

One idea carries it: **a raw row is a bucket of one, and a coarser level merges buckets.** So every level is made
from the one below it, whichever that is, and all 52 cells of a pack are merged at once. Sums are Float64; extremes,
first and last are the readings themselves. Percentiles cannot be merged and are taken from raw rows.

All stamps are epoch ms UTC; buckets are left-labelled and half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import contract
from pipeline.contract import Level, column

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Buckets:
    """Mergeable aggregates of m signals in b buckets.

    ``total``, ``low``, ``high``, ``first`` and ``last`` have shape (b, m); ``n`` has it too, or (b, 1) when no
    reading is missing. A bucket without a reading of a signal has n = 0, total 0 and NaN elsewhere.
    """

    ts: Ints
    total: Floats
    low: Floats
    high: Floats
    first: Floats
    last: Floats
    n: Ints


def from_rows(ts: Ints, readings: Floats) -> Buckets:
    """Make a bucket of one of every raw row.

    Parameters
    ----------
    ts : array of int64, shape (rows,)
        Stamps, strictly increasing [epoch ms UTC].
    readings : array, shape (rows, signals)
        NaN where there is no reading.
    """
    present = ~np.isnan(readings)
    total = readings.astype(np.float64)
    if present.all():
        return Buckets(ts, total, readings, readings, readings, readings, np.ones((len(ts), 1), np.int64))
    total[~present] = 0.0
    return Buckets(ts, total, readings, readings, readings, readings, present.astype(np.int64))


def labels_of(ts: Ints, level: Level, zone: str) -> Ints:
    """Label stamps with the start of their bucket: the site's midnight at ``1d``, a UTC multiple at finer levels."""
    if not level.is_calendar_day:
        return ts - ts % level.step_ms
    if len(ts) == 0:
        return ts
    days = np.asarray(contract.day_starts(int(ts[0]), int(ts[-1]), zone), np.int64)
    return days[np.searchsorted(days, ts, side="right") - 1]


def merge(buckets: Buckets, labels: Ints) -> Buckets:
    """Merge neighbouring buckets that share a label.

    Parameters
    ----------
    buckets : Buckets
        In order of time.
    labels : array of int64, shape (b,)
        Non-decreasing; the new bucket of each old one.
    """
    starts = np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]]) if len(labels) else np.zeros(0, np.int64)
    counts = np.diff(np.r_[starts, len(labels)])
    total, low, high = buckets.total[starts], buckets.low[starts], buckets.high[starts]
    first, last, n = buckets.first[starts], buckets.last[starts], buckets.n[starts]
    whole = buckets.n.shape[1] == 1
    for step in range(1, int(counts.max(initial=1))):
        longer: Any = counts > step
        rows = starts[longer] + step
        if longer.all():
            longer = slice(None)
        total[longer] += buckets.total[rows]
        n[longer] += buckets.n[rows]
        low[longer] = np.fmin(low[longer], buckets.low[rows])
        high[longer] = np.fmax(high[longer], buckets.high[rows])
        if not whole:
            first[longer] = np.where(np.isnan(first[longer]), buckets.first[rows], first[longer])
            newer = buckets.last[rows]
            last[longer] = np.where(np.isnan(newer), last[longer], newer)
    if whole and len(starts):
        last = buckets.last[starts + counts - 1]
    return Buckets(labels[starts], total, low, high, first, last, n)


def percentiles(ts: Ints, readings: Floats, labels: Ints, quantiles: Sequence[float]) -> list[Floats]:
    """Take percentiles of raw readings per bucket: the nearest reading, so each is one that was measured.

    Returns
    -------
    list of array, shape (b, signals)
        One per quantile; NaN in buckets of fewer than ``contract.PERCENTILE_MIN_SAMPLES`` readings.
    """
    starts = np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]]) if len(labels) else np.zeros(0, np.int64)
    ends = np.r_[starts[1:], len(labels)]
    signals = readings.shape[1]
    out = [np.full((len(starts), signals), np.nan, readings.dtype) for _ in quantiles]
    columns = np.arange(signals)
    for bucket in np.flatnonzero(ends - starts >= contract.PERCENTILE_MIN_SAMPLES):
        ordered = np.sort(np.ascontiguousarray(readings[starts[bucket] : ends[bucket]].T), axis=1)  # NaN sorts last
        count = (~np.isnan(ordered)).sum(axis=1)
        enough = count >= contract.PERCENTILE_MIN_SAMPLES
        for quantile, result in zip(quantiles, out, strict=True):
            rank = np.rint(quantile * np.maximum(count - 1, 0)).astype(np.int64)
            result[bucket] = np.where(enough, ordered[columns, rank], np.nan)
    return out


def stamps(ts: Ints) -> pl.Series:
    """Make the ``ts`` column from epoch ms UTC."""
    return pl.Series(contract.TS, ts, dtype=pl.Int64).cast(contract.TS_DTYPE)


def counter_frame(raw: pl.DataFrame, signals: Sequence[str], labels: Ints) -> pl.DataFrame:
    """Aggregate classified counters.

    Parameters
    ----------
    raw : DataFrame
        ``ts`` and for each signal its reading [kWh], ``<signal>|delta`` [kWh] and ``<signal>|class``.
    signals : sequence of str
        Counters in it.
    labels : array of int64
        Bucket of each row.
    """
    aggregates = []
    for signal in signals:
        reading, step_class = pl.col(signal), pl.col(column(signal, "class"))
        aggregates += [
            reading.drop_nulls().first().alias(column(signal, "first")),
            reading.drop_nulls().last().alias(column(signal, "last")),
            # A sum over no known step is unknown, not nothing.
            pl.when(pl.col(column(signal, "delta")).count() > 0)
            .then(pl.col(column(signal, "delta")).sum())
            .alias(column(signal, "delta")),
            reading.count().cast(pl.UInt32).alias(column(signal, "n")),
        ]
        aggregates += [
            (step_class == code).sum().cast(pl.UInt32).alias(column(signal, f"n_{name}"))
            for code, name in enumerate(contract.STEP_CLASSES)
        ]
    return _grouped(raw, labels, aggregates)


def flag_frame(raw: pl.DataFrame, signals: Sequence[str], labels: Ints) -> pl.DataFrame:
    """Aggregate flags whose rising edges and seconds on stand beside them.

    Parameters
    ----------
    raw : DataFrame
        ``ts`` and for each signal its reading, ``<signal>|edge`` (bool) and ``<signal>|seconds_on`` [s].
    """
    aggregates = []
    for signal in signals:
        aggregates += [
            pl.col(signal).max().alias(column(signal, "max")),
            pl.col(column(signal, "edge")).sum().cast(pl.UInt32).alias(column(signal, "edges")),
            pl.col(column(signal, "seconds_on")).sum().alias(column(signal, "seconds_on")),
            pl.col(signal).count().cast(pl.UInt32).alias(column(signal, "n")),
        ]
    return _grouped(raw, labels, aggregates)


def flag_context(raw: pl.DataFrame, signals: Sequence[str], longest_ms: float) -> pl.DataFrame:
    """Add each flag's rising edges and the seconds that each reading stands for.

    A reading stands until the next one, but no longer than ``longest_ms`` (a gap is not an alarm), and the last
    reading for nothing yet. The first reading above 0 is an edge.
    """
    ts = raw[contract.TS].to_physical().to_numpy()
    columns: list[pl.Series] = []
    for signal in signals:
        values = raw[signal].to_numpy().astype(np.float64)
        at = np.flatnonzero(~np.isnan(values))
        on = values[at] > 0
        edge = np.zeros(len(values), bool)
        edge[at] = on & ~np.r_[False, on[:-1]]
        seconds = np.zeros(len(values))
        if len(at):
            seconds[at[:-1]] = np.where(on[:-1], np.minimum(np.diff(ts[at]), longest_ms) / 1000.0, 0.0)
        columns += [pl.Series(column(signal, "edge"), edge), pl.Series(column(signal, "seconds_on"), seconds)]
    return raw.with_columns(columns)


def _grouped(raw: pl.DataFrame, labels: Ints, aggregates: Sequence[pl.Expr]) -> pl.DataFrame:
    keyed = raw.with_columns(stamps(labels))
    # The in-memory engine keeps the order and is the faster one for the few columns of these groups.
    return keyed.lazy().group_by(contract.TS, maintain_order=True).agg(aggregates).collect(engine="in-memory")
