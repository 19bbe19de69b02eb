"""Choosing points: against the slow twin, and what must hold of any line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics import lttb
from tests.app.reference_lttb import minmaxlttb

STEP = 300_000


def line(length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make a regular random walk."""
    return np.arange(length, dtype=np.int64) * STEP, np.random.default_rng(seed).normal(size=length).cumsum()


@pytest.mark.parametrize(("length", "most"), [(500, 20), (1_000, 50), (5_000, 100), (300, 100), (1_000, 200)])
def test_it_chooses_what_the_slow_twin_chooses(length, most):
    ts, values = line(length)
    found = lttb.select(ts, values, np.array([0]), most)
    twin = minmaxlttb(ts.astype(float), values, most)

    assert len(found) == len(twin) == most
    assert len(np.intersect1d(found, twin)) >= 0.95 * most  # the edges of its bins are rounded differently


@pytest.mark.parametrize("length", [0, 1, 2, 99, 100])
def test_what_fits_is_kept_whole(length):
    ts, values = line(length)
    starts = lttb.segments(ts, 3 * STEP, 25)

    assert lttb.select(ts, values, starts, 100).tolist() == list(range(length))


@given(
    length=st.integers(0, 3_000),
    most=st.integers(100, 400),
    seed=st.integers(0, 9),
    gaps=st.lists(st.integers(0, 2_999), max_size=30),
    spikes=st.lists(st.integers(0, 2_999), max_size=10),
)
@settings(max_examples=150)
def test_any_line_keeps_ends_extremes_and_order(length, most, seed, gaps, spikes):
    ts, values = line(length, seed)
    for at in gaps:
        ts[min(at, length) :] += 50 * STEP
    for at in spikes:
        if at < length:
            values[at] += 1_000.0
    starts = lttb.segments(ts, 3 * STEP, most // 4)
    chosen = lttb.select(ts, values, starts, most)

    assert len(chosen) <= most
    assert np.array_equal(chosen, np.unique(chosen))
    assert set(starts.tolist()) <= set(chosen.tolist())
    if length:
        ends = np.r_[starts[1:] - 1, length - 1]
        assert set(ends.tolist()) <= set(chosen.tolist())


@given(seed=st.integers(0, 30), at=st.integers(10, 9_990), height=st.sampled_from([-500.0, 500.0]))
@settings(max_examples=60)
def test_a_single_spike_is_drawn(seed, at, height):
    ts, values = line(10_000, seed)
    values[at] += height

    assert at in lttb.select(ts, values, np.array([0]), 200)


def test_segments_begin_after_gaps_and_the_longest_count_when_there_are_too_many():
    ts = np.array([0, 1, 2, 10, 11, 40, 41, 60], dtype=np.int64)

    assert lttb.segments(ts, 3, 10).tolist() == [0, 3, 5, 7]
    assert lttb.segments(ts, 3, 2).tolist() == [0, 5]
    assert lttb.segments(ts[:0], 3, 2).tolist() == []
