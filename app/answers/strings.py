"""The cells or sensors of a string over time, as rows of buckets that hold exactly a window's readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import loader, query
from app.analytics import surface as shape
from app.analytics.limits import Limit
from app.analytics.relative import Mode
from app.analytics.surface import Rows
from app.analytics.thermal import cells_of_sensor
from app.answers.window import source_of
from app.store import Store
from pipeline.contract import RAW, RAW_LEVEL, TS, Level, Pack, Series, column
from pipeline.signals import describe

Quantity = Literal["voltage", "temperature"]
QUANTITIES: tuple[Quantity, ...] = ("voltage", "temperature")
MIXED = 1.2
"""More raw rows than this many times those of the busiest cell: the cells have clocks of their own."""
SPREAD_FLOORS = {"voltage": ("spread_floor_mv", 1e-3), "temperature": ("spread_floor_k", 1.0)}
"""Limit that says the smallest spread of a string, and the factor from its unit to the readings' (V, °C)."""
_UNITS = {"voltage": ("V", "mV"), "temperature": ("°C", "K")}


def unit_of(quantity: Quantity, mode: Mode) -> str:
    """Return the unit of a quantity in a mode: V or °C as it is, mV or K as a distance, 1 as a robust score."""
    return "1" if mode == "z" else _UNITS[quantity][mode != "absolute"]


def scale_of(quantity: Quantity, mode: Mode) -> float:
    """Return the factor from the readings' unit to that of the mode: distances of voltages are told in mV."""
    return 1000.0 if unit_of(quantity, mode) == "mV" else 1.0


def floor_of(quantity: Quantity, limits: Mapping[str, Limit]) -> float:
    """Return the smallest spread that a string is credited with, in the readings' unit [V or °C]."""
    name, factor = SPREAD_FLOORS[quantity]
    return limits[name].value * factor


def series_of(store: Store, system: str, pack: Pack, quantity: Quantity) -> list[Series]:
    """List a pack's series of one quantity, in physical order."""
    voltage = quantity == "voltage"
    found = [
        one
        for one in store.all_series(system)
        if one.pack == pack.pack and one.cell is not None and describe(one.signal).is_cell_voltage == voltage
    ]
    return sorted(found, key=lambda one: one.cell or 0)


def string_of(store: Store, system: str, quantity: Quantity) -> list[Series]:
    """List the series of one quantity of all packs, pack by pack."""
    return [one for pack in source_of(store, system, "bess").packs for one in series_of(store, system, pack, quantity)]


def cells_of(store: Store, system: str, pack: Pack) -> dict[str, tuple[int, ...]]:
    """Name the cells that each sensor of a pack lies beside."""
    said = store.site.source(system).sensor_cells
    return {str(one): cells_of_sensor(one, pack.sensors, pack.cells, said) for one in pack.sensors}


def read_rows(store: Store, string: Sequence[Series], level: Level, start_ms: int, end_ms: int) -> Rows:
    """Read the buckets of a string that hold exactly a window's readings; raw readings are buckets of one."""
    if level.name == RAW:
        return _read_raw(store, string, start_ms, end_ms)
    names = [one.signal for one in string]
    low, high = query.whole_buckets(store, string[0].source, names, level, start_ms, end_ms)
    if high <= low or _is_made_from_raw(store, string, level):
        return _from_raw(store, string, level, start_ms, end_ms)
    rows = _daily(string, low, high) if level.is_calendar_day else _stored(store, string, level, low, high)
    before = [_from_raw(store, string, level, start_ms, low)] if start_ms < low else []
    after = [_from_raw(store, string, level, high, end_ms)] if high < end_ms else []
    return shape.joined([*before, rows, *after])


def _is_made_from_raw(store: Store, string: Sequence[Series], level: Level) -> bool:
    """Whether a level is not written for a string: then the whole window is made in one go, its edges with it."""
    return not any(
        store.has_level(one.source, one.group, level.name) or store.repeats_raw(one.source, one.group, level)
        for one in string
    )


def _stored(store: Store, string: Sequence[Series], level: Level, low: int, high: int) -> Rows:
    names = [one.signal for one in string]
    stats = ("mean", "min", "max", "n")
    frame = query.buckets(store, string[0].source, names, stats, level, low, high)
    mean, least, most, count = (_matrix(frame, [column(name, stat) for name in names]) for stat in stats)
    return Rows(_stamps(frame), mean, least, most, _count(count))


def _daily(string: Sequence[Series], low: int, high: int) -> Rows:
    """Cut days from those of the whole history, which are read once per build."""
    quantity: Quantity = "voltage" if describe(string[0].signal).is_cell_voltage else "temperature"
    rows = days_of(string[0].source, quantity)
    places = {one.signal: at for at, one in enumerate(string_of(loader.current(), string[0].source, quantity))}
    first, last = (int(at) for at in np.searchsorted(rows.ts, (low, high)))
    return rows.rows(slice(first, last)).columns(np.array([places[one.signal] for one in string], np.intp))


@loader.once_per_build
def days_of(system: str, quantity: Quantity) -> Rows:
    """Read the days of a string's whole history: a few megabytes, kept for as long as the build is current."""
    store = loader.current()
    string = string_of(store, system, quantity)
    level = next(one for one in store.manifest.levels if one.is_calendar_day)
    first, last = min(one.first_ms for one in string), max(one.last_ms for one in string)
    return _stored(store, string, level, query.floor(first, level, store.zone), last + 1)


def share_of(readings: int, series: Sequence[Series], window: tuple[int, int]) -> float | None:
    """Share of a window that holds readings of some series (0 to 1); None for a window of no length."""
    expected = sum((window[1] - window[0]) / max(one.interval_ms, 1) for one in series)
    return round(min(1.0, readings / expected), 6) if expected > 0 else None


def keep_days(system: str) -> None:
    """Read the days of a system's strings ahead, so that no reader waits for them.

    Raises
    ------
    UnknownSource
        There is no such system.
    """
    for quantity in QUANTITIES:
        if string_of(loader.current(), system, quantity):
            days_of(system, quantity)


def _read_raw(store: Store, string: Sequence[Series], start_ms: int, end_ms: int) -> Rows:
    """Read raw readings, those of cells with clocks of their own in slots of one interval."""
    frame = store.read(string[0].source, [one.signal for one in string], RAW_LEVEL, (), start_ms, end_ms)
    values = _matrix(frame, [one.signal for one in string])
    rows = Rows(_stamps(frame), values, values, values, _count(~np.isnan(values)))
    mixed = frame.height > MIXED * rows.count.sum(axis=0).max(initial=0)
    return shape.merged(rows, max(string[0].interval_ms, 1)) if mixed else rows


def _from_raw(store: Store, string: Sequence[Series], level: Level, start_ms: int, end_ms: int) -> Rows:
    """Aggregate raw readings into a level's buckets, those at the edges cut by the window."""
    rows = _read_raw(store, string, start_ms, end_ms)
    labels = np.maximum(query.labels_of(rows.ts, level, store.zone), start_ms)
    return shape.grouped(rows, labels)


def _count(values: NDArray[Any]) -> NDArray[np.int64]:
    return np.asarray(np.nan_to_num(values), np.int64)


def _stamps(frame: pl.DataFrame) -> NDArray[np.int64]:
    return frame[TS].to_physical().to_numpy().astype(np.int64)


def _matrix(frame: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float32]:
    """Lay columns side by side; one that the window lacks is NaN."""
    there = set(frame.columns)
    known = [at for at, name in enumerate(names) if name in there]
    laid = frame.select(pl.col([names[at] for at in known]).cast(pl.Float32)).to_numpy()
    if len(known) == len(names):
        return np.asarray(laid, np.float32)
    whole = np.full((frame.height, len(names)), np.nan, np.float32)
    whole[:, known] = laid
    return whole


def stray_readings(
    system: str, quantity: Quantity, start_ms: int, end_ms: int
) -> list[tuple[int, tuple[int, int], float, float]]:
    """List the single readings of a window that stood out, as the build found them in the raw rows.

    They are told beside what buckets hold: within a day a cell's reading may stray far from its string and still lie
    between the string's own least and greatest.

    Returns
    -------
    list of (ts, (pack, cell or sensor), value, residual)
        Stamps [epoch ms UTC], the reading and its distance from the string's median [V or °C].
    """
    table = loader.table(system, "excursions")
    if table.height == 0:
        return []
    warm = pl.col("kind").str.contains("temperature")
    stamps = pl.col("ts").dt.epoch("ms")
    own = table.filter(
        (warm if quantity == "temperature" else ~warm)
        & pl.col("pack").is_not_null()
        & pl.col("residual").is_not_null()
        & (stamps >= start_ms)
        & (stamps < end_ms)
    ).select(stamps, "pack", "cell", "value", "residual")
    return [(at, (pack, cell), value, residual) for at, pack, cell, value, residual in own.iter_rows()]
