"""From a cut's raw rows of one clock to its share of every level: a recipe for each kind of signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import contract, counters, pyramid
from pipeline.contract import TS, Level, column
from pipeline.frames import readings_of, widen
from pipeline.sheets import Sheet, sheet_of

_NO_CLASS = 255
"""Stands for no step at all while classes are numbers; the last reading has none."""


def analog_sheets(
    frame: pl.DataFrame, readings: NDArray[Any], levels: Sequence[Level], zone: str, tails: Sequence[float]
) -> dict[str, Sheet]:
    """Make every level of a clock's analog signals, each from the finest one below it that its buckets hold whole.

    Parameters
    ----------
    frame : DataFrame
        Raw rows.
    readings : array, shape (rows, signals)
        The same; NaN is none.
    levels : sequence of Level
        Finest first.
    zone : str
        The site's, which cuts the days.
    tails : sequence of float
        Quantiles to keep.
    """
    names = readings_of(frame)
    ts = frame[TS].to_physical().to_numpy()
    made: dict[str, Sheet] = {}
    below: list[tuple[int, pyramid.Buckets]] = [(1, pyramid.from_rows(ts, readings))]
    for level in levels:
        base = _finest_divisor(below, level, zone)
        buckets = pyramid.merge(base, pyramid.labels_of(base.ts, level, zone))
        found = pyramid.percentiles(ts, readings, pyramid.labels_of(ts, level, zone), tails) if tails else None
        made[level.name] = sheet_of(buckets, names, readings.dtype.type, found)
        below.append((level.step_ms, buckets))
    return made


def _finest_divisor(below: Sequence[tuple[int, pyramid.Buckets]], level: Level, zone: str) -> pyramid.Buckets:
    """Find the coarsest finer level whose buckets never straddle one of this level's."""
    for step, buckets in reversed(below):
        if level.step_ms % step:
            continue
        if not level.is_calendar_day or len(buckets.ts) == 0:
            return buckets
        midnights = contract.day_starts(int(buckets.ts[0]), int(buckets.ts[-1]), zone)
        if all(midnight % step == 0 for midnight in midnights):
            return buckets
    return below[0][1]


def classified_counters(frame: pl.DataFrame, limits_kw: Mapping[str, float], interval_ms: float) -> pl.DataFrame:
    """Add each counter's steps: ``<signal>|delta`` [kWh] and ``<signal>|class`` (see ``pipeline.counters``).

    Parameters
    ----------
    frame : DataFrame
        ``ts`` and counters [kWh].
    limits_kw : mapping of str to float
        Power that bounds each counter's steps [kW].
    interval_ms : float
        Median step of the clock [ms].
    """
    ts = frame[TS].to_physical().to_numpy()
    added: list[pl.Series] = []
    decimals = widen(frame)
    for name in readings_of(frame):
        readings = decimals[name].to_numpy().astype(np.float64)
        at = np.flatnonzero(~np.isnan(readings))
        steps = counters.classify_steps(
            ts[at], readings[at], p_max_kw=limits_kw[name], digit_kwh=_digit(readings[at]), interval_ms=interval_ms
        )
        delta, classes = np.full(len(ts), np.nan), np.full(len(ts), _NO_CLASS, np.uint8)
        delta[at], classes[at] = steps.delta, steps.classes
        coded = pl.Series(column(name, "class"), classes, dtype=pl.UInt8)
        added += [
            pl.Series(column(name, "delta"), delta, dtype=pl.Float64, nan_to_null=True),
            coded.set(coded == _NO_CLASS, None),
        ]
    return frame.with_columns(added)


def counter_levels(classified: pl.DataFrame, levels: Sequence[Level], zone: str) -> dict[str, pl.DataFrame]:
    """Make every level of classified counters, each from raw rows."""
    names, ts = readings_of(classified), classified[TS].to_physical().to_numpy()
    return {
        level.name: pyramid.counter_frame(classified, names, pyramid.labels_of(ts, level, zone)) for level in levels
    }


def flag_levels(frame: pl.DataFrame, longest_ms: float, levels: Sequence[Level], zone: str) -> dict[str, pl.DataFrame]:
    """Make every level of flags, each from raw rows; a reading stands for no longer than ``longest_ms`` [ms]."""
    names, ts = readings_of(frame), frame[TS].to_physical().to_numpy()
    prepared = pyramid.flag_context(frame, names, longest_ms)
    return {level.name: pyramid.flag_frame(prepared, names, pyramid.labels_of(ts, level, zone)) for level in levels}


def _digit(readings: pyramid.Floats) -> float:
    """Resolution of a counter: the coarsest power of ten (at most 1) that all its readings are multiples of [kWh]."""
    for decimals in range(4):
        if np.all(np.abs(readings * 10.0**decimals - np.rint(readings * 10.0**decimals)) < 1e-6):
            return float(10.0**-decimals)
    return 1e-4
