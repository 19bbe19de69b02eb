"""The condition of a battery's parts: hot sensors, resistances by month, and steps of one pack against the others."""

from __future__ import annotations

import numpy as np
import polars as pl

from app import loader
from app.analytics.grid import Floats, Grid, Ints, column_median, row_median
from app.analytics.hotspots import Hotspots, band, fast_days, hotspots, rate_reason, rise_at
from app.analytics.ohms import MonthlyResistance, monthly_resistance
from app.analytics.packsteps import LEAST_STEP, against_others, differential_steps
from app.analytics.thermal import RATE_K_PER_MIN, cells_of_sensor
from app.answers.evidence import SystemEvidence, evidence_of
from app.shapes.answer import Interval
from app.shapes.condition import (
    CellOhms,
    FastestRise,
    HotSensor,
    PackStep,
    PackSteps,
    ResistanceAnswer,
    ThermalAnswer,
    Track,
)
from pipeline.contract import DAY_MS, RAW_LEVEL, TS, Series

TRACKS = 6
"""Places that are drawn one by one: the furthest [places]."""
OUTLIER_Z = 5.0
"""Robust spreads from which a cell's months are drawn one by one [1]."""
UNITS = {"voltage": "mV", "imbalance": "mV", "temperature": "K"}
NO_SENSORS = "No temperatures are logged."
NO_CELLS = "No cell voltages are logged."
ONE_PACK = "There is one pack: a step against others needs at least two."
NOT_LEARNED = "Temperature changes resistance by some per cents a kelvin; the relative resistance is free of it."


@loader.once_per_build
def thermal(system: str) -> ThermalAnswer:
    """Say which sensors are hotter than their own first days explain, and how fast any ever rose; on all history.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    evidence = evidence_of(system)
    grid = evidence.sensors
    if grid is None:
        return _no_sensors(evidence)
    found = hotspots(grid, evidence.heat_a2, evidence.limits)
    every = [one for one in loader.current().all_series(system) if one.pack is not None and one.unit == "°C"]
    interval = float(np.median([one.interval_ms for one in every])) if every else 0.0
    reason = rate_reason(grid["rate_k_per_min"], interval)
    return ThermalAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=_known_share(found.residual),
        sensors=tuple(_sensor(int(at), found, grid, evidence) for at in found.order),
        limit_k=evidence.limits["temperature_variation_k"].value,
        fastest=None if reason else _fastest(grid, every, evidence),
        rate_reason=reason,
        ts=grid.days,
        low=found.low,
        high=found.high,
        tracks=tuple(
            Track(pack=int(grid.packs[at]), number=int(grid.numbers[at]), value=found.residual[:, at])
            for at in found.order[:TRACKS]
        ),
        notes=(f"Sensors stand for the cells beside them, {_mapped(evidence)}.",),
    )


def _no_sensors(evidence: SystemEvidence) -> ThermalAnswer:
    return ThermalAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=None,
        reason=NO_SENSORS,
        sensors=(),
        limit_k=evidence.limits["temperature_variation_k"].value,
        fastest=None,
        rate_reason=NO_SENSORS,
        ts=np.zeros(0, np.int64),
        low=np.zeros(0),
        high=np.zeros(0),
        tracks=(),
    )


def _mapped(evidence: SystemEvidence) -> str:
    return "as site.toml says" if evidence.said.sensor_cells else "by their position along the row"


def _known_share(matrix: Floats) -> float | None:
    return round(float(np.isfinite(matrix).mean()), 6) if matrix.size else None


def _sensor(at: int, found: Hotspots, grid: Grid, evidence: SystemEvidence) -> HotSensor:
    pack, number = int(grid.packs[at]), int(grid.numbers[at])
    known = next((one for one in evidence.source.packs if one.pack == pack), None)
    beside = cells_of_sensor(number, known.sensors, known.cells, evidence.said.sensor_cells) if known else ()
    since = found.since[at] if found.persistent[at] else None
    return HotSensor(
        pack=pack,
        sensor=number,
        cells=beside,
        now_k=_rounded(found.now[at], 2),
        highest_k=_rounded(found.highest[at], 2),
        place_k=_rounded(found.place[at], 2),
        hot_days=int(found.hot_days[at]),
        days=int(found.days[at]),
        persistent=bool(found.persistent[at]),
        since=None if since is None else evidence.stamp(int(grid.days[since])),
        rate_k_per_min=_rounded(found.rate[at], 2),
    )


def _fastest(grid: Grid, every: list[Series], evidence: SystemEvidence) -> FastestRise | None:
    """Find the fastest rise of all, and its stamp in the raw readings of its day."""
    rates = np.nan_to_num(grid["rate_k_per_min"])
    row, column = np.unravel_index(int(rates.argmax()), rates.shape)
    pack, number, day = int(grid.packs[column]), int(grid.numbers[column]), int(grid.days[row])
    own = next((one for one in every if (one.pack, one.cell) == (pack, number)), None)
    if rates[row, column] <= 0 or own is None:
        return None
    raw = loader.current().read(own.source, [own.signal], RAW_LEVEL, (), day, day + DAY_MS + DAY_MS // 24).drop_nulls()
    at = rise_at(raw[TS].to_physical().to_numpy(), raw[own.signal].cast(pl.Float64).to_numpy())
    return FastestRise(
        pack=pack,
        sensor=number,
        k_per_min=round(float(rates[row, column]), 2),
        at=evidence.stamp(day if at is None else at),
        limit=RATE_K_PER_MIN,
        days=len(fast_days(grid["rate_k_per_min"])),
    )


@loader.once_per_build
def resistance(system: str) -> ResistanceAnswer:
    """Give the resistance of every cell by month, relative and in ohms, or the slope on the current; on all history.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    evidence = evidence_of(system)
    grid = evidence.cells
    celsius = _celsius(evidence)
    found = monthly_resistance(grid, evidence.interval_ms, celsius, evidence.zone)
    is_relative = found.relative is not None
    shown = found.relative if found.relative is not None else found.slopes
    low, high = band(shown)
    order = np.argsort(-np.nan_to_num(np.abs(found.z)), kind="stable")
    far = [int(at) for at in order if np.abs(np.nan_to_num(found.z[at])) > OUTLIER_Z][:TRACKS]
    ohms = row_median(found.ohms) if found.ohms is not None else np.full(len(found.months), np.nan)
    mean_c = float(np.nanmean(found.temperature)) if np.isfinite(found.temperature).any() else float("nan")
    return ResistanceAnswer(
        build_id=loader.current().build_id,
        level=None,
        coverage=_known_share(shown),
        reason=None if np.isfinite(shown).any() else (NO_CELLS if not len(grid.days) else found.reason),
        cells=tuple(_ohms(int(at), found, grid, mean_c) for at in order),
        shown="relative" if is_relative else "slope",
        unit="1" if is_relative else "mΩ",
        ohms_reason=found.reason,
        warmth=found.warmth,
        ts=found.months,
        string_ohm=ohms,
        string_ohm_25=found.at_25(ohms, found.temperature),
        median=row_median(shown),
        low=low,
        high=high,
        tracks=tuple(Track(pack=int(grid.packs[at]), number=int(grid.numbers[at]), value=shown[:, at]) for at in far),
        notes=(NOT_LEARNED,) if is_relative and found.warmth.value is None else (),
    )


def _celsius(evidence: SystemEvidence) -> Floats:
    """Mean temperature of each day of the cells' grid: the median over the sensors [°C]; NaN where it is not known."""
    days, sensors = evidence.cells.days, evidence.sensors
    out = np.full(len(days), np.nan)
    if sensors is not None:
        _, own, other = np.intersect1d(days, sensors.days, return_indices=True)
        out[own] = row_median(sensors["t_mean"])[other]
    return out


def _ohms(at: int, found: MonthlyResistance, grid: Grid, mean_c: float) -> CellOhms:
    ohm = None if found.ohm_all is None else _rounded(found.ohm_all[at], 7)
    corrected = None if ohm is None else _rounded(float(found.at_25(np.array([ohm]), np.array([mean_c]))[0]), 7)
    return CellOhms(
        pack=int(grid.packs[at]),
        cell=int(grid.numbers[at]),
        ohm=ohm,
        ohm_25=corrected,
        relative=None if found.relative_all is None else _rounded(found.relative_all[at], 4),
        slope_mohm=_rounded(found.slope_now[at], 4),
        z=_rounded(found.z[at], 1),
    )


@loader.once_per_build
def pack_steps(system: str) -> PackSteps:
    """Find the days on which one pack's voltage, imbalance or temperature stepped against the other packs.

    Raises
    ------
    UnknownSource
        There is no such battery system.
    """
    evidence = evidence_of(system)
    packs = np.array([pack.pack for pack in evidence.source.packs], np.int64)
    days = evidence.cells.days
    every = _daily(evidence, packs) if len(packs) > 1 and len(days) else {}
    steps = [
        PackStep(
            pack=int(packs[one.column]),
            quantity=quantity,
            unit=UNITS[quantity],
            at=evidence.stamp(int(days[one.row])),
            size=round(one.size, 2),
            z=round(one.z, 1),
            explained=round(one.explained, 3),
        )
        for quantity, series in every.items()
        for one in differential_steps(days / DAY_MS, series, LEAST_STEP[quantity])
    ]
    return PackSteps(
        build_id=loader.current().build_id,
        level=None,
        coverage=None,
        reason=None if every else (ONE_PACK if len(packs) == 1 else NO_CELLS),
        steps=tuple(sorted(steps, key=lambda one: -abs(one.z))),
        ts=days,
        tracks={
            name: tuple(Track(pack=int(pack), number=None, value=series[:, at]) for at, pack in enumerate(packs))
            for name, series in every.items()
        },
        days={name: int(np.isfinite(series).any(axis=1).sum()) for name, series in every.items()},
    )


def _daily(evidence: SystemEvidence, packs: Ints) -> dict[str, Floats]:
    """Lay each quantity out by day and pack, against the median of the packs."""
    cells, sensors = evidence.cells, evidence.sensors
    made = {"voltage": _by_pack(cells, "all_mv", packs), "imbalance": _imbalance(evidence, packs)}
    if sensors is not None:
        warm = np.full((len(cells.days), len(packs)), np.nan)
        _, own, other = np.intersect1d(cells.days, sensors.days, return_indices=True)
        warm[own] = _by_pack(sensors, "all_k", packs)[other]
        made["temperature"] = warm
    return {name: against_others(daily) for name, daily in made.items() if np.isfinite(daily).any()}


def _by_pack(grid: Grid, name: str, packs: Ints) -> Floats:
    return np.column_stack([row_median(grid[name][:, grid.of_pack(int(pack))]) for pack in packs])


def _imbalance(evidence: SystemEvidence, packs: Ints) -> Floats:
    out = np.full((len(evidence.cells.days), len(packs)), np.nan)
    table = evidence.table("pack_day")
    if table.height:
        day = np.searchsorted(evidence.cells.days, table["ts"].to_physical().to_numpy())
        inside = (day < len(out)) & np.isin(table["pack"].to_numpy(), packs)
        column = np.searchsorted(packs, table["pack"].to_numpy())
        values = table["imbalance_mv"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        out[day[inside], column[inside]] = values[inside]
    return out


def settled(answer: ResistanceAnswer) -> Interval:
    """Return the string's present resistance at 25 °C, or as it was measured: median of its months [Ω]."""
    for values in (answer.string_ohm_25, answer.string_ohm):
        if np.isfinite(values).any():
            return Interval(value=float(column_median(values[:, None])[0]))
    return Interval(value=None, reason=answer.ohms_reason)


def _rounded(value: float, digits: int) -> float | None:
    return None if not np.isfinite(value) else round(float(value), digits)
