"""Intervals of capacity and trend cover the truth as often as they say, over simulated strings."""

from __future__ import annotations

import polars as pl
import pytest

from app.truthbench import soh_coverage as bench
from app.truthbench import soh_document
from app.truthbench.run import ROOT

LEAST, MOST = 0.90, 0.98


def test_seeds_take_turns_with_the_ways_of_logging():
    names = [bench.scenario_of(seed).name for seed in range(20)]
    assert {name: names.count(name) for name in names} == {one.name: one.weight for one in bench.SCENARIOS}


@pytest.fixture(scope="module")
def few():
    return bench.run((0, 4))


def test_a_run_is_within_two_points_and_its_cycles_within_one_per_cent(few):
    soh = few.filter(pl.col("quantity") == "soh")
    assert (soh["value"] - soh["truth"]).abs().max() < 2.0
    efc = few.filter(pl.col("quantity") == "efc")
    assert (efc["value"] / efc["truth"] - 1).abs().max() < 0.015  # the sensor's own gain is in it


def test_the_same_seed_gives_the_same_rows(few):
    assert bench.run((4,)).equals(few.filter(pl.col("seed") == 4))


def test_a_summary_counts_and_averages():
    row = {"scenario": "a", "quantity": "soh", "low": 94.0, "high": 96.0}
    runs = pl.DataFrame([row | {"seed": at, "truth": 95.0 + at, "value": 95.0} for at in range(4)])
    inside = (pl.col("truth") >= pl.col("low")) & (pl.col("truth") <= pl.col("high"))
    found = (
        bench.summarise(runs.with_columns(inside.alias("covered")))
        .filter(pl.col("scenario") == "all")
        .row(0, named=True)
    )
    assert (found["runs"], found["coverage"], found["half_width"]) == (4, 0.5, 1.0)
    assert found["bias"] == pytest.approx(-1.5)


def test_the_document_holds_the_budget_of_the_code(few):
    written = (ROOT / soh_document.DOCUMENT).read_text(encoding="utf-8")
    fresh = soh_document.text_of(few)
    start = "## What each run draws"
    assert written[written.index(start) :] == fresh[fresh.index(start) :]
    assert all(f"## {title}" in written for title, _ in soh_document.QUANTITIES.values())


@pytest.mark.long
def test_intervals_cover_the_truth_in_400_runs():
    summary = bench.summarise(bench.run(range(400))).filter(pl.col("scenario") == "all")
    covered = dict(summary.select("quantity", "coverage").iter_rows())
    for quantity in ("soh", "of_baseline", "rate"):
        assert LEAST <= covered[quantity] <= MOST, quantity
    error = dict(summary.select("quantity", "error_95").iter_rows())
    assert error["soh"] < 2.0
    assert error["efc"] < 1.0
