"""The parts of the simulation: closed forms against slow twins, and what must hold for every draw."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.simulation.cells import OPEN_CIRCUIT, open_circuit_v
from pipeline.simulation.counters import RESOLUTION_KWH, count
from pipeline.simulation.drive import (
    EMPTY_SOC,
    FULL_SOC,
    HEAT_S,
    HYSTERESIS_RATE,
    POLARISATION_S,
    _advance,
    run_string,
)
from pipeline.simulation.duty import plan_day
from pipeline.simulation.faults import FAULTS, Fault, FaultKind
from pipeline.simulation.plan import NOMINAL_AH, SYSTEM_NAMES, Plan
from pipeline.simulation.traits import draw_traits
from pipeline.simulation.weather import clear_sky, outside_c

START = date(2024, 10, 10)


def plan_of(days: float = 10, step_s: int = 900, faults: tuple[Fault, ...] = (), seed: int = 7) -> Plan:
    return Plan(START, days, step_s, seed, SYSTEM_NAMES[:1], faults, dropouts=False)


states = st.tuples(
    st.floats(-300, 300), st.floats(-120, 120), st.floats(0, 14_000), st.floats(-1, 1), st.floats(0, 1e5)
)


@given(state=states, amps=st.floats(-120, 120), first=st.floats(0, 20_000), then=st.floats(0, 20_000))
def test_two_stretches_of_one_current_are_one_stretch(state, amps, first, then):
    start, current = np.array(state)[:, None], np.array([amps])
    twice = _advance(_advance(start, current, np.array([first])), current, np.array([then]))
    once = _advance(start, current, np.array([first + then]))
    assert np.allclose(twice, once, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("amps", [-80.0, 0.0, 25.0, 110.0])
def test_the_closed_form_solves_the_equations(amps):
    charge, polarisation, heat, hysteresis, moved = 10.0, 40.0, 900.0, 0.5, 0.0
    step_s, seconds = 0.05, 1_800.0
    for _ in range(int(seconds / step_s)):
        charge += amps * step_s / 3600
        moved += abs(amps) * step_s / 3600
        polarisation += (amps - polarisation) / POLARISATION_S * step_s
        heat += (amps**2 - heat) / HEAT_S * step_s
        pull = HYSTERESIS_RATE * abs(amps) / 3600 / NOMINAL_AH
        hysteresis += pull * (-np.sign(amps) - hysteresis) * step_s
    closed = _advance(np.array([[10.0], [40.0], [900.0], [0.5], [0.0]]), np.array([amps]), np.array([seconds]))[:, 0]
    assert np.allclose(closed, [charge, polarisation, heat, hysteresis, moved], rtol=1e-4, atol=1e-4)


@given(st.lists(st.floats(-0.1, 1.1), min_size=1, max_size=50))
def test_the_curve_is_what_its_points_say(soc):
    points = np.array(OPEN_CIRCUIT)
    expected = np.interp(soc, points[:, 0], points[:, 1])
    assert np.allclose(open_circuit_v(np.array(soc, dtype=np.float32)), expected, atol=2e-4)


def test_the_curve_rises_and_is_flat_in_the_middle():
    points = np.array(OPEN_CIRCUIT)
    assert (np.diff(points, axis=0) > 0).all()
    low, high = open_circuit_v(np.array([0.2, 0.9], dtype=np.float32))
    assert high - low < 0.09


@settings(max_examples=25)
@given(first=st.integers(0, 900), length=st.integers(1, 200))
def test_noise_does_not_depend_on_where_a_block_is_cut(first, length):
    plan = plan_of(days=12)
    whole = plan.tile("test", "x", 3, 0, plan.rows)
    assert np.array_equal(plan.tile("test", "x", 3, first, first + length), whole[:, first : first + length])


@given(seed=st.integers(0, 10_000), day=st.integers(0, 700))
def test_a_day_is_in_order_and_within_the_cabinet_s_power(seed, day):
    when = START + timedelta(days=day)
    actions = plan_day(seed, SYSTEM_NAMES[0], day, when.month, when.timetuple().tm_yday)
    starts = [action.start_s for action in actions]
    assert starts == sorted(starts)
    assert all(0 <= start < 86_400 for start in starts)
    assert all(0 <= action.target <= 1 and 0 < min(action.amps) <= max(action.amps) <= 115 for action in actions)
    assert plan_day(seed, SYSTEM_NAMES[0], day, when.month, when.timetuple().tm_yday) == actions


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_cell_leaves_its_limits(seed):
    plan = plan_of(days=60, faults=FAULTS, seed=seed)
    drive = run_string(plan, SYSTEM_NAMES[0], draw_traits(plan, SYSTEM_NAMES[0]))
    day = np.clip(np.searchsorted(drive.midnights_s, drive.start_s, side="right") - 1, 0, None)
    soc = (drive.charge_ah[day] - drive.states[0][:, None]) / drive.capacity_ah[day]
    # Charge is balanced and leaks by less than 0.2 Ah between the day's limits and the next midnight.
    assert soc.max() < FULL_SOC + 0.001
    assert soc.min() > EMPTY_SOC - 0.001
    assert soc.max() > FULL_SOC - 0.001
    assert soc.min() < EMPTY_SOC + 0.001


def test_the_interval_of_the_logger_changes_nothing_of_the_truth():
    fine, coarse = plan_of(step_s=300), plan_of(step_s=1800)
    traits = draw_traits(fine, SYSTEM_NAMES[0])
    at = np.arange(0, 5 * 86_400, 1800.0)
    one, other = (run_string(plan, SYSTEM_NAMES[0], traits).at(at) for plan in (fine, coarse))
    assert np.array_equal(one.discharged_ah, other.discharged_ah)
    assert np.array_equal(one.hysteresis, other.hysteresis)


powers = st.lists(st.floats(0, 500), min_size=6, max_size=40)


@given(kw=powers, start=st.floats(0, 1e6))
def test_a_counter_is_the_energy_at_its_resolution(kw, start):
    plan = plan_of(days=len(kw) / 96)
    held = np.full(len(kw), 900.0)
    counter = count(plan, "m1", "pos_ae", np.array(kw), held, start_kwh=start)
    energy = np.concatenate([[0.0], np.cumsum(np.array(kw) * 0.25)[:-1]])
    assert (np.diff(counter.readings_kwh) >= -1e-9).all()
    assert np.abs(counter.readings_kwh - start - energy).max() <= RESOLUTION_KWH * 1.01
    assert counter.true_kwh == pytest.approx(energy[-1])


@given(kw=powers)
def test_a_broken_counter_still_gives_its_energy_back(kw):
    plan = plan_of(
        days=len(kw) / 96,
        faults=(
            Fault(FaultKind.COUNTER_RESET, "m1", 0.0, "kWh", 0.5, None, signals="pos_ae"),
            Fault(FaultKind.COUNTER_GLITCH, "m2", 0.0, "kWh", 0.5, 0.0, signals="pos_ae"),
            Fault(FaultKind.COUNTER_ROLLOVER, "m3", 1_000.0, "kWh", 0.5, None, signals="pos_ae"),
        ),
    )
    held, row = np.full(len(kw), 900.0), plan.faults[0].first_row(plan)
    reset, glitch, rollover = (
        count(plan, meter, "pos_ae", np.array(kw), held, start_kwh=5_000.0) for meter in ("m1", "m2", "m3")
    )
    steps = np.diff(reset.readings_kwh)
    assert reset.readings_kwh[row] == 0
    assert np.delete(steps, row - 1).sum() == pytest.approx(reset.true_kwh - reset.unknown_kwh, abs=0.03)
    assert glitch.readings_kwh[row] == 0
    assert np.delete(glitch.readings_kwh, row)[-1] - glitch.readings_kwh[0] == pytest.approx(glitch.true_kwh, abs=0.02)
    assert np.mod(np.diff(rollover.readings_kwh), 1_000.0).sum() == pytest.approx(rollover.true_kwh, abs=0.03)


def test_the_sun_is_up_at_noon_and_the_year_has_seasons():
    plan = Plan(date(2024, 1, 1), 366, 1800, 7, SYSTEM_NAMES[:1])
    sun, air, hour = clear_sky(plan), outside_c(plan), plan.local["hour"].to_numpy()
    month = plan.local["month"].to_numpy()
    assert sun[(hour < 3) | (hour > 22.5)].max() == 0
    assert sun[month == 6].max() > 2 * sun[month == 12].max() > 0
    assert air[month == 7].mean() - air[month == 1].mean() == pytest.approx(18, abs=4)


def test_every_fault_of_the_table_stands_clear_of_the_others():
    """No two faults share a cell, and no gap of a source hides another of its faults."""
    cells = [(f.source, f.pack, f.cell) for f in FAULTS if f.cell is not None]
    assert len(cells) == len(set(cells))
    plan = Plan(START, 180, 900, 7, SYSTEM_NAMES, FAULTS)
    for gap in (f for f in FAULTS if f.kind is FaultKind.GAP and f.signals == "*"):
        missing = range(gap.first_row(plan), gap.last_row(plan))
        others = [f for f in FAULTS if f.source == gap.source and f is not gap]
        assert not [f for f in others if f.first_row(plan) in missing]
