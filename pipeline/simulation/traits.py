"""The cells of one string as they were made, and as they age: what the simulation knows and a dashboard must find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.simulation.faults import FaultKind, of_cell
from pipeline.simulation.plan import CELLS, CELLS_PER_PACK, NOMINAL_AH, PACKS, SYSTEM_NAMES, Floats, Plan, random

YEAR_DAYS = 365.25
CAPACITY_AH, CAPACITY_SPREAD = 282.0, 0.005
"""Mean and relative spread of a new cell's capacity [Ah, 1]."""
RESISTANCE_OHM, RESISTANCE_SPREAD = 0.38e-3, 0.05
"""Ohmic and charge-transfer resistance of a new cell at 25 °C, and its relative spread [Ω, 1]."""
FADE_SPREAD = 0.03
"""Relative spread of the rate at which cells fade [1]."""
RESISTANCE_PER_YEAR = 0.03
"""Growth of resistance [1/year]."""
OFFSET_SPREAD_AH, LEAK_SPREAD_AH_PER_DAY = 0.25, 0.2 / YEAR_DAYS
"""Spread between cells of the charge at the top, and of self-discharge [Ah, Ah/day]."""
EFC_PER_DAY_BEFORE = 0.85
"""Equivalent full cycles of each day in service before the first row [1/day]."""


@dataclass(frozen=True)
class Ageing:
    """How fast a cabinet's mean cell fades: by time and by throughput."""

    percent_per_year: float
    percent_per_cycle: float

    def loss(self, years: float, efc: float) -> float:
        """Return the share of capacity lost [1]."""
        return (self.percent_per_year * years + self.percent_per_cycle * efc) / 100


AGEING = dict(zip(SYSTEM_NAMES, (Ageing(1.6, 0.0035), Ageing(1.8, 0.0038), Ageing(1.4, 0.0032)), strict=True))


@dataclass(frozen=True)
class Onset:
    """Something that some cells have from some time on."""

    size: Floats
    from_s: Floats
    """Seconds from the first stamp."""

    def at(self, seconds: float) -> Floats:
        """Return how large it is for each cell at one instant."""
        return np.where(seconds >= self.from_s, self.size, 0.0)

    def over(self, seconds: Floats, cells: slice) -> Floats:
        """Return how large it is for some cells (rows) at instants (columns)."""
        return np.where(seconds >= self.from_s[cells, None], self.size[cells, None], 0.0)


@dataclass(frozen=True)
class Traits:
    """What sets each cell of one string apart; arrays of 260 in physical order, pack by pack."""

    capacity_ah: Floats
    fade_factor: Floats
    top_offset_ah: Floats
    leak_ah_per_day: Floats
    resistance_ohm: Floats
    weak: Onset
    """Capacity lost for another reason than age [share]."""
    imbalance_ah: Onset
    leak_fault_ah_per_day: Onset
    joint_ohm: Onset
    """Resistance of a bad joint, which does not depend on temperature [Ω]."""
    position_k: Floats
    heat_factor: Floats
    sensor_v: Floats
    """Offset of the voltage reading [V]."""
    sensor_k: Floats


def cell_index(pack: int, cell: int) -> int:
    """Return the place of a cell in its string, from 0."""
    return (pack - 1) * CELLS_PER_PACK + cell - 1


def _onset(plan: Plan, system: str, kind: FaultKind, size_of: Callable[[float, int], float]) -> Onset:
    """Place the faults of one kind; ``size_of`` turns the size and the cell into what the simulation adds."""
    onset = Onset(np.zeros(CELLS), np.zeros(CELLS))
    for fault in of_cell(plan, system, kind):
        place = cell_index(fault.pack or 1, fault.cell or 1)
        onset.size[place] = size_of(fault.size, place)
        onset.from_s[place] = fault.first_row(plan) * plan.step_s
    return onset


def _positions(rng: np.random.Generator) -> Floats:
    """Return how much warmer each place is: the middle of a pack, and the packs far from the coolant inlet [K]."""
    along = np.linspace(-1, 1, CELLS_PER_PACK)
    middle = np.tile(0.6 * (1 - along**2), PACKS)
    inlet = np.repeat(np.linspace(0, 0.5, PACKS), CELLS_PER_PACK)
    return np.asarray(middle + inlet + rng.normal(0, 0.12, CELLS))


def draw_traits(plan: Plan, system: str) -> Traits:
    """Draw the cells of one system, its faulty ones included."""
    rng = random(plan.seed, "traits", system)
    capacity = CAPACITY_AH * (1 + CAPACITY_SPREAD * rng.standard_normal(CELLS))
    resistance = RESISTANCE_OHM * (1 + RESISTANCE_SPREAD * rng.standard_normal(CELLS))
    return Traits(
        capacity_ah=capacity,
        fade_factor=1 + FADE_SPREAD * rng.standard_normal(CELLS),
        top_offset_ah=OFFSET_SPREAD_AH * rng.standard_normal(CELLS),
        leak_ah_per_day=LEAK_SPREAD_AH_PER_DAY * np.abs(rng.standard_normal(CELLS)),
        resistance_ohm=resistance,
        weak=_onset(plan, system, FaultKind.LOW_CAPACITY, lambda percent, _: percent / 100),
        imbalance_ah=_onset(plan, system, FaultKind.IMBALANCE, lambda percent, _: percent / 100 * NOMINAL_AH),
        leak_fault_ah_per_day=_onset(
            plan, system, FaultKind.SELF_DISCHARGE, lambda percent, _: percent / 100 * NOMINAL_AH / YEAR_DAYS
        ),
        joint_ohm=_onset(
            plan, system, FaultKind.HIGH_RESISTANCE, lambda factor, cell: (factor - 1) * float(resistance[cell])
        ),
        position_k=_positions(rng),
        heat_factor=1 + 0.06 * rng.standard_normal(CELLS),
        sensor_v=0.0006 * rng.standard_normal(CELLS),
        sensor_k=0.12 * rng.standard_normal(CELLS),
    )
