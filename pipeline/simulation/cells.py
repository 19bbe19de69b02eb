"""Voltages and temperatures of the cells, from the string's state and each cell's traits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.drive import Drive, StringState
from pipeline.simulation.faults import Fault, FaultKind, affecting, of_cell
from pipeline.simulation.plan import CELLS_PER_PACK, DAY_S, Floats, Plan, Singles
from pipeline.simulation.traits import RESISTANCE_PER_YEAR, YEAR_DAYS, Traits, cell_index

OPEN_CIRCUIT: tuple[tuple[float, float], ...] = (
    (-0.020, 2.300),
    (0.000, 2.550),
    (0.010, 2.760),
    (0.020, 2.890),
    (0.030, 2.980),
    (0.050, 3.085),
    (0.075, 3.160),
    (0.100, 3.200),
    (0.150, 3.225),
    (0.200, 3.247),
    (0.250, 3.265),
    (0.300, 3.279),
    (0.350, 3.287),
    (0.400, 3.291),
    (0.500, 3.295),
    (0.600, 3.302),
    (0.650, 3.314),
    (0.700, 3.327),
    (0.800, 3.331),
    (0.900, 3.333),
    (0.950, 3.336),
    (0.970, 3.342),
    (0.980, 3.352),
    (0.990, 3.375),
    (1.000, 3.440),
    (1.004, 3.510),
    (1.008, 3.610),
    (1.020, 3.900),
)
"""Open-circuit voltage of a lithium iron phosphate cell over the charge at its surface [1, V]: the mean of the charge
and discharge branches. Above 1 and below 0 only the surface goes, under current."""
SURFACE_PER_A = 0.0004
"""How far the surface runs ahead of the bulk, per ampere of filtered current [1/A]."""
HYSTERESIS_V = 0.008
"""Half the distance between the two branches on the plateau [V]."""
ACTIVATION_K = 2_400.0
"""Activation energy of the resistance over the gas constant, 20 kJ/mol [K]."""
REFERENCE_K = 298.15
HEAT_K_PER_A2 = 0.0005
"""Rise of a cell over its coolant per square ampere of filtered current: 2.8 K at 75 A [K/A²]."""
NOISE_V, NOISE_K = 0.0004, 0.08
"""Noise of one reading [V, K]."""
JOINT_HEAT = 0.5
"""Share of a bad joint's heat that reaches the cell's sensor [1]."""
NEIGHBOUR_SHARE = 0.1
"""How much of a hot cell's excess its neighbours show [1]."""
VOLT_DIGITS, KELVIN_DIGITS = 3, 1

_GRID = np.linspace(OPEN_CIRCUIT[0][0], OPEN_CIRCUIT[-1][0], 10_401)
_CURVE = np.interp(_GRID, [soc for soc, _ in OPEN_CIRCUIT], [volts for _, volts in OPEN_CIRCUIT]).astype(np.float32)


def open_circuit_v(soc: Singles) -> Singles:
    """Read the open-circuit curve.

    Parameters
    ----------
    soc : ndarray
        State of charge at the cell's surface [1].
    """
    place = (np.clip(soc, _GRID[0], _GRID[-1]) - np.float32(_GRID[0])) * np.float32((len(_GRID) - 1) / np.ptp(_GRID))
    below = np.minimum(place.astype(np.int32), len(_GRID) - 2)
    part = place - below
    low = _CURVE[below]
    return np.asarray(low + part * (_CURVE[below + 1] - low), dtype=np.float32)


@dataclass(frozen=True)
class PackReadings:
    """What the loggers of one pack write for one block of rows; shape (52, rows)."""

    volts: Singles
    celsius: Singles
    true_sum_v: Floats
    """Sum of the true cell voltages of each row, for the cluster's own meter [V]."""


def simulate_pack(
    plan: Plan, system: str, traits: Traits, drive: Drive, coolant_c: Floats, pack: int, rows: range
) -> PackReadings:
    """Simulate one pack over a block of rows.

    Parameters
    ----------
    coolant_c : ndarray
        Coolant temperature of these rows [°C].
    pack : int
        Number of the pack, from 1.
    rows : range
        Rows of the block.
    """
    mine = slice(cell_index(pack, 1), cell_index(pack, 1) + CELLS_PER_PACK)
    seconds = plan.elapsed_s[rows.start : rows.stop]
    state = drive.at(seconds)
    celsius = _true_celsius(plan, system, traits, state, coolant_c, mine, rows)
    volts = _true_volts(plan, traits, drive, state, celsius, mine, seconds)
    total = volts.sum(axis=0, dtype=np.float64)
    noise = plan.tile("cell voltage noise", f"{system}/{pack}", CELLS_PER_PACK, rows.start, rows.stop)
    volts += np.float32(NOISE_V) * noise + _column(traits.sensor_v[mine])
    noise = plan.tile("cell temperature noise", f"{system}/{pack}", CELLS_PER_PACK, rows.start, rows.stop)
    celsius += np.float32(NOISE_K) * noise + _column(traits.sensor_k[mine])
    _disturb(plan, system, pack, rows, volts, celsius)
    return PackReadings(np.round(volts, VOLT_DIGITS), np.round(celsius, KELVIN_DIGITS), total)


def _column(values: Floats) -> Singles:
    return values.astype(np.float32)[:, None]


def _true_celsius(
    plan: Plan, system: str, traits: Traits, state: StringState, coolant_c: Floats, mine: slice, rows: range
) -> Singles:
    seconds = plan.elapsed_s[rows.start : rows.stop]
    joint = traits.joint_ohm.over(seconds, mine) / traits.resistance_ohm[mine, None]
    factor = (traits.heat_factor[mine, None] * (1 + JOINT_HEAT * joint)).astype(np.float32)
    rise = (HEAT_K_PER_A2 * state.heat_a2).astype(np.float32)
    celsius = coolant_c.astype(np.float32) + _column(traits.position_k[mine]) + factor * rise
    for fault in of_cell(plan, system, FaultKind.HOT_SPOT):
        place = cell_index(fault.pack or 1, fault.cell or 1) - mine.start
        first = max(fault.first_row(plan) - rows.start, 0)
        for neighbour, share in ((-1, NEIGHBOUR_SHARE), (0, 1.0), (1, NEIGHBOUR_SHARE)):
            if 0 <= place < CELLS_PER_PACK and 0 <= place + neighbour < CELLS_PER_PACK:
                celsius[place + neighbour, first:] += np.float32(share * fault.size)
    return celsius


def _true_volts(
    plan: Plan, traits: Traits, drive: Drive, state: StringState, celsius: Singles, mine: slice, seconds: Floats
) -> Singles:
    day = np.searchsorted(drive.midnights_s, seconds, side="right") - 1
    day = np.minimum(day, len(drive.midnights_s) - 2)
    span = drive.midnights_s[day + 1] - drive.midnights_s[day]
    part = ((seconds - drive.midnights_s[day]) / span).astype(np.float64)
    charge = drive.charge_ah[:, mine].T
    held = charge[:, day] * (1 - part) + charge[:, day + 1] * part - state.discharged_ah
    soc = (held / drive.capacity_ah[:, mine].T[:, day]).astype(np.float32)
    amps = state.current_a.astype(np.float32)
    surface = soc - (SURFACE_PER_A * state.polarisation_a).astype(np.float32)
    years = (plan.service_days + seconds / DAY_S) / YEAR_DAYS
    grown = (1 + RESISTANCE_PER_YEAR * years).astype(np.float32)
    cold = np.exp(np.float32(ACTIVATION_K) * (1 / (celsius + np.float32(273.15)) - np.float32(1 / REFERENCE_K)))
    low = 1 + np.float32(0.6) * np.exp(-np.maximum(soc, 0) / np.float32(0.06))
    ohm = _column(traits.resistance_ohm[mine]) * grown * cold * low
    ohm += traits.joint_ohm.over(seconds, mine).astype(np.float32)
    branch = (HYSTERESIS_V * state.hysteresis).astype(np.float32)
    return np.asarray(open_circuit_v(surface) + branch - amps * ohm, dtype=np.float32)


def _disturb(plan: Plan, system: str, pack: int, rows: range, volts: Singles, celsius: Singles) -> None:
    """Lay the faults of readings over a pack, in place."""
    for kind in (FaultKind.VOLTAGE_SPIKE, FaultKind.TEMPERATURE_SPIKE, FaultKind.SENSE_LEAD):
        for fault in of_cell(plan, system, kind):
            if fault.pack == pack:
                _disturb_cell(plan, fault, rows, volts, celsius)


def _disturb_cell(plan: Plan, fault: Fault, rows: range, volts: Singles, celsius: Singles) -> None:
    place = (fault.cell or 1) - 1
    first, last = (np.clip(row - rows.start, 0, len(rows)) for row in (fault.first_row(plan), fault.last_row(plan)))
    if fault.kind is FaultKind.TEMPERATURE_SPIKE:
        celsius[place, first:last] = fault.size
    else:
        volts[place, first:last] += np.float32(fault.size / 1000)
    if fault.kind is FaultKind.SENSE_LEAD and place + 1 < CELLS_PER_PACK:
        volts[place + 1, first:last] -= np.float32(fault.size / 1000)


def freeze_rows(plan: Plan, system: str, signal: str) -> tuple[int, int] | None:
    """Return the rows in which a stuck series repeats its first, if it does."""
    for fault in affecting(plan, system, signal, FaultKind.STUCK):
        return fault.first_row(plan), fault.last_row(plan)
    return None
