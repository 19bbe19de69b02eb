"""From signs to verdicts: all rules over one system, joined by cell, with a fault's name, a severity and a score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from app.analytics import knee, leads, neighbours
from app.analytics.cells import deviations, typical_levels
from app.analytics.change import Change, change_signs, changes
from app.analytics.degradation import rate
from app.analytics.ends import Context
from app.analytics.excursions import excursion_signs
from app.analytics.grid import DAY_MS, Floats, Grid, last_valid
from app.analytics.health import rate_signs, relative_now, soh_signs
from app.analytics.limits import Limit
from app.analytics.partner import shift_as
from app.analytics.profile import profile_of
from app.analytics.resistance import resistances
from app.analytics.robust import robust_z
from app.analytics.signs import (
    SEVERITIES,
    WARNING,
    Fault,
    Sign,
    escalate,
    name_fault,
    score,
    worst,
)
from app.analytics.standing import standing_heat, standing_signs
from app.analytics.thermal import cells_of_sensor, temperature_signs
from app.analytics.whole import system_findings
from app.shapes.answer import Interval
from app.shapes.verdicts import CellVerdict, Finding

PRESENT_DAYS = 7
"""A cell's present residual is the median of so many last valid days: as far back as persistence looks [d]."""


WEAK_Z = 1.0
"""A cell so far below its string near empty is among its weaker ones [robust standard deviations]."""
EVEN_PCT = 0.01
"""Cells no further apart than this near empty are alike [%]."""


@dataclass(frozen=True)
class Evidence:
    """What the rules read, of one system."""

    cells: Grid
    sensors: Grid | None
    heat_a2: Floats
    excursions: pl.DataFrame
    typical_a: float | None
    typical_ohm: float | None
    sensor_cells: Mapping[str, Sequence[int]]
    soh: Interval
    """Measured state of health of the string [%]."""
    trend: Interval
    """Of the string's capacity [% of the baseline a month]; negative is loss."""
    limits: Mapping[str, Limit]


@dataclass(frozen=True)
class Judged:
    """Verdicts of one system."""

    by_pack: dict[int, tuple[CellVerdict, ...]]
    system: tuple[Finding, ...]
    residual_mv: dict[int, dict[int, float | None]]
    """Present residual of every cell at rest (over all readings where it never rests), by pack and cell [mV]."""
    soh_pct: Floats
    """Of each column of the grid: state of health as far as its charge offsets tell; NaN elsewhere [%]."""
    moran: dict[int, neighbours.Moran]
    """Of each pack: whether neighbours share their residuals."""


def judge(evidence: Evidence, iso: Callable[[int], str], *, explained: bool = True) -> Judged:
    """Apply every rule to a system's cells.

    Parameters
    ----------
    evidence : Evidence
        Features of the whole history.
    iso : callable
        Writes a stamp [epoch ms UTC] as ISO 8601 with the site's offset.
    explained : bool
        Whether findings say what they rest on; the verdicts are the same without.

    Notes
    -----
    The date picker has no part in this: excursions count for ever, the other rules judge as of the end of the data.
    """
    grid = evidence.cells
    moved = changes(grid, evidence.limits, evidence.typical_a)
    relative = relative_now(grid)
    soh = relative if evidence.soh.value is None else evidence.soh.value * (1 + relative / 100)
    by_cell = _signs(evidence, moved, relative)
    knee.calmed(by_cell, grid)
    pairs = _add_leads(evidence, by_cell)
    residual = _residuals(grid)
    verdicts: dict[int, list[CellVerdict]] = defaultdict(list)
    context = Context(
        grid,
        typical_levels(grid),
        moved,
        residual,
        evidence.limits,
        iso,
        explained,
        typical_a=evidence.typical_a,
        pairs=pairs,
    )
    profiles = {key: profile_of(*key, own, context) for key, own in by_cell.items()}
    faults = {key: name_fault(profile) for key, profile in profiles.items()}
    for first, second in list(leads.unspoken(profiles, faults, by_cell)):
        told = leads.clearest_of(by_cell[second])
        by_cell[first].append(leads.mirrored(first, second, told, *shift_as(told, first, context)))
        profiles[first] = profile_of(*first, by_cell[first], context)
        faults[first] = Fault.SENSE_LEAD
    partners = leads.named_for_leads(profiles, faults, by_cell)
    for key, own in by_cell.items():
        fault = Fault.SENSE_LEAD if key in partners else faults[key]
        signs = escalate(own, evidence.limits["robust_z_critical"].value)
        if fault is Fault.SENSE_LEAD:
            signs = leads.settle(signs, profiles[key], partners.get(key))
        verdicts[key[0]].append(_verdict(*key, fault, signs, context))
    ordered = {
        int(pack): tuple(sorted(verdicts[int(pack)], key=lambda one: (-SEVERITIES.index(one.severity), -one.score)))
        for pack in np.unique(grid.packs)
    }
    moran = {
        pack: neighbours.morans_i(np.array([np.nan if one is None else one for one in own.values()]))
        for pack, own in residual.items()
    }
    last_ms = int(grid.days[-1]) if len(grid.days) else 0
    whole = system_findings(evidence.soh, evidence.trend, evidence.excursions, last_ms, evidence.limits, iso)
    return Judged(ordered, whole, residual, np.asarray(soh), moran)


def _signs(evidence: Evidence, moved: list[Change], relative: Floats) -> dict[tuple[int, int], list[Sign]]:
    """Collect what every rule has seen, by pack and cell."""
    grid = evidence.cells
    deviating = deviations(grid, evidence.limits)
    found = [
        *deviating,
        *standing_signs(grid, deviating, evidence.limits),
        *resistances(grid, evidence.limits, evidence.typical_a),
        *change_signs(grid, moved, evidence.limits, evidence.typical_ohm),
        *soh_signs(grid, relative, evidence.soh, evidence.limits),
        *rate_signs(grid, evidence.trend, evidence.limits),
    ]
    by_cell: dict[tuple[int, int], list[Sign]] = defaultdict(list)
    for sign in found:
        by_cell[sign.pack, sign.number].append(sign)
    if evidence.sensors is not None and len(evidence.sensors.days):
        warm = temperature_signs(evidence.sensors, evidence.heat_a2, evidence.limits)
        for sign in (*warm, *standing_heat(evidence.sensors, warm)):
            by_cell[sign.pack, _beside(evidence, sign.pack, sign.number)].append(sign)
    weak = _weak(grid)
    for key, sign in excursion_signs(
        evidence.excursions,
        by_cell,
        lambda pack, sensor: _beside(evidence, pack, sensor),
        evidence.limits,
        lambda pack, cell: (pack, cell) in weak,
    ):
        by_cell[key].append(sign)
    return by_cell


def _add_leads(evidence: Evidence, by_cell: dict[tuple[int, int], list[Sign]]) -> dict[tuple[int, int], int]:
    """Add the signs of wrong leads; return each cell of a pair with the number of the other."""
    found = leads.lead_signs(evidence.cells, by_cell, evidence.limits)
    for sign in found:
        own = by_cell[sign.pack, sign.number]
        if not any(one.regime == "rest" and one.severity == WARNING for one in own):
            own.append(sign)
    beside: dict[tuple[int, int], int] = {}
    for first, second in zip(found[::2], found[1::2], strict=True):
        beside |= {(first.pack, first.number): second.number, (second.pack, second.number): first.number}
    return beside


def _weak(grid: Grid) -> set[tuple[int, int]]:
    """Name the cells that lack charge near empty against most of their string."""
    levels = typical_levels(grid)
    bottom = np.where(np.isnan(levels["low_pct"]), levels["bot_pct"], levels["low_pct"])
    with np.errstate(invalid="ignore"):
        columns = np.flatnonzero(robust_z(bottom, EVEN_PCT) < -WEAK_Z)
    return {(int(grid.packs[one]), int(grid.numbers[one])) for one in columns}


def _beside(evidence: Evidence, pack: int, sensor: int) -> int:
    """Name the first cell beside a sensor; where no cell is, the sensor's own number."""
    if evidence.sensors is None:
        return sensor
    sensors = [int(one) for one in evidence.sensors.numbers[evidence.sensors.of_pack(pack)]]
    cells = [int(one) for one in evidence.cells.numbers[evidence.cells.of_pack(pack)]]
    return (*cells_of_sensor(sensor, sensors, cells, evidence.sensor_cells), sensor)[0]


def _residuals(grid: Grid) -> dict[int, dict[int, float | None]]:
    rest, every = last_valid(grid["rest_mv"], PRESENT_DAYS), last_valid(grid["all_mv"], PRESENT_DAYS)
    level = np.where(np.isnan(rest), every, rest)
    out: dict[int, dict[int, float | None]] = defaultdict(dict)
    for pack, cell, value in zip(grid.packs.tolist(), grid.numbers.tolist(), level.tolist(), strict=True):
        out[pack][cell] = None if np.isnan(value) else value
    return dict(out)


def _verdict(pack: int, cell: int, fault: Fault, signs: list[Sign], context: Context) -> CellVerdict:
    signs = sorted(signs, key=lambda sign: (-SEVERITIES.index(sign.severity), -sign.strength))
    return CellVerdict(
        cell=cell,
        severity=worst(signs),
        score=round(score(signs), 4),
        fault=fault.value,
        findings=tuple(to_finding(sign, context.iso, _basis(pack, cell, sign, context)) for sign in signs),
        neighbours=neighbours.beside(cell, context.residual.get(pack, {})),
    )


_LIMIT_OF = {
    "voltage_deviation": "voltage_deviation_mv",
    "temperature_variation": "temperature_variation_k",
    "soh": "soh_pct",
    "degradation_rate": "degradation_pct_per_month",
    "change": "false_alarms_per_year",
}
"""The limit behind each rule, in the table of limits."""


def _basis(pack: int, cell: int, sign: Sign, context: Context) -> dict[str, Any]:
    """Say what a sign rests on beside its numbers: where its limit is from, whether it drifts, whether it is shared."""
    basis: dict[str, Any] = {}
    if not context.explained:
        return basis
    if sign.rule in _LIMIT_OF:
        basis["limit_from"] = context.limits[_LIMIT_OF[sign.rule]].source
    column = context.grid.place(pack, cell)
    if sign.rule == "voltage_deviation" and sign.regime == "charge_end" and column is not None:
        drift = rate((context.grid.days - context.grid.days[0]) / DAY_MS, context.grid["top_mv"][:, column])
        if drift.value is not None:
            basis["drift_mv_per_month"] = round(drift.value, 3)
            basis["drift_interval"] = f"{drift.low:.2f} to {drift.high:.2f} mV/month"
    if sign.regime in ("rest", "any"):
        shared = neighbours.falls_off(cell, context.residual.get(pack, {}))
        basis["neighbours"] = "deviate the same way, less" if shared else "do not share it"
    return basis


def to_finding(sign: Sign, iso: Callable[[int], str], basis: dict[str, Any] | None = None) -> Finding:
    """Write a sign as the API's record, with what it rests on."""
    kind = "sensor" if sign.of_sensor else "cell"
    return Finding(
        rule=sign.rule,
        subject=f"pack {sign.pack} {kind} {sign.number}",
        value=round(sign.value, 4),
        limit=round(sign.limit, 4),
        unit=sign.unit,
        severity=sign.severity,
        at=iso(sign.at_ms),
        regime=None if sign.rule in ("excursion", "safe_range") else sign.regime,
        z=None if sign.z is None else round(sign.z, 2),
        count=sign.count,
        text=sign.text,
        evidence=basis or {},
    )
