"""A step is not growth, and a ramp is, whatever days are missing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.growth import keeps_falling

DAYS = np.arange(120.0)


@given(st.integers(10, 100), st.floats(0.5, 4.0), st.integers(0, 2**16), st.floats(0.0, 0.6))
def test_a_step_is_no_growth(at, size, seed, missing):
    rng = np.random.default_rng(seed)
    values = -size * (at <= DAYS) + rng.normal(0, 0.05, 120)
    values[rng.random(120) < missing] = np.nan
    assert not keeps_falling(DAYS, values, 0.3)


@given(st.integers(0, 70), st.floats(0.02, 0.2), st.integers(0, 2**16), st.floats(0.0, 0.6))
def test_a_ramp_is_growth(at, slope, seed, missing):
    rng = np.random.default_rng(seed)
    values = -slope * np.maximum(DAYS - at, 0.0) + rng.normal(0, 0.05, 120)
    values[rng.random(120) < missing] = np.nan
    assert keeps_falling(DAYS, values, 0.3)


@given(st.integers(0, 70), st.floats(0.02, 0.2))
def test_a_ramp_upwards_is_no_fall(at, slope):
    assert not keeps_falling(DAYS, slope * np.maximum(DAYS - at, 0.0), 0.3)


@pytest.mark.parametrize("values", [np.full(120, np.nan), np.zeros(120), np.r_[np.zeros(8), np.full(112, np.nan)]])
def test_nothing_known_is_no_growth(values):
    assert not keeps_falling(DAYS, values, 0.3)
