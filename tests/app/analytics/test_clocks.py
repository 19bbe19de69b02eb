"""Clocks: a shifted one is found within one sample, sound ones give nothing, and slow loggers are refused."""

import numpy as np
import pytest

from app.analytics.clocks import CLOCK_SLOWEST_MS, VOLTAGE_SKEW_STEPS, clock_shifts, severity_of, skews
from app.analytics.signs import WARNING, WATCH

DAY = 86_400_000


def steps(ts, seed=1):
    """A power that steps some dozens of times a day, read at some stamps [kW]."""
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.uniform(0, 120 * DAY, 120 * 30))
    levels = rng.choice([-60.0, -30.0, 0.0, 25.0, 55.0], len(edges) + 1)
    return levels[np.searchsorted(edges, ts)]


def logged(step_s, days=90, phase_s=0.0):
    return np.arange(0, days * DAY, step_s * 1000.0) + 1000 * phase_s


@pytest.mark.parametrize("step_s", [10, 60, 300, 900])
@pytest.mark.parametrize("shift_min", [10, -10, 60])
def test_a_shifted_clock_is_found_within_one_sample(step_s, shift_min):
    ts = logged(step_s, days=35)
    current = steps(ts) + np.random.default_rng(0).normal(0, 1.0, len(ts))
    found = clock_shifts(ts, current, ts + shift_min * 60_000.0, -0.7 * steps(ts))
    assert found
    for one in found:
        assert abs(one.shift_ms - shift_min * 60_000) <= max(step_s * 1000, 60_000)
        assert one.r < -0.9
    (skew,) = skews(found)
    assert (skew.start_ms, skew.end_ms >= 30 * DAY) == (found[0].start_ms, True)


@pytest.mark.parametrize("step_s", [60, 300, 900])
def test_sound_clocks_of_other_phase_and_interval_give_nothing(step_s):
    one, other = logged(step_s), logged(300, phase_s=70)
    found = clock_shifts(one, steps(one), other, steps(other))
    assert len(found) == 3
    assert max(abs(shift.shift_ms) for shift in found) <= max(step_s, 300) * 500
    assert skews(found) == []


def test_a_clock_that_was_set_right_again_is_off_only_until_then():
    ts = logged(300)
    late = np.where(ts < 30 * DAY, ts + 3_600_000.0, ts)
    keep = np.r_[True, np.diff(np.maximum.accumulate(late)) > 0]
    (skew,) = skews(clock_shifts(ts, steps(ts), late[keep], steps(ts)[keep]))
    assert skew.shift_ms == pytest.approx(3_600_000, abs=300_000)
    assert skew.end_ms <= 31 * DAY
    assert severity_of(skew) == WARNING


@pytest.mark.parametrize("step_s", [300, 900])
def test_a_voltage_that_follows_the_charge_is_no_clock_behind(step_s):
    ts = logged(step_s)
    current = steps(ts)
    charge = np.concatenate([[0.0], np.cumsum(current)[:-1]])
    voltage = 0.02 * current + 0.05 * (charge - np.convolve(charge, np.ones(41) / 41, "same"))

    found = clock_shifts(ts, current, ts, voltage)
    assert {one.shift_ms // (step_s * 1000) for one in found} == {1}
    assert skews(found, VOLTAGE_SKEW_STEPS) == []
    hour = skews(clock_shifts(ts, current, ts + 3_600_000.0, voltage), VOLTAGE_SKEW_STEPS)
    assert [one.shift_ms for one in hour] == pytest.approx([3_600_000 + step_s * 1000], abs=step_s * 500)


def test_ten_minutes_are_to_watch():
    ts = logged(60)
    (skew,) = skews(clock_shifts(ts, steps(ts), ts + 600_000.0, steps(ts)))
    assert severity_of(skew) == WATCH


def test_series_without_shared_steps_say_nothing():
    ts = logged(300)
    assert clock_shifts(ts, steps(ts, 1), ts, steps(ts, 2)) == []
    assert clock_shifts(ts, steps(ts), ts, np.zeros(len(ts))) == []


def test_a_slow_logger_is_refused():
    ts = logged(2 * CLOCK_SLOWEST_MS / 1000)
    assert clock_shifts(ts, steps(ts), ts, steps(ts)) == []


def test_a_gap_is_no_step():
    ts = logged(300)
    there = (ts < 40 * DAY) | (ts > 45 * DAY)
    found = clock_shifts(ts, steps(ts), ts[there] + 600_000.0, steps(ts)[there])
    assert all(one.shift_ms == pytest.approx(600_000, abs=75_000) for one in found)
