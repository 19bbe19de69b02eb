"""Intervals, gaps and stuck stretches."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline import coverage, pyramid
from pipeline.frames import matrix_of

HOUR_MS = 3_600_000


def judge(rows, judged=()):
    return coverage.quality(rows, matrix_of(rows), judged)


def frame(columns):
    count = len(next(iter(columns.values())))
    return pl.DataFrame({"ts": pyramid.stamps(np.arange(count, dtype=np.int64) * HOUR_MS), **columns})


def test_a_gap_is_a_step_of_more_than_three_medians():
    rows = frame({"v": [1.0] * 10}).with_row_index().filter(~pl.col("index").is_between(4, 7)).drop("index")
    found = judge(rows).row(0, named=True)
    assert (found["kept"], found["gaps"], found["gap_ms"]) == (6, 1, 4 * HOUR_MS)


def test_each_signal_has_the_clock_of_its_own_readings():
    found = judge(frame({"a": [1.0, 2, 3, 4, 5, 6], "b": [1.0, None, 3, None, 5, None]}))
    assert found["interval_ms"].to_list() == [HOUR_MS, 2 * HOUR_MS]
    assert found["last_ms"].to_list() == [5 * HOUR_MS, 4 * HOUR_MS]


def test_a_sensor_that_stands_still_while_its_peers_move_is_stuck():
    moving = list(np.arange(40.0))
    found = judge(frame({"a": moving, "b": moving, "c": [20.0] * 40}), {"a", "b", "c"})
    assert found["stuck"].to_list() == [0, 0, 40]


def test_a_night_in_which_nothing_moves_is_not_stuck():
    still = [20.0] * 40
    assert judge(frame({"a": still, "b": still, "c": still}), {"a", "b", "c"})["stuck"].sum() == 0


@given(st.integers(0, 2**31), st.sampled_from([HOUR_MS // 4, HOUR_MS, 7 * HOUR_MS, 13 * HOUR_MS]), st.floats(0.0, 0.4))
def test_looking_at_suspects_alone_finds_every_stuck_reading(seed, step_ms, missing):
    rng = np.random.default_rng(seed)
    ts = np.cumsum(rng.integers(1, 2 * step_ms, 200)) + int(rng.integers(0, 10**12))
    readings = np.round(rng.normal(20, 1, (200, 4)).cumsum(axis=0), 1)
    for column in range(4):
        low = int(rng.integers(0, 200))
        readings[low : low + int(rng.integers(0, 150)), column] = 20.0
    readings[rng.random(readings.shape) < missing * (seed % 2)] = np.nan
    suspects = coverage._stood_still(ts, readings)
    for column in range(4):
        assert suspects[column] or not coverage._long_runs(ts, readings[:, column])
