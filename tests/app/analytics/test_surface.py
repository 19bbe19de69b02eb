"""Rows of a string merged, and deviations from its median, against slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics import relative, surface
from app.analytics.surface import Rows


def rows(ts, values):
    values = np.array(values, np.float32)
    return Rows(np.array(ts, np.int64), values, values, values, (~np.isnan(values)).astype(np.int64))


@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 9))
def test_the_median_of_a_row_is_that_of_its_readings(seed, height, width):
    rng = np.random.default_rng(seed)
    values = rng.normal(3.3, 0.1, (height, width))
    values[rng.random(values.shape) < 0.4] = np.nan
    twin = [np.median(row[~np.isnan(row)]) if (~np.isnan(row)).any() else np.nan for row in values]

    assert relative.row_median(values) == pytest.approx(np.array(twin), nan_ok=True)


def test_merged_rows_keep_means_extremes_and_counts():
    found = surface.merged(rows([0, 10, 20, 70], [[1, np.nan], [3, np.nan], [5, 7], [9, np.nan]]), 30)

    assert found.ts.tolist() == [0, 70]
    assert found.mean == pytest.approx(np.array([[3, 7], [9, np.nan]]), nan_ok=True)
    assert found.low == pytest.approx(np.array([[1, 7], [9, np.nan]]), nan_ok=True)
    assert found.high == pytest.approx(np.array([[5, 7], [9, np.nan]]), nan_ok=True)
    assert found.count.tolist() == [[3, 1], [1, 0]]


def test_a_string_that_moves_within_a_bucket_does_not_stray():
    low, high = np.full((1, 5), 3.2, np.float32), np.full((1, 5), 3.4, np.float32)
    moving = Rows(np.zeros(1, np.int64), (low + high) / 2, low, high, np.full((1, 5), 12))

    assert surface.deviations(moving, slice(0, 5)) == pytest.approx(np.zeros((1, 5)))


def test_one_reading_that_stands_out_is_kept_with_its_sign():
    mean = np.full((1, 5), 3.3, np.float32)
    low, high = mean - 0.1, mean + 0.1
    low[0, 2] = 3.0
    found = surface.deviations(Rows(np.zeros(1, np.int64), mean, low, high, np.full((1, 5), 12)), slice(0, 5))

    assert found[0, 2] == pytest.approx(-0.2, abs=1e-6)
    assert np.delete(found[0], 2) == pytest.approx(np.zeros(4), abs=1e-6)


def test_merging_deviations_keeps_the_farthest():
    ts, values = surface.farthest_of(np.arange(4), np.array([[1.0], [-5.0], [np.nan], [2.0]]), 2)

    assert ts.tolist() == [0, 2]
    assert values[:, 0].tolist() == [-5.0, 2.0]
