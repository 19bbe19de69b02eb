"""What a meter counted and measured, against the readings that went in."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from app.answers import meter, meter_power
from app.api import meter_routes
from app.errors import BadParameter, UnknownSource
from tests.app.stores import DAYS, FIRST, GAP_DAYS, STEP, answering, build_site, local_ms
from tests.pipeline.sites import stamps, write_csv

DAY_MS = 86_400_000
END = FIRST + DAYS * 288 * STEP
WINDOWS = [
    (None, None),
    (FIRST + 5 * DAY_MS + 17 * 60_000, FIRST + 9 * DAY_MS + 1),  # over the missing day, edges within buckets
    (FIRST + 12 * DAY_MS, FIRST + 12 * DAY_MS + 40 * 60_000),
]


@pytest.fixture(scope="module")
def app(tiny):
    with answering(tiny[0]):
        yield tiny[1]["m1"]


def counted(truth, signal, start, end):
    """Sum the steps that begin in a window."""
    inside = (truth.ts[:-1] >= (start or 0)) & (truth.ts[:-1] < (end or END))
    return np.diff(truth.values[signal])[inside].sum()


def integrated(truth, start, end):
    """Integrate power the slow way: each reading until the next one, three intervals at most."""
    start, end = start or FIRST, end or END
    sums = [0.0, 0.0]
    for at, power in enumerate(truth.values["com_ap"]):
        begun = int(truth.ts[at])
        until = min(int(truth.ts[at + 1]) if at + 1 < len(truth.ts) else begun + 3 * STEP, begun + 3 * STEP)
        hours = max(min(until, end) - max(begun, start), 0) / 3_600_000
        sums[int(power < 0)] += abs(power) * hours
    return sums


@pytest.mark.parametrize("window", WINDOWS)
def test_energy_is_what_the_counters_counted_and_what_power_integrates_to(app, window):
    found = meter.meter_kpis("m1", *window)
    imported, exported = integrated(app, *window)

    assert found.import_kwh == pytest.approx(counted(app, "pos_ae", *window), abs=1e-3)
    assert found.export_kwh == pytest.approx(counted(app, "neg_ae", *window), abs=1e-3)
    assert found.net_kwh == pytest.approx(found.import_kwh - found.export_kwh)
    assert found.from_power["import_kwh"] == pytest.approx(imported, abs=1e-3)
    assert found.from_power["export_kwh"] == pytest.approx(exported, abs=1e-3)
    assert found.energy_kwh == {"neg_ae": found.export_kwh, "pos_ae": found.import_kwh}
    assert found.reason is None
    assert found.notes == ()


@pytest.mark.parametrize("window", WINDOWS)
def test_extremes_and_power_factor_are_of_the_raw_readings(app, window):
    start, end = window[0] or 0, window[1] or END
    power, factor = app.between("com_ap", start, end), app.between("pf", start, end)
    found = meter.meter_kpis("m1", *window)

    assert (found.peak_kw, found.min_kw) == (power.max(), power.min())
    assert found.mean_pf == pytest.approx(np.abs(power).sum() / (np.abs(power) / factor).sum(), abs=1e-5)


def test_every_step_is_classed_and_the_missing_day_lowers_the_coverage(app):
    found = meter.meter_kpis("m1")

    assert found.counter_steps["pos_ae"]["gap"] == 1
    assert sum(found.counter_steps["pos_ae"].values()) == len(app.ts) - 1
    assert found.coverage == pytest.approx(1 - 1 / DAYS, abs=1e-3)


def test_a_window_without_readings_says_so(app):
    start = FIRST + GAP_DAYS[0] * DAY_MS
    found = meter.meter_kpis("m1", start + 4 * STEP, start + 12 * STEP)

    assert found.reason == "No readings in this window."
    assert (found.import_kwh, found.peak_kw, found.mean_pf, found.coverage) == (None, None, None, 0.0)
    assert found.from_power == {"import_kwh": None, "export_kwh": None, "net_kwh": None, "coverage": 0.0}


@pytest.mark.parametrize("unit", meter.UNITS)
def test_energy_by_period_adds_up_to_the_whole(app, unit):
    frame = meter.energy_by("m1", unit=unit)

    assert frame["pos_ae_kwh"].sum() == pytest.approx(meter.meter_kpis("m1").import_kwh)
    assert frame["ts"].is_sorted()


def test_days_are_those_of_the_site_and_the_one_of_25_hours_is_whole(app):
    frame = meter.energy_by("m1", unit="day")
    start, end = local_ms("2024-10-27"), local_ms("2024-10-28")
    row = frame.filter(pl.col("ts") == pl.datetime(2024, 10, 27))

    assert end - start == 25 * 3_600_000
    assert row["neg_ae_kwh"].item() == pytest.approx(counted(app, "neg_ae", start, end), abs=1e-3)
    assert len(meter.energy_by("m1", start, end, unit="hour")) == 25


def test_both_passes_of_the_hour_that_autumn_repeats_are_told_apart(app):
    start, end = local_ms("2024-10-27"), local_ms("2024-10-28")
    frame = meter.energy_by("m1", start, end, unit="hour")
    answer = meter_routes.energy_by("m1", "hour", start, end)

    assert frame["start_ms"].to_list() == list(range(start, end, 3_600_000))
    assert [text[11:] for text in answer["start"][1:5]] == [
        "01:00:00+02:00",
        "02:00:00+02:00",
        "02:00:00+01:00",
        "03:00:00+01:00",
    ]
    assert frame["neg_ae_kwh"].to_list() == pytest.approx(
        [counted(app, "neg_ae", at, at + 3_600_000) for at in range(start, end, 3_600_000)], abs=1e-3
    )


def test_an_hour_that_the_window_cuts_is_named_by_its_start(app):
    frame = meter.energy_by("m1", FIRST + 17 * 60_000, FIRST + 3 * 3_600_000 - 1, unit="hour")

    assert [str(one.time()) for one in frame["ts"]] == ["00:00:00", "01:00:00", "02:00:00"]
    assert frame["pos_ae_kwh"][0] == pytest.approx(
        counted(app, "pos_ae", FIRST + 17 * 60_000, FIRST + 3_600_000), abs=1e-3
    )


def test_a_power_factor_on_a_clock_of_its_own_is_taken_from_nearby(tmp_path):
    first = stamps("2024-06-01 00:00:00", 48)
    write_csv(tmp_path / "raw/meter/m1/com_ap.csv", [(one, 8.0) for one in first])
    write_csv(tmp_path / "raw/meter/m1/pf.csv", [(f"{one[:-2]}40", 0.8) for one in first])
    with answering(built(tmp_path)):
        assert meter.meter_kpis("m1").mean_pf == pytest.approx(0.8)


def test_weeks_begin_on_monday_and_months_on_the_first(app):
    weeks, months = (meter.energy_by("m1", unit=unit)["ts"] for unit in ("week", "month"))

    assert set(weeks.dt.weekday()) == {1}
    assert set(months.dt.day()) == {1}


def test_the_load_duration_curve_ends_at_the_extremes(app):
    share, power = meter_power.load_duration("m1")

    assert (share[0], share[-1]) == (0.0, 1.0)
    assert (power[0], power[-1]) == (pytest.approx(99.5), pytest.approx(app.values["com_ap"].min(), abs=1e-5))


def test_hours_of_the_day_are_those_of_the_sites_clock(app):
    days, power = meter_power.day_by_hour("m1")
    start = local_ms("2024-10-28T15:00")
    column = days.astype(str).tolist().index("2024-10-28")

    assert power.shape == (24, DAYS)
    assert power[15, column] == pytest.approx(app.between("com_ap", start, start + 3_600_000).mean(), abs=1e-4)
    assert np.isnan(power[:, GAP_DAYS[0]]).all()
    start = local_ms("2024-10-27T02:00")  # runs twice: the mean of both
    column = days.astype(str).tolist().index("2024-10-27")
    assert power[2, column] == pytest.approx(app.between("com_ap", start, start + 7_200_000).mean(), abs=1e-4)


def test_a_household_without_power_has_counters_alone_and_says_why(tmp_path):
    first = stamps("2024-06-01 00:00:00", 48, 60)
    for name, step in (("pos_ae", 0.5), ("pv_ae", 1.0)):
        write_csv(tmp_path / "raw/meter/h1" / f"{name}.csv", [(t, 100 + step * at) for at, t in enumerate(first)])
    with answering(built(tmp_path)):
        found = meter.meter_kpis("h1")
        share, _ = meter_power.load_duration("h1")
        days, power = meter_power.day_by_hour("h1")

    assert found.import_kwh == pytest.approx(23.5)
    assert found.energy_kwh["pv_ae"] == pytest.approx(47.0)
    assert (found.export_kwh, found.net_kwh, found.peak_kw, found.min_kw, found.mean_pf) == (None,) * 5
    assert set(found.from_power.values()) == {None}
    assert [word in " ".join(found.notes) for word in ("com_ap", "neg_ae")] == [True, True]
    assert (len(share), len(days), power.shape) == (0, 0, (24, 0))


def test_a_meter_that_logs_neither_is_no_error(tmp_path):
    write_csv(tmp_path / "raw/meter/x1/pf.csv", [(t, 0.9) for t in stamps("2024-06-01 00:00:00", 20)])
    with answering(built(tmp_path)):
        found = meter.meter_kpis("x1")
        energy = meter.energy_by("x1", unit="day")

    assert found.reason == "This meter logs neither energy counters nor active power."
    assert (found.counter_steps, found.import_kwh, energy.height) == ({}, None, 0)


def built(folder):
    from pipeline.build import build
    from tests.pipeline.sites import settings

    chosen = settings(folder / "raw", folder / "store")
    build(chosen)
    return chosen


@pytest.mark.parametrize("name", ["B1", "nothing"])
def test_a_battery_is_no_meter(app, name):
    with pytest.raises(UnknownSource, match="There is: m1"):
        meter.meter_kpis(name)


def test_a_window_that_ends_before_it_starts_cannot_be(app):
    with pytest.raises(BadParameter):
        meter.meter_kpis("m1", FIRST + 1, FIRST)


def test_the_first_rows_alone_make_a_store_too(tmp_path):
    with answering(build_site(tmp_path, rows=3)[0]):
        assert meter.meter_kpis("m1").counter_steps["pos_ae"]["energy"] == 2
