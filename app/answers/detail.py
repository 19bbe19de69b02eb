"""Everything about one cell: its measures day by day, its string behind it, and single readings that strayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app import loader
from app.analytics.grid import DAY_MS, Floats, Grid, Ints, day_slice, row_median
from app.analytics.resistance import slopes, working_rows
from app.analytics.thermal import cells_of_sensor, load_free
from app.answers import battery, ledger, strings
from app.answers.evidence import SystemEvidence, evidence_of
from app.answers.packs import REGIME_COLUMNS
from app.answers.window import pack_of
from app.errors import UnknownCell
from app.shapes.verdicts import CellVerdict

MOST_SPIKES = 20
"""Single readings that are listed, the latest of them [readings]."""
SLOPE_GROUP = 5
"""Working days that one point of the slope on the current is pooled over [d]."""
SHARE = 0.95
"""Share of the string's cells that lie within the band drawn behind a cell."""
LIMITS = {"mV": "voltage_deviation_mv", "K": "temperature_variation_k"}
"""Limit that a measure is held against, by its unit."""
MEASURES = ("rest", "charge_end", "discharge_end", "charge_top", "charge_curve", "charge_low", "resistance", "warmth")
"""What is told of a cell over time, in the order that it is drawn."""
UNITS = {"charge_top": "%", "charge_curve": "%", "charge_low": "%", "resistance": "mΩ", "warmth": "K"}
"""Unit of a measure; mV where it is not said."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """One measure of a cell over time, with its string behind it and its neighbours beside it."""

    key: str
    """One of `MEASURES`."""
    unit: str
    ts: Ints
    """Days, or the middle of several [epoch ms UTC]."""
    value: Floats
    low: Floats
    high: Floats
    """Between these lie `SHARE` of the string's cells."""
    neighbours: dict[int, Floats]
    """The cells (or sensors) beside it, by number."""
    limit: float | None
    """On both sides of 0, where the table of limits holds one."""


@dataclass(frozen=True, kw_only=True)
class Spike:
    """One reading that stood out alone, as it was logged."""

    at_ms: int
    value: float
    """Of the reading [V or °C]."""
    residual: float
    """To the string's median [V or °C]."""
    unit: str
    signal: str


@dataclass(frozen=True, kw_only=True)
class CellDetail:
    """What is known of one cell."""

    system: str
    pack: int
    cell: int
    verdict: CellVerdict | None
    """None where nothing was found."""
    tracks: tuple[Track, ...]
    """Only those that hold readings."""
    spikes: tuple[Spike, ...]
    signals: tuple[str, ...]
    """Its voltage, and the temperature of the sensor beside it."""
    valid_days: int
    """Days with a residual in the window [d]."""
    reason: str | None = None


def cell_detail(
    system: str, pack: int, cell: int, start_ms: int | None = None, end_ms: int | None = None
) -> CellDetail:
    """Answer everything about one cell.

    Parameters
    ----------
    system : str
        Name.
    pack, cell : int
        Their numbers.
    start_ms, end_ms : int, optional
        Window of what is shown over time [epoch ms UTC); the verdict rests on the whole history.

    Raises
    ------
    UnknownSource, UnknownPack, UnknownCell, BadParameter
        There is no such system, pack or cell; the end is before the start.
    """
    evidence = evidence_of(system)
    known = pack_of(evidence.source, pack)
    if cell not in known.cells:
        raise UnknownCell(cell, known.cells)
    answer = battery.standing(system, pack, start_ms, end_ms)
    sensor = _sensor_beside(evidence, pack, cell)
    tracks = [
        track
        for key in MEASURES
        if (track := _track(evidence, key, (pack, sensor if key == "warmth" else cell), start_ms, end_ms))
    ]
    return CellDetail(
        system=system,
        pack=pack,
        cell=cell,
        verdict=next((one for one in answer.cells if one.cell == cell), None),
        tracks=tuple(tracks),
        spikes=_spikes(system, pack, cell, sensor),
        signals=_signals(system, pack, cell, sensor),
        valid_days=max((int(np.isfinite(one.value).sum()) for one in tracks), default=0),
        reason=answer.reason,
    )


def _sensor_beside(evidence: SystemEvidence, pack: int, cell: int) -> int | None:
    known = pack_of(evidence.source, pack)
    said = evidence.said.sensor_cells
    near = {one: cells_of_sensor(one, known.sensors, known.cells, said) for one in known.sensors}
    beside = [one for one, own in near.items() if cell in own]
    return min(beside, key=lambda one: len(near[one]), default=None)


@loader.once_per_build
def _measure(system: str, key: str) -> tuple[Ints, Grid, Floats, Floats, Floats] | None:
    """Lay one measure of a whole string out, with the band that most of its cells lie in, once per build."""
    evidence = evidence_of(system)
    if key == "warmth":
        made = _warmth(evidence)
    elif key in ("charge_top", "charge_curve"):
        made = _charge_end(system, evidence, on_own_curve=key == "charge_top")
    else:
        made = _of_cells(evidence.cells, key)
    if made is None:
        return None
    ts, grid, values = made
    return ts, grid, values, *band(values)


def _of_cells(grid: Grid, key: str) -> tuple[Ints, Grid, Floats] | None:
    if not len(grid.days):
        return None
    if key == "resistance":
        return _slopes(grid)
    if key == "charge_low":
        level = np.where(np.isnan(grid["low_pct"]), grid["bot_pct"], grid["low_pct"])
        return grid.days, grid, level - row_median(level)[:, None]
    if key == "rest" and not np.isfinite(grid["rest_mv"]).any():
        return grid.days, grid, grid["all_mv"]
    return grid.days, grid, grid[REGIME_COLUMNS[key]]


def _charge_end(system: str, evidence: SystemEvidence, *, on_own_curve: bool) -> tuple[Ints, Grid, Floats] | None:
    """Read charge at charge ends on the string's own curve; only where that is unknown on the chemistry's [%].

    The chemistry's curve is right in direction and in change, and near full off by up to a factor of four in size.
    """
    grid = evidence.cells
    leads = ledger.leads_pct(system, grid.days, evidence.capacity.now.value)
    values = leads if on_own_curve else grid["top_pct"] if leads is None and len(grid.days) else None
    return None if values is None else (grid.days, grid, values - row_median(values)[:, None])


def _slopes(grid: Grid) -> tuple[Ints, Grid, Floats] | None:
    """Pool the slope of each cell's residual on the current over a few working days each [mΩ]."""
    rows = working_rows(grid)
    if len(rows) < SLOPE_GROUP:
        return None
    groups = np.array_split(rows, len(rows) // SLOPE_GROUP)
    values = np.array([slopes(grid, group) for group in groups])
    ts = np.array([grid.days[group[len(group) // 2]] for group in groups], np.int64)
    return ts, grid, values - row_median(values)[:, None]


def _warmth(evidence: SystemEvidence) -> tuple[Ints, Grid, Floats] | None:
    sensors = evidence.sensors
    if sensors is None or not len(sensors.days):
        return None
    return sensors.days, sensors, load_free(sensors, evidence.heat_a2)


def band(values: Floats) -> tuple[Floats, Floats]:
    """Find, row by row, the values between which `SHARE` of the cells lie; NaN where a row has no reading."""
    ordered = np.sort(values, axis=1)  # NaN sorts last
    known = (~np.isnan(values)).sum(axis=1)
    rows, tail = np.arange(len(values)), (1 - SHARE) / 2
    last = np.maximum(known - 1, 0)
    low = ordered[rows, np.floor(tail * last).astype(np.intp)]
    high = ordered[rows, np.ceil((1 - tail) * last).astype(np.intp)]
    return low, high


def _track(
    evidence: SystemEvidence, key: str, place: tuple[int, int | None], start_ms: int | None, end_ms: int | None
) -> Track | None:
    made = _measure(evidence.source.name, key)
    pack, number = place
    column = made[1].place(pack, number) if made and number is not None else None
    if made is None or column is None or number is None:
        return None
    ts, grid, values, low, high = made
    rows = day_slice(ts, start_ms, end_ms) if len(ts) == len(grid.days) else _between(ts, start_ms, end_ms)
    if not np.isfinite(values[rows, column]).any():
        return None
    beside = {one: at for one in (number - 1, number + 1) if (at := grid.place(pack, one)) is not None}
    unit = UNITS.get(key, "mV")
    limit = evidence.limits[LIMITS[unit]].value if unit in LIMITS else None
    return Track(
        key=key,
        unit=unit,
        ts=ts[rows],
        value=values[rows, column],
        low=low[rows],
        high=high[rows],
        neighbours={one: values[rows, at] for one, at in beside.items()},
        limit=limit,
    )


def _between(ts: Ints, start_ms: int | None, end_ms: int | None) -> slice:
    first = 0 if start_ms is None else int(np.searchsorted(ts, start_ms - DAY_MS))
    last = len(ts) if end_ms is None else int(np.searchsorted(ts, end_ms))
    return slice(first, max(first, last))


def _signals(system: str, pack: int, cell: int, sensor: int | None) -> tuple[str, ...]:
    store = loader.current()
    own = pack_of(evidence_of(system).source, pack)
    volts = [one.signal for one in strings.series_of(store, system, own, "voltage") if one.cell == cell]
    warm = [one.signal for one in strings.series_of(store, system, own, "temperature") if one.cell == sensor]
    return (*volts, *warm)


def _spikes(system: str, pack: int, cell: int, sensor: int | None) -> tuple[Spike, ...]:
    """List the cell's single readings that stood out, the latest last."""
    signals: Mapping[str, Any] = dict(zip(("V", "°C"), _signals(system, pack, cell, sensor), strict=False))
    found = []
    quantities: tuple[tuple[strings.Quantity, str, int | None], ...] = (
        ("voltage", "V", cell),
        ("temperature", "°C", sensor),
    )
    for quantity, unit, number in quantities:
        rows = strings.stray_readings(system, quantity, 0, np.iinfo(np.int64).max)
        found += [
            Spike(at_ms=at, value=value, residual=residual, unit=unit, signal=str(signals.get(unit, "")))
            for at, place, value, residual in rows
            if place == (pack, number)
        ]
    unique = {(one.at_ms, one.unit): one for one in found}
    return tuple(sorted(unique.values(), key=lambda one: one.at_ms)[-MOST_SPIKES:])
