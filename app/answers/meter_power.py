"""The power of a meter, reading by reading: how long each level lasts, and the mean of each hour of each day."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import loader, query
from app.analytics import energy
from app.answers.window import filled, source_of
from app.query import GAP_FACTOR
from app.store import Store
from pipeline.contract import RAW_LEVEL, TS, TS_DTYPE, column, parse_level

POWER, FACTOR = "com_ap", "pf"
CURVE_POINTS = 500
"""Points of a load-duration curve."""
HOURS = 24
HOUR = parse_level("1h")


def power_of(store: Store, meter: str, start_ms: int, end_ms: int) -> pl.DataFrame | None:
    """Read the raw power of a meter, and its power factor where it has one.

    Parameters
    ----------
    start_ms, end_ms : int
        Half-open window [epoch ms UTC).

    Returns
    -------
    DataFrame or None
        ``ts``, ``com_ap`` [kW], ``pf``, ``held`` (how long each reading holds inside the window [ms]) and ``inside``
        (false for readings before the window, which hold into it); None where the meter logs no active power.
    """
    if not store.has(meter, POWER):
        return None
    series = store.series(meter, POWER)
    there = [POWER, FACTOR] if store.has(meter, FACTOR) else [POWER]
    before = int(GAP_FACTOR * series.interval_ms)
    frame = store.read(meter, there, RAW_LEVEL, (), start_ms - before, end_ms)
    if POWER not in frame.columns:
        return None
    rows = _with_factor(frame.filter(pl.col(POWER).is_not_null()), frame, series.interval_ms)
    ts = rows[TS].to_physical().to_numpy()
    held = energy.holding_ms(ts, start_ms, end_ms, GAP_FACTOR * max(series.interval_ms, 1))
    return rows.with_columns(pl.Series("held", held), pl.Series("inside", ts >= start_ms))


def _with_factor(rows: pl.DataFrame, frame: pl.DataFrame, interval_ms: int) -> pl.DataFrame:
    """Lay the nearest power factor within half an interval beside each power, where their clocks differ."""
    if FACTOR not in frame.columns or rows.height == frame.height:
        return rows
    factor = frame.filter(pl.col(FACTOR).is_not_null()).select(TS, FACTOR)
    near = timedelta(milliseconds=interval_ms // 2)
    return rows.drop(FACTOR).join_asof(factor, on=TS, strategy="nearest", tolerance=near)


@loader.memoised
def load_duration(
    meter: str, start_ms: int | None = None, end_ms: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Answer the load-duration curve, from raw readings.

    Returns
    -------
    tuple of arrays
        Share of the covered time, ascending from 0 to 1, and the power reached or exceeded for it [kW]; empty where
        the window holds no reading of power.

    Raises
    ------
    UnknownSource
        There is no such meter.
    """
    store = loader.current()
    source_of(store, meter, "meter")
    power = power_of(store, meter, *filled(store.all_series(meter), start_ms, end_ms))
    if power is None:
        return np.zeros(0), np.zeros(0)
    return energy.load_duration(power[POWER].to_numpy(), power["held"].to_numpy(), CURVE_POINTS)


@loader.memoised
def day_by_hour(
    meter: str, start_ms: int | None = None, end_ms: int | None = None
) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Answer the mean power of each hour of each day, by the site's clock.

    Returns
    -------
    tuple of arrays
        The days (``datetime64[D]``), without a hole, and the mean of the readings of each hour, of shape (24, days)
        [kW]; NaN without readings. The hour that autumn repeats is the mean of both, the one that spring skips empty.

    Raises
    ------
    UnknownSource
        There is no such meter.
    """
    store = loader.current()
    source_of(store, meter, "meter")
    nothing = np.zeros(0, "datetime64[D]"), np.zeros((HOURS, 0))
    if not store.has(meter, POWER):
        return nothing
    start, end = query.span(store.series(meter, POWER), start_ms, end_ms)
    rows = query.exact(store, meter, [POWER], HOUR, start, end)
    if column(POWER, "n") not in rows.columns:
        return nothing
    rows = rows.filter(pl.col(column(POWER, "n")) > 0)
    if rows.height == 0:
        return nothing
    return _by_clock(rows, store.zone)


def _by_clock(rows: pl.DataFrame, zone: str) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    wall = rows[TS].cast(TS_DTYPE).dt.convert_time_zone(zone).dt.replace_time_zone(None).to_numpy()
    hours = wall.astype("datetime64[h]")
    days = np.arange(hours[0].astype("datetime64[D]"), hours.max().astype("datetime64[D]") + 1)
    at = (hours - days[0].astype("datetime64[h]")).astype(np.int64)
    readings = rows[column(POWER, "n")].to_numpy().astype(np.float64)
    total = np.bincount(at, rows[column(POWER, "mean")].to_numpy() * readings, minlength=len(days) * HOURS)
    count = np.bincount(at, readings, minlength=len(days) * HOURS)
    with np.errstate(invalid="ignore"):
        mean = total / count
    return days, np.asarray(mean.reshape(len(days), HOURS).T)
