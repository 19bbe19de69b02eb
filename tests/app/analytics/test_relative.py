"""A string's readings held against each other, against slow and obvious twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.analytics.relative import MODES, from_median, from_neighbours, measure_of, robust_scores

READINGS = arrays(np.float64, (4, 9), elements=st.floats(3, 4) | st.just(np.nan))
PACKS = np.array([1, 1, 1, 1, 1, 2, 2, 2, 2], np.int64)


def twin_neighbours(row, packs, at):
    others = [other for other in range(len(row)) if other != at and packs[other] == packs[at]]
    nearest = sorted(others, key=lambda other: (abs(other - at), other))[:4]
    beside = [row[other] for other in nearest if not np.isnan(row[other])]
    return row[at] - np.median(beside) if beside else np.nan


@given(READINGS)
def test_neighbours_are_the_four_nearest_within_the_pack(values):
    found = from_neighbours(values, PACKS)
    slow = [[twin_neighbours(row, PACKS, at) for at in range(len(row))] for row in values]

    assert found == pytest.approx(np.array(slow), nan_ok=True, abs=1e-12)


@given(READINGS)
def test_scores_are_robust_and_never_divide_by_less_than_the_resolution(values):
    found = robust_scores(values, 0.001)
    for row, scores in zip(values, found, strict=True):
        known = row[~np.isnan(row)]
        if known.size:
            spread = max(1.4826 * np.median(np.abs(known - np.median(known))), 0.001)
            assert scores == pytest.approx((row - np.median(known)) / spread, nan_ok=True, abs=1e-9)
        else:
            assert np.isnan(scores).all()


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "absolute"])
def test_what_all_cells_share_cancels(mode):
    rng = np.random.default_rng(3)
    values = 3.3 + rng.normal(0, 0.002, (5, 9))
    measure = measure_of(mode, PACKS, 0.001)

    assert measure(values + np.linspace(-0.2, 0.2, 5)[:, None]) == pytest.approx(measure(values), abs=1e-9)


def test_as_it_is_changes_nothing():
    values = np.array([[3.3, np.nan, 3.4]])

    assert measure_of("absolute", PACKS[:3], 1.0)(values) is values


def test_one_odd_cell_does_not_make_its_neighbours_odd():
    values = np.full((1, 9), 3.3)
    values[0, 2] = 3.1

    assert from_neighbours(values, PACKS)[0] == pytest.approx([0, 0, -0.2, 0, 0, 0, 0, 0, 0])
    assert from_median(values)[0, 2] == pytest.approx(-0.2)
