"""Figures of a system: no alarm is lost, energy adds up, depths are counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.figures.battery import alarm_strip, bms_steps, cycle_depths, cycle_energy, merge_events
from app.shapes.cycles import Cycle, DepthCount
from app.shapes.kpis import AlarmEvent
from app.shapes.series import SeriesAnswer

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=630)
BEGIN_MS = round(BEGIN.timestamp() * 1000)
END_MS = BEGIN_MS + 630 * 86_400_000


def alarm(at: timedelta, *, lasts=timedelta(minutes=5), signal="fa1_SmokeFlag", peak=1.0):
    start = BEGIN + at
    return AlarmEvent(
        signal=signal,
        label="Smoke alarm",
        start=start.isoformat(),
        end=(start + lasts).isoformat(),
        peak=peak,
        samples=1,
        ongoing=False,
    )


def test_one_sample_in_630_days_is_marked():
    figure = alarm_strip(
        [alarm(timedelta(days=100))], start_ms=BEGIN_MS, end_ms=END_MS, zone="Europe/Berlin", theme="light"
    )
    mark = next(trace for trace in figure.data if trace.mode == "markers")

    assert mark.x == ("2024-04-10T02:00:00",)
    assert -0.5 < mark.y[0] < 0.5
    assert mark.marker.size >= 10
    assert list(figure.layout.xaxis.range) == ["2024-01-01T01:00:00", "2025-09-22T02:00:00"]


def test_each_signal_has_its_own_row():
    alarms = [alarm(timedelta(days=1)), alarm(timedelta(days=2), signal="fa2_SmokeFlag")]
    figure = alarm_strip(alarms, start_ms=BEGIN_MS, end_ms=END_MS, zone="UTC", theme="dark")

    assert tuple(note.text for note in figure.layout.annotations) == (
        "Smoke alarm (fa1_SmokeFlag)",
        "Smoke alarm (fa2_SmokeFlag)",
    )


def test_no_alarm_is_an_empty_strip():
    assert alarm_strip([], start_ms=BEGIN_MS, end_ms=END_MS, zone="UTC", theme="light").data == ()


def test_chatter_is_one_mark_that_counts_its_events():
    chatter = [alarm(timedelta(minutes=10 * at), peak=at) for at in range(50)]

    (mark,) = merge_events(chatter, span=SPAN)
    assert (mark.events, mark.peak) == (50, 49)


@given(st.lists(st.tuples(st.integers(0, 800_000), st.integers(1, 5_000), st.sampled_from(["a", "b"])), max_size=40))
def test_merging_loses_no_event_and_no_minute(rows):
    alarms = [alarm(timedelta(minutes=at), lasts=timedelta(minutes=n), signal=s, peak=n) for at, n, s in rows]
    marks = merge_events(alarms, span=SPAN)

    assert sum(mark.events for mark in marks) == len(alarms)
    for event in alarms:
        start, end = datetime.fromisoformat(event.start), datetime.fromisoformat(event.end)
        assert any(m.start <= start and end <= m.end and m.peak >= event.peak for m in marks)


def cycle(kind, start, kwh, dod=80.0):
    return Cycle(start=start, end=start, kind=kind, dod_pct=dod, ah=230.0, kwh=kwh, mean_c_rate=0.4)


CYCLES = [
    cycle("charge", "2024-01-31T23:30:00+01:00", 100.0),
    cycle("discharge", "2024-01-31T23:45:00+00:00", 90.0),  # already February in Berlin
    cycle("charge", "2024-02-10T10:00:00+01:00", 50.0),
    cycle("discharge", "2024-02-11T10:00:00+01:00", None),
]


def test_energy_is_summed_per_month_of_the_site():
    figure = cycle_energy(CYCLES, unit="month", zone="Europe/Berlin", theme="light")
    charged, discharged = figure.data

    assert dict(zip(charged.x, charged.y, strict=True)) == {"2024-01-01": 100.0, "2024-02-01": 50.0}
    assert dict(zip(discharged.x, discharged.y, strict=True)) == {"2024-02-01": -90.0}


@pytest.mark.parametrize(("unit", "periods"), [("day", 2), ("week", 2), ("month", 2)])
def test_energy_is_the_same_however_it_is_cut(unit, periods):
    charged = cycle_energy(CYCLES, unit=unit, zone="Europe/Berlin", theme="dark").data[0]

    assert float(np.sum(charged.y)) == pytest.approx(150.0)
    assert len(charged.x) == periods


def test_every_range_of_depth_has_its_bar():
    depths = [DepthCount(low_pct=2.0, high_pct=10.0, count=1.5), DepthCount(low_pct=90.0, high_pct=100.0, count=7.0)]
    drawn = cycle_depths(depths, theme="light").data[0]

    assert dict(zip(drawn.customdata, drawn.y.tolist(), strict=True)) == {"2 to 10 %": 1.5, "90 to 100 %": 7.0}
    assert drawn.x.tolist() == [6.0, 95.0]


def test_the_steps_of_a_whole_percent_health_are_found():
    value = np.array([100, 100, np.nan, 99, 99, 98], dtype=np.float32)
    ts = np.arange(6, dtype=np.int64)
    answer = SeriesAnswer(
        build_id="b",
        level="1d",
        coverage=1.0,
        source="C1",
        signal="bms1_soh",
        label="State of health (BMS)",
        unit="%",
        kind="state",
        ts=ts,
        value=value,
        min=value,
        max=value,
        rows=ts,
        buckets=6,
        step_ms=1,
        gaps=(),
    )

    assert bms_steps(answer) == [(3, 100.0, 99.0), (5, 99.0, 98.0)]
