"""Buckets cut exactly: those whole inside a window from their level, what is left at its edges from raw rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.store import Store
from pipeline import contract
from pipeline.contract import RAW, RAW_LEVEL, STEP_CLASSES, TS, Level, column
from pipeline.signals import Kind


def floor(stamp_ms: int, level: Level, zone: str) -> int:
    """Start of the bucket that a stamp lies in [epoch ms UTC]."""
    if level.is_calendar_day:
        return contract.day_starts(stamp_ms, stamp_ms, zone)[0]
    return stamp_ms - stamp_ms % level.step_ms


def bucket_end(start_ms: int, level: Level, zone: str) -> int:
    """End of the bucket that starts at ``start_ms`` [epoch ms UTC]."""
    return contract.day_starts(start_ms, start_ms, zone)[1] if level.is_calendar_day else start_ms + level.step_ms


def exact(
    store: Store,
    source: str,
    signals: Sequence[str],
    level: Level,
    start_ms: int,
    end_ms: int,
    stats: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Read buckets that hold exactly the raw rows of a window.

    Parameters
    ----------
    store : Store
    source : str
    signals : sequence of str
        Of one kind.
    level : Level
        An aggregated level; buckets cut by the window's edges are aggregated from raw rows.
    start_ms, end_ms : int
        Half-open window [epoch ms UTC].
    stats : sequence of str, optional
        Read these statistics of the level alone.

    Returns
    -------
    DataFrame
        ``ts`` (left edge of the bucket, or the window's start) and ``<signal>|<statistic>``: mean, min, max, last, n of
        analog signals, delta, n and ``n_<class>`` of counters, max and n of flags; sorted.
    """
    kinds = {store.series(source, signal).kind for signal in signals}
    kind = next(iter(kinds), Kind.ANALOG)
    stats = stats or _STATS.get(kind, _ANALOG)
    groups = {store.series(source, signal).group for signal in signals}
    if not all(store.has_level(source, group, level.name) for group in groups):
        return from_raw(store, source, signals, kind, level, start_ms, end_ms, stats)
    low, high = whole_buckets(store, source, signals, level, start_ms, end_ms)
    if high <= low:
        return from_raw(store, source, signals, kind, level, start_ms, end_ms, stats)
    pieces = [store.read(source, signals, level, stats, low, high)]
    if start_ms < low:
        pieces.insert(0, from_raw(store, source, signals, kind, level, start_ms, low, stats))
    if high < end_ms:
        pieces.append(from_raw(store, source, signals, kind, level, high, end_ms, stats))
    whole = [piece for piece in pieces if piece.height]
    return pl.concat(whole, how="diagonal_relaxed") if whole else pieces[0]


def whole_buckets(
    store: Store, source: str, signals: Sequence[str], level: Level, start_ms: int, end_ms: int
) -> tuple[int, int]:
    """Cut a window to the buckets that lie whole inside it [epoch ms UTC); empty where none does.

    At the ends of the data a bucket counts as whole when no reading of it lies outside of the window.
    """
    first = min(store.series(source, signal).first_ms for signal in signals)
    last = max(store.series(source, signal).last_ms for signal in signals)
    low = floor(start_ms, level, store.zone)
    if low < start_ms and start_ms > first:
        low = bucket_end(low, level, store.zone)
    high = floor(end_ms, level, store.zone) if end_ms <= last else end_ms
    return low, high


_ANALOG = ("mean", "min", "max", "last", "n")
_STATS: dict[Kind, tuple[str, ...]] = {
    Kind.COUNTER: ("delta", "n", *(f"n_{name}" for name in STEP_CLASSES)),
    Kind.FLAG: ("max", "n"),
}


def from_raw(
    store: Store,
    source: str,
    signals: Sequence[str],
    kind: Kind,
    level: Level,
    start_ms: int,
    end_ms: int,
    stats: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Aggregate raw rows of a window into the level's buckets, those at the edges cut by the window."""
    derived = ("delta", "class") if kind is Kind.COUNTER else ()
    wanted = stats or _STATS.get(kind, _ANALOG)
    raw = store.read(source, signals, RAW_LEVEL, derived, start_ms, end_ms)
    labels = labels_of(raw[TS].to_physical().to_numpy(), level, store.zone)
    label = pl.Series(TS, np.maximum(labels, start_ms)).cast(contract.TS_DTYPE)
    there = set(raw.columns)
    aggregates = [one for signal in signals if signal in there for one in _aggregates(signal, kind, wanted)]
    keyed = raw.with_columns(label).lazy().group_by(TS, maintain_order=True)
    return keyed.agg(aggregates).collect(engine="in-memory")


def labels_of(ts: NDArray[np.int64], level: Level, zone: str) -> NDArray[np.int64]:
    """Name the bucket that each of some ascending stamps lies in [epoch ms UTC]."""
    if not level.is_calendar_day or len(ts) == 0:
        return ts - ts % max(level.step_ms, 1) if len(ts) else ts
    days = np.asarray(contract.day_starts(int(ts[0]), int(ts[-1]), zone), np.int64)
    labels: NDArray[np.int64] = days[np.searchsorted(days, ts, side="right") - 1]
    return labels


def _aggregates(signal: str, kind: Kind, stats: Sequence[str]) -> list[pl.Expr]:
    reading = pl.col(signal)
    made = {"n": reading.count().cast(pl.UInt32)}
    if kind is Kind.FLAG:
        made["max"] = reading.max()
    elif kind is Kind.COUNTER:
        delta, step_class = pl.col(column(signal, "delta")), pl.col(column(signal, "class"))
        made["delta"] = pl.when(delta.count() > 0).then(delta.sum())
        made |= {f"n_{name}": (step_class == code).sum().cast(pl.UInt32) for code, name in enumerate(STEP_CLASSES)}
    else:
        made |= {
            "mean": reading.cast(pl.Float64).mean().cast(pl.Float32),
            "min": reading.min(),
            "max": reading.max(),
            "first": reading.drop_nulls().first(),
            "last": reading.drop_nulls().last(),
        }
    return [made[stat].alias(column(signal, stat)) for stat in stats]


def buckets(
    store: Store,
    source: str,
    signals: Sequence[str],
    stats: Sequence[str],
    level: Level,
    start_ms: int,
    end_ms: int,
) -> pl.DataFrame:
    """Read whole buckets of many signals, those that begin in the window; raw rows as buckets of one where need be."""
    groups = {store.series(source, signal).group for signal in signals}
    if level.name != RAW and all(store.has_level(source, group, level.name) for group in groups):
        return store.read(source, signals, level, stats, start_ms, end_ms)
    if level.name != RAW and not all(store.repeats_raw(source, group, level) for group in groups):
        low, high = (_next_start(stamp, level, store.zone) for stamp in (start_ms, end_ms))
        return from_raw(store, source, signals, Kind.ANALOG, level, low, high, stats)
    raw = store.read(source, signals, RAW_LEVEL, (), start_ms, end_ms)
    there = [signal for signal in signals if signal in raw.columns]
    return raw.select(
        TS,
        *(
            (pl.col(name).is_not_null().cast(pl.UInt32) if stat == "n" else pl.col(name)).alias(column(name, stat))
            for name in there
            for stat in stats
        ),
    )


def _next_start(stamp_ms: int, level: Level, zone: str) -> int:
    """Start of the first bucket that begins at a stamp or after it [epoch ms UTC]."""
    low = floor(stamp_ms, level, zone)
    return low if low == stamp_ms else bucket_end(low, level, zone)
