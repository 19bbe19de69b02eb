"""Lines side by side: laid over an earlier period or over each other, and subtracted bucket by bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import loader, query
from app.answers.series import series
from app.shapes.series import SeriesAnswer
from pipeline.contract import DAY_MS, TS_DTYPE, Level

MAX_BUCKETS = 20_000
"""Buckets that a difference is computed from at most, before it is thinned for drawing."""
AGAINST = ("same", "before", "year", "start")
"""What lines are compared with: each other over the same period, or themselves over the period before, the same period
a year earlier, or one that starts when the reader says."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A signal over a window, and how far later it is drawn."""

    source: str
    signal: str
    start_ms: int
    end_ms: int
    shift_ms: int = 0
    """What its stamps are moved by, so that an earlier period lies on a later one's axis [ms]."""


def shift_of(against: str, start_ms: int, end_ms: int, zone: str, chosen_ms: int | None = None) -> int | None:
    """Say by how much a period lies after the one that it is compared with.

    Parameters
    ----------
    against : str
        One of `AGAINST`.
    start_ms, end_ms : int
        The period [epoch ms UTC).
    zone : str
        The site's zone: a year earlier begins at the same wall time.
    chosen_ms : int or None
        Where the other period starts, for ``start`` [epoch ms UTC].

    Returns
    -------
    int or None
        Positive where the other period is the earlier one [ms]; 0 for the same period, None where nothing was chosen.
    """
    if against == "before":
        return end_ms - start_ms
    if against == "year":
        return start_ms - _year_before(start_ms, zone)
    if against == "start":
        return None if chosen_ms is None else start_ms - chosen_ms
    return 0


def _year_before(stamp_ms: int, zone: str) -> int:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp_ms)).astimezone(ZoneInfo(zone))
    day = min(local.day, 28) if local.month == 2 else local.day
    return round(local.replace(year=local.year - 1, day=day).timestamp() * 1000)


def placed(lines: Sequence[tuple[str, str]], start_ms: int, end_ms: int, shift_ms: int) -> list[Placed]:
    """Place lines over a window; with a shift, each is followed by itself over the other period."""
    found = []
    for source, signal in lines:
        found.append(Placed(source, signal, start_ms, end_ms))
        if shift_ms:
            found.append(Placed(source, signal, start_ms - shift_ms, end_ms - shift_ms, shift_ms))
    return found


def answer(line: Placed, *, max_points: int) -> SeriesAnswer:
    """Read a placed line; its stamps and gaps are those at which it is drawn."""
    found = series(line.source, line.signal, line.start_ms, line.end_ms, max_points=max_points)
    return _moved(found, line.shift_ms)


def _moved(line: SeriesAnswer, by_ms: int) -> SeriesAnswer:
    if not by_ms:
        return line
    gaps = tuple((start + by_ms, end + by_ms) for start, end in line.gaps)
    return replace(line, ts=line.ts + by_ms, gaps=gaps)


def pairs(lines: Sequence[Placed]) -> list[tuple[Placed, Placed]]:
    """Pair what is subtracted: each line minus itself earlier where periods are shifted, else minus the first."""
    if any(line.shift_ms for line in lines):
        return [(then, now) for now, then in zip(lines[::2], lines[1::2], strict=True)]
    return [(lines[0], other) for other in lines[1:]]


def common_level(lines: Sequence[Placed], max_points: int) -> Level:
    """Choose the finest aggregated level that is no finer than any clock and does not hold too many buckets."""
    store = loader.current()
    slowest = max(store.series(line.source, line.signal).interval_ms for line in lines)
    longest = max(line.end_ms - line.start_ms for line in lines)
    most = min(query.BUCKETS_PER_POINT * max_points, MAX_BUCKETS)
    levels = store.manifest.levels[1:]
    fits = (one for one in levels if one.step_ms >= slowest and longest / one.step_ms <= most)
    return next(fits, levels[-1])


def differences(subtracted: Sequence[tuple[Placed, Placed]], *, max_points: int) -> list[SeriesAnswer]:
    """Subtract the first of each pair from the second, where they have one unit.

    Both are read in the same buckets of the same level, so clocks that differ by seconds meet; a bucket that either
    lacks is left out. ``min`` and ``max`` are those of the buckets' differences in each drawn slice. Where a shift is
    no whole number of buckets, the nearest ones are subtracted.
    """
    if not subtracted:
        return []
    level = common_level([line for pair in subtracted for line in pair], max_points)
    found = []
    for first, other in subtracted:
        mine, theirs = _at_level(first, level), _at_level(other, level)
        if (mine.unit, mine.kind) == (theirs.unit, theirs.kind):
            label = other.source if first.shift_ms else f"{other.source} − {first.source}"
            found.append(_difference((mine, first), (theirs, other), level, label, max_points))
    return found


def _at_level(line: Placed, level: Level) -> SeriesAnswer:
    return series(line.source, line.signal, line.start_ms, line.end_ms, max_points=MAX_BUCKETS, level=level.name)


def _difference(
    first: tuple[SeriesAnswer, Placed],
    other: tuple[SeriesAnswer, Placed],
    level: Level,
    label: str,
    max_points: int,
) -> SeriesAnswer:
    _, mine, theirs = np.intersect1d(_bucket(*first, level), _bucket(*other, level), return_indices=True)
    delta = np.asarray(other[0].value, np.float64)[theirs] - np.asarray(first[0].value, np.float64)[mine]
    starts = other[0].ts[theirs]
    starts, delta = starts[np.isfinite(delta)], delta[np.isfinite(delta)]
    rows = np.minimum(first[0].rows.sum(), other[0].rows.sum()) if len(starts) else 0
    found = replace(
        other[0],
        label=label,
        kind="analog",
        level=level.name,
        buckets=len(starts),
        step_ms=level.step_ms,
        coverage=None if not rows else min(first[0].coverage or 0.0, other[0].coverage or 0.0),
        reason=None if len(starts) else "The two have no bucket in common in this period.",
        gaps=tuple(sorted({*_moved(first[0], first[1].shift_ms).gaps, *other[0].gaps})),
    )
    return _thinned(found, starts, delta, max_points)


def _bucket(line: SeriesAnswer, at: Placed, level: Level) -> NDArray[np.int64]:
    """Count the bucket of each point on the common axis: days of the site's calendar, else steps of the level."""
    if not level.is_calendar_day:
        return np.asarray(np.round((line.ts - line.ts % level.step_ms + at.shift_ms) / level.step_ms), np.int64)
    local = pl.Series(line.ts).cast(TS_DTYPE).dt.convert_time_zone(loader.current().zone).dt.date()
    return np.asarray(local.to_physical().to_numpy() + round(at.shift_ms / DAY_MS), np.int64)


def _thinned(found: SeriesAnswer, ts: NDArray[np.int64], delta: NDArray[np.float64], max_points: int) -> SeriesAnswer:
    """Cut buckets into at most ``max_points`` equal slices, each with its mean, minimum and maximum."""
    if not len(ts):
        none = np.zeros(0)
        return replace(found, ts=ts, value=none, min=none, max=none, rows=np.zeros(0, np.int64))
    edges = np.unique(np.linspace(0, len(ts), min(max_points, len(ts)), endpoint=False).astype(np.int64))
    rows = np.diff(np.append(edges, len(ts)))
    return replace(
        found,
        ts=ts[edges],
        value=np.add.reduceat(delta, edges) / rows,
        min=np.minimum.reduceat(delta, edges),
        max=np.maximum.reduceat(delta, edges),
        rows=rows,
    )
