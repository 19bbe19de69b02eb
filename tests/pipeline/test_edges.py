"""Where between two readings a current begins and ends: charge counted against the charge that flowed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.feature_charge import step_charge
from pipeline.feature_edges import ENDS, Edges, learn_edges

FINE_S, DAYS, REST_A, CAPACITY_AH = 30, 60, 5.6, 280.0
LEARNED_DAYS = 30


def battery(phase_h, step_s, *, depth, held=False, spread_h=0.0, seed=0):
    """Charge by night until full, discharge in the evening to about a depth: currents of each 30 s and charge [A, %].

    ``phase_h`` is how long after a reading the schedule's currents begin; ``held`` lets them change at readings alone;
    ``spread_h`` is the standard deviation of the hour at which they begin.
    """
    rng = np.random.default_rng(seed)
    late = rng.normal(0, spread_h, (DAYS, 2))
    depths = depth * (1 + 0.1 * rng.standard_normal(DAYS))
    each = 86_400 // FINE_S
    ratio = step_s // FINE_S
    current, soc = np.zeros(DAYS * each), np.zeros(DAYS * each)
    level, now = 50.0, 0.0
    for at in range(DAYS * each):
        day, hour = divmod(at / each, 1)
        hour *= 24
        begins = [1 + phase_h + late[int(day), 0], 17 + phase_h + late[int(day), 1]]
        if not held or at % ratio == 0:
            charges = begins[0] <= hour < begins[0] + 8 and level < 100
            discharges = begins[1] <= hour and level > 100 - depths[int(day)]
            now = -85.0 if charges else 95.0 if discharges else 0.0
        level -= now * FINE_S / 36 / CAPACITY_AH
        current[at], soc[at] = now, level
    return current, np.clip(soc, 0, 100)


def counted(current, soc, step_s, digit=1.0, edges=None):
    """Sum what flowed [Ah], by readings of each step alone, and as it was."""
    ratio = step_s // FINE_S
    logged, register = current[::ratio], np.round(soc[::ratio] / digit) * digit
    steps = np.full(len(logged) - 1, 1000.0 * step_s)
    first = slice(LEARNED_DAYS * 86_400 // step_s)
    if edges is None:
        edges = learn_edges(logged[first], register[first], steps[: first.stop - 1], 3000.0 * step_s, REST_A)
    got = np.abs(step_charge(logged, steps, 3000.0 * step_s, edges, REST_A)).sum() / 3.6e6
    return got, np.abs(current).sum() * FINE_S / 3600, edges


@pytest.mark.parametrize("phase", [0.05, 0.95])
def test_a_sharp_schedule_between_readings_is_learned(phase):
    step_s = 900
    current, soc = battery(phase * step_s / 3600, step_s, depth=61.3)
    got, truth, edges = counted(current, soc, step_s)
    halves, _, _ = counted(current, soc, step_s, edges=Edges())
    assert edges.learned
    assert edges.shares["start", 1] == pytest.approx(1 - phase, abs=0.15)
    assert abs(got / truth - 1) < 0.015
    assert abs(got / truth - 1) < abs(halves / truth - 1)


@pytest.mark.parametrize("step_s", [300, 900])
def test_a_current_that_changes_at_readings_alone_is_counted_whole(step_s):
    current, soc = battery(0.0, step_s, depth=72.7, held=True)
    got, truth, edges = counted(current, soc, step_s)
    assert got == pytest.approx(truth, rel=0.004)
    assert edges.shares["start", 1] + edges.shares["stop", 1] == pytest.approx(1, abs=0.1)


@settings(max_examples=6)
@given(st.integers(0, 1000), st.sampled_from([300, 600, 900]), st.sampled_from([0.1, 1.0]))
def test_currents_that_begin_anywhere_are_counted_within_one_per_cent(seed, step_s, digit):
    current, soc = battery(0.5, step_s, depth=66, spread_h=0.7, seed=seed)
    got, truth, _ = counted(current, soc, step_s, digit)
    assert got == pytest.approx(truth, rel=0.01)


def test_whole_per_cents_that_repeat_each_day_are_not_taken_for_a_share():
    step_s = 300
    worst = 0.0
    for depth in (41.2, 55.5, 63.8, 70.4):
        current, soc = battery(0.5 * step_s / 3600, step_s, depth=depth)
        got, truth, _ = counted(current, soc, step_s)
        worst = max(worst, abs(got / truth - 1))
    assert worst < 0.01


def test_without_a_state_of_charge_every_share_is_one_half():
    current, _ = battery(0.1, 900, depth=60)
    logged = current[:: 900 // FINE_S]
    steps = np.full(len(logged) - 1, 9e5)
    assert learn_edges(logged, np.full(len(logged), np.nan), steps, 2.7e6, REST_A) == Edges()
    assert learn_edges(logged, np.full(len(logged), 50.0), steps, 2.7e6, REST_A) == Edges()
    assert not Edges().learned
    assert [Edges().shares[end] for end in ENDS] == [0.5] * 4


def test_halves_are_the_trapezoid():
    rng = np.random.default_rng(4)
    current = np.where(rng.random(500) < 0.4, 0.0, rng.normal(0, 90, 500))
    steps = rng.choice([6e4, 3e5], 499)
    expected = (current[:-1] + current[1:]) / 2 * steps
    assert np.allclose(step_charge(current, steps, 9e5, Edges(), REST_A), expected)
