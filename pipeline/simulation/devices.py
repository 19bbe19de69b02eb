"""Everything a cabinet logs beside its cells: battery, PCS, coolant, auxiliary supply, air and fire detectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.simulation.counters import Counter, count
from pipeline.simulation.drive import Drive, StringState
from pipeline.simulation.faults import FaultKind, faults_of
from pipeline.simulation.plan import NOMINAL_AH, SYSTEM_NAMES, Floats, Plan
from pipeline.simulation.traits import Traits

CURRENT_OFFSET_A = dict(zip(SYSTEM_NAMES, (0.10, -0.15, 0.05), strict=True))
"""Error of each cabinet's current sensor [A]."""
BMS_CURRENT_SIGN = dict(zip(SYSTEM_NAMES, (1.0, 1.0, -1.0), strict=True))
"""1 where ``bms1_c`` is positive when discharging, as the PCS counts; −1 where it is the other way round."""
PCS_EFFICIENCY, PCS_RUNNING_KW, PCS_STANDBY_KW = 0.978, 0.25, 0.06
"""Conversion in either direction [1], and what the PCS itself takes when it runs and when it waits [kW]."""
GRID_V = 400.0
BMS_PESSIMISM = 1.25
"""The battery's own estimate loses this much more than its cells do [1]."""


@dataclass(frozen=True)
class Column:
    """One series: a value for each row of the plan, how many digits are logged, and every how many rows."""

    values: Floats
    digits: int
    every: int = 1


@dataclass(frozen=True)
class CellSummary:
    """What the battery management reports of its cells, one value a row."""

    sum_v: Floats
    """Sum of the true cell voltages [V]."""
    mean_v: Floats
    max_v: Floats
    min_v: Floats
    mean_c: Floats
    max_c: Floats
    min_c: Floats


@dataclass(frozen=True)
class Cabinet:
    """All 1-D series of one cabinet, its power at the grid side, and what its counters really counted."""

    columns: dict[str, Column]
    pcs_kw: Floats
    """AC power, positive when discharging [kW]."""
    aux_kw: Floats
    counters: dict[str, Counter]


def simulate_cabinet(
    plan: Plan,
    system: str,
    traits: Traits,
    drive: Drive,
    cells: CellSummary,
    air_c: Floats,
    coolant_c: Floats,
) -> Cabinet:
    """Simulate the devices around the cells of one cabinet."""
    state = drive.at(plan.elapsed_s)
    pcs_kw = np.round(_pcs_kw(cells.sum_v, state.current_a), 2) + 0.0
    noise = plan.tile("devices", system, 12, 0, plan.rows).astype(np.float64)
    rise_k = 0.0006 * state.heat_a2
    aux_kw = np.round(0.42 + 0.03 * np.maximum(air_c - 8, 0) + 0.12 * rise_k + 0.01 * np.abs(noise[0]), 3)
    counters = _aux_counters(plan, system, aux_kw)
    columns = {
        **_battery(plan, system, traits, drive, state, cells, noise),
        **_pcs(plan, system, cells.sum_v, state, pcs_kw, air_c, noise),
        **_cooling(air_c, coolant_c, rise_k, aux_kw, noise),
        **_aux(aux_kw, counters, noise),
        **_air(plan, system, air_c, noise),
        **_fire(plan, system, coolant_c, rise_k),
    }
    return Cabinet(columns, pcs_kw, aux_kw, counters)


def _pcs_kw(volts: Floats, amps: Floats) -> Floats:
    dc_kw = volts * amps / 1000
    running = np.where(dc_kw > 0, dc_kw * PCS_EFFICIENCY, dc_kw / PCS_EFFICIENCY) - PCS_RUNNING_KW
    return np.where(amps == 0, -PCS_STANDBY_KW, running)


def _battery(
    plan: Plan,
    system: str,
    traits: Traits,
    drive: Drive,
    state: StringState,
    cells: CellSummary,
    noise: Floats,
) -> dict[str, Column]:
    return {
        "bms1_soc": Column(soc_percent(plan, system, drive, state), 0),
        "bms1_soh": Column(_soh_percent(plan, traits, drive), 0),
        "bms1_v": Column(cells.sum_v, 1),
        "bms1_c": Column(logged_current(system, state.current_a, noise[1]), 1),
        "bms1_cell_ave_v": Column(cells.mean_v, 3),
        "bms1_cell_max_v": Column(cells.max_v, 3),
        "bms1_cell_min_v": Column(cells.min_v, 3),
        "bms1_cell_v_diff": Column(cells.max_v - cells.min_v, 3),
        "bms1_cell_ave_t": Column(cells.mean_c, 1),
        "bms1_cell_max_t": Column(cells.max_c, 1),
        "bms1_cell_min_t": Column(cells.min_c, 1),
        "bms1_cell_t_diff": Column(cells.max_c - cells.min_c, 1),
        "bms1_pos_ins": Column(2_600 + 40 * noise[2], 0),
    }


def logged_current(system: str, current_a: Floats, noise: Floats) -> Floats:
    """Return a current as the battery logs it: with its sensor's error, and in the battery's own sign [A]."""
    return np.asarray(BMS_CURRENT_SIGN[system] * (current_a + CURRENT_OFFSET_A[system] + 0.05 * noise))


def soc_percent(plan: Plan, system: str, drive: Drive, state: StringState) -> Floats:
    """Count charge as the battery does: with its sensor's error, set right at each full charge."""
    anchors_s = np.concatenate([[0.0], drive.full_s])
    anchors_soc = np.concatenate([[50.0], np.full(len(drive.full_s), 100.0)])
    last = np.searchsorted(anchors_s, plan.elapsed_s, side="right") - 1
    out_ah = state.discharged_ah - drive.at(anchors_s).discharged_ah[last]
    out_ah = out_ah + CURRENT_OFFSET_A[system] * (plan.elapsed_s - anchors_s[last]) / 3600
    return np.asarray(np.clip(anchors_soc[last] - 100 * out_ah / NOMINAL_AH, 0, 100))


def _soh_percent(plan: Plan, traits: Traits, drive: Drive) -> Floats:
    """Return the battery's own estimate, which never rises."""
    lost = 1 - drive.capacity_ah.mean(axis=1) / traits.capacity_ah.mean()
    estimate = np.minimum.accumulate(100 * (1 - BMS_PESSIMISM * lost))
    return np.interp(plan.elapsed_s, drive.midnights_s, estimate)


def _pcs(
    plan: Plan, system: str, volts: Floats, state: StringState, kw: Floats, air_c: Floats, noise: Floats
) -> dict[str, Column]:
    grid = GRID_V * (1 + 0.006 * plan.interpolate_days(plan.daily("grid", system)) + 0.002 * noise[3])
    amps = np.abs(kw) * 1000 / (np.sqrt(3) * grid)
    heat = np.abs(kw)
    columns = {
        "pcs1_ap": Column(kw, 2),
        "pcs1_dcc": Column(1.004 * state.current_a, 1),
        "pcs1_dcv": Column(volts + 0.1 * noise[4], 1),
        "pcs1_t_env": Column(air_c + 6 + 0.03 * heat + 0.1 * noise[5], 1),
        "pcs1_t_a": Column(air_c + 9 + 0.14 * heat + 0.1 * noise[6], 1),
        "pcs1_t_igbt": Column(air_c + 11 + 0.25 * heat + 0.1 * noise[7], 1),
    }
    for phase, share in zip("abc", (1.004, 0.997, 0.999), strict=True):
        columns[f"pcs1_i{phase}"] = Column(share * amps, 1)
    for pair, share in zip(("ab", "bc", "ca"), (1.001, 0.998, 1.0), strict=True):
        columns[f"pcs1_u{pair}"] = Column(share * grid, 1)
    return columns


def _cooling(air_c: Floats, coolant_c: Floats, rise_k: Floats, aux_kw: Floats, noise: Floats) -> dict[str, Column]:
    return {
        "ac1_outside_t": Column(air_c + 0.15 * noise[8], 1),
        "ac1_outwater_t": Column(coolant_c + 0.1 * noise[9], 1),
        "ac1_rtnwater_t": Column(coolant_c + 0.6 + 0.7 * rise_k + 0.1 * noise[10], 1),
        "ac1_outwater_pre": Column(1.9 + 0.1 * aux_kw + 0.01 * noise[9], 2),
        "ac1_rtnwater_pre": Column(1.2 + 0.05 * aux_kw + 0.01 * noise[10], 2),
    }


def _aux_counters(plan: Plan, system: str, aux_kw: Floats) -> dict[str, Counter]:
    held = np.full(plan.rows, float(plan.step_s))
    taken = count(plan, system, "aux_m_pos_ae", aux_kw, held, start_kwh=5_210.0)
    given = count(plan, system, "aux_m_neg_ae", np.zeros(plan.rows), held, start_kwh=0.0)
    both = count(plan, system, "aux_m_com_ae", aux_kw, held, start_kwh=5_210.0)
    return {"aux_m_pos_ae": taken, "aux_m_neg_ae": given, "aux_m_com_ae": both}


def _aux(aux_kw: Floats, counters: dict[str, Counter], noise: Floats) -> dict[str, Column]:
    factor = np.clip(0.88 + 0.03 * aux_kw + 0.004 * noise[11], 0, 1)
    return {
        "aux_m_ap": Column(aux_kw, 3),
        "aux_m_pf": Column(factor, 3),
        "aux_m_i": Column(aux_kw * 1000 / (np.sqrt(3) * GRID_V * factor), 2),
        **{name: Column(counter.readings_kwh, 2) for name, counter in counters.items()},
    }


def _air(plan: Plan, system: str, air_c: Floats, noise: Floats) -> dict[str, Column]:
    humid = 52 - 0.6 * (air_c - 10) + 6 * plan.interpolate_days(plan.daily("humidity", system)) + 0.3 * noise[6]
    return {
        "dh1_temp": Column(0.5 * air_c + 12 + 0.1 * noise[5], 1, every=2),
        "dh1_humi": Column(np.clip(humid, 5, 98), 1, every=2),
    }


def _fire(plan: Plan, system: str, coolant_c: Floats, rise_k: Floats) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for detector in range(1, 6):
        noise = plan.tile("fire", f"{system}/{detector}", 4, 0, plan.rows).astype(np.float64)
        columns[f"fa{detector}_Co"] = Column(np.abs(1.2 + 0.4 * noise[0]), 1)
        columns[f"fa{detector}_Voc"] = Column(np.abs(8 + 1.5 * noise[1]), 1)
        columns[f"fa{detector}_T1"] = Column(coolant_c + 1.0 + 0.4 * rise_k + 0.1 * noise[2], 1)
        columns[f"fa{detector}_T2"] = Column(coolant_c + 1.3 + 0.4 * rise_k + 0.1 * noise[3], 1)
        for flag in ("SmokeFlag", "ErrCode", "FireLevel"):
            columns[f"fa{detector}_{flag}"] = Column(_flag(plan, system, f"fa{detector}_{flag}"), 0)
    return columns


def _flag(plan: Plan, system: str, signal: str) -> Floats:
    values = np.zeros(plan.rows)
    for fault in faults_of(plan, system):
        if fault.kind is FaultKind.ALARM and fault.hits(system, signal):
            values[fault.first_row(plan) : fault.last_row(plan)] = fault.size
    return values


def summarise(parts: list[CellSummary]) -> CellSummary:
    """Join the summaries of packs of equal size into one of the string."""
    return CellSummary(
        sum_v=np.sum([p.sum_v for p in parts], axis=0),
        mean_v=np.mean([p.mean_v for p in parts], axis=0),
        max_v=np.max([p.max_v for p in parts], axis=0),
        min_v=np.min([p.min_v for p in parts], axis=0),
        mean_c=np.mean([p.mean_c for p in parts], axis=0),
        max_c=np.max([p.max_c for p in parts], axis=0),
        min_c=np.min([p.min_c for p in parts], axis=0),
    )
