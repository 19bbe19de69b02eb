"""Merging rows that claim the same moment."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.clean import merge, one_row_per_stamp
from pipeline.contract import TS_DTYPE
from pipeline.signals import Kind

Row = tuple[int, float | None]


def frame(rows: list[Row], name: str = "a") -> pl.DataFrame:
    stamps, values = [minute * 60_000 for minute, _ in rows], [value for _, value in rows]
    return pl.DataFrame(
        {"ts": pl.Series(stamps, dtype=pl.Int64).cast(TS_DTYPE), name: pl.Series(values, dtype=pl.Float64)}
    )


def test_what_follows_is_appended():
    merged, dropped = merge(frame([(0, 1.0), (1, 2.0)]), frame([(2, 3.0)]), {})
    assert_frame_equal(merged, frame([(0, 1.0), (1, 2.0), (2, 3.0)]))
    assert dropped == {}


def test_the_newer_reading_wins_and_the_older_is_counted():
    merged, dropped = merge(frame([(0, 1.0), (1, 2.0), (2, 4.0)]), frame([(1, 3.0), (2, 4.0)]), {})
    assert_frame_equal(merged, frame([(0, 1.0), (1, 3.0), (2, 4.0)]))
    assert dropped == {"duplicates": 1, "conflicts": 1}


def test_of_two_flags_the_alarm_stays():
    merged, dropped = merge(frame([(0, 2.0)]), frame([(0, 0.0)]), {"a": Kind.FLAG})
    assert_frame_equal(merged, frame([(0, 2.0)]))
    assert dropped["conflicts"] == 1


def test_a_missing_reading_replaces_nothing():
    merged, dropped = merge(frame([(0, 2.0)]), frame([(0, None), (1, None)]), {})
    assert_frame_equal(merged, frame([(0, 2.0), (1, None)]))
    assert sum(dropped.values()) == 0


def test_columns_of_either_side_are_kept():
    merged, _ = merge(frame([(0, 1.0), (1, 2.0)]), frame([(1, 9.0), (2, 8.0)], "b"), {})
    assert merged.select("a", "b").rows() == [(1.0, None), (2.0, 9.0), (None, 8.0)]


def test_an_empty_side_changes_nothing_but_the_columns():
    merged, _ = merge(frame([]), frame([(0, 1.0)], "b"), {})
    assert merged.select("a", "b").rows() == [(None, 1.0)]


def test_stamps_stay_in_utc():
    merged, _ = merge(frame([(0, 1.0)]), frame([(0, 2.0)]), {})
    assert merged["ts"][0] == datetime(1970, 1, 1, tzinfo=UTC)


ROWS = st.lists(st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 3).map(float))), max_size=25)


@given(ROWS, st.sampled_from([Kind.ANALOG, Kind.FLAG]))
def test_one_row_per_stamp_agrees_with_its_slow_twin(rows, kind):
    ordered = sorted(rows, key=lambda row: row[0])
    reduced, dropped = one_row_per_stamp(frame(ordered), {"a": kind})
    expected: dict[int, float | None] = {}
    readings: dict[int, list[float]] = {}
    for minute, value in ordered:
        expected.setdefault(minute, None)
        if value is not None:
            readings.setdefault(minute, []).append(value)
            expected[minute] = max(readings[minute]) if kind is Kind.FLAG else value
    assert_frame_equal(reduced, frame(sorted(expected.items())))
    counts = dropped.get("a", Counter())
    assert counts.get("duplicates", 0) == sum(len(some) - len(set(some)) for some in readings.values())
    assert counts.get("conflicts", 0) == sum(len(set(some)) - 1 for some in readings.values())
