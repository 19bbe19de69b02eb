"""Peaks, odd counter steps and closure of a household, on a site whose every reading is known."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from app.answers import attention, closure, counters, load, meter
from app.errors import UnknownSource
from pipeline.build import build
from tests.app.stores import answering
from tests.pipeline.sites import settings, write_csv

STEP, HOUR = 300_000, 3_600_000
DAY_ROWS = 288
DAYS = 6
FIRST = int(datetime(2024, 5, 1, 22, tzinfo=UTC).timestamp() * 1000)
"""Midnight of 2 May 2024 in Berlin [epoch ms UTC]."""
ODD_AT, RESET_AT, PEAK_AT, FEED_AT = 500, 800, 1_000, 700


def write(folder, signal, ts, values):
    words = [datetime.fromtimestamp(one / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in ts.tolist()]
    write_csv(folder / f"{signal}.csv", zip(words, values.tolist(), strict=True))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forensics")
    ts = FIRST + STEP * np.arange(DAYS * DAY_ROWS, dtype=np.int64)
    power = np.full(len(ts), 12.0)
    power[PEAK_AT : PEAK_AT + 3] = [60.0, 90.0, 60.0]  # a quarter hour of 70 kW
    power[FEED_AT : FEED_AT + 3] = -30.0
    counter = np.round(1_000 + np.arange(len(ts)) * 1.0, 2)
    counter[ODD_AT] = 0.0
    counter[RESET_AT:] -= counter[RESET_AT] - 5.0
    write(folder / "site" / "meter" / "m1", "com_ap", ts, power)
    write(folder / "site" / "meter" / "m1", "pos_ae", ts, counter)
    hours = FIRST + HOUR * np.arange(DAYS * 24 + 1, dtype=np.int64)
    sold = np.full(len(hours) - 1, 0.5)
    sold[30] = 3.0  # more than the 2 kWh that were produced
    for name, kwh in (("pos_ae", 1.0), ("neg_ae", sold), ("pv_ae", 2.0)):
        values = np.round(10 + np.r_[0, np.cumsum(np.broadcast_to(kwh, len(hours) - 1))], 2)
        write(folder / "site" / "meter" / "house", name, hours, values)
    made = settings(folder / "site", folder / "store")
    build(made)
    with answering(made):
        yield ts


def test_the_highest_quarter_hour_is_the_mean_of_its_readings(site):
    found = load.meter_load("m1")
    best = found.peaks.row(0, named=True)

    assert found.peaks.height == DAYS + 1
    assert best["ts"] == site[PEAK_AT] - site[PEAK_AT] % 900_000
    assert best["demand_kw"] == pytest.approx(power_mean(best["ts"]))
    assert best["extreme_kw"] == 90.0
    assert best["energy_kwh"] == pytest.approx(best["demand_kw"] / 4)
    exported = found.peaks.filter(found.peaks["direction"] == "export").row(0, named=True)
    assert exported["extreme_kw"] == -30.0


def power_mean(start):
    row = (start - FIRST) // STEP
    every = {PEAK_AT: 60.0, PEAK_AT + 1: 90.0, PEAK_AT + 2: 60.0}
    return np.mean([every.get(at, 12.0) for at in range(row, row + 3)])


def test_the_base_load_is_what_is_drawn_all_day(site):
    base = load.meter_load("m1").base

    assert base.kw == pytest.approx(12.0)
    assert base.days == DAYS


def test_a_window_cuts_the_load(site):
    found = load.meter_load("m1", int(site[0]), int(site[DAY_ROWS]))

    assert found.peaks["demand_kw"].to_list() == [12.0]
    assert load.meter_load("house") is None
    assert load.meter_load("m1", 0, 1000).peaks.height == 0


def test_each_odd_step_is_told_with_what_was_read(site):
    steps = {row["kind"]: row for row in counters.counter_steps("m1").iter_rows(named=True)}

    glitch, reset = steps["glitch"], steps["reset"]
    assert (glitch["from_ms"], glitch["to_ms"]) == (site[ODD_AT - 1], site[ODD_AT + 1])
    assert (glitch["before"], glitch["odd"], glitch["after"]) == (1_499.0, 0.0, 1_501.0)
    assert (glitch["counted_kwh"], glitch["rows"]) == (2.0, 1)
    assert (reset["before"], reset["odd"], reset["after"]) == (1_799.0, None, 5.0)
    assert reset["counted_kwh"] is None


@pytest.mark.parametrize("window", [(None, None), (0, 1), (FIRST, FIRST + 600 * STEP)])
def test_as_many_steps_are_listed_as_the_key_figures_count(site, window):
    listed = counters.counter_steps("m1", *window)
    counted = meter.meter_kpis("m1", *window).counter_steps["pos_ae"]

    for kind in counters.ODD:
        assert listed.filter(listed["kind"] == kind)["rows"].sum() == counted[kind]


def test_a_household_adds_up_and_its_contradiction_is_found(site):
    found = closure.closure("house")
    hours = DAYS * 24

    assert found.hours == hours
    assert (found.import_kwh, found.solar_kwh) == (pytest.approx(hours), pytest.approx(2 * hours))
    assert found.used_kwh == pytest.approx(hours + 2 * hours - 0.5 * hours - 2.5)
    assert found.own_use == pytest.approx(1 - found.export_kwh / found.solar_kwh)
    assert found.self_sufficiency == pytest.approx(found.own_kwh / found.used_kwh)
    assert (found.impossible_hours, found.worst_at) == (1, "2024-05-03 06:00")
    assert found.impossible_kwh == pytest.approx(1.0, abs=0.01)
    assert closure.closure("m1") is None
    assert closure.closure("house", 0, 1000) is None


def test_unknown_meters_are_said_to_be(site):
    for question in (load.meter_load, counters.counter_steps):
        with pytest.raises(UnknownSource):
            question("nobody")


def test_what_of_the_data_asks_for_attention(site):
    now = int(site[-1]) + 3 * 86_400_000
    found = {(one.source, one.what): one.value for one in attention.issues(now)}

    assert found["m1", "odd_steps"] == 2
    assert found["m1", "old"] == now - int(site[-1])
    assert ("house", "odd_steps") not in found
    assert not [one for one in attention.issues(int(site[-1]), FIRST, FIRST + STEP) if one.source == "m1"]
