"""Figures of signals over a window, exact whatever its length: extremes with their stamps, means, percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from app import loader, query
from app.store import Store
from pipeline.contract import RAW_LEVEL, TS, Level, Series, column
from pipeline.signals import Kind

MOST_RANKED = 50_000
"""Readings up to which percentiles are taken, from raw rows; of more they are not told [readings]."""
LOW, HIGH = 0.01, 0.99
"""Percentiles that are told [1]."""


@dataclass(frozen=True, kw_only=True)
class LineStatistics:
    """One signal's figures over a window, from every reading in it."""

    source: str
    signal: str
    label: str
    unit: str
    kind: str
    readings: int
    last: float | None
    mean: float | None
    """Of the readings [unit]."""
    min: float | None
    min_ms: int | None
    """Stamp of the first reading that is as low [epoch ms UTC]."""
    max: float | None
    max_ms: int | None
    p01: float | None
    p99: float | None
    """Of the readings; None where they are more than `MOST_RANKED`, or the signal is no analog one [unit]."""
    coverage: float | None
    energy_kwh: float | None = None
    """Of a counter: what it counted in the window [kWh]."""


def statistics(lines: Sequence[tuple[str, str]], start_ms: int, end_ms: int) -> list[LineStatistics]:
    """Summarise signals over a window.

    Parameters
    ----------
    lines : sequence of (source, signal)
        What is summarised.
    start_ms, end_ms : int
        Half-open window [epoch ms UTC].

    Raises
    ------
    UnknownSource, UnknownSignal
        A name does not exist.
    """
    return [_statistics(source, signal, start_ms, end_ms) for source, signal in lines]


@loader.memoised
def _statistics(source: str, signal: str, start_ms: int, end_ms: int) -> LineStatistics:
    store = loader.current()
    known = store.series(source, signal)
    level = query.sum_level(store, start_ms, end_ms)
    if known.kind is Kind.COUNTER:
        return _counter(store, known, start_ms, end_ms)
    stats = ("max", "n") if known.kind is Kind.FLAG else ("mean", "min", "max", "last", "n")
    rows = query.exact(store, source, [signal], level, start_ms, end_ms, stats)
    rows = rows.filter(pl.col(column(signal, "n")) > 0) if column(signal, "n") in rows.columns else rows.clear()
    counts = rows[column(signal, "n")].cast(pl.Int64).to_numpy() if rows.height else np.zeros(0, np.int64)
    readings = int(counts.sum())
    low, low_ms = _extreme(store, known, rows, level, "min", end_ms)
    high, high_ms = _extreme(store, known, rows, level, "max", end_ms)
    means = rows[column(signal, "mean")].to_numpy() if readings and known.kind is not Kind.FLAG else None
    p01, p99 = _percentiles(store, known, readings, start_ms, end_ms)
    return LineStatistics(
        source=source,
        signal=signal,
        label=known.label,
        unit=known.unit,
        kind=known.kind.value,
        readings=readings,
        last=_decimal(rows[column(signal, "last")].drop_nulls()[-1]) if means is not None else None,
        mean=_decimal(float(means.astype(np.float64) @ counts) / readings) if means is not None else None,
        min=low,
        min_ms=low_ms,
        max=high,
        max_ms=high_ms,
        p01=p01,
        p99=p99,
        coverage=_coverage(known, readings, start_ms, end_ms),
    )


def _counter(store: Store, known: Series, start_ms: int, end_ms: int) -> LineStatistics:
    counted = query.energy(store, known.source, [known.signal], start_ms, end_ms)[known.signal]
    return LineStatistics(
        source=known.source,
        signal=known.signal,
        label=known.label,
        unit=known.unit,
        kind=known.kind.value,
        readings=counted.readings,
        last=None,
        mean=None,
        min=None,
        min_ms=None,
        max=None,
        max_ms=None,
        p01=None,
        p99=None,
        coverage=_coverage(known, counted.readings, start_ms, end_ms),
        energy_kwh=counted.kwh,
    )


def _extreme(
    store: Store, known: Series, rows: pl.DataFrame, level: Level, which: str, end_ms: int
) -> tuple[float | None, int | None]:
    """Find an extreme and the stamp of the first reading that has it: its bucket first, then the raw rows in it."""
    name = column(known.signal, which)
    if rows.height == 0 or name not in rows.columns:
        return None, None
    values = rows[name]
    at = values.arg_min() if which == "min" else values.arg_max()
    if at is None:
        return None, None
    begin = int(rows[TS].to_physical()[at])
    end = min(query.bucket_end(query.floor(begin, level, store.zone), level, store.zone), end_ms)
    raw = store.read(known.source, [known.signal], RAW_LEVEL, (), begin, end)
    readings = raw[known.signal]
    row = readings.arg_min() if which == "min" else readings.arg_max()
    if row is None:
        return None, None
    return _decimal(readings[row]), int(raw[TS].to_physical()[row])


def _percentiles(
    store: Store, known: Series, readings: int, start_ms: int, end_ms: int
) -> tuple[float | None, float | None]:
    if known.kind is not Kind.ANALOG or not 0 < readings <= MOST_RANKED:
        return None, None
    raw = store.read(known.source, [known.signal], RAW_LEVEL, (), start_ms, end_ms)
    values = raw[known.signal].drop_nulls().cast(pl.Float64).to_numpy()
    low, high = np.quantile(values, (LOW, HIGH))
    return _decimal(float(low)), _decimal(float(high))


def _coverage(known: Series, readings: int, start_ms: int, end_ms: int) -> float:
    return min(1.0, readings * known.interval_ms / max(end_ms - start_ms, 1))


def _decimal(value: float | None) -> float | None:
    """Turn a Float32 reading back into the decimal that it stands for."""
    return None if value is None else float(f"{value:.7g}")
