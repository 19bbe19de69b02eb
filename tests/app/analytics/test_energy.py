"""Energy and load from power: hand-computed sums, and sums that add up over any cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics import energy

MINUTE = 60_000
TEN = 10 * MINUTE


def stamps(*minutes):
    return np.array(minutes, np.int64) * MINUTE


@pytest.mark.parametrize(
    ("minutes", "window", "held"),
    [
        ((0, 10, 20), (0, 30), (10, 10, 10)),  # the last reading holds like the others, up to the end
        ((0, 10, 20), (5, 25), (5, 10, 5)),  # the window cuts the first and the last
        ((0, 10, 100), (0, 110), (10, 30, 10)),  # over a gap a reading holds three intervals and no longer
        ((0, 10), (40, 60), (0, 0)),
        ((), (0, 60), ()),
    ],
)
def test_a_reading_holds_until_the_next_and_never_over_a_gap(minutes, window, held):
    start, end = (one * MINUTE for one in window)

    assert (energy.holding_ms(stamps(*minutes), start, end, 3 * TEN) // MINUTE).tolist() == list(held)


def test_import_and_export_are_summed_apart():
    power = np.array([6.0, -3.0, 12.0], np.float32)
    found = energy.integrate(power, np.full(3, TEN))

    assert [found.import_kwh, found.export_kwh] == pytest.approx([3.0, 0.5])
    assert found.covered_ms == 3 * TEN


@given(
    steps=st.lists(st.integers(1, 90), min_size=1, max_size=40),
    seed=st.integers(0, 2**31),
    cut=st.integers(-10, 2_000),
)
def test_energy_adds_up_over_any_cut(steps, seed, cut):
    ts = stamps(*np.cumsum(steps))
    power = np.random.default_rng(seed).normal(0, 50, len(ts))
    start, middle, end = 0, int(np.clip(cut, 0, 4_000)) * MINUTE, 4_000 * MINUTE
    whole, first, second = (
        energy.integrate(power, energy.holding_ms(ts, *window, 3 * TEN))
        for window in ((start, end), (start, middle), (middle, end))
    )

    assert first.import_kwh + second.import_kwh == pytest.approx(whole.import_kwh)
    assert first.export_kwh + second.export_kwh == pytest.approx(whole.export_kwh)
    assert first.covered_ms + second.covered_ms == whole.covered_ms


def test_the_power_factor_is_weighted_by_apparent_power():
    power = np.array([80.0, -10.0, np.nan, 5.0])
    factor = np.array([0.8, -0.5, 0.9, 0.0])  # S = 100 and 20; the others tell no apparent power

    assert energy.mean_power_factor(power, factor) == pytest.approx(90 / 120)


@pytest.mark.parametrize(("power", "factor"), [([], []), ([1.0], [np.nan]), ([0.0], [0.9])])
def test_a_power_factor_that_nothing_tells_is_unknown(power, factor):
    assert energy.mean_power_factor(np.array(power), np.array(factor)) is None


def test_the_load_duration_curve_ranks_power_by_time():
    share, power = energy.load_duration(np.array([1.0, 9.0, 4.0]), np.array([60, 10, 30]), 101)

    assert (share[0], share[-1]) == (0.0, 1.0)
    assert (power[0], power[-1]) == (9.0, 1.0)
    assert power[share < 0.1].tolist() == [9.0] * 10
    assert power[(share > 0.11) & (share < 0.39)] == pytest.approx(4.0)
    assert (np.diff(power) <= 0).all()


def test_without_readings_there_is_no_curve():
    share, power = energy.load_duration(np.array([1.0]), np.array([0]), 100)

    assert len(share) == len(power) == 0
