"""Feature extraction, on strings of known truth."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline import feature_blocks, features
from pipeline.feature_charge import smooth_heat
from pipeline.feature_cycles import turning_points
from pipeline.feature_string import read_story
from pipeline.site import SourceSettings
from tests.pipeline.strings import BEGIN_MS, DAY_MS, NOMINAL_AH, MemoryReader, string

SPIKE = 96 * 10 + 70
"""A row of the tenth day, an hour and a half into its discharge."""
SAID = SourceSettings(chemistry="LFP", nominal_ah=NOMINAL_AH)


def extract(reader, since_ms=None, said=SAID):
    return features.extract(reader, said, {}, since_ms)


@pytest.fixture(scope="module")
def plain():
    reader, truth = string(offsets={3: -0.02}, ohms={5: 4e-4}, spikes={(SPIKE, 8): 0.18})
    return extract(reader).tables, truth


def test_every_table_has_its_columns(plain):
    tables, _ = plain
    assert set(tables) == set(features.TABLES)
    assert all(tables[name].schema == schema for name, schema in features.TABLES.items())
    assert all(frame["ts"].is_sorted() for frame in tables.values())


def test_a_day_has_one_row_for_each_cell_and_sensor(plain):
    tables, _ = plain
    assert tables["cell_day"].height == tables["sensor_day"].height == 40 * 12
    assert tables["cell_day"]["n"].to_list() == [96] * 480


def test_a_high_resistance_is_a_slope(plain):
    cells = plain[0]["cell_day"].group_by("cell").agg(pl.col("k_sxy").sum() / pl.col("k_sxx").sum()).sort("cell")
    slope = cells["k_sxy"].to_numpy()
    assert slope[4] == pytest.approx(-4e-4, rel=0.05)
    assert np.abs(np.delete(slope, [2, 4])).max() < 2e-5


def test_a_low_charge_shows_at_both_ends_and_not_between(plain):
    cell = plain[0]["cell_day"].filter(pl.col("cell") == 3)
    assert cell["top_mv"].drop_nulls().mean() < -15
    assert cell["low_pct"].drop_nulls().median() == pytest.approx(-2.0, abs=0.3)
    assert abs(cell["rest_mv"].drop_nulls().median()) < 3.0


def test_a_single_reading_is_kept_for_ever_and_left_out_of_means(plain):
    tables, truth = plain
    found = tables["excursions"].filter(~pl.col("ambiguous")).row(0, named=True)
    assert (found["kind"], found["pack"], found["cell"], found["samples"]) == ("voltage_spike", 1, 8, 1)
    assert found["ts"].timestamp() * 1000 == truth.ts[SPIKE]
    assert found["residual"] == pytest.approx(0.18, abs=0.002)
    day = tables["cell_day"].filter((pl.col("cell") == 8) & (pl.col("v_max_ts") == found["ts"]))
    assert day["v_max"].item() == pytest.approx(found["value"], abs=1e-6)
    assert abs(day["all_mv"].item()) < 0.5


def test_charge_is_counted_by_day(plain):
    tables, truth = plain
    steps = truth.current_a * 0.25
    found = tables["system_day"]
    assert found["ah_out"].sum() == pytest.approx(steps[steps > 0].sum(), rel=0.02)
    assert found["ah_in"].sum() == pytest.approx(-steps[steps < 0].sum(), rel=0.02)
    assert found["covered_s"].head(39).to_list() == [86_400.0] * 39


def test_half_cycles_alternate_and_carry_the_charge(plain):
    cycles = plain[0]["cycles"]
    kinds = cycles["kind"].to_list()
    assert all(one != other for one, other in pairwise(kinds))
    assert cycles.height in (79, 80)
    assert cycles["ah"].slice(2).head(70).to_numpy() == pytest.approx(0.94 * 270, rel=0.03)
    assert cycles["mean_c_rate"].max() < 0.25


def test_anchors_read_the_charge_from_voltage(plain):
    tables, truth = plain
    anchors = tables["anchors"].with_columns(pl.col("ts").to_physical().alias("ms"))
    true_soc = np.interp(anchors["ms"].to_numpy(), truth.ts, 100 * truth.soc)
    assert set(anchors["kind"]) == {"full", "empty"}
    assert np.abs(anchors["soc_pct"].to_numpy() - true_soc).max() < 1.2


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_of_the_current_changes_nothing_but_itself(plain, sign):
    reader, _ = string(offsets={3: -0.02}, ohms={5: 4e-4}, spikes={(SPIKE, 8): 0.18}, sign=sign)
    found = extract(reader)
    assert found.current_sign == sign
    assert "state of charge" in found.current_sign_source
    assert_frame_equal(found.tables["cell_day"], plain[0]["cell_day"])


@pytest.mark.parametrize("cut_days", [36.0, 37.3, 39.99])
def test_an_appended_day_gives_what_a_build_from_nothing_gives(cut_days):
    reader, _ = string(days=40, offsets={3: -0.02}, spikes={(3700, 8): 0.18, (3455, 2): -0.15}, noise_mv=0.4)
    cut = BEGIN_MS + int(cut_days * DAY_MS) // 900_000 * 900_000
    before = extract(reader.until(cut))
    after = extract(reader, since_ms=cut)
    assert after.from_ms["cell_day"] > BEGIN_MS
    for name, whole in extract(reader).tables.items():
        start = after.from_ms.get(name)
        standing = before.tables[name]
        kept = standing.clear() if start is None else standing.filter(pl.col("ts").to_physical() < start)
        assert_frame_equal(pl.concat([kept, after.tables[name]]), whole, check_exact=True)


def test_a_change_within_the_calibration_days_makes_everything_anew():
    reader, _ = string(days=40)
    assert extract(reader, since_ms=BEGIN_MS + 5 * DAY_MS).from_ms == {}


def test_a_block_reaches_no_further_than_its_days(monkeypatch):
    reader, _ = string(days=36, noise_mv=0.4, spikes={(96 * 20 - 1, 4): 0.2, (96 * 10, 5): -0.2})
    whole = extract(reader).tables
    monkeypatch.setattr(feature_blocks, "BLOCK_ROWS", 96)
    for name, frame in extract(reader).tables.items():
        assert_frame_equal(frame, whole[name], check_exact=True)


def test_a_series_that_stands_still_is_marked():
    reader, _ = string(days=3)
    frame = reader.frames[0]
    frozen = pl.when(pl.int_range(pl.len()) < 96).then(3.3).otherwise(pl.col("bms1_p1_v7")).alias("bms1_p1_v7")
    stuck = extract(MemoryReader([frame.with_columns(frozen)])).tables["cell_day"].filter(pl.col("stuck"))
    assert stuck.select("cell").unique().item() == 7
    assert stuck.height == 1


def test_cells_with_clocks_of_their_own_are_brought_together():
    reader, _ = string(days=3, offsets={3: -0.02})
    frame = reader.frames[0]
    ragged = [
        frame.select(pl.col("ts").dt.offset_by(f"{at}s"), name)
        for at, name in enumerate(name for name in frame.columns if "_v" in name and "p1" in name)
    ]
    rest = frame.select(name for name in frame.columns if not ("_v" in name and "p1" in name))
    found = extract(MemoryReader([rest, *ragged])).tables["cell_day"]
    straight = extract(reader).tables["cell_day"]
    assert found.height == straight.height
    assert np.abs(found["all_mv"].to_numpy() - straight["all_mv"].to_numpy()).max() < 1.5


def test_alarms_are_events():
    flag = np.zeros(3 * 96)
    flag[10], flag[50:60], flag[-1] = 1, 2, 1
    reader, truth = string(days=3, extra={"fa1_SmokeFlag": flag})
    alarms = extract(reader).tables["alarms"]
    assert alarms["samples"].to_list() == [1, 10, 1]
    assert alarms["peak"].to_list() == [1.0, 2.0, 1.0]
    assert alarms["ongoing"].to_list() == [False, False, True]
    assert alarms["end"].to_physical().to_list()[:2] == [truth.ts[11], truth.ts[60]]


def test_voltages_of_another_chemistry_are_compared_with_each_other_only():
    reader, _ = string(days=5, cells=9)
    cells = [name for name in reader.frames[0].columns if "p1_v" in name]
    lifted = MemoryReader([reader.frames[0].with_columns(pl.col(cells) + 0.6)])
    found = extract(lifted, said=SourceSettings())
    assert any("not LFP" in note for note in found.notes)
    assert found.tables["anchors"].height == 0
    assert found.tables["cell_day"]["rest_n"].sum() > 0
    assert not set(found.tables["excursions"]["kind"]) & {"over_voltage", "under_voltage"}


def test_a_reading_outside_the_safe_range_is_an_event():
    reader, truth = string(days=3, spikes={(40, 2): 0.5, (41, 2): 0.5})
    found = extract(reader).tables["excursions"].filter(pl.col("kind") == "over_voltage")
    assert found.select("pack", "cell", "samples").row(0) == (1, 2, 2)
    assert found["ts"].to_physical().item() == truth.ts[40]


def test_without_a_current_only_what_needs_none_is_known():
    reader, _ = string(days=3)
    frame = reader.frames[0].drop("bms1_c")
    found = extract(MemoryReader([frame]))
    assert found.current_sign is None
    assert any("No current" in note for note in found.notes)
    assert found.tables["cycles"].height == 0
    assert found.tables["cell_day"]["all_mv"].is_not_null().all()


def test_edges_of_a_run_are_learned():
    reader, _ = string(days=40, step_min=15)
    edges = read_story(reader, SAID).timeline.edges
    assert edges.learned
    assert edges.shares["start", 1] < 0.15  # a current begins with its stamp
    assert edges.shares["start", -1] < 0.15


def test_turning_points_ignore_small_reversals():
    values = np.array([0, 5, 4.5, 9, 2, 2.5, 1, 8.0])
    assert turning_points(values, 1.0) == [0, 3, 6, 7]


def slow_turning_points(values, reversal):
    """Walk along every reading."""
    points, low, high, heading = [0], 0, 0, 0
    for at, value in enumerate(values):
        high, low = (at if value > values[high] else high), (at if value < values[low] else low)
        if heading >= 0 and values[high] - value > reversal:
            points.append(high)
            heading, low, high = -1, at, at
        elif heading <= 0 and value - values[low] > reversal:
            points.append(low)
            heading, low, high = 1, at, at
    points.append(high if heading > 0 else low if heading < 0 else len(values) - 1)
    return sorted(set(points))


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=60), st.sampled_from([0.5, 1.5, 3.5]))
def test_turning_points_are_those_of_a_walk_along_every_reading(moves, reversal):
    values = np.cumsum(moves).astype(float)
    assert turning_points(values, reversal) == slow_turning_points(values.tolist(), reversal)


def test_the_smoothed_heat_is_the_recursion_it_stands_for():
    rng = np.random.default_rng(5)
    current, steps = rng.normal(0, 90, 500), rng.choice([6e4, 3e5, 4e7], 499, p=[0.5, 0.45, 0.05])
    slow = [current[0] ** 2]
    for square, step in zip(current[:-1] ** 2, steps, strict=True):
        keep = np.exp(-step / 5_400_000)
        slow.append(keep * slow[-1] + (1 - keep) * square)
    assert np.allclose(smooth_heat(current, steps), slow, rtol=1e-9)


@pytest.mark.parametrize("missing", [0, 3, 13])
def test_the_row_median_agrees_with_numpy(missing):
    rng = np.random.default_rng(missing)
    values = rng.normal(3.3, 0.01, (50, 13)).astype(np.float32)
    values[rng.permuted(np.tile(np.arange(13) < missing, (50, 1)), axis=1)] = np.nan
    found = feature_blocks.row_median(values)
    if missing == 13:
        assert np.isnan(found).all()
    else:
        assert found == pytest.approx(np.nanmedian(values, axis=1), abs=1e-6)
