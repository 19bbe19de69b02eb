"""Questions about a battery, asked of a built store of known truth."""

import polars as pl
import pytest
from flask import Flask

from app import loader
from app.answers import battery
from app.answers.cycles import cycles as half_cycles
from app.errors import BadParameter, UnknownCell, UnknownPack, UnknownSource
from pipeline.build import build
from tests.app.stores import answering
from tests.pipeline.sites import settings
from tests.pipeline.strings import BEGIN_MS, DAY_MS, NOMINAL_AH, ZONE, string

SITE = f"""
zone = "{ZONE}"
[sources.BAT]
chemistry = "LFP"
nominal_ah = {NOMINAL_AH}
nominal_kwh = 10.8
commissioned = 2023-06-01
"""
CUSTOM = BEGIN_MS + 10 * DAY_MS, BEGIN_MS + 20 * DAY_MS


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("battery")
    reader, _ = string(
        days=70, cells=12, offsets={3: -0.02}, ohms={5: 4e-4}, spikes={(96 * 10 + 70, 8): 0.18}, noise_mv=0.4
    )
    frame = reader.frames[0]
    local = frame.select(pl.col("ts").dt.convert_time_zone(ZONE).dt.strftime("%Y-%m-%d %H:%M:%S"))
    (folder / "root/BESS/BAT").mkdir(parents=True)
    for name in frame.columns[1:]:
        local.with_columns(frame[name]).write_csv(folder / f"root/BESS/BAT/{name}.csv")
    (folder / "root/site.toml").write_text(SITE, encoding="utf-8")
    said = settings(folder / "root", folder / "store")
    build(said)
    server = Flask("test")
    loader.init_app(server, said)
    with server.app_context():
        yield battery


def test_the_measured_state_of_health_is_the_headline(asked):
    system = asked.comparison("BAT").system
    assert system.soh.measured == pytest.approx(100 * 270 / NOMINAL_AH, abs=1.5)
    assert system.soh.low < 100 * 270 / NOMINAL_AH < system.soh.high
    assert (system.soh_basis, system.band) == ("measured", "Nominal")
    assert system.provenance["counts"] > 50


def test_the_model_is_the_formula(asked):
    system = asked.comparison("BAT").system
    years = (BEGIN_MS + 70 * DAY_MS - 900_000 - 1_685_570_400_000) / DAY_MS / 365.25
    cycles = half_cycles("BAT").efc_total
    expected = 100 - 2.5 * years - 0.035 * cycles - min(0.1 * system.imbalance_mv, 10)
    assert system.soh.model == pytest.approx(expected, abs=0.01)


def test_the_period_changes_neither_age_nor_cycles_nor_a_verdict(asked):
    whole, part = asked.comparison("BAT"), asked.comparison("BAT", *CUSTOM)
    assert part.system.soh.model == whole.system.soh.model
    assert half_cycles("BAT", *CUSTOM).efc_total == half_cycles("BAT").efc_total
    assert half_cycles("BAT", *CUSTOM).efc < 0.2 * half_cycles("BAT").efc
    assert asked.critical("BAT", 1, *CUSTOM).cells == asked.critical("BAT", 1).cells
    assert part.start.startswith("2024-06-11T00:00:00+02:00")


def test_faulty_cells_are_named_and_sound_ones_are_not(asked):
    found = {one.cell: one for one in asked.critical("BAT", 1).cells if one.severity != "watch"}
    assert found[5].fault == "high_resistance"
    assert found[8].fault == "voltage_spike"
    assert found[3].fault == "imbalance"
    assert set(found) == {3, 5, 8}
    limits = asked.critical("BAT", 1).limits
    assert limits["voltage_deviation_mv"]["value"] == 10.0
    assert all(entry["source"] for entry in limits.values())


def test_cycles_carry_charge_energy_and_round_trip(asked):
    answer = half_cycles("BAT")
    assert {one.kind for one in answer.cycles} == {"charge", "discharge"}
    assert answer.efc == pytest.approx(70 * 2 * 0.94 * 270 / (2 * NOMINAL_AH), rel=0.05)
    assert 97 < answer.rte_pct <= 103
    assert answer.cycles[2].dod_pct == pytest.approx(100 * 0.94 * 270 / NOMINAL_AH, rel=0.03)
    assert answer.cycles[0].start.endswith("+02:00")


def test_the_evidence_of_a_cell_stands_beside_its_neighbours(asked):
    frame = asked.cell_evidence("BAT", 1, 3, *CUSTOM)
    assert frame.columns == ["ts", "cell", "regime", "residual_mv"]
    assert set(frame["cell"]) == {1, 2, 3, 4, 5}
    top = frame.filter((pl.col("cell") == 3) & (pl.col("regime") == "charge_end"))
    assert top.height == 10
    assert top["residual_mv"].max() < -10


@pytest.mark.parametrize("metric", battery.METRICS)
def test_every_metric_has_a_value_for_every_cell(asked, metric):
    values = asked.cell_values("BAT", 1, metric=metric)
    assert list(values) == list(range(1, 13))
    unknown = metric == "degradation"  # seventy days are too short for a cell's own trend
    assert all((value is None) == unknown for value in values.values())


def test_what_does_not_exist_is_said(asked):
    with pytest.raises(UnknownSource, match="BAT"):
        asked.comparison("BAT2")
    with pytest.raises(UnknownPack):
        asked.critical("BAT", 7)
    with pytest.raises(UnknownCell):
        asked.cell_evidence("BAT", 1, 99)
    with pytest.raises(BadParameter, match="metric"):
        asked.cell_values("BAT", 1, metric="mood")
    with pytest.raises(BadParameter, match="before start"):
        asked.comparison("BAT", 10, 5)


def test_a_window_without_data_answers_with_a_reason(asked):
    window = BEGIN_MS + 500 * DAY_MS, BEGIN_MS + 510 * DAY_MS
    answer = asked.comparison("BAT", *window)
    assert answer.reason
    assert (answer.system.mean_v, answer.system.imbalance_mv, answer.system.mean_t) == (None, None, None)
    cycles = half_cycles("BAT", *window)
    assert (cycles.cycles, cycles.reason is not None, cycles.efc) == ((), True, 0.0)
    assert asked.cell_evidence("BAT", 1, 3, *window).is_empty()


def test_a_battery_that_says_little_is_answered_with_reasons(tiny):
    with answering(tiny[0]):
        answer = battery.comparison("B1")
        assert answer.system.soh.measured is None
        assert answer.system.soh_reason
        assert answer.system.soh.model is None
        assert half_cycles("B1").reason
        assert battery.cell_values("B1", 1)[1] is not None


@pytest.mark.parametrize("kept", ["_v", "_t", "bms1_soc", "bms1_c"])
def test_a_system_that_logs_only_part_is_answered_in_part(tmp_path, kept):
    reader, _ = string(days=4, cells=9)
    frame = reader.frames[0]
    names = [name for name in frame.columns[1:] if kept in name]
    (tmp_path / "root/BESS/PART").mkdir(parents=True)
    text = frame.select(pl.col("ts").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    for name in names:
        text.with_columns(frame[name]).write_csv(tmp_path / f"root/BESS/PART/{name}.csv")
    said = settings(tmp_path / "root", tmp_path / "store")
    build(said)
    with answering(said):
        answer = battery.comparison("PART")
        assert answer.system.soh.measured is None
        assert half_cycles("PART").efc is None
        for pack in answer.packs:
            assert battery.critical("PART", pack.pack).cells == ()
            assert len(battery.cell_values("PART", pack.pack)) == pack.cells
