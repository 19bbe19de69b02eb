"""Cycles: how many, how deep, how warm, and which cell ended them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analytics.cycles import DEPTH_EDGES_PCT, count_depths, equivalent_full_cycles, turns_of, with_circumstances
from app.analytics.grid import DAY_MS, Grid
from pipeline.contract import TS_DTYPE
from pipeline.feature_anchors import ANCHORS
from pipeline.feature_cycles import CYCLES
from pipeline.features import extract
from pipeline.simulation.memory import SAID
from pipeline.simulation.plan import NOMINAL_AH
from tests.pipeline.simulated import one_pack

HOUR_MS = 3_600_000


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("step_s", "days", "within"), [(10, 12, 0.01), (60, 30, 0.01), (300, 42, 0.01), (900, 42, 0.01), (1800, 42, 0.015)]
)
def test_equivalent_full_cycles_are_near_the_truth(step_s, days, within, seed):
    pack = one_pack(step_s, days, seed=seed)
    counted = equivalent_full_cycles(extract(pack.reader, SAID, {}).tables["system_day"], NOMINAL_AH)

    assert pack.efc > 8
    assert counted == pytest.approx(pack.efc, rel=within)


def test_cycles_are_counted_by_depth():
    turns = np.array([10.0, 100.0, 50.0, 75.0, 10.0, 100.0, 10.0])
    counts = dict(zip(DEPTH_EDGES_PCT, count_depths(turns).tolist(), strict=False))

    assert {low: count for low, count in counts.items() if count} == {20.0: 1.0, 90.0: 2.0}


@given(st.lists(st.floats(0, 100), min_size=3, max_size=60))
def test_every_half_cycle_of_two_per_cent_is_counted_once(levels):
    turns = np.round(levels)
    total = count_depths(turns).sum()

    assert total * 2 == pytest.approx(round(total * 2))
    assert total <= (len(turns) - 1) / 2


def half_cycles(rows: list[tuple[int, int, str, float, float | None, float | None]]) -> pl.DataFrame:
    names = ("ts", "end", "kind", "dod_pct", "soc_start", "soc_end")
    frame = pl.DataFrame([dict(zip(names, row, strict=True)) for row in rows], infer_schema_length=None)
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CYCLES.items() if name not in names]
    stamps = [pl.col(name).cast(TS_DTYPE) for name in ("ts", "end")]
    return frame.with_columns(*stamps, pl.col("soc_start", "soc_end").cast(pl.Float32), *missing).select(CYCLES.names())


DAYS = half_cycles(
    [
        (1 * HOUR_MS, 6 * HOUR_MS, "charge", 80.0, 20.0, 100.0),
        (17 * HOUR_MS, 21 * HOUR_MS, "discharge", 90.0, 100.0, 10.0),
        (DAY_MS + HOUR_MS, DAY_MS + 4 * HOUR_MS, "charge", 50.0, 10.0, 60.0),
        (DAY_MS + 17 * HOUR_MS, DAY_MS + 20 * HOUR_MS, "discharge", 40.0, 60.0, 20.0),
    ]
)
ENDS = pl.DataFrame(
    {"ts": [6 * HOUR_MS, DAY_MS], "kind": ["full", "empty"], "pack": [2, 3], "cell": [7, 9]},
    schema_overrides={"ts": TS_DTYPE},
)


def test_a_half_cycle_names_the_cell_that_ended_it_and_its_day_of_warmth():
    warmth = Grid(
        np.array([0, DAY_MS]),
        np.ones(3, np.int64),
        np.arange(3),
        {"t_mean": np.array([[20, 22, 30.0], [24, 25, 26.0]])},
    )
    told = with_circumstances(DAYS, ENDS, warmth)

    assert list(zip(told["first_pack"], told["first_cell"], strict=True)) == [
        (2, 7),
        (3, 9),
        (None, None),
        (None, None),
    ]
    assert told["mean_t"].to_list() == [22.0, 22.0, 25.0, 25.0]


def test_without_anchors_or_sensors_nothing_is_made_up():
    told = with_circumstances(DAYS, pl.DataFrame(schema=ANCHORS), None)

    assert told["mean_t"].null_count() == told["first_cell"].null_count() == 4
    assert with_circumstances(DAYS.clear(), ENDS, None).height == 0


def test_turning_points_are_the_reported_charge_and_else_the_counted():
    silent = DAYS.with_columns(pl.lit(None, pl.Float32).alias("soc_start"), pl.lit(None, pl.Float32).alias("soc_end"))

    assert turns_of(DAYS).tolist() == [20.0, 100.0, 10.0, 60.0, 20.0]
    assert turns_of(silent).tolist() == [0.0, 80.0, -10.0, 40.0, 0.0]
    assert len(turns_of(DAYS.clear())) == 0
