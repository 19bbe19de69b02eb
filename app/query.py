"""Questions to the store: the right level, the right rows, and slices that add up.

Charts choose their level (the finest that holds at most ``4 x max_points`` buckets); verdicts and sums do not depend on
one. Whatever the level, a window is cut exactly: buckets that lie whole inside it are read from the level, and what is
left at either edge is aggregated from raw rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.store import Store
from pipeline import contract
from pipeline.contract import RAW, RAW_LEVEL, STEP_CLASSES, TS, Level, Series, column
from pipeline.signals import Kind

BUCKETS_PER_POINT = 4
"""Buckets a chart reads for each point it draws, at most."""

GAP_FACTOR = 3.0
"""A step longer than this many median steps is a gap."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a line of a chart asks for; hashable, so that its answer can be cached."""

    source: str
    signal: str
    start_ms: int | None
    end_ms: int | None
    max_points: int
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy that a counter has counted in a window."""

    kwh: float | None
    """None where no step of it is known."""
    steps: dict[str, int]
    """Steps by class (see ``pipeline.counters``)."""
    readings: int = 0


def span(series: Series, start_ms: int | None, end_ms: int | None) -> tuple[int, int]:
    """Fill in an open window: the series' whole history."""
    start = series.first_ms if start_ms is None else start_ms
    end = series.last_ms + max(series.interval_ms, 1) if end_ms is None else end_ms
    return start, end


def choose_level(store: Store, series: Series, start_ms: int, end_ms: int, max_points: int) -> Level:
    """Choose the finest level, raw included, that holds at most four buckets a point; else the coarsest."""
    most = BUCKETS_PER_POINT * max_points
    for level in store.manifest.levels:
        if store.repeats_raw(series.source, series.group, level):
            continue
        step = level.step_ms or max(series.interval_ms, 1)
        buckets = (end_ms - start_ms) // step + 2
        if store.has_level(series.source, series.group, level.name):
            buckets = min(buckets, store.rows_in(series.source, series.group, level.name, start_ms, end_ms))
        if buckets <= most:
            return level
    return store.manifest.levels[-1]


def named_level(store: Store, name: str | None) -> Level | None:
    """Look a level up by name; None for None or for a name that does not exist."""
    return next((level for level in store.manifest.levels if level.name == name), None)


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
        return _from_raw(store, source, signals, kind, level, start_ms, end_ms, stats)
    low, high = whole_buckets(store, source, signals, level, start_ms, end_ms)
    if high <= low:
        return _from_raw(store, source, signals, kind, level, start_ms, end_ms, stats)
    pieces = [store.read(source, signals, level, stats, low, high)]
    if start_ms < low:
        pieces.insert(0, _from_raw(store, source, signals, kind, level, start_ms, low, stats))
    if high < end_ms:
        pieces.append(_from_raw(store, source, signals, kind, level, high, end_ms, stats))
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


def _from_raw(
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


# Sums and extremes ----------------------------------------------------------------------------------------------------


def sum_level(store: Store, start_ms: int, end_ms: int) -> Level:
    """Pick the level with the fewest rows to read, raw edges included: an hour's below two months, else a day's."""
    aggregated = store.manifest.levels[1:]
    wanted = contract.DAY_MS if end_ms - start_ms > 60 * contract.DAY_MS else 3_600_000
    return min(aggregated, key=lambda level: abs(level.step_ms - wanted))


def summary(
    store: Store, source: str, signals: Sequence[str], start_ms: int | None, end_ms: int | None
) -> pl.DataFrame:
    """Summarise signals over a window, exactly.

    Returns
    -------
    DataFrame
        One row per signal: ``signal``, ``last``, ``mean`` (of the readings), ``min``, ``max``, ``n``; of flags
        ``max`` and ``n`` alone. Nulls where the window holds no reading.
    """
    rows: list[dict[str, Any]] = []
    by_kind: dict[Kind, list[str]] = {}
    for signal in signals:
        kind = store.series(source, signal).kind
        by_kind.setdefault(Kind.ANALOG if kind is Kind.STATE else kind, []).append(signal)
    for kind, names in by_kind.items():
        whole = [span(store.series(source, name), start_ms, end_ms) for name in names]
        start, end = min(low for low, _ in whole), max(high for _, high in whole)
        frame = exact(store, source, names, sum_level(store, start, end), start, end)
        rows += _summed(frame, names, kind)
    order = {signal: at for at, signal in enumerate(signals)}
    rows.sort(key=lambda row: order[row["signal"]])
    return pl.DataFrame(rows, schema=_SUMMARY)


_SUMMARY = {
    "signal": pl.String,
    "last": pl.Float64,
    "mean": pl.Float64,
    "min": pl.Float64,
    "max": pl.Float64,
    "n": pl.Int64,
}


def _summed(frame: pl.DataFrame, names: Sequence[str], kind: Kind) -> list[dict[str, Any]]:
    """Sum the buckets of signals of one kind."""
    there = [name for name in names if column(name, "n") in frame.columns]
    sums = frame.lazy().select(one for name in there for one in _sums(name, kind)).collect(engine="in-memory")
    found = sums.row(0, named=True) if there else {}
    rows: list[dict[str, Any]] = []
    for name in names:
        row: dict[str, Any] = dict.fromkeys(_SUMMARY) | {"signal": name, "n": int(found.get(column(name, "n")) or 0)}
        if row["n"] and kind is not Kind.COUNTER:
            row["max"] = _number(found[column(name, "max")])
        if row["n"] and kind is Kind.ANALOG:
            row["min"] = _number(found[column(name, "min")])
            row["last"] = _number(found[column(name, "last")])
            row["mean"] = _number(found[column(name, "mean")] / row["n"])
        rows.append(row)
    return rows


def _sums(name: str, kind: Kind) -> list[pl.Expr]:
    count = pl.col(column(name, "n")).cast(pl.Int64)
    if kind is Kind.COUNTER:
        return [count.sum()]
    if kind is Kind.FLAG:
        return [count.sum(), pl.col(column(name, "max")).max()]
    return [
        count.sum(),
        pl.col(column(name, "max")).max(),
        pl.col(column(name, "min")).min(),
        pl.col(column(name, "last")).drop_nulls().last(),
        (pl.col(column(name, "mean")).cast(pl.Float64) * count).sum(),
    ]


def _number(value: object) -> float | None:
    """Turn a Float32 reading back into the decimal that it stands for."""
    return float(f"{value:.7g}") if isinstance(value, float | int) else None


def energy(
    store: Store, source: str, signals: Sequence[str], start_ms: int | None, end_ms: int | None
) -> dict[str, Energy]:
    """Sum counters' energy over a window, exactly, with the number of steps of each class."""
    if not signals:
        return {}
    spans = [span(store.series(source, name), start_ms, end_ms) for name in signals]
    start, end = min(low for low, _ in spans), max(high for _, high in spans)
    frame = exact(store, source, signals, sum_level(store, start, end), start, end)
    there = [name for name in frame.columns if name != TS]
    known = [pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in there]
    sums = frame.lazy().select(known).collect(engine="in-memory").row(0, named=True) if there else {}
    return {
        name: Energy(
            sums.get(column(name, "delta")),
            {one: int(sums.get(column(name, f"n_{one}")) or 0) for one in STEP_CLASSES},
            int(sums.get(column(name, "n")) or 0),
        )
        for name in signals
    }


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
        return _from_raw(store, source, signals, Kind.ANALOG, level, low, high, stats)
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
