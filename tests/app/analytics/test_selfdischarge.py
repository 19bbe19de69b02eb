"""Leaks of known size, found as currents; the detection limit follows from the data."""

from __future__ import annotations

import numpy as np
import pytest

from app.analytics.grid import DAY_MS, Grid
from app.analytics.selfdischarge import MA_PER_AH_DAY, self_discharge

CELLS = 40


def made(days: int, leaks_ah_day: dict[int, float], noise_ah: float = 0.05, seed: int = 1) -> tuple[Grid, np.ndarray]:
    rng = np.random.default_rng(seed)
    when = np.arange(days)
    offset = rng.normal(0, 1.0, CELLS)[None, :] + rng.normal(0, noise_ah, (days, CELLS))
    for cell, rate in leaks_ah_day.items():
        offset[:, cell - 1] -= rate * when
    grid = Grid(when.astype(np.int64) * DAY_MS, np.ones(CELLS, np.int64), np.arange(1, CELLS + 1), {})
    return grid, offset


def test_a_tenth_of_an_ampere_hour_a_day_is_four_milliamperes():
    assert pytest.approx(4.17, abs=0.01) == 0.1 * MA_PER_AH_DAY


@pytest.mark.parametrize("rate", [0.01, 0.03, 0.1])
def test_a_leak_is_found_with_its_current(rate):
    found = self_discharge(*made(180, {7: rate}))
    first = found.leaks[0]

    assert (first.cell, first.is_steady) == (7, True)
    assert first.leak_ma == pytest.approx(rate * MA_PER_AH_DAY, rel=0.1)
    assert abs(first.leak_ma - rate * MA_PER_AH_DAY) < first.half_ma
    assert found.limit_ma is not None
    assert first.leak_ma > found.limit_ma


def test_a_healthy_string_has_no_leak_above_the_limit():
    for seed in range(10):
        found = self_discharge(*made(180, {}, seed=seed))

        assert found.limit_ma is not None
        assert found.leaks[0].leak_ma < found.limit_ma


def test_more_noise_or_less_time_means_a_higher_limit():
    quiet = self_discharge(*made(180, {})).limit_ma
    noisy = self_discharge(*made(180, {}, noise_ah=1.0)).limit_ma
    short = self_discharge(*made(60, {}, noise_ah=1.0)).limit_ma

    assert quiet < noisy < short


def test_a_step_is_no_leak():
    grid, offset = made(180, {})
    offset[70:, 3] -= 3.0
    found = self_discharge(grid, offset)

    assert found.leaks[0].cell == 4
    assert not found.leaks[0].is_steady


def test_what_is_common_to_all_cells_is_no_leak():
    grid, offset = made(180, {5: 0.05})
    season = np.sin(np.arange(180) / 20)[:, None]
    plain, seasonal = self_discharge(grid, offset), self_discharge(grid, offset + season)

    assert [one.leak_ma for one in plain.leaks] == pytest.approx([one.leak_ma for one in seasonal.leaks])


def test_too_short_a_time_is_refused_with_the_reason():
    found = self_discharge(*made(20, {3: 0.5}))

    assert (found.leaks, found.limit_ma) == ((), None)
    assert "45 days" in str(found.reason)


def test_no_full_charge_is_refused():
    grid, offset = made(100, {})

    assert self_discharge(grid, np.full_like(offset, np.nan)).reason is not None
