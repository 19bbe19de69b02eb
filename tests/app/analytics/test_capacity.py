"""Capacity between anchors: the truth comes back, an offset of the sensor is taken out, gates are kept."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analytics.budget import joined
from app.analytics.capacity import measure_capacity, relative_capacity, sensor_offset
from app.analytics.cycles import equivalent_full_cycles, round_trip
from app.analytics.level import level_at
from pipeline.feature_anchors import ANCHORS
from pipeline.feature_cycles import SYSTEM_DAY

HOUR_MS = 3_600_000


def anchors(days=120, capacity=270.0, fade=0.0, offset=0.0, noise=0.4, gap_s=0.0, temperature=22.0, seed=0):
    """One full and one empty anchor a day; the sensor adds ``offset`` ampere all the time."""
    rng = np.random.default_rng(seed)
    rows: list[list[Any]] = []
    charge = 0.0
    for day in range(days):
        for hour, kind, soc in ((4, "full", 99.5), (23, "empty", 8.0)):
            stamp = (day * 24 + hour) * HOUR_MS
            if rows:
                hours = (stamp - rows[-1][0]) / HOUR_MS
                charge += (rows[-1][2] - soc) / 100 * (capacity - fade * day) + offset * hours + noise * rng.normal()
            energy = 0.85 * max(day, 0.001) * 250
            rows.append(
                [
                    stamp,
                    kind,
                    soc,
                    3.3,
                    0.0,
                    charge,
                    energy,
                    0.95 * energy,
                    (2 * day + (hour > 12)) * gap_s,
                    temperature,
                    1,
                    1,
                    1.0,
                ]
            )
    frame = pl.DataFrame(rows, schema=list(ANCHORS.names()), orient="row")
    return frame.cast({"ts": pl.Int64}).cast(ANCHORS)


def test_the_capacity_comes_back():
    found = measure_capacity(anchors())
    assert found.now.value == pytest.approx(270.0, rel=0.003)
    assert found.now.low < 270.0 < found.now.high
    assert found.now.high - found.now.low < 0.05 * 270


@pytest.mark.parametrize("offset", [-0.2, 0.0, 0.2])
def test_an_offset_of_the_sensor_is_found_and_taken_out(offset):
    table = anchors(offset=offset)
    assert sensor_offset(table) == pytest.approx(offset, abs=0.02)
    assert measure_capacity(table).now.value == pytest.approx(270.0, rel=0.004)


def test_the_last_count_is_now_and_the_first_thirty_days_the_baseline():
    found = measure_capacity(anchors(days=300, fade=0.02))
    assert found.baseline.value == pytest.approx(270 - 15 * 0.02, rel=0.002)
    assert found.now.value == pytest.approx(270 - 300 * 0.02, rel=0.002)
    ratio = 100 * (270 - 300 * 0.02) / (270 - 15 * 0.02)
    assert found.of_baseline.low < ratio < found.of_baseline.high
    assert found.of_baseline.high - found.of_baseline.low < 0.7 * (found.now.high - found.now.low)


def test_a_window_ends_the_present_and_not_the_baseline():
    table = anchors(days=300, fade=0.02)
    found = measure_capacity(table, 0, 150 * 24 * HOUR_MS)
    assert found.now.value == pytest.approx(270 - 150 * 0.02, rel=0.002)
    assert found.baseline.value == measure_capacity(table).baseline.value


@pytest.mark.parametrize("gate", [{"gap_s": 3_600.0}, {"temperature": 5.0}, {"days": 2}])
def test_gates_are_kept_and_said(gate):
    found = measure_capacity(anchors(**gate))
    assert found.now.value is None
    assert "counts between full and empty" in found.now.reason


def test_without_anchors_the_reason_is_said():
    assert "never seen" in measure_capacity(pl.DataFrame(schema=ANCHORS)).now.reason


def test_intervals_cover_the_truth():
    known = measure_capacity(anchors(days=60)).budget
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        seen = 270 * (1 + np.hypot(known["gain"], known["anchors"]) / 100 * rng.normal())
        found = measure_capacity(anchors(days=60, capacity=seen, noise=2.0, seed=seed)).now
        inside += found.low < 270 < found.high
    assert 0.90 * 200 <= inside <= 0.985 * 200


def test_the_budget_names_its_parts_and_joins_to_the_interval():
    found = measure_capacity(anchors(noise=2.0, offset=0.1), nominal_ah=280.0)
    assert set(found.budget) == {"counts", "anchors", "gain", "offset", "edges"}
    assert found.budget["gain"] == pytest.approx(0.5 / 1.96)
    half = 100 * (found.now.high - found.now.low) / 2 / found.now.value
    assert half == pytest.approx(1.96 * joined(found.budget))


@given(scale=st.floats(0.2, 5.0))
@settings(max_examples=20)
def test_twice_the_charge_is_twice_the_capacity(scale):
    table = anchors(days=40)
    scaled = table.with_columns(pl.col("charge_ah") * scale)
    assert measure_capacity(scaled).now.value == pytest.approx(scale * measure_capacity(table).now.value, rel=1e-6)


def test_a_level_does_not_lag_behind_ageing():
    days = np.arange(0.0, 240.0)
    values = 270.0 - 0.03 * days + np.random.default_rng(1).normal(0, 1.0, 240)
    found = level_at(days, values, np.ones(240), 239.0)
    assert found.value == pytest.approx(270 - 0.03 * 239, abs=3 * found.own)
    assert found.slope == pytest.approx(-0.03, abs=0.006)


def test_levels_cover_the_truth_whether_few_values_or_many():
    rng = np.random.default_rng(2)
    for count in (5, 40):
        days = np.linspace(0, 100, count)
        inside = 0
        for _ in range(400):
            found = level_at(days, 270 + rng.normal(0, 3, count), np.ones(count), 100.0)
            inside += abs(found.value - 270) < 1.96 * found.own
        assert 0.90 <= inside / 400 <= 0.995


def test_a_cells_capacity_follows_from_both_ends():
    assert relative_capacity(np.array([-5.0]), np.array([0.0]))[0] == pytest.approx(-5.26, abs=0.01)
    assert relative_capacity(np.array([-2.0]), np.array([-2.0]))[0] == pytest.approx(0.0)
    assert relative_capacity(np.array([0.0]), np.array([1.0]))[0] == pytest.approx(-1.1, abs=0.01)
    assert np.isnan(relative_capacity(np.array([np.nan]), np.array([0.0]))[0])


def days(count=10, ah=250.0, kwh_in=215.0, kwh_out=208.0, soc=50.0):
    known = {"ah_in": ah, "ah_out": ah, "kwh_in": kwh_in, "kwh_out": kwh_out, "soc_last": soc, "covered_s": 86_400.0}
    rows = [{"ts": day * 24 * HOUR_MS} | known for day in range(count)]
    columns = {name: [row.get(name) for row in rows] for name in SYSTEM_DAY.names()}
    return pl.DataFrame(columns, strict=False).cast(SYSTEM_DAY)


def test_equivalent_full_cycles():
    assert equivalent_full_cycles(days(), 250.0) == pytest.approx(10.0)
    assert equivalent_full_cycles(days(), None) is None


def test_round_trip():
    nothing = pl.DataFrame(schema=ANCHORS)
    assert round_trip(days(), anchors(days=10), 233.0).pct == pytest.approx(95.0, abs=0.1)
    assert round_trip(days(), nothing, 233.0).pct == pytest.approx(100 * 208 / 215)
    assert round_trip(days(), nothing, None).pct is None
    over = round_trip(days(kwh_out=230.0), nothing, 233.0)
    assert over.pct > 100
    assert "metering" in over.reason


def test_a_round_trip_counts_energy_and_charge_over_the_same_days():
    taken, given, charge = [50.0, 200.0, 220.0], [170.0, 190.0, 200.0], [18.0, 18.0, 24.0]
    frame = days()[:3].with_columns(
        kwh_in=pl.Series(taken), kwh_out=pl.Series(given), soc_last=pl.Series(charge), ah_in=pl.lit(200.0)
    )
    found = round_trip(frame, pl.DataFrame(schema=ANCHORS), 233.0)

    assert found.pct == pytest.approx(100 * (190 + 200) / (200 + 220 - 0.06 * 233))
    assert found.reason is None
    unknown = frame.with_columns(soc_last=pl.Series([18.0, None, 24.0], dtype=pl.Float64))
    assert round_trip(unknown, pl.DataFrame(schema=ANCHORS), 233.0).pct is None
