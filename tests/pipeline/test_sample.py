"""The sample site is what it says it is: its truth is in its files."""

from __future__ import annotations

import json
import tracemalloc
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.errors import SettingsError
from pipeline.sample import default_start, read_marker, write_sample
from pipeline.signals import describe
from pipeline.simulation.drive import run_string
from pipeline.simulation.plan import SYSTEM_NAMES, Plan
from pipeline.simulation.traits import draw_traits
from pipeline.site import read_site
from tests.pipeline.sample_reading import A, B, C, common, digest, pack_matrix, pack_matrix_common, read, values

# ---- what is there


def test_every_signal_of_the_register_list_has_a_file(faulty_site):
    for system in SYSTEM_NAMES:
        names = {path.stem for path in (faulty_site / "BESS" / system).glob("*.csv")}
        assert sum(describe(n).is_cell_voltage for n in names) == 260
        assert sum(describe(n).is_cell_temperature for n in names) == 260
        assert len(names) == 593
        assert all(describe(n).known for n in names)
        assert {"bms1_soc", "bms1_soh", "bms1_v", "bms1_c", "pcs1_ap", "aux_m_pos_ae", "fa5_FireLevel"} <= names
    for meter in ("m1", "m2", "m3", "m4", "m5", "m6"):
        names = {path.stem for path in (faulty_site / "meter" / meter).glob("*.csv")}
        assert names == {"com_ap", "pf", "pos_ae", "neg_ae", "com_ae"}


def test_a_file_has_its_header_and_the_digits_of_its_register(faulty_site):
    volts = (faulty_site / "BESS" / A / "bms1_p1_v1.csv").read_text(encoding="ascii").splitlines()
    assert volts[0] == "ts,bms1_p1_v1"
    assert volts[1].startswith("2024-10-10 00:00:00,3.")
    assert len(volts[1].split(",")[1]) == 5
    soc = (faulty_site / "BESS" / A / "bms1_soc.csv").read_text(encoding="ascii").splitlines()
    assert soc[1].split(",")[1].isdigit()


def test_no_file_says_minus_zero(faulty_site):
    for name in ("BESS/" + A + "/bms1_c.csv", "meter/m2/com_ap.csv", "BESS/" + A + "/pcs1_dcc.csv"):
        readings = [line.split(",")[1] for line in (faulty_site / name).read_text(encoding="ascii").splitlines()[1:]]
        assert not [r for r in readings if r.startswith("-") and float(r) == 0]


def test_the_marker_and_the_site_file_can_be_read(faulty_site):
    marker = read_marker(faulty_site)
    assert marker is not None
    assert marker["simulated"] is True
    assert marker["systems"] == list(SYSTEM_NAMES)
    said, _ = read_site(faulty_site / "site.toml")
    assert said.zone == "Europe/Berlin"
    assert said.source(A).nominal_ah == 280
    assert said.source(C).current_positive is None
    assert read_marker(faulty_site / "BESS") is None


# ---- clocks


def test_autumn_repeats_an_hour_in_row_order(faulty_site):
    stamps = pl.read_csv(faulty_site / "BESS" / A / "bms1_p1_v1.csv")["ts"].to_list()
    night = [s for s in stamps if s.startswith("2024-10-27 02")]
    assert night == [f"2024-10-27 02:{m}:00" for m in ("00", "30", "00", "30")]


def test_spring_skips_an_hour(tmp_path):
    write_sample(tmp_path / "spring", days=3, step_s=1800, start=date(2025, 3, 29), systems=1, faults=())
    stamps = pl.read_csv(tmp_path / "spring" / "BESS" / A / "bms1_v.csv")["ts"].to_list()
    place = stamps.index("2025-03-30 01:30:00")
    assert stamps[place + 1] == "2025-03-30 03:00:00"
    assert len(stamps) == 144


def test_the_default_span_holds_both_changes_of_clock():
    assert default_start(180) == date(2024, 10, 10)
    assert default_start(630) == date(2023, 10, 10)


# ---- sums that must agree


def test_cells_add_up_to_the_cluster_voltage(clean_site):
    total = pack_matrix(clean_site, A, "v").sum(axis=0)
    assert np.abs(total - values(clean_site, A, "bms1_v")).max() < 0.1


def test_the_battery_reports_the_extremes_of_its_cells(faulty_site):
    for letter, digits in (("v", 3), ("t", 1)):
        cells = pack_matrix_common(faulty_site, C, letter)
        assert np.allclose(
            cells.max(axis=0), common(faulty_site, C, f"bms1_cell_max_{letter}"), atol=0.51 * 10**-digits
        )
        assert np.allclose(
            cells.min(axis=0), common(faulty_site, C, f"bms1_cell_min_{letter}"), atol=0.51 * 10**-digits
        )
        assert np.allclose(
            cells.mean(axis=0), common(faulty_site, C, f"bms1_cell_ave_{letter}"), atol=0.51 * 10**-digits
        )


@pytest.mark.parametrize("meter", ["m1", "m2", "m3", "m4", "m5", "m6"])
def test_counters_hold_the_energy_of_the_power(clean_site, meter):
    frame = read(clean_site / "meter" / meter / "com_ap.csv")
    hours = np.diff(frame["utc_ms"].to_numpy()) / 3.6e6
    kw = frame["com_ap"].to_numpy()[:-1]
    for signal, part in (("pos_ae", np.maximum(kw, 0)), ("neg_ae", np.maximum(-kw, 0)), ("com_ae", np.abs(kw))):
        counter = values(clean_site, meter, signal)
        expected = np.concatenate([[0.0], np.cumsum(part * hours)])
        assert np.abs(counter - counter[0] - expected).max() <= 0.0101


def test_the_grid_meter_is_the_sum_of_the_others(clean_site):
    others = sum(values(clean_site, f"m{n}", "com_ap") for n in range(2, 7))
    assert np.allclose(values(clean_site, "m1", "com_ap"), others, atol=0.006)


def test_the_pcs_loses_energy_in_both_directions(clean_site):
    dc_kw = values(clean_site, A, "bms1_v") * values(clean_site, A, "pcs1_dcc") / 1.004 / 1000
    ac_kw = values(clean_site, A, "pcs1_ap")
    running = np.abs(dc_kw) > 30
    assert (ac_kw[running] < dc_kw[running]).all()
    assert (np.abs(ac_kw - dc_kw)[running] < 0.05 * np.abs(dc_kw[running])).all()


def test_one_cabinet_counts_its_current_the_other_way(faulty_site, truth):
    for system in SYSTEM_NAMES:
        same = np.corrcoef(values(faulty_site, system, "bms1_c"), values(faulty_site, system, "pcs1_dcc"))[0, 1] > 0
        assert same == (truth["systems"][system]["current_positive"] == "discharge")
    assert not same


# ---- physics


def test_voltages_stay_within_what_the_battery_allows(clean_site):
    cells = pack_matrix(clean_site, A, "v")
    assert 2.7 < cells.min() < 3.0
    assert 3.5 < cells.max() < 3.65


def test_capacity_counted_between_the_ends_is_the_true_usable_one(clean_site):
    """Deep days: from full to empty the string gives its usable capacity, whichever way it is sampled."""
    told = json.loads((clean_site / "truth.json").read_text(encoding="utf-8"))["systems"][A]
    plan = Plan(date(2024, 10, 10), 30, 1800, 7, (A,), dropouts=False)
    drive = run_string(plan, A, draw_traits(plan, A))
    taken = drive.states[0]
    assert np.ptp(taken) == pytest.approx(told["capacity"][0]["usable_ah"], rel=0.004)


def test_the_string_fades_at_the_stated_rate(truth):
    for system in truth["systems"].values():
        assert 0.1 < system["soh_start_pct"] - system["soh_end_pct"] < 0.4
        months = [point["mean_ah"] for point in system["capacity"]]
        assert months == sorted(months, reverse=True)
        assert 95 < system["soh_end_pct"] < 100
        assert system["efc"] > 15


def test_cells_are_warmer_under_load_and_by_day(clean_site):
    warm = pack_matrix(clean_site, A, "t").mean(axis=0)
    heat = np.abs(values(clean_site, A, "pcs1_dcc")) > 40
    assert warm[heat].mean() > warm[~heat].mean() + 0.5
    outside = read(clean_site / "BESS" / A / "ac1_outside_t.csv").with_columns(
        hour=pl.col("ts").str.slice(11, 2).cast(int)
    )
    by_hour = outside.group_by("hour").agg(pl.col("ac1_outside_t").mean()).sort("hour")["ac1_outside_t"]
    assert by_hour.arg_max() in range(13, 18)


# ---- the same seed, the same site


def test_neither_blocks_nor_threads_change_a_byte(tmp_path):
    write_sample(tmp_path / "one", days=3, step_s=900, systems=1, workers=1, block_rows=10_000)
    write_sample(tmp_path / "two", days=3, step_s=900, systems=1, workers=3, block_rows=37)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_another_seed_is_another_site(tmp_path):
    write_sample(tmp_path / "one", days=1, step_s=1800, systems=1)
    write_sample(tmp_path / "two", days=1, step_s=1800, systems=1, seed=8)
    name = f"BESS/{A}/bms1_p3_v3.csv"
    assert (tmp_path / "one" / name).read_bytes() != (tmp_path / "two" / name).read_bytes()


def test_a_longer_span_starts_the_same(tmp_path):
    write_sample(tmp_path / "short", days=2, step_s=1800, systems=1, faults=())
    write_sample(tmp_path / "long", days=3.5, step_s=1800, systems=1, faults=())
    for name in (f"BESS/{A}/bms1_p3_v3.csv", f"BESS/{A}/bms1_p3_t9.csv", "meter/m3/com_ap.csv"):
        assert (tmp_path / "long" / name).read_bytes().startswith((tmp_path / "short" / name).read_bytes())


@pytest.mark.parametrize(("days", "step_s"), [(1, 10), (0.25, 60), (1, 1800), (2, 3600)])
def test_short_spans_and_other_steps_work(tmp_path, days, step_s):
    report = write_sample(tmp_path / "s", days=days, step_s=step_s, systems=1)
    assert report.files == 623
    assert report.rows == 623 * int(days * 86_400 / step_s)
    assert report.bytes > 0


def test_memory_does_not_grow_with_the_span(tmp_path):
    def peak(days: float) -> int:
        tracemalloc.start()
        write_sample(tmp_path / "m", days=days, step_s=900, systems=1, workers=1, block_rows=192)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    # What stays is some 150 numbers a row for the devices of a cabinet. Its cells would be 520 more, in 4 bytes.
    peak(2)
    assert peak(22) - peak(2) < 20 * 96 * 520 * 4


# ---- careful with what is there


def test_progress_reaches_its_end(tmp_path):
    seen: list[tuple[int, int, str]] = []
    write_sample(tmp_path / "s", days=1, step_s=1800, systems=1, progress=lambda *step: seen.append(step))
    assert [done for done, _, _ in seen] == list(range(1, len(seen) + 1))
    assert seen[-1][0] == seen[-1][1]


def test_an_earlier_sample_is_replaced_and_nothing_else_is(tmp_path):
    out = tmp_path / "site"
    write_sample(out, days=1, step_s=1800, systems=2)
    write_sample(out, days=1, step_s=3600, systems=1)
    assert not (out / "BESS" / B).exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "soc.csv").write_text("ts,soc\n", encoding="ascii")
    with pytest.raises(SettingsError, match="no sample site"):
        write_sample(mine, days=1, step_s=1800)
    assert (mine / "soc.csv").exists()


def test_a_broken_run_leaves_no_site(tmp_path):
    class Stop(Exception):
        pass

    def stop(done: int, total: int, what: str) -> None:
        if done == 3:
            raise Stop

    with pytest.raises(Stop):
        write_sample(tmp_path / "site", days=1, step_s=1800, systems=1, progress=stop)
    assert not (tmp_path / "site").exists()
    assert write_sample(tmp_path / "site", days=1, step_s=1800, systems=1).files == 623
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"step_s": 7}, "--step"), ({"days": 0}, "--days"), ({"systems": 0}, "--systems"), ({"systems": 4}, "--systems")],
)
def test_what_cannot_be_is_refused(tmp_path, wrong, says):
    with pytest.raises(SettingsError, match=says):
        write_sample(tmp_path / "s", **{"days": 1, "step_s": 1800, **wrong})
