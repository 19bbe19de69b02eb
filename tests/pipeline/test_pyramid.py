"""Levels agree with a slow, obvious twin, and lose nothing."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import contract, pyramid, sheets
from pipeline.contract import parse_level

ZONE = "Europe/Berlin"
AUTUMN_2024_MS = 1_729_900_800_000  # 2024-10-26 00:00 UTC, the day before the clocks go back


@st.composite
def wide_rows(draw):
    """Rows at irregular stamps around a change of clock, with missing readings."""
    count = draw(st.integers(1, 400))
    steps = draw(st.lists(st.integers(1, 3_000_000), min_size=count, max_size=count))
    ts = AUTUMN_2024_MS + np.cumsum(np.asarray(steps, np.int64))
    seed = draw(st.integers(0, 2**31))
    rng = np.random.default_rng(seed)
    readings = np.round(rng.normal(3.3, 0.1, (count, 3)), 3)
    readings[rng.random((count, 3)) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    return ts, readings


def twin(ts, readings, level):
    """Aggregate with a plain group-by on the labels that Polars' calendar gives."""
    frame = pl.DataFrame({"ts": pyramid.stamps(ts), **{f"s{i}": readings[:, i] for i in range(3)}}).fill_nan(None)
    local = pl.col("ts").dt.convert_time_zone(ZONE) if level.is_calendar_day else pl.col("ts")
    label = local.dt.truncate("1d" if level.is_calendar_day else f"{level.step_ms}ms").dt.convert_time_zone("UTC")
    return (
        frame.with_columns(label.alias("ts"))
        .group_by("ts", maintain_order=True)
        .agg(
            expr
            for i in range(3)
            for expr in (
                pl.col(f"s{i}").mean().alias(f"s{i}|mean"),
                pl.col(f"s{i}").min().alias(f"s{i}|min"),
                pl.col(f"s{i}").max().alias(f"s{i}|max"),
                pl.col(f"s{i}").drop_nulls().first().alias(f"s{i}|first"),
                pl.col(f"s{i}").drop_nulls().last().alias(f"s{i}|last"),
                pl.col(f"s{i}").count().cast(pl.UInt32).alias(f"s{i}|n"),
            )
        )
    )


SIGNALS = ("s0", "s1", "s2")


@settings(max_examples=60)
@given(wide_rows(), st.sampled_from(["5min", "15min", "1h", "1d"]))
def test_a_level_equals_the_twin(rows, rule):
    ts, readings = rows
    level = parse_level(rule)
    buckets = pyramid.merge(pyramid.from_rows(ts, readings), pyramid.labels_of(ts, level, ZONE))
    sheet = sheets.sheet_of(buckets, SIGNALS, np.float64)
    frame = contract.unfold(sheets.fold(sheet), SIGNALS)
    expected = twin(ts, readings, level).select(frame.columns)
    assert frame["ts"].equals(expected["ts"])
    for name in frame.columns[1:]:
        np.testing.assert_allclose(
            frame[name].cast(pl.Float64).to_numpy(), expected[name].cast(pl.Float64).to_numpy(), rtol=1e-12
        )


@settings(max_examples=40)
@given(wide_rows())
def test_levels_made_from_levels_keep_extremes_and_counts(rows):
    ts, readings = rows
    buckets = pyramid.from_rows(ts, readings)
    for rule in ("5min", "15min", "1h", "1d"):
        buckets = pyramid.merge(buckets, pyramid.labels_of(buckets.ts, parse_level(rule), ZONE))
        assert np.broadcast_to(buckets.n, buckets.total.shape).sum() == (~np.isnan(readings)).sum()
        assert np.array_equal(np.fmax.reduce(buckets.high), np.fmax.reduce(readings), equal_nan=True)
        assert np.array_equal(np.fmin.reduce(buckets.low), np.fmin.reduce(readings), equal_nan=True)


def test_the_days_of_the_changes_of_clock_have_25_and_23_hours():
    for day_ms, hours in ((1_729_980_000_000, 25), (1_743_289_200_000, 23)):
        ts = day_ms + np.arange(hours * 4, dtype=np.int64) * 900_000
        labels = pyramid.labels_of(ts, parse_level("1d"), ZONE)
        assert set(labels) == {day_ms}
        after = pyramid.labels_of(np.asarray([day_ms + hours * 3_600_000]), parse_level("1d"), ZONE)
        assert after[0] == day_ms + hours * 3_600_000


def test_percentiles_are_readings_and_need_twenty_of_them():
    ts = np.arange(120, dtype=np.int64) * 60_000
    readings = np.arange(120, dtype=float)[:, None]
    readings[115:] = np.nan
    low, high = pyramid.percentiles(ts, readings, labels=np.repeat([0, 1], [100, 20]), quantiles=(0.01, 0.99))
    assert low[0, 0] == 1.0
    assert high[0, 0] == 98.0
    assert np.isnan(low[1, 0])  # 15 readings are too few


def test_a_flag_of_one_sample_is_kept_with_its_edge_and_its_seconds():
    ts = pyramid.stamps(np.asarray([0, 300_000, 600_000, 900_000], np.int64))
    raw = pl.DataFrame({"ts": ts, "smoke": [0.0, 1.0, 0.0, 0.0]})
    prepared = pyramid.flag_context(raw, ["smoke"], longest_ms=900_000)
    day = pyramid.flag_frame(prepared, ["smoke"], np.zeros(4, np.int64))
    assert day.row(0, named=True) == {
        "ts": day["ts"][0], "smoke|max": 1.0, "smoke|edges": 1, "smoke|seconds_on": 300.0, "smoke|n": 4,
    }  # fmt: skip


def test_an_alarm_does_not_last_through_a_gap():
    raw = pl.DataFrame({"ts": pyramid.stamps(np.asarray([0, 86_400_000], np.int64)), "smoke": [2.0, 0.0]})
    prepared = pyramid.flag_context(raw, ["smoke"], longest_ms=900_000)
    assert prepared["smoke|seconds_on"].to_list() == [900.0, 0.0]


def test_counter_energy_without_a_known_step_is_unknown():
    raw = pl.DataFrame(
        {
            "ts": pyramid.stamps(np.asarray([0, 1, 2], np.int64)),
            "pos_ae": [1.0, 2.0, None],
            "pos_ae|delta": [None, None, None],
            "pos_ae|class": pl.Series([4, None, None], dtype=pl.UInt8),
        },
        schema_overrides={"pos_ae|delta": pl.Float64},
    )
    row = pyramid.counter_frame(raw, ["pos_ae"], np.zeros(3, np.int64)).row(0, named=True)
    assert row["pos_ae|delta"] is None
    assert (row["pos_ae|first"], row["pos_ae|last"], row["pos_ae|n"], row["pos_ae|n_reset"]) == (1.0, 2.0, 2, 1)


@pytest.mark.parametrize("rule", ["7min", "0h", "hour", "", "2d"])
def test_a_rule_that_is_no_level_says_what_is(rule):
    with pytest.raises(Exception, match="5min,15min,1h,1d"):
        parse_level(rule)


def test_coarser_levels_are_cut_into_longer_periods():
    assert [parse_level(rule).period for rule in contract.DEFAULT_RULES] == ["month", "quarter", "quarter", "decade"]
