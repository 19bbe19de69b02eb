"""What is simulated to measure detection: graded faults in known cells, and what real sites do to readings.

Every string has three sizes of each kind of fault in cells of its own, drawn by its seed, and one condition: logging
interval, resolution, gaps, seasons without a full charge, sensors that are off, leads on each other's terminals.
Passive balancing and a resistance that follows temperature are always on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipeline.simulation.faults import DRAWN_APART, Fault, FaultKind
from pipeline.simulation.memory import Wear
from pipeline.simulation.plan import CELLS, CELLS_PER_PACK, DAY_S, NOMINAL_AH, SYSTEM_NAMES, Plan, random

_K = FaultKind

SIZES: dict[FaultKind, tuple[tuple[float, ...], str]] = {
    _K.LOW_CAPACITY: ((0.6, 0.9, 1.2, 1.8, 2.4, 4.0), "% of capacity"),
    _K.HIGH_RESISTANCE: ((1.08, 1.15, 1.25, 1.4, 1.8, 2.5), "times its resistance"),
    _K.SELF_DISCHARGE: ((0.35, 0.5, 0.7, 1.0, 1.45, 2.9), "mA"),
    _K.IMBALANCE: ((0.5, 0.75, 1.0, 1.5, 2.0, 3.0), "% of charge"),
    _K.HOT_SPOT: ((0.5, 0.8, 1.2, 1.8, 3.7, 5.0), "K"),
    _K.VOLTAGE_SPIKE: ((40.0, 50.0, 60.0, 80.0, 100.0, 150.0), "mV"),
    _K.TEMPERATURE_SPIKE: ((4.0, 5.0, 5.5, 6.5, 8.0, 11.0), "K"),
    _K.SENSE_LEAD: ((1.5, 2.0, 3.5, 5.0, 10.0, 15.0), "mV"),
}
"""Graded sizes of each kind, smallest first, and their unit. Charge and capacity are lost, never gained."""

GRADED_ONSET, FIRST_DAY = "within the data", "from the first day"
FIRST_DAY_SHARE = 0.2
"""Share of strings whose faults are there from the first day: then only the distance from the string tells [1]."""
LONG_DAYS, QUICK_DAYS = 400.0, 30.0
"""Span of a string; of one whose logger reads every ten seconds, which is there from the first day alone [d]."""
STEPS_S = (300, 900, 900, 900, 1800, 1800, 1800, 1800)
"""Logging intervals of the long strings [s]."""
QUICK_STEP_S = 10
ONSET = (0.35, 0.55)
"""Faults within the data begin at a share of the span between these [1]."""
UNFILLED_DAYS = 75
"""Length of a season without a full charge [d]."""


@dataclass(frozen=True)
class Condition:
    """How one string is read."""

    step_s: int
    days: float
    volt_step: float
    kelvin_step: float
    gaps_per_year: float
    is_unfilled: bool
    is_swapped: bool
    onset: float
    """Share of the span after which faults begin; 0 from the first day on."""

    @property
    def begins(self) -> str:
        """Say when faults begin."""
        return GRADED_ONSET if self.onset > 0 else FIRST_DAY

    @property
    def onset_day(self) -> float:
        """Day on which faults begin, from the first [d]."""
        return self.onset * self.days


@dataclass(frozen=True)
class Planted:
    """One fault that a string has."""

    kind: str
    size: float
    column: int
    """Cell, from 0, in physical order."""
    partner: int | None = None
    """The other cell that a sense lead misreads."""


@dataclass(frozen=True)
class Experiment:
    """One string to simulate, and what is true of it."""

    seed: int
    condition: Condition
    plan: Plan
    wear: Wear
    planted: tuple[Planted, ...]

    @property
    def system(self) -> str:
        """Name of the string's system."""
        return self.plan.systems[0]


def draw_condition(seed: int) -> Condition:
    """Draw how one string is read; every twentieth is read every ten seconds, for a month."""
    rng = random(seed, "condition")
    is_quick = seed % 20 == 19
    begins = float(rng.uniform(*ONSET))
    is_first_day = rng.random() < FIRST_DAY_SHARE or is_quick
    volt_step = float(rng.choice([0.001, 0.001, 0.002]))
    return Condition(
        step_s=QUICK_STEP_S if is_quick else int(rng.choice(STEPS_S)),
        days=QUICK_DAYS if is_quick else LONG_DAYS,
        volt_step=volt_step,
        kelvin_step=float(rng.choice([0.1, 0.1, 1.0])),
        gaps_per_year=float(rng.choice([0.0, 8.0])),
        is_unfilled=bool(rng.random() < 0.5),
        is_swapped=bool(rng.random() < 0.5),
        onset=0.0 if is_first_day else begins,
    )


def draw_experiment(seed: int, *, healthy: bool = False, days: float | None = None) -> Experiment:
    """Draw one string.

    Parameters
    ----------
    seed : int
        Other seeds give other cells, duty, weather, noise, places and conditions.
    healthy : bool
        Without any fault: for false alarms.
    days : float, optional
        Another span than the condition's [d].
    """
    condition = draw_condition(seed)
    rng = random(seed, "planted")
    span = condition.days if days is None else days
    planted = () if healthy else _plant(rng, seed)
    system = SYSTEM_NAMES[seed % len(SYSTEM_NAMES)]
    start = date(2023 + int(rng.integers(0, 2)), int(rng.integers(1, 13)), 1)
    unfilled = ((begin := int(rng.uniform(0.1, 0.8) * span)), begin + UNFILLED_DAYS)
    plan = Plan(
        start=start,
        days=span,
        step_s=condition.step_s,
        seed=seed,
        systems=(system,),
        faults=tuple(_fault(system, one, condition) for one in planted if _is_lasting(one)),
        unfilled=(unfilled,) if condition.is_unfilled else (),
    )
    return Experiment(seed, condition, plan, _wear(rng, plan, condition, planted), planted)


def _plant(rng: np.random.Generator, seed: int) -> tuple[Planted, ...]:
    """Place three sizes of each kind: seeds take turns with the even and the odd ones."""
    chosen = [(kind, size) for kind, (sizes, _) in SIZES.items() for size in sizes[seed % 2 :: 2]]
    places = rng.choice(CELLS // DRAWN_APART, len(chosen), replace=False) * DRAWN_APART
    return tuple(
        Planted(str(kind), size, int(place), int(place) + 1 if kind is _K.SENSE_LEAD else None)
        for (kind, size), place in zip(chosen, places, strict=True)
    )


def _is_lasting(one: Planted) -> bool:
    return one.kind not in (_K.VOLTAGE_SPIKE, _K.TEMPERATURE_SPIKE)


_SCALE = {
    _K.LOW_CAPACITY: -1.0,
    _K.IMBALANCE: -1.0,
    _K.SELF_DISCHARGE: 0.001 * 24 * 365.25 / NOMINAL_AH * 100,
}
"""From a graded size to the simulation's: a loss is negative; 1 mA is 3.1 % of the nominal capacity a year."""


def _fault(system: str, one: Planted, condition: Condition) -> Fault:
    kind = FaultKind(one.kind)
    pack, cell = one.column // CELLS_PER_PACK + 1, one.column % CELLS_PER_PACK + 1
    size = one.size * _SCALE.get(kind, 1.0)
    return Fault(kind, system, size, "", condition.onset, None, pack=pack, cell=cell)


def _wear(rng: np.random.Generator, plan: Plan, condition: Condition, planted: tuple[Planted, ...]) -> Wear:
    at_onset = int(condition.onset * plan.rows)
    rows = rng.integers(max(at_onset, 2), plan.rows - 2, len(planted)).tolist()
    signs = rng.choice([-1.0, 1.0], len(planted)).tolist()
    spikes = {
        kind: tuple(
            (row, one.column, scale * sign * one.size)
            for one, row, sign in zip(planted, rows, signs, strict=True)
            if one.kind == kind
        )
        for kind, scale in ((_K.VOLTAGE_SPIKE, 0.001), (_K.TEMPERATURE_SPIKE, 1.0))
    }
    taken = {one.column for one in planted} | {one.partner for one in planted}
    free = [at for at in range(0, CELLS - 1, 2) if not {at - 1, at, at + 1, at + 2} & taken]
    pairs = rng.choice(free, min(3, len(free)), replace=False).tolist() if condition.is_swapped else []
    return Wear(
        volt_step=condition.volt_step,
        kelvin_step=condition.kelvin_step,
        volt_offset=0.001,
        kelvin_offset=0.3,
        gaps_per_year=condition.gaps_per_year,
        swapped=tuple((at, at + 1) for at in pairs),
        volt_spikes=spikes[_K.VOLTAGE_SPIKE],
        kelvin_spikes=tuple((row, at, abs(size)) for row, at, size in spikes[_K.TEMPERATURE_SPIKE]),
    )


def days_of(plan: Plan, day: float) -> int:
    """Return the instant so many days after the first stamp [epoch ms UTC]."""
    return int((plan.start_s + day * DAY_S) * 1000)
