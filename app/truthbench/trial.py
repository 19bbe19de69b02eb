"""One trial: simulate a string, extract what a build extracts, judge as the app judges, compare with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from app.analytics import degradation
from app.analytics.capacity import measure_capacity
from app.analytics.gather import cells_of, heat_of, sensors_of, typical_a
from app.analytics.judge import Evidence, judge
from app.analytics.limits import limits
from app.analytics.signs import CRITICAL, WARNING
from app.shapes.answer import Interval
from app.shapes.verdicts import CellVerdict
from app.truthbench.conditions import Experiment, Planted, days_of
from app.truthbench.plain import Cells, plain_flags
from pipeline.physics import OHM_AH
from pipeline.simulation.memory import extract_string
from pipeline.simulation.plan import CELLS_PER_PACK, NOMINAL_AH

DELAYS_D = (2.0, 4.0, 7.0, 10.0, 14.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 150.0, 180.0)
"""Days after the onset on which the string is judged; and once more at its end [d]."""
FLAGGED = (WARNING, CRITICAL)

Key = tuple[int, int]


@dataclass(frozen=True)
class Outcome:
    """What was made of one planted fault, by the product and by the plain rule."""

    kind: str
    size: float
    found: bool
    """Flagged at warning or above at the end of the data."""
    delay_d: float | None
    """Days from the onset to the first judgement that flagged it [d]."""
    named: str | None
    """The fault that was named at the end; None where the cell was not flagged."""
    plain_found: bool
    plain_delay_d: float | None


@dataclass(frozen=True)
class Trial:
    """What became of one string."""

    seed: int
    condition: dict[str, Any]
    outcomes: tuple[Outcome, ...]
    healthy_cells: int
    years: float
    false_alarms: int
    """Healthy cells that were flagged at any judgement."""
    false_at_end: int
    partners_flagged: int
    """Partners of sense leads flagged for a fault of their own."""
    plain_false_alarms: int
    wrong: tuple[tuple[int, str, tuple[str, ...]], ...]
    """Each false alarm: cell, named fault, rules."""


def place_of(column: int) -> Key:
    """Return pack and cell of a column."""
    return column // CELLS_PER_PACK + 1, column % CELLS_PER_PACK + 1


def gather(tables: dict[str, pl.DataFrame]) -> Evidence:
    """Lay a string's feature tables out as the app does, over its whole history."""
    capacity = measure_capacity(tables["anchors"], nominal_ah=NOMINAL_AH)
    cells, _ = cells_of(tables["cell_day"])
    sensors = sensors_of(tables["sensor_day"])
    return Evidence(
        cells=cells,
        sensors=sensors,
        heat_a2=heat_of(sensors, tables["system_day"]),
        excursions=tables["excursions"],
        typical_a=typical_a(tables["system_day"]),
        typical_ohm=OHM_AH / NOMINAL_AH,
        sensor_cells={},
        soh=_soh_of(capacity.now),
        trend=degradation.rate(capacity.days, capacity.values, baseline=capacity.baseline.value),
        limits=limits({}),
    )


def _soh_of(capacity: Interval) -> Interval:
    if capacity.value is None or capacity.low is None or capacity.high is None:
        return Interval(value=None, reason=capacity.reason)
    share = 100 / NOMINAL_AH
    return Interval(value=capacity.value * share, low=capacity.low * share, high=capacity.high * share)


def until(evidence: Evidence, end_ms: int) -> Evidence:
    """Return the evidence as it was at an instant; the string's trend is then not yet known."""
    sensors = evidence.sensors
    cut = None if sensors is None else sensors.between(None, end_ms)
    return replace(
        evidence,
        cells=evidence.cells.between(None, end_ms),
        sensors=cut,
        heat_a2=evidence.heat_a2[: 0 if cut is None else len(cut.days)],
        excursions=evidence.excursions.filter(pl.col("ts").to_physical() < end_ms),
        trend=Interval(value=None, reason="Judged before the end of the data."),
    )


def flags(evidence: Evidence) -> dict[Key, CellVerdict]:
    """Judge, and return the verdicts at warning or above by pack and cell."""
    found = judge(evidence, str, explained=False).by_pack
    return {(pack, one.cell): one for pack, own in found.items() for one in own if one.severity in FLAGGED}


def run_trial(experiment: Experiment) -> Trial:
    """Run one trial."""
    whole = gather(extract_string(experiment.plan, experiment.system, experiment.wear).tables)
    return compare(experiment, whole)


def compare(experiment: Experiment, whole: Evidence) -> Trial:
    """Judge a string day by day after the onset of its faults, and compare with the truth."""
    begins, days = experiment.condition.onset * experiment.plan.days, experiment.plan.days
    at = [delay for delay in (0.0, *DELAYS_D) if 20 < begins + delay < days]
    judged: list[tuple[float, dict[Key, CellVerdict], Cells]] = []
    for delay in at:
        then = until(whole, days_of(experiment.plan, begins + delay))
        judged.append((delay, flags(then), plain_flags(then)))
    judged.append((days - begins, flags(whole), plain_flags(whole)))
    faulty = {place_of(one.column) for one in experiment.planted}
    partners = {place_of(one.partner) for one in experiment.planted if one.partner is not None}
    ours = {key for _, own, _ in judged for key in own} - faulty
    plain = {key for _, _, own in judged for key in own} - faulty - partners
    last = judged[-1][1]
    every = {key: one for _, own, _ in judged for key, one in own.items()}
    return Trial(
        seed=experiment.seed,
        condition=asdict(experiment.condition),
        outcomes=tuple(_outcome(one, judged) for one in experiment.planted),
        healthy_cells=len(whole.cells.numbers) - len(faulty) - len(partners),
        years=days / 365.25,
        false_alarms=len(ours - partners),
        false_at_end=len(set(last) - faulty - partners),
        partners_flagged=len({key for _, own, _ in judged for key in _beside_its_lead(experiment, own)}),
        plain_false_alarms=len(plain),
        wrong=tuple(
            (
                (key[0] - 1) * CELLS_PER_PACK + key[1] - 1,
                str(every[key].fault),
                tuple(f"{one.rule} {one.regime} {one.value:.2f} z {one.z}" for one in every[key].findings),
            )
            for key in sorted(ours)
        ),
    )


def _beside_its_lead(experiment: Experiment, own: dict[Key, CellVerdict]) -> Iterator[Key]:
    """Name the second cells of wrong leads that are flagged beside the first, or for another fault."""
    for one in experiment.planted:
        key = None if one.partner is None else place_of(one.partner)
        if key in own and (place_of(one.column) in own or own[key].fault != one.kind):
            yield key


def _verdict_on(one: Planted, own: dict[Key, CellVerdict]) -> CellVerdict | None:
    """Return what is said of a planted fault; one finding names both cells of a lead, at whichever of them."""
    keys = [place_of(at) for at in (one.column, one.partner) if at is not None]
    found = [own[key] for key in keys if key in own]
    return next((verdict for verdict in found if verdict.fault == one.kind), found[0] if keys[0] in own else None)


def _outcome(one: Planted, judged: list[tuple[float, dict[Key, CellVerdict], Cells]]) -> Outcome:
    last = judged[-1]
    later = [(delay, own, plain) for delay, own, plain in judged if delay > 0]
    keys = {place_of(at) for at in (one.column, one.partner) if at is not None}
    said = _verdict_on(one, last[1])
    return Outcome(
        kind=one.kind,
        size=one.size,
        found=said is not None,
        delay_d=next((delay for delay, own, _ in later if _verdict_on(one, own)), None),
        named=None if said is None else said.fault,
        plain_found=bool(keys & last[2]),
        plain_delay_d=next((delay for delay, _, plain in later if keys & plain), None),
    )
