"""The faults of the sample site are where its truth says, and nowhere else."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from pipeline.simulation.plan import CELLS_PER_PACK
from tests.pipeline.sample_reading import A, B, C, at, fault, pack_matrix_rest, read, values


def test_single_readings_stand_where_the_truth_says(faulty_site, truth):
    smoke = fault(truth, "alarm", A)
    assert at(faulty_site, A, "fa3_SmokeFlag", smoke["first"]["utc_ms"]) == 1
    assert values(faulty_site, A, "fa3_SmokeFlag").sum() == 1
    hot = fault(truth, "temperature_spike", B)
    assert at(faulty_site, B, "bms1_p2_t30", hot["first"]["utc_ms"]) == 71.0
    assert (values(faulty_site, B, "bms1_p2_t30") > 40).sum() == 1
    spike = fault(truth, "voltage_spike", C)
    neighbour = at(faulty_site, C, "bms1_p2_v49", spike["first"]["utc_ms"])
    assert at(faulty_site, C, "bms1_p2_v50", spike["first"]["utc_ms"]) - neighbour == pytest.approx(-0.42, abs=0.12)


def test_counters_break_as_the_truth_says(faulty_site, truth):
    reset = fault(truth, "counter_reset", "m3")
    assert at(faulty_site, "m3", "pos_ae", reset["first"]["utc_ms"]) == 0
    glitch = fault(truth, "counter_glitch", "m4")
    assert at(faulty_site, "m4", "pos_ae", glitch["first"]["utc_ms"]) == 0
    rollover = values(faulty_site, "m6", "pos_ae")
    assert rollover.max() > 999_900
    assert rollover[-1] < 20_000
    energy = truth["counters"]["m6"]["pos_ae"]["true_kwh"]
    assert (rollover[-1] - rollover[0]) % 1_000_000 == pytest.approx(energy, abs=0.02)
    steps = np.diff(values(faulty_site, "m3", "pos_ae"))
    told = truth["counters"]["m3"]["pos_ae"]
    assert steps[steps >= 0].sum() == pytest.approx(told["true_kwh"] - told["unknown_kwh"], abs=0.05)


def test_rows_are_missing_repeated_swapped_frozen_and_void(faulty_site, truth):
    gap = fault(truth, "gap", "m2")
    stamps = read(faulty_site / "meter" / "m2" / "com_ap.csv")["utc_ms"]
    assert not stamps.is_between(gap["first"]["utc_ms"], gap["last"]["utc_ms"]).any()
    twice = fault(truth, "duplicates", A)
    repeated = read(faulty_site / "BESS" / A / "bms1_p5_v9.csv").filter(pl.col("utc_ms").is_duplicated())
    assert sorted(set(repeated["utc_ms"])) == twice["stamps_utc_ms"]
    assert len(repeated) == 12
    assert repeated.unique(maintain_order=True).height == 9
    swapped = fault(truth, "out_of_order", "m6")
    order = read(faulty_site / "meter" / "m6" / "com_ap.csv")["utc_ms"].to_numpy()
    assert sorted(order[np.flatnonzero(np.diff(order) < 0) + 1]) == swapped["stamps_utc_ms"]
    stuck = fault(truth, "stuck", B)
    frozen = read(faulty_site / "BESS" / B / "bms1_p1_t39.csv").filter(
        pl.col("utc_ms").is_between(stuck["first"]["utc_ms"], stuck["last"]["utc_ms"])
    )
    assert frozen["bms1_p1_t39"].n_unique() == 1
    assert len(frozen) > 100
    assert (values(faulty_site, A, "fa4_Voc") == 65_535).sum() == fault(truth, "sentinel", A)["rows"]


def test_persistent_faults_show_in_the_cells(faulty_site, truth):
    cells = pack_matrix_rest(faulty_site, A)
    lead = fault(truth, "sense_lead", A)
    half = cells.shape[1] // 2
    residual = cells - np.median(cells, axis=0)
    at_cell = (lead["pack"] - 1) * CELLS_PER_PACK + lead["cell"] - 1
    assert np.median(residual[at_cell, half:]) == pytest.approx(0.020, abs=0.003)
    assert np.median(residual[at_cell + 1, half:]) == pytest.approx(-0.020, abs=0.003)
    weak = fault(truth, "low_capacity", A)
    ah = np.array(truth["systems"][A]["cell_capacity_start_ah"])
    at_cell = (weak["pack"] - 1) * CELLS_PER_PACK + weak["cell"] - 1
    assert np.argmin(ah) == at_cell
    assert ah[at_cell] / np.median(ah) == pytest.approx(0.95, abs=0.015)


def test_without_faults_nothing_is_wrong(clean_site):
    told = json.loads((clean_site / "truth.json").read_text(encoding="utf-8"))
    assert told["faults"] == []
    assert not any(told["dropouts"].values())
    rows = {len(path.read_bytes().splitlines()) for path in clean_site.rglob("*.csv")}
    assert rows == {1441, 721}
