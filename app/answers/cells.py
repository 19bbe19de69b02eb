"""A pack's cells: over time as a surface, and in their places as a heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app import loader, query
from app.analytics import surface as shape
from app.analytics.limits import limits
from app.analytics.surface import Rows
from app.analytics.thermal import cells_of_sensor
from app.answers import battery
from app.answers.window import NO_READINGS, filled, pack_of, source_of
from app.shapes import HeatmapAnswer, SurfaceAnswer
from app.store import Store
from pipeline.contract import RAW, RAW_LEVEL, TS, Level, Pack, Series, column
from pipeline.signals import describe

Quantity = Literal["voltage", "temperature"]
Mode = Literal["absolute", "deviation"]
Metric = Literal["voltage", "temperature", "degradation", "deviation", "soh"]
QUANTITIES: tuple[Quantity, ...] = ("voltage", "temperature")
MODES: tuple[Mode, ...] = ("absolute", "deviation")
METRICS: tuple[Metric, ...] = ("voltage", "temperature", "degradation", "deviation", "soh")

MIXED = 1.2
"""More raw rows than this many times those of the busiest cell: the cells have clocks of their own."""
_UNITS = {
    ("voltage", "absolute"): "V",
    ("voltage", "deviation"): "mV",
    ("temperature", "absolute"): "°C",
    ("temperature", "deviation"): "K",
}
_STATISTICS = {
    "voltage": ("mean", "V", None),
    "temperature": ("highest reading", "°C", None),
    "deviation": (
        "median daily distance from the string's median, at rest where it rests",
        "mV",
        "voltage_deviation_mv",
    ),
    "degradation": ("trend of the cell's capacity, negative is loss", "%/month", "degradation_pct_per_month"),
    "soh": ("capacity of nominal, as far as the ends of charge and discharge tell", "%", "soh_pct"),
}


def surface(
    system: str,
    pack: int,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    quantity: Quantity = "voltage",
    mode: Mode = "absolute",
    max_points: int,
) -> SurfaceAnswer:
    """Answer a pack over time.

    Parameters
    ----------
    system : str
        Name.
    pack : int
        Its number.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC], cut exactly; the whole history where None.
    quantity : {"voltage", "temperature"}
        The cells' voltages, or the temperatures of the sensors.
    mode : {"absolute", "deviation"}
        The mean of each bucket, or how far each cell strays from the median of the whole string in it.
    max_points : int
        Rows at most; neighbouring buckets are merged into that many stretches of equal width.

    Raises
    ------
    UnknownSource, UnknownPack
        There is no such system or pack.
    """
    return _surface(system, pack, start_ms, end_ms, quantity, mode, max_points)


@loader.memoised
def _surface(
    system: str, pack: int, start_ms: int | None, end_ms: int | None, quantity: Quantity, mode: Mode, max_points: int
) -> SurfaceAnswer:
    store = loader.current()
    source = source_of(store, system, "bess")
    own = pack_of(source, pack)
    mine = _series(store, system, own, quantity)
    numbers = tuple(one.cell for one in mine if one.cell is not None)
    answer = SurfaceAnswer(
        build_id=store.build_id,
        level=None,
        coverage=None,
        reason=f"Pack {pack} of {system} logs no cell {quantity}.",
        ts=np.zeros(0, np.int64),
        cells=numbers,
        cells_of=_cells_of(store, system, own) if quantity == "temperature" else None,
        z=np.zeros((0, len(numbers)), np.float32),
        unit=_UNITS[quantity, mode],
        quantity=quantity,
        mode=mode,
    )
    if not mine:
        return answer
    start, end = filled(mine, start_ms, end_ms)
    level = query.choose_level(store, mine[0], start, end, max_points)
    packs = [own] if mode == "absolute" else [own, *(one for one in source.packs if one.pack != pack)]
    string = [one for each in packs for one in _series(store, system, each, quantity)]
    rows = _read(store, string, level, mode, start, end)
    return _filled_in(answer, rows, mine, level, (start, end), max_points)


def _filled_in(
    answer: SurfaceAnswer, rows: Rows, mine: Sequence[Series], level: Level, window: tuple[int, int], max_points: int
) -> SurfaceAnswer:
    """Merge rows to those asked for, and lay them out."""
    step = level.step_ms or max(mine[0].interval_ms, 1)
    own = rows.columns(slice(len(mine)))
    there = own.count.sum(axis=1) > 0
    readings = int(own.count.sum())
    expected = sum((window[1] - window[0]) / max(one.interval_ms, 1) for one in mine)
    width = step * max(-(-(window[1] - window[0]) // (step * max_points)), 1)
    if answer.mode == "absolute":
        merged = shape.merged(_where(own, there), width)
        ts, z = merged.ts, merged.mean
    else:
        stray = shape.deviations(rows, slice(len(mine)))[there]
        ts, z = shape.farthest_of(rows.ts[there], stray * (1000 if answer.quantity == "voltage" else 1), width)
    return replace(
        answer,
        level=level.name,
        coverage=round(min(1.0, readings / expected), 6) if expected > 0 else None,
        reason=None if readings else NO_READINGS,
        ts=ts,
        z=_decimal(z, answer.unit),
    )


def _where(rows: Rows, chosen: NDArray[np.bool_]) -> Rows:
    return Rows(rows.ts[chosen], rows.mean[chosen], rows.low[chosen], rows.high[chosen], rows.count[chosen])


def _decimal(z: NDArray[np.floating], unit: str) -> NDArray[np.float32]:
    """Round to a tenth of what the sensors resolve."""
    return np.round(z.astype(np.float64), {"V": 4, "mV": 1}.get(unit, 2)).astype(np.float32)


def _series(store: Store, system: str, pack: Pack, quantity: Quantity) -> list[Series]:
    """List a pack's series of one quantity, in physical order."""
    voltage = quantity == "voltage"
    found = [
        one
        for one in store.all_series(system)
        if one.pack == pack.pack and describe(one.signal).is_cell_voltage == voltage and one.cell is not None
    ]
    return sorted(found, key=lambda one: one.cell or 0)


def _cells_of(store: Store, system: str, pack: Pack) -> dict[str, tuple[int, ...]]:
    said = store.site.source(system).sensor_cells
    return {str(one): cells_of_sensor(one, pack.sensors, pack.cells, said) for one in pack.sensors}


def _read(store: Store, string: Sequence[Series], level: Level, mode: Mode, start_ms: int, end_ms: int) -> Rows:
    """Read the buckets of a string that hold exactly a window's readings; raw readings are buckets of one."""
    names = [one.signal for one in string]
    source = string[0].source
    if level.name == RAW:
        return _read_raw(store, string, start_ms, end_ms)
    low, high = query.whole_buckets(store, source, names, level, start_ms, end_ms)
    if high <= low:
        return _from_raw(store, string, level, start_ms, end_ms)
    stats = ("mean", "n") if mode == "absolute" else ("mean", "min", "max", "n")
    frame = query.buckets(store, source, names, stats, level, low, high)
    by_stat = {stat: _matrix(frame, [column(name, stat) for name in names]) for stat in stats}
    means = by_stat["mean"]
    rows = Rows(_stamps(frame), means, by_stat.get("min", means), by_stat.get("max", means), _count(by_stat["n"]))
    before = [_from_raw(store, string, level, start_ms, low)] if start_ms < low else []
    after = [_from_raw(store, string, level, high, end_ms)] if high < end_ms else []
    return shape.joined([*before, rows, *after])


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


def heatmap(
    system: str, pack: int, start_ms: int | None = None, end_ms: int | None = None, *, metric: Metric
) -> HeatmapAnswer:
    """Answer one number for each cell of a pack, in physical order.

    Parameters
    ----------
    system : str
        Name.
    pack : int
        Its number.
    start_ms, end_ms : int, optional
        Half-open window [epoch ms UTC]; the whole history where None.
    metric : {"voltage", "temperature", "degradation", "deviation", "soh"}
        Mean voltage; highest reading of each temperature sensor; and what ``battery.cell_values`` says of each cell.

    Raises
    ------
    UnknownSource, UnknownPack
        There is no such system or pack.
    """
    return _heatmap(system, pack, start_ms, end_ms, metric)


@loader.memoised
def _heatmap(system: str, pack: int, start_ms: int | None, end_ms: int | None, metric: Metric) -> HeatmapAnswer:
    store = loader.current()
    own = pack_of(source_of(store, system, "bess"), pack)
    statistic, unit, limit = _STATISTICS[metric]
    mine = _series(store, system, own, "temperature" if metric == "temperature" else "voltage")
    start, end = filled(mine, start_ms, end_ms)
    known = query.summary(store, system, [one.signal for one in mine], start, end)
    if metric in ("voltage", "temperature"):
        values: Mapping[int, float | None] = dict(
            zip((one.cell or 0 for one in mine), known["mean" if metric == "voltage" else "max"], strict=True)
        )
    else:
        values = battery.cell_values(system, pack, start_ms, end_ms, metric)
    numbers = own.sensors if metric == "temperature" else own.cells
    shown = tuple(_rounded(values.get(number), unit) for number in numbers)
    expected = sum((end - start) / max(one.interval_ms, 1) for one in mine)
    return HeatmapAnswer(
        build_id=store.build_id,
        level=None,
        coverage=round(min(1.0, float(known["n"].sum()) / expected), 6) if expected > 0 else None,
        reason=_why(shown, int(known["n"].sum()), metric),
        cells=numbers,
        values=shown,
        statistic=statistic,
        unit=unit,
        metric=metric,
        limit=limits(store.site.thresholds)[limit].value if limit else None,
    )


def _rounded(value: float | None, unit: str) -> float | None:
    return None if value is None else round(value, {"V": 5}.get(unit, 3))


def _why(values: Sequence[float | None], readings: int, metric: Metric) -> str | None:
    """Say why values are unknown."""
    if all(value is not None for value in values):
        return None
    if readings == 0:
        return NO_READINGS
    if metric in ("soh", "degradation"):
        return "A cell's capacity is known only where the string was both full and empty often enough."
    return "Some cells have no reading in this window."
