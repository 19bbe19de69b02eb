"""The faults of the sample site are where its truth says, and nowhere else."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.simulation.drive import run_string
from pipeline.simulation.faults import Fault, FaultKind, draw_faults
from pipeline.simulation.plan import CELLS_PER_PACK, SYSTEM_NAMES, Plan
from pipeline.simulation.traits import cell_index, draw_traits
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


def test_drawn_faults_keep_apart_and_differ_by_seed():
    drawn = draw_faults(1)
    assert [f.kind for f in drawn[:8]] == list(FaultKind)[:8]
    for system in SYSTEM_NAMES:
        places = sorted(cell_index(f.pack or 0, f.cell or 0) for f in drawn if f.source == system)
        assert min(np.diff(places)) >= 4
        assert 0 <= places[0] < places[-1] < 260
    assert draw_faults(1) == drawn != draw_faults(2)
    assert len(draw_faults(3, (A,))) == 8


def test_a_fault_of_a_cell_begins_when_it_says():
    struck = 130
    pack, cell = struck // CELLS_PER_PACK + 1, struck % CELLS_PER_PACK + 1
    sizes = {"low_capacity": -5.0, "imbalance": -2.0, "self_discharge": 8.0, "high_resistance": 3.0}
    for kind, size in sizes.items():
        late = Fault(FaultKind(kind), A, size, "", 0.5, None, pack=pack, cell=cell)
        plan = Plan(date(2024, 10, 10), 20, 3600, 7, (A,), (late,), dropouts=False)
        plain = Plan(date(2024, 10, 10), 20, 3600, 7, (A,), (), dropouts=False)
        traits, healthy = draw_traits(plan, A), draw_traits(plain, A)
        drive, other = run_string(plan, A, traits), run_string(plain, A, healthy)
        assert np.array_equal(drive.capacity_ah[:10], other.capacity_ah[:10])
        assert np.array_equal(drive.charge_ah[:10], other.charge_ah[:10])
        lost = (other.capacity_ah - drive.capacity_ah)[-2, struck]
        shifted = (other.charge_ah - drive.charge_ah)[-2, struck]
        expected = {
            "low_capacity": (0.05 * 275, 0.05 * 275),
            "imbalance": (0.0, 0.02 * 280),
            "self_discharge": (0.0, 0.08 * 280 / 365.25 * 10),
            "high_resistance": (0.0, 0.0),
        }[kind]
        assert (lost, shifted) == pytest.approx(expected, rel=0.06, abs=0.03)
        ohm = traits.joint_ohm.over(np.array([0.0, 10 * 86_400.0]), slice(struck, struck + 1))[0]
        assert ohm[0] == 0
        assert (ohm[1] > 0) == (kind == "high_resistance")
