"""Injected rates come back inside their intervals; steps are found where they are."""

import time

import numpy as np
import pytest

from app.analytics import degradation


def series(rng, slope_per_day, days=400, noise=0.3):
    x = np.arange(float(days))
    drift = np.convolve(rng.normal(0, noise, days + 4), np.ones(5) / 5, "valid")
    return x, 100.0 + slope_per_day * x + drift


def test_a_known_rate_is_found():
    x, y = series(np.random.default_rng(1), -0.5 / degradation.MONTH_DAYS)
    found = degradation.rate(x, y, baseline=100.0)
    assert found.value == pytest.approx(-0.5, abs=0.03)
    assert found.low < -0.5 < found.high
    assert found.reason == degradation.SEASON_NOTE


def test_intervals_cover_the_truth():
    covered = 0
    for seed in range(60):
        x, y = series(np.random.default_rng(seed), -0.3 / degradation.MONTH_DAYS, days=600)
        found = degradation.rate(x, y, baseline=100.0, seed=seed)
        covered += found.low <= -0.3 <= found.high
    assert covered >= 52  # the long suite holds 400 runs to 90-98 %


def test_too_little_data_has_a_reason_and_no_number():
    x, y = series(np.random.default_rng(1), 0.0, days=40)
    found = degradation.rate(x, y)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert "a rate needs" in found.reason


def test_missing_values_are_left_out():
    x, y = series(np.random.default_rng(2), -0.01)
    y[::3] = np.nan
    assert degradation.rate(x, y).value == pytest.approx(-0.01 * degradation.MONTH_DAYS, abs=0.05)


def test_630_days_take_no_longer_than_a_page_may():
    x, y = series(np.random.default_rng(3), -0.01, days=630)
    begun = time.perf_counter()
    degradation.rate(x, y)
    assert time.perf_counter() - begun < 1.0


def test_a_step_is_found_on_its_day():
    rng = np.random.default_rng(4)
    y = rng.normal(0, 0.5, 200)
    y[120:] += 4.0
    (found,) = degradation.change_points(np.arange(200.0), y)
    assert found.day == pytest.approx(120, abs=2)
    assert found.step == pytest.approx(4.0, abs=0.5)
    assert found.z > 5


def test_noise_has_no_steps():
    rng = np.random.default_rng(5)
    assert sum(len(degradation.change_points(np.arange(200.0), rng.normal(0, 1, 200))) for _ in range(20)) <= 1
