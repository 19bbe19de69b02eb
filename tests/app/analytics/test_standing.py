"""What a cell always was: how far from its string it has to be, and which days say anything of charge at charge end."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from app.analytics.cells import CELL_COLUMNS
from app.analytics.gather import cells_of, coarse_step_mv
from app.analytics.grid import DAY_MS, Grid
from app.analytics.limits import limits
from app.analytics.robust import robust_z, tailed_z
from app.analytics.standing import LEAST_DAYS, levels_of, standing_heat, standing_signs, standing_z
from pipeline.contract import TS_DTYPE

DAYS, CELLS = 60, 260


def grid_of(offsets_pct, days=DAYS, noise=0.2, seed=0):
    rng = np.random.default_rng(seed)
    columns = {name: np.full((days, len(offsets_pct)), np.nan) for name in CELL_COLUMNS}
    columns["low_pct"] = offsets_pct[None, :] + noise * rng.standard_normal((days, len(offsets_pct)))
    columns["low_mv"] = 15.0 * columns["low_pct"]
    packs, numbers = np.divmod(np.arange(len(offsets_pct)), 52)
    return Grid(np.arange(days) * DAY_MS, packs + 1, numbers + 1, columns)


def test_the_limit_is_a_chance_shared_among_the_cells():
    assert standing_z(260) == pytest.approx(3.9, abs=0.02)
    assert 2 * 260 * norm.sf(standing_z(260)) == pytest.approx(0.025)
    assert standing_z(52) < standing_z(260)


@settings(max_examples=30)
@given(st.integers(0, 2**16), st.integers(0, CELLS - 1))
def test_a_cell_five_spreads_off_is_found_whatever_its_days_look_like(seed, column):
    offsets = np.random.default_rng(seed).normal(0, 0.5, CELLS).clip(-1.4, 1.4)
    offsets[column] = -2.9
    found = standing_signs(grid_of(offsets, noise=0.6, seed=seed), [], limits({}))
    assert [(one.pack, one.number, one.regime) for one in found] == [(column // 52 + 1, column % 52 + 1, "rest_empty")]
    assert found[0].severity == "warning"
    assert found[0].z < -standing_z(CELLS)
    assert standing_signs(grid_of(offsets, seed=seed), found, limits({})) == []


def test_chance_alone_seldom_makes_one():
    strings = [np.random.default_rng(seed).normal(0, 0.5, CELLS) for seed in range(200)]
    alarmed = sum(bool(standing_signs(grid_of(offsets, 25, 0.0), [], limits({}))) for offsets in strings)
    assert alarmed <= 12


def test_a_cell_that_always_held_more_has_no_fault():
    offsets = np.random.default_rng(0).normal(0, 0.3, CELLS)
    offsets[7] = 5.0
    assert standing_signs(grid_of(offsets), [], limits({})) == []


def test_it_takes_twenty_days():
    offsets = np.zeros(CELLS)
    offsets[7] = -5.0
    assert standing_signs(grid_of(offsets, LEAST_DAYS - 1), [], limits({})) == []
    assert len(standing_signs(grid_of(offsets, LEAST_DAYS), [], limits({}))) == 1
    assert np.isnan(levels_of(np.zeros((LEAST_DAYS - 1, CELLS)))).all()


@given(st.integers(0, 2**16), st.floats(0.01, 10.0))
def test_tails_only_widen_a_scale(seed, floor):
    values = np.random.default_rng(seed).standard_t(2, 260)
    assert (np.abs(tailed_z(values, floor)) <= np.abs(robust_z(values, floor)) + 1e-9).all()


def test_a_charge_that_ends_on_the_flat_of_the_curve_says_nothing_of_charge():
    rng = np.random.default_rng(3)
    own = rng.normal(0, 0.5, 20)
    rows = []
    for day, slope in enumerate([30.0, 30.0, 0.8, 0.8, 30.0]):
        for cell in range(20):
            noise = 2.0 * rng.standard_normal()
            row = dict.fromkeys(CELL_COLUMNS) | {"top_mv": slope * own[cell] + noise * (slope < 1)}
            row["top_pct"] = row["top_mv"] / slope
            rows.append(row | {"ts": day * DAY_MS, "pack": 1, "cell": cell + 1, "n": 96, "stuck": False})
    schema = {"ts": pl.Int64, "pack": pl.Int16, "cell": pl.Int16, "n": pl.UInt32, "stuck": pl.Boolean}
    frame = pl.DataFrame(rows, schema=schema | dict.fromkeys(CELL_COLUMNS, pl.Float64)).cast({"ts": TS_DTYPE})
    grid, _ = cells_of(frame)
    assert np.isfinite(grid["top_pct"]).all(axis=1).tolist() == [True, True, False, False, True]
    assert np.isfinite(grid["top_mv"]).all()


@given(st.sampled_from([1.0, 2.0, 2.5, 5.0, 10.0]), st.integers(0, 2**16), st.floats(0.0, 0.03))
def test_a_coarse_register_is_told_from_a_fine_one(step, seed, odd):
    rng = np.random.default_rng(seed)
    volts = rng.normal(3400, 40, 2_000)
    logged = np.round(volts / step) * step
    stray = rng.random(2_000) < odd
    logged[stray] = volts[stray]
    frame = pl.DataFrame({"v_max": (logged / 1000).astype(np.float32)})
    assert coarse_step_mv(frame) == (step if step >= 2.0 else 0.0)
    assert coarse_step_mv(frame.head(50)) == 0.0


def sensors_of(level_k, packs=5, days=40, seed=0):
    rng = np.random.default_rng(seed)
    per_pack = len(level_k) // packs
    packs_of, numbers = np.divmod(np.arange(len(level_k)), per_pack)
    warmth = {"all_k": level_k[None, :] + 0.1 * rng.standard_normal((days, len(level_k)))}
    return Grid(np.arange(days) * DAY_MS, packs_of + 1, numbers + 1, warmth)


@given(st.integers(0, 2**16), st.integers(0, 259), st.floats(3.2, 8.0))
@settings(max_examples=30)
def test_a_sensor_that_was_always_hot_is_found_and_its_place_is_not(seed, column, excess):
    place = 4.0 * (np.arange(52) == 7)
    level = np.tile(place, 5) + np.random.default_rng(seed).normal(0, 0.25, 260).clip(-0.6, 0.6)
    assert standing_heat(sensors_of(level, seed=seed), []) == []
    level[column] += excess
    found = standing_heat(sensors_of(level, seed=seed), [])
    assert [(one.pack, one.number, one.of_sensor) for one in found] == [(column // 52 + 1, column % 52 + 1, True)]
    assert standing_heat(sensors_of(level, seed=seed), found) == []
