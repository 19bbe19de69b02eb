"""Lines of a time chart: which buckets to draw, each with the extremes and rows of its whole slice.

Gaps split a line first; then points are chosen from each stretch; nothing is computed after that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.analytics import lttb
from app.query import GAP_FACTOR, Window, choose_level, exact, named_level, span
from app.shapes.series import SeriesAnswer
from app.store import Store
from pipeline.contract import RAW, RAW_LEVEL, TS, Level, Series, column
from pipeline.signals import Kind


def line(store: Store, window: Window) -> SeriesAnswer:
    """Answer one line of a chart.

    Raises
    ------
    UnknownSource, UnknownSignal
        A name does not exist.
    """
    series = store.series(window.source, window.signal)
    start, end = span(series, window.start_ms, window.end_ms)
    level = named_level(store, window.level) or choose_level(store, series, start, end, window.max_points)
    points = _points(store, series, level, start, end)
    step = level.step_ms or max(series.interval_ms, 1)
    longest = max(1.5 * step, GAP_FACTOR * series.interval_ms)
    starts = lttb.segments(points.ts, longest, max(window.max_points // 4, 1))
    chosen = lttb.select(points.ts, np.nan_to_num(points.y), starts, window.max_points)
    drawn = _slices(points, chosen, series.kind)
    rows = int(points.n.sum())
    return SeriesAnswer(
        build_id=store.build_id,
        level=level.name,
        coverage=round(min(1.0, rows * series.interval_ms / max(end - start, 1)), 6),
        reason=None if rows else "No readings in this window.",
        source=series.source,
        signal=series.signal,
        label=series.label,
        unit=series.unit,
        kind=series.kind.value,
        ts=drawn.ts,
        value=drawn.y,
        min=drawn.low,
        max=drawn.high,
        rows=drawn.n,
        buckets=len(points.ts),
        step_ms=step,
        gaps=_gaps(points.ts, step, longest),
    )


@dataclass(frozen=True, slots=True)
class _Points:
    """Buckets of one signal, without those that hold nothing."""

    ts: NDArray[np.int64]
    y: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    n: NDArray[np.int64]


def _points(store: Store, series: Series, level: Level, start: int, end: int) -> _Points:
    name = series.signal
    if level.name == RAW:
        derived = ("delta",) if series.kind is Kind.COUNTER else ()
        frame = store.read(series.source, [name], RAW_LEVEL, derived, start, end)
        if name not in frame.columns:
            return _nothing()
        frame = frame.filter(pl.col(name).is_not_null())
        value = frame[column(name, "delta") if series.kind is Kind.COUNTER else name]
        counts = np.ones(frame.height, np.int64)
        low = high = value
    else:
        frame = exact(store, series.source, [name], level, start, end)
        if column(name, "n") not in frame.columns:
            return _nothing()
        frame = frame.filter(pl.col(column(name, "n")) > 0)
        drawn = {Kind.COUNTER: "delta", Kind.FLAG: "max"}.get(series.kind, "mean")
        value = frame[column(name, drawn)]
        low = frame[column(name, "min" if column(name, "min") in frame.columns else drawn)]
        high = frame[column(name, "max" if column(name, "max") in frame.columns else drawn)]
        counts = frame[column(name, "n")].cast(pl.Int64).to_numpy()
    ts = frame[TS].to_physical().to_numpy()
    if series.kind is Kind.COUNTER:
        return _Points(ts, value.fill_null(np.nan).to_numpy(), *_unknown(len(ts)), counts)
    return _Points(ts, value.to_numpy(), low.to_numpy(), high.to_numpy(), counts)


def _unknown(length: int) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.full(length, np.nan), np.full(length, np.nan)


def _nothing() -> _Points:
    none = np.zeros(0)
    return _Points(np.zeros(0, np.int64), none, none, none, np.zeros(0, np.int64))


def _slices(points: _Points, chosen: NDArray[np.intp], kind: Kind) -> _Points:
    """Give each chosen point the whole stretch up to the next: its extremes, its rows and (counters) its energy."""
    if len(chosen) == 0:
        return points
    rows = np.add.reduceat(points.n, chosen)
    if kind is Kind.COUNTER:
        known = np.add.reduceat((~np.isnan(points.y)).astype(np.int64), chosen)
        total = np.add.reduceat(np.nan_to_num(points.y), chosen)
        return _Points(points.ts[chosen], np.where(known > 0, total, np.nan), *_unknown(len(chosen)), rows)
    low, high = np.minimum.reduceat(points.low, chosen), np.maximum.reduceat(points.high, chosen)
    value = high if kind is Kind.FLAG else points.y[chosen]
    return _Points(points.ts[chosen], value, low, high, rows)


def _gaps(ts: NDArray[np.int64], step: int, longest: float) -> tuple[tuple[int, int], ...]:
    after = np.flatnonzero(np.diff(ts) > longest)
    return tuple((int(ts[at]) + step, int(ts[at + 1])) for at in after)
