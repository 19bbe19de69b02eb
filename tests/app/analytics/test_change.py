"""What moves all cells, or moves one towards its string, is no change of a cell; what moves one away is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics import change
from app.analytics.limits import limits
from tests.app.analytics.grids import TYPICAL_A, cell_grid

CELL = 16
LIMITS = limits({})


def moved(grid):
    return change.changes(grid, LIMITS, TYPICAL_A)


def signs(grid):
    return change.change_signs(grid, moved(grid), LIMITS, 4e-4)


@given(st.integers(0, 2**16), st.floats(0.5, 2.0))
@settings(max_examples=20)
def test_offsets_that_all_grow_alike_are_no_change(seed, factor):
    grid = cell_grid(seed=seed)
    for name in ("low_pct", "bot_pct"):
        grid[name][60:] *= factor
    assert signs(grid) == []


def test_a_cell_that_comes_closer_to_its_string_is_being_balanced():
    grid = cell_grid()
    drift = np.linspace(0, 1.5, 120)
    for name in ("top_pct", "low_pct", "bot_pct"):
        grid[name][:, CELL] += 1.5 - drift
    balanced = change.is_balanced(moved(grid))
    assert balanced["top_pct"][CELL]
    assert signs(grid) == []


def test_a_cell_that_goes_past_its_string_is_not():
    grid = cell_grid()
    drift = np.linspace(0, 3.0, 120)
    for name in ("top_pct", "low_pct", "bot_pct"):
        grid[name][:, CELL] += 1.0 - drift
    assert {(sign.pack, sign.number) for sign in signs(grid)} == {(1, CELL + 1)}


@pytest.mark.parametrize("days", [3, 7, 30])
def test_a_large_change_needs_three_days_and_a_short_history(days):
    grid = cell_grid(days=40 + days)
    grid["rest_mv"][-days:, CELL] += 8.0
    found = signs(grid)
    assert [(sign.number, sign.regime) for sign in found] == [(CELL + 1, "rest")]
    assert found[0].value == pytest.approx(8.0, abs=0.5)
    begun = grid.days[-days]
    assert abs(found[0].at_ms - begun) <= 2 * 86_400_000


def test_too_short_a_history_has_no_change():
    assert moved(cell_grid(days=12)) == []


def test_shorter_windows_need_more():
    limit = [change.change_z(260, 1.0, window) for window in change.WINDOWS]
    assert limit == sorted(limit, reverse=True)


def test_a_few_faulty_cells_do_not_set_their_own_limit():
    rng = np.random.default_rng(0)
    step = rng.normal(0, 0.1, 260)
    alone = change.change_scores(np.r_[step[:-1], 2.0], 0.05)[-1]
    many = change.change_scores(np.r_[step[:-12], np.full(12, 2.0)], 0.05)[-1]
    assert many > 0.7 * alone
