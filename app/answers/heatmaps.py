"""Every cell of a system in its place: one number each, as it is or held against the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from app import loader
from app.analytics.limits import Limit, limits
from app.analytics.relative import Mode, measure_of
from app.analytics.surface import Rows
from app.answers import battery, strings
from app.answers.window import NO_READINGS, filled, pack_of, source_of
from app.shapes.pictures import HeatmapAnswer
from app.store import Store
from pipeline.contract import Series

Metric = Literal["voltage", "temperature", "degradation", "deviation", "soh"]
METRICS: tuple[Metric, ...] = ("voltage", "temperature", "degradation", "deviation", "soh")
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
_AGAINST = {
    "deviation": "from the string's median",
    "neighbours": "from the cells beside",
    "z": "in robust standard deviations of the string",
}
_LIMITS = {"mV": "voltage_deviation_mv", "K": "temperature_variation_k", "1": "robust_z_warning"}
"""Limit that a distance is held against, by its unit."""
_FLOORS = {"voltage": 1e-3, "deviation": 1.0, "temperature": 0.3, "soh": 0.1, "degradation": 0.01}
"""Smallest spread between cells that a score divides by: what the number resolves [V, mV, K, %, %/month]."""


def heatmap(
    system: str,
    pack: int,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    metric: Metric,
    mode: Mode = "absolute",
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
    mode : {"absolute", "deviation", "neighbours", "z"}
        The number itself; or held against the string's median, the cells beside, or the string's own spread.

    Raises
    ------
    UnknownSource, UnknownPack
        There is no such system or pack.
    """
    source = source_of(loader.current(), system, "bess")
    pack_of(source, pack)
    return heatmaps(system, start_ms, end_ms, metric=metric, mode=mode)[pack]


def sensor_cells(system: str) -> dict[tuple[int, int], tuple[int, ...]]:
    """Name the cells that each temperature sensor of a system lies beside, by pack and sensor.

    Raises
    ------
    UnknownSource
        There is no such system.
    """
    store = loader.current()
    packs = source_of(store, system, "bess").packs
    near = {pack.pack: strings.cells_of(store, system, pack) for pack in packs}
    return {(pack, int(sensor)): own for pack, found in near.items() for sensor, own in found.items()}


@loader.memoised
def heatmaps(
    system: str,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    metric: Metric,
    mode: Mode = "absolute",
) -> dict[int, HeatmapAnswer]:
    """Answer one number for each cell of every pack of a system; parameters as those of `heatmap`.

    Raises
    ------
    UnknownSource, BadParameter
        There is no such system; the end is before the start.
    """
    store = loader.current()
    source = source_of(store, system, "bess")
    string = strings.string_of(store, system, "temperature" if metric == "temperature" else "voltage")
    window = filled(string, start_ms, end_ms)
    read = _days(store, string, window)
    counted = dict(zip(((one.pack, one.cell) for one in string), read.count.sum(axis=0).tolist(), strict=True))
    if metric in ("voltage", "temperature"):
        known = _summed(read, string, metric)
    else:
        by_pack = {one.pack: battery.cell_values(system, one.pack, start_ms, end_ms, metric) for one in source.packs}
        known = {(pack, cell): value for pack, own in by_pack.items() for cell, value in own.items()}
    shown = _related(known, metric, mode)
    empty = HeatmapAnswer(
        build_id=store.build_id,
        level=None,
        coverage=None,
        cells=(),
        values=(),
        statistic=" ".join(part for part in (_STATISTICS[metric][0], _AGAINST.get(mode)) if part),
        unit=_unit(metric, mode),
        metric=metric,
        limit=_limit(metric, mode, limits(store.site.thresholds)),
    )
    found = {}
    for pack in source.packs:
        numbers = pack.sensors if metric == "temperature" else pack.cells
        values = tuple(_rounded(shown.get((pack.pack, number)), empty.unit) for number in numbers)
        mine = [one for one in string if one.pack == pack.pack]
        readings = sum(counted[one.pack, one.cell] for one in mine)
        why, share = _why(values, readings, metric), strings.share_of(readings, mine, window)
        found[pack.pack] = replace(empty, cells=numbers, values=values, reason=why, coverage=share)
    return found


def _days(store: Store, string: Sequence[Series], window: tuple[int, int]) -> Rows:
    """Read a window by days, whose edges hold what lies inside of it."""
    if not string:
        nothing = np.zeros((0, 0), np.float32)
        return Rows(np.zeros(0, np.int64), nothing, nothing, nothing, np.zeros((0, 0), np.int64))
    return strings.read_rows(store, string, store.manifest.levels[-1], *window)


def _summed(rows: Rows, string: Sequence[Series], metric: Metric) -> dict[tuple[int, int], float | None]:
    """Take the mean of the voltages, or the highest temperatures, over all rows."""
    count = rows.count.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.nan_to_num(rows.mean).astype(np.float64) * rows.count).sum(axis=0) / count
    highest = np.fmax.reduce(rows.high, axis=0) if len(rows.ts) else mean
    values = mean if metric == "voltage" else highest.astype(np.float64)
    places = [(one.pack or 0, one.cell or 0) for one in string]
    return {place: float(values[at]) if count[at] else None for at, place in enumerate(places)}


def _related(
    known: Mapping[tuple[int, int], float | None], metric: Metric, mode: Mode
) -> dict[tuple[int, int], float | None]:
    """Hold the cells' numbers against each other, as a mode says; distances of voltages are told in mV."""
    if mode == "absolute" or not known:
        return dict(known)
    places = sorted(known)
    values = np.array([[np.nan if (value := known[place]) is None else value for place in places]], np.float64)
    measure = measure_of(mode, np.array([pack for pack, _ in places], np.int64), _FLOORS[metric])
    related = measure(values)[0] * (1000.0 if metric == "voltage" and mode != "z" else 1.0)
    return {place: float(one) if np.isfinite(one) else None for place, one in zip(places, related, strict=True)}


def _unit(metric: Metric, mode: Mode) -> str:
    own = _STATISTICS[metric][1]
    if mode == "absolute":
        return own
    return "1" if mode == "z" else {"V": "mV", "°C": "K"}.get(own, own)


def _limit(metric: Metric, mode: Mode, table: Mapping[str, Limit]) -> float | None:
    name = _STATISTICS[metric][2] if mode == "absolute" else _LIMITS.get(_unit(metric, mode))
    return table[name].value if name else None


def _rounded(value: float | None, unit: str) -> float | None:
    return None if value is None else round(float(f"{value:.7g}"), {"V": 5}.get(unit, 3))


def _why(values: Sequence[float | None], readings: int, metric: Metric) -> str | None:
    """Say why values are unknown."""
    if all(value is not None for value in values):
        return None
    if readings == 0:
        return NO_READINGS
    if metric in ("soh", "degradation"):
        return "A cell's capacity is known only where the string was both full and empty often enough."
    return f"Some {'sensors' if metric == 'temperature' else 'cells'} have no reading in this window."
