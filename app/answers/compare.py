"""Lines side by side: their difference bucket by bucket, and their statistics over the same period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app import loader, query
from app.answers.series import series
from app.shapes import SeriesAnswer
from pipeline.contract import Level
from pipeline.signals import Kind

MAX_BUCKETS = 20_000
"""Buckets that a difference is computed from at most, before it is thinned for drawing."""


@dataclass(frozen=True, kw_only=True)
class LineStatistics:
    """One line's figures over the period, exact whatever the level they were read from."""

    source: str
    signal: str
    label: str
    unit: str
    readings: int
    last: float | None
    mean: float | None
    """Of the readings [unit]."""
    min: float | None
    max: float | None
    coverage: float | None
    energy_kwh: float | None = None
    """Of a counter: what it counted in the period [kWh]."""


def common_level(lines: Sequence[tuple[str, str]], start_ms: int, end_ms: int, max_points: int) -> Level:
    """Choose the finest aggregated level that is no finer than any clock and does not hold too many buckets.

    Parameters
    ----------
    lines : sequence of (source, signal)
        What is compared.
    start_ms, end_ms : int
        Half-open window [epoch ms UTC].
    max_points : int
        Points that are drawn of each line.
    """
    store = loader.current()
    slowest = max(store.series(source, signal).interval_ms for source, signal in lines)
    most = min(query.BUCKETS_PER_POINT * max_points, MAX_BUCKETS)
    levels = store.manifest.levels[1:]
    fits = (one for one in levels if one.step_ms >= slowest and (end_ms - start_ms) / one.step_ms <= most)
    return next(fits, levels[-1])


def differences(lines: Sequence[tuple[str, str]], start_ms: int, end_ms: int, *, max_points: int) -> list[SeriesAnswer]:
    """Subtract the first line from each of the others that has its unit.

    Both are read in the same buckets of the same level, so clocks that differ by seconds meet; a bucket that either
    lacks is left out. Returned with the first line's name in the label; ``min`` and ``max`` are those of the buckets'
    differences in each drawn slice.
    """
    if len(lines) < 2:
        return []
    level = common_level(lines, start_ms, end_ms, max_points)
    whole = [series(*line, start_ms, end_ms, max_points=MAX_BUCKETS, level=level.name) for line in lines]
    first = whole[0]
    others = [other for other in whole[1:] if (other.unit, other.kind) == (first.unit, first.kind)]
    return [_difference(first, other, level, max_points) for other in others]


def _difference(first: SeriesAnswer, other: SeriesAnswer, level: Level, max_points: int) -> SeriesAnswer:
    shared, mine, theirs = np.intersect1d(_starts(first, level), _starts(other, level), return_indices=True)
    delta = np.asarray(other.value, np.float64)[theirs] - np.asarray(first.value, np.float64)[mine]
    shared, delta = shared[np.isfinite(delta)], delta[np.isfinite(delta)]
    rows = np.minimum(first.rows.sum(), other.rows.sum()) if len(shared) else 0
    answer = replace(
        other,
        label=f"{other.source} − {first.source}",
        kind="analog",
        level=level.name,
        buckets=len(shared),
        step_ms=level.step_ms,
        coverage=None if not rows else min(first.coverage or 0.0, other.coverage or 0.0),
        reason=None if len(shared) else "The two have no bucket in common in this period.",
        gaps=tuple(sorted({*first.gaps, *other.gaps})),
    )
    return _thinned(answer, shared, delta, max_points)


def _starts(line: SeriesAnswer, level: Level) -> NDArray[np.int64]:
    """Start of each point's bucket; days keep their own, as they begin at the site's midnight."""
    return line.ts if level.is_calendar_day else line.ts - line.ts % level.step_ms


def _thinned(answer: SeriesAnswer, ts: NDArray[np.int64], delta: NDArray[np.float64], max_points: int) -> SeriesAnswer:
    """Cut buckets into at most ``max_points`` equal slices, each with its mean, minimum and maximum."""
    if not len(ts):
        none = np.zeros(0)
        return replace(answer, ts=ts, value=none, min=none, max=none, rows=np.zeros(0, np.int64))
    edges = np.unique(np.linspace(0, len(ts), min(max_points, len(ts)), endpoint=False).astype(np.int64))
    rows = np.diff(np.append(edges, len(ts)))
    return replace(
        answer,
        ts=ts[edges],
        value=np.add.reduceat(delta, edges) / rows,
        min=np.minimum.reduceat(delta, edges),
        max=np.maximum.reduceat(delta, edges),
        rows=rows,
    )


def statistics(lines: Sequence[tuple[str, str]], start_ms: int, end_ms: int) -> list[LineStatistics]:
    """Summarise each line over the period, from every reading in it.

    Parameters
    ----------
    lines : sequence of (source, signal)
        What is summarised.
    start_ms, end_ms : int
        Half-open window [epoch ms UTC].
    """
    return [_statistics(source, signal, start_ms, end_ms) for source, signal in lines]


@loader.memoised
def _statistics(source: str, signal: str, start_ms: int, end_ms: int) -> LineStatistics:
    store = loader.current()
    known = store.series(source, signal)
    row = query.summary(store, source, [signal], start_ms, end_ms).row(0, named=True)
    readings = int(row["n"] or 0)
    counted = query.energy(store, source, [signal], start_ms, end_ms) if known.kind is Kind.COUNTER else {}
    return LineStatistics(
        source=source,
        signal=signal,
        label=known.label,
        unit=known.unit,
        readings=readings,
        last=row["last"],
        mean=row["mean"],
        min=row["min"],
        max=row["max"],
        coverage=min(1.0, readings * known.interval_ms / max(end_ms - start_ms, 1)),
        energy_kwh=counted[signal].kwh if counted else None,
    )
