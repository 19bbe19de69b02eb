"""The limiting-cell ledger on anchors and offsets of known truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from app.analytics.grid import DAY_MS, Grid
from app.analytics.ledger import FIRST_EMPTY, FIRST_FULL, LAGGARD, NO_CAPACITY, NO_EMPTY, NO_LEADS, keep_ledger
from pipeline.feature_anchors import ANCHORS

FIRST = datetime(2024, 6, 1, tzinfo=UTC)
FIRST_MS = round(FIRST.timestamp() * 1000)
CAPACITY_AH = 280.0


def anchors(days: int) -> pl.DataFrame:
    rows = []
    for day in range(days):
        for hour, kind, cell, margin in ((5, "full", 2, 12.0), (21, "empty", 4 if day % 5 else 3, 30.0)):
            rows.append(
                {
                    "ts": FIRST + timedelta(days=day, hours=hour),
                    "kind": kind,
                    "soc_pct": 100.0,
                    "pack": 1,
                    "cell": cell,
                    "margin_mv": margin,
                }
            )
    return pl.DataFrame(rows, schema_overrides={"ts": ANCHORS["ts"]})


def cells(days: int) -> Grid:
    top, bottom = np.zeros((days, 5)), np.zeros((days, 5))
    top[:, 1], bottom[:, 3], bottom[:, 2] = 1.0, -2.0, -1.5
    stamps = FIRST_MS + np.arange(days, dtype=np.int64) * DAY_MS
    columns = {"top_pct": top, "bot_pct": bottom, "low_pct": np.full((days, 5), np.nan)}
    return Grid(stamps, np.ones(5, np.int64), np.arange(1, 6), columns)


def leads(days: int, lead_ah: float = 1.4) -> np.ndarray:
    out = np.zeros((days, 5))
    out[:, 1] = lead_ah
    return out


def test_each_cycle_names_its_first_full_and_first_empty_cell():
    kept = keep_ledger(anchors(10), cells(10), CAPACITY_AH, 832.0)

    assert len(kept.cycles) == 10
    assert {row.full.cell for row in kept.cycles} == {2}
    assert [row.empty.cell for row in kept.cycles if row.empty] == [3, 4, 4, 4, 4] * 2


def test_what_is_lost_is_both_offsets_in_charge_and_energy():
    row = keep_ledger(anchors(3), cells(3), CAPACITY_AH, 832.0, leads(3)).cycles[1]

    assert row.full.offset_ah == pytest.approx(1.4)
    assert row.lost_ah == pytest.approx(1.4 + 0.02 * CAPACITY_AH)
    assert row.lost_kwh == pytest.approx((1.4 + 0.02 * CAPACITY_AH) * 0.832)


def test_the_loss_of_a_cycle_is_the_median_of_the_last_that_know_it():
    known = leads(60)
    known[:31, 1] = 3.0
    known[59:, :] = np.nan
    known[40:59:2, :] = np.nan
    kept = keep_ledger(anchors(60), cells(60), CAPACITY_AH, 832.0, known)
    told = [row.lost_ah for row in kept.cycles if row.lost_ah is not None]

    assert len(told) < 60
    assert kept.lost_ah == pytest.approx(float(np.median(told[-28:])))
    assert kept.lost_ah != pytest.approx(float(np.median(told)))


def test_persistence_counts_how_often_and_how_lately():
    found = {(one.kind, one.cell): one for one in keep_ledger(anchors(20), cells(20), CAPACITY_AH, None).limiting}

    assert (found[FIRST_FULL, 2].times, found[FIRST_FULL, 2].of, found[FIRST_FULL, 2].recent) == (20, 20, 7)
    assert (found[FIRST_EMPTY, 4].times, found[FIRST_EMPTY, 3].times) == (16, 4)
    assert found[FIRST_EMPTY, 4].margin_mv == 30.0


def test_hours_of_balancing_follow_from_charge_and_current():
    kept = keep_ledger(anchors(9), cells(9), CAPACITY_AH, 832.0, leads(9, 2.8))

    assert kept.balancing_ah == pytest.approx(2.8)
    assert kept.balancing_hours(0.1) == pytest.approx(28.0)
    assert kept.balancing_hours(0.0) is None
    assert (kept.lost_reason, kept.balancing_reason) == (None, None)


def test_a_cell_that_is_never_read_near_full_forbids_hours_of_balancing():
    known = leads(9)
    known[:, 4] = np.nan
    kept = keep_ledger(anchors(9), cells(9), CAPACITY_AH, 832.0, known)

    assert (kept.balancing_ah, kept.balancing_reason) == (None, LAGGARD)
    assert kept.lost_ah is not None


def test_a_cell_without_any_reading_forbids_nothing():
    known, grid = leads(9), cells(9)
    known[:, 4] = grid["top_pct"][:, 4] = np.nan

    assert keep_ledger(anchors(9), grid, CAPACITY_AH, 832.0, known).balancing_ah == pytest.approx(1.4)


def test_without_leads_the_curve_does_not_stand_in():
    kept = keep_ledger(anchors(9), cells(9), CAPACITY_AH, 832.0)

    assert (kept.lost_ah, kept.lost_kwh, kept.balancing_ah) == (None, None, None)
    assert (kept.lost_reason, kept.balancing_reason) == (NO_LEADS, NO_LEADS)
    assert kept.cycles[0].empty is not None
    assert kept.cycles[0].empty.offset_ah is not None


def test_without_a_capacity_there_are_names_but_no_loss():
    kept = keep_ledger(anchors(4), cells(4), None, None, leads(4))

    assert kept.cycles[0].full.cell == 2
    assert (kept.lost_ah, kept.lost_reason) == (None, NO_CAPACITY)


def test_without_a_discharge_end_nothing_is_lost():
    only_full = anchors(4).filter(pl.col("kind") == "full")

    assert keep_ledger(only_full, cells(4), CAPACITY_AH, 832.0, leads(4)).lost_reason == NO_EMPTY


def test_a_discharge_end_days_later_belongs_to_no_cycle():
    late = anchors(1).with_columns(
        pl.when(pl.col("kind") == "empty").then(pl.col("ts") + pl.duration(days=9)).otherwise(pl.col("ts")).alias("ts")
    )

    assert keep_ledger(late, cells(12), CAPACITY_AH, 832.0).cycles[0].empty is None


def test_no_anchor_is_an_empty_ledger():
    assert keep_ledger(pl.DataFrame(schema=ANCHORS), cells(3), CAPACITY_AH, 832.0).cycles == ()
