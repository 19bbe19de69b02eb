"""The faults that a sample site has, as data: one table says which, where, how large and when.

Onsets are fractions of the span, so that a site of three days has every fault that one of two years has. Durations
are nominal and shrink to ``LONGEST_SHARE`` of a short span.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from pipeline.simulation.plan import CELLS, CELLS_PER_PACK, SYSTEM_NAMES, Plan, random

LONGEST_SHARE = 0.08
"""No gap or stuck stretch lasts longer than this share of the span [1]."""
DRAWN_APART = 4
"""Cells from one drawn fault to the next, at least; it divides a pack, so a sense lead has its neighbour [1]."""
MINUTE_S, HOUR_S, DAY_S = 60.0, 3_600.0, 86_400.0


class FaultKind(StrEnum):
    """What is wrong. The first eight are faults of a cell, named as the analysis names them."""

    LOW_CAPACITY = "low_capacity"
    HIGH_RESISTANCE = "high_resistance"
    SELF_DISCHARGE = "self_discharge"
    IMBALANCE = "imbalance"
    HOT_SPOT = "hot_spot"
    VOLTAGE_SPIKE = "voltage_spike"
    TEMPERATURE_SPIKE = "temperature_spike"
    SENSE_LEAD = "sense_lead"
    ALARM = "alarm"
    COUNTER_RESET = "counter_reset"
    COUNTER_GLITCH = "counter_glitch"
    COUNTER_ROLLOVER = "counter_rollover"
    GAP = "gap"
    DUPLICATES = "duplicates"
    OUT_OF_ORDER = "out_of_order"
    STUCK = "stuck"
    SENTINEL = "sentinel"


CELL_KINDS = frozenset(list(FaultKind)[:8])
"""Faults of one cell or of its sensor."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    ``signals`` is a name or a pattern within ``source``; faults of cells name ``pack`` and ``cell`` instead.
    ``at`` is the onset as a fraction of the span; ``lasts_s`` None lasts to the end, 0 is a single sample. What a
    cell itself has (the first five kinds) never ends.
    """

    kind: FaultKind
    source: str
    size: float
    unit: str
    at: float
    lasts_s: float | None = 0.0
    pack: int | None = None
    cell: int | None = None
    signals: str = ""

    def first_row(self, plan: Plan) -> int:
        """Row of the onset."""
        return min(int(self.at * plan.rows), plan.rows - 1)

    def last_row(self, plan: Plan) -> int:
        """Row after the last one affected."""
        if self.lasts_s is None:
            return plan.rows
        longest = LONGEST_SHARE * plan.rows
        return min(self.first_row(plan) + max(int(min(self.lasts_s / plan.step_s, longest)), 1), plan.rows)

    def hits(self, source: str, signal: str) -> bool:
        """Whether a series is one of those affected."""
        return self.source == source and bool(self.signals) and fnmatchcase(signal, self.signals)


_A, _B, _C = SYSTEM_NAMES
_K = FaultKind

FAULTS: tuple[Fault, ...] = (
    # Cells of the first cabinet. Sizes: percent of capacity, a factor on resistance, kelvin, millivolts.
    Fault(_K.LOW_CAPACITY, _A, -5.0, "%", 0.0, None, pack=2, cell=17),
    Fault(_K.HIGH_RESISTANCE, _A, 3.0, "x", 0.0, None, pack=4, cell=33),
    Fault(_K.HOT_SPOT, _A, 4.5, "K", 0.55, None, pack=5, cell=44),
    Fault(_K.VOLTAGE_SPIKE, _A, 180.0, "mV", 0.62, 0.0, pack=1, cell=8),
    Fault(_K.SENSE_LEAD, _A, 20.0, "mV", 0.40, None, pack=3, cell=20),
    # Cells of the second.
    Fault(_K.SELF_DISCHARGE, _B, 4.0, "%/year", 0.0, None, pack=3, cell=41),
    Fault(_K.IMBALANCE, _B, -2.0, "%", 0.0, None, pack=5, cell=12),
    Fault(_K.HIGH_RESISTANCE, _B, 2.2, "x", 0.0, None, pack=1, cell=5),
    Fault(_K.LOW_CAPACITY, _B, -5.0, "%", 0.0, None, pack=4, cell=47),
    Fault(_K.TEMPERATURE_SPIKE, _B, 71.0, "°C", 0.71, 0.0, pack=2, cell=30),
    # The third is nearly healthy: one reading of one cell.
    Fault(_K.VOLTAGE_SPIKE, _C, -420.0, "mV", 0.83, 0.0, pack=2, cell=50),
    # Alarms: a smoke flag of a single sample, a short fire level, a detector fault of half a day.
    Fault(_K.ALARM, _A, 1.0, "", 0.35, 0.0, signals="fa3_SmokeFlag"),
    Fault(_K.ALARM, _B, 1.0, "", 0.52, 45 * MINUTE_S, signals="fa2_FireLevel"),
    Fault(_K.ALARM, _B, 2.0, "", 0.90, 0.0, signals="fa2_FireLevel"),
    Fault(_K.ALARM, _C, 12.0, "", 0.27, 12 * HOUR_S, signals="fa5_ErrCode"),
    # Counters.
    Fault(_K.COUNTER_RESET, "m3", 0.0, "kWh", 0.33, None, signals="pos_ae"),
    Fault(_K.COUNTER_GLITCH, "m4", 0.0, "kWh", 0.58, 0.0, signals="pos_ae"),
    Fault(_K.COUNTER_ROLLOVER, "m6", 1_000_000.0, "kWh", 0.66, None, signals="pos_ae"),
    Fault(_K.COUNTER_RESET, _B, 0.0, "kWh", 0.47, None, signals="aux_m_pos_ae"),
    Fault(_K.COUNTER_GLITCH, _A, 0.0, "kWh", 0.77, 0.0, signals="aux_m_com_ae"),
    # Rows that are missing, repeated, frozen or no readings.
    Fault(_K.GAP, "m2", 14 * DAY_S, "s", 0.44, 14 * DAY_S, signals="*"),
    Fault(_K.GAP, _B, 9 * HOUR_S, "s", 0.60, 9 * HOUR_S, signals="*"),
    Fault(_K.GAP, _A, 2 * DAY_S, "s", 0.20, 2 * DAY_S, signals="fa*"),
    Fault(_K.GAP, _C, 50 * MINUTE_S, "s", 0.12, 50 * MINUTE_S, signals="bms1_p2_t7"),
    Fault(_K.GAP, _A, 3 * HOUR_S, "s", 0.86, 3 * HOUR_S, signals="bms1_p1_v3"),
    Fault(_K.DUPLICATES, _A, 6.0, "rows", 0.15, 0.0, signals="bms1_p5_v9"),
    Fault(_K.DUPLICATES, "m1", 4.0, "rows", 0.73, 0.0, signals="com_ap"),
    Fault(_K.OUT_OF_ORDER, "m6", 3.0, "rows", 0.50, 0.0, signals="com_ap"),
    Fault(_K.STUCK, _B, 3 * DAY_S, "s", 0.25, 3 * DAY_S, signals="bms1_p1_t39"),
    Fault(_K.STUCK, _C, 4 * DAY_S, "s", 0.57, 4 * DAY_S, signals="dh1_humi"),
    Fault(_K.SENTINEL, _A, 65_535.0, "", 0.30, 2 * HOUR_S, signals="fa4_Voc"),
)
"""Every fault of the sample site. Faults of systems that are not written do not happen."""

DRAWN_SIZES: dict[FaultKind, tuple[float, float, str]] = {
    _K.LOW_CAPACITY: (-8.0, -4.0, "%"),
    _K.HIGH_RESISTANCE: (1.8, 3.0, "x"),
    _K.SELF_DISCHARGE: (4.0, 8.0, "%/year"),
    _K.IMBALANCE: (-3.0, -1.5, "%"),
    _K.HOT_SPOT: (4.0, 7.0, "K"),
    _K.VOLTAGE_SPIKE: (150.0, 400.0, "mV"),
    _K.TEMPERATURE_SPIKE: (62.0, 80.0, "°C"),
    _K.SENSE_LEAD: (15.0, 30.0, "mV"),
}
"""Smallest and largest size of each fault of a cell that is drawn at random."""


def draw_faults(seed: int, systems: tuple[str, ...] = SYSTEM_NAMES) -> tuple[Fault, ...]:
    """Draw one fault of each kind of cell fault for each system, at random places, to judge an analysis by.

    Parameters
    ----------
    seed : int
        Other seeds give other places, sizes and onsets.
    systems : tuple of str
        Which systems have them.

    Returns
    -------
    tuple of Fault
        Eight for each system, no two in neighbouring cells.
    """
    found: list[Fault] = []
    for system in systems:
        rng = random(seed, "faults", system)
        places = rng.choice(CELLS // DRAWN_APART, len(DRAWN_SIZES), replace=False) * DRAWN_APART
        for place, (kind, (low, high, unit)) in zip(places.tolist(), DRAWN_SIZES.items(), strict=True):
            momentary = kind in (_K.VOLTAGE_SPIKE, _K.TEMPERATURE_SPIKE)
            at = float(rng.uniform(0.4, 0.9)) if momentary or kind in (_K.HOT_SPOT, _K.SENSE_LEAD) else 0.0
            pack, cell = place // CELLS_PER_PACK + 1, place % CELLS_PER_PACK + 1
            size, lasts_s = float(rng.uniform(low, high)), 0.0 if momentary else None
            found.append(Fault(kind, system, size, unit, at, lasts_s, pack=pack, cell=cell))
    return tuple(found)


def faults_of(plan: Plan, source: str | None = None) -> tuple[Fault, ...]:
    """Return the faults that happen in ``plan``, of one source or of all."""
    absent = set(SYSTEM_NAMES) - set(plan.systems)
    return tuple(f for f in plan.faults if f.source not in absent and source in (None, f.source))


def affecting(plan: Plan, source: str, signal: str, kind: FaultKind) -> tuple[Fault, ...]:
    """Return the faults of one kind that touch one series."""
    return tuple(f for f in faults_of(plan, source) if f.kind is kind and f.hits(source, signal))


def of_cell(plan: Plan, source: str, kind: FaultKind) -> tuple[Fault, ...]:
    """Return the faults of one kind of the cells of one system."""
    return tuple(f for f in faults_of(plan, source) if f.kind is kind and f.cell is not None)
