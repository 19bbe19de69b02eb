"""Every fault is found and named, and no sound cell is: one fault at a time in a sound string."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from app.analytics.grid import DAY_MS
from app.analytics.judge import Evidence, judge
from app.analytics.limits import limits
from app.shapes.answer import Interval
from pipeline.feature_events import EXCURSIONS
from tests.app.analytics.grids import BEGIN_MS, TYPICAL_A, cell_grid, sensor_grid

CELL = 16
"""Column of pack 1 cell 17."""
HEALTHY = Interval(value=97.0, low=95.5, high=98.5)
STEADY = Interval(value=-0.2, low=-0.25, high=-0.15)
NO_EVENTS = pl.DataFrame(schema=EXCURSIONS)


def iso(stamp_ms):
    return datetime.fromtimestamp(stamp_ms / 1000, tz=UTC).isoformat()


def judged(cells, sensors=None, events=NO_EVENTS, soh=HEALTHY, trend=STEADY, thresholds=None):
    sensors = sensor_grid() if sensors is None else sensors
    return judge(
        Evidence(
            cells=cells,
            sensors=sensors,
            heat_a2=np.full(len(sensors.days), 1_000.0),
            excursions=events,
            typical_a=TYPICAL_A,
            typical_ohm=4e-4,
            sensor_cells={},
            soh=soh,
            trend=trend,
            limits=limits(thresholds or {}),
        ),
        iso,
    )


def flagged(found):
    return {(pack, one.cell): one for pack, own in found.by_pack.items() for one in own if one.severity != "watch"}


def event(kind, pack, cell, day, residual, *, ambiguous=False, value=3.5, limit=0.1, samples=1):
    stamp = BEGIN_MS + day * DAY_MS
    row = [stamp, kind, pack, cell, value, residual, 0.0, 0.0, limit, stamp, samples, ambiguous]
    frame = pl.DataFrame([row], schema=list(EXCURSIONS.names()), orient="row")
    return frame.cast({"ts": pl.Int64, "end": pl.Int64}).cast(EXCURSIONS)


@pytest.mark.parametrize("seed", range(5))
def test_a_sound_string_has_no_finding_above_watch(seed):
    assert flagged(judged(cell_grid(seed=seed), sensor_grid(seed=seed))) == {}


def test_low_capacity():
    cells = cell_grid()
    for name in ("low", "bot"):
        cells[f"{name}_pct"][:, CELL] -= 5.0
        cells[f"{name}_mv"][:, CELL] -= 150.0
    found = flagged(judged(cells))
    assert set(found) == {(1, 17)}
    verdict = found[1, 17]
    assert (verdict.fault, verdict.severity) == ("low_capacity", "critical")
    assert {one.rule for one in verdict.findings} == {"voltage_deviation", "soh"}
    soh = next(one for one in verdict.findings if one.rule == "soh")
    assert soh.value == pytest.approx(97.0 * 0.947, abs=0.8)


def test_high_resistance():
    cells = cell_grid()
    cells["k_sxy"][:, CELL] -= 3e-4 * cells["k_sxx"][:, CELL]
    found = flagged(judged(cells))
    assert {key: one.fault for key, one in found.items()} == {(1, 17): "high_resistance"}
    finding = found[1, 17].findings[0]
    assert finding.value == pytest.approx(-24.0, abs=2.0)
    assert finding.regime == "load"


def test_a_resistance_that_grows_by_a_fifth_is_a_change():
    cells = cell_grid(days=200)
    cells["k_sxy"][100:, CELL] -= 0.9e-4 * cells["k_sxx"][100:, CELL]
    found = flagged(judged(cells, sensor_grid(days=200)))
    assert {key: (one.fault, one.findings[0].rule) for key, one in found.items()} == {
        (1, 17): ("high_resistance", "change")
    }


def test_imbalance_stands_and_self_discharge_grows():
    for drift, fault in ((np.zeros(120), "imbalance"), (np.linspace(0, -2.0, 120), "self_discharge")):
        cells = cell_grid()
        for name, slope in (("top", 40.0), ("low", 25.0), ("bot", 25.0)):
            cells[f"{name}_pct"][:, CELL] += drift - 2.0
            cells[f"{name}_mv"][:, CELL] += slope * (drift - 2.0)
        found = flagged(judged(cells))
        assert {key: one.fault for key, one in found.items()} == {(1, 17): fault}


def test_a_sense_lead_is_one_finding_that_names_both_cells_and_is_never_critical():
    cells = cell_grid()
    for name in ("rest_mv", "top_mv", "low_mv", "all_mv"):
        cells[name][60:, CELL] += 20.0
        cells[name][60:, CELL + 1] -= 20.0
    verdicts = judged(cells)
    found = flagged(verdicts)
    assert {key: (one.fault, one.severity) for key, one in found.items()} == {(1, 17): ("sense_lead", "warning")}
    partner = next(one for one in verdicts.by_pack[1] if one.cell == 18)
    assert (partner.fault, partner.severity) == ("sense_lead", "watch")
    assert "cell 17" in partner.findings[0].text
    assert any("cell 18" in one.text for one in found[1, 17].findings)
    assert found[1, 17].findings[0].at.startswith("2024-02-29")


def test_a_lead_that_was_wrong_from_the_first_day_stands_out_as_a_pair():
    cells = cell_grid()
    for name in ("rest_mv", "all_mv"):
        cells[name][:, CELL] += 6.0
        cells[name][:, CELL + 1] -= 6.0
    assert {key: one.fault for key, one in flagged(judged(cells)).items()} == {(1, 17): "sense_lead"}


def test_a_step_in_charge_is_imbalance_and_a_ramp_is_self_discharge():
    for moved, fault in (
        (-1.5 * (np.arange(120) >= 70), "imbalance"),
        (-0.03 * np.maximum(np.arange(120) - 70, 0), "self_discharge"),
    ):
        cells = cell_grid()
        for name, slope in (("top", 40.0), ("low", 25.0), ("bot", 25.0)):
            cells[f"{name}_pct"][:, CELL] += moved
            cells[f"{name}_mv"][:, CELL] += slope * moved
        assert {key: one.fault for key, one in flagged(judged(cells)).items()} == {(1, 17): fault}


def test_capacity_that_is_lost_at_once_shows_within_days():
    cells = cell_grid(days=80)
    for name in ("low", "bot"):
        cells[f"{name}_pct"][76:, CELL] -= 1.2
        cells[f"{name}_mv"][76:, CELL] -= 30.0
    assert {key: one.fault for key, one in flagged(judged(cells, sensor_grid(days=80))).items()} == {
        (1, 17): "low_capacity"
    }


@pytest.mark.parametrize(("size", "rules"), [(4.5, {"temperature_variation", "change"}), (1.5, {"change"})])
def test_a_hot_spot_that_begins(size, rules):
    sensors = sensor_grid()
    sensors["all_k"][60:, 7] += size
    found = flagged(judged(cell_grid(), sensors))
    assert [one.fault for one in found.values()] == ["hot_spot"]
    verdict = next(iter(found.values()))
    assert {one.rule for one in verdict.findings} == rules
    assert verdict.findings[0].subject == "pack 1 sensor 8"


def test_a_slow_rise_is_not_absorbed_by_its_own_past():
    sensors = sensor_grid(days=189)
    sensors["all_k"][:, 7] += np.linspace(0, 7, 189)
    assert [one.fault for one in flagged(judged(cell_grid(days=189), sensors)).values()] == ["hot_spot"]


def test_what_is_hot_from_the_first_day_stands_out_from_its_place():
    sensors = sensor_grid()
    sensors["all_k"][:, 7] += 5.0
    assert [one.fault for one in flagged(judged(cell_grid(), sensors)).values()] == ["hot_spot"]


@pytest.mark.parametrize(
    ("kind", "residual", "fault"),
    [("voltage_spike", 0.18, "voltage_spike"), ("temperature_spike", 50.0, "temperature_spike")],
)
def test_one_reading_warns_for_ever(kind, residual, fault):
    found = flagged(judged(cell_grid(), events=event(kind, 1, 8, 3, residual, limit=residual / 1.8)))
    verdict = next(iter(found.values()))
    assert (verdict.fault, verdict.severity) == (fault, "warning")
    assert verdict.findings[0].at.startswith("2024-01-03")


def test_a_weak_cell_at_the_knee_is_no_spike():
    cells = cell_grid()
    for name in ("low", "bot"):
        cells[f"{name}_pct"][:, CELL] -= 5.0
        cells[f"{name}_mv"][:, CELL] -= 150.0
    events = pl.concat([event("voltage_spike", 1, 17, day, -0.17, ambiguous=True) for day in range(1, 12)])
    assert flagged(judged(cells, events=events))[1, 17].fault == "low_capacity"
    several = pl.concat([event("voltage_spike", 1, cell, 5, -0.17, ambiguous=True) for cell in range(24, 48, 4)])
    assert flagged(judged(cell_grid(), events=several)) == {}


def test_the_only_doubtful_reading_of_a_string_warns():
    alone = event("voltage_spike", 1, 30, 5, -0.17, ambiguous=True)
    assert {key: one.fault for key, one in flagged(judged(cell_grid(), events=alone)).items()} == {
        (1, 30): "voltage_spike"
    }


def test_uniform_ageing_is_one_finding_on_the_system():
    found = judged(cell_grid(), soh=Interval(value=88.0, low=86.5, high=89.5))
    assert flagged(found) == {}
    assert [one.rule for one in found.system] == ["soh"]


def test_what_the_whole_string_does_is_a_finding_on_the_system():
    whole = event("over_temperature", None, None, 3, 0.0, value=58.0, limit=55.0)
    found = judged(cell_grid(), events=whole)
    assert flagged(found) == {}
    assert found.system[0].rule == "safe_range"


def test_a_site_moves_a_limit():
    cells = cell_grid()
    for name in ("rest_mv", "all_mv"):
        cells[name][:, CELL] += 9.0
    assert flagged(judged(cells)) == {}
    assert set(flagged(judged(cells, thresholds={"voltage_deviation_mv": 5.0}))) == {(1, 17)}


def test_what_has_passed_is_watched():
    cells = cell_grid()
    cells["rest_mv"][40:60, CELL] += 30.0
    found = judged(cells)
    assert flagged(found) == {}
    assert found.by_pack[1][0].cell == 17


def test_worst_first_and_neighbours_beside():
    cells = cell_grid()
    cells["rest_mv"][:, CELL] += 40.0
    cells["rest_mv"][:, CELL + 10] += 13.0
    first, second = judged(cells).by_pack[1][:2]
    assert (first.cell, second.cell) == (17, 27)
    assert first.score > second.score
    assert set(first.neighbours) == {"15", "16", "18", "19"}
    assert 0 < second.score < first.score < 1


def test_a_cell_that_fades_fast_is_found_and_a_leaking_one_is_no_fade():
    for shared, rules in ((False, True), (True, False)):
        cells = cell_grid(days=240)
        drift = np.linspace(0, -6.0, 240)
        for name, slope in (("low", 25.0), ("bot", 25.0), *((("top", 40.0),) if shared else ())):
            cells[f"{name}_pct"][:, CELL] += drift
            cells[f"{name}_mv"][:, CELL] += slope * drift
        verdict = flagged(judged(cells, sensor_grid(days=240)))[1, 17]
        assert ("degradation_rate" in {one.rule for one in verdict.findings}) == rules
        assert verdict.fault == ("self_discharge" if shared else "low_capacity")


def test_a_system_that_fades_fast_is_one_finding():
    found = judged(cell_grid(), trend=Interval(value=-0.8, low=-0.9, high=-0.7))
    assert flagged(found) == {}
    assert [(one.rule, one.subject) for one in found.system] == [("degradation_rate", "system")]


def test_a_site_raises_the_limit_of_single_readings():
    spike = event("voltage_spike", 1, 8, 3, 0.18)
    assert set(flagged(judged(cell_grid(), events=spike))) == {(1, 8)}
    assert flagged(judged(cell_grid(), events=spike, thresholds={"excursion_mv": 200.0})) == {}
    steady = event("voltage_spike", 1, 8, 3, 0.06, limit=0.05)
    assert set(flagged(judged(cell_grid(), events=steady))) == {(1, 8)}
    assert flagged(judged(cell_grid(), events=steady, thresholds={"excursion_steady_mv": 80.0})) == {}
    assert flagged(judged(cell_grid(), events=steady, thresholds={"excursion_mv": 200.0})) == {}
