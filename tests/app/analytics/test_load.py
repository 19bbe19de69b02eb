"""Demand adds up to the energy that the readings hold, whatever the clock; the base load is a day's low end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics import load

MINUTE = 60_000


def slow_demand(begin, power, held, step):
    """Add up each reading's share of each interval, one by one: mean power and covered time."""
    found = {}
    for at, kw, length in zip(begin, power, held, strict=True):
        for start in range(int(at // step * step), int(at + length), step):
            inside = min(at + length, start + step) - max(at, start)
            energy, covered = found.get(start, (0.0, 0))
            found[start] = energy + kw * inside, covered + inside
    return {start: energy / covered for start, (energy, covered) in sorted(found.items()) if covered >= step / 2}


@st.composite
def readings(draw):
    steps = draw(st.lists(st.integers(1, 40), min_size=1, max_size=60))
    begin = draw(st.integers(0, 10**6)) + np.cumsum(np.array([0, *steps[:-1]])) * MINUTE
    held = np.minimum(np.array(steps), draw(st.integers(1, 40))) * MINUTE
    power = np.array(draw(st.lists(st.floats(-300, 300), min_size=len(steps), max_size=len(steps))))
    return begin.astype(np.int64), power, held.astype(np.int64)


@given(readings())
def test_demand_is_what_each_reading_adds_to_each_interval(given_readings):
    begin, power, held = given_readings
    found = load.demand(begin, power, held)
    expected = slow_demand(begin, power, held, load.QUARTER_MS)

    assert found.start_ms.tolist() == list(expected)
    assert found.mean_kw == pytest.approx(list(expected.values()), abs=1e-6)
    assert ((found.covered >= load.COVERED_SHARE) & (found.covered <= 1 + 1e-9)).all()


def test_without_readings_there_is_no_demand():
    none = np.zeros(0, np.int64)

    assert len(load.demand(none, np.zeros(0), none).start_ms) == 0


def test_base_load_is_the_median_of_the_days_low_ends():
    day = np.repeat([0, 1, 2], 96)
    demand = np.tile(np.arange(96.0), 3) + np.repeat([0.0, 10.0, 50.0], 96)
    found = load.base_load(day, demand, np.full(3, 86_400_000))

    assert found.kw == pytest.approx(np.quantile(np.arange(96.0), 0.025) + 10.0)
    assert (found.days, found.of_days) == (3, 3)


def test_days_with_too_few_intervals_tell_no_base_load():
    found = load.base_load(np.repeat([0, 2], [40, 96]), np.ones(136), np.full(3, 86_400_000))

    assert (found.days, found.of_days) == (1, 2)
    assert load.base_load(np.zeros(3, np.int64), np.ones(3), np.full(1, 86_400_000)).kw is None
