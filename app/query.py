"""Questions to the store: the right level, the right rows, and slices that add up.

Charts choose their level (the finest that holds at most ``4 x max_points`` buckets); verdicts and sums do not depend on
one. Whatever the level, a window is cut exactly: buckets that lie whole inside it are read from the level, and what is
left at either edge is aggregated from raw rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from app.edges import bucket_end, buckets, exact, floor, labels_of, whole_buckets
from app.store import Store
from pipeline import contract
from pipeline.contract import STEP_CLASSES, TS, Level, Series, column
from pipeline.signals import Kind

__all__ = [
    "BUCKETS_PER_POINT",
    "GAP_FACTOR",
    "Energy",
    "Window",
    "bucket_end",
    "buckets",
    "choose_level",
    "energy",
    "exact",
    "floor",
    "labels_of",
    "named_level",
    "span",
    "sum_level",
    "summary",
    "whole_buckets",
]

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
